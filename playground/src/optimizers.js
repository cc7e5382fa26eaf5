// @ts-check
/** Optimizers with Keras' formulas. */

/** Keras' for Adam and RMSprop. */
const EPSILON = 1e-7;

/** @typedef {{kind: "sgd" | "adam" | "rmsprop", rate: number, momentum: number}} Optimizer */

/** Updates parameters from their gradients, and keeps what it has to remember of them. */
export class Updates {
  /** @param {Optimizer} setting `momentum` is of SGD @param {import("./network.js").Parameter[]} parameters */
  constructor(setting, parameters) {
    this.setting = setting;
    this.parameters = parameters;
    this.step = 0;
    this.memory = parameters.map(({value}) => [new Float32Array(value.length), new Float32Array(value.length)]);
  }

  /** Take one step along the gradients. */
  apply() {
    const {kind, rate, momentum} = this.setting;
    this.step += 1;
    const corrected = (rate * Math.sqrt(1 - 0.999 ** this.step)) / (1 - 0.9 ** this.step);
    for (let index = 0; index < this.parameters.length; index++) {
      const {value, gradient} = this.parameters[index], [first, second] = this.memory[index], count = value.length;
      if (kind === "sgd") {
        for (let at = 0; at < count; at++) {
          first[at] = momentum * first[at] - rate * gradient[at];
          value[at] += first[at];
        }
      } else if (kind === "rmsprop") {
        for (let at = 0; at < count; at++) {
          first[at] = 0.9 * first[at] + 0.1 * gradient[at] ** 2;
          value[at] -= (rate * gradient[at]) / Math.sqrt(first[at] + EPSILON);
        }
      } else {
        for (let at = 0; at < count; at++) {
          first[at] += 0.1 * (gradient[at] - first[at]);
          second[at] += 0.001 * (gradient[at] ** 2 - second[at]);
          value[at] -= (corrected * first[at]) / (Math.sqrt(second[at]) + EPSILON);
        }
      }
    }
  }
}

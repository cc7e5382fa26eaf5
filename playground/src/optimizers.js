// @ts-check
/** Optimizers with Keras' formulas. TensorFlow.js' own Adam puts epsilon elsewhere. */
import * as tf from "@tensorflow/tfjs-core";

const EPSILON = 1e-7; // Keras' for Adam and RMSprop

/** @typedef {{kind: "sgd" | "adam" | "rmsprop", rate: number, momentum: number}} Optimizer */

/** Updates variables from their gradients, and keeps what it has to remember of them. */
export class Updates {
  /** @param {Optimizer} setting `momentum` is of SGD @param {tf.Variable[]} variables */
  constructor(setting, variables) {
    this.setting = setting;
    this.variables = variables;
    this.step = 0;
    const count = setting.kind === "adam" ? 2 : 1;
    /** @param {tf.Variable} variable */
    const empty = (variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false));
    this.memory = variables.map((variable) => Array.from({length: count}, () => empty(variable)));
  }

  /** @param {tf.Tensor[]} gradients one for each variable */
  apply(gradients) {
    const {kind, rate, momentum} = this.setting;
    this.step += 1;
    this.variables.forEach((variable, index) => {
      const gradient = gradients[index];
      const [first, second] = this.memory[index];
      if (kind === "sgd") {
        if (momentum > 0) {
          first.assign(tf.sub(tf.mul(first, momentum), tf.mul(gradient, rate)));
          variable.assign(tf.add(variable, first));
        } else {
          variable.assign(tf.sub(variable, tf.mul(gradient, rate)));
        }
      } else if (kind === "rmsprop") {
        first.assign(tf.add(tf.mul(first, 0.9), tf.mul(tf.square(gradient), 0.1)));
        variable.assign(tf.sub(variable, tf.mul(tf.mul(gradient, rate), tf.rsqrt(tf.add(first, EPSILON)))));
      } else {
        const corrected = (rate * Math.sqrt(1 - 0.999 ** this.step)) / (1 - 0.9 ** this.step);
        first.assign(tf.add(first, tf.mul(tf.sub(gradient, first), 0.1)));
        second.assign(tf.add(second, tf.mul(tf.sub(tf.square(gradient), second), 0.001)));
        variable.assign(tf.sub(variable, tf.div(tf.mul(first, corrected), tf.add(tf.sqrt(second), EPSILON))));
      }
    });
  }

  dispose() {
    tf.dispose(this.memory);
  }
}

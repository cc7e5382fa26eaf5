// @ts-check
/** One run: a network, its data, its optimizer, and what was measured after each epoch. */
import * as tf from "@tensorflow/tfjs-core";
import {drawPoints} from "./data.js";
import {build, dispose, logits, trainable} from "./network.js";
import {Updates} from "./optimizers.js";
import {Random} from "./random.js";

/**
 * @typedef {import("./network.js").Layers & {data: Parameters<typeof drawPoints>[0], optimizer: import("./optimizers.js").Optimizer,
 *   batch: number}} Setting
 * @typedef {{loss: number, accuracy: number}} Score
 */

export class Training {
  /** @param {Setting} setting @param {number} seed of first weights, order, masks and noise */
  constructor(setting, seed) {
    this.setting = setting;
    this.data = drawPoints(setting.data);
    this.random = new Random(2, seed);
    this.layers = tf.tidy(() => build(setting, this.random)); // variables stay, the tensors they were made from go
    this.variables = trainable(this.layers);
    this.updates = new Updates(setting.optimizer, this.variables);
    this.sets = {train: tensors(this.data.train), test: tensors(this.data.test)};
    this.epochs = 0;
    /**
     * After each epoch: of both sets in inference mode, and `reported`, what Keras reports of the training points: means over
     * the epoch's batches, in training mode, while the weights change.
     * @type {{train: Score[], test: Score[], reported: Score[]}}
     */
    this.history = {train: [], test: [], reported: []};
    this.sums = {loss: 0, right: 0};
  }

  /** One pass over the training points, then a look at both sets in inference mode. */
  epoch() {
    const {count} = this.data.train;
    this.sums = {loss: 0, right: 0};
    const size = Math.min(this.setting.batch, count);
    if (size === count) {
      tf.tidy(() => this.update(this.sets.train.x, this.sets.train.y));
    } else {
      const order = this.random.order(count);
      for (let start = 0; start < count; start += size) {
        tf.tidy(() => {
          const rows = tf.tensor1d(order.slice(start, start + size), "int32");
          this.update(tf.gather(this.sets.train.x, rows), tf.gather(this.sets.train.y, rows));
        });
      }
    }
    this.epochs += 1;
    this.history.reported.push({loss: this.sums.loss / count, accuracy: this.sums.right / count});
    this.history.train.push(this.score(this.sets.train));
    this.history.test.push(this.score(this.sets.test));
  }

  /** One step of the optimizer. @param {tf.Tensor2D} x @param {tf.Tensor2D} y */
  update(x, y) {
    /** @type {tf.Tensor2D | undefined} */
    let outputs;
    const {value, grads} = tf.variableGrads(() => {
      outputs = tf.keep(logits(this.layers, x, this.random));
      return loss(outputs, y);
    }, this.variables);
    this.sums.loss += value.dataSync()[0] * x.shape[0];
    this.sums.right += right(/** @type {tf.Tensor2D} */ (/** @type {unknown} */ (outputs)), y);
    outputs?.dispose();
    this.updates.apply(this.variables.map((variable) => grads[variable.name]));
    if (this.setting.maxNorm > 0) this.bound(this.setting.maxNorm);
  }

  /** Keras' MaxNorm with axis 0, of all weights between layers. @param {number} largest */
  bound(largest) {
    for (const layer of this.layers) {
      if (layer.kind !== "dense") continue;
      const norms = tf.sqrt(tf.sum(tf.square(layer.kernel), 0, true));
      layer.kernel.assign(tf.mul(layer.kernel, tf.div(tf.clipByValue(norms, 0, largest), tf.add(norms, 1e-7))));
    }
  }

  /** Loss and accuracy in inference mode. @param {{x: tf.Tensor2D, y: tf.Tensor2D}} set @returns {Score} */
  score({x, y}) {
    const outputs = tf.tidy(() => logits(this.layers, x));
    const score = {loss: tf.tidy(() => loss(outputs, y).dataSync()[0]), accuracy: right(outputs, y) / y.size};
    outputs.dispose();
    return score;
  }

  /** The probability of class 1 at points. @param {Float32Array} points row by row, two values each */
  probability(points) {
    return tf.tidy(() => tf.sigmoid(logits(this.layers, tf.tensor2d(points, [points.length / 2, 2]))).dataSync());
  }

  dispose() {
    dispose(this.layers);
    this.updates.dispose();
    tf.dispose([this.sets.train, this.sets.test]);
  }
}

/**
 * Mean binary cross-entropy from logits, as Keras computes it in a compiled model that ends in a sigmoid.
 * @param {tf.Tensor2D} outputs
 * @param {tf.Tensor2D} y
 * @returns {tf.Scalar}
 */
export function loss(outputs, y) {
  // max(z, 0) − z·y + log(1 + exp(−|z|)), which does not overflow
  const rest = tf.log1p(tf.exp(tf.neg(tf.abs(outputs))));
  return tf.mean(tf.add(tf.sub(tf.relu(outputs), tf.mul(outputs, y)), rest));
}

/** How many points lie on their side of the border. @param {tf.Tensor2D} outputs @param {tf.Tensor2D} y */
function right(outputs, y) {
  const values = outputs.dataSync(), labels = y.dataSync();
  let count = 0;
  for (let index = 0; index < values.length; index++) count += Number(values[index] > 0 === labels[index] > 0);
  return count;
}

/** @param {import("./data.js").Points} points */
function tensors({x, y, count}) {
  return {x: tf.tensor2d(x, [count, 2]), y: tf.tensor2d(y, [count, 1])};
}

// @ts-check
/** One run: a network, its data, its optimizer, and what was measured after each epoch. */
import * as tf from "@tensorflow/tfjs-core";
import {rowsInPiece} from "./cost.js";
import {drawPoints, inUnits} from "./data.js";
import {build, dispose, logits, trainable} from "./network.js";
import {Updates} from "./optimizers.js";
import {Random} from "./random.js";

/**
 * @typedef {import("./network.js").Layers & {data: import("./data.js").Data, optimizer: import("./optimizers.js").Optimizer,
 *   batch: number, epochs: number, seed: number, seeds: number}} Setting
 * @typedef {{loss: number[], accuracy: number[]}} Scores one value an epoch
 * @typedef {{x: tf.Tensor2D, y: tf.Tensor2D}} Set
 */

export class Training {
  /** @param {Setting} setting @param {number} seed of first weights, order, masks and noise */
  constructor(setting, seed) {
    this.setting = setting;
    this.seed = seed;
    this.data = drawPoints(setting.data, seed);
    this.random = new Random(seed);
    this.layers = tf.tidy(() => build(setting, this.random)); // variables stay, the tensors they were made from go
    this.variables = trainable(this.layers);
    this.updates = new Updates(setting.optimizer, this.variables);
    this.sets = {train: this.tensors(this.data.train), test: this.tensors(this.data.test)};
    this.epochs = 0;
    /**
     * After each epoch: of both sets in inference mode, and `reported`, what Keras reports of the training points: means over
     * the epoch's batches, in training mode, while the weights change.
     * @type {{train: Scores, test: Scores, reported: Scores}}
     */
    this.history = {train: {loss: [], accuracy: []}, test: {loss: [], accuracy: []}, reported: {loss: [], accuracy: []}};
    this.sums = {loss: 0, right: 0};
    this.work = this.pieces();
  }

  /** One pass over the training points, then a look at both sets in inference mode. */
  epoch() {
    while (!this.advance());
  }

  /** The next short piece of work; says whether it ended an epoch. @returns {boolean} */
  advance() {
    return /** @type {boolean} */ (this.work.next().value);
  }

  /** @returns {Generator<boolean, never>} */
  *pieces() {
    const {count} = this.data.train, {train} = this.sets;
    const size = Math.min(this.setting.batch, count);
    for (;;) {
      this.sums = {loss: 0, right: 0};
      const order = size < count ? this.random.order(count) : [];
      for (let start = 0; start < count; start += size) {
        tf.tidy(() => {
          if (size === count) return this.update(train.x, train.y);
          const rows = tf.tensor1d(order.slice(start, start + size), "int32");
          this.update(tf.gather(train.x, rows), tf.gather(train.y, rows));
        });
        yield false;
      }
      for (const name of /** @type {const} */ (["train", "test"])) {
        const set = this.sets[name], points = this.data[name].count;
        let loss = 0, right = 0;
        for (const [start, rows] of this.parts(points)) {
          const seen = tf.tidy(() => this.score({x: tf.slice(set.x, start, rows), y: tf.slice(set.y, start, rows)}));
          loss += seen.loss * rows;
          right += seen.right;
          yield false;
        }
        this.note(this.history[name], loss / points, right / points);
      }
      this.note(this.history.reported, this.sums.loss / count, this.sums.right / count);
      this.epochs += 1;
      yield true;
    }
  }

  /** @param {Scores} scores @param {number} loss @param {number} accuracy */
  note(scores, loss, accuracy) {
    scores.loss.push(loss);
    scores.accuracy.push(accuracy);
  }

  /** Cut rows into parts that are evaluated in one go. @param {number} rows @returns {[number, number][]} first row and number */
  parts(rows) {
    const size = rowsInPiece(this.setting, /** @type {import("./cost.js").Backend} */ (tf.getBackend()));
    return Array.from({length: Math.ceil(rows / size)}, (_, part) => [part * size, Math.min(size, rows - part * size)]);
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
    for (const layer of this.layers) if (layer.kind === "dense" && layer.maxNorm > 0) bound(layer);
  }

  /** Mean loss, and how many points are right, in inference mode. @param {Set} set */
  score({x, y}) {
    return tf.tidy(() => {
      const outputs = logits(this.layers, x);
      return {loss: loss(outputs, y).dataSync()[0], right: right(outputs, y)};
    });
  }

  /**
   * The probability of class 1 at points, part by part; the last value holds all.
   * @param {Float32Array} points row by row, two values each, as drawn
   * @returns {Generator<undefined, Float32Array>}
   */
  *probabilities(points) {
    const inputs = inUnits(points, this.setting.data.units), found = new Float32Array(points.length / 2);
    for (const [start, rows] of this.parts(found.length)) {
      const part = inputs.subarray(2 * start, 2 * (start + rows));
      found.set(tf.tidy(() => tf.sigmoid(logits(this.layers, tf.tensor2d(part, [rows, 2]))).dataSync()), start);
      yield undefined;
    }
    return found;
  }

  /** @param {import("./data.js").Points} points @returns {Set} */
  tensors({x, y, count}) {
    return {x: tf.tensor2d(inUnits(x, this.setting.data.units), [count, 2]), y: tf.tensor2d(y, [count, 1])};
  }

  dispose() {
    dispose(this.layers);
    this.updates.dispose();
    tf.dispose([this.sets.train, this.sets.test]);
  }
}

/** Keras' MaxNorm with axis 0. @param {import("./network.js").Dense} layer */
function bound({kernel, maxNorm}) {
  tf.tidy(() => {
    const norms = tf.sqrt(tf.sum(tf.square(kernel), 0, true));
    kernel.assign(tf.mul(kernel, tf.div(tf.clipByValue(norms, 0, maxNorm), tf.add(norms, 1e-7))));
  });
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

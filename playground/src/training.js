// @ts-check
/** One run: a network, its data, its optimizer, and what was measured after each epoch. */
import {rowsInPiece} from "./cost.js";
import {drawPoints, inUnits} from "./data.js";
import {backward, build, crossEntropy, forward, parameters, STREAMS} from "./network.js";
import {Updates} from "./optimizers.js";
import {Random} from "./random.js";

/** @typedef {{hidden: number[], output: number[], mean: number[], movingMean: number[], variance: number[], movingVariance: number[]}} Inner */

/** The root of the sum of squares. @param {Float32Array} kernel */
const norm = (kernel) => Math.sqrt(kernel.reduce((sum, value) => sum + value ** 2, 0));

/** About how often a run is evaluated until its end; no curve shows more. */
const PLACES = 200;

/**
 * @typedef {import("./network.js").Layers & {data: import("./data.js").Data, optimizer: import("./optimizers.js").Optimizer,
 *   batch: number, epochs: number, seed: number, seeds: number}} Setting
 * @typedef {{loss: number[], accuracy: number[]}} Scores one value for each epoch that was looked at
 * @typedef {{x: Float32Array, y: Float32Array, count: number}} Set inputs in their units, and classes
 */

export class Training {
  /**
   * @param {Setting} setting
   * @param {number} seed of first weights, order, masks and noise
   * @param {boolean} [watched] whether it is evaluated from time to time
   */
  constructor(setting, seed, watched = true) {
    this.setting = setting;
    this.seed = seed;
    this.data = drawPoints(setting.data, seed);
    this.random = new Random(seed, STREAMS.order);
    this.layers = build(setting, seed);
    this.updates = new Updates(setting.optimizer, parameters(this.layers));
    this.sets = {train: this.given(this.data.train), test: this.given(this.data.test)};
    this.epochs = 0;
    /** Whether the last piece of work left it within an epoch. */
    this.middle = false;
    this.watched = watched;
    this.every = Math.max(1, Math.floor(setting.epochs / PLACES));
    /**
     * After some epochs: of both sets in inference mode, and `reported`, what Keras reports of the training points: means over
     * the epoch's batches, in training mode, while the weights change.
     * @type {{epochs: number[], train: Scores, test: Scores, reported: Scores}}
     */
    this.history = {epochs: [], train: {loss: [], accuracy: []}, test: {loss: [], accuracy: []}, reported: {loss: [], accuracy: []}};
    /** At the same epochs: norms of the first and the last layer's weights, and what the first unit's statistics are that batch normalization sees. @type {Inner} */
    this.inner = {hidden: [], output: [], mean: [], movingMean: [], variance: [], movingVariance: []};
    this.sums = {loss: 0, right: 0};
    /** The last batch, as the network received it. @type {Set} */
    this.batch = {x: new Float32Array(0), y: new Float32Array(0), count: 0};
    this.work = this.pieces();
    /** @type {Generator<undefined, void> | undefined} */
    this.looking = undefined;
  }

  /** One pass over the training points, then a look at both sets in inference mode. */
  epoch() {
    while (!this.advance());
  }

  /** The next short piece of work; says whether it ended an epoch. @returns {boolean} */
  advance() {
    const ended = /** @type {boolean} */ (this.work.next().value);
    this.middle = !ended;
    return ended;
  }

  /** @returns {Generator<boolean, never>} */
  *pieces() {
    const {train} = this.sets, {count} = train;
    const size = Math.min(this.setting.batch, count);
    for (;;) {
      this.sums = {loss: 0, right: 0};
      const order = size < count ? this.random.order(count) : undefined;
      for (let start = 0; start < count; start += size) {
        this.batch = order ? gather(train, order, start, Math.min(start + size, count)) : train;
        this.update(this.batch);
        yield false;
      }
      const next = this.epochs + 1;
      if (this.watched && (next % this.every === 0 || next === this.setting.epochs)) {
        for (const looking = this.evaluate(next); !looking.next().done; ) yield false;
      }
      this.epochs = next;
      yield true;
    }
  }

  /** Evaluate both sets after an epoch, part by part. @param {number} [epoch] @returns {Generator<undefined, void>} */
  *evaluate(epoch = this.epochs) {
    const {history, sums, sets} = this;
    if (epoch === 0 || history.epochs.at(-1) === epoch) return;
    const found = [];
    for (const set of [sets.train, sets.test]) {
      let loss = 0, right = 0;
      for (const [start, rows] of this.parts(set.count)) {
        const seen = this.score(set, start, rows);
        loss += seen.loss;
        right += seen.right;
        yield undefined;
      }
      found.push([loss / set.count, right / set.count]);
    }
    found.push([sums.loss / sets.train.count, sums.right / sets.train.count]);
    history.epochs.push(epoch);
    for (const name of /** @type {const} */ (["train", "test", "reported"])) {
      const [loss, accuracy] = /** @type {number[]} */ (found.shift());
      history[name].loss.push(loss);
      history[name].accuracy.push(accuracy);
    }
    this.lookInside();
  }

  lookInside() {
    const {layers, inner} = this, dense = layers.filter((layer) => layer.kind === "dense");
    inner.hidden.push(norm(dense[0].kernel));
    inner.output.push(norm(dense[dense.length - 1].kernel));
    const normalization = layers.find((layer) => layer.kind === "normalization");
    if (!normalization) return;
    inner.mean.push(normalization.last.mean[0]);
    inner.movingMean.push(normalization.mean[0]);
    inner.variance.push(normalization.last.variance[0]);
    inner.movingVariance.push(normalization.variance[0]);
  }

  /** A piece of evaluating where the run stands. */
  look() {
    this.looking ??= this.evaluate();
    if (this.looking.next().done) this.looking = undefined;
  }

  /** Cut rows into parts that are evaluated in one go. @param {number} rows @returns {[number, number][]} first row and number */
  parts(rows) {
    const size = rowsInPiece(this.setting);
    return Array.from({length: Math.ceil(rows / size)}, (_, part) => [part * size, Math.min(size, rows - part * size)]);
  }

  /** One step of the optimizer. @param {Set} batch */
  update({x, y, count}) {
    const seen = judge(forward(this.layers, x, count, "training"), y, count);
    this.sums.loss += seen.loss;
    this.sums.right += seen.right;
    backward(this.layers, x, y, count);
    this.updates.apply();
    for (const layer of this.layers) if (layer.kind === "dense" && layer.maxNorm > 0) layer.bound();
  }

  /** The sum of losses, and how many points are right, in inference mode. @param {Set} set @param {number} start @param {number} rows */
  score({x, y}, start, rows) {
    const outputs = forward(this.layers, x.subarray(2 * start, 2 * (start + rows)), rows, "inference");
    return judge(outputs, y.subarray(start, start + rows), rows);
  }

  /**
   * The probability of class 1 at points, part by part; the last value holds all.
   * @param {Float32Array} points row by row, two values each, as drawn
   * @param {import("./network.js").Mode} [mode]
   * @returns {Generator<undefined, Float32Array>}
   */
  *probabilities(points, mode = "inference") {
    const inputs = inUnits(points, this.setting.data.units), found = new Float32Array(points.length / 2);
    for (const [start, rows] of this.parts(found.length)) {
      const outputs = forward(this.layers, inputs.subarray(2 * start, 2 * (start + rows)), rows, mode);
      for (let row = 0; row < rows; row++) found[start + row] = 1 / (1 + Math.exp(-outputs[row]));
      yield undefined;
    }
    return found;
  }

  /** @param {import("./data.js").Points} points @returns {Set} */
  given({x, y, count}) {
    return {x: inUnits(x, this.setting.data.units), y, count};
  }
}

/** The points of a batch. @param {Set} set @param {number[]} order @param {number} from @param {number} to @returns {Set} */
function gather({x, y}, order, from, to) {
  const batch = {x: new Float32Array(2 * (to - from)), y: new Float32Array(to - from), count: to - from};
  for (let at = from; at < to; at++) {
    const point = order[at], place = at - from;
    batch.x[2 * place] = x[2 * point];
    batch.x[2 * place + 1] = x[2 * point + 1];
    batch.y[place] = y[point];
  }
  return batch;
}

/** The sum of cross-entropies, and how many points lie on their side of the border. @param {Float32Array} outputs @param {Float32Array} y @param {number} rows */
function judge(outputs, y, rows) {
  let loss = 0, right = 0;
  for (let row = 0; row < rows; row++) {
    loss += crossEntropy(outputs[row], y[row]);
    right += Number(outputs[row] > 0 === y[row] > 0);
  }
  return {loss, right};
}

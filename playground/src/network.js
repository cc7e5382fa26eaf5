// @ts-check
/**
 * Networks of the course's layers, computed as Keras computes them: forwards, and backwards for the gradients. Written out by
 * hand, since a library's calls take thirty times as long as the arithmetic of networks as small as these.
 *
 * Values of several points are one Float32Array, row by row: `rows` points of `size` values each. A layer writes what it gives
 * into a buffer of its own, which its next call overwrites.
 */
import {Random} from "./random.js";

/**
 * @typedef {Object} Network
 * @property {number} layers hidden layers
 * @property {number} width units of each
 * @property {"relu" | "tanh" | "sigmoid"} activation
 * @property {"glorot_uniform" | "he_uniform" | "normal"} initial how the hidden layers' first weights are drawn
 * @property {number} spread standard deviation of "normal"
 *
 * @typedef {Object} Normalization
 * @property {"none" | "input" | "before" | "after"} place of batch normalization, the activation being the middle
 * @property {number} momentum
 * @property {boolean} gamma
 * @property {boolean} beta
 *
 * @typedef {Object} Layers
 * @property {Network} network
 * @property {Normalization} normalization
 * @property {{input: number, hidden: number}} dropout rates
 * @property {{input: number, hidden: number, place: "before" | "after"}} noise standard deviations; `place` is of the hidden one
 * @property {number} maxNorm of each hidden unit's incoming weights; 0 for none
 *
 * @typedef {"inference" | "training" | "frozen"} Mode `training` draws masks and noise and moves the moving statistics; `frozen`
 *   is a look at the last update of training: its batch statistics and the mask of its first point for all, and no new noise
 * @typedef {{value: Float32Array, gradient: Float32Array}} Parameter what an optimizer changes, and its gradient
 * @typedef {Dense | Activation | BatchNormalization | Dropout | Noise} Layer
 */

/** Of Keras' BatchNormalization. */
export const EPSILON = 1e-3;

/** What random numbers are for. Each purpose and layer has a stream of its own, so that settings with one seed share all that they can. */
export const STREAMS = {weights: 1, order: 2, masks: 3, noise: 4};

/** What all layers have: a size, parameters and buffers that grow with the number of rows. */
class Base {
  /** @param {number} size values that the layer gives for each point */
  constructor(size) {
    this.size = size;
    this.output = new Float32Array(0);
    this.gradient = new Float32Array(0);
    /** @type {Parameter[]} */
    this.parameters = [];
  }

  /** The buffer for what the layer gives. @param {number} rows */
  out(rows) {
    if (this.output.length < rows * this.size) this.output = new Float32Array(rows * this.size);
    return this.output;
  }

  /** The buffer for the gradient with respect to what the layer received. @param {number} values */
  back(values) {
    if (this.gradient.length < values) this.gradient = new Float32Array(values);
    return this.gradient;
  }

  /** @param {Float32Array} value */
  parameter(value) {
    this.parameters.push({value, gradient: new Float32Array(value.length)});
    return value;
  }
}

export class Dense extends Base {
  kind = /** @type {const} */ ("dense");

  /**
   * @param {number} inputs
   * @param {number} units
   * @param {number} maxNorm 0 for none
   * @param {() => number} draw a first weight
   */
  constructor(inputs, units, maxNorm, draw) {
    super(units);
    this.inputs = inputs;
    this.maxNorm = maxNorm;
    /** Row by row: all units' weights of the first input, then of the second. */
    this.kernel = this.parameter(Float32Array.from({length: inputs * units}, draw));
    this.bias = this.parameter(new Float32Array(units));
  }

  /** @param {Float32Array} x @param {number} rows */
  forward(x, rows) {
    const {inputs, size, kernel, bias} = this, y = this.out(rows);
    for (let row = 0; row < rows; row++) {
      const from = row * inputs, to = row * size;
      if (size === 1) {
        y[row] = bias[0] + dot(x, from, kernel, 0, inputs);
        continue;
      }
      if (inputs === 2) {
        // Of all first layers, and in most networks the longest work.
        const a = x[from], b = x[from + 1];
        for (let unit = 0; unit < size; unit++) y[to + unit] = bias[unit] + a * kernel[unit] + b * kernel[size + unit];
        continue;
      }
      for (let unit = 0; unit < size; unit++) y[to + unit] = bias[unit];
      let input = 0;
      // Four inputs at a time, since each sum that is stored costs more than a product.
      for (; input + 3 < inputs; input += 4) {
        const a = x[from + input], b = x[from + input + 1], c = x[from + input + 2], d = x[from + input + 3];
        const first = input * size, second = first + size, third = second + size, fourth = third + size;
        for (let unit = 0; unit < size; unit++) {
          y[to + unit] += a * kernel[first + unit] + b * kernel[second + unit] + c * kernel[third + unit] + d * kernel[fourth + unit];
        }
      }
      for (; input < inputs; input++) {
        const a = x[from + input], first = input * size;
        for (let unit = 0; unit < size; unit++) y[to + unit] += a * kernel[first + unit];
      }
    }
    return y;
  }

  /** @param {Float32Array} x @param {Float32Array} dy @param {number} rows @param {boolean} further whether a layer before asks for a gradient */
  backward(x, dy, rows, further) {
    const {inputs, size, kernel} = this, [dw, db] = this.parameters.map(({gradient}) => gradient.fill(0));
    for (let at = 0, row = 0; row < rows; row++) for (let unit = 0; unit < size; unit++) db[unit] += dy[at++];
    for (let row = 0; row < rows; row++) {
      const from = row * inputs, to = row * size;
      if (size === 1) {
        const slope = dy[row];
        for (let input = 0; input < inputs; input++) dw[input] += slope * x[from + input];
        continue;
      }
      for (let input = 0; input < inputs; input++) {
        const a = x[from + input], first = input * size;
        if (a !== 0) for (let unit = 0; unit < size; unit++) dw[first + unit] += a * dy[to + unit];
      }
    }
    if (!further) return undefined;
    const dx = this.back(rows * inputs);
    for (let row = 0; row < rows; row++) {
      const from = row * inputs, to = row * size;
      if (size === 1) for (let input = 0; input < inputs; input++) dx[from + input] = dy[row] * kernel[input];
      else for (let input = 0; input < inputs; input++) dx[from + input] = dot(dy, to, kernel, input * size, size);
    }
    return dx;
  }

  /** Keras' MaxNorm with axis 0. */
  bound() {
    const {inputs, size, kernel, maxNorm} = this;
    for (let unit = 0; unit < size; unit++) {
      let square = 0;
      for (let input = 0; input < inputs; input++) square += kernel[input * size + unit] ** 2;
      const norm = Math.sqrt(square), factor = Math.min(norm, maxNorm) / (norm + 1e-7);
      for (let input = 0; input < inputs; input++) kernel[input * size + unit] *= factor;
    }
  }
}

/** @param {Float32Array} a @param {number} from @param {Float32Array} b @param {number} start @param {number} count */
function dot(a, from, b, start, count) {
  let even = 0, odd = 0, at = 0;
  for (; at + 1 < count; at += 2) {
    even += a[from + at] * b[start + at];
    odd += a[from + at + 1] * b[start + at + 1];
  }
  return at < count ? even + odd + a[from + at] * b[start + at] : even + odd;
}

export class Activation extends Base {
  kind = /** @type {const} */ ("activation");

  /** @param {number} size @param {Network["activation"]} name */
  constructor(size, name) {
    super(size);
    this.name = name;
  }

  /** @param {Float32Array} x @param {number} rows */
  forward(x, rows) {
    const y = this.out(rows), count = rows * this.size;
    // Not Math.max, for which Not-a-Number takes a slower way; a comparison with it is false, so it has to pass by itself.
    if (this.name === "relu") for (let at = 0; at < count; at++) y[at] = x[at] < 0 ? 0 : x[at];
    else if (this.name === "tanh") for (let at = 0; at < count; at++) y[at] = Math.tanh(x[at]);
    else for (let at = 0; at < count; at++) y[at] = 1 / (1 + Math.exp(-x[at]));
    return y;
  }

  /** @param {Float32Array} _x @param {Float32Array} dy @param {number} rows */
  backward(_x, dy, rows) {
    const y = this.output, count = rows * this.size, dx = this.back(count);
    if (this.name === "relu") for (let at = 0; at < count; at++) dx[at] = y[at] > 0 ? dy[at] : 0;
    else if (this.name === "tanh") for (let at = 0; at < count; at++) dx[at] = dy[at] * (1 - y[at] * y[at]);
    else for (let at = 0; at < count; at++) dx[at] = dy[at] * y[at] * (1 - y[at]);
    return dx;
  }
}

export class BatchNormalization extends Base {
  kind = /** @type {const} */ ("normalization");

  /** @param {number} size @param {Normalization} setting */
  constructor(size, {momentum, gamma, beta}) {
    super(size);
    this.momentum = momentum;
    this.gamma = gamma ? this.parameter(new Float32Array(size).fill(1)) : undefined;
    this.beta = beta ? this.parameter(new Float32Array(size)) : undefined;
    /** Moving statistics, which inference uses. */
    this.mean = new Float32Array(size);
    this.variance = new Float32Array(size).fill(1);
    /** Of the last batch, and how many there were. */
    this.last = {mean: new Float32Array(size), variance: new Float32Array(size), batches: 0};
    this.scale = new Float32Array(size);
    this.shift = new Float32Array(size);
  }

  /** @param {Float32Array} x @param {number} rows @param {Mode} mode */
  forward(x, rows, mode) {
    if (mode === "training") this.measure(x, rows);
    const {size, gamma, beta, scale, shift} = this, y = this.out(rows);
    const {mean, variance} = mode === "inference" || !this.last.batches ? this : this.last;
    for (let unit = 0; unit < size; unit++) {
      scale[unit] = (gamma ? gamma[unit] : 1) / Math.sqrt(variance[unit] + EPSILON);
      shift[unit] = beta ? beta[unit] : 0;
    }
    for (let at = 0, row = 0; row < rows; row++) {
      for (let unit = 0; unit < size; unit++, at++) y[at] = (x[at] - mean[unit]) * scale[unit] + shift[unit];
    }
    return y;
  }

  /** Take a batch's statistics, and let the moving ones follow. @param {Float32Array} x @param {number} rows */
  measure(x, rows) {
    const {size, momentum, last: {mean, variance}} = this;
    mean.fill(0);
    variance.fill(0);
    for (let at = 0, row = 0; row < rows; row++) for (let unit = 0; unit < size; unit++) mean[unit] += x[at++];
    for (let unit = 0; unit < size; unit++) mean[unit] /= rows;
    for (let at = 0, row = 0; row < rows; row++) {
      for (let unit = 0; unit < size; unit++) variance[unit] += (x[at++] - mean[unit]) ** 2;
    }
    for (let unit = 0; unit < size; unit++) {
      variance[unit] /= rows;
      this.mean[unit] = this.mean[unit] * momentum + mean[unit] * (1 - momentum);
      this.variance[unit] = this.variance[unit] * momentum + variance[unit] * (1 - momentum);
    }
    this.last.batches += 1;
  }

  /** @param {Float32Array} x @param {Float32Array} dy @param {number} rows @param {boolean} further whether a layer before asks for a gradient */
  backward(x, dy, rows, further) {
    const {size, gamma, beta, last: {mean, variance}} = this, dx = this.back(rows * size);
    const along = new Float64Array(size), sum = new Float64Array(size);
    for (let at = 0, row = 0; row < rows; row++) {
      for (let unit = 0; unit < size; unit++, at++) {
        sum[unit] += dy[at];
        along[unit] += dy[at] * (x[at] - mean[unit]);
      }
    }
    const own = this.parameters.map(({gradient}) => gradient), dGamma = gamma && own[0], dBeta = beta && own[own.length - 1];
    for (let unit = 0; unit < size; unit++) {
      const inverse = 1 / Math.sqrt(variance[unit] + EPSILON);
      if (dGamma) dGamma[unit] = along[unit] * inverse;
      if (dBeta) dBeta[unit] = sum[unit];
      this.scale[unit] = inverse * (gamma ? gamma[unit] : 1);
      // From here on: what the mean and the variance, which depend on all points of the batch, take from each point's gradient.
      along[unit] *= inverse ** 2 / rows;
      sum[unit] /= rows;
    }
    if (!further) return undefined;
    for (let at = 0, row = 0; row < rows; row++) {
      for (let unit = 0; unit < size; unit++, at++) {
        dx[at] = this.scale[unit] * (dy[at] - sum[unit] - (x[at] - mean[unit]) * along[unit]);
      }
    }
    return dx;
  }
}

export class Dropout extends Base {
  kind = /** @type {const} */ ("dropout");

  /** @param {number} size @param {number} rate @param {Random} random */
  constructor(size, rate, random) {
    super(size);
    this.rate = rate;
    this.random = random;
    /** The last mask, row by row, and of how many points. */
    this.mask = new Float32Array(0);
    this.rows = 0;
  }

  /** @param {Float32Array} x @param {number} rows @param {Mode} mode */
  forward(x, rows, mode) {
    if (mode === "inference" || (mode === "frozen" && !this.rows)) return x;
    const {size, rate, random} = this, y = this.out(rows), count = rows * size;
    if (mode === "frozen") {
      for (let at = 0, row = 0; row < rows; row++) for (let unit = 0; unit < size; unit++, at++) y[at] = x[at] * this.mask[unit];
      return y;
    }
    if (this.mask.length < count) this.mask = new Float32Array(count);
    this.rows = rows;
    const factor = 1 / (1 - rate), {mask} = this;
    // At rate 1, where the factor is infinite, all are dropped.
    for (let at = 0; at < count; at++) {
      mask[at] = random.uniform() < rate ? 0 : factor;
      y[at] = x[at] * mask[at];
    }
    return y;
  }

  /** @param {Float32Array} _x @param {Float32Array} dy @param {number} rows */
  backward(_x, dy, rows) {
    const {mask} = this, count = rows * this.size, dx = this.back(count);
    for (let at = 0; at < count; at++) dx[at] = dy[at] * mask[at];
    return dx;
  }
}

export class Noise extends Base {
  kind = /** @type {const} */ ("noise");

  /** @param {number} size @param {number} sd @param {Random} random */
  constructor(size, sd, random) {
    super(size);
    this.sd = sd;
    this.random = random;
  }

  /** @param {Float32Array} x @param {number} rows @param {Mode} mode */
  forward(x, rows, mode) {
    if (mode !== "training") return x;
    const {sd, random} = this, y = this.out(rows), count = rows * this.size;
    for (let at = 0; at < count; at++) y[at] = x[at] + sd * random.normal();
    return y;
  }

  /** @param {Float32Array} _x @param {Float32Array} dy */
  backward(_x, dy) {
    return dy;
  }
}

/**
 * Make the layers of a network with two inputs; the last gives the logit of class 1.
 * @param {Layers} setting
 * @param {number} seed of first weights, masks and noise
 * @returns {Layer[]}
 */
export function build({network, normalization, dropout, noise, maxNorm}, seed) {
  /** @type {Layer[]} */
  const layers = [];
  /** @param {string} place @param {number} features @param {number} index of the layer, 0 for the inputs */
  const extras = (place, features, index) => {
    if (normalization.place === place) layers.push(new BatchNormalization(features, normalization));
    const sd = place === "input" ? noise.input : place === noise.place ? noise.hidden : 0;
    if (sd > 0) layers.push(new Noise(features, sd, new Random(seed, STREAMS.noise, index)));
  };
  /** @param {number} features @param {number} rate @param {number} index */
  const drop = (features, rate, index) => {
    if (rate > 0) layers.push(new Dropout(features, rate, new Random(seed, STREAMS.masks, index)));
  };
  extras("input", 2, 0);
  drop(2, dropout.input, 0);
  let features = 2;
  for (let index = 1; index <= network.layers; index++) {
    layers.push(new Dense(features, network.width, maxNorm, firstWeights(network, features, network.width, new Random(seed, STREAMS.weights, index))));
    features = network.width;
    extras("before", features, index);
    layers.push(new Activation(features, network.activation));
    extras("after", features, index);
    drop(features, dropout.hidden, index);
  }
  const last = new Random(seed, STREAMS.weights, 0);
  layers.push(new Dense(features, 1, 0, firstWeights({initial: "glorot_uniform", spread: 0}, features, 1, last)));
  return layers;
}

/** @param {Pick<Network, "initial" | "spread">} network @param {number} inputs @param {number} units @param {Random} random */
function firstWeights({initial, spread}, inputs, units, random) {
  const limit = Math.sqrt(6 / (initial === "glorot_uniform" ? inputs + units : inputs));
  return initial === "normal" ? () => spread * random.normal() : () => limit * (2 * random.uniform() - 1);
}

/**
 * The logits of points, in a buffer of the last layer.
 * @param {Layer[]} layers
 * @param {Float32Array} x two values a point
 * @param {number} rows
 * @param {Mode} mode
 * @param {(layer: Layer, received: Float32Array, gave: Float32Array) => void} [look] is shown what passes each layer
 */
export function forward(layers, x, rows, mode, look) {
  let values = x;
  for (const layer of layers) {
    const given = layer.forward(values, rows, mode);
    look?.(layer, values, given);
    values = given;
  }
  return values;
}

/**
 * Leave the gradients of the mean cross-entropy in the layers' parameters, after `forward` in training mode.
 * @param {Layer[]} layers
 * @param {Float32Array} x
 * @param {Float32Array} y classes, 0 or 1
 * @param {number} rows
 */
export function backward(layers, x, y, rows) {
  const logits = layers[layers.length - 1].output;
  /** @type {Float32Array | undefined} */
  let slope = new Float32Array(rows);
  for (let row = 0; row < rows; row++) slope[row] = (1 / (1 + Math.exp(-logits[row])) - y[row]) / rows;
  const first = layers.findIndex((layer) => layer.parameters.length > 0);
  for (let index = layers.length - 1; index >= first && slope; index--) {
    slope = layers[index].backward(received(layers, index, x), slope, rows, index > first);
  }
}

/** What a layer received in the last pass in training mode. @param {Layer[]} layers @param {number} index @param {Float32Array} x */
function received(layers, index, x) {
  return index === 0 ? x : layers[index - 1].output;
}

/** All that an optimizer changes, in the order of the layers. @param {Layer[]} layers */
export function parameters(layers) {
  return layers.flatMap((layer) => layer.parameters);
}

/**
 * Cross-entropy of a logit as Keras computes it in a compiled model that ends in a sigmoid, without overflow.
 * @param {number} logit
 * @param {number} label 0 or 1
 */
export function crossEntropy(logit, label) {
  return Math.max(logit, 0) - logit * label + Math.log1p(Math.exp(-Math.abs(logit)));
}

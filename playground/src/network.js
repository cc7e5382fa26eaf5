// @ts-check
/** Networks of the course's layers, computed as Keras computes them. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * @typedef {import("./random.js").Random} Random
 *
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
 * @typedef {{kind: "dense", kernel: tf.Variable, bias: tf.Variable, maxNorm: number}} Dense
 * @typedef {{kind: "activation", name: Network["activation"]}} Activation
 * @typedef {{kind: "normalization", momentum: number, gamma?: tf.Variable, beta?: tf.Variable, mean: tf.Variable,
 *   variance: tf.Variable, last?: {mean: number, variance: number}}} BatchNormalization `last` is of the last batch, first feature
 * @typedef {{kind: "dropout", rate: number, mask?: Float32Array, units?: number}} Dropout its last mask, row by row
 * @typedef {{kind: "noise", sd: number}} Noise
 * @typedef {Dense | Activation | BatchNormalization | Dropout | Noise} Layer
 */

export const EPSILON = 1e-3; // of Keras' BatchNormalization

/**
 * Make the layers of a network with two inputs; the last gives the logit of class 1.
 * @param {Layers} setting
 * @param {Random} random
 * @returns {Layer[]}
 */
export function build({network, normalization, dropout, noise, maxNorm}, random) {
  /** @type {Layer[]} */
  const layers = [];
  /** @param {string} place @param {number} features */
  const extras = (place, features) => {
    if (normalization.place === place) layers.push(normalize(normalization, features));
    const sd = place === "input" ? noise.input : place === noise.place ? noise.hidden : 0;
    if (sd > 0) layers.push({kind: "noise", sd});
  };
  extras("input", 2);
  if (dropout.input > 0) layers.push({kind: "dropout", rate: dropout.input});
  let features = 2;
  for (let index = 0; index < network.layers; index++) {
    layers.push(dense(features, network.width, network, maxNorm, random));
    features = network.width;
    extras("before", features);
    layers.push({kind: "activation", name: network.activation});
    extras("after", features);
    if (dropout.hidden > 0) layers.push({kind: "dropout", rate: dropout.hidden});
  }
  layers.push(dense(features, 1, {initial: "glorot_uniform", spread: 0}, 0, random));
  return layers;
}

/**
 * @param {number} inputs
 * @param {number} units
 * @param {Pick<Network, "initial" | "spread">} first
 * @param {number} maxNorm
 * @param {Random} random
 * @returns {Dense}
 */
function dense(inputs, units, {initial, spread}, maxNorm, random) {
  const limit = Math.sqrt(6 / (initial === "glorot_uniform" ? inputs + units : inputs));
  const draw = initial === "normal" ? () => spread * random.normal() : () => limit * (2 * random.uniform() - 1);
  const kernel = Float32Array.from({length: inputs * units}, draw);
  return {
    kind: "dense",
    kernel: tf.variable(tf.tensor2d(kernel, [inputs, units])),
    bias: tf.variable(tf.zeros([units])),
    maxNorm,
  };
}

/** @param {Normalization} setting @param {number} features @returns {BatchNormalization} */
function normalize({momentum, gamma, beta}, features) {
  return {
    kind: "normalization",
    momentum,
    ...(gamma && {gamma: tf.variable(tf.ones([features]))}),
    ...(beta && {beta: tf.variable(tf.zeros([features]))}),
    mean: tf.variable(tf.zeros([features]), false),
    variance: tf.variable(tf.ones([features]), false),
  };
}

/**
 * The logits for inputs of shape (points, 2). In training mode moving statistics and masks are renewed.
 * @param {Layer[]} layers
 * @param {tf.Tensor2D} x
 * @param {Random} [random] given in training mode, missing in inference mode
 * @param {(layer: Layer, received: tf.Tensor2D) => void} [look] is shown what each layer receives
 * @returns {tf.Tensor2D}
 */
export function logits(layers, x, random, look) {
  let values = x;
  for (const layer of layers) {
    look?.(layer, values);
    values = apply(layer, values, random);
  }
  return values;
}

/** @param {Layer} layer @param {tf.Tensor2D} x @param {Random} [random] @returns {tf.Tensor2D} */
function apply(layer, x, random) {
  switch (layer.kind) {
    case "dense":
      return tf.add(tf.matMul(x, /** @type {tf.Tensor2D} */ (/** @type {unknown} */ (layer.kernel))), layer.bias);
    case "activation":
      return tf[layer.name](x);
    case "normalization":
      return random ? inTraining(layer, x) : standardize(layer, x, layer.mean, layer.variance);
    case "dropout":
      return random ? drop(layer, x, random) : x;
    case "noise":
      return random ? tf.add(x, tf.tensor2d(Float32Array.from({length: x.size}, () => layer.sd * random.normal()), x.shape)) : x;
  }
}

/** @param {BatchNormalization} layer @param {tf.Tensor2D} x */
function inTraining(layer, x) {
  const mean = tf.mean(x, 0);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), 0);
  for (const [moving, batch] of /** @type {const} */ ([[layer.mean, mean], [layer.variance, variance]])) {
    moving.assign(tf.add(tf.mul(moving, layer.momentum), tf.mul(batch, 1 - layer.momentum)));
  }
  layer.last = {mean: mean.dataSync()[0], variance: variance.dataSync()[0]};
  return standardize(layer, x, mean, variance);
}

/**
 * @param {BatchNormalization} layer
 * @param {tf.Tensor2D} x
 * @param {tf.Tensor} mean
 * @param {tf.Tensor} variance
 * @returns {tf.Tensor2D}
 */
function standardize({gamma, beta}, x, mean, variance) {
  let scale = tf.rsqrt(tf.add(variance, EPSILON));
  if (gamma) scale = tf.mul(scale, gamma);
  const scaled = tf.mul(tf.sub(x, mean), scale);
  return /** @type {tf.Tensor2D} */ (beta ? tf.add(scaled, beta) : scaled);
}

/** @param {Dropout} layer @param {tf.Tensor2D} x @param {Random} random @returns {tf.Tensor2D} */
function drop(layer, x, random) {
  const factor = 1 / (1 - layer.rate);
  layer.mask = Float32Array.from({length: x.size}, () => (random.uniform() < layer.rate ? 0 : factor)); // at rate 1 all are 0
  layer.units = x.shape[1];
  return tf.mul(x, tf.tensor2d(layer.mask, x.shape));
}

/**
 * What an optimizer changes, in the order of the layers.
 * @param {Layer[]} layers
 * @returns {tf.Variable[]}
 */
export function trainable(layers) {
  return layers.flatMap((layer) => {
    if (layer.kind === "dense") return [layer.kernel, layer.bias];
    if (layer.kind === "normalization") return [layer.gamma, layer.beta].filter((one) => one !== undefined);
    return [];
  });
}

/** @param {Layer[]} layers */
export function dispose(layers) {
  tf.dispose(trainable(layers));
  for (const layer of layers) if (layer.kind === "normalization") tf.dispose([layer.mean, layer.variance]);
}

// @ts-check
/** A setting of the laboratory: what it may be, how it stands in an address, and what it is in Keras. */
import {KINDS, trainingPoints} from "./data.js";

/** @typedef {import("./training.js").Setting} Setting */

/** @type {Setting} */
export const DEFAULT = {
  data: {kind: "circles", points: 100, noise: 0.1, seed: 1, train: 0.3},
  network: {layers: 1, width: 500, activation: "relu", initial: "glorot_uniform", spread: 0.05},
  normalization: {place: "none", momentum: 0.99, gamma: true, beta: true},
  dropout: {input: 0, hidden: 0},
  noise: {place: "none", sd: 0.1},
  maxNorm: 0,
  optimizer: {kind: "adam", rate: 0.001, momentum: 0},
  batch: 32,
};

const PLACES = ["none", "input", "before", "after"];

/**
 * What each part of a setting may be, by its path: words, or a range with why nothing else is possible.
 * @type {Record<string, {words: string[]} | {from: number, to: number, whole?: boolean, why: string} | {yesOrNo: true}>}
 */
export const ALLOWED = {
  "data.kind": {words: KINDS},
  "data.points": {from: 10, to: 2000, whole: true, why: "more points would be slow here"},
  "data.noise": {from: 0, to: 1, why: "it is a standard deviation, and the shapes are about 2 wide"},
  "data.seed": {from: 0, to: 2 ** 31 - 1, whole: true, why: "a seed is a whole number"},
  "data.train": {from: 0.05, to: 0.95, why: "some points are needed to train on and some to test on"},
  "network.layers": {from: 1, to: 4, whole: true, why: "more hidden layers would be slow here"},
  "network.width": {from: 1, to: 500, whole: true, why: "more units would be slow here"},
  "network.activation": {words: ["relu", "tanh", "sigmoid"]},
  "network.initial": {words: ["glorot_uniform", "he_uniform", "normal"]},
  "network.spread": {from: 0, to: 5, why: "it is a standard deviation"},
  "normalization.place": {words: PLACES},
  "normalization.momentum": {from: 0, to: 0.9999, why: "it is the weight of the old moving average; at 1 that would never change"},
  "normalization.gamma": {yesOrNo: true},
  "normalization.beta": {yesOrNo: true},
  "dropout.input": {from: 0, to: 0.99, why: "the rate is the share that is dropped, and the rest is divided by the share that is kept"},
  "dropout.hidden": {from: 0, to: 0.99, why: "the rate is the share that is dropped, and the rest is divided by the share that is kept"},
  "noise.place": {words: PLACES},
  "noise.sd": {from: 0, to: 1, why: "Keras' GaussianNoise takes a standard deviation from 0 to 1 only"},
  maxNorm: {from: 0, to: 20, why: "0 sets no bound; a norm is never negative"},
  "optimizer.kind": {words: ["sgd", "adam", "rmsprop"]},
  "optimizer.rate": {from: 1e-6, to: 10, why: "a learning rate is above 0"},
  "optimizer.momentum": {from: 0, to: 1, why: "Keras' SGD takes a momentum from 0 to 1 only"},
  batch: {from: 1, to: 2000, whole: true, why: "a batch has at least one point"},
};

/** @param {any} setting @param {string} path */
export function get(setting, path) {
  return path.split(".").reduce((part, name) => part?.[name], setting);
}

/** A copy with one part changed. @param {Setting} setting @param {string} path @param {unknown} value @returns {Setting} */
export function change(setting, path, value) {
  const copy = structuredClone(setting);
  const names = path.split("."), last = /** @type {string} */ (names.pop());
  names.reduce((part, name) => part[name], /** @type {any} */ (copy))[last] = value;
  return copy;
}

/** Why a value cannot be; empty if it can. @param {string} path @param {unknown} value @returns {string} */
export function refusal(path, value) {
  if (!Object.hasOwn(ALLOWED, path)) return `There is no setting ${path}.`;
  const allowed = ALLOWED[path];
  if ("words" in allowed) {
    return allowed.words.includes(String(value)) ? "" : `${path} is one of ${allowed.words.join(", ")}, not ${value}.`;
  }
  if ("yesOrNo" in allowed) return typeof value === "boolean" ? "" : `${path} is true or false, not ${value}.`;
  const {from, to, whole, why} = allowed;
  const fits = typeof value === "number" && value >= from && value <= to && (!whole || Number.isInteger(value));
  return fits ? "" : `${path} goes from ${from} to ${to}${whole ? " in whole numbers" : ""}, not ${value}: ${why}.`;
}

/** All that a setting cannot be. @param {Setting} setting @returns {string[]} */
export function refusals(setting) {
  return Object.keys(ALLOWED).map((path) => refusal(path, get(setting, path))).filter(Boolean);
}

/** What stands in the address: what differs from the default. @param {Setting} setting @returns {string} */
export function toAddress(setting) {
  const parts = new URLSearchParams();
  for (const path of Object.keys(ALLOWED)) {
    if (get(setting, path) !== get(DEFAULT, path)) parts.set(path, String(get(setting, path)));
  }
  return parts.toString();
}

/**
 * Read an address; what it cannot say stays as in the default and is told.
 * @param {string} address
 * @returns {{setting: Setting, problems: string[]}}
 */
export function fromAddress(address) {
  let setting = DEFAULT;
  /** @type {string[]} */
  const problems = [];
  for (const [path, text] of new URLSearchParams(address.replace(/^#/, ""))) {
    const allowed = Object.hasOwn(ALLOWED, path) ? ALLOWED[path] : undefined;
    /** @type {string | number | boolean} */
    let value = text;
    if (allowed && "yesOrNo" in allowed) value = text === "true" ? true : text === "false" ? false : text;
    else if (allowed && "from" in allowed) value = text.trim() === "" ? NaN : Number(text);
    const why = refusal(path, value);
    if (why) problems.push(why);
    else setting = change(setting, path, value);
  }
  return {setting, problems};
}

/** @type {Record<string, (data: Setting["data"]) => string>} */
const DATA_CODE = {
  circles: ({points, noise, seed}) =>
    `x, y = make_circles(n_samples=${points}, noise=${noise}, random_state=${seed})`,
  moons: ({points, noise, seed}) =>
    `x, y = make_moons(n_samples=${points}, noise=${+(1.5 * noise).toFixed(6)}, random_state=${seed})\nx = (x - [0.5, 0.25]) / 1.5`,
  xor: ({points, noise, seed}) => `rng = np.random.default_rng(${seed})
x = rng.uniform(-1, 1, size=(${points}, 2))
y = (x[:, 0] * x[:, 1] > 0).astype(int)
x += rng.normal(0, ${noise}, size=x.shape)`,
  spirals: ({points, noise, seed}) => `rng = np.random.default_rng(${seed})
y = rng.permutation(${points}) % 2
along = rng.uniform(size=${points})
angle = 3 * np.pi * along + np.pi * y
x = (0.1 + 0.9 * along)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
x += rng.normal(0, ${noise}, size=x.shape)`,
};

/** The setting as Python code for Keras. Data and first weights are other draws of the same kind. @param {Setting} setting */
export function toKeras(setting) {
  const {data, network, normalization, dropout, noise, maxNorm, optimizer, batch} = setting;
  const share = trainingPoints(data.points, data.train);
  const made = data.kind === "circles" || data.kind === "moons" ? `from sklearn.datasets import make_${data.kind}\n` : "";
  const bound = maxNorm > 0 ? `, kernel_constraint=keras.constraints.MaxNorm(${maxNorm}, axis=0)` : "";
  const initial =
    network.initial === "normal" ? `keras.initializers.RandomNormal(stddev=${network.spread})` : `"${network.initial}"`;
  /** @type {string[]} */
  const layers = ["keras.Input((2,))"];
  /** @param {string} place */
  const extras = (place) => {
    if (normalization.place === place) {
      const options = [`momentum=${normalization.momentum}`];
      if (!normalization.gamma) options.push("scale=False");
      if (!normalization.beta) options.push("center=False");
      layers.push(`keras.layers.BatchNormalization(${options.join(", ")})`);
    }
    if (noise.place === place && noise.sd > 0) layers.push(`keras.layers.GaussianNoise(${noise.sd})`);
  };
  extras("input");
  if (dropout.input > 0) layers.push(`keras.layers.Dropout(${dropout.input})`);
  for (let index = 0; index < network.layers; index++) {
    layers.push(`keras.layers.Dense(${network.width}, kernel_initializer=${initial}${bound})`);
    extras("before");
    layers.push(`keras.layers.Activation("${network.activation}")`);
    extras("after");
    if (dropout.hidden > 0) layers.push(`keras.layers.Dropout(${dropout.hidden})`);
  }
  layers.push(`keras.layers.Dense(1, activation="sigmoid"${bound})`);
  const optimizers = {
    sgd: `keras.optimizers.SGD(${optimizer.rate}${optimizer.momentum > 0 ? `, momentum=${optimizer.momentum.toFixed(6).replace(/0+$/, "0")}` : ""})`,
    adam: `keras.optimizers.Adam(${optimizer.rate})`,
    rmsprop: `keras.optimizers.RMSprop(${optimizer.rate})`,
  };
  return `import keras
import numpy as np
${made}
keras.utils.set_random_seed(1)
${DATA_CODE[data.kind](data)}
x = x.astype("float32")
train, test = (x[:${share}], y[:${share}]), (x[${share}:], y[${share}:])

model = keras.Sequential(
    [
${layers.map((layer) => `        ${layer},`).join("\n")}
    ]
)
model.compile(${optimizers[optimizer.kind]}, loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(*train, validation_data=test, batch_size=${batch}, epochs=100, verbose=0)
print("test accuracy after 100 epochs:", history.history["val_accuracy"][-1])
`;
}

// @ts-check
/** A setting of the playground: what it may be, how it stands in an address, and what it is in Keras. */
import {KINDS, moonNoise, trainingPoints, UNIT_NAMES} from "./data.js";

/** @typedef {import("./training.js").Setting} Setting */

/** The worked example of the chapters on dropout and noise, without either. @type {Setting} */
export const DEFAULT = {
  data: {kind: "circles", points: 100, noise: 0.1, seed: 1, train: 0.3, units: "plain", redraw: false},
  network: {layers: 1, width: 500, activation: "relu", initial: "glorot_uniform", spread: 0.05},
  normalization: {place: "none", momentum: 0.99, gamma: true, beta: true},
  dropout: {input: 0, hidden: 0},
  noise: {input: 0, hidden: 0, place: "before"},
  maxNorm: 0,
  optimizer: {kind: "adam", rate: 0.001, momentum: 0},
  batch: 32,
  epochs: 4000,
  seed: 1,
  seeds: 1,
};

const RATE = {from: 0, to: 1, why: "Keras' Dropout takes a rate from 0 to 1 only; it is the share that is dropped"};
const SD = {from: 0, to: 1, why: "Keras' GaussianNoise takes a standard deviation from 0 to 1 only"};

/**
 * What each part of a setting may be, by its path: words, or a range with why nothing else is possible.
 * @type {Record<string, {words: string[]} | {from: number, to: number, whole?: boolean, why: string} | {yesOrNo: true}>}
 */
export const ALLOWED = {
  "data.kind": {words: KINDS},
  "data.points": {from: 10, to: 5000, whole: true, why: "more points would be slow here"},
  "data.noise": {from: 0, to: 1, why: "it is a standard deviation, and the shapes are about 2 wide"},
  "data.seed": {from: 0, to: 999_999, whole: true, why: "a seed is a whole number"},
  "data.train": {from: 0.01, to: 0.99, why: "some points are needed to train on and some to test on"},
  "data.units": {words: UNIT_NAMES},
  "data.redraw": {yesOrNo: true},
  "network.layers": {from: 1, to: 4, whole: true, why: "more hidden layers would be slow here"},
  "network.width": {from: 1, to: 500, whole: true, why: "Keras' Dense needs at least one unit, and more than 500 would be slow here"},
  "network.activation": {words: ["relu", "tanh", "sigmoid"]},
  "network.initial": {words: ["glorot_uniform", "he_uniform", "normal"]},
  "network.spread": {from: 0, to: 5, why: "it is a standard deviation"},
  "normalization.place": {words: ["none", "input", "before", "after"]},
  "normalization.momentum": {from: 0, to: 1, why: "it is the weight of the old value in a moving average"},
  "normalization.gamma": {yesOrNo: true},
  "normalization.beta": {yesOrNo: true},
  "dropout.input": RATE,
  "dropout.hidden": RATE,
  "noise.input": SD,
  "noise.hidden": SD,
  "noise.place": {words: ["before", "after"]},
  maxNorm: {from: 0, to: 20, why: "0 sets no bound; a norm is never negative"},
  "optimizer.kind": {words: ["sgd", "adam", "rmsprop"]},
  "optimizer.rate": {from: 1e-6, to: 10, why: "a learning rate is above 0"},
  "optimizer.momentum": {from: 0, to: 1, why: "Keras' SGD takes a momentum from 0 to 1 only"},
  batch: {from: 1, to: 5000, whole: true, why: "a batch has at least one point"},
  epochs: {from: 1, to: 20_000, whole: true, why: "the curves of more epochs would take much memory"},
  seed: {from: 0, to: 999_999, whole: true, why: "a seed is a whole number"},
  seeds: {from: 1, to: 10, whole: true, why: "more runs at once would be slow here"},
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

/**
 * Why a value cannot be; empty if it can.
 * @param {string} path
 * @param {unknown} value
 * @param {string} [name] what the message calls it
 */
export function refusal(path, value, name = path) {
  if (!Object.hasOwn(ALLOWED, path)) return `There is no setting ${path}.`;
  const allowed = ALLOWED[path];
  if ("words" in allowed) {
    return allowed.words.includes(String(value)) ? "" : `${name} is one of ${allowed.words.join(", ")}, not ${value}.`;
  }
  if ("yesOrNo" in allowed) return typeof value === "boolean" ? "" : `${name} is true or false, not ${value}.`;
  const {from, to, whole, why} = allowed;
  if (Number.isNaN(value)) return `A number is missing; ${name} goes from ${from} to ${to}${whole ? " in whole numbers" : ""}.`;
  const fits = typeof value === "number" && value >= from && value <= to && (!whole || Number.isInteger(value));
  return fits ? "" : `${name} goes from ${from} to ${to}${whole ? " in whole numbers" : ""}, not ${value}: ${why}.`;
}

/** All that the parts of a setting cannot be. @param {Setting} setting @returns {string[]} */
export function refusals(setting) {
  return Object.keys(ALLOWED).map((path) => refusal(path, get(setting, path))).filter(Boolean);
}

/** What stands in the address: the problem, and what else differs from the default. @param {Setting} setting */
export function toAddress(setting) {
  const parts = new URLSearchParams();
  for (const path of Object.keys(ALLOWED)) {
    if (path === "data.kind" || get(setting, path) !== get(DEFAULT, path)) parts.set(path, String(get(setting, path)));
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
    if (path === "example") continue; // the name of an example that has this setting
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

/** @type {Record<string, {needs?: string, lines: (points: number, noise: number) => string[]}>} what to import, and how to draw */
const DATA_CODE = {
  circles: {
    needs: "from sklearn.datasets import make_circles",
    lines: (points, noise) => [`x, y = make_circles(n_samples=${points}, noise=${noise}, random_state=state)`],
  },
  moons: {
    needs: "from sklearn.datasets import make_moons",
    lines: (points, noise) => [
      `x, y = make_moons(n_samples=${points}, noise=${moonNoise(noise)}, random_state=state)`,
      "x = (x - [0.5, 0.25]) / 1.5",
    ],
  },
  xor: {
    lines: (points, noise) => [
      "random = np.random.RandomState(state)",
      `x = random.uniform(-1, 1, size=(${points}, 2))`,
      "y = (x[:, 0] * x[:, 1] > 0).astype(int)",
      `x += random.normal(0, ${noise}, size=x.shape)`,
    ],
  },
  spirals: {
    lines: (points, noise) => [
      "random = np.random.RandomState(state)",
      `y = random.permutation(${points}) % 2`,
      `along = random.uniform(size=${points})`,
      "angle = 3 * np.pi * along + np.pi * y",
      "x = (0.1 + 0.9 * along)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)",
      `x += random.normal(0, ${noise}, size=x.shape)`,
    ],
  },
  target: {
    lines: (points, noise) => [
      "random = np.random.RandomState(state)",
      `radius = random.choice([0.3, 0.8, 1.3], size=${points}, p=[0.25, 0.5, 0.25])`,
      `angle = random.uniform(0, 2 * np.pi, size=${points})`,
      "x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)",
      "y = (radius != 0.8).astype(int)",
      `x += random.normal(0, ${noise}, size=x.shape)`,
    ],
  },
};

/** @type {Record<string, string[]>} */
const UNIT_CODE = {plain: [], large: ["x = 1000 * x + 5000"], tiny: ["x = x / 1000"]};

/** The setting as Python code for Keras. The points are the page's; first weights and all that is random later are other draws. @param {Setting} setting */
export function toKeras(setting) {
  const {data, network, normalization, dropout, noise, maxNorm, optimizer, batch, epochs, seed, seeds} = setting;
  const share = trainingPoints(data.points, data.train);
  const bound = maxNorm > 0 ? `, kernel_constraint=keras.constraints.MaxNorm(${maxNorm})` : "";
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
    const sd = place === "input" ? noise.input : place === noise.place ? noise.hidden : 0;
    if (sd > 0) layers.push(`keras.layers.GaussianNoise(${sd})`);
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
  layers.push(`keras.layers.Dense(1, activation="sigmoid")`);
  // Keras' optimizers take no whole numbers.
  const [rate, momentum] = [optimizer.rate, optimizer.momentum].map((value) => (Number.isInteger(value) ? value.toFixed(1) : value));
  const optimizers = {
    sgd: `keras.optimizers.SGD(${rate}${optimizer.momentum > 0 ? `, momentum=${momentum}` : ""})`,
    adam: `keras.optimizers.Adam(${rate})`,
    rmsprop: `keras.optimizers.RMSprop(${rate})`,
  };
  const {needs, lines} = DATA_CODE[data.kind];
  const indented = (/** @type {string[]} */ all, /** @type {number} */ by) => all.map((line) => " ".repeat(by) + line).join("\n");
  return `import keras
import numpy as np
${needs ? `${needs}\n` : ""}

def points(seed):
    """Points to train on and points to test on${data.redraw ? ", drawn anew for each seed" : ", the same for every seed"}."""
    state = ${data.redraw ? `${1000 * data.seed} + seed` : data.seed}
${indented([...lines(data.points, data.noise), 'x = x.astype("float32")', ...UNIT_CODE[data.units]], 4)}
    return (x[:${share}], y[:${share}]), (x[${share}:], y[${share}:])


def network():
    """A new compiled network."""
    model = keras.Sequential(
        [
${indented(layers.map((layer) => `${layer},`), 12)}
        ]
    )
    optimizer = ${optimizers[optimizer.kind]}
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model


for seed in range(${seed}, ${seed + seeds}):
    train, test = points(seed)
    keras.utils.set_random_seed(seed)
    model = network()
    history = model.fit(*train, validation_data=test, batch_size=${batch}, epochs=${epochs}, verbose=0)
    print(f"seed {seed}: test accuracy {history.history['val_accuracy'][-1]:.3f} after ${epochs} epochs")
`;
}

// @ts-check
/** What the parts of a setting and their values are called. */
import {ALLOWED, get} from "./settings.js";

/** @typedef {import("./training.js").Setting} Setting */
/** @typedef {{path: string, label: string, step?: string, high?: string}} Field `high` is where its slider ends; without, it has none */

/** @type {[string, Field[]][]} */
export const GROUPS = [
  ["Batch normalization", [
    {path: "normalization.place", label: "Batch normalization"},
    {path: "normalization.momentum", label: "Momentum of the moving averages", step: "0.01", high: "1"},
    {path: "normalization.gamma", label: "Learn gamma"},
    {path: "normalization.beta", label: "Learn beta"},
  ]],
  ["Dropout and noise", [
    {path: "dropout.hidden", label: "Dropout rate after hidden layers", step: "0.05", high: "0.9"},
    {path: "dropout.input", label: "Dropout rate on the inputs", step: "0.05", high: "0.9"},
    {path: "noise.hidden", label: "Noise in hidden layers", step: "0.01", high: "0.5"},
    {path: "noise.place", label: "Place of the noise in hidden layers"},
    {path: "noise.input", label: "Noise on the inputs", step: "0.01", high: "0.5"},
  ]],
  ["Network", [
    {path: "network.layers", label: "Hidden layers", step: "1"},
    {path: "network.width", label: "Units in each", step: "1"},
    {path: "network.activation", label: "Activation"},
    {path: "network.initial", label: "First weights"},
    {path: "network.spread", label: "Their standard deviation", step: "0.01"},
    {path: "maxNorm", label: "Max-norm of hidden units (0: none)", step: "0.1"},
  ]],
  ["Training", [
    {path: "optimizer.kind", label: "Optimizer"},
    {path: "optimizer.rate", label: "Learning rate"},
    {path: "optimizer.momentum", label: "Momentum of SGD", step: "0.05"},
    {path: "batch", label: "Batch size", step: "1"},
    {path: "epochs", label: "Epochs", step: "100"},
    {path: "seed", label: "Seed", step: "1"},
    {path: "seeds", label: "Seeds in a row", step: "1"},
  ]],
  ["Data", [
    {path: "data.points", label: "Points", step: "10"},
    {path: "data.noise", label: "Noise in the points", step: "0.01", high: "0.5"},
    {path: "data.train", label: "Share to train on", step: "0.005"},
    {path: "data.seed", label: "Seed of the points", step: "1"},
    {path: "data.redraw", label: "New points for each seed"},
    {path: "data.units", label: "Units of the inputs"},
  ]],
];

export const FIELDS = GROUPS.flatMap(([, fields]) => fields);

/** Problems, which are chosen by their pictures. @type {Record<string, string>} */
export const PROBLEMS = {
  circles: "Two rings", moons: "Two moons", xor: "Four quadrants", spirals: "Two spirals", target: "Target", drawn: "Your own",
};

/** @type {Record<string, string>} */
const VALUES = {
  none: "none", input: "on the inputs", before: "before activation", after: "after activation",
  relu: "ReLU", tanh: "tanh", sigmoid: "sigmoid", sgd: "SGD", adam: "Adam", rmsprop: "RMSprop",
  glorot_uniform: "Glorot uniform", he_uniform: "He uniform", normal: "normal",
  plain: "as drawn", large: "× 1,000 + 5,000", tiny: "÷ 1,000",
};

/** @param {string} path */
export function label(path) {
  return FIELDS.find((field) => field.path === path)?.label ?? (path === "data.kind" ? "Problem" : path === "data.drawn" ? "Points" : path);
}

/** @param {string} path @param {unknown} value */
export function valueInWords(path, value) {
  if (path === "data.kind") return PROBLEMS[String(value)].toLowerCase();
  if (path === "data.drawn") return `${String(value).length / 4} drawn by hand`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return value >= 1000 ? value.toLocaleString("en") : String(value);
  return VALUES[String(value)] ?? String(value);
}

/** Where one setting differs from another, by paths. @param {Setting} one @param {Setting} other @returns {string[]} */
export function differences(one, other) {
  return Object.keys(ALLOWED).filter((path) => get(one, path) !== get(other, path));
}

/** What differs, in words; "as at the start" if nothing does. @param {Setting} from @param {Setting} to @param {string[]} [ignored] paths */
export function inWords(from, to, ignored = []) {
  const words = differences(from, to).filter((path) => !ignored.includes(path)).map((path) => `${label(path)}: ${valueInWords(path, get(to, path))}`);
  return words.join(", ") || "as at the start";
}

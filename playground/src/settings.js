// @ts-check
/** A setting of the playground: what it may be, and how it stands in an address. */
import {decode, KINDS, MOST_DRAWN, UNIT_NAMES} from "./data.js";

/** @typedef {import("./training.js").Setting} Setting */

/** The worked example of the chapters on dropout and noise, without either. @type {Setting} */
export const DEFAULT = {
  data: {kind: "circles", points: 100, noise: 0.1, seed: 1, train: 0.3, units: "plain", redraw: false, drawn: ""},
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
 * @type {Record<string, {words: string[]} | {from: number, to: number, whole?: boolean, why: string} | {yesOrNo: true} | {drawn: true}>}
 */
export const ALLOWED = {
  "data.kind": {words: KINDS},
  "data.points": {from: 10, to: 5000, whole: true, why: "more points would be slow here"},
  "data.noise": {from: 0, to: 1, why: "it is a standard deviation, and the shapes are about 2 wide"},
  "data.seed": {from: 0, to: 999_999, whole: true, why: "a seed is a whole number"},
  "data.train": {from: 0.01, to: 0.99, why: "some points are needed to train on and some to test on"},
  "data.units": {words: UNIT_NAMES},
  "data.redraw": {yesOrNo: true},
  "data.drawn": {drawn: true},
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
  if ("drawn" in allowed) {
    return decode(String(value)) ? "" : `${name} is four letters for each of at most ${MOST_DRAWN} points, which the page writes.`;
  }
  const {from, to, whole, why} = allowed;
  if (Number.isNaN(value)) return `A number is missing; ${name} goes from ${from} to ${to}${whole ? " in whole numbers" : ""}.`;
  const fits = typeof value === "number" && value >= from && value <= to && (!whole || Number.isInteger(value));
  return fits ? "" : `${name} goes from ${from} to ${to}${whole ? " in whole numbers" : ""}, not ${value}: ${why}.`;
}

/** All that the parts of a setting cannot be. @param {Setting} setting @returns {string[]} */
export function refusals(setting) {
  const found = Object.keys(ALLOWED).map((path) => refusal(path, get(setting, path))).filter(Boolean);
  if (setting.data.kind === "drawn" && setting.data.drawn.length < 8) found.push("Points drawn by hand are two at least: one to train on, one to test on.");
  return found;
}

/** What two settings that are compared have in common: they train in lockstep, from the same seeds. */
export const SHARED = ["seed", "seeds", "epochs"];

/** @type {[paths: string[], idle: (setting: Setting) => string][]} */
const IDLE = [
  [["normalization.momentum", "normalization.gamma", "normalization.beta"], ({normalization}) => (normalization.place === "none" ? "there is no batch normalization" : "")],
  [["noise.place"], ({noise}) => (noise.hidden === 0 ? "there is no noise in hidden layers" : "")],
  [["network.spread"], ({network}) => (network.initial === "normal" ? "" : "first weights are not normal")],
  [["optimizer.momentum"], ({optimizer}) => (optimizer.kind === "sgd" ? "" : "only SGD has it here")],
  [["data.points", "data.noise"], ({data}) => (data.kind === "drawn" ? "the points are drawn by hand" : "")],
];

/** Why a part of a setting has no effect; empty if it has. @param {Setting} setting @param {string} path */
export function idle(setting, path) {
  return IDLE.find(([paths]) => paths.includes(path))?.[1](setting) ?? "";
}

/** A setting as a part of an address: what differs from another. @param {Setting} setting @param {Setting} [base] */
export function toAddress(setting, base = DEFAULT) {
  const parts = new URLSearchParams();
  for (const path of Object.keys(ALLOWED)) if (get(setting, path) !== get(base, path)) parts.set(path, String(get(setting, path)));
  return parts.toString();
}

/**
 * Read a part of an address; what it cannot say stays as in the base and is told.
 * @param {string | Iterable<[string, string]>} address pairs of a path and a value, or these as they stand in an address
 * @param {Setting} [base]
 * @returns {{setting: Setting, problems: string[]}}
 */
export function fromAddress(address, base = DEFAULT) {
  let setting = base;
  /** @type {string[]} */
  const problems = [];
  for (const [path, text] of typeof address === "string" ? new URLSearchParams(address.replace(/^#/, "")) : address) {
    const allowed = Object.hasOwn(ALLOWED, path) ? ALLOWED[path] : undefined;
    /** @type {string | number | boolean} */
    let value = text;
    if (allowed && "yesOrNo" in allowed) value = text === "true" ? true : text === "false" ? false : text;
    else if (allowed && "from" in allowed) value = text.trim() === "" ? NaN : Number(text);
    const why = refusal(path, value);
    if (why) problems.push(why);
    else setting = change(setting, path, value);
  }
  return problems.length ? {setting, problems} : {setting, problems: refusals(setting)};
}

// @ts-check
/** The worked examples of the chapters and the starting points of the exercises, each with a question to answer by trying. */
import AS_WRITTEN from "./examples.json" with {type: "json"};
import {fromAddress} from "./settings.js";

/**
 * @typedef {import("./training.js").Setting} Setting
 * @typedef {Object} Example named as its section; `a` is its setting, `b` one to compare with
 * @property {string} name
 * @property {string} title
 * @property {string} page where in the book, and
 * @property {string} section of it, where the answer is
 * @property {Setting} a
 * @property {Setting} [b]
 * @property {string} question
 * @property {string[]} options
 * @property {string} measure of MEASURES, which answers the question, with
 * @property {{level: number, from: number, to: number}} measured
 * @property {number[]} bounds between the options, rising
 * @property {string} why
 * @property {string} then what to try next
 * @property {string[]} knobs paths of the settings that matter most
 */

/** @type {Example[]} */
export const EXAMPLES = AS_WRITTEN.map(({address, b, level = 0, from = 0, to = 0, ...example}) => {
  const a = fromAddress(address).setting;
  return {...example, a, b: b === undefined ? undefined : fromAddress(b, a).setting, measured: {level, from, to}};
});

export const FIRST = /** @type {Example} */ (EXAMPLES.find(({name}) => name === "dropout"));

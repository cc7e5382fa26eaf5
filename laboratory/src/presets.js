// @ts-check
/** The worked examples of the chapters and the starting points of the exercises, each with a question to answer by trying. */
import {DEFAULT} from "./settings.js";

/** @typedef {import("./training.js").Setting} Setting */
/** @typedef {{[Part in keyof Setting]?: Partial<Setting[Part]> | Setting[Part]}} Changes */

/** @param {Setting} base @param {Changes} changes @returns {Setting} */
function with_(base, changes) {
  const merged = /** @type {any} */ (structuredClone(base));
  for (const [name, value] of Object.entries(changes)) {
    merged[name] = typeof value === "object" ? {...merged[name], ...value} : value;
  }
  return merged;
}

const OVERFIT = DEFAULT;
const NORMALIZED = with_(DEFAULT, {
  data: {points: 1000, train: 0.5},
  network: {width: 50, initial: "he_uniform"},
  optimizer: {kind: "sgd", rate: 0.01, momentum: 0.9},
});

/** @type {{name: string, title: string, chapter: string, setting: Setting, question: string}[]} */
export const PRESETS = [
  {
    name: "baseline",
    chapter: "Batch normalization",
    title: "The baseline",
    setting: NORMALIZED,
    question: "After how many epochs does the test accuracy pass 0.8? Is it the same for another seed?",
  },
  {
    name: "after-relu",
    chapter: "Batch normalization",
    title: "Batch normalization after the activation",
    setting: with_(NORMALIZED, {normalization: {place: "after"}}),
    question: "Train accuracy is high at once, test accuracy waits. Which curve tells what the network has learned?",
  },
  {
    name: "after-relu-momentum-0.9",
    chapter: "Batch normalization",
    title: "The false lag: momentum 0.9",
    setting: with_(NORMALIZED, {normalization: {place: "after", momentum: 0.9}}),
    question: "Compare with momentum 0.99 from the same seed. What is different in training, and what in the test?",
  },
  {
    name: "before-relu",
    chapter: "Batch normalization",
    title: "Batch normalization before the activation",
    setting: with_(NORMALIZED, {normalization: {place: "before"}}),
    question: "Is it faster than the baseline here? Change the activation to tanh and look again.",
  },
  {
    name: "overfit",
    chapter: "Dropout",
    title: "A network that overfits",
    setting: OVERFIT,
    question: "When does the border begin to bend around single points? What does the test loss do from then on?",
  },
  {
    name: "dropout",
    chapter: "Dropout",
    title: "The same with dropout",
    setting: with_(OVERFIT, {dropout: {hidden: 0.4}}),
    question: "Does the border still bend around single points after 4,000 epochs? What happens to the test loss?",
  },
  {
    name: "no-noise",
    chapter: "Noise",
    title: "Without noise",
    setting: OVERFIT,
    question: "Where is the network sure of itself although no point is near?",
  },
  {
    name: "noise-input",
    chapter: "Noise",
    title: "Noise on the inputs",
    setting: with_(OVERFIT, {noise: {place: "input", sd: 0.01}}),
    question: "How much noise does it take until the border stops bending around single points?",
  },
  {
    name: "noise-before",
    chapter: "Noise",
    title: "Noise before the activation",
    setting: with_(OVERFIT, {noise: {place: "before", sd: 0.1}}),
    question: "Does the test accuracy fall again? And for data from another seed?",
  },
  {
    name: "noise-after",
    chapter: "Noise",
    title: "Noise after the activation",
    setting: with_(OVERFIT, {noise: {place: "after", sd: 0.1}}),
    question: "Does noise after ReLU stop overfitting, or does it come later?",
  },
];

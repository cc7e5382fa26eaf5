// @ts-check
/** The controls of the playground: one for each part of a setting, with its label, and why a value cannot be. */
import {ALLOWED, get, refusal} from "./settings.js";

/** @typedef {import("./training.js").Setting} Setting */

/** @typedef {[path: string, label: string, step?: string, high?: string]} Field `high` is where its slider ends; without, it has none */

/** @type {[string, Field[]][]} */
const GROUPS = [
  ["Batch normalization", [
    ["normalization.place", "Place"],
    ["normalization.momentum", "Momentum", "0.01", "1"],
    ["normalization.gamma", "Learn gamma"],
    ["normalization.beta", "Learn beta"],
  ]],
  ["Dropout and noise", [
    ["dropout.input", "Dropout rate on the inputs", "0.05", "0.9"],
    ["dropout.hidden", "Dropout rate after hidden layers", "0.05", "0.9"],
    ["noise.input", "Noise on the inputs (standard deviation)", "0.01", "0.5"],
    ["noise.hidden", "Noise in hidden layers (standard deviation)", "0.01", "0.5"],
    ["noise.place", "Place of the noise in hidden layers"],
  ]],
  ["Network", [
    ["network.layers", "Hidden layers", "1"],
    ["network.width", "Units in each", "1"],
    ["network.activation", "Activation"],
    ["network.initial", "First weights"],
    ["network.spread", "Their standard deviation, if normal", "0.01"],
    ["maxNorm", "Max-norm of hidden units (0: none)", "0.1"],
  ]],
  ["Training", [
    ["optimizer.kind", "Optimizer"],
    ["optimizer.rate", "Learning rate"],
    ["optimizer.momentum", "Momentum of SGD", "0.05"],
    ["batch", "Batch size", "1"],
    ["epochs", "Epochs", "100"],
    ["seed", "Seed of weights, batches, masks and noise", "1"],
    ["seeds", "Runs at once, each from another seed", "1"],
  ]],
  ["Data", [
    ["data.kind", "Problem"],
    ["data.points", "Points", "10"],
    ["data.noise", "Noise in the points (standard deviation)", "0.01", "0.5"],
    ["data.train", "Share to train on"],
    ["data.seed", "Seed of the points", "1"],
    ["data.redraw", "New points for each run"],
    ["data.units", "Units of the inputs"],
  ]],
];

/** @type {Record<string, string>} */
const WORDS = {
  none: "none", input: "on the inputs", before: "before activation", after: "after activation",
  relu: "ReLU", tanh: "tanh", sigmoid: "sigmoid", sgd: "SGD", adam: "Adam", rmsprop: "RMSprop",
  glorot_uniform: "Glorot uniform", he_uniform: "He uniform", normal: "normal",
  circles: "two rings", moons: "two moons", xor: "four quadrants (XOR)", spirals: "two spirals", target: "target",
  plain: "as drawn", large: "× 1,000 + 5,000", tiny: "÷ 1,000",
};

/**
 * An element with attributes and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/**
 * Controls for a setting.
 * @param {string} prefix of ids, since a page may have several playgrounds
 * @param {(path: string, value: string | number | boolean) => string} changed is called with a value that is possible by
 *   itself; says why it cannot be all the same, or nothing
 * @param {string[]} [only] the paths to show; all if missing
 */
export function makeControls(prefix, changed, only) {
  /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
  const inputs = new Map();
  const rows = (/** @type {Field[]} */ fields) =>
    fields.filter(([path]) => !only || only.includes(path)).map((field) => row(prefix, field, inputs, changed));
  const groups = only
    ? rows(GROUPS.flatMap(([, fields]) => fields))
    : GROUPS.map(([title, fields]) => element("fieldset", {}, element("legend", {}, title), ...rows(fields)));
  const form = element("form", {class: "playground-controls", autocomplete: "off"}, ...groups);
  form.addEventListener("submit", (event) => event.preventDefault());
  return {
    form,
    /** Show a setting. @param {Setting} setting */
    show(setting) {
      for (const [path, input] of inputs) {
        const value = get(setting, path);
        if (input instanceof HTMLInputElement && input.type === "checkbox") input.checked = value;
        else input.value = String(value);
        input.dispatchEvent(new Event("input")); // its slider follows
        tell(input, "");
      }
    },
  };
}

/**
 * @param {string} prefix
 * @param {Field} field
 * @param {Map<string, HTMLInputElement | HTMLSelectElement>} inputs
 * @param {(path: string, value: string | number | boolean) => string} changed
 */
function row(prefix, [path, label, step = "any", high], inputs, changed) {
  const allowed = ALLOWED[path];
  const id = `${prefix}-${path.replace(".", "-")}`;
  const common = {id, "aria-describedby": `${id}-why`};
  const input =
    "words" in allowed
      ? element("select", common, ...allowed.words.map((word) => element("option", {value: word}, WORDS[word] ?? word)))
      : "yesOrNo" in allowed
        ? element("input", {...common, type: "checkbox"})
        : element("input", {...common, type: "number", min: String(allowed.from), max: String(allowed.to), step, inputmode: "decimal"});
  input.addEventListener("change", () => {
    const value =
      input instanceof HTMLInputElement ? (input.type === "checkbox" ? input.checked : input.valueAsNumber) : input.value;
    tell(input, refusal(path, value, label) || changed(path, value));
  });
  inputs.set(path, input);
  return element(
    "div",
    {class: "playground-field"},
    element("label", {for: id}, label),
    input,
    ...(high ? [slider(input, label, step, high)] : []),
    element("span", {id: `${id}-why`, class: "playground-why", role: "status"}),
  );
}

/**
 * A slider that goes with a number, from 0 to where it is of use; the number may go further.
 * @param {HTMLInputElement | HTMLSelectElement} input
 * @param {string} label
 * @param {string} step
 * @param {string} max
 */
function slider(input, label, step, max) {
  const made = element("input", {type: "range", min: "0", max, step, "aria-label": `${label}, slider`});
  made.addEventListener("input", () => (input.value = made.value));
  made.addEventListener("change", () => input.dispatchEvent(new Event("change")));
  input.addEventListener("input", () => (made.value = input.value));
  return made;
}

/** Say beside a control why its value cannot be. @param {HTMLInputElement | HTMLSelectElement} input @param {string} why */
function tell(input, why) {
  input.setAttribute("aria-invalid", String(why !== ""));
  const place = /** @type {HTMLElement} */ (input.parentElement?.lastElementChild);
  place.textContent = why;
}

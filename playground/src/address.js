// @ts-check
/** What stands in the page's address: the example, what was changed of it, the setting compared with, and pinned runs. */
import {EXAMPLES, FIRST} from "./examples.js";
import {ALLOWED, change, DEFAULT, fromAddress, get, SHARED, toAddress} from "./settings.js";

/**
 * @typedef {import("./training.js").Setting} Setting
 * @typedef {{name: string, setting: Setting, epochs: number}} Pin a run that was kept under a name after so many epochs
 * @typedef {{example?: import("./examples.js").Example, a: Setting, b?: Setting, pins: Pin[]}} State
 */

/** Whether the part of an address after # is one that the playground writes or understands, not a place on the page. @param {string} hash */
export function asks(hash) {
  return /^#try-|=/.test(hash);
}

/** @param {State} state */
export function write({example, a, b, pins}) {
  const parts = new URLSearchParams();
  if (example) parts.set("example", example.name);
  add(parts, "", a, example?.a ?? DEFAULT);
  const own = example?.b && withChanges(a, example.a, example.b);
  if (!b && own) parts.set("compare", "no");
  else if (b && !(own && same(b, own))) {
    const before = [...parts].length;
    add(parts, "b.", b, a);
    if ([...parts].length === before) parts.set("compare", "yes");
  }
  for (const {name, setting, epochs} of pins) {
    const pin = new URLSearchParams(toAddress(setting));
    pin.set("name", name);
    pin.set("after", String(epochs));
    parts.append("pin", pin.toString());
  }
  return parts.toString();
}

/** @param {URLSearchParams} parts @param {string} prefix @param {Setting} setting @param {Setting} base */
function add(parts, prefix, setting, base) {
  for (const [path, value] of new URLSearchParams(toAddress(setting, base))) parts.set(prefix + path, value);
}

/** @param {Setting} one @param {Setting} other */
function same(one, other) {
  return toAddress(one, other) === "";
}

/** A setting with all that differs between two others. @param {Setting} setting @param {Setting} from @param {Setting} to */
export function withChanges(setting, from, to) {
  return Object.keys(ALLOWED).filter((path) => get(from, path) !== get(to, path)).reduce((made, path) => change(made, path, get(to, path)), setting);
}

/**
 * Read an address; what it cannot say is told and left as it is in the example, or by default.
 * @param {string} address with or without #; empty for the first example
 * @returns {State & {problems: string[]}}
 */
export function read(address) {
  const text = address.replace(/^#/, "");
  const parts = [...new URLSearchParams(text.startsWith("try-") ? `example=${text.slice(4)}` : text)];
  if (!parts.length) return {example: FIRST, a: FIRST.a, b: FIRST.b, pins: [], problems: []};
  /** @type {string[]} */
  const problems = [];
  const name = parts.find(([path]) => path === "example")?.[1];
  const example = EXAMPLES.find((one) => one.name === name);
  if (name !== undefined && !example) problems.push(`There is no example ${name}.`);
  const of = (/** @type {string} */ prefix) => parts.filter(([path]) => path.startsWith(prefix)).map(([path, value]) => /** @type {[string, string]} */ ([path.slice(prefix.length), value]));
  const own = parts.filter(([path]) => !["example", "compare", "pin"].includes(path) && !path.startsWith("b."));
  const a = fromAddress(own, example?.a);
  problems.push(...a.problems);
  const compare = parts.find(([path]) => path === "compare")?.[1], other = of("b.");
  if (compare !== undefined && !["yes", "no"].includes(compare)) problems.push(`compare is yes or no, not ${compare}.`);
  /** @type {Setting | undefined} */
  let b = compare === "no" || !example?.b ? undefined : withChanges(a.setting, example.a, example.b);
  if (other.length || compare === "yes") {
    for (const [path] of other) if (SHARED.includes(path)) problems.push(`${path} is the same for both settings.`);
    const found = fromAddress(other.filter(([path]) => !SHARED.includes(path)), a.setting);
    problems.push(...found.problems.map((why) => `Of the second setting: ${why}`));
    b = found.setting;
  }
  const pins = of("pin").map(([, value]) => {
    const pin = new URLSearchParams(value), called = pin.get("name") ?? "", epochs = Number(pin.get("after"));
    for (const path of ["name", "after"]) pin.delete(path);
    const found = fromAddress(pin);
    problems.push(...found.problems.map((why) => `Of the pinned run ${called}: ${why}`));
    if (!(Number.isInteger(epochs) && epochs > 0 && epochs <= 20_000)) problems.push(`Of the pinned run ${called}: it is kept after 1 to 20000 epochs, not ${epochs}.`);
    return {name: called, setting: found.setting, epochs};
  }).filter(({epochs}) => epochs > 0 && epochs <= 20_000);
  return {example, a: a.setting, b, pins, problems};
}

// @ts-check
/** Making parts of a page. */

const NS = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | boolean | ((event: any) => void)>} Attributes a function listens to the event of its name */

/** @param {Element} made @param {Attributes} attributes @param {(Node | string)[]} children */
function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
}

/**
 * An element with attributes and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  fill(made, attributes, children);
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(NS, tag);
  fill(made, attributes, children);
  return made;
}

/** @param {string} words @param {() => void} action @param {Attributes} [attributes] */
export function button(words, action, attributes = {}) {
  return element("button", {type: "button", click: action, ...attributes}, words);
}

/** @param {HTMLCanvasElement} canvas */
export function brush(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** Draw once when seen first and whenever the theme changes. @param {() => void} draw */
export function whenThemeChanges(draw) {
  new MutationObserver(draw).observe(document.documentElement, {attributes: true, attributeFilter: ["data-theme"]});
}

/** @param {number} value */
export function format(value) {
  if (!Number.isFinite(value)) return "not a number";
  const words = Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.0+$|(\.\d*?)0+$/, "$1");
  return words.replace(/^-/, "−");
}

/** With its sign, also if it is a plus. @param {number} value @param {number} [digits] */
export function signed(value, digits = 3) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}

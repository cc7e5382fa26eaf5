// @ts-check
/** The knobs: one for each part of a setting, with its label, what it was, and why a value cannot be or has no effect. */
import {button, element} from "./dom.js";
import {ALLOWED, get, idle, refusal} from "./settings.js";
import {FIELDS, GROUPS, valueInWords} from "./words.js";

/** @typedef {import("./training.js").Setting} Setting @typedef {import("./words.js").Field} Field */
/** @typedef {HTMLInputElement | HTMLSelectElement} Input */

/**
 * Controls for a setting: those named first, all others in a fold.
 * @param {string} prefix of ids, since a page may have several playgrounds
 * @param {(path: string, value: string | number | boolean) => string} changed is called with a value that is possible by
 *   itself; says why it cannot be all the same, or nothing
 * @param {boolean} whole whether there is the fold with all others
 */
export function makeControls(prefix, changed, whole) {
  const knobs = new Map(FIELDS.map((field) => [field.path, new Knob(prefix, field, changed)]));
  const few = element("div", {class: "playground-few"});
  const groups = GROUPS.map(([title, fields]) => ({fields, place: element("fieldset", {}, element("legend", {}, title))}));
  const rest = element("details", {class: "playground-all"}, element("summary", {}, "All settings"), element("div", {class: "playground-groups"}, ...groups.map(({place}) => place)));
  const form = element("form", {class: "playground-controls", autocomplete: "off", submit: (event) => event.preventDefault()}, few, ...(whole ? [rest] : []));
  let seen = "";
  return {
    form,
    /**
     * Show a setting.
     * @param {Setting} setting
     * @param {Setting} base what changes are marked against
     * @param {string} baseName what the base is called
     * @param {string[]} first paths of the knobs that stand above the fold
     */
    show(setting, base, baseName, first) {
      if (seen !== first.join()) {
        seen = first.join();
        const row = (/** @type {string} */ path) => /** @type {Knob} */ (knobs.get(path)).row;
        few.replaceChildren(...first.map(row));
        for (const {fields, place} of groups) {
          const others = fields.filter(({path}) => !first.includes(path)).map(({path}) => row(path));
          place.replaceChildren(place.children[0], ...others);
          place.toggleAttribute("hidden", !others.length);
        }
      }
      for (const knob of knobs.values()) knob.show(setting, base, baseName);
    },
  };
}

class Knob {
  /** @param {string} prefix @param {Field} field @param {(path: string, value: string | number | boolean) => string} changed */
  constructor(prefix, {path, label, step = "any", high}, changed) {
    this.path = path;
    const allowed = ALLOWED[path], id = `${prefix}-${path.replace(".", "-")}`, common = {id, "aria-describedby": `${id}-why`};
    /** @type {Input} */
    this.input =
      "words" in allowed
        ? element("select", common, ...allowed.words.map((word) => element("option", {value: word}, valueInWords(path, word))))
        : "from" in allowed
          ? element("input", {...common, type: "number", min: allowed.from, max: allowed.to, step, inputmode: "decimal"})
          : element("input", {...common, type: "checkbox"});
    this.slider = high ? element("input", {type: "range", min: "0", max: high, step, "aria-label": `${label}, slider`}) : undefined;
    this.why = element("span", {id: `${id}-why`, class: "playground-why", role: "status"});
    this.undo = button("", () => this.take(get(this.base, path)), {class: "playground-undo", hidden: true});
    this.row = element("div", {class: "playground-field"}, element("label", {for: id}, label), this.input, ...(this.slider ? [this.slider] : []), this.undo, this.why);
    this.label = label;
    this.changed = changed;
    /** @type {Setting | undefined} */
    this.base = undefined;
    this.input.addEventListener("change", () => this.take(this.value()));
    const {slider, input} = this;
    slider?.addEventListener("input", () => (input.value = slider.value));
    slider?.addEventListener("change", () => this.take(slider.valueAsNumber));
    input.addEventListener("input", () => slider && (slider.value = input.value));
  }

  value() {
    const {input} = this;
    return input instanceof HTMLInputElement ? (input.type === "checkbox" ? input.checked : input.valueAsNumber) : input.value;
  }

  /** Take a value, or say why not. @param {string | number | boolean} value */
  take(value) {
    this.tell(refusal(this.path, value, this.label) || this.changed(this.path, value));
  }

  /** @param {Setting} setting @param {Setting} base @param {string} baseName */
  show(setting, base, baseName) {
    const {input, path} = this, value = get(setting, path), before = get(base, path), none = idle(setting, path);
    this.base = base;
    if (input instanceof HTMLInputElement && input.type === "checkbox") input.checked = value;
    else input.value = String(value);
    if (this.slider) this.slider.value = String(value);
    for (const one of [input, this.slider]) one?.toggleAttribute("disabled", none !== "");
    const changed = value !== before, hadFocus = document.activeElement === this.undo;
    this.row.classList.toggle("playground-changed", changed);
    this.undo.toggleAttribute("hidden", !changed);
    this.undo.textContent = `${baseName}: ${valueInWords(path, before)}`;
    this.undo.setAttribute("aria-label", `${this.label}: back to ${valueInWords(path, before)}`);
    if (hadFocus && !changed) input.focus();
    this.tell("");
    if (none) this.why.textContent = `No effect: ${none}.`;
    this.why.classList.toggle("playground-none", none !== "");
  }

  /** Say beside a control why its value cannot be. @param {string} why */
  tell(why) {
    this.input.setAttribute("aria-invalid", String(why !== ""));
    this.why.textContent = why;
    this.why.classList.remove("playground-none");
  }
}

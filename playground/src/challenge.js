// @ts-check
/** An example's question: a prediction first, then the result, then why. No answer is in the page before the runs have given it. */
import {button, element} from "./dom.js";
import {EXAMPLES} from "./examples.js";
import {MEASURES, option} from "./measures.js";

/** @typedef {import("./examples.js").Example} Example */

/** Where in the book a section is. @param {Example} example @param {string} pages the way to the book's first page */
export function placeOf({page, section}, pages) {
  // As docutils makes an identifier of a title.
  const place = section.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `${pages}${page}.html#${place}`;
}

export class Challenge {
  /** The option that the reader chose. @type {number | undefined} */
  chosen = undefined;
  /** @type {import("./measures.js").Measured | undefined} */
  measured = undefined;
  /** Of which settings the last measurement is, as in an address. */
  key = "";

  /**
   * @param {string} pages the way to the book's first page
   * @param {boolean} whole whether it leads on to other examples
   * @param {{predict: () => void, sketch: () => void, back: () => void, next: (example: Example) => void}} actions
   */
  constructor(pages, whole, actions) {
    this.pages = pages;
    this.whole = whole;
    this.actions = actions;
    /** @type {Example | undefined} */
    this.example = undefined;
    this.asked = element("p", {class: "playground-asked"});
    this.options = element("div", {class: "playground-options", role: "group", "aria-label": "Your prediction"});
    this.result = element("div", {class: "playground-result", role: "status"});
    /** What came of a change, once the question is answered. */
    this.now = element("p", {class: "playground-again", role: "status"});
    this.more = element("div", {class: "playground-more"});
    // No landmark: a chapter has several.
    this.box = element("div", {class: "playground-question", role: "group", "aria-label": "Question"}, this.asked, this.options, this.result, this.now, this.more);
  }

  /** Ask an example's question. @param {Example | undefined} example */
  ask(example) {
    this.example = example;
    this.chosen = this.measured = undefined;
    this.asked.textContent = example ? example.question : "What do you expect to see? Say it before you train.";
    this.options.replaceChildren(
      ...(example?.options ?? []).map((words, index) => button(words, () => this.choose(index), {"aria-pressed": "false"})),
      ...(example ? [button("or sketch the test curve", () => this.actions.sketch(), {class: "playground-plain"})] : []),
    );
    this.options.toggleAttribute("hidden", !example);
    for (const part of [this.result, this.now, this.more]) part.replaceChildren();
  }

  /** @param {number} index */
  choose(index) {
    if (this.measured) return;
    this.chosen = index;
    [...this.options.children].forEach((one, place) => one.setAttribute("aria-pressed", String(place === index)));
    this.actions.predict();
  }

  /** Say that the question is about other settings than the present ones, or that it is about these. @param {boolean} changed @param {string} key of the present ones */
  changed(changed, key) {
    if (key !== this.key) this.now.replaceChildren();
    this.key = key;
    if (!this.example || this.measured) return;
    this.options.toggleAttribute("hidden", changed);
    this.more.replaceChildren(...(changed ? ["The question is about the example as it was. ", button("Back to it", () => this.actions.back())] : []));
  }

  /** The runs have ended: lay the prediction beside the result. @param {import("./measures.js").Runs} runs @param {string} sketched what is to be said of a sketch */
  answer(runs, sketched) {
    const {example, chosen} = this;
    if (!example || this.measured) return;
    const measured = (this.measured = MEASURES[example.measure](runs, example.measured)), right = option(measured.value, example.bounds);
    [...this.options.querySelectorAll("button")].forEach((one, index) => {
      if (index >= example.options.length) return one.remove();
      one.toggleAttribute("disabled", true);
      one.classList.toggle("playground-right", index === right);
      one.classList.toggle("playground-wrong", index === chosen && index !== right);
      if (index === right) one.append(" ✓");
      else if (index === chosen) one.append(" ✗");
    });
    const verdict = chosen === undefined ? "" : chosen === right ? "As you said. " : `You said “${example.options[chosen]}”. `;
    this.result.replaceChildren(element("strong", {}, verdict), `${measured.words} ${sketched}`);
    const where = element("a", {href: placeOf(example, this.pages)}, "Where the book has it");
    const why = element("details", {}, element("summary", {}, "Why?"), element("p", {}, `${example.why} `, where), element("p", {}, element("strong", {}, "Then: "), example.then));
    const next = EXAMPLES[(EXAMPLES.findIndex(({name}) => name === example.name) + 1) % EXAMPLES.length];
    this.more.replaceChildren(why, ...(this.whole ? [button(`Next question: ${next.title.replace(/^Exercise: /, "")}`, () => this.actions.next(next))] : []));
  }
  /** Measure the same once more, after a change. @param {import("./measures.js").Runs} runs */
  again(runs) {
    const {example} = this;
    if (!example || (example.b && !runs.b.length)) return;
    this.now.replaceChildren(element("strong", {}, "As it is set now: "), MEASURES[example.measure](runs, example.measured).words);
  }
}

// @ts-check
/** Runs that are kept: those that finished or were paused, until newer ones push them out, and pinned ones under a name. */
import {brush, button, element} from "./dom.js";
import {colours, grid, reachOf} from "./region.js";
import {inWords} from "./words.js";

/** @typedef {import("./training.js").Training} Training @typedef {import("./training.js").Setting} Setting */
/**
 * @typedef {Object} Kept
 * @property {number} number its mark in the charts
 * @property {string} key of its run
 * @property {string} name
 * @property {boolean} pinned
 * @property {Setting} setting
 * @property {number} epochs
 * @property {Training[]} runs of the setting's seeds, the first first; none while the page still trains it again
 * @property {{x: number[], y: number[], loss: number[]}} curve of the test points
 * @property {HTMLCanvasElement} picture
 */

/** Kept without being pinned, at most. */
const MOST = 4;
const SIDE = 32;

export class Shelf {
  /** @type {Kept[]} */
  kept = [];
  made = 0;

  /** @param {{use: (kept: Kept, side: "a" | "b") => void, changed: () => void, draw: (work: Generator<undefined, void>) => void}} actions */
  constructor(actions) {
    this.actions = actions;
    this.list = element("ul", {class: "playground-shelf"});
    this.box = element("section", {"aria-label": "Kept runs", hidden: true}, element("p", {class: "playground-title"}, "Kept runs"), this.list);
    /** What names are made against. @type {Setting | undefined} */
    this.base = undefined;
  }

  /** Keep a run, unless it is there already. @param {Training[]} runs the first first @param {string} key @param {boolean} [pinned] @param {string} [name] */
  keep(runs, key, pinned = false, name = "") {
    const [run] = runs;
    let kept = this.kept.find((one) => one.key === key);
    if (kept) {
      kept.pinned ||= pinned;
      if (kept.epochs === run.epochs) return this.show();
    } else {
      kept = this.add(key, run.setting, pinned, name);
    }
    this.fill(kept, runs);
    this.show();
  }

  /** @param {string} key @param {Setting} setting @param {boolean} pinned @param {string} name @returns {Kept} */
  add(key, setting, pinned, name) {
    const picture = element("canvas", {width: SIDE, height: SIDE, role: "img", "aria-label": "its region is not drawn yet"});
    const kept = {number: (this.made += 1), key, name, pinned, setting, epochs: 0, runs: [], curve: {x: [], y: [], loss: []}, picture};
    this.kept.push(kept);
    const loose = this.kept.filter((one) => !one.pinned);
    if (loose.length > MOST) this.kept.splice(this.kept.indexOf(loose[0]), 1);
    return kept;
  }

  /** @param {Kept} kept @param {Training[]} runs */
  fill(kept, runs) {
    const {history, epochs} = runs[0];
    Object.assign(kept, {runs, epochs, curve: {x: [...history.epochs], y: [...history.test.accuracy], loss: [...history.test.loss]}});
    this.actions.draw(draw(kept, runs[0]));
  }

  /** @param {Kept} kept */
  remove(kept) {
    this.kept = this.kept.filter((one) => one !== kept);
    this.show();
    this.actions.changed();
  }

  show() {
    this.box.toggleAttribute("hidden", !this.kept.length);
    this.list.replaceChildren(...this.kept.map((kept) => this.item(kept)));
  }

  /** @param {Kept} kept */
  item(kept) {
    const {number, setting, epochs, runs, curve, picture, pinned} = kept, words = this.base ? inWords(this.base, setting) : "";
    const score = curve.y.length ? `${runs.length > 1 ? `seed ${setting.seed}: ` : ""}test accuracy ${curve.y[curve.y.length - 1].toFixed(3)} after ${epochs.toLocaleString("en")} epochs` : `trains again, ${epochs.toLocaleString("en")} epochs`;
    const named = element("input", {
      type: "text", value: kept.name, placeholder: "name it", maxlength: 40, "aria-label": `Name of run ${number}`,
      change: ({target}) => {
        kept.name = target.value;
        kept.pinned = true;
        this.show();
        this.actions.changed();
      },
    });
    const pin = button(pinned ? "Unpin" : "Pin", () => {
      kept.pinned = !kept.pinned;
      this.show();
      this.actions.changed();
      /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-run="${number}"] button`))?.focus();
    });
    return element(
      "li",
      {"data-run": number, class: pinned ? "playground-pinned" : ""},
      picture,
      element("div", {}, element("strong", {}, `${number} `), named, element("span", {class: "playground-words"}, words), element("span", {class: "playground-words"}, score)),
      element("div", {class: "playground-bar"}, pin,
        button("As A", () => this.actions.use(kept, "a"), {"aria-label": `Run ${number} as A`}),
        button("As B", () => this.actions.use(kept, "b"), {"aria-label": `Run ${number} as B`}),
        button("Remove", () => this.remove(kept), {"aria-label": `Remove run ${number}`})),
    );
  }

  /** What stands in the address. */
  pins() {
    return this.kept.filter(({pinned}) => pinned).map(({name, setting, epochs}) => ({name, setting, epochs}));
  }

  /** Test curves of kept runs, with their marks. @param {"accuracy" | "loss"} what @returns {import("./chart.js").Line[]} */
  lines(what) {
    return this.kept.filter(({curve}) => curve.x.length).map(({number, name, curve}) => ({
      x: curve.x, y: what === "accuracy" ? curve.y : curve.loss, name: `${number}${name ? ` ${name}` : ""}`, colour: "quiet", width: 1.25, mark: String(number),
    }));
  }
}

/** @param {Kept} kept @param {Training} run @returns {Generator<undefined, void>} */
function* draw({picture}, run) {
  const asking = run.probabilities(grid(reachOf(run.setting.data), SIDE));
  let answer = asking.next();
  for (; !answer.done; answer = asking.next()) yield undefined;
  const image = new ImageData(SIDE, SIDE);
  colours(image, answer.value);
  brush(picture).putImageData(image, 0, 0);
  picture.setAttribute("aria-label", `its decision region after ${run.epochs} epochs`);
}

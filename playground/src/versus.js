// @ts-check
/** Two networks on a page of the book, from one seed: a slider turns one knob, for B alone. The page has their places already. */
import {read, write} from "./address.js";
import {SEEDS} from "./compare.js";
import {element, signed} from "./dom.js";
import {Loop} from "./loop.js";
import {RegionView} from "./region.js";
import {change} from "./settings.js";
import {Training} from "./training.js";

/** @typedef {import("./training.js").Setting} Setting */

/** Of the time for pictures of regions, at most. */
const SHARE = 1 / 3;
/** Milliseconds of a slice. Shorter than elsewhere, since nobody asked for what begins here by itself: a slow phone reads on. */
const SLICE = 8;

/** @param {Element} root @param {string} selector @returns {any} */
const part = (root, selector) => root.querySelector(selector);

class Side {
  view = new RegionView();

  /** @param {Element} root @param {Setting} setting */
  constructor(root, setting) {
    this.still = part(root, "img");
    this.score = part(root, ".versus-score");
    this.run = new Training(setting, setting.seed);
    this.view.canvas.classList.add("versus-picture");
  }

  /** Begin with a setting, from the same first weights. @param {Setting} setting */
  begin(setting) {
    this.run = new Training(setting, setting.seed);
    this.view.forget();
  }

  /** @returns {{accuracy: number, loss: number} | undefined} */
  last() {
    const {accuracy, loss} = this.run.history.test;
    return accuracy.length ? {accuracy: accuracy[accuracy.length - 1], loss: loss[loss.length - 1]} : undefined;
  }
}

export class Versus {
  playing = false;

  /** @param {HTMLElement} root */
  constructor(root) {
    const {address = "", knob = "", pages = ""} = root.dataset, {a, b, problems} = read(address);
    if (problems.length || !b) throw new Error(problems.join(" ") || `${address} sets nothing to compare with`);
    this.root = root;
    this.knob = knob;
    this.pages = pages;
    this.slider = part(root, "input");
    this.button = part(root, "button");
    this.value = part(root, "output");
    this.now = part(root, ".versus-now");
    this.said = part(root, "[role=status]");
    this.link = part(root, ".versus-link");
    this.a = new Side(part(root, ".versus-a"), a);
    this.b = new Side(part(root, ".versus-b"), this.turned(b));
    this.loop = new Loop({
      alive: () => root.isConnected,
      work: () => this.work(),
      picture: (settled) => this.picture(settled),
      settled: () => this.settled(),
      slice: SLICE,
      views: [{state: () => `${this.playing} ${this.sides().map(({run}) => run.history.epochs.length)}`, draw: () => this.write()}],
    });
    this.slider.addEventListener("input", () => this.turn());
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.train()));
    this.tell();
    this.train();
  }

  /** A setting with the slider's value. @param {Setting} setting */
  turned(setting) {
    return change(setting, this.knob, Number(this.slider.value));
  }

  sides() {
    return [this.a, this.b];
  }

  done() {
    return this.sides().every(({run}) => run.epochs >= run.setting.epochs);
  }

  /** Take the slider's value for B, which begins anew and catches up with A. */
  turn() {
    this.b.begin(this.turned(this.b.run.setting));
    this.tell();
    this.train();
  }

  /** Say what B is, and lead to both settings in the playground. */
  tell() {
    const [a, b] = this.sides().map(({run}) => ({...run.setting, seeds: SEEDS}));
    this.value.textContent = this.slider.value;
    this.link.href = `${this.pages}pages/playground.html#${write({a, b, pins: []})}`;
  }

  train() {
    if (this.done()) for (const side of this.sides()) side.begin(side.run.setting);
    this.playing = true;
    this.said.textContent = "";
    this.loop.start();
  }

  pause() {
    this.playing = false;
    this.loop.start();
  }

  /** A piece of training, of the one that is behind. */
  work() {
    const [last] = this.sides().map(({run}) => run).filter((run) => this.playing && run.epochs < run.setting.epochs).sort((one, other) => one.epochs - other.epochs);
    last?.advance();
    return Boolean(last);
  }

  /** A piece of a picture, in which nobody trains. @param {boolean} settled */
  picture(settled) {
    const now = performance.now();
    for (const {view, run, still} of this.sides()) {
      if (!view.asking && !((settled || now >= view.due) && view.stale(run, "inference"))) continue;
      view.ask(run, "inference", SHARE);
      // What was trained beforehand is seen until there is something else to see.
      if (view.shown.run && still.isConnected) still.replaceWith(view.canvas);
      return true;
    }
    return false;
  }

  /** Both have come to their end: say what came of it. */
  settled() {
    if (!this.playing || !this.done()) return false;
    this.playing = false;
    const [a, b] = this.sides().map((side) => side.last());
    if (a && b) this.said.textContent = `B against A: accuracy ${signed(b.accuracy - a.accuracy, 2)}, loss ${signed(b.loss - a.loss, 2)}. Is it luck?`;
    return true;
  }

  write() {
    for (const side of this.sides()) {
      const last = side.last();
      const words = last ? [`test accuracy ${last.accuracy.toFixed(2)}`, `test loss ${last.loss.toFixed(2)}`] : ["not trained yet"];
      side.score.replaceChildren(...words.map((line) => element("span", {}, line)));
    }
    const {epochs, setting} = this.b.run;
    this.now.textContent = this.done() ? "" : `epoch ${epochs.toLocaleString("en")} of ${setting.epochs.toLocaleString("en")}`;
    this.button.textContent = this.playing ? "Pause" : this.done() ? "Train again" : "Train";
  }
}

// @ts-check
/** The laboratory: what a reader sets, starts and sees. */
import * as tf from "@tensorflow/tfjs-core";
import {element, makeControls} from "./controls.js";
import {rowsInPiece, tooMuch} from "./cost.js";
import {trainingPoints} from "./data.js";
import {logits} from "./network.js";
import {PRESETS} from "./presets.js";
import RECORDED from "./recorded.json" with {type: "json"};
import {change, fromAddress, toAddress, toKeras} from "./settings.js";
import {Training} from "./training.js";
import {Chart, MaskView, RegionView} from "./views.js";

/**
 * @typedef {import("./training.js").Setting} Setting
 * @typedef {import("./views.js").Curve} Curve
 * @typedef {{epochs: number[], accuracy: number[], loss: number[]}} Recorded means over Keras' runs, of the test points
 */

const SLICE = 20; // milliseconds of training between two pictures
const PLACES = 150; // on a curve, which is no wider on a screen
const LAST = 20_000; // epochs, after which training ends
const SETS = /** @type {const} */ (["train", "test", "reported"]);
const SPEEDS = {fast: "as fast as it goes", 10: "10 epochs a second", 1: "1 epoch a second"};

let made = 0;
/** Only one laboratory of a page trains at a time. @type {Laboratory | undefined} */
let active;

/**
 * Build a laboratory.
 * @param {HTMLElement} root an empty element
 * @param {{address?: string, small?: boolean, knobs?: string[], pages?: string, follow?: boolean}} [options] `address` is a
 *   setting, as in the part of an address after #; `small` shows the region and accuracy and `knobs`, paths of settings, only;
 *   `pages` is the way to the book's first page; with `follow` the address bar holds the setting
 */
export function open(root, options = {}) {
  const {setting, problems, name} = read(options.address ?? "");
  const laboratory = new Laboratory(root, options);
  const heavy = laboratory.tooMuch(setting);
  laboratory.set(heavy ? PRESETS[0].setting : setting, name);
  if (heavy || problems.length) laboratory.say(`This address asks for what cannot be. ${[...problems, heavy].join(" ")}`);
  return laboratory;
}

const NAMES = ["training", "test", "training, as Keras reports it"];
const REFERENCE = "test, recorded with Keras (mean of 10 runs)";

/** Read a setting, or the name of an example behind "try-". @param {string} address */
function read(address) {
  const asked = address.replace(/^#/, "");
  if (!asked.startsWith("try-")) return {...fromAddress(asked), name: new URLSearchParams(asked).get("example") ?? undefined};
  const preset = PRESETS.find(({name}) => name === asked.slice(4));
  if (preset) return {setting: preset.setting, problems: [], name: preset.name};
  return {...fromAddress(""), problems: [`There is no example ${asked.slice(4)}.`], name: undefined};
}

class Laboratory {
  backend = /** @type {"wasm" | "cpu"} */ (tf.getBackend());
  setting = PRESETS[0].setting;
  /** @type {typeof PRESETS[0] | undefined} */
  preset = undefined;
  /** @type {Training[]} */
  runs = [];
  turn = 0; // which run is next
  middle = false; // whether it is within an epoch
  playing = false;
  end = 0; // the epoch at which training pauses
  began = {time: 0, epoch: 0}; // when training began or went on, for its pace
  /** @type {Generator<undefined, Float32Array> | undefined} */
  asking = undefined; // the next picture of the region, which takes several slices
  slices = 0;
  piece = 0; // milliseconds that a piece of work takes at most
  longest = 0; // milliseconds that the page could not answer while training
  seen = {hidden: empty(), output: empty(), batch: empty(), moving: empty()};

  region = new RegionView(this.backend === "wasm" ? 60 : 30); // without WebAssembly each place takes ten times as long
  accuracy = new Chart("Accuracy", "The share of points on their side of the border, in inference mode; and as Keras reports it of an epoch, in training mode. Of several runs: the mean, and from the lowest to the highest.", NAMES, {low: 0.4, high: 1, reference: REFERENCE});
  loss = new Chart("Loss", "Cross-entropy, which counts how sure the network is where it is wrong.", NAMES, {low: 0, reference: REFERENCE});
  norms = new Chart("Norms of weights", "The root of the summed squares of a layer's weights.", ["first hidden layer", "output layer"], {low: 0});
  inputs = new Chart("What the first activation receives", "How often which value occurs, for the training points, all units together.", ["share"], {low: 0, xlabel: "value"});
  statistics = new Chart("Batch statistics, moving statistics", "Mean of the first unit that batch normalization sees: in the last batch, which training uses, and the moving average, which inference uses.", ["last batch", "moving average"]);
  mask = new MaskView();

  play = this.button("Train", () => this.toggle());
  status = element("p", {role: "status", class: "laboratory-status"});
  question = element("p", {class: "laboratory-question"});
  code = element("code", {});
  link = element("a", {});
  speed = element("select", {}, ...Object.entries(SPEEDS).reverse().map(([value, words]) => element("option", {value}, words)));
  presets = element("select", {}, element("option", {value: ""}, "a setting of your own"));

  /** @param {HTMLElement} root @param {Parameters<typeof open>[1] & {}} options */
  constructor(root, {small = false, knobs = [], pages = "", follow = false}) {
    this.root = root;
    this.small = small;
    this.pages = pages;
    this.follow = follow;
    this.prefix = `laboratory-${(made += 1)}`;
    this.controls = makeControls(this.prefix, (path, value) => this.try(path, value), small ? knobs : undefined);
    this.parts();
  }

  /** Put everything into place. */
  parts() {
    const labelled = (/** @type {string} */ words, /** @type {HTMLElement} */ control) => {
      control.id = `${this.prefix}-${words.toLowerCase()}`;
      return [element("label", {for: control.id}, words), control];
    };
    this.speed.value = "fast";
    this.speed.addEventListener("change", () => this.begin());
    const buttons = [
      this.play,
      this.button("One epoch", () => this.step()),
      this.button("Start again", () => this.set(this.setting)),
      this.button("Forget earlier curves", () => this.forget()),
    ];
    if (this.small) {
      this.link.append("Open it in the laboratory, with all settings and views");
      const bar = element("div", {class: "laboratory-bar"}, ...buttons.slice(0, 3));
      const views = element("div", {class: "laboratory-views"}, this.region.figure, this.accuracy.figure);
      this.root.replaceChildren(this.question, bar, this.controls.form, this.status, views, element("p", {}, this.link));
      return;
    }
    for (const chapter of ["Batch normalization", "Dropout", "Noise"]) {
      const group = element("optgroup", {label: chapter});
      for (const {name, page, title} of PRESETS) {
        if (page.split("/")[1] === chapter.toLowerCase().replace(" ", "_")) group.append(element("option", {value: name}, title));
      }
      this.presets.append(group);
    }
    this.presets.addEventListener("change", () => {
      const preset = PRESETS.find(({name}) => name === this.presets.value);
      if (preset) this.renew(preset.setting, preset.name);
    });
    this.root.replaceChildren(
      element("div", {class: "laboratory-bar"}, ...labelled("Example", this.presets), this.link),
      this.question,
      element("div", {class: "laboratory-bar"}, ...buttons, ...labelled("Speed", this.speed)),
      this.status,
      element("div", {class: "laboratory-views"}, this.region.figure, element("div", {}, this.accuracy.figure, this.loss.figure)),
      this.controls.form,
      element("div", {class: "laboratory-views"}, this.inputs.figure, this.statistics.figure, this.norms.figure, this.mask.figure),
      element("details", {class: "laboratory-code"}, element("summary", {}, "This setting as Keras code"),
        element("div", {}, this.button("Copy", () => this.copy()), element("pre", {tabindex: "0"}, this.code))),
    );
  }

  /** @param {string} words @param {() => void} action */
  button(words, action) {
    const button = element("button", {type: "button"}, words);
    button.addEventListener("click", action);
    return button;
  }

  /** @param {string} words */
  say(words) {
    this.status.textContent = words;
  }

  async copy() {
    // From a file there may be no clipboard; the code is there to be marked and copied by hand.
    await navigator.clipboard?.writeText(this.code.textContent ?? "").then(() => this.say("The code is copied."), () => this.say("Copying is not allowed here; mark the code and copy it."));
  }

  /** @param {Setting} setting */
  tooMuch(setting) {
    return tooMuch(setting, trainingPoints(setting.data.points, setting.data.train), this.backend);
  }

  /** Take a new value, or say why not. @param {string} path @param {string | number | boolean} value */
  try(path, value) {
    const wanted = change(this.setting, path, value), why = this.tooMuch(wanted);
    if (!why) this.renew(wanted);
    return why;
  }

  /** Start anew; if a run has just ended, the new one begins at once, as it does while one trains. @param {Setting} setting @param {string} [name] */
  renew(setting, name) {
    const ended = !this.playing && this.epochs() >= this.end;
    this.set(setting, name);
    if (ended) this.toggle();
  }

  /** Start anew with a setting; what was trained stays as faint curves. @param {Setting} setting @param {string} [name] of a preset */
  set(setting, name) {
    if (this.runs.some((run) => run.epochs > 1)) for (const chart of [this.accuracy, this.loss, this.norms]) chart.keep();
    for (const run of this.runs) run.dispose();
    const address = toAddress(setting);
    const same = PRESETS.filter((one) => toAddress(one.setting) === address);
    this.preset = same.find((one) => one.name === (name ?? this.preset?.name)) ?? same[0];
    this.setting = setting;
    this.runs = Array.from({length: setting.seeds}, (_, index) => new Training(setting, setting.seed + index));
    this.turn = 0;
    this.asking = undefined;
    this.end = setting.epochs;
    this.seen = {hidden: empty(), output: empty(), batch: empty(), moving: empty()};
    this.question.textContent = this.preset?.question ?? "What do you expect to see? Say it before you start.";
    this.controls.show(setting);
    this.code.textContent = toKeras(setting);
    this.statistics.figure.toggleAttribute("hidden", setting.normalization.place === "none");
    this.mask.figure.toggleAttribute("hidden", setting.dropout.input === 0 && setting.dropout.hidden === 0);
    const hash = `#${this.preset ? `example=${this.preset.name}&` : ""}${address}`; // of two examples with one setting, which
    if (this.small) this.link.setAttribute("href", `${this.pages}laboratory.html${hash}`);
    else {
      this.presets.value = this.preset?.name ?? "";
      this.link.textContent = this.preset ? "Where the book has it" : "";
      this.link.setAttribute("href", this.preset ? `${this.pages}${this.preset.page}.html` : "");
      this.link.toggleAttribute("hidden", !this.preset);
    }
    if (this.follow) history.replaceState(null, "", hash);
    this.say("");
    this.begin();
    this.picture();
    this.draw();
  }

  forget() {
    for (const chart of [this.accuracy, this.loss, this.norms]) chart.earlier = [];
    this.draw();
  }

  /** Train, or pause. */
  toggle() {
    if (this.playing) return this.pause();
    if (active !== this) active?.pause();
    active = this;
    if (this.epochs() >= this.end) this.end = LAST;
    this.playing = true;
    this.play.textContent = "Pause";
    this.say("");
    this.begin();
    this.next();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.play.textContent = "Train";
    this.finish();
    this.draw();
    this.report();
  }

  /** End the epoch of all runs, so that they stand at the same. */
  finish() {
    while (this.turn > 0) this.advance();
  }

  step() {
    this.pause();
    do this.advance(); while (this.turn > 0 || this.middle);
    this.picture();
    this.draw();
    this.report();
  }

  /** How many epochs all runs have behind them. */
  epochs() {
    return Math.min(...this.runs.map((run) => run.epochs));
  }

  begin() {
    this.began = {time: performance.now(), epoch: this.epochs()};
  }

  /** A short piece of work of the run whose turn it is. */
  advance() {
    this.middle = !this.runs[this.turn].advance();
    if (!this.middle) this.turn = (this.turn + 1) % this.runs.length;
  }

  /** What is done between two looks at the keyboard. */
  next() {
    if (!this.playing) return;
    if (!this.root.isConnected) return this.pause();
    const start = performance.now(), pace = Number(this.speed.value);
    const due = () => !pace || this.middle || this.turn > 0 || this.epochs() < this.began.epoch + ((performance.now() - this.began.time) * pace) / 1000;
    this.slices += 1;
    const region = this.slices % 4 === 0; // one slice in four draws the region, one the small views, two the curves
    if (region) this.ask(start + SLICE);
    // A piece that would end too late waits for the next slice, unless it is all that this one does.
    for (let piece = 0, at = performance.now(); ; ) {
      if (region || piece) if (at + this.piece > start + SLICE) break;
      if (this.epochs() >= this.end || !due()) break;
      this.advance();
      piece = performance.now() - at;
      at += piece;
      this.piece = Math.max(piece, 0.9 * this.piece);
    }
    if (this.slices % 2) this.drawCurves();
    else if (!region) this.drawSmall();
    this.longest = Math.max(this.longest, performance.now() - start);
    if (this.epochs() >= this.end) {
      this.pause();
      this.picture();
      this.draw();
      this.say(`${this.status.textContent} ${this.end < LAST ? "Here the example ends; Train goes on." : "More epochs do not fit into the curves."}`);
      return;
    }
    setTimeout(() => this.next(), pace ? Math.min(20, 1000 / pace) : 0);
  }

  /** How far the picture of the region reaches from its middle. */
  reach() {
    return (this.setting.data.kind === "target" ? 1.5 : 1.2) + 2 * this.setting.data.noise;
  }

  /** Go on with the picture of the region until a time; draw it when all of it is known. @param {number} until */
  ask(until) {
    this.asking ??= this.runs[0].probabilities(this.region.grid(this.reach()));
    do {
      const {done, value} = this.asking.next();
      if (!done || !value) continue;
      this.asking = undefined;
      const [run] = this.runs, accuracy = run.history.test.accuracy.at(-1);
      const words = accuracy === undefined ? "Decision region before training" : `Decision region after ${run.epochs} epochs; test accuracy ${accuracy.toFixed(2)}`;
      return this.region.draw(value, this.reach(), run.data, words);
    } while (performance.now() < until);
  }

  /** The whole picture of the region at once. */
  picture() {
    this.asking = undefined;
    this.ask(Infinity);
  }

  /** Places on the curves and what was measured there. @param {"accuracy" | "loss"} what */
  curves(what) {
    const length = this.epochs(), count = Math.min(length, PLACES);
    const places = Array.from({length: count}, (_, index) => Math.round(((index + 1) * length) / count) - 1);
    const x = places.map((place) => place + 1), several = this.runs.length > 1;
    const all = SETS.map((set) => places.map((place) => this.runs.map((run) => run.history[set][what][place])));
    const curves = all.map((values) => ({x, y: values.map((each) => each.reduce((sum, value) => sum + value, 0) / each.length)}));
    const bands = several ? all.slice(0, 2).map((values) => ({x, low: values.map((each) => Math.min(...each)), high: values.map((each) => Math.max(...each))})) : [];
    return {curves, bands};
  }

  draw() {
    this.drawCurves();
    this.drawSmall();
  }

  drawCurves() {
    const recorded = this.preset && /** @type {Record<string, Recorded>} */ (RECORDED)[this.preset.name];
    for (const what of /** @type {const} */ (["accuracy", "loss"])) {
      if (this.small && what === "loss") continue;
      const {curves, bands} = this.curves(what);
      this[what].draw(curves, bands, recorded && {x: recorded.epochs, y: recorded[what]});
    }
  }

  drawSmall() {
    if (this.small) return;
    this.look();
    const {hidden, output, batch, moving} = this.seen;
    this.norms.draw([hidden, output]);
    this.statistics.draw([batch, moving]);
    this.inputs.draw([this.histogram()]);
    this.mask.draw(/** @type {import("./network.js").Dropout | undefined} */ (this.runs[0].layers.findLast(({kind}) => kind === "dropout")));
  }

  /** Note what only the first run is asked for, whenever it is drawn: norms, and statistics of the first unit. */
  look() {
    const [{layers, epochs}] = this.runs, seen = this.seen;
    if (seen.hidden.x.at(-1) === epochs) return;
    /** @param {{x: number[], y: number[]}} curve @param {number} value */
    const note = (curve, value) => {
      curve.x.push(epochs);
      curve.y.push(value);
    };
    const dense = layers.filter((layer) => layer.kind === "dense");
    note(seen.hidden, norm(dense[0].kernel));
    note(seen.output, norm(dense[dense.length - 1].kernel));
    const normalization = layers.find((layer) => layer.kind === "normalization");
    if (normalization?.lastMean === undefined) return;
    note(seen.batch, normalization.lastMean);
    note(seen.moving, normalization.mean.dataSync()[0]);
  }

  /** What the first activation receives for at most 200 training points. */
  histogram() {
    const [run] = this.runs, found = new Map();
    /** @type {Float32Array | undefined} */
    let values;
    tf.tidy(() => {
      const rows = Math.min(200, run.data.train.count, rowsInPiece(this.setting, this.backend));
      logits(run.layers, tf.slice(run.sets.train.x, 0, rows), undefined, (layer, received) => {
        if (layer.kind === "activation") values ??= /** @type {Float32Array} */ (received.dataSync());
      });
    });
    const all = values ?? new Float32Array(1), most = Math.max(1e-6, all.reduce((sum, value) => Math.max(sum, Math.abs(value)), 0));
    for (const value of all) {
      const bin = Math.round((16 * value) / most);
      found.set(bin, (found.get(bin) ?? 0) + 1 / all.length);
    }
    const bins = Array.from({length: 33}, (_, index) => index - 16);
    return {x: bins.map((bin) => (bin * most) / 16), y: bins.map((bin) => found.get(bin) ?? 0)};
  }

  report() {
    const [{history, epochs}] = this.runs, of = this.runs.length > 1 ? `Mean of ${this.runs.length} runs` : `Seed ${this.setting.seed}`;
    if (!epochs) return;
    const mean = (/** @type {"train" | "test"} */ set) =>
      (this.runs.reduce((sum, run) => sum + run.history[set].accuracy[this.epochs() - 1], 0) / this.runs.length).toFixed(3);
    this.say(`Epoch ${Math.min(epochs, history.test.loss.length).toLocaleString("en")}. ${of}: accuracy ${mean("train")} on training points, ${mean("test")} on test points.`);
  }
}

/** @returns {{x: number[], y: number[]}} */
function empty() {
  return {x: [], y: []};
}

/** @param {tf.Variable} kernel */
function norm(kernel) {
  return tf.tidy(() => tf.norm(kernel).dataSync()[0]);
}

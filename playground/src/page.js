// @ts-check
/** The playground: what a reader sets, starts and sees. */
import {element, makeControls} from "./controls.js";
import {rowsInPiece, tooMuch} from "./cost.js";
import {trainingPoints} from "./data.js";
import {forward} from "./network.js";
import {PRESETS} from "./presets.js";
import RECORDED from "./recorded.json" with {type: "json"};
import {change, fromAddress, toAddress, toKeras} from "./settings.js";
import {Training} from "./training.js";
import {Chart, format, MaskView, RegionView} from "./views.js";

/**
 * @typedef {import("./training.js").Setting} Setting
 * @typedef {import("./views.js").Curve} Curve
 * @typedef {{epochs: number[], accuracy: number[], loss: number[]}} Recorded means over Keras' runs, of the test points
 */

const SLICE = 20; // milliseconds of work between two looks at the keyboard
const SHARE = 1 / 4; // of the time for pictures of the region, at most
const PLACES = 150; // on a curve, which is no wider on a screen
const LAST = 20_000; // epochs, after which training ends
const SETS = /** @type {const} */ (["train", "test", "reported"]);
const SPEEDS = {fast: "as fast as it goes", 10: "10 epochs a second", 1: "1 epoch a second"};

const NOTHING = {curves: -1, small: -1, region: -1, words: -1};

let made = 0;
/** Only one playground of a page trains at a time. @type {Playground | undefined} */
let active;

/**
 * Build a playground. Where its address asks for what cannot be, that is said, and it is `refused`.
 * @param {HTMLElement} root an empty element
 * @param {{address?: string, small?: boolean, knobs?: string[], pages?: string, follow?: boolean}} [options] `address` is a
 *   setting, as in the part of an address after #; `small` shows the region and accuracy and `knobs`, paths of settings, only;
 *   `pages` is the way to the book's first page; with `follow` the address bar holds the setting
 */
export function open(root, options = {}) {
  const playground = new Playground(root, options);
  // For whoever looks at the page from outside: a test, or a reader in the console.
  Object.assign(root, {playground});
  playground.go(options.address ?? "");
  return playground;
}

const NAMES = ["training", "test", "training, as Keras reports it"];
const STATISTICS = ["last batch", "moving average"];
const REFERENCE = "test, recorded with Keras (mean of 10 runs)";

/** Read a setting, or the name of an example behind "try-". @param {string} address */
function read(address) {
  const asked = address.replace(/^#/, "");
  if (!asked.startsWith("try-")) return {...fromAddress(asked), name: new URLSearchParams(asked).get("example") ?? undefined};
  const preset = PRESETS.find(({name}) => name === asked.slice(4));
  if (preset) return {setting: preset.setting, problems: [], name: preset.name};
  return {...fromAddress(""), problems: [`There is no example ${asked.slice(4)}.`], name: undefined};
}

class Playground {
  setting = PRESETS[0].setting;
  /** @type {typeof PRESETS[0] | undefined} */
  preset = undefined;
  /** @type {Training[]} */
  runs = [];
  turn = 0; // which run is next
  middle = false; // whether it is within an epoch
  playing = false;
  refused = false; // whether the last address asked for what cannot be
  end = 0; // the epoch at which training pauses
  target = 0; // the epoch to which the loop leads all runs
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined; // of the next slice; there is none when all is done and drawn
  began = {time: 0, epoch: 0}; // when training began or went on, for its pace
  /** The next picture of the region, which may take several slices, in which nobody trains. @type {{work: Generator<undefined, Float32Array>, epochs: number, cost: number} | undefined} */
  asking = undefined;
  due = 0; // when it may be drawn again
  shown = {...NOTHING}; // the epochs of what is seen
  slices = 0;
  part = {next: 0, epochs: 0}; // of the small views: which is drawn next, and the epochs at which the first was
  piece = 0; // milliseconds that a piece of work takes at most
  seen = {hidden: empty(), output: empty(), means: [empty(), empty()], variances: [empty(), empty()]};

  region = new RegionView(60);
  accuracy = new Chart("Accuracy", "The share of points on their side of the border, in inference mode; and as Keras reports it of an epoch, in training mode. Of several runs: the mean, and from the lowest to the highest.", NAMES, {low: 0.4, high: 1, reference: REFERENCE});
  loss = new Chart("Loss", "Cross-entropy. Every point counts, those most where the network is sure and wrong.", NAMES, {low: 0, reference: REFERENCE});
  norms = new Chart("Norms of weights", "The root of the sum of the squares of a layer's weights, without biases.", ["first hidden layer", "output layer"], {low: 0});
  inputs = new Chart("What the first activation receives", "How often which value occurs: of all units together, for up to 200 training points, in inference mode.", ["share"], {low: 0, xlabel: "value"});
  means = new Chart("Batch mean, moving mean", "Of the first unit that batch normalization sees: the mean of the last batch, which training uses, and the moving average of such means, which inference uses.", STATISTICS);
  variances = new Chart("Batch variance, moving variance", "The same for the variance.", STATISTICS, {low: 0});
  mask = new MaskView();

  play = this.button("Train", () => this.toggle());
  status = element("p", {role: "status", class: "playground-status"});
  now = element("p", {class: "playground-now"}); // not read out, since it changes all the time
  question = element("p", {class: "playground-question"});
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
    this.prefix = `playground-${(made += 1)}`;
    this.controls = makeControls(this.prefix, (path, value) => this.try(path, value), small ? knobs : undefined);
    this.parts();
  }

  /** Put everything into place. */
  parts() {
    const labelled = (/** @type {string} */ words, /** @type {HTMLElement} */ control) => {
      control.id = `${this.prefix}-${words.toLowerCase()}`;
      return element("span", {}, element("label", {for: control.id}, words), control);
    };
    this.speed.value = "fast";
    this.speed.addEventListener("change", () => this.begin());
    const buttons = [
      this.button("One epoch", () => this.step()),
      this.button("Reset", () => this.set(this.setting)),
      this.button("Forget earlier curves", () => this.forget()),
    ];
    // The button stays in sight with what it does.
    const progress = element("div", {class: "playground-progress"}, this.play, element("div", {}, this.status, this.now));
    if (this.small) {
      this.link.append("Open it in the playground, with all settings and views");
      const bar = element("div", {class: "playground-bar"}, ...buttons.slice(0, 2));
      const views = element("div", {class: "playground-views"}, this.region.figure, this.accuracy.figure);
      this.root.replaceChildren(this.question, this.controls.form, progress, bar, views, element("p", {}, this.link));
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
    // Not the pre itself: the book's theme takes those out of the order of Tab that do not scroll while they are hidden.
    const listing = element("div", {tabindex: "0", role: "region", "aria-label": "Keras code"}, element("pre", {}, this.code));
    this.root.replaceChildren(
      element("div", {class: "playground-bar"}, labelled("Example", this.presets), this.link),
      this.question,
      progress,
      element("div", {class: "playground-bar"}, ...buttons, labelled("Speed", this.speed)),
      element("div", {class: "playground-bench"},
        element("div", {class: "playground-views"}, this.region.figure, this.accuracy.figure),
        this.controls.form,
        element("div", {class: "playground-views"}, this.loss.figure, this.inputs.figure, this.means.figure, this.variances.figure, this.norms.figure, this.mask.figure)),
      element("details", {class: "playground-code"}, element("summary", {}, "This setting as Keras code"),
        element("div", {}, this.button("Copy", () => this.copy()), listing)),
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
    const copied = await navigator.clipboard?.writeText(this.code.textContent ?? "").then(() => true, () => false);
    this.say(copied ? "The code is copied." : "Copying is not allowed here; mark the code and copy it.");
  }

  /** @param {Setting} setting */
  tooMuch(setting) {
    return tooMuch(setting, trainingPoints(setting.data.points, setting.data.train));
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
    if (ended) this.train();
  }

  /** Take the setting of an address, unless it is the present one and not at its end. @param {string} address */
  go(address) {
    const {setting, problems, name} = read(address), heavy = this.tooMuch(setting);
    if (heavy) problems.push(heavy, `Below is “${PRESETS[0].title}” instead.`);
    this.refused = problems.length > 0;
    const same = this.runs.length && toAddress(setting) === toAddress(this.setting) && (name ?? this.preset?.name) === this.preset?.name;
    if (!same || this.refused || this.epochs() >= this.end) this.set(heavy ? PRESETS[0].setting : setting, heavy ? undefined : name);
    this.show();
    if (!this.refused) return;
    this.pause();
    this.say(`This address asks for what cannot be. ${problems.join(" ")}`);
  }

  /** Hold the setting in the address, which also says of two examples with one setting which it is. */
  show() {
    const hash = `#${this.preset ? `example=${this.preset.name}&` : ""}${toAddress(this.setting)}`;
    if (this.small) this.link.setAttribute("href", `${this.pages}pages/playground.html${hash}`);
    if (this.follow) history.replaceState(null, "", hash);
  }

  /** Start anew with a setting; what was trained stays as faint curves. @param {Setting} setting @param {string} [name] of a preset */
  set(setting, name) {
    if (this.runs.some((run) => run.epochs > 1)) for (const chart of [this.accuracy, this.loss, this.norms]) chart.keep();
    const address = toAddress(setting);
    const same = PRESETS.filter((one) => toAddress(one.setting) === address);
    this.preset = same.find((one) => one.name === (name ?? this.preset?.name)) ?? same[0];
    this.setting = setting;
    this.runs = [new Training(setting, setting.seed)]; // the others are made when they are to train
    this.turn = 0;
    this.middle = false;
    this.asking = undefined;
    this.due = 0;
    this.piece = 0;
    this.shown = {...NOTHING};
    this.part.next = 0;
    this.end = setting.epochs;
    this.target = this.playing ? this.end : 0;
    this.seen = {hidden: empty(), output: empty(), means: [empty(), empty()], variances: [empty(), empty()]};
    this.question.textContent = this.preset?.question ?? "What do you expect to see? Say it before you start.";
    this.controls.show(setting);
    this.code.textContent = toKeras(setting);
    for (const {figure} of [this.means, this.variances]) figure.toggleAttribute("hidden", setting.normalization.place === "none");
    this.mask.figure.toggleAttribute("hidden", setting.dropout.input === 0 && setting.dropout.hidden === 0);
    if (!this.small) {
      this.presets.value = this.preset?.name ?? "";
      this.link.textContent = this.preset ? "Where the book has it" : "";
      this.link.setAttribute("href", this.preset ? `${this.pages}${this.preset.page}.html` : "");
      this.link.toggleAttribute("hidden", !this.preset);
    }
    this.show();
    this.say("");
    this.now.textContent = "";
    this.begin();
    this.work();
  }

  forget() {
    for (const chart of [this.accuracy, this.loss, this.norms]) chart.earlier = [];
    this.shown.curves = this.shown.small = -1;
    this.work();
  }

  /** Train, or pause. */
  toggle() {
    if (this.playing) this.pause();
    else this.train();
  }

  train() {
    if (active !== this) active?.pause();
    active = this;
    if (this.epochs() >= this.end) this.end = LAST;
    this.playing = true;
    this.play.textContent = "Pause";
    this.target = this.end;
    this.say("");
    this.begin();
    this.work();
  }

  pause() {
    if (this.playing) this.hold(this.turn > 0 || this.middle ? this.epochs() + 1 : this.epochs());
  }

  step() {
    this.hold(Math.min(LAST, (this.playing ? this.epochs() : this.target) + 1));
  }

  /** Train no further than to the end of an epoch, so that all runs stand at the same. @param {number} epoch */
  hold(epoch) {
    this.playing = false;
    this.play.textContent = "Train";
    this.target = epoch;
    if (epoch > this.epochs()) this.say("Ending the epoch …");
    this.work();
  }

  /** How many epochs all runs have behind them. */
  epochs() {
    return Math.min(...this.runs.map((run) => run.epochs));
  }

  begin() {
    this.began = {time: performance.now(), epoch: this.epochs()};
    this.shown.words = -1;
  }

  /** Let the loop run until all is done. */
  work() {
    this.timer ??= setTimeout(() => this.next());
  }

  /** What is done between two looks at the keyboard. */
  next() {
    this.timer = undefined;
    if (!this.root.isConnected) return;
    const until = performance.now() + SLICE;
    if (this.epochs() < this.target) this.learn(until);
    else if (!this.settle(until)) return;
    const pace = this.playing ? Number(this.speed.value) : 0;
    this.timer = setTimeout(() => this.next(), pace ? Math.min(20, 1000 / pace) : 0);
  }

  /** Train for a slice; every third draws instead, and so do those that wait for the next epoch. @param {number} until */
  learn(until) {
    const {runs, setting, shown} = this;
    if (runs.length < setting.seeds) return runs.push(new Training(setting, setting.seed + runs.length));
    const pace = this.playing ? Number(this.speed.value) : 0;
    const early = () => pace && !this.middle && this.turn === 0 && this.epochs() >= this.began.epoch + ((performance.now() - this.began.time) * pace) / 1000;
    const epochs = this.epochs(), waiting = early();
    this.slices += 1;
    if (this.slices % 6 === 0 || (waiting && shown.curves !== epochs)) return this.drawCurves();
    if (this.slices % 6 === 3 || (waiting && shown.small !== epochs)) return this.drawSmall();
    // A piece that would end too late waits for the next slice.
    for (let at = performance.now(), first = true; first || at + this.piece < until; first = false) {
      const between = this.turn > 0 || !this.middle; // two epochs of the first run
      if (this.asking || (between && at >= this.due && this.shown.region !== runs[0].epochs)) this.ask();
      else if (this.epochs() >= this.target || early()) break;
      else this.advance();
      const now = performance.now();
      this.piece = Math.max(now - at, 0.9 * this.piece);
      at = now;
    }
  }

  /** A short piece of work of the run whose turn it is. */
  advance() {
    this.middle = !this.runs[this.turn].advance();
    if (!this.middle) this.turn = (this.turn + 1) % this.runs.length;
  }

  /** When all runs stand where they should: a slice of drawing; false when nothing is left. @param {number} until */
  settle(until) {
    if (this.playing) this.hold(this.target);
    const {shown} = this, epochs = this.epochs();
    if (shown.words !== epochs) this.report();
    else if (shown.curves !== epochs) this.drawCurves();
    else if (shown.small !== epochs) this.drawSmall();
    else if (shown.region === epochs) return false;
    else do this.ask(); while (shown.region !== epochs && performance.now() < until);
    return true;
  }

  /** How far the picture of the region reaches from its middle. */
  reach() {
    return (this.setting.data.kind === "target" ? 1.5 : 1.2) + 2 * this.setting.data.noise;
  }

  /** A piece of the picture of the region, or, when all of it is known, the picture. */
  ask() {
    const start = performance.now(), [run] = this.runs;
    const asking = (this.asking ??= {work: run.probabilities(this.region.grid(this.reach())), epochs: run.epochs, cost: 0});
    const {done, value} = asking.work.next();
    if (done) {
      const accuracy = run.history.test.accuracy.at(-1);
      const words = accuracy === undefined ? "Decision region before training" : `Decision region after ${run.epochs} epochs; test accuracy ${accuracy.toFixed(2)}`;
      this.region.draw(value, this.reach(), run.data, words);
      this.asking = undefined;
      this.shown.region = asking.epochs;
    }
    const now = performance.now();
    asking.cost += now - start;
    this.due = now + (1 / SHARE - 1) * asking.cost;
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

  drawCurves() {
    if (this.shown.curves === this.epochs()) return;
    this.shown.curves = this.epochs();
    this.look();
    const recorded = this.preset && /** @type {Record<string, Recorded>} */ (RECORDED)[this.preset.name];
    for (const what of /** @type {const} */ (["accuracy", "loss"])) {
      if (this.small && what === "loss") continue;
      const {curves, bands} = this.curves(what);
      this[what].draw(curves, bands, recorded && {x: recorded.epochs, y: recorded[what]});
    }
    if (this.playing) this.now.textContent = this.standing();
  }

  /** Draw one of the parts of the small views. */
  drawSmall() {
    const epochs = this.epochs(), {part, shown} = this, {hidden, output, means, variances} = this.seen;
    if (shown.small === epochs) return;
    if (part.next === 0) part.epochs = epochs;
    this.look();
    const parts = this.small ? [] : [
      () => this.norms.draw([hidden, output]),
      () => this.means.draw(means),
      () => this.variances.draw(variances),
      () => {
        const {words, ...inputs} = this.histogram();
        this.inputs.draw([inputs], [], undefined, words);
      },
      () => this.mask.draw(/** @type {import("./network.js").Dropout | undefined} */ (this.runs[0].layers.findLast(({kind}) => kind === "dropout"))),
    ];
    parts[part.next]?.();
    part.next += 1;
    if (part.next < parts.length) return;
    part.next = 0;
    shown.small = part.epochs;
  }

  /** Note what only the first run is asked for, whenever something is drawn: norms, and statistics of the first unit. */
  look() {
    const [{layers, epochs}] = this.runs, seen = this.seen;
    if (this.small || seen.hidden.x.at(-1) === epochs) return;
    /** @param {{x: number[], y: number[]}} curve @param {number} value */
    const note = (curve, value) => {
      curve.x.push(epochs);
      curve.y.push(value);
    };
    const dense = layers.filter((layer) => layer.kind === "dense");
    note(seen.hidden, norm(dense[0].kernel));
    note(seen.output, norm(dense[dense.length - 1].kernel));
    const normalization = layers.find((layer) => layer.kind === "normalization");
    if (!normalization?.last.batches) return;
    for (const [curves, batch, moving] of /** @type {const} */ ([
      [seen.means, normalization.last.mean, normalization.mean],
      [seen.variances, normalization.last.variance, normalization.variance],
    ])) {
      note(curves[0], batch[0]);
      note(curves[1], moving[0]);
    }
  }

  /** What the first activation receives for at most 200 training points. */
  histogram() {
    const [run] = this.runs, y = Array(33).fill(0);
    const rows = Math.min(200, run.data.train.count, rowsInPiece(this.setting));
    /** @type {Float32Array | undefined} */
    let values;
    forward(run.layers, run.sets.train.x, rows, "inference", (layer, received) => {
      if (layer.kind === "activation") values ??= received.slice(0, rows * layer.size);
    });
    const all = (values ?? new Float32Array(1)).filter(Number.isFinite);
    const most = all.reduce((sum, value) => Math.max(sum, Math.abs(value)), 1e-6);
    for (const value of all) y[16 + Math.round((16 * value) / most)] += 1 / all.length;
    const common = y.indexOf(Math.max(...y)), x = y.map((_, bin) => ((bin - 16) * most) / 16);
    return {x, y, words: `Values up to ${format(most)} away from 0; most often, with a share of ${format(y[common])}, about ${format(x[common])}`};
  }

  /** Where all runs stand. */
  standing() {
    const epochs = this.epochs(), {runs} = this;
    if (!epochs) return "";
    const mean = (/** @type {"train" | "test"} */ set) => (runs.reduce((sum, {history}) => sum + history[set].accuracy[epochs - 1], 0) / runs.length).toFixed(3);
    const of = runs.length > 1 ? `Mean of ${runs.length} runs` : `Seed ${this.setting.seed}`;
    return `Epoch ${epochs.toLocaleString("en")}. ${of}: accuracy ${mean("train")} on training points, ${mean("test")} on test points.`;
  }

  /** Say where all runs stand, now that they do. */
  report() {
    const epochs = this.epochs(), {runs, end} = this;
    this.shown.words = epochs;
    if (!epochs) return;
    const words = [this.standing()];
    const losses = runs.flatMap(({history}) => [history.train.loss[epochs - 1], history.test.loss[epochs - 1]]);
    if (!losses.every(Number.isFinite)) words.push("The loss is no longer a number: training has diverged.");
    if (epochs === end) words.push(end < LAST ? "Here the example ends; Train goes on." : "More epochs do not fit into the curves.");
    this.say(words.join(" "));
  }
}

/** @returns {{x: number[], y: number[]}} */
function empty() {
  return {x: [], y: []};
}

/** @param {Float32Array} kernel */
function norm(kernel) {
  return Math.sqrt(kernel.reduce((sum, value) => sum + value ** 2, 0));
}

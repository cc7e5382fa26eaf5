// @ts-check
/** The laboratory: what a reader sets, starts and sees. */
import * as tf from "@tensorflow/tfjs-core";
import {element, makeControls} from "./controls.js";
import {logits} from "./network.js";
import {PRESETS} from "./presets.js";
import {change, fromAddress, toAddress, toKeras} from "./settings.js";
import {Training} from "./training.js";
import {Chart, RegionView} from "./views.js";

/** @typedef {import("./training.js").Setting} Setting */

const SLICE = 30; // milliseconds of training between two looks at the keyboard

/**
 * Build the laboratory.
 * @param {HTMLElement} root an empty element
 * @param {string} address a setting, as in the part of an address after #; empty for the first preset
 */
export function open(root, address) {
  const {setting, problems} = address ? fromAddress(address) : {setting: PRESETS[0].setting, problems: []};
  const page = new Laboratory(root, setting);
  if (problems.length) page.say(`This address asks for what cannot be. ${problems.join(" ")}`);
  return page;
}

class Laboratory {
  /** @param {HTMLElement} root @param {Setting} setting */
  constructor(root, setting) {
    this.setting = setting;
    /** @type {Training[]} */
    this.runs = [];
    this.turn = 0; // which run is next
    this.playing = false;
    this.frame = 0;
    this.controls = makeControls((path, value) => this.set(change(this.setting, path, value)));
    this.question = element("p", {class: "laboratory-question"});
    this.presets = element("select", {id: "laboratory-preset"}, element("option", {value: ""}, "a setting of your own"));
    for (const chapter of new Set(PRESETS.map((preset) => preset.chapter))) {
      const group = element("optgroup", {label: chapter});
      for (const preset of PRESETS) if (preset.chapter === chapter) group.append(element("option", {value: preset.name}, preset.title));
      this.presets.append(group);
    }
    this.presets.addEventListener("change", () => {
      const preset = PRESETS.find(({name}) => name === this.presets.value);
      if (preset) this.set(preset.setting);
    });
    this.play = this.button("Train", () => this.toggle());
    const step = this.button("One epoch", () => this.step());
    const again = this.button("Start again", () => this.set(this.setting));
    const keep = this.button("Keep these curves", () => this.keep());
    this.seeds = element("select", {id: "laboratory-seeds"}, ...["1", "3", "5", "10"].map((count) => element("option", {value: count}, count)));
    this.seeds.addEventListener("change", () => this.set(this.setting));
    this.speed = element("select", {id: "laboratory-speed"},
      element("option", {value: "fast"}, "as fast as it goes"), element("option", {value: "10"}, "10 epochs a second"), element("option", {value: "1"}, "1 epoch a second"));
    this.status = element("p", {role: "status", class: "laboratory-status"});
    this.code = element("code", {});
    const code = element("details", {class: "laboratory-code"}, element("summary", {}, "This setting as Keras code"), element("pre", {tabindex: "0"}, this.code));

    this.region = new RegionView(tf.getBackend() === "wasm" ? 60 : 24); // without WebAssembly each place takes ten times as long
    this.accuracy = new Chart("Accuracy", "The share of points that lie on their side of the border: in inference mode, and as Keras reports it of an epoch in training mode. With several seeds, means; the bands span the runs.", ["training", "test", "training, as reported"], {low: 0.4, high: 1, from: 1});
    this.loss = new Chart("Loss", "Cross-entropy; it counts how sure the network is when it is wrong.", ["training", "test", "training, as reported"], {low: 0, from: 1});
    this.norms = new Chart("Weights' norms", "The root of the summed squares of each layer's weights.", ["hidden", "output"], {low: 0});
    this.inputs = new Chart("What the first activation receives", "How often each value occurs, from −4 to 4, for the training points.", ["share"], {low: 0, xlabel: "bin"});
    this.statistics = new Chart("Batch against moving statistics", "Mean of the first unit with batch normalization: of the last batch, and the moving average that inference uses.", ["batch mean", "moving mean"], {from: 1});
    this.mask = element("canvas", {class: "laboratory-mask", role: "img", "aria-label": "no dropout", width: "300", height: "90"});
    const mask = element("figure", {}, element("figcaption", {}, element("strong", {}, "Mask"), " The last one drawn: a row for each point of the batch, a column for each unit; dark is dropped."), this.mask);
    const views = element("div", {class: "laboratory-views"}, this.region.figure, this.accuracy.figure, this.loss.figure, this.norms.figure, this.inputs.figure, this.statistics.figure, mask);
    root.replaceChildren(
      element("div", {class: "laboratory-bar"}, element("label", {for: "laboratory-preset"}, "Example"), this.presets),
      this.question,
      element("div", {class: "laboratory-bar"}, this.play, step, again, keep,
        element("label", {for: "laboratory-seeds"}, "Seeds at once"), this.seeds, element("label", {for: "laboratory-speed"}, "Speed"), this.speed),
      this.status, views, this.controls.form, code,
    );
    this.root = root;
    this.set(setting);
  }

  /** @param {string} words @param {() => void} action */
  button(words, action) {
    const made = element("button", {type: "button"}, words);
    made.addEventListener("click", action);
    return made;
  }

  /** @param {string} words */
  say(words) {
    this.status.textContent = words;
  }

  /** Start anew with a setting. @param {Setting} setting */
  set(setting) {
    this.setting = setting;
    for (const run of this.runs) run.dispose();
    this.runs = Array.from({length: Number(this.seeds.value)}, (_, index) => new Training(setting, index + 1));
    this.turn = 0;
    /** @type {{hidden: number[], output: number[], batch: number[], moving: number[]}} */
    this.seen = {hidden: [], output: [], batch: [], moving: []};
    const address = toAddress(setting);
    const preset = PRESETS.find((one) => toAddress(one.setting) === address);
    this.presets.value = preset?.name ?? "";
    this.question.textContent = preset?.question ?? "What do you expect to see? Say it before you start.";
    this.controls.show(setting);
    this.code.textContent = toKeras(setting);
    history.replaceState(null, "", `#${address}`);
    this.look();
    this.draw(true);
  }

  keep() {
    this.accuracy.keep(this.means("accuracy"));
    this.loss.keep(this.means("loss"));
    this.draw(false);
  }

  toggle() {
    this.playing = !this.playing;
    this.play.textContent = this.playing ? "Pause" : "Train";
    if (this.playing) this.next();
    else this.report();
  }

  step() {
    if (this.playing) this.toggle();
    this.epoch();
    this.draw(true);
    this.report();
  }

  /** One epoch of every run. */
  epoch() {
    do this.advance(); while (this.turn > 0);
  }

  /** One epoch of the run whose turn it is. */
  advance() {
    this.runs[this.turn].epoch();
    this.turn = (this.turn + 1) % this.runs.length;
    if (this.turn === 0) this.look();
  }

  next() {
    if (!this.playing) return;
    const end = performance.now() + SLICE;
    const pace = Number(this.speed.value);
    if (pace) this.epoch();
    else do this.advance(); while (performance.now() < end);
    this.frame += 1;
    this.draw(this.frame % 4 === 0 || pace > 0);
    if (pace) setTimeout(() => requestAnimationFrame(() => this.next()), 1000 / pace);
    else requestAnimationFrame(() => this.next());
  }

  /** Note what only the first run is asked for: norms, and statistics of the first unit. */
  look() {
    const {layers} = this.runs[0];
    const dense = layers.filter((layer) => layer.kind === "dense");
    const norm = (/** @type {import("./network.js").Dense} */ layer) => tf.tidy(() => tf.norm(layer.kernel).dataSync()[0]);
    this.seen?.hidden.push(norm(dense[0]));
    this.seen?.output.push(norm(dense[dense.length - 1]));
    const normalization = layers.find((layer) => layer.kind === "normalization");
    if (normalization?.kind === "normalization" && normalization.lastMean !== undefined && this.seen) {
      this.seen.batch.push(normalization.lastMean);
      this.seen.moving.push(normalization.mean.dataSync()[0]);
    }
  }

  /** Means over the runs. @param {"accuracy" | "loss"} what */
  means(what) {
    return /** @type {const} */ (["train", "test", "reported"]).map((set) => {
      const length = Math.min(...this.runs.map((run) => run.history[set].length));
      return Array.from({length}, (_, epoch) => this.runs.reduce((sum, run) => sum + run.history[set][epoch][what], 0) / this.runs.length);
    });
  }

  /** The lowest and highest of the runs. @param {"accuracy" | "loss"} what */
  bands(what) {
    if (this.runs.length < 2) return [];
    return /** @type {const} */ (["train", "test"]).map((set) => {
      const length = Math.min(...this.runs.map((run) => run.history[set].length));
      const at = (/** @type {number} */ epoch) => this.runs.map((run) => run.history[set][epoch][what]);
      return {
        low: Array.from({length}, (_, epoch) => Math.min(...at(epoch))),
        high: Array.from({length}, (_, epoch) => Math.max(...at(epoch))),
      };
    });
  }

  /** @param {boolean} all also what takes long: region, histogram, mask */
  draw(all) {
    this.accuracy.draw(this.means("accuracy"), this.bands("accuracy"));
    this.loss.draw(this.means("loss"), this.bands("loss"));
    const {hidden, output, batch, moving} = this.seen ?? {hidden: [], output: [], batch: [], moving: []};
    this.norms.draw([hidden, output]);
    this.statistics.draw([batch, moving]);
    if (!all) return;
    const [run] = this.runs;
    const reach = 1.2 + 2 * this.setting.data.noise;
    const probability = run.probability(this.region.grid(reach));
    const scores = run.history.test.at(-1);
    const words = scores ? `Decision region after ${run.epochs} epochs; test accuracy ${scores.accuracy.toFixed(2)}` : "Decision region before training";
    this.region.draw(probability, reach, run.data, words);
    this.inputs.draw([this.histogram()]);
    this.drawMask();
  }

  histogram() {
    const bins = new Array(33).fill(0);
    tf.tidy(() => {
      const [run] = this.runs;
      let first = true;
      logits(run.layers, run.sets.train.x, undefined, (layer, received) => {
        if (layer.kind !== "activation" || !first) return;
        first = false;
        for (const value of received.dataSync()) bins[Math.min(32, Math.max(0, Math.round(4 * (value + 4))))] += 1 / received.size;
      });
    });
    return bins;
  }

  drawMask() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.mask.getContext("2d"));
    const {width, height} = this.mask;
    context.clearRect(0, 0, width, height);
    const layer = this.runs[0].layers.findLast((one) => one.kind === "dropout");
    if (layer?.kind !== "dropout" || !layer.mask) return;
    const units = layer.units ?? 1, rows = Math.min(30, layer.mask.length / units), columns = Math.min(100, units);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        context.fillStyle = layer.mask[row * units + column] ? "#F0C75E" : "#1B3A6B";
        context.fillRect((column * width) / columns, (row * height) / rows, width / columns - 0.4, height / rows - 0.4);
      }
    }
    const dropped = layer.mask.reduce((sum, value) => sum + (value ? 0 : 1), 0) / layer.mask.length;
    this.mask.setAttribute("aria-label", `${(100 * dropped).toFixed(0)} per cent are dropped`);
  }

  report() {
    const [train, test] = [this.runs[0].history.train.at(-1), this.runs[0].history.test.at(-1)];
    if (train && test) {
      this.say(`Epoch ${this.runs[0].epochs}, seed 1: accuracy ${train.accuracy.toFixed(3)} on training points, ${test.accuracy.toFixed(3)} on test points.`);
    }
  }
}

// @ts-check
/** The network as a picture: what its units say of the plane, the weights between them, and what each layer receives. */
import {brush, element, format, signed, svg} from "./dom.js";
import {BARS, lookInside, PLACES, SHOWN} from "./look.js";
import {colours} from "./region.js";

/** @typedef {import("./training.js").Training} Training @typedef {import("./network.js").Mode} Mode @typedef {import("./look.js").Look} Look */

const SIDE = 44, ROW = 52, TOP = 30, LARGE = 176;
const HEIGHT = TOP + SHOWN * ROW;

/** @param {number} side */
function picture(side) {
  return element("canvas", {width: side, height: side, "aria-hidden": "true"});
}

/** Paint values from blue, for the least, through white, for zero, to orange. @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {number} most */
function paint(canvas, values, most) {
  const image = new ImageData(PLACES, PLACES), small = picture(PLACES), {width} = canvas;
  colours(image, Array.from(values, (value) => (most ? 0.5 + value / most / 2 : 0.5)));
  brush(small).putImageData(image, 0, 0);
  brush(canvas).imageSmoothingQuality = "high";
  brush(canvas).drawImage(small, 0, 0, width, width);
}

/** @param {ArrayLike<number>} values */
const largest = (values) => Math.max(...Array.from(values, Math.abs));

/** @param {number} layer @param {number} unit */
const unitName = (layer, unit) => `Layer ${layer + 1}, unit ${unit + 1}`;

export class Inside {
  /** What was drawn last, as of a region. */
  shown = {run: /** @type {Training | undefined} */ (undefined), updates: -1, mode: /** @type {Mode} */ ("inference")};
  /** @type {{run: Training, mode: Mode, work: Generator<undefined, Look>, updates: number, cost: number} | undefined} */
  asking = undefined;
  due = 0;
  /** @type {Look | undefined} */
  look = undefined;
  /** The unit that is looked at closely, by its layer and its place among those shown. @type {{layer: number, place: number} | undefined} */
  picked = undefined;
  /** What passed through the network when the run was first seen. @type {import("./look.js").Passed[]} */
  first = [];
  made = "";

  constructor() {
    this.edges = svg("svg", {"aria-hidden": "true", class: "playground-edges"});
    this.units = element("div", {class: "playground-units", role: "group", "aria-label": "Units"});
    this.net = element("div", {class: "playground-net"}, this.edges, this.units);
    this.large = picture(LARGE);
    this.words = element("p", {});
    this.close = element("div", {class: "playground-close", "aria-live": "polite"}, this.large, this.words);
    this.note = element("p", {class: "playground-note"});
    this.histograms = element("div", {class: "playground-histograms"});
    this.place = element("div", {class: "playground-inside"}, element("div", {class: "playground-network"}, this.net, this.close), this.note, this.histograms);
    new ResizeObserver(() => this.look && this.draw(this.look)).observe(this.net);
  }

  /** @param {Training} run @param {Mode} mode */
  stale(run, mode) {
    return this.shown.updates !== run.updates.step || this.shown.mode !== mode || this.shown.run !== run;
  }

  /** Begin anew with another run. */
  forget() {
    this.asking = undefined;
    this.due = 0;
    this.shown.run = undefined;
  }

  /** A piece of the look, or, when all is known, its picture; as of a region. @param {Training} run @param {Mode} mode @param {number} share */
  ask(run, mode, share) {
    const start = performance.now();
    if (this.asking?.run !== run || this.asking.mode !== mode) {
      const before = this.shown.run === run ? (this.look?.columns ?? []).map(({units}) => units.map(({index}) => index)) : [];
      this.asking = {run, mode, work: lookInside(run, mode, before), updates: run.updates.step, cost: 0};
    }
    const {asking} = this, {done, value} = asking.work.next();
    if (done) {
      if (this.shown.run !== run) this.first = value.passed;
      this.asking = undefined;
      this.shown = {run, updates: asking.updates, mode};
      this.draw(value);
    }
    const now = performance.now();
    asking.cost += now - start;
    this.due = now + Math.max(120, (1 / share - 1) * asking.cost);
  }

  /** @param {Look} look */
  draw(look) {
    this.look = look;
    const {columns, output} = look, shape = columns.map(({units}) => units.length).join();
    if (shape !== this.made) this.build(shape, columns);
    const logits = largest(output) || 1;
    this.canvases.forEach((all, layer) => all.forEach(({canvas, button}, place) => {
      const {values, index, dropped} = columns[layer].units[place];
      paint(canvas, values, largest(values));
      button.classList.toggle("playground-dropped", dropped);
      button.setAttribute("aria-label", `${unitName(layer, index)}${dropped ? ", dropped" : ""}`);
    }));
    paint(this.last, Array.from(output, (logit) => Math.tanh(logit / 2)), 1);
    this.connect(look);
    const few = columns.map(({of, units}, layer) => (units.length < of ? `${units.length} of the ${of} units of layer ${layer + 1}` : "")).filter(Boolean);
    this.note.textContent = `${few.length ? `Shown are ${few.join(" and ")}, those that the next layer listens to most. ` : ""}Orange speaks for the squares, blue for the circles; the width of a line is the size of its weight. Point at a unit to see its part.`;
    this.spread(look.passed);
    this.show(logits);
  }

  /** @type {{canvas: HTMLCanvasElement, button: HTMLElement}[][]} */
  canvases = [];
  last = picture(SIDE);
  /** @type {SVGPathElement[]} */
  paths = [];

  /** @param {string} shape @param {Look["columns"]} columns */
  build(shape, columns) {
    this.made = shape;
    this.picked = undefined;
    const inputs = ["x₁", "x₂"].map((name) => element("span", {class: "playground-input"}, name));
    this.canvases = columns.map(({units}, layer) => units.map((_, place) => {
      const canvas = picture(SIDE), pick = () => this.pick({layer, place}), leave = () => this.pick(undefined);
      const button = element("button", {type: "button", class: "playground-unit", focus: pick, pointerenter: pick, blur: leave, pointerleave: leave, click: pick}, canvas);
      return {canvas, button};
    }));
    const heads = ["inputs", ...columns.map((_, layer) => `layer ${layer + 1}`), "output"].map((name) => element("span", {class: "playground-head"}, name));
    this.units.replaceChildren(...heads, ...inputs, ...this.canvases.flat().map(({button}) => button), this.last);
    const edges = this.pairs(columns).length;
    this.paths = Array.from({length: edges}, () => svg("path", {fill: "none"}));
    this.edges.replaceChildren(...this.paths);
    this.arranged = [heads, [inputs, ...this.canvases.map((all) => all.map(({button}) => button)), [this.last]]];
  }

  /** All pairs of places that an edge connects: columns and places in them. @param {Look["columns"]} columns */
  pairs(columns) {
    const sizes = [2, ...columns.map(({units}) => units.length), 1];
    return sizes.slice(1).flatMap((to, column) => Array.from({length: sizes[column] * to}, (_, at) => ({column, from: Math.floor(at / to), to: at % to})));
  }

  /** @type {[HTMLElement[], HTMLElement[][]] | undefined} */
  arranged = undefined;

  /** Put everything in its place, and draw the weights. @param {Look} look */
  connect({columns, incoming}) {
    if (!this.arranged) return;
    const width = this.net.clientWidth || 320, [heads, all] = this.arranged, gap = (width - SIDE) / (all.length - 1);
    const y = (/** @type {number} */ count, /** @type {number} */ place) => TOP + ((SHOWN - count) / 2 + place) * ROW;
    all.forEach((column, at) => {
      heads[at].style.left = `${at * gap + SIDE / 2}px`;
      column.forEach((one, place) => {
        one.style.left = `${at * gap}px`;
        one.style.top = `${y(column.length, place)}px`;
      });
    });
    this.edges.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.net.style.height = `${HEIGHT}px`;
    const pairs = this.pairs(columns);
    const weights = pairs.map(({column, from, to}) => (column === 0 ? incoming[from][to] : columns[column - 1].units[from].weights[to]));
    const most = all.map((_, column) => Math.max(1e-9, ...weights.filter((_, at) => pairs[at].column === column).map(Math.abs)));
    pairs.forEach(({column, from, to}, at) => {
      const share = Math.abs(weights[at]) / most[column], x1 = column * gap + SIDE, x2 = (column + 1) * gap, bend = (x2 - x1) / 2;
      const [y1, y2] = [y(all[column].length, from), y(all[column + 1].length, to)].map((top) => top + SIDE / 2);
      this.paths[at].setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
      this.paths[at].setAttribute("class", weights[at] < 0 ? "playground-negative" : "playground-positive");
      this.paths[at].setAttribute("stroke-width", (0.5 + 4 * share).toFixed(2));
      this.paths[at].setAttribute("stroke-opacity", (0.25 + 0.65 * share).toFixed(2));
    });
  }

  /** @param {{layer: number, place: number} | undefined} picked */
  pick(picked) {
    this.picked = picked;
    if (this.look) this.show(largest(this.look.output) || 1);
  }

  /** Draw the picked unit's part, or else the output. @param {number} logits the largest */
  show(logits) {
    const {picked, look} = this;
    if (!look) return;
    const unit = picked && look.columns[picked.layer]?.units[picked.place];
    if (!picked || !unit) {
      paint(this.large, Array.from(look.output, (logit) => Math.tanh(logit / 2)), 1);
      this.words.textContent = `The output: the sum of all parts, from ${format(-logits)} to ${format(logits)} at most.`;
      return;
    }
    const last = picked.layer === look.columns.length - 1, factor = last ? unit.weights[0] : 1, part = Array.from(unit.values, (value) => factor * value), [low, high] = [Math.min(...part), Math.max(...part)];
    paint(this.large, part, largest(part));
    const name = unitName(picked.layer, unit.index);
    this.words.textContent = unit.dropped
      ? `${name} is dropped for the first point of the last batch: it says nothing.`
      : last ? `${name}: its part of the output, ${format(low)} to ${format(high)}. Its weight to the output is ${signed(factor, 2)}.` : `${name}: what it gives to the next layer, ${format(low)} to ${format(high)}.`;
  }

  /** What each layer receives, and batch normalization gives, beside what that was at first. @param {Look["passed"]} passed */
  spread(passed) {
    const width = 160, height = 60;
    this.histograms.replaceChildren(...passed.map(({name, counts, reach, mean, sd}, place) => {
      const most = Math.max(...counts, 1e-9), bar = width / BARS, before = this.first[place];
      const words = `What ${name}: mean ${format(mean)}, standard deviation ${format(sd)}`;
      const at = (/** @type {number} */ value) => Math.max(0, Math.min(width, ((value / reach + 1) / 2) * width));
      return element("figure", {},
        element("figcaption", {}, element("strong", {}, `What ${name}`), element("span", {class: "playground-words"}, `mean ${format(mean)}, sd ${format(sd)}`)),
        svg("svg", {viewBox: `0 0 ${width} ${height + 18}`, role: "img", "aria-label": words},
          ...counts.map((count, index) => svg("rect", {x: index * bar + 0.3, width: bar - 0.6, y: height * (1 - count / most), height: (height * count) / most, class: "playground-bar-now"})),
          svg("line", {x1: at(before.mean - before.sd), x2: at(before.mean + before.sd), y1: height + 1.5, y2: height + 1.5, class: "playground-before"}),
          svg("line", {x1: width / 2, x2: width / 2, y1: 0, y2: height, class: "playground-zero"}),
          svg("text", {x: 0, y: height + 15}, signed(-reach, 0)), svg("text", {x: width / 2, y: height + 15, "text-anchor": "middle"}, "0"), svg("text", {x: width, y: height + 15, "text-anchor": "end"}, signed(reach, 0))));
    }));
  }
}

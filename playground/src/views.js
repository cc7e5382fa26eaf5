// @ts-check
/** What is seen of a run: the region, curves, bars, the mask. Lines differ in their strokes, so that colour is not all that tells them apart. */
import {scaleLinear} from "d3-scale";
import {area, line} from "d3-shape";
import {element} from "./controls.js";

/** @typedef {{x: ArrayLike<number>, y: ArrayLike<number>}} Curve @typedef {{x: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>}} Band */

const CLASSES = ["#0072B2", "#D55E00"]; // Okabe and Ito's, as in the course's figures
const SIDE = globalThis.devicePixelRatio > 1 ? 800 : 400; // pixels of the region
const NS = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function svg(tag, attributes, ...children) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** @param {HTMLCanvasElement} canvas */
function brush(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** The decision region with the points of both sets. */
export class RegionView {
  /** @param {number} size places on a side where the network is asked */
  constructor(size) {
    this.size = size;
    const side = {width: String(SIDE), height: String(SIDE)};
    this.canvas = element("canvas", {...side, role: "img", class: "playground-region"});
    this.figure = element(
      "figure",
      {},
      element(
        "figcaption",
        {},
        element("strong", {}, "Decision region"),
        " Orange where the network says class 1 (squares), blue where it says class 0 (circles), pale where it is unsure. Filled points train it, hollow points test it.",
      ),
      this.canvas,
    );
    this.small = new ImageData(size, size);
    this.buffer = element("canvas", {width: String(size), height: String(size)});
    this.points = element("canvas", side);
    /** Whose points these are. @type {object | undefined} */
    this.data = undefined;
  }

  /** Where the network is asked, row by row from the top. @param {number} reach @returns {Float32Array} */
  grid(reach) {
    const {size} = this;
    return Float32Array.from({length: 2 * size * size}, (_, index) => {
      const cell = index >> 1;
      const along = ((index & 1 ? size - 1 - Math.floor(cell / size) : cell % size) + 0.5) / size;
      return reach * (2 * along - 1);
    });
  }

  /**
   * @param {ArrayLike<number>} probability on the grid
   * @param {number} reach
   * @param {{train: import("./data.js").Points, test: import("./data.js").Points}} data
   * @param {string} words what the picture shows, for those who do not see it
   */
  draw(probability, reach, data, words) {
    const pixels = this.small.data, strong = [[0, 114, 178], [213, 94, 0]];
    for (let cell = 0; cell < this.size ** 2; cell++) {
      const sure = 2 * Math.abs(probability[cell] - 0.5) || 0; // white where it is no number
      const colour = strong[Number(probability[cell] > 0.5)];
      for (let channel = 0; channel < 3; channel++) pixels[4 * cell + channel] = 255 - 0.65 * sure * (255 - colour[channel]);
      pixels[4 * cell + 3] = 255;
    }
    const {width} = this.canvas, context = brush(this.canvas);
    brush(this.buffer).putImageData(this.small, 0, 0);
    context.drawImage(this.buffer, 0, 0, width, width);
    if (this.data !== data) this.mark(data, reach);
    context.drawImage(this.points, 0, 0);
    this.canvas.setAttribute("aria-label", words);
  }

  /** Draw the points, which stay the same while a network trains. @param {{train: import("./data.js").Points, test: import("./data.js").Points}} data @param {number} reach */
  mark(data, reach) {
    const {width} = this.points, context = brush(this.points);
    this.data = data;
    context.clearRect(0, 0, width, width);
    const place = (/** @type {number} */ value) => ((value / reach + 1) / 2) * width;
    for (const [set, filled] of /** @type {const} */ ([[data.test, false], [data.train, true]])) {
      const size = (set.count > 300 ? 0.00625 : 0.01125) * width;
      // No more hollow points than can be told apart.
      for (let index = 0; index < Math.min(set.count, 500); index++) {
        const [x, y] = [place(set.x[2 * index]), width - place(set.x[2 * index + 1])];
        context.beginPath();
        if (set.y[index]) context.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
        else context.arc(x, y, size, 0, 2 * Math.PI);
        context.fillStyle = filled ? CLASSES[set.y[index]] : "rgba(255, 255, 255, 0.7)";
        context.strokeStyle = filled ? "white" : CLASSES[set.y[index]];
        context.lineWidth = (filled ? 0.0025 : 0.00375) * width;
        context.fill();
        context.stroke();
      }
    }
  }
}

const SIDES = {left: 44, right: 326, top: 10, bottom: 156};

/** Lines over epochs, or over anything that rises. */
export class Chart {
  /**
   * @param {string} title
   * @param {string} explanation a sentence
   * @param {string[]} names of the lines
   * @param {{low?: number, high?: number, xlabel?: string, reference?: string}} [options] `low` is where the vertical axis
   *   begins, if no value lies below, and `high` where it ends; what a line is called that is drawn for comparison
   */
  constructor(title, explanation, names, {low, high, xlabel = "epoch", reference} = {}) {
    this.names = names;
    this.low = low;
    this.high = high;
    this.xlabel = xlabel;
    this.lines = svg("g", {fill: "none", "stroke-width": 2});
    this.faint = svg("g", {fill: "none", "stroke-width": 1, opacity: 0.5});
    this.axes = svg("g", {class: "playground-axes"});
    this.picture = svg("svg", {viewBox: "0 0 340 195", role: "img", "aria-label": title}, this.axes, this.faint, this.lines);
    const legend = element("ul", {class: "playground-legend"});
    const key = (/** @type {string} */ name, /** @type {string} */ kind) => {
      const stroke = svg("line", {x1: 1, y1: 4, x2: 27, y2: 4, class: `playground-line-${kind}`, "stroke-width": 2});
      const item = element("li", {}, svg("svg", {viewBox: "0 0 28 8", "aria-hidden": "true"}, stroke), ` ${name}`);
      legend.append(item);
      return item;
    };
    names.forEach((name, index) => key(name, String(index)));
    this.reference = reference ? key(reference, "reference") : undefined;
    this.figure = element("figure", {}, element("figcaption", {}, element("strong", {}, title), ` ${explanation}`), this.picture, legend);
    /** @type {Curve[][]} */
    this.earlier = [];
    /** @type {Curve[]} */
    this.newest = [];
  }

  /**
   * @param {Curve[]} curves one for each name; a value that is not a number breaks its line
   * @param {Band[]} [bands] of the first curves
   * @param {Curve} [reference]
   * @param {string} [words] what the picture shows, for those who do not see it; else the last values
   */
  draw(curves, bands = [], reference, words) {
    this.newest = curves;
    this.reference?.toggleAttribute("hidden", !reference);
    const all = [...curves, ...this.earlier.flat()], last = Math.max(...all.map(({x}) => x[x.length - 1] ?? -Infinity));
    const first = Math.min(...all.map(({x}) => x[0] ?? Infinity));
    const values = all.flatMap(({y}) => Array.from(y)).filter(Number.isFinite);
    const most = Math.max(...values), least = Math.min(...values);
    const low = Math.min(this.low ?? 0, least), high = this.high ?? (most > low ? most : low + 1);
    const x = scaleLinear(last > first ? [first, last] : [0, 1], [SIDES.left, SIDES.right]);
    const y = scaleLinear([Number.isFinite(low) ? low : 0, high], [SIDES.bottom, SIDES.top]).clamp(true);
    if (this.high === undefined) y.nice(4);
    const path = (/** @type {Curve} */ curve, /** @type {string | number} */ kind) => {
      const drawn = line()
        .defined(([, value]) => Number.isFinite(value))
        .x(([at]) => x(at))
        .y(([, value]) => y(value))
        .digits(1)(Array.from(curve.x, (at, index) => /** @type {[number, number]} */ ([at, curve.y[index]])).filter(([at]) => at <= x.domain()[1]));
      return svg("path", {d: drawn ?? "", class: `playground-line-${kind}`});
    };
    const between = (/** @type {Band} */ {x: at, low: under, high: over}, /** @type {number} */ index) => {
      const places = Array.from(at, (_, place) => place);
      const drawn = area(/** @type {(place: any) => number} */ ((place) => x(at[place])), (place) => y(under[place]), (place) => y(over[place]));
      drawn.defined((place) => Number.isFinite(under[place]) && Number.isFinite(over[place]));
      return svg("path", {d: drawn.digits(1)(/** @type {any} */ (places)) ?? "", class: `playground-band-${index}`});
    };
    this.lines.replaceChildren(
      ...bands.map(between),
      ...(reference ? [path(reference, "reference")] : []),
      ...curves.map((curve, index) => path(curve, index)),
    );
    this.faint.replaceChildren(...this.earlier.flatMap((run) => run.map((curve, index) => path(curve, index))));
    const text = (/** @type {string} */ words, /** @type {Record<string, string | number>} */ at) => svg("text", at, words);
    this.axes.replaceChildren(
      svg("path", {d: `M${SIDES.left} ${SIDES.top}V${SIDES.bottom}H${SIDES.right}`, fill: "none"}),
      ...y.ticks(4).map((at) => text(y.tickFormat(4)(at), {x: SIDES.left - 6, y: y(at) + 4, "text-anchor": "end"})),
      ...y.ticks(4).map((at) => svg("path", {d: `M${SIDES.left} ${y(at)}H${SIDES.right}`, class: "playground-grid"})),
      ...x.ticks(5).map((at) => text(x.tickFormat(5)(at), {x: x(at), y: SIDES.bottom + 16, "text-anchor": "middle"})),
      text(this.xlabel, {x: (SIDES.left + SIDES.right) / 2, y: SIDES.bottom + 32, "text-anchor": "middle"}),
    );
    const now = curves.map(({y: values}, index) => `${this.names[index]} ${values.length ? format(values[values.length - 1]) : "none yet"}`);
    this.picture.setAttribute("aria-label", words ?? `${now.join(", ")}; ${this.xlabel} ${x.domain().map(Math.round).join(" to ")}`);
  }

  /** Let the lines that are drawn stay as faint ones, to compare with. */
  keep() {
    this.earlier = [...this.earlier, this.newest].slice(-3);
  }
}

/** The last mask of dropout. */
export class MaskView {
  constructor() {
    this.canvas = element("canvas", {class: "playground-mask", role: "img", width: "300", height: "90"});
    this.figure = element(
      "figure",
      {},
      element("figcaption", {}, element("strong", {}, "Mask"), " The last one that dropout drew: a row for each point of the batch, a column for each unit; dark is dropped. The first 30 points and 100 units."),
      this.canvas,
    );
  }

  /** @param {import("./network.js").Dropout | undefined} layer */
  draw(layer) {
    const context = brush(this.canvas), {width, height} = this.canvas;
    context.clearRect(0, 0, width, height);
    if (!layer?.rows) return this.canvas.setAttribute("aria-label", "no mask yet, or no dropout");
    const {size: units} = layer, mask = layer.mask.subarray(0, layer.rows * units), rows = Math.min(30, layer.rows), columns = Math.min(100, units);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        context.fillStyle = mask[row * units + column] ? "#F0C75E" : "#1B3A6B";
        context.fillRect((column * width) / columns, (row * height) / rows, width / columns - 0.4, height / rows - 0.4);
      }
    }
    const dropped = mask.reduce((sum, value) => sum + (value ? 0 : 1), 0) / mask.length;
    this.canvas.setAttribute("aria-label", `${(100 * dropped).toFixed(0)} per cent are dropped`);
  }
}

/** @param {number} value */
export function format(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.0+$|(\.\d*?)0+$/, "$1");
}

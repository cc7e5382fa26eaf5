// @ts-check
/** What is seen of a run: the region, curves, bars. Colours come from the page's theme, line styles tell lines apart without them. */
import {element} from "./controls.js";

const CLASSES = ["#0072B2", "#D55E00"]; // Okabe and Ito's, as in the course's figures
const NS = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
function svg(tag, attributes, ...children) {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** The decision region with the points of both sets. */
export class RegionView {
  constructor(size = 60) {
    this.size = size;
    this.canvas = element("canvas", {width: "360", height: "360", role: "img", class: "laboratory-region"});
    this.figure = element(
      "figure",
      {},
      element("figcaption", {}, "Decision region: orange where the network says class 1, blue where it says class 0, pale where it is unsure. Filled points train it, hollow points test it."),
      this.canvas,
    );
    this.small = new ImageData(size, size);
    this.buffer = element("canvas", {width: String(size), height: String(size)});
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
    const pixels = this.small.data;
    for (let cell = 0; cell < this.size ** 2; cell++) {
      const [first, second] = [[0, 114, 178], [213, 94, 0]];
      const sure = 2 * Math.abs(probability[cell] - 0.5);
      const strong = probability[cell] > 0.5 ? second : first;
      for (let channel = 0; channel < 3; channel++) pixels[4 * cell + channel] = 255 - 0.65 * sure * (255 - strong[channel]);
      pixels[4 * cell + 3] = 255;
    }
    const {width} = this.canvas;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    /** @type {CanvasRenderingContext2D} */ (this.buffer.getContext("2d")).putImageData(this.small, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.buffer, 0, 0, width, width);
    const place = (/** @type {number} */ value) => ((value / reach + 1) / 2) * width;
    for (const [set, filled] of /** @type {const} */ ([[data.test, false], [data.train, true]])) {
      for (let index = 0; index < set.count; index++) {
        const [x, y] = [place(set.x[2 * index]), width - place(set.x[2 * index + 1])];
        context.beginPath();
        if (set.y[index]) context.rect(x - 4, y - 4, 8, 8);
        else context.arc(x, y, 4.5, 0, 2 * Math.PI);
        context.fillStyle = filled ? CLASSES[set.y[index]] : "rgba(255, 255, 255, 0.7)";
        context.strokeStyle = filled ? "white" : CLASSES[set.y[index]];
        context.lineWidth = filled ? 1 : 1.5;
        context.fill();
        context.stroke();
      }
    }
    this.canvas.setAttribute("aria-label", words);
  }
}

/** Lines over epochs, or over anything that rises. */
export class Chart {
  /**
   * @param {string} title
   * @param {string} explanation a sentence
   * @param {string[]} names of the lines
   * @param {{low?: number, high?: number, xlabel?: string, from?: number}} [range] `from` is where the axis begins
   */
  constructor(title, explanation, names, {low, high, xlabel = "epoch", from = 0} = {}) {
    this.names = names;
    this.low = low;
    this.high = high;
    this.lines = svg("g", {fill: "none", "stroke-width": 2});
    this.faint = svg("g", {fill: "none", "stroke-width": 1, opacity: 0.45});
    this.axes = svg("g", {class: "laboratory-axes"});
    this.picture = svg("svg", {viewBox: "0 0 340 190", role: "img", "aria-label": title}, this.axes, this.faint, this.lines);
    this.xlabel = xlabel;
    this.from = from;
    const legend = element("ul", {class: "laboratory-legend"});
    names.forEach((name, index) => {
      const line = svg("svg", {viewBox: "0 0 28 8", "aria-hidden": "true"},
        svg("line", {x1: 1, y1: 4, x2: 27, y2: 4, class: `laboratory-line-${index}`, "stroke-width": 2}));
      legend.append(element("li", {}, line, ` ${name} `));
    });
    this.figure = element("figure", {}, element("figcaption", {}, element("strong", {}, title), ` ${explanation}`), this.picture, legend);
    /** @type {number[][][]} */
    this.earlier = [];
  }

  /**
   * @param {ArrayLike<number>[]} lines one value an epoch each
   * @param {{low: ArrayLike<number>, high: ArrayLike<number>}[]} [bands]
   */
  draw(lines, bands = []) {
    const all = [...lines, ...this.earlier.flat()];
    const length = Math.max(2, ...all.map((line) => line.length));
    let [least, most] = [0, -Infinity];
    for (const line of all) {
      for (let index = 0; index < line.length; index++) {
        if (line[index] < least) least = line[index];
        if (line[index] > most && line[index] < Infinity) most = line[index];
      }
    }
    const low = this.low ?? least, high = this.high ?? (most > low ? most : low + 1);
    const [left, right, bottom, top] = [42, 330, 155, 10];
    const x = (/** @type {number} */ index) => left + ((right - left) * index) / (length - 1);
    const y = (/** @type {number} */ value) => bottom - ((bottom - top) * (Math.min(Math.max(value, low), high) - low)) / (high - low);
    const path = (/** @type {ArrayLike<number>} */ line) => {
      const step = Math.max(1, Math.floor(line.length / 400)); // no more than a screen shows
      let text = "";
      const point = (/** @type {number} */ index) => `${text ? "L" : "M"}${x(index).toFixed(1)} ${y(line[index]).toFixed(1)}`;
      for (let index = 0; index < line.length - 1; index += step) text += point(index);
      if (line.length) text += point(line.length - 1); // the newest is always there
      return text;
    };
    this.lines.replaceChildren(
      ...bands.map(({low: under, high: over}, index) => {
        const back = Array.from(under, (value, at) => `L${x(at).toFixed(1)} ${y(value).toFixed(1)}`).reverse().join("");
        return svg("path", {d: path(over) + back, class: `laboratory-line-${index}`, stroke: "none", "fill-opacity": 0.18});
      }),
      ...lines.map((line, index) => svg("path", {d: path(line), class: `laboratory-line-${index}`})),
    );
    this.faint.replaceChildren(
      ...this.earlier.flatMap((run) => run.map((line, index) => svg("path", {d: path(line), class: `laboratory-line-${index}`}))),
    );
    const label = (/** @type {string} */ text, /** @type {Record<string, string | number>} */ at) => svg("text", at, text);
    this.axes.replaceChildren(
      svg("path", {d: `M${left} ${top}V${bottom}H${right}`, fill: "none"}),
      label(format(high), {x: left - 5, y: top + 4, "text-anchor": "end"}),
      label(format(low), {x: left - 5, y: bottom + 4, "text-anchor": "end"}),
      label(String(this.from), {x: left, y: bottom + 16, "text-anchor": "middle"}),
      label(String(length - 1 + this.from), {x: right, y: bottom + 16, "text-anchor": "end"}),
      label(this.xlabel, {x: (left + right) / 2, y: bottom + 28, "text-anchor": "middle"}),
    );
    const last = lines.map((line, index) => `${this.names[index]} ${line.length ? format(line[line.length - 1]) : "none yet"}`);
    this.picture.setAttribute("aria-label", `${last.join(", ")}; ${this.xlabel} ${this.from} to ${length - 1 + this.from}`);
  }

  /** Keep lines as faint ones, to compare with. @param {ArrayLike<number>[]} lines */
  keep(lines) {
    this.earlier = [...this.earlier, lines.map((line) => Array.from(line))].slice(-4);
  }
}

/** @param {number} value */
function format(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, "");
}

// @ts-check
/** The smaller views: norms of weights, statistics of batches, the last mask. */
import {Chart} from "./chart.js";
import {brush, element} from "./dom.js";

/** @typedef {import("./training.js").Training} Training @typedef {"a" | "b"} Side @typedef {import("./training.js").Inner} Inner */

export class Details {
  /** @param {import("./chart.js").Zoom} zoom */
  constructor(zoom) {
    this.norms = new Chart("Norms of weights", {high: 8, zoom, note: "Root of the sum of squares, without biases: first hidden layer solid, output layer dashed."});
    this.means = new Chart("Batch mean, moving mean", {low: -0.1, high: 1, zoom, note: "Of the first unit that batch normalization sees: the last batch's, which training uses (dotted), and the moving average, which inference uses (solid)."});
    this.variances = new Chart("Batch variance, moving variance", {high: 1, zoom});
    this.masks = new Masks();
    this.place = element("div", {class: "playground-views"}, this.norms.figure, this.means.figure, this.variances.figure, this.masks.figure);
  }

  /** @param {[Side, Training][]} runs @param {number} end */
  draw(runs, end) {
    const lines = (/** @type {[keyof Inner, string, import("./chart.js").Stroke][]} */ kinds) =>
      runs.flatMap(([side, {inner, history}]) => kinds.filter(([kind]) => inner[kind].length).map(([kind, name, stroke]) => ({
        x: history.epochs, y: inner[kind], name: runs.length > 1 ? `${side.toUpperCase()}, ${name}` : name, colour: side, stroke, width: stroke === "dotted" ? 1.25 : 2,
      })));
    const normalized = runs.some(([, {setting}]) => setting.normalization.place !== "none");
    this.norms.draw(lines([["hidden", "first hidden layer", "solid"], ["output", "output layer", "dashed"]]), [], end);
    for (const {figure} of [this.means, this.variances]) figure.toggleAttribute("hidden", !normalized);
    if (normalized) {
      this.means.draw(lines([["mean", "last batch", "dotted"], ["movingMean", "moving average", "solid"]]), [], end);
      this.variances.draw(lines([["variance", "last batch", "dotted"], ["movingVariance", "moving average", "solid"]]), [], end);
    }
    const dropped = runs.findLast(([, {layers}]) => layers.some(({kind}) => kind === "dropout"));
    this.masks.figure.toggleAttribute("hidden", !dropped);
    if (dropped) this.masks.draw(/** @type {import("./network.js").Dropout} */ (dropped[1].layers.findLast(({kind}) => kind === "dropout")));
  }

  reset() {
    for (const chart of [this.norms, this.means, this.variances]) chart.reset();
  }
}

/** The last mask of dropout. */
class Masks {
  constructor() {
    this.canvas = element("canvas", {class: "playground-mask", role: "img", width: 300, height: 90});
    this.figure = element(
      "figure",
      {},
      element("figcaption", {}, element("strong", {}, "Mask"), " The last one that dropout drew: a row for each point of the batch, a column for each unit; dark is dropped. The first 30 points and 100 units."),
      this.canvas,
    );
  }

  /** @param {import("./network.js").Dropout} layer */
  draw(layer) {
    const context = brush(this.canvas), {width, height} = this.canvas;
    context.clearRect(0, 0, width, height);
    if (!layer.rows) return this.canvas.setAttribute("aria-label", "no mask yet");
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

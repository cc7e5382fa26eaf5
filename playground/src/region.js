// @ts-check
/** Pictures of the plane: what a network says of it, with the points, and borders alone. */
import {contours} from "d3-contour";
import {perUnit} from "./data.js";
import {brush, element} from "./dom.js";
import {Random} from "./random.js";

/** @typedef {import("./data.js").Points} Points @typedef {{train: Points, test: Points}} Sets @typedef {import("./network.js").Mode} Mode @typedef {import("./training.js").Training} Training */

/** Okabe and Ito's, as in the course's figures, for the classes 0 and 1. */
const CLASSES = ["#0072B2", "#D55E00"];
const STRONG = [[0, 114, 178], [213, 94, 0]];

/** Places on a side where a network is asked; between them the picture is smooth. */
export const GRID = 64;

/** How far a picture reaches from its middle. @param {import("./data.js").Data} data */
export function reachOf({kind, noise}) {
  return kind === "drawn" ? 1.4 : (kind === "target" ? 1.5 : 1.2) + 2 * noise;
}

/** Places of a square grid, row by row from the top, two values each. @param {number} reach @param {number} [size] @returns {Float32Array} */
export function grid(reach, size = GRID) {
  return Float32Array.from({length: 2 * size * size}, (_, index) => {
    const cell = index >> 1;
    const along = ((index & 1 ? size - 1 - Math.floor(cell / size) : cell % size) + 0.5) / size;
    return reach * (2 * along - 1);
  });
}

/**
 * Fill a picture of `size` × `size` pixels with the colours of probabilities.
 * @param {ImageData} picture
 * @param {ArrayLike<number>} probability of class 1
 */
export function colours(picture, probability) {
  const pixels = picture.data;
  for (let cell = 0; cell < probability.length; cell++) {
    // White where it is no number.
    const sure = 2 * Math.abs(probability[cell] - 0.5) || 0, colour = STRONG[Number(probability[cell] > 0.5)];
    for (let channel = 0; channel < 3; channel++) pixels[4 * cell + channel] = 255 - 0.65 * sure * (255 - colour[channel]);
    pixels[4 * cell + 3] = 255;
  }
}

/** Where the network says class 1 and class 0 with equal probability, in units of the picture's width. @param {ArrayLike<number>} probability */
export function border(probability) {
  const size = Math.sqrt(probability.length);
  const [found] = contours().size([size, size]).thresholds([0.5])(/** @type {number[]} */ (Array.from(probability)));
  // Contours also run along the edge of the picture, where they are no border.
  const inside = (/** @type {number} */ at) => at > 0.01 && at < size - 0.01;
  return found.coordinates.flat().map((ring) => ring.map(([x, y]) => ({x: x / size, y: y / size, inside: inside(x) && inside(y)})));
}

/** @param {CanvasRenderingContext2D} context @param {ReturnType<typeof border>} rings @param {number} width */
export function traceBorder(context, rings, width) {
  context.beginPath();
  for (const ring of rings) {
    ring.forEach(({x, y, inside}, place) => {
      const before = ring[place - 1];
      if (before && before.inside && inside) context.lineTo(x * width, y * width);
      else context.moveTo(x * width, y * width);
    });
  }
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Sets} data
 * @param {number} reach
 * @param {(x: number, y: number, index: number, training: boolean) => [number, number]} [moved] where a point is drawn, in units of the data
 * @param {number} [big] the size of a point as a share of the picture
 */
export function drawPoints(context, data, reach, moved = (x, y) => [x, y], big = 0.0125) {
  const {width} = context.canvas, place = (/** @type {number} */ value) => ((value / reach + 1) / 2) * width;
  for (const [set, training] of /** @type {const} */ ([[data.test, false], [data.train, true]])) {
    const size = (set.count > 300 ? 0.00625 : big) * width;
    // No more hollow points than can be told apart.
    for (let index = 0; index < Math.min(set.count, 500); index++) {
      const [first, second] = moved(set.x[2 * index], set.x[2 * index + 1], index, training);
      const [x, y] = [place(first), width - place(second)];
      context.beginPath();
      if (set.y[index]) context.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
      else context.arc(x, y, size, 0, 2 * Math.PI);
      context.fillStyle = training ? CLASSES[set.y[index]] : "rgba(255, 255, 255, 0.7)";
      context.strokeStyle = training ? "white" : CLASSES[set.y[index]];
      context.lineWidth = (training ? 0.0025 : 0.00375) * width;
      context.fill();
      context.stroke();
    }
  }
}

/** The decision region with the points of both sets. */
export class RegionView {
  constructor() {
    const side = {width: 440, height: 440};
    this.canvas = element("canvas", {...side, role: "img", class: "playground-region"});
    this.picture = new ImageData(GRID, GRID);
    this.buffer = element("canvas", {width: GRID, height: GRID});
    this.points = element("canvas", side);
    /** Whether the points are drawn where noise moved them. */
    this.moved = false;
    /** Whose points these are. @type {Sets | undefined} */
    this.data = undefined;
    /** What was drawn last: of which run, after how many updates, in which mode. */
    this.shown = {run: /** @type {Training | undefined} */ (undefined), updates: -1, mode: /** @type {Mode} */ ("inference")};
    /** The next picture, which may take several slices, in which its run does not train. @type {{run: Training, mode: Mode, work: Generator<undefined, Float32Array>, updates: number, cost: number} | undefined} */
    this.asking = undefined;
    /** When it may be drawn again. */
    this.due = 0;
  }

  /** Whether what is drawn is not where the run stands. @param {Training} run @param {Mode} mode */
  stale(run, mode) {
    return this.shown.updates !== run.updates.step || this.shown.mode !== mode || this.shown.run !== run;
  }

  /** Begin anew with another run. */
  forget() {
    this.asking = undefined;
    this.due = 0;
    this.shown.run = undefined;
  }

  /**
   * A piece of the picture, or, when all of it is known, the picture.
   * @param {Training} run
   * @param {Mode} mode
   * @param {number} share of the time that pictures may take
   */
  ask(run, mode, share) {
    const start = performance.now(), reach = reachOf(run.setting.data);
    if (this.asking?.run !== run || this.asking.mode !== mode) this.asking = {run, mode, work: run.probabilities(grid(reach), mode), updates: run.updates.step, cost: 0};
    const {asking} = this;
    const {done, value} = asking.work.next();
    if (done) {
      const test = run.history.test.accuracy.at(-1);
      const words = run.epochs && test !== undefined ? `Decision region after ${run.epochs} epochs; test accuracy ${test.toFixed(2)}` : run.epochs ? `Decision region after ${run.epochs} epochs` : "Decision region before training";
      const {noise, data} = run.setting, sd = mode === "inference" ? 0 : noise.input / perUnit(data.units);
      this.draw(value, reach, run.data, words, sd && new Random(run.seed, asking.updates), sd);
      this.asking = undefined;
      this.shown = {run, updates: asking.updates, mode};
    }
    const now = performance.now();
    asking.cost += now - start;
    this.due = now + (1 / share - 1) * asking.cost;
  }

  /** @param {ArrayLike<number>} probability on the grid @param {number} reach @param {Sets} data @param {string} words what the picture shows, for those who do not see it @param {Random | 0} random @param {number} sd of the noise that moves training points, as each update draws it anew */
  draw(probability, reach, data, words, random, sd) {
    const {width} = this.canvas, context = brush(this.canvas);
    colours(this.picture, probability);
    brush(this.buffer).putImageData(this.picture, 0, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.buffer, 0, 0, width, width);
    context.strokeStyle = "#333";
    context.lineWidth = 0.004 * width;
    traceBorder(context, border(probability), width);
    if (data !== this.data || random || this.moved) {
      this.data = data;
      this.moved = Boolean(random);
      brush(this.points).clearRect(0, 0, width, width);
      drawPoints(brush(this.points), data, reach, (x, y, _, training) => (random && training ? [x + sd * random.normal(), y + sd * random.normal()] : [x, y]));
    }
    context.drawImage(this.points, 0, 0);
    this.canvas.setAttribute("aria-label", words);
  }
}

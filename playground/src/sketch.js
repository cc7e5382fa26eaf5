// @ts-check
/** A curve that the reader draws on a chart, as a prediction. */

const PLACES = 24;

export class Sketch {
  /** Whether the chart takes what is drawn on it. */
  open = false;
  /** Values at equal steps from the first epoch to the last, as far as they were drawn. @type {(number | undefined)[]} */
  values = [];

  /** @param {import("./chart.js").Chart} chart @param {() => void} changed */
  constructor(chart, changed) {
    this.chart = chart;
    this.changed = changed;
    const {place} = chart;
    /** @type {[number, number] | undefined} */
    this.last = undefined;
    const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ act) =>
      place.addEventListener(type, (event) => {
        if (!this.open) return;
        event.stopPropagation();
        event.preventDefault();
        act(event);
      }, {capture: true});
    on("mousedown", () => {});
    on("pointerdown", (event) => {
      place.setPointerCapture(event.pointerId);
      this.last = undefined;
      this.trace(event);
    });
    on("pointermove", (event) => event.buttons && this.trace(event));
    on("pointerup", () => {});
    place.addEventListener("keydown", (event) => this.key(event), {capture: true});
  }

  /** @param {boolean} open */
  toggle(open) {
    this.open = open;
    this.chart.place.classList.toggle("playground-sketching", open);
    if (open) this.chart.place.focus();
  }

  clear() {
    this.toggle(false);
    this.values = [];
  }

  /** @param {PointerEvent} event */
  trace(event) {
    const {plot, end} = this.chart;
    if (!plot) return;
    const box = plot.over.getBoundingClientRect();
    const at = (plot.posToVal(event.clientX - box.left, "x") / end) * (PLACES - 1), y = plot.posToVal(event.clientY - box.top, "y");
    const [from, before] = this.last ?? [at, y];
    for (let place = 0; place < PLACES; place++) {
      // All places that the stroke passed; the nearest one if it passed none.
      if (Math.abs(place - at) < 0.5 || (place - from) * (place - at) <= 0) {
        const along = at === from ? 1 : Math.min(1, Math.max(0, (place - from) / (at - from)));
        this.put(place, before + along * (y - before));
      }
    }
    this.last = [at, y];
    this.changed();
  }

  /** @param {number} place @param {number} value */
  put(place, value) {
    this.values[place] = Math.min(this.chart.range.high, Math.max(this.chart.range.low, value));
  }

  /** Up and down draw where left and right have led. @param {KeyboardEvent} event */
  key(event) {
    const step = {ArrowUp: 0.02, ArrowDown: -0.02}[event.key];
    if (!this.open || !step) return;
    event.preventDefault();
    const place = Math.round(((this.chart.at ?? 0) / this.chart.end) * (PLACES - 1));
    const neighbour = this.values.slice(0, place + 1).findLast((value) => value !== undefined);
    this.put(place, (this.values[place] ?? neighbour ?? 0.5) + step);
    this.changed();
  }

  /** @returns {import("./chart.js").Line[]} */
  lines() {
    const places = [...this.values.keys()].filter((place) => this.values[place] !== undefined);
    if (!places.length && !this.open) return [];
    return [{
      x: places.map((place) => (place / (PLACES - 1)) * this.chart.end),
      y: places.map((place) => /** @type {number} */ (this.values[place])),
      name: "your sketch", colour: "sketch", width: 5,
    }];
  }

  /** How far it is from a curve in the mean, in words; empty if nothing was drawn. @param {number[]} x @param {number[]} y */
  distance(x, y) {
    const [line] = this.lines();
    if (!line?.x.length) return "";
    const apart = line.x.map((at, place) => Math.abs(line.y[place] - y[Math.max(0, x.findLastIndex((epoch) => epoch <= Math.max(at, x[0])))]));
    return `Your sketch is ${(apart.reduce((sum, value) => sum + value, 0) / apart.length).toFixed(3)} away from the test curve in the mean.`;
  }
}

// @ts-check
/** Lines over epochs, drawn by uPlot: fixed axes, values under the pointer or by arrow keys, a zoom that several charts share. */
import uPlot from "uplot";
import {element, format, svg, whenThemeChanges} from "./dom.js";

/**
 * @typedef {{x: number[], y: number[], name: string, colour: Colour, stroke?: Stroke, width?: number, mark?: string}} Line
 *   `mark` stands at its end
 * @typedef {{x: number[], low: number[], high: number[], colour: Colour}} Band
 * @typedef {"a" | "b" | "quiet" | "sketch"} Colour of the style sheet: the roles of lines, not their looks
 * @typedef {"solid" | "dashed" | "dotted"} Stroke
 */

const FONT = '12px system-ui, -apple-system, "Segoe UI", sans-serif';
/** @type {Record<Stroke, number[]>} */
const DASHES = {solid: [], dashed: [7, 4], dotted: [2, 3]};

let zooms = 0;

/** The part of the epochs that charts show together. */
export class Zoom {
  key = `playground-zoom-${(zooms += 1)}`;
  /** @type {Chart[]} */
  charts = [];
  /** @type {[number, number] | undefined} */
  range = undefined;

  /** @param {[number, number] | undefined} range nothing for all */
  set(range) {
    this.range = range && range[1] - range[0] >= 2 ? range : undefined;
    for (const chart of this.charts) chart.refresh();
  }

  /** Show more or less, around a place. @param {number} factor @param {number} around @param {number} end */
  by(factor, around, end) {
    const [from, to] = this.range ?? [0, end], width = Math.min(end, (to - from) * factor);
    const begin = Math.max(0, Math.min(end - width, around - width * ((around - from) / (to - from))));
    this.set(width >= end ? undefined : [begin, begin + width]);
  }
}

export class Chart {
  /**
   * @param {string} title
   * @param {{low?: number, high: number, grows?: boolean, xlabel?: string, note?: string, zoom?: Zoom}} options where the vertical
   *   axis begins and ends, and whether it ends further up as values ask for it; `note` is a sentence below the title
   */
  constructor(title, {low = 0, high, grows = true, xlabel = "epoch", note = "", zoom}) {
    this.title = title;
    this.first = {low, high};
    this.range = {low, high};
    this.grows = grows;
    this.xlabel = xlabel;
    this.zoom = zoom;
    zoom?.charts.push(this);
    /** @type {Line[]} */
    this.lines = [];
    /** @type {Band[]} */
    this.bands = [];
    this.end = 1;
    /** Where the pointer or the keys are. @type {number | undefined} */
    this.at = undefined;
    /** @type {uPlot | undefined} */
    this.plot = undefined;
    this.made = "";
    this.place = element("div", {class: "playground-plot", tabindex: "0", role: "slider", "aria-label": `${title}, values along the curves`, "aria-valuemin": "0", keydown: (event) => this.key(event)});
    this.legend = element("ul", {class: "playground-legend"});
    this.where = element("span", {class: "playground-where"});
    this.all = element("button", {type: "button", class: "playground-small", hidden: true, click: () => zoom?.set(undefined)}, "All epochs");
    this.figure = element(
      "figure",
      {class: "playground-chart"},
      element("figcaption", {}, element("strong", {}, title), note ? ` ${note}` : "", " ", this.where, this.all),
      this.place,
      this.legend,
    );
    new ResizeObserver(() => this.size()).observe(this.place);
    whenThemeChanges(() => {
      this.made = "";
      this.refresh();
    });
  }

  /**
   * @param {Line[]} lines a value that is not a number ends its line
   * @param {Band[]} bands
   * @param {number} end of the horizontal axis
   */
  draw(lines, bands, end) {
    this.lines = lines.map((line) => {
      const broken = line.y.findIndex((value) => !Number.isFinite(value));
      return broken < 0 ? line : {...line, x: line.x.slice(0, broken), y: line.y.slice(0, broken)};
    });
    this.bands = bands;
    this.end = end;
    for (const {y} of this.lines) for (const value of y) this.reach(value);
    this.refresh();
  }

  /** Let the vertical axis reach a value. @param {number} value */
  reach(value) {
    const {range} = this;
    while (value < range.low && range.low > -1e6) range.low = value < 0 ? Math.min(-0.1, 2 * range.low) : Math.max(0, range.low - 0.1);
    while (this.grows && value > range.high && range.high < 1e6) range.high *= 2;
  }

  /** Begin anew with the axes. */
  reset() {
    this.range = {...this.first};
  }

  refresh() {
    if (!this.place.clientWidth) return;
    const shape = JSON.stringify([this.lines.map(({colour, stroke, width, name}) => [colour, stroke, width, name]), this.bands.map(({colour}) => colour)]);
    if (shape !== this.made) this.build(shape);
    this.plot?.setData(this.joined());
    this.all.toggleAttribute("hidden", !this.zoom?.range);
    this.read();
  }

  /** The lines and ends of bands on one axis. @returns {uPlot.AlignedData} */
  joined() {
    const bands = this.bands.flatMap(({x, low, high}) => [[x, low], [x, high]]), lines = this.lines.map(({x, y}) => [x, y]);
    const joined = uPlot.join(/** @type {uPlot.AlignedData[]} */ ([[[0, this.end], [null, null]], ...bands, ...lines]));
    return /** @type {uPlot.AlignedData} */ (joined.filter((_, index) => index !== 1));
  }

  /** @param {string} shape */
  build(shape) {
    this.plot?.destroy();
    this.made = shape;
    const style = getComputedStyle(this.place), css = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const text = css("--pst-color-text-base") || "#222", grid = css("--pst-color-border") || "#ccc";
    const axis = {stroke: text, font: FONT, labelFont: FONT, ticks: {show: false}, border: {show: true, stroke: grid, width: 1}};
    const drawn = this.lines.map(({colour, stroke = "solid", width = 2}, index) => ({
      stroke: css(`--playground-${colour}`), dash: DASHES[stroke], width, spanGaps: true,
      // One value alone makes no line.
      points: {show: () => this.lines[index]?.x.length === 1, size: 7, width: 0, fill: css(`--playground-${colour}`)},
    }));
    const hidden = {width: 0, spanGaps: true, points: {show: false}};
    this.plot = new uPlot(
      {
        width: this.place.clientWidth,
        height: this.height(),
        padding: [8, 22, 0, 4],
        legend: {show: false},
        cursor: {drag: {x: Boolean(this.zoom), y: false, setScale: false}, points: {show: false}, ...(this.zoom && {sync: {key: this.zoom.key}})},
        scales: {x: {time: false, range: () => this.zoom?.range ?? [0, this.end]}, y: {range: () => [this.range.low, this.range.high]}},
        axes: [
          {...axis, label: this.xlabel, labelSize: 18, size: 26, gap: 4, space: 56, grid: {show: false}, values: (_, at) => at.map((value) => value.toLocaleString("en"))},
          {...axis, size: (_, values) => 12 + 7 * Math.max(2, ...(values ?? []).map((one) => one.length)), gap: 4, space: 36, grid: {stroke: grid, width: 0.5}, values: (_, at) => at.map((value) => value.toLocaleString("en", {maximumSignificantDigits: 4}))},
        ],
        series: [{}, ...this.bands.flatMap(() => [hidden, hidden]), ...drawn],
        bands: this.bands.map(({colour}, index) => ({series: /** @type {[number, number]} */ ([2 * index + 2, 2 * index + 1]), fill: css(`--playground-${colour}-band`)})),
        hooks: {
          setCursor: [(plot) => this.point(plot.cursor.left !== undefined && plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : undefined)],
          setSelect: [(plot) => {
            if (plot.select.width > 4) this.zoom?.set([plot.posToVal(plot.select.left, "x"), plot.posToVal(plot.select.left + plot.select.width, "x")]);
            plot.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
          }],
          draw: [(plot) => this.mark(plot, css)],
        },
      },
      this.joined(),
      this.place,
    );
    this.plot.over.addEventListener("dblclick", () => this.zoom?.set(undefined));
    this.legend.replaceChildren(
      ...this.lines.map(({name, colour, stroke = "solid", width = 2}) =>
        element("li", {}, svg("svg", {viewBox: "0 0 28 8", "aria-hidden": "true"},
          svg("line", {x1: 1, y1: 4, x2: 27, y2: 4, "stroke-width": width, "stroke-dasharray": DASHES[stroke].join(" "), style: `stroke: var(--playground-${colour})`})), ` ${name} `, element("b", {})),
      ),
    );
  }

  height() {
    return this.place.clientWidth > 520 ? 230 : 200;
  }

  size() {
    if (!this.plot) return this.refresh();
    if (this.place.clientWidth && this.place.clientWidth !== this.plot.width) this.plot.setSize({width: this.place.clientWidth, height: this.height()});
  }

  /** Write their marks at the ends of lines. @param {uPlot} plot @param {(name: string) => string} css */
  mark(plot, css) {
    const {ctx} = plot;
    ctx.save();
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textBaseline = "middle";
    for (const {mark, colour, x, y} of this.lines) {
      if (!mark || !x.length) continue;
      const [from, to] = this.zoom?.range ?? [0, this.end];
      let last = x.length - 1;
      while (last > 0 && x[last] > to) last--;
      if (x[last] < from) continue;
      ctx.fillStyle = css(`--playground-${colour}`);
      ctx.fillText(mark, plot.valToPos(x[last], "x", true) + 3, plot.valToPos(y[last], "y", true));
    }
    ctx.restore();
  }

  /** @param {number | undefined} at an epoch, or nothing when the pointer is elsewhere */
  point(at) {
    this.at = at;
    this.read();
  }

  /** Say the values where the pointer is, or else the last ones. */
  read() {
    const at = this.at === undefined ? Infinity : this.at;
    /** @type {string[]} */
    const words = [];
    let where = 0;
    const values = this.legend.querySelectorAll("b");
    this.lines.forEach(({x, y, name, mark}, index) => {
      const place = nearest(x, at);
      if (place >= 0 && !mark) where = Math.max(where, x[place]);
      const value = place < 0 ? "" : format(y[place]);
      if (values[index]) values[index].textContent = value;
      words.push(`${name} ${value || "none yet"}`);
    });
    where = Math.round(10 * where) / 10;
    const place = this.at === undefined ? "" : `${this.xlabel} ${format(where)}`;
    this.where.textContent = place;
    this.place.setAttribute("aria-valuemax", String(this.end));
    this.place.setAttribute("aria-valuenow", String(Math.min(this.end, Math.round(where))));
    this.place.setAttribute("aria-valuetext", `${this.xlabel} ${where.toLocaleString("en")}: ${words.join(", ")}`);
  }

  /** Arrow keys lead along the curves; plus and minus zoom; Escape lets go. @param {KeyboardEvent} event */
  key(event) {
    const {plot, end} = this, [from, to] = this.zoom?.range ?? [0, end], step = (to - from) / (event.shiftKey ? 10 : 50);
    const last = Math.max(0, ...this.lines.map(({x}) => x[x.length - 1] ?? 0)), now = this.at ?? last;
    const moves = /** @type {Record<string, number>} */ ({ArrowLeft: now - step, ArrowRight: now + step, Home: from, End: last});
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) {
      const at = Math.min(to, Math.max(from, moves[event.key]));
      plot.setCursor({left: plot.valToPos(at, "x"), top: plot.over.clientHeight / 2});
    } else if ("+-".includes(event.key) && this.zoom) {
      this.zoom.by(event.key === "+" ? 0.5 : 2, now, end);
    } else if (event.key === "Escape") {
      plot.setCursor({left: -10, top: -10});
      this.zoom?.set(undefined);
    } else return;
    event.preventDefault();
  }
}

/** The place of the value nearest to another in a rising list; -1 if it is empty. @param {number[]} values @param {number} to */
function nearest(values, to) {
  let low = 0, high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < to) low = middle + 1;
    else high = middle;
  }
  return low > 0 && values.length && to - values[low - 1] < values[low] - to ? low - 1 : values.length ? low : -1;
}

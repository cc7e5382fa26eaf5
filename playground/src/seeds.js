// @ts-check
/** The paired differences over seeds, with their interval and what it says by the course's rule. */
import {interval, reading, SEEDS, SMALLEST} from "./compare.js";
import {element, signed, svg} from "./dom.js";

/** Of the picture at most, so that its text is never smaller than it is written. */
const WIDEST = 520;
const SIDE = 12, ROW = 13, TOP = 8;

export class SeedsView {
  constructor() {
    this.picture = svg("svg", {role: "img", class: "playground-differences"});
    this.words = element("p", {role: "status"});
    this.figure = element(
      "figure",
      {},
      element("figcaption", {}, element("strong", {}, "B − A over seeds"), " The difference of the test accuracies, pair by pair; their mean and its 95\u00a0% interval."),
      this.picture,
      this.words,
    );
  }

  /**
   * @param {number[]} differences of the pairs that have arrived, B minus A
   * @param {number} planned how many pairs there will be
   * @param {number} epochs
   */
  draw(differences, planned, epochs) {
    const width = Math.min(WIDEST, this.figure.clientWidth || WIDEST);
    const rows = Math.max(planned, differences.length), height = TOP + rows * ROW + 66, axis = TOP + rows * ROW + 30;
    const all = differences.length ? interval(differences) : undefined, sure = all && all.n > 1;
    const most = Math.max(0.05, ...differences.map(Math.abs), ...(sure ? [Math.abs(all.low), Math.abs(all.high)].map((end) => Math.min(end, 0.3)) : []));
    const reach = Math.ceil(most * 20) / 20, x = (/** @type {number} */ value) => width / 2 + (Math.max(-reach, Math.min(reach, value)) / reach) * (width / 2 - SIDE - 20);
    /** @type {SVGElement[]} */
    const parts = [
      svg("rect", {x: x(-SMALLEST), width: x(SMALLEST) - x(-SMALLEST), y: TOP - 4, height: axis - TOP + 4, class: "playground-small-band"}),
      svg("line", {x1: x(0), x2: x(0), y1: TOP - 4, y2: axis, class: "playground-zero"}),
      svg("line", {x1: x(-reach), x2: x(reach), y1: axis, y2: axis, class: "playground-zero"}),
      ...[-reach, -reach / 2, 0, reach / 2, reach].map((at) => svg("text", {x: x(at), y: axis + 16, "text-anchor": "middle"}, at ? signed(at, 3).replace(/0+$/, "") : "0")),
      svg("text", {x: x(-reach), y: axis + 28 + 2, "text-anchor": "start"}, "A better"),
      svg("text", {x: x(reach), y: axis + 28 + 2, "text-anchor": "end"}, "B better"),
      ...differences.map((value, index) => svg("circle", {cx: x(value), cy: TOP + (index + 0.5) * ROW, r: 4.5, class: value > 0 ? "playground-dot-b" : value < 0 ? "playground-dot-a" : "playground-dot-0"})),
    ];
    if (all) {
      const y = TOP + rows * ROW + 14;
      if (sure) parts.push(svg("line", {x1: x(all.low), x2: x(all.high), y1: y, y2: y, class: "playground-interval"}));
      parts.push(svg("path", {d: `M${x(all.mean)} ${y - 7}l6 7l-6 7l-6 -7z`, class: "playground-mean"}));
    }
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.replaceChildren(...parts);
    const words = this.say(differences, planned, epochs);
    this.picture.setAttribute("aria-label", words);
    if (this.words.textContent !== words) this.words.textContent = words;
  }

  /** @param {number[]} differences @param {number} planned @param {number} epochs */
  say(differences, planned, epochs) {
    const n = differences.length;
    if (!n) return "No pair has arrived yet.";
    if (n === 1) return `One pair: B − A = ${signed(differences[0])}. One pair says nothing about the next.`;
    const all = interval(differences);
    const mean = `After ${epochs.toLocaleString("en")} epochs, ${n} of ${planned} seeds: B − A = ${signed(all.mean)} in the mean, 95\u00a0% interval ${signed(all.low)} to ${signed(all.high)}.`;
    // Whoever looks after each pair and stops when it pleases finds differences that are none.
    if (n < planned || n < SEEDS) return `${mean} It is read when ${Math.max(planned, SEEDS)} pairs are there.`;
    return `${mean} Is B better by ${SMALLEST} or more? By the course's rule: ${reading(all)}.`;
  }
}

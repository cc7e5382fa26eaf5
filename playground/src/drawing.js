// @ts-check
/** Points drawn by hand on the picture of the plane: by mouse, finger or keys. */
import {decode, encode, MOST_DRAWN} from "./data.js";
import {button, element} from "./dom.js";

/** @typedef {{x: number, y: number, label: number}} Point */

const TOOLS = {circle: "● Circles", square: "■ Squares", erase: "Erase"};
/** How near points of one stroke may lie, how far the eraser reaches, and a step of the arrow keys. */
const STEP = 0.09;

export class Drawing {
  /** @type {Point[]} */
  points = [];
  tool = "circle";
  /** Where the keys are. */
  cursor = {x: 0, y: 0};

  /** @param {HTMLCanvasElement} canvas shows the plane @param {() => number} reach how far from its middle @param {(drawn: string) => string} changed takes the points as written, or says why they cannot be */
  constructor(canvas, reach, changed) {
    this.canvas = canvas;
    this.reach = reach;
    this.changed = changed;
    this.cross = element("span", {class: "playground-cross", hidden: true});
    this.pad = element("div", {class: "playground-pad"}, canvas, this.cross);
    this.count = element("span", {role: "status"});
    this.tools = Object.entries(TOOLS).map(([tool, words]) => button(words, () => this.choose(tool), {"aria-pressed": String(tool === this.tool)}));
    this.bar = element(
      "div",
      {class: "playground-bar", hidden: true, role: "group", "aria-label": "Draw points"},
      ...this.tools,
      button("Clear", () => this.put([])),
      this.count,
    );
    canvas.addEventListener("pointerdown", (event) => this.open() && (canvas.setPointerCapture(event.pointerId), this.stroke(event)));
    canvas.addEventListener("pointermove", (event) => this.open() && event.buttons && this.stroke(event));
    canvas.addEventListener("pointerup", () => this.open() && this.put(this.points));
    canvas.addEventListener("keydown", (event) => this.open() && this.key(event));
    canvas.addEventListener("blur", () => this.cross.toggleAttribute("hidden", true));
    /** Called with points that are not yet in the setting, to show them. @type {(points: Point[]) => void} */
    this.preview = () => {};
  }

  open() {
    return !this.bar.hidden;
  }

  /** @param {boolean} open @param {string} drawn */
  show(open, drawn) {
    this.bar.toggleAttribute("hidden", !open);
    this.pad.classList.toggle("playground-drawing", open);
    if (open) {
      this.points = decode(drawn) ?? [];
      this.canvas.setAttribute("tabindex", "0");
      this.say();
    } else this.canvas.removeAttribute("tabindex");
  }

  say() {
    this.count.textContent = `${this.points.length} of at most ${MOST_DRAWN} points. Tap the picture; with keys: arrows, then Enter.`;
  }

  /** @param {string} tool */
  choose(tool) {
    this.tool = tool;
    Object.keys(TOOLS).forEach((one, index) => this.tools[index].setAttribute("aria-pressed", String(one === tool)));
  }

  /** @param {Point[]} points */
  put(points) {
    this.points = points;
    this.say();
    const why = this.changed(encode(points));
    if (!why) return;
    this.preview(points);
    this.count.textContent = why;
  }

  /** @param {PointerEvent} event */
  stroke(event) {
    const box = this.canvas.getBoundingClientRect(), reach = this.reach();
    this.mark(reach * ((2 * (event.clientX - box.left)) / box.width - 1), reach * (1 - (2 * (event.clientY - box.top)) / box.height));
    event.preventDefault();
  }

  /** @param {number} x @param {number} y */
  mark(x, y) {
    const far = (/** @type {Point} */ point) => Math.hypot(point.x - x, point.y - y) > STEP;
    if (this.tool === "erase") this.points = this.points.filter(far);
    else if (this.points.every(far) && this.points.length < MOST_DRAWN) this.points = [...this.points, {x, y, label: Number(this.tool === "square")}];
    this.say();
    this.preview(this.points);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key], reach = this.reach();
    if (step) {
      const [x, y] = step.map((by, axis) => Math.max(-reach, Math.min(reach, (axis ? this.cursor.y : this.cursor.x) + by * STEP)));
      this.cursor = {x, y};
      this.cross.toggleAttribute("hidden", false);
      this.cross.style.left = `${50 + (50 * x) / reach}%`;
      this.cross.style.top = `${50 - (50 * y) / reach}%`;
    } else if (event.key === "Enter" || event.key === " ") {
      this.mark(this.cursor.x, this.cursor.y);
      this.put(this.points);
    } else return;
    event.preventDefault();
  }
}

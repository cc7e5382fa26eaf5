// @ts-check
/** Redraw the world: twenty draws of the points, a network trained on each, and their borders laid over one another. */
import {brush, button, element} from "./dom.js";
import {border, grid, reachOf, traceBorder} from "./region.js";
import {Training} from "./training.js";

/** @typedef {import("./training.js").Setting} Setting */

export const DRAWS = 20;
const SIDE = 440;

export class World {
  /** How many draws are drawn, and of how many epochs each. */
  done = 0;
  epochs = 0;
  /** Which drawing is the newest. */
  turn = 0;

  /** @param {() => void} start asks for `redraw` with what is to be redrawn */
  constructor(start) {
    this.start = button(`Redraw the world: ${DRAWS} draws`, start);
    this.words = element("p", {role: "status"});
    this.pictures = element("div", {class: "playground-worlds"});
    this.box = element(
      "section",
      {"aria-label": "Redraw the world"},
      element("p", {}, element("strong", {}, "Would another draw of the points have given another border?"), ` Train on ${DRAWS} draws, and lay the borders over one another.`),
      this.start,
      this.pictures,
      this.words,
    );
  }

  /** Begin; gives the work. @param {{name: string, colour: string, setting: Setting}[]} sides @param {number} epochs */
  redraw(sides, epochs) {
    this.done = 0;
    this.epochs = epochs;
    const canvases = sides.map(({name}) => {
      const canvas = element("canvas", {width: SIDE, height: SIDE, role: "img", class: "playground-world", "aria-label": `${name}: no border yet`});
      this.pictures.append(element("figure", {}, element("figcaption", {}, name), canvas));
      return canvas;
    });
    this.pictures.replaceChildren(...canvases.map((canvas) => /** @type {HTMLElement} */ (canvas.parentElement)));
    this.turn += 1;
    this.say();
    return this.borders(sides.map((side, index) => ({...side, canvas: canvases[index]})), this.turn);
  }

  /** Forget what was drawn, since it is of another setting. */
  clear() {
    this.turn += 1;
    this.pictures.replaceChildren();
    this.words.textContent = "";
  }

  say() {
    this.words.textContent = this.done < DRAWS ? `${this.done} of ${DRAWS} draws.` : `Where the lines lie together, any draw of the points gives that border; where they scatter, it is luck. ${DRAWS} draws, ${this.epochs.toLocaleString("en")} epochs each.`;
  }

  /** @param {{name: string, colour: string, setting: Setting, canvas: HTMLCanvasElement}[]} sides @param {number} turn @returns {Generator<undefined, void>} */
  *borders(sides, turn) {
    for (let draw = 1; draw <= DRAWS; draw++) {
      for (const {name, colour, setting, canvas} of sides) {
        const drawn = {...setting, data: {...setting.data, redraw: true}}, run = new Training(drawn, setting.seed + draw, false);
        while (run.epochs < this.epochs) {
          run.advance();
          yield undefined;
          if (turn !== this.turn) return;
        }
        const asking = run.probabilities(grid(reachOf(setting.data)));
        let answer = asking.next();
        for (; !answer.done; answer = asking.next()) yield undefined;
        const context = brush(canvas);
        context.strokeStyle = getComputedStyle(canvas).getPropertyValue(`--playground-${colour}`);
        context.globalAlpha = 0.55;
        context.lineWidth = 2;
        traceBorder(context, border(answer.value), SIDE);
        canvas.setAttribute("aria-label", `${name}: the borders of ${draw} networks, each trained on a draw of its own`);
      }
      this.done = draw;
      this.say();
      yield undefined;
    }
  }
}

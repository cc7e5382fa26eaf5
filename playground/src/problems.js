// @ts-check
/** The problems as pictures, to choose from. */
import {drawPoints as draw} from "./data.js";
import {brush, button, element} from "./dom.js";
import {drawPoints, reachOf} from "./region.js";
import {DEFAULT} from "./settings.js";
import {PROBLEMS} from "./words.js";

const SIDE = 112;

/** @param {(kind: string) => void} choose */
export function makeProblems(choose) {
  const kinds = Object.keys(PROBLEMS);
  const buttons = kinds.map((kind) => {
    const picture = element("canvas", {width: SIDE, height: SIDE, "aria-hidden": "true"});
    if (kind === "drawn") pencil(picture);
    else {
      const data = {...DEFAULT.data, kind, points: 90, noise: 0.05, train: 0.98};
      drawPoints(brush(picture), draw(data), reachOf(data), (x, y) => [x, y], 0.028);
    }
    const made = button("", () => choose(kind), {"aria-pressed": "false", class: "playground-problem"});
    made.append(picture, element("span", {}, PROBLEMS[kind]));
    return made;
  });
  const box = element("div", {class: "playground-problems", role: "group", "aria-label": "Problem"}, ...buttons);
  return {box, show: (/** @type {string} */ kind) => buttons.forEach((one, index) => one.setAttribute("aria-pressed", String(kinds[index] === kind)))};
}

/** @param {HTMLCanvasElement} canvas */
function pencil(canvas) {
  const context = brush(canvas);
  context.lineWidth = 5;
  context.lineCap = "round";
  context.strokeStyle = "#767676";
  context.beginPath();
  context.moveTo(24, 80);
  context.bezierCurveTo(40, 20, 70, 100, 90, 34);
  context.stroke();
}

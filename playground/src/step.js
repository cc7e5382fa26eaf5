// @ts-check
/** Loss and gradient along the next step of the optimizer: how far ahead does a gradient tell the truth? */
import {Chart} from "./chart.js";
import {element} from "./dom.js";
import {backward, build, crossEntropy, forward, parameters} from "./network.js";
import {Updates} from "./optimizers.js";

/** @typedef {import("./training.js").Training} Training @typedef {{loss: number, gradients: Float32Array[]}} Probe */
/** @typedef {{at: number[], loss: number[], change: number[]}} Along at each multiple of the step: the loss, and how far the gradient is from the first, as a share of it */

/** Multiples of the step that are looked at. */
export const MULTIPLES = Array.from({length: 13}, (_, index) => index / 3);

/**
 * Loss and gradients of a run's last batch in training mode, with given parameters. Masks and noise are the same at each call, so that
 * nothing but the parameters differs; the run itself is left alone.
 * @param {Training} run
 * @param {Float32Array[]} values
 * @returns {Probe}
 */
export function probe({setting, seed, batch: {x, y, count}}, values) {
  const layers = build(setting, seed), own = parameters(layers);
  own.forEach(({value}, index) => value.set(values[index]));
  const logits = forward(layers, x, count, "training");
  let loss = 0;
  for (let row = 0; row < count; row++) loss += crossEntropy(logits[row], y[row]) / count;
  backward(layers, x, y, count);
  return {loss, gradients: own.map(({gradient}) => gradient)};
}

/** What the optimizer would add to the parameters next, after these gradients. @param {Training} run @param {Float32Array[]} gradients */
export function nextStep({setting, updates}, gradients) {
  const values = updates.parameters.map(({value}) => value.slice());
  const copy = new Updates(setting.optimizer, values.map((value, index) => ({value, gradient: gradients[index]})));
  copy.step = updates.step;
  copy.memory = updates.memory.map((all) => all.map((one) => one.slice()));
  copy.apply();
  return values.map((value, index) => value.map((one, at) => one - updates.parameters[index].value[at]));
}

/** @param {Float32Array[]} one @param {Float32Array[]} [other] */
function distance(one, other) {
  let sum = 0;
  one.forEach((values, index) => values.forEach((value, at) => (sum += (value - (other?.[index][at] ?? 0)) ** 2)));
  return Math.sqrt(sum);
}

/** In pieces, between which the run may go on: what follows is of where it stood. @param {Training} run @returns {Generator<undefined, Along>} */
export function* alongStep(run) {
  const begin = run.updates.parameters.map(({value}) => value.slice()), first = probe(run, begin), step = nextStep(run, first.gradients);
  const frozen = /** @type {Training} */ ({setting: run.setting, seed: run.seed, batch: run.batch}), size = distance(first.gradients) || 1;
  /** @type {Along} */
  const along = {at: [], loss: [], change: []};
  for (const multiple of MULTIPLES) {
    yield undefined;
    const {loss, gradients} = probe(frozen, begin.map((values, index) => values.map((value, at) => value + multiple * step[index][at])));
    along.at.push(multiple);
    along.loss.push(loss);
    along.change.push(distance(gradients, first.gradients) / size);
  }
  return along;
}

export class StepView {
  constructor() {
    this.loss = new Chart("Loss along the next step", {high: 2, xlabel: "steps", note: "as a share of the loss before it. At 1 stands the step that the optimizer takes next."});
    this.change = new Chart("Change of the gradient along it", {high: 2, xlabel: "steps", note: "How far the gradient is from the one before the step, as a share of that. At 0 the gradient told the truth."});
    this.place = element("div", {class: "playground-views"}, this.loss.figure, this.change.figure);
    /** Of which runs, after how many updates, and which look is the newest. */
    this.turn = 0;
  }

  /** Look along the next step of each run. @param {["a" | "b", Training][]} runs @returns {Generator<undefined, void>} */
  *look(runs) {
    const turn = (this.turn += 1), many = runs.length > 1;
    /** @type {import("./chart.js").Line[][]} */
    const lines = [[], []];
    for (const [side, run] of runs) {
      if (!run.batch.count) continue;
      const looking = alongStep(run);
      let found = looking.next();
      for (; !found.done; found = looking.next()) {
        yield undefined;
        if (turn !== this.turn) return;
      }
      const {at, loss, change} = found.value, name = many ? side.toUpperCase() : "", first = loss[0] || 1;
      lines[0].push({x: at, y: loss.map((value) => value / first), name: name || "loss", colour: side});
      lines[1].push({x: at, y: change, name: name || "gradient", colour: side});
    }
    [this.loss, this.change].forEach((chart, index) => {
      chart.reset();
      chart.draw(lines[index], [], MULTIPLES[MULTIPLES.length - 1]);
    });
  }
}

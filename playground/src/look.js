// @ts-check
/** What is inside a network: which units matter most, what they say of the plane, and what each layer receives. */
import {forward} from "./network.js";
import {grid, reachOf} from "./region.js";

/** @typedef {import("./training.js").Training} Training @typedef {import("./network.js").Mode} Mode @typedef {import("./network.js").Dense} Dense */
/**
 * @typedef {{index: number, values: Float32Array, share: number, dropped: boolean, weights: number[]}} Unit what it gives to the next
 *   layer, place by place; its `share` in what the next layer receives, by which it was chosen; its `weights` to the shown units there
 * @typedef {{of: number, units: Unit[]}} Column the units that are shown, and of how many
 * @typedef {{counts: number[], reach: number, mean: number, sd: number}} Spread of values, from -reach to reach
 * @typedef {Spread & {name: string}} Passed values at one place of the network, which `name` says
 * @typedef {{columns: Column[], incoming: number[][], passed: Passed[], output: Float32Array}} Look `incoming` are the weights of the
 *   two inputs to the shown units of the first layer, `output` is the logit
 */

/** Units of a layer that are shown, places on a side of their pictures, and bars of a histogram. */
export const SHOWN = 6;
export const PLACES = 24;
export const BARS = 40;

/** Points of the training set that are looked at, at most. */
const MOST = 200;

/**
 * Look inside a network, in pieces between which the page can answer and in which nobody may train it.
 * @param {Training} run
 * @param {Mode} mode
 * @param {number[][]} before the units that were shown, layer by layer; they stay unless another one says much more
 * @returns {Generator<undefined, Look>}
 */
export function* lookInside(run, mode, before) {
  const {layers, sets, setting} = run, dense = /** @type {Dense[]} */ (layers.filter(({kind}) => kind === "dense"));
  const rows = Math.min(sets.train.count, MOST);
  /** What each dense layer received: all values, and unit by unit their sums and sums of squares. */
  const seen = dense.map(({inputs}) => ({values: new Float32Array(rows * inputs), sums: new Float64Array(inputs), squares: new Float64Array(inputs)}));
  /** What batch normalization received and, before an activation, gave; behind one, the next layer receives that. @type {Map<import("./network.js").Layer, Float32Array[]>} */
  const normalized = new Map(layers.filter(({kind}) => kind === "normalization").map((layer) => [layer, Array.from({length: setting.normalization.place === "before" ? 2 : 1}, () => new Float32Array(rows * layer.size))]));
  // Units are chosen by what they say in inference: a unit that is dropped says nothing, and has to be seen all the same.
  for (const pass of new Set(/** @type {Mode[]} */ (["inference", mode]))) {
    for (const [start, count] of run.parts(rows)) {
      forward(layers, sets.train.x.subarray(2 * start, 2 * (start + count)), count, pass, (layer, received, gave) => {
        normalized.get(layer)?.forEach((values, place) => values.set([received, gave][place].subarray(0, count * layer.size), start * layer.size));
        if (layer.kind !== "dense") return;
        const {values, sums, squares} = seen[dense.indexOf(layer)], {inputs} = layer;
        values.set(received.subarray(0, count * inputs), start * inputs);
        for (let at = 0; at < count * inputs && pass === "inference"; at++) {
          sums[at % inputs] += received[at];
          squares[at % inputs] += received[at] ** 2;
        }
      });
      yield undefined;
    }
  }
  const chosen = dense.slice(1).map((layer, index) => {
    const {sums, squares} = seen[index + 1];
    const shares = Array.from(sums, (sum, unit) => Math.sqrt(Math.max(0, squares[unit] / rows - (sum / rows) ** 2)) * norm(layer, unit));
    return {shares, units: choose(shares, before[index] ?? [])};
  });
  const places = grid(reachOf(setting.data), PLACES), inputs = run.given({x: places, y: places, count: PLACES ** 2}).x;
  const columns = chosen.map(({shares, units}, index) => ({
    of: shares.length,
    units: units.map((unit) => ({
      index: unit, values: new Float32Array(PLACES ** 2), share: shares[unit], dropped: false,
      weights: (chosen[index + 1]?.units ?? [0]).map((to) => dense[index + 1].kernel[unit * dense[index + 1].size + to]),
    })),
  }));
  const output = new Float32Array(PLACES ** 2);
  for (const [start, count] of run.parts(PLACES ** 2)) {
    const logits = forward(layers, inputs.subarray(2 * start, 2 * (start + count)), count, mode, (layer, received) => {
      const index = layer.kind === "dense" ? dense.indexOf(layer) - 1 : -1;
      if (index < 0) return;
      for (const {index: unit, values} of columns[index].units) for (let row = 0; row < count; row++) values[start + row] = received[row * columns[index].of + unit];
    });
    output.set(logits.subarray(0, count), start);
    yield undefined;
  }
  if (mode === "frozen") mark(run, columns);
  const incoming = [0, 1].map((input) => columns[0].units.map(({index}) => dense[0].kernel[input * dense[0].size + index]));
  return {columns, incoming, passed: passed(run, seen.map(({values}) => values), normalized), output};
}

/**
 * What passes through a network, in the order in which it does.
 * @param {Training} run
 * @param {Float32Array[]} received by each dense layer
 * @param {Map<import("./network.js").Layer, Float32Array[]>} normalized
 * @returns {Passed[]}
 */
function passed({layers, setting}, received, normalized) {
  let at = 0;
  return layers.flatMap((layer) => {
    if (layer.kind === "dense") return [{name: `${at + 1 < received.length ? `layer ${at + 1}` : "the output"} receives`, ...spread(received[at++])}];
    const of = setting.normalization.place === "input" ? "on the inputs" : `of layer ${at}`;
    return (normalized.get(layer) ?? []).map((values, place) => ({name: `batch normalization ${of} ${["receives", "gives"][place]}`, ...spread(values)}));
  });
}

/** Which units the last mask dropped for the first point of its batch. @param {Training} run @param {Column[]} columns */
function mark({layers}, columns) {
  let column = -1;
  for (const layer of layers) {
    if (layer.kind === "dense") column += 1;
    if (layer.kind === "dropout" && column >= 0 && layer.rows) for (const unit of columns[column].units) unit.dropped = layer.mask[unit.index] === 0;
  }
}

/** How much a layer listens to one of its inputs. @param {Dense} layer @param {number} unit */
function norm({kernel, size}, unit) {
  let sum = 0;
  for (let at = unit * size; at < (unit + 1) * size; at++) sum += kernel[at] ** 2;
  return Math.sqrt(sum);
}

/** Those of the largest shares, in the order of the layer; those shown before stay unless another is half as large again. @param {number[]} shares @param {number[]} before */
function choose(shares, before) {
  const worth = (/** @type {number} */ unit) => shares[unit] * (before.includes(unit) ? 1.5 : 1);
  return [...shares.keys()].sort((one, other) => worth(other) - worth(one)).slice(0, SHOWN).sort((one, other) => one - other);
}

/** How values are spread; those beyond the reach count at its ends. @param {Float32Array} values @returns {Spread} */
export function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  // A power of two, so that the axis stands still while the values drift a little.
  const reach = 2 ** Math.max(-12, Math.min(20, Math.ceil(Math.log2(Math.abs(mean) + 2 * sd || 1))));
  const counts = new Array(BARS).fill(0);
  for (const value of values) counts[Math.max(0, Math.min(BARS - 1, Math.floor(((value / reach + 1) / 2) * BARS))) || 0] += 1 / values.length;
  return {counts, reach, mean, sd};
}

// @ts-check
/** Two-dimensional problems with two classes. */
import {Random} from "./random.js";

/**
 * @typedef {{x: Float32Array, y: Float32Array, count: number}} Points inputs (count × 2, row by row) and classes, 0 or 1
 */

/**
 * Each shape gives a point without noise. `place` runs from 0 to 1 within a class.
 * @type {Record<string, (label: number, place: number, random: Random) => [number, number]>}
 */
const SHAPES = {
  // As scikit-learn's make_circles with its factor of 0.8: class 1 is the inner ring.
  circles: (label, place) => on(label ? 0.8 : 1, 2 * Math.PI * place),
  // As scikit-learn's make_moons, moved to the middle and scaled to the size of the rings.
  moons: (label, place) => {
    const [x, y] = on(1, Math.PI * place);
    return label ? [(0.5 - x) / 1.5, (0.25 - y) / 1.5] : [(x - 0.5) / 1.5, (y - 0.25) / 1.5];
  },
  // Class 1 where both inputs have one sign.
  xor: (label, place, random) => {
    const [x, y] = [random.uniform(), random.uniform()];
    const left = place < 0.5 ? -1 : 1;
    return [left * x, (label ? left : -left) * y];
  },
  spirals: (label, place) => on(0.1 + 0.9 * place, 3 * Math.PI * place + (label ? Math.PI : 0)),
};

export const KINDS = Object.keys(SHAPES);

/** @param {number} radius @param {number} angle @returns {[number, number]} */
function on(radius, angle) {
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/**
 * Draw points, half of them of each class, in random order.
 * @param {{kind: string, points: number, noise: number, seed: number, train: number}} setting `noise` is a standard deviation,
 *   `train` the share of the points to train on
 * @returns {{train: Points, test: Points}}
 */
export function drawPoints({kind, points, noise, seed, train}) {
  const random = new Random(1, seed);
  const shape = SHAPES[kind];
  const first = Math.ceil(points / 2);
  const all = Array.from({length: points}, (_, index) => {
    const label = index < first ? 0 : 1;
    const count = label ? points - first : first;
    const [x, y] = shape(label, (index - label * first) / count, random);
    return {x: x + noise * random.normal(), y: y + noise * random.normal(), label};
  });
  const order = random.order(points).map((index) => all[index]);
  const share = trainingPoints(points, train);
  return {train: gather(order.slice(0, share)), test: gather(order.slice(share))};
}

/** How many points train; at least one trains and one tests. @param {number} points @param {number} share */
export function trainingPoints(points, share) {
  return Math.min(points - 1, Math.max(1, Math.round(points * share)));
}

/** @param {{x: number, y: number, label: number}[]} points @returns {Points} */
function gather(points) {
  return {
    x: Float32Array.from(points.flatMap(({x, y}) => [x, y])),
    y: Float32Array.from(points.map(({label}) => label)),
    count: points.length,
  };
}

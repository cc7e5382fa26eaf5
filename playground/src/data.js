// @ts-check
/** Two-dimensional problems with two classes, point by point what the Python code of a setting draws. */
import {RandomState} from "./numpy.js";

/**
 * @typedef {{x: Float32Array, y: Float32Array, count: number}} Points inputs (count × 2, row by row) and classes, 0 or 1
 * @typedef {{kind: string, points: number, noise: number, seed: number, train: number, units: string, redraw: boolean, drawn: string}} Data
 *   `noise` is a standard deviation, `train` the share of the points to train on, `units` those in which inputs are given;
 *   `redraw` draws other points for each run; `drawn` are points drawn by hand, as `encode` writes them
 * @typedef {{x: number, y: number, label: number}} Point
 */

/** @param {number} radius @param {number} angle @param {number} label @returns {Point} */
const on = (radius, angle, label) => ({x: radius * Math.cos(angle), y: radius * Math.sin(angle), label});
/** @template T @param {number} count @param {(index: number) => T} make */
const times = (count, make) => Array.from({length: count}, (_, index) => make(index));

/**
 * Points without noise.
 * @type {Record<string, (count: number, random: RandomState) => Point[]>}
 */
const SHAPES = {
  // scikit-learn's make_circles with its factor of 0.8: class 1 is the inner ring
  circles: (count, random) => {
    const outer = Math.floor(count / 2), inner = count - outer;
    const made = [
      ...times(outer, (index) => on(1, (2 * Math.PI * index) / outer, 0)),
      ...times(inner, (index) => on(0.8, (2 * Math.PI * index) / inner, 1)),
    ];
    return random.permutation(count).map((index) => made[index]);
  },
  // scikit-learn's make_moons
  moons: (count, random) => {
    const first = Math.floor(count / 2), second = count - first;
    const made = [
      ...times(first, (index) => on(1, (Math.PI * index) / Math.max(1, first - 1), 0)),
      ...times(second, (index) => {
        const {x, y} = on(1, (Math.PI * index) / Math.max(1, second - 1), 1);
        return {x: 1 - x, y: 0.5 - y, label: 1};
      }),
    ];
    return random.permutation(count).map((index) => made[index]);
  },
  // class 1 where both inputs have one sign
  xor: (count, random) =>
    times(count, () => {
      const [x, y] = [random.uniform(-1, 1), random.uniform(-1, 1)];
      return {x, y, label: Number(x * y > 0)};
    }),
  spirals: (count, random) => {
    const labels = random.permutation(count).map((index) => index % 2);
    const along = times(count, () => random.uniform());
    return times(count, (index) => on(0.1 + 0.9 * along[index], 3 * Math.PI * along[index] + Math.PI * labels[index], labels[index]));
  },
  // a disc and an outer ring of class 1, a ring of class 0 between them
  target: (count, random) => {
    const radii = times(count, () => random.uniform()).map((share) => (share < 0.25 ? 0.3 : share < 0.75 ? 0.8 : 1.3));
    const angles = times(count, () => random.uniform(0, 2 * Math.PI));
    return times(count, (index) => on(radii[index], angles[index], Number(radii[index] !== 0.8)));
  },
};

/** "drawn" are points that a reader drew by hand. */
export const KINDS = [...Object.keys(SHAPES), "drawn"];
export const MOST_DRAWN = 200;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Four letters of six bits for each point: the first input in thousandths, the second in five hundredths, the class. @param {Point[]} points */
export function encode(points) {
  const clip = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(most, Math.max(0, Math.round(value)));
  return points.map(({x, y, label}) => {
    const bits = clip(1000 * x + 2048, 4095) * 4096 + clip(500 * y + 1024, 2047) * 2 + label;
    return [18, 12, 6, 0].map((shift) => LETTERS[(bits >> shift) & 63]).join("");
  }).join("");
}

/** @param {string} drawn @returns {Point[] | undefined} nothing if it is not what `encode` writes */
export function decode(drawn) {
  if (drawn.length % 4 || drawn.length > 4 * MOST_DRAWN || [...drawn].some((letter) => !LETTERS.includes(letter))) return undefined;
  return times(drawn.length / 4, (index) => {
    const bits = [...drawn.slice(4 * index, 4 * index + 4)].reduce((sum, letter) => 64 * sum + LETTERS.indexOf(letter), 0);
    return {x: ((bits >> 12) - 2048) / 1000, y: (((bits >> 1) & 2047) - 1024) / 500, label: bits & 1};
  });
}

/** What is done with inputs that are given in other units. @type {Record<string, (value: number) => number>} */
const UNITS = {
  plain: (value) => value,
  large: (value) => Math.fround(1000 * value) + 5000,
  tiny: (value) => value / 1000,
};

export const UNIT_NAMES = Object.keys(UNITS);

/** How many of a unit the picture's unit is. @param {string} units */
export function perUnit(units) {
  return UNITS[units](1) - UNITS[units](0);
}

/** @param {Float32Array} values as drawn @param {string} units */
export function inUnits(values, units) {
  return values.map(UNITS[units]);
}

/**
 * Draw the points of a run.
 * @param {Data} setting
 * @param {number} [run] the run's seed, which counts if points are drawn anew for each run
 * @returns {{train: Points, test: Points}}
 */
export function drawPoints(setting, run = 1) {
  const {kind, noise, seed, train, redraw} = setting, points = pointCount(setting);
  const random = new RandomState(redraw ? 1000 * seed + run : seed);
  const share = trainingPoints(points, train);
  if (kind === "drawn") {
    const all = decode(setting.drawn) ?? [], mixed = random.permutation(points).map((index) => all[index]);
    return {train: gather(mixed.slice(0, share)), test: gather(mixed.slice(share))};
  }
  const drawn = SHAPES[kind](points, random);
  const sd = kind === "moons" ? moonNoise(noise) : noise;
  for (const point of drawn) {
    point.x += sd * random.normal();
    point.y += sd * random.normal();
    // moved to the middle and to the size of the rings
    if (kind === "moons") [point.x, point.y] = [(point.x - 0.5) / 1.5, (point.y - 0.25) / 1.5];
  }
  return {train: gather(drawn.slice(0, share)), test: gather(drawn.slice(share))};
}

/** The moons are drawn 1.5 times as large as all else. @param {number} noise */
export function moonNoise(noise) {
  return Number((1.5 * noise).toFixed(6));
}

/** How many points there are. @param {Data} data */
export function pointCount({kind, points, drawn}) {
  return kind === "drawn" ? drawn.length / 4 : points;
}

/** How many points train; at least one trains and one tests. @param {number} points @param {number} share */
export function trainingPoints(points, share) {
  return Math.min(points - 1, Math.max(1, Math.round(points * share)));
}

/** @param {Point[]} points @returns {Points} */
function gather(points) {
  return {
    x: Float32Array.from(points.flatMap(({x, y}) => [x, y])),
    y: Float32Array.from(points.map(({label}) => label)),
    count: points.length,
  };
}

// @ts-check
/** The lines of the charts, made of runs: means over seeds, and from the lowest to the highest. */

/** @typedef {import("./training.js").Training} Training @typedef {import("./chart.js").Line} Line @typedef {import("./chart.js").Band} Band @typedef {"accuracy" | "loss"} What */

export const SETS = /** @type {const} */ ({test: "test", train: "training", reported: "training, as Keras reports it"});
const STROKES = /** @type {const} */ ({test: "solid", train: "dashed", reported: "dotted"});

/**
 * One setting's runs on a chart.
 * @param {Training[]} runs of several seeds, looked at after the same epochs
 * @param {What} what
 * @param {"a" | "b"} colour
 * @param {string} name of the setting, or nothing if it is the only one
 * @param {string[]} sets which are wanted
 * @returns {{lines: Line[], bands: Band[]}}
 */
export function curves(runs, what, colour, name, sets) {
  const [first, ...others] = runs.map(({history}) => history);
  // A pause leaves a look at an epoch that others pass by.
  const seen = others.map(({epochs}) => new Map(epochs.map((epoch, place) => [epoch, place])));
  const places = first.epochs.map((epoch, place) => [place, ...seen.map((map) => map.get(epoch) ?? -1)]).filter((all) => !all.includes(-1));
  const x = places.map(([place]) => first.epochs[place]), histories = [first, ...others];
  /** @type {Line[]} */
  const lines = [];
  /** @type {Band[]} */
  const bands = [];
  for (const set of /** @type {("test" | "train" | "reported")[]} */ (Object.keys(SETS))) {
    if (!sets.includes(set)) continue;
    const values = places.map((all) => all.map((place, run) => histories[run][set][what][place]));
    lines.push({x, y: values.map((each) => each.reduce((sum, value) => sum + value, 0) / each.length), name: `${name ? `${name}, ` : ""}${SETS[set]}`, colour, stroke: STROKES[set], width: set === "test" ? 2.5 : 1.75});
    if (runs.length > 1 && set === "test") bands.push({x, low: values.map((each) => Math.min(...each)), high: values.map((each) => Math.max(...each)), colour});
  }
  return {lines, bands};
}

/** Of some runs, the mean of the last value. @param {Training[]} runs @param {"train" | "test"} set @param {What} what */
export function latest(runs, set, what) {
  return runs.reduce((sum, {history}) => sum + (history[set][what].at(-1) ?? NaN), 0) / runs.length;
}

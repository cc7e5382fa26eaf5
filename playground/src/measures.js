// @ts-check
/** What an example's question is answered by: a number that is read off the runs. */

import {reachOf} from "./region.js";

/**
 * @typedef {import("./training.js").Training} Training
 * @typedef {{value: number, words: string}} Measured
 * @typedef {(runs: Runs, options: {level: number, from: number, to: number}) => Measured} Measure
 * @typedef {{a: Training[], b: Training[]}} Runs from one seed each, in the same order; those of B may be missing
 */

const percent = (/** @type {number} */ value) => value.toFixed(3);
const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const last = (/** @type {number[]} */ values) => values[values.length - 1];
const spread = (/** @type {number[]} */ values) => Math.max(...values) - Math.min(...values);

/** Of a run's history, the values of the epochs from one to another. @param {Training} run @param {number[]} values @param {number} from @param {number} to */
function between({history}, values, from, to) {
  return values.filter((_, place) => history.epochs[place] >= from && history.epochs[place] <= to);
}

/** The first epoch after which the test accuracy is at least so high; infinite if it never is. @param {Training} run @param {number} level */
function passes({history}, level) {
  const place = history.test.accuracy.findIndex((value) => value >= level);
  return place < 0 ? Infinity : history.epochs[place];
}

/** How much a curve jumps from one place to the next, in the second half. @param {Training} run */
function jumps({history}) {
  const half = history.test.accuracy.slice(history.epochs.length / 2);
  return mean(half.slice(1).map((value, place) => Math.abs(value - half[place])));
}

/** How far what Keras reports of the training points lies above what the network in inference mode says of them. @param {Training} run @param {number} from @param {number} to */
function gap(run, from, to) {
  return mean(between(run, run.history.reported.accuracy, from, to)) - mean(between(run, run.history.train.accuracy, from, to));
}

/** @param {Training[]} runs */
const ofAll = (runs) => (runs.length > 1 ? `, in the mean of ${runs.length} seeds` : "");

/** Of several seeds, the first alone is measured. @param {Measure} measure @returns {Measure} */
const ofFirst = (measure) => (runs, options) => {
  const {value, words} = measure(runs, options);
  return {value, words: runs.a.length > 1 ? `Of the first seed: ${words}` : words};
};

/** When something first reached a level. @param {string} who @param {number} level @param {number} epoch */
const reached = (who, level, epoch) => (Number.isFinite(epoch) ? `${who} first reached ${level} after epoch ${epoch}.` : `${who} never reached ${level}.`);

/** @type {Record<string, Measure>} */
export const MEASURES = {
  passes: ofFirst(({a}, {level}) => {
    const value = passes(a[0], level);
    return {value, words: reached("The test accuracy", level, value)};
  }),
  /** How many epochs earlier A reaches it. */
  earlier: ({a, b}, {level}) => {
    const by = a.map((run, place) => {
      const [first, second] = [passes(run, level), passes(b[place], level)];
      return second === first ? 0 : second - first;
    });
    const count = (/** @type {(value: number) => boolean} */ fits) => by.filter(fits).length;
    const words = a.length > 1
      ? `In ${count((value) => value > 0)} of ${a.length} pairs A reached ${level} earlier than B, in ${count((value) => value < 0)} later.`
      : `${reached("A", level, passes(a[0], level))} ${reached("B", level, passes(b[0], level))}`;
    return {value: by[0], words};
  },
  gap: ofFirst(({a}, {from, to}) => {
    const value = Math.abs(gap(a[0], from, to));
    return {value, words: `From epoch ${from} to ${to} the two curves of the training points lie ${percent(value)} apart in the mean.`};
  }),
  reportedApart: ofFirst(({a, b}) => {
    const other = b[0].history.reported.accuracy, value = Math.max(...a[0].history.reported.accuracy.map((one, place) => Math.abs(one - other[place])));
    const test = Math.max(...a[0].history.test.accuracy.map((one, place) => Math.abs(one - b[0].history.test.accuracy[place])));
    return {value, words: `What Keras reports of A and B is at most ${percent(value)} apart, their test accuracies up to ${percent(test)}.`};
  }),
  testApart: ofFirst(({a, b}) => {
    const value = Math.max(...a[0].history.test.accuracy.map((one, place) => Math.abs(one - b[0].history.test.accuracy[place])));
    return {value, words: `The test accuracies of A and B are at most ${percent(value)} apart.`};
  }),
  moreAccurate: ({a, b}) => {
    const [first, second] = [a, b].map((runs) => mean(runs.map(({history}) => last(history.test.accuracy))));
    return {value: first - second, words: `The test accuracy ends at ${percent(first)} in A and at ${percent(second)} in B${ofAll(a)}.`};
  },
  lowerLoss: ({a, b}) => {
    const [first, second] = [a, b].map((runs) => mean(runs.map(({history}) => last(history.test.loss))));
    return {value: second - first, words: `The test loss ends at ${first.toFixed(2)} in A and at ${second.toFixed(2)} in B${ofAll(a)}.`};
  },
  higherLoss: (runs, options) => {
    const {value, words} = MEASURES.lowerLoss(runs, options);
    return {value: -value, words};
  },
  trainAccuracy: ofFirst(({a}) => {
    const value = last(a[0].history.train.accuracy);
    return {value, words: `The accuracy on the training points ends at ${percent(value)}.`};
  }),
  trainAccuracyOfB: ofFirst(({b}) => {
    const value = last(b[0].history.train.accuracy);
    return {value, words: `B's accuracy on the training points ends at ${percent(value)}.`};
  }),
  testAccuracyOfB: ofFirst(({b}) => {
    const value = last(b[0].history.test.accuracy);
    return {value, words: `B's test accuracy ends at ${percent(value)}.`};
  }),
  lowestLoss: ofFirst(({a}) => {
    const {epochs: at, test} = a[0].history, lowest = Math.min(...test.loss), value = at[test.loss.indexOf(lowest)];
    return {value, words: `The test loss is lowest after epoch ${value.toLocaleString("en")}, ${lowest.toFixed(2)}, and ends at ${last(test.loss).toFixed(2)}.`};
  }),
  /** How many times as much A's test curve jumps. */
  jumpier: ofFirst(({a, b}) => {
    const [first, second] = [jumps(a[0]), jumps(b[0])];
    return {value: first / second, words: `In the second half A's test accuracy changes by ${first.toFixed(4)} an epoch in the mean, B's by ${second.toFixed(4)}.`};
  }),
  spread: ({a}) => {
    const value = spread(a.map(({history}) => last(history.test.accuracy)));
    return {value, words: `The best and the worst of ${a.length} runs end ${percent(value)} apart.`};
  },
  /** How much farther apart the runs of B lie. */
  widerSpread: ({a, b}) => {
    const [first, second] = [a, b].map((runs) => spread(runs.map(({history}) => last(history.test.accuracy))));
    return {value: second - first, words: `The best and the worst of ${a.length} runs end ${percent(first)} apart in A and ${percent(second)} apart in B.`};
  },
  wins: ({a, b}) => {
    const value = a.filter((run, place) => last(run.history.test.accuracy) > last(b[place].history.test.accuracy)).length;
    return {value, words: `A ends above B in ${value} of ${a.length} pairs.`};
  },
  /** How sure the network is where no point is near: the share of places along the edge of the plane. */
  sureAtTheEdge: ofFirst(({a}) => {
    const reach = reachOf(a[0].setting.data), places = Array.from({length: 80}, (_, index) => {
      const [side, along] = [Math.floor(index / 20), reach * ((index % 20) / 10 - 1)];
      return [[along, -reach], [along, reach], [-reach, along], [reach, along]][side];
    });
    const asking = a[0].probabilities(Float32Array.from(places.flat()));
    let answer;
    do answer = asking.next(); while (!answer.done);
    const value = mean([...answer.value].map((probability) => Number(Math.abs(probability - 0.5) > 0.45)));
    return {value, words: `Along the edge of the picture, the network is more than 95 % sure at ${(100 * value).toFixed(0)} % of the places.`};
  }),
};

/**
 * Which option is right: the first whose bound the measured value does not exceed, else the last.
 * @param {number} value
 * @param {number[]} bounds rising, one fewer than options
 */
export function option(value, bounds) {
  const place = bounds.findIndex((bound) => value <= bound);
  return place < 0 ? bounds.length : place;
}

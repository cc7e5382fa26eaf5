// @ts-check
/** What a paired difference over several seeds says, by the course's rule. */

/** The smallest difference of accuracies worth speaking of, declared beforehand. */
export const SMALLEST = 0.01;

/** How many seeds a comparison is repeated over. */
export const SEEDS = 10;

/** Student's t that leaves 2.5 % above it, for 1, 2, … degrees of freedom. */
const QUANTILES = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216];

/** @typedef {{n: number, mean: number, low: number, high: number}} Interval of a mean, with 95 % confidence; its ends are not numbers for one value */

/** @param {number[]} values at least one, at most ten @returns {Interval} */
export function interval(values) {
  const n = values.length, mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = n > 1 ? QUANTILES[n - 2] * Math.sqrt(variance / n) : NaN;
  return {n, mean, low: mean - half, high: mean + half};
}

/**
 * The reading of an interval: "yes" if all of it is at least the smallest difference worth speaking of, "the opposite" if all of
 * it is at most minus that, "too small to matter" if it lies between the two, else "undecided", with what it says of the sign.
 * @param {Pick<Interval, "low" | "high">} interval
 * @param {number} [smallest]
 */
export function reading({low, high}, smallest = SMALLEST) {
  if (low >= smallest) return "yes";
  if (high <= -smallest) return "the opposite";
  if (low > -smallest && high < smallest) return "too small to matter";
  if (low > 0) return "undecided: positive, size open";
  if (high < 0) return "undecided: negative, size open";
  return "undecided";
}

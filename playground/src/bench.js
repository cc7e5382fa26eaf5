// @ts-check
/** The runs that are compared: for each seed one of A and, if there is a B, one of B, in lockstep. */
import {toAddress} from "./settings.js";
import {Training} from "./training.js";

/** @typedef {import("./training.js").Setting} Setting @typedef {"a" | "b"} Side @typedef {{a: Training, b?: Training}} Pair */

/** Epochs after which training ends. */
export const LAST = 20_000;

/** What tells two runs apart. @param {Setting} setting @param {number} seed */
export function keyOf(setting, seed) {
  return toAddress({...setting, seed, seeds: 1});
}

/** Whether a run has to be led on, or looked at, to stand at an epoch. @param {Training} run @param {number} target */
function behind(run, target) {
  return run.middle || run.epochs < target || (run.epochs > 0 && run.history.epochs.at(-1) !== run.epochs);
}

export class Bench {
  /** In the order of their seeds; the first leads, each of the others begins when those before have arrived. @type {Pair[]} */
  pairs = [];
  /** The epoch to which the runs are led. */
  target = 0;

  /** @param {Setting} a @param {Setting} [b] */
  constructor(a, b) {
    this.a = a;
    this.b = b;
    this.set(a, b);
  }

  /** Take other settings; runs that are known already are not repeated. @param {Setting} a @param {Setting} [b] @param {Training[]} [known] */
  set(a, b, known = []) {
    this.a = a;
    this.b = b;
    const old = new Map([...this.runs(), ...known].map((run) => [keyOf(run.setting, run.seed), run]));
    const kept = this.pairs.length;
    this.pairs = [];
    // Those further on than the first would have to wait for it.
    for (let index = 0; index < Math.max(1, Math.min(kept, a.seeds)); index++) this.pairs.push(this.pair(a.seed + index, old));
  }

  /** @param {number} seed @param {Map<string, Training>} [old] @returns {Pair} */
  pair(seed, old) {
    const run = (/** @type {Setting} */ setting) => old?.get(keyOf(setting, seed)) ?? new Training(setting, seed);
    const pair = {a: run(this.a), b: this.b && run(this.b)};
    // Of two equal settings each has a run of its own.
    if (pair.a === pair.b && this.b) pair.b = new Training(this.b, seed);
    return pair;
  }

  /** All runs, those of each pair together. */
  runs() {
    return this.pairs.flatMap(sides);
  }

  /** How many epochs both runs of the first seed have behind them. */
  epochs() {
    return Math.min(...sides(this.pairs[0]).map((run) => run.epochs));
  }

  /** The epoch at whose end all of the first seed can stand. */
  nextStop() {
    return Math.max(...sides(this.pairs[0]).map((run) => run.epochs + Number(run.middle)));
  }

  /** How many pairs stand at the target. */
  arrived() {
    return this.pairs.filter((pair) => !sides(pair).some((run) => behind(run, this.target))).length;
  }

  /** Those pairs that have come as far as the first, which are shown together. */
  level() {
    const epochs = this.epochs();
    return this.pairs.filter((pair, index) => index === 0 || sides(pair).every((run) => run.epochs >= epochs && !run.middle));
  }

  /** Whether the pair of the first seed has arrived. */
  leads() {
    return !sides(this.pairs[0]).some((run) => behind(run, this.target));
  }

  done() {
    return this.pairs.length >= this.a.seeds && this.arrived() === this.pairs.length;
  }

  /** Whether the first pair stands between two epochs. */
  between() {
    return !sides(this.pairs[0]).some((run) => run.middle);
  }

  /** A short piece of work; of the first pair alone, if nothing else is asked for. @param {boolean} all */
  advance(all) {
    for (let index = 0; index < (all ? this.a.seeds : 1); index++) {
      // Drawing points and first weights is a piece of its own.
      if (!this.pairs[index]) return this.pairs.push(this.pair(this.a.seed + index));
      const runs = sides(this.pairs[index]).filter((run) => behind(run, this.target));
      if (!runs.length) continue;
      const last = runs.reduce((one, other) => (other.epochs < one.epochs ? other : one));
      if (last.middle || last.epochs < this.target) last.advance();
      else last.look();
      return true;
    }
    return false;
  }
}

/** @param {Pair} pair */
export function sides({a, b}) {
  return b ? [a, b] : [a];
}

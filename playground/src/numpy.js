// @ts-check
/** NumPy's RandomState, so that a seed draws the same points here as in Python. */

/**
 * The generator MT19937 by Matsumoto and Nishimura (1998), https://doi.org/10.1145/272991.272995, and what NumPy's
 * RandomState, whose streams are frozen, makes of its words.
 */
export class RandomState {
  /** @param {number} seed a whole number from 0 to 2³² − 1 */
  constructor(seed) {
    this.state = new Uint32Array(624);
    this.state[0] = seed;
    for (let index = 1; index < 624; index++) {
      const last = this.state[index - 1];
      this.state[index] = Math.imul(1812433253, last ^ (last >>> 30)) + index;
    }
    this.used = 624;
    /** @type {number | undefined} */
    this.spare = undefined;
  }

  /** A whole number from 0 to 2³² − 1. */
  word() {
    if (this.used === 624) this.renew();
    let word = this.state[this.used++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  renew() {
    const {state} = this;
    for (let index = 0; index < 624; index++) {
      const mixed = (state[index] & 0x80000000) | (state[(index + 1) % 624] & 0x7fffffff);
      state[index] = state[(index + 397) % 624] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.used = 0;
  }

  /** A number from `low` up to, but without, `high`. */
  uniform(low = 0, high = 1) {
    const first = this.word() >>> 5, second = this.word() >>> 6;
    return low + (high - low) * ((first * 2 ** 26 + second) / 2 ** 53);
  }

  /** A standard normal number, by Marsaglia's polar method (1964). */
  normal() {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    let x, y, square;
    do {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    this.spare = factor * x;
    return factor * y;
  }

  /** A whole number from 0 to `largest`, both included. @param {number} largest */
  upTo(largest) {
    const mask = 2 ** (32 - Math.clz32(largest)) - 1;
    let value;
    do value = (this.word() & mask) >>> 0; while (value > largest);
    return value;
  }

  /** The numbers 0 to count − 1 in random order. @param {number} count */
  permutation(count) {
    const order = Array.from({length: count}, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.upTo(last);
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }
}

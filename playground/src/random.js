// @ts-check
/** Random numbers from a seed, so that every run can be repeated. */

/** xoshiro128** by Blackman and Vigna (2018), https://doi.org/10.1145/3460772, seeded by splitmix32. */
export class Random {
  /** @param {...number} seeds whole numbers; other seeds give other streams */
  constructor(...seeds) {
    let state = 0x9e3779b9;
    for (const seed of seeds) state = mix(state ^ (seed >>> 0));
    this.state = new Uint32Array(4).map(() => mix((state = (state + 0x9e3779b9) >>> 0)));
    /** @type {number | undefined} */
    this.spare = undefined;
  }

  /** A whole number from 0 to 2³² − 1. */
  word() {
    const s = this.state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** A number from 0 up to, but without, 1. */
  uniform() {
    return this.word() / 2 ** 32;
  }

  /** A standard normal number, by Box and Muller (1958). */
  normal() {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /**
   * The numbers 0 to count − 1 in random order.
   * @param {number} count
   */
  order(count) {
    const order = Array.from({length: count}, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = Math.floor(this.uniform() * (last + 1));
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }
}

/** @param {number} word */
function mix(word) {
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return (word ^ (word >>> 15)) >>> 0;
}

/** @param {number} word @param {number} by */
function rotate(word, by) {
  return (word << by) | (word >>> (32 - by));
}

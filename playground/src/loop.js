// @ts-check
/** Work in slices, between which the page answers: training first, pictures in between, whatever can wait at the end. */

/** Milliseconds of work between two looks at the keyboard, unless its maker wants others. */
const SLICE = 16;

/** Milliseconds between two pictures of one kind. */
const PAUSE = 90;

/**
 * @typedef {Object} View something that is drawn in one go
 * @property {() => unknown} state what it shows; it is drawn again when this is another
 * @property {() => void} draw
 * @property {unknown} [shown]
 * @property {number} [due] when it may be drawn again
 */

export class Loop {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined;
  /** Milliseconds that a piece of work takes at most. */
  piece = 0;
  slices = 0;
  /** What is done when all else is. @type {Generator<undefined, void>[]} */
  later = [];

  /**
   * @param {{alive: () => boolean, work: () => boolean, picture: (settled: boolean) => boolean, settled: () => boolean, views: View[], slice?: number}} parts
   *   `work` and `picture` do a short piece, of training and of a picture that takes several, and say whether there was any;
   *   `settled` is told that no training is left, and says whether more came of that
   */
  constructor(parts) {
    this.parts = parts;
  }

  /** Let it run until all is done. */
  start() {
    this.timer ??= setTimeout(() => this.next());
  }

  next() {
    this.timer = undefined;
    if (!this.parts.alive()) return;
    const until = performance.now() + (this.parts.slice ?? SLICE);
    this.slices += 1;
    // Each third slice draws a view instead, if one is due.
    if ((this.slices % 3 === 0 && this.draw(false)) || this.fill(until, () => this.parts.picture(false) || this.parts.work())) return this.start();
    if (this.parts.settled() || this.draw(true) || this.fill(until, () => this.parts.picture(true)) || this.fill(until, () => this.wait())) this.start();
  }

  /** Do pieces of work until a slice ends; those that would end too late wait for the next. @param {number} until @param {() => boolean} piece says whether there was any */
  fill(until, piece) {
    let done = false;
    for (let at = performance.now(), first = true; first || at + this.piece < until; first = false) {
      if (!piece()) break;
      done = true;
      const now = performance.now();
      this.piece = Math.max(now - at, 0.9 * this.piece);
      at = now;
    }
    return done;
  }

  /** Draw the view that waits longest. @param {boolean} settled whether it need not wait */
  draw(settled) {
    const now = performance.now();
    const stale = this.parts.views.filter((view) => view.shown !== view.state() && (settled || now >= (view.due ?? 0)));
    if (!stale.length) return false;
    const view = stale.reduce((one, other) => ((other.due ?? 0) < (one.due ?? 0) ? other : one));
    view.shown = view.state();
    view.draw();
    view.due = performance.now() + PAUSE;
    return true;
  }

  /** A piece of what can wait. */
  wait() {
    const [first] = this.later;
    if (!first) return false;
    if (first.next().done) this.later = this.later.filter((one) => one !== first);
    return true;
  }
}

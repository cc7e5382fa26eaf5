// @ts-check
/** The playground: what a reader sets, starts and sees. */
import {asks, read, write} from "./address.js";
import {Bench, keyOf, LAST, sides} from "./bench.js";
import {tooMuch} from "./cost.js";
import {latest} from "./curves.js";
import {EXAMPLES} from "./examples.js";
import {toKeras} from "./keras.js";
import {Layout} from "./layout.js";
import {Loop} from "./loop.js";
import {change, get, refusals, SHARED} from "./settings.js";
import {differences} from "./words.js";
import {Training} from "./training.js";

/** @typedef {import("./training.js").Setting} Setting @typedef {import("./bench.js").Side} Side @typedef {import("./shelf.js").Kept} Kept */
/** @typedef {{a: Setting, b?: Setting, example?: import("./examples.js").Example}} Asked */

/** Of the time for pictures of regions, at most. */
const SHARE = 1 / 4;
/** What is turned in both settings at once, though addresses may let it differ; so is the rest of the data unless it is what is compared. */
const TOGETHER = [...SHARED, "data.kind", "data.drawn"];

/** Only one playground of a page trains at a time. @type {Playground | undefined} */
let active;

/**
 * Build a playground. Where its address asks for what cannot be, that is said, and it is `refused`.
 * @param {HTMLElement} root an empty element
 * @param {{address?: string, small?: boolean, knobs?: string[], pages?: string, follow?: boolean}} [options] `address` is a
 *   setting, as in the part of an address after #; `small` shows the region, accuracy and `knobs`, paths of settings, only;
 *   `pages` is the way to the book's first page; with `follow` the address bar holds the setting
 */
export function open(root, options = {}) {
  const playground = new Playground(root, options);
  // For whoever looks at the page from outside: a test, or a reader in the console.
  Object.assign(root, {playground});
  playground.go(options.address ?? "");
  return playground;
}

export class Playground {
  /** @type {import("./examples.js").Example | undefined} */
  example = undefined;
  /** Whose knobs are shown. @type {Side} */
  side = "a";
  /** What pictures show of a network. @type {import("./network.js").Mode} */
  mode = "inference";
  /** Which curves the charts show. */
  sets = ["test", "train", "reported"];
  playing = false;
  /** Whether all seeds are led on by an epoch. */
  stepping = false;
  /** Whether the last address asked for what cannot be. */
  refused = false;
  /** The epoch at which training pauses. */
  end = 0;
  /** Whether it was said where training stands. */
  reported = true;
  /** Changes with all that is shown and not trained. */
  revision = 0;
  pace = 0;
  /** When training began or went on, for its pace. */
  began = {time: 0, epoch: 0};

  /** @param {HTMLElement} root @param {Parameters<typeof open>[1] & {}} options */
  constructor(root, {small = false, knobs = [], pages = "", follow = false}) {
    this.root = root;
    this.small = small;
    this.knobs = knobs;
    this.pages = pages;
    this.follow = follow;
    const {a, b} = read("");
    this.bench = new Bench(a, b);
    this.layout = new Layout(this);
    this.loop = new Loop({
      alive: () => root.isConnected,
      work: () => this.work(),
      picture: (settled) => this.picture(settled),
      settled: () => this.settled(),
      views: this.layout.views,
    });
  }

  get a() {
    return this.bench.a;
  }

  get b() {
    return this.bench.b;
  }

  /** The setting whose knobs are shown. */
  get shown() {
    return (this.side === "b" && this.b) || this.a;
  }

  epochs() {
    return this.bench.epochs();
  }

  /** The runs of the first seed. @returns {[Side, Training][]} */
  leading() {
    const {a, b} = this.bench.pairs[0];
    return b ? [["a", a], ["b", b]] : [["a", a]];
  }

  /** The runs of a side that have come as far as the first. @param {Side} side */
  runs(side) {
    return this.bench.level().flatMap((pair) => pair[side] ?? []);
  }

  // ---------------------------------------------------------------------------- what a reader asks for

  /** Take a new value, or say why not. @param {string} path @param {string | number | boolean} value */
  try(path, value) {
    const both = TOGETHER.includes(path) || ((this.small || path.startsWith("data.")) && !this.compares(path)), set = (/** @type {Setting} */ setting) => change(setting, path, value);
    const asked = {a: both || this.side === "a" ? set(this.a) : this.a, b: this.b && (both || this.side === "b" ? set(this.b) : this.b), example: this.example};
    const why = [asked.a, asked.b].flatMap((setting) => (setting ? [...refusals(setting), tooMuch(setting)] : [])).find(Boolean) ?? "";
    if (!why) this.renew(asked);
    return why;
  }

  /** Whether the example, or what is set now, compares two values of a part of the setting. @param {string} path */
  compares(path) {
    return [this.example, this].some((one) => one?.b && get(one.a, path) !== get(one.b, path));
  }

  /** Take other settings. What has just ended trains at once with them, as does what is training. @param {Asked} asked */
  renew(asked) {
    const ended = !this.playing && this.epochs() > 0 && this.epochs() >= Math.min(this.end, this.a.epochs);
    this.take(asked);
    if (ended && !(this.epochs() >= this.end && this.bench.done())) this.train();
  }

  /** Choose an example, which waits for a prediction. @param {import("./examples.js").Example} example */
  choose(example) {
    this.pause();
    this.layout.shelf.kept = this.layout.shelf.kept.filter(({pinned}) => pinned);
    this.begin({a: example.a, b: example.b, example});
  }

  /** Begin anew with settings, untrained. @param {Asked} asked */
  begin(asked) {
    this.playing = this.stepping = false;
    this.bench = new Bench(asked.a, asked.b);
    // In a chapter, B is what A is compared with.
    this.side = asked.b && !this.small ? "b" : "a";
    this.layout.forget(asked);
    this.say("");
    this.take(asked, true);
    this.layout.challenge.ask(asked.example);
    this.update();
  }

  reset() {
    this.keep([]);
    const {a, b, example, side} = this;
    this.begin({a, b, example});
    this.side = side;
    this.update();
  }

  /** Compare with a second setting, or no longer. @param {boolean} on */
  compare(on) {
    const {a, example} = this;
    this.side = on ? "b" : "a";
    this.renew({a, b: on ? structuredClone(a) : undefined, example});
  }

  swap() {
    const {a, b, example} = this;
    if (b) this.renew({a: b, b: a, example});
  }

  /** Let B be as A in one part. @param {string} path */
  undo(path) {
    const {a, b, example} = this;
    if (b) this.renew({a, b: change(b, path, get(a, path)), example});
  }

  /** Take a kept run as A or B. @param {Kept} kept @param {Side} side */
  use({setting}, side) {
    const {a, b, example} = this;
    const shared = (/** @type {Setting} */ one, /** @type {Setting} */ other) => SHARED.reduce((made, path) => change(made, path, get(other, path)), one);
    const first = side === "a" ? change(setting, "seeds", a.seeds) : a, second = side === "b" ? setting : b;
    if (side === "b") this.side = "b";
    this.renew({a: first, b: second && shared(second, first), example});
  }

  /** Pin a side's run as it is. @param {Side} side */
  pin(side) {
    const runs = this.runs(side);
    if (!runs[0].epochs) return this.say("There is nothing to pin before training.");
    this.pause();
    this.layout.shelf.keep(runs, keyOf(runs[0].setting, runs[0].seed), true);
    this.update();
  }

  /** Train, or pause. */
  toggle() {
    if (this.playing) this.pause();
    else this.train();
  }

  train() {
    if (active !== this) active?.pause();
    active = this;
    if (this.epochs() >= this.end && this.bench.done()) this.end = LAST;
    this.playing = true;
    this.bench.target = this.end;
    this.reported = false;
    this.say("");
    this.clock();
    this.layout.controlled();
    this.loop.start();
  }

  /** Train no further than to the end of an epoch, so that both runs stand at the same. */
  pause() {
    if (this.playing) this.hold(this.bench.nextStop());
  }

  step() {
    this.hold(Math.min(LAST, (this.playing ? this.bench.nextStop() : this.bench.target) + 1));
    this.stepping = true;
  }

  /** @param {number} epoch */
  hold(epoch) {
    this.playing = this.stepping = false;
    this.bench.target = epoch;
    this.reported = false;
    if (epoch > this.epochs()) this.say("Ending the epoch …");
    this.layout.controlled();
    this.loop.start();
  }

  /** Take the settings of an address, unless they are the present ones and not at their end. @param {string} address */
  go(address) {
    const {problems, pins, ...asked} = read(address), heavy = [asked.a, asked.b].map((setting) => (setting ? tooMuch(setting) : "")).find(Boolean);
    const first = EXAMPLES[0], taken = heavy ? {a: first.a, b: first.b, example: first} : asked;
    if (heavy) problems.push(heavy, `Below is “${first.title}” instead.`);
    this.refused = problems.length > 0;
    this.layout.shelf.kept = [];
    for (const {name, setting, epochs} of heavy ? [] : pins) this.again(this.layout.shelf.add(keyOf(setting, setting.seed), setting, true, name), epochs);
    this.begin(taken);
    if (this.refused) this.say(`This address asks for what cannot be. ${problems.join(" ")}`);
  }

  // ---------------------------------------------------------------------------- what follows from it

  /** @param {Asked} asked @param {boolean} [anew] */
  take({a, b, example}, anew = false) {
    const known = anew ? [] : this.layout.shelf.kept.flatMap(({runs, epochs}) => runs.filter((run) => run.epochs === epochs));
    if (!anew) this.keep([a, ...(b ? [b] : [])]);
    // Six curves are too many to begin with.
    if (b && !this.b) this.sets = this.sets.filter((set) => set !== "reported");
    if (!b) this.side = "a";
    this.example = example;
    this.bench.set(a, b, known);
    this.end = a.epochs;
    this.bench.target = this.playing ? this.end : Math.max(...sides(this.bench.pairs[0]).map((run) => run.epochs));
    this.stepping = false;
    this.reported = this.epochs() === 0;
    if (!anew) this.say("");
    this.layout.world.clear();
    this.clock();
    this.update();
  }

  /** Keep those runs that finished or were paused and are not among the next. @param {Setting[]} next */
  keep(next) {
    for (const side of /** @type {Side[]} */ (["a", "b"])) {
      const [run, ...others] = this.runs(side);
      if (!run?.epochs || (this.playing && run.epochs < this.end)) continue;
      const key = keyOf(run.setting, run.seed);
      if (!next.some((setting) => keyOf(setting, setting.seed) === key)) this.layout.shelf.keep([run, ...others], key);
    }
  }

  /** Train a pinned run of an address again, when there is time. @param {Kept} kept @param {number} epochs */
  again(kept, epochs) {
    const {shelf} = this.layout, run = new Training(kept.setting, kept.setting.seed), playground = this;
    kept.epochs = epochs;
    this.loop.later.push((function* () {
      while (run.epochs < epochs) {
        run.advance();
        yield;
      }
      yield* run.evaluate();
      shelf.fill(kept, [run]);
      shelf.show();
      playground.update();
    })());
  }

  /** Show all that is not trained anew. */
  update() {
    this.revision += 1;
    const {a, b, example, side} = this;
    this.layout.show();
    this.layout.controlled();
    const hash = `#${write({a, b, example, pins: this.layout.shelf.pins()})}`;
    // A visitor who has changed nothing yet keeps the address, which may be a place on the page.
    const untouched = !asks(location.hash) && hash === `#${write(read(""))}`;
    this.layout.link.setAttribute("href", `${this.pages}pages/playground.html${hash}`);
    if (this.follow && !untouched) history.replaceState(null, "", hash === "#" ? location.pathname + location.search : hash);
    this.layout.code.textContent = toKeras(side === "b" && b ? b : a);
    this.loop.start();
  }

  /** Whether the settings are those that the example asks about; another seed is. */
  asksThis() {
    const {a, b, example} = this;
    if (!example || Boolean(b) !== Boolean(example.b)) return false;
    const changed = [...differences(a, example.a), ...(b && example.b ? differences(b, example.b) : [])];
    return changed.every((path) => path === "seed");
  }

  clock() {
    this.began = {time: performance.now(), epoch: this.epochs()};
  }

  // ---------------------------------------------------------------------------- the loop

  /** A piece of training. */
  work() {
    if (this.waits()) return false;
    return (this.playing || this.stepping || !this.bench.leads()) && Boolean(this.bench.advance(this.playing || this.stepping));
  }

  /** Whether the next epoch is to begin later, so that training keeps its pace. */
  waits() {
    if (!this.pace || !this.playing || !this.bench.between() || this.bench.leads()) return false;
    return this.epochs() >= this.began.epoch + ((performance.now() - this.began.time) * this.pace) / 1000;
  }

  /** A piece of a picture of a region, in which nobody trains. @param {boolean} settled */
  picture(settled) {
    const now = performance.now(), {regions, inside, insideBox} = this.layout, shown = this.leading();
    /** @type {[import("./region.js").RegionView | import("./inside.js").Inside, Training][]} */
    const views = shown.map(([side, run]) => [regions[side], run]);
    if (!this.small && insideBox.open) views.push([inside, (shown.find(([side]) => side === this.side) ?? shown[0])[1]]);
    for (const [view, run] of views) {
      const due = view.asking || ((settled || now >= view.due) && this.bench.between() && view.stale(run, this.mode));
      if (!due) continue;
      view.ask(run, this.mode, SHARE);
      return true;
    }
    return false;
  }

  /** No training is left: say so once. */
  settled() {
    if (this.waits()) return true;
    const playing = this.playing;
    this.stepping = false;
    if (playing && this.bench.done()) this.playing = false;
    if (this.reported || this.playing) return false;
    this.reported = true;
    this.layout.controlled();
    this.report(playing);
    return true;
  }

  /** Say where all runs stand, now that they do. @param {boolean} ended whether training came to its end */
  report(ended) {
    const epochs = this.epochs(), runs = this.bench.runs();
    if (!epochs) return;
    const words = [this.layout.standing()];
    const broken = this.leading().filter(([side]) => !this.runs(side).every(({history}) => Number.isFinite(history.train.loss.at(-1)) && Number.isFinite(history.test.loss.at(-1))));
    if (broken.length) words.push(`The loss${this.b ? ` of ${broken.map(([side]) => side.toUpperCase()).join(" and ")}` : ""} is no longer a number: training has diverged.`);
    if (ended && epochs === this.end) words.push(this.end < LAST ? "Here the example ends; Train goes on." : "More epochs do not fit into the curves.");
    this.say(words.join(" "));
    if (ended && epochs === this.end && runs.length) this.layout.answer();
    this.revision += 1;
  }

  /** @param {string} words */
  say(words) {
    this.layout.status.textContent = words;
  }

  /** Lay borders of many draws over one another. */
  redraw() {
    const {a, b} = this, epochs = Math.max(1, this.epochs() || a.epochs);
    this.pause();
    this.loop.later.unshift(this.layout.world.redraw([{name: b ? "A" : "", colour: "a", setting: a}, ...(b ? [{name: "B", colour: "b", setting: b}] : [])], epochs));
    this.loop.start();
  }

  async copy() {
    // From a file there may be no clipboard; the code is there to be marked and copied by hand.
    // The bundle takes a bare `navigator` for what uPlot asks (build.sh).
    const copied = await window.navigator.clipboard?.writeText(this.layout.code.textContent ?? "").then(() => true, () => false);
    this.say(copied ? "The code is copied." : "Copying is not allowed here; mark the code and copy it.");
  }

  /** The test accuracies of a side. @param {Side} side */
  score(side) {
    const runs = this.runs(side);
    return runs[0]?.history.epochs.length ? latest(runs, "test", "accuracy") : undefined;
  }
}


// @ts-check
/** Where everything of the playground stands, and what of it is shown. */
import {write} from "./address.js";
import {keyOf} from "./bench.js";
import {Challenge, placeOf} from "./challenge.js";
import {Chart, Zoom} from "./chart.js";
import {SEEDS} from "./compare.js";
import {makeControls} from "./controls.js";
import {curves, latest, SETS} from "./curves.js";
import {Details} from "./details.js";
import {brush, button, element} from "./dom.js";
import {Drawing} from "./drawing.js";
import {EXAMPLES} from "./examples.js";
import {Inside} from "./inside.js";
import {makeProblems} from "./problems.js";
import RECORDED from "./recorded.json" with {type: "json"};
import {drawPoints, reachOf, RegionView} from "./region.js";
import {SeedsView} from "./seeds.js";
import {DEFAULT, get} from "./settings.js";
import {Shelf} from "./shelf.js";
import {Sketch} from "./sketch.js";
import {differences, label, valueInWords} from "./words.js";
import {StepView} from "./step.js";
import {World} from "./world.js";

/** @typedef {import("./page.js").Playground} Playground @typedef {import("./bench.js").Side} Side */
/** @typedef {{epochs: number[], accuracy: number[], loss: number[]}} Recorded means over Keras' runs, of the test points */

const SPEEDS = {0: "as fast as it goes", 10: "10 epochs a second", 1: "1 epoch a second"};
/** Of a network that is shown: as it answers, or as the last update saw it. @type {Record<string, string>} */
const MODES = {inference: "inference mode", frozen: "training mode"};
const SIDES = /** @type {const} */ (["a", "b"]);
/** Pixels of the region that stays in sight on a phone. */
const SMALL = 96;

let made = 0;

/** A copy of a region that stays in sight on a phone. */
function makeMini() {
  return element("canvas", {width: SMALL, height: SMALL, "aria-hidden": "true"});
}

/** @param {string} id @param {() => void} change */
function makeExamples(id, change) {
  const select = element("select", {id, change}, element("option", {value: ""}, "none: a setting of your own"));
  for (const chapter of ["Batch normalization", "Dropout", "Noise"]) {
    const own = EXAMPLES.filter(({page}) => page.split("/")[1] === chapter.toLowerCase().replace(" ", "_"));
    select.append(element("optgroup", {label: chapter}, ...own.map(({name, title}) => element("option", {value: name}, title))));
  }
  return select;
}

export class Layout {
  prefix = `playground-${(made += 1)}`;
  zoom = new Zoom();
  accuracy = new Chart("Accuracy", {low: 0.4, high: 1, grows: false, zoom: this.zoom});
  loss = new Chart("Loss", {high: 0.8, zoom: this.zoom});
  details = new Details(this.zoom);
  inside = new Inside();
  ahead = new StepView();
  seeds = new SeedsView();
  regions = {a: new RegionView(), b: new RegionView()};
  status = element("p", {class: "playground-status", role: "status"});
  /** Not read out, since it changes all the time. */
  now = element("p", {class: "playground-now"});
  code = element("code", {});
  link = element("a", {});

  minis = {a: makeMini(), b: makeMini()};
  captions = {a: element("figcaption", {}), b: element("figcaption", {})};
  compared = element("div", {class: "playground-compared"});
  where = element("a", {}, "Where the book has it");

  /** @param {Playground} playground */
  constructor(playground) {
    this.playground = playground;
    const {small, pages} = playground;
    this.play = button("Train", () => playground.toggle(), {class: "playground-play"});
    this.controls = makeControls(this.prefix, (path, value) => playground.try(path, value), !small);
    this.world = new World(() => playground.redraw());
    this.shelf = new Shelf({
      use: (kept, side) => playground.use(kept, side),
      changed: () => playground.update(),
      draw: (work) => {
        playground.loop.later.unshift(work);
        playground.loop.start();
      },
    });
    this.sketch = new Sketch(this.accuracy, () => {
      playground.revision += 1;
      playground.loop.start();
    });
    this.challenge = new Challenge(pages, !small, {
      predict: () => playground.train(),
      sketch: () => this.toggleSketch(),
      back: () => playground.example && playground.choose(playground.example),
      next: (example) => {
        playground.choose(example);
        playground.root.scrollIntoView({block: "nearest"});
        /** @type {HTMLElement | null} */ (this.challenge.options.querySelector("button"))?.focus({preventScroll: true});
      },
    });
    this.drawing = new Drawing(this.regions.a.canvas, () => reachOf(playground.a.data), (drawn) => playground.try("data.drawn", drawn));
    this.drawing.preview = (points) => this.previewPoints(points);
    this.problems = makeProblems((kind) => this.chooseProblem(kind));
    this.step = button("One epoch", () => playground.step());
    this.reset = button("Reset", () => playground.reset());
    this.figures = {
      a: element("figure", {class: "playground-side-a"}, this.captions.a, this.drawing.pad, this.drawing.bar),
      b: element("figure", {class: "playground-side-b"}, this.captions.b, this.regions.b.canvas),
    };
    this.pair = element("div", {class: "playground-pair"}, this.figures.a, this.figures.b);
    this.sets = Object.entries(SETS).map(([set, words]) => button(words, () => this.toggleSet(set), {"aria-pressed": "true", class: "playground-toggle"}));
    this.switches = SIDES.map((side) => button(side.toUpperCase(), () => this.chooseSide(side), {class: `playground-toggle playground-of-${side}`, "aria-pressed": "false"}));
    this.switch = element("div", {class: "playground-bar", role: "group", "aria-label": "Whose knobs"}, element("span", {}, "Knobs of"), ...this.switches);
    this.modes = Object.entries(MODES).map(([mode, words]) => button(words, () => this.chooseMode(mode), {"aria-pressed": "false", class: "playground-toggle"}));
    this.insideBox = element("details", {class: "playground-look", open: !matchMedia("(max-width: 40rem)").matches, toggle: () => playground.loop.start()}, element("summary", {}, "Inside the network"), (this.whose = element("p", {})), this.inside.place);
    this.repeat = button(`Repeat it over ${SEEDS} seeds`, () => this.overSeeds());
    this.seedsBox = element("section", {"aria-label": "Over several seeds", class: "playground-seeds"}, this.seeds.figure, this.repeat);
    this.more = element("details", {class: "playground-more-views", toggle: () => playground.loop.start()}, element("summary", {}, "More views: weights, statistics of batches, masks"), this.details.place);
    this.aheadBox = element("details", {toggle: () => playground.loop.start()}, element("summary", {}, "Along the next step: is the loss smooth?"),
      element("p", {}, "Whether batch normalization makes the loss smoother is disputed. Pause early or late, with it in A and without it in B, and look along the step that the last batch asks for."), this.ahead.place);
    this.examples = makeExamples(`${this.prefix}-example`, () => this.chooseExample());
    this.views = [
      {state: () => `${playground.epochs()} ${playground.bench.arrived()} ${playground.playing} ${playground.revision}`, draw: () => this.drawText()},
      {state: () => `${this.progress()} ${playground.revision}`, draw: () => this.drawCurves()},
      ...(small ? [] : [
        {state: () => `${playground.bench.arrived()} ${playground.revision}`, draw: () => this.drawSeeds()},
        {state: () => (this.aheadBox.open && !playground.playing ? playground.leading().map(([side, run]) => `${side} ${keyOf(run.setting, run.seed)} ${run.updates.step}`).join() : ""), draw: () => this.lookAhead()},
        {state: () => (this.more.open ? `${playground.epochs()} ${playground.revision}` : ""), draw: () => this.drawDetails()},
      ]),
      {state: () => SIDES.map((side) => this.regions[side].shown.updates).join(), draw: () => this.drawSmall()},
    ];
    this.build();
  }

  // ---------------------------------------------------------------------------- making it, once

  build() {
    const {playground, step, reset} = this, {root, small} = playground;
    const standing = element("div", {class: "playground-standing"}, this.now, this.status);
    const progress = element("div", {class: "playground-progress"}, this.play, element("div", {class: "playground-minis"}, this.minis.a, this.minis.b), standing);
    if (small) {
      this.link.append("Open it in the playground, with all settings and views");
      root.replaceChildren(
        this.challenge.box, progress, element("div", {class: "playground-bar"}, step, reset), this.controls.form, this.compared,
        element("div", {class: "playground-main"}, this.pair, this.accuracy.figure), element("p", {}, this.link));
      return;
    }
    const speed = element("select", {id: `${this.prefix}-speed`, change: () => this.choosePace(speed.value)}, ...Object.entries(SPEEDS).reverse().map(([value, words]) => element("option", {value}, words)));
    speed.value = "0";
    // Not the pre itself: the book's theme takes those out of the order of Tab that do not scroll while they are hidden.
    const listing = element("div", {tabindex: "0", role: "region", "aria-label": "Keras code"}, element("pre", {}, this.code));
    root.replaceChildren(
      element("div", {class: "playground-bar"}, element("label", {for: this.examples.id}, "Example"), this.examples, this.where),
      this.problems.box,
      this.challenge.box,
      progress,
      element("div", {class: "playground-bench"},
        element("div", {class: "playground-knobs"}, this.switch, this.controls.form),
        element("div", {class: "playground-main"},
          element("div", {class: "playground-bar"}, step, reset, element("span", {}, element("label", {for: speed.id}, "Speed"), speed)),
          this.compared, this.pair,
          element("div", {class: "playground-bar", role: "group", "aria-label": "The network is shown in"}, element("span", {}, "Shown in"), ...this.modes),
          this.insideBox,
          element("div", {class: "playground-bar", role: "group", "aria-label": "Curves shown"}, ...this.sets),
          this.accuracy.figure, this.loss.figure,
          this.seedsBox, this.shelf.box, this.world.box, this.more, this.aheadBox)),
      element("details", {class: "playground-code"}, element("summary", {}, "This setting as Keras code"),
        element("div", {}, button("Copy", () => playground.copy()), listing)),
    );
  }

  // ---------------------------------------------------------------------------- what a reader does

  chooseExample() {
    const example = EXAMPLES.find(({name}) => name === this.examples.value);
    if (example) this.playground.choose(example);
    else {
      const {a, b} = this.playground;
      this.playground.begin({a, b});
    }
  }

  /** @param {string} kind */
  chooseProblem(kind) {
    const {playground} = this, {data} = playground.a;
    if (kind === "drawn" && data.drawn.length < 8) {
      // To begin with, the points that are there.
      const {train, test} = playground.bench.pairs[0].a.data, points = [];
      for (const {x, y, count} of [train, test]) for (let index = 0; index < Math.min(count, 60); index++) points.push({x: x[2 * index], y: x[2 * index + 1], label: y[index]});
      this.drawing.put(points);
    }
    playground.try("data.kind", kind);
  }

  /** @param {string} set */
  toggleSet(set) {
    const {playground} = this;
    playground.sets = playground.sets.includes(set) ? playground.sets.filter((one) => one !== set) : [...playground.sets, set];
    playground.update();
  }

  /** @param {string} value */
  choosePace(value) {
    this.playground.pace = Number(value);
    this.playground.clock();
  }

  /** @param {string} mode */
  chooseMode(mode) {
    this.playground.mode = /** @type {import("./network.js").Mode} */ (mode);
    this.playground.update();
  }

  /** @param {Side} side */
  chooseSide(side) {
    this.playground.side = side;
    this.playground.update();
  }

  overSeeds() {
    this.playground.try("seeds", SEEDS);
    this.playground.train();
  }

  toggleSketch() {
    this.sketch.toggle(!this.sketch.open);
    this.playground.say(this.sketch.open ? "Draw the curve of the test accuracy into the chart, by pointer or with the arrow keys. Then train." : "");
    this.accuracy.figure.scrollIntoView({block: "nearest"});
    this.playground.update();
  }

  // ---------------------------------------------------------------------------- showing

  /** Begin anew with all pictures, and with the curves that the question is about. @param {{b?: unknown, example?: import("./examples.js").Example}} asked */
  forget({b, example}) {
    for (const side of SIDES) this.regions[side].forget();
    this.inside.forget();
    for (const chart of [this.accuracy, this.loss]) chart.reset();
    this.details.reset();
    this.sketch.clear();
    this.zoom.set(undefined);
    // Six curves are too many to begin with.
    this.playground.sets = !b ? ["test", "train", "reported"] : ["test", example?.measure === "reportedApart" ? "reported" : "train"];
  }

  /** Show the settings. */
  show() {
    const {playground} = this, {a, b, example, side, shown} = playground, ofB = side === "b" && b;
    const knobs = playground.small && playground.knobs.length ? playground.knobs : (example?.knobs ?? ["dropout.hidden", "noise.hidden", "normalization.place", "network.width"]);
    this.shelf.base = example?.a ?? DEFAULT;
    this.controls.show(shown, ofB ? a : (example?.a ?? DEFAULT), ofB ? "A" : "was", knobs);
    this.showCompared();
    this.pair.classList.toggle("playground-two", Boolean(b));
    this.figures.b.toggleAttribute("hidden", !b);
    this.minis.b.toggleAttribute("hidden", !b);
    for (const one of SIDES) {
      const setting = one === "b" ? b : a;
      if (setting) this.captions[one].replaceChildren(element("strong", {}, b ? one.toUpperCase() : "Decision region"), b ? ` ${this.title(one)}` : "");
    }
    this.drawing.show(a.data.kind === "drawn", a.data.drawn);
    this.problems.show(a.data.kind);
    this.challenge.changed(!playground.asksThis(), write({a, b, pins: []}));
    this.shelf.show();
    this.sets.forEach((one, index) => one.setAttribute("aria-pressed", String(playground.sets.includes(Object.keys(SETS)[index]))));
    this.modes.forEach((one, index) => one.setAttribute("aria-pressed", String(Object.keys(MODES)[index] === playground.mode)));
    this.whose.textContent = b ? `This is ${side.toUpperCase()}. “Knobs of” chooses the other.` : "";
    if (playground.small) return;
    this.examples.value = example?.name ?? "";
    this.where.toggleAttribute("hidden", !example);
    if (example) this.where.setAttribute("href", placeOf(example, playground.pages));
    this.switch.toggleAttribute("hidden", !b);
    this.switches.forEach((one, index) => one.setAttribute("aria-pressed", String(SIDES[index] === side)));
    this.seedsBox.toggleAttribute("hidden", !b);
    this.repeat.toggleAttribute("hidden", a.seeds >= SEEDS);
  }

  /** What tells a side apart from the other, in short. @param {Side} side */
  title(side) {
    const {a, b} = this.playground;
    if (!b) return "";
    const setting = side === "a" ? a : b, paths = differences(a, b);
    return paths.map((path) => `${label(path).toLowerCase()}: ${valueInWords(path, get(setting, path))}`).join(", ");
  }

  showCompared() {
    const {playground} = this, {a, b} = playground;
    if (!b) {
      this.compared.replaceChildren(...(playground.small ? [] : [button("Compare with a second setting", () => playground.compare(true)), button("Pin this run", () => playground.pin("a"))]));
      return;
    }
    const chips = differences(a, b).map((path) => {
      const words = `${label(path)}: ${valueInWords(path, get(a, path))} → ${valueInWords(path, get(b, path))}`;
      return element("li", {}, words, ...(playground.small ? [] : [button("Undo", () => playground.undo(path), {class: "playground-small", "aria-label": `Undo: ${words}`})]));
    });
    const list = chips.length ? element("ul", {class: "playground-chips", "aria-label": "What differs in B"}, ...chips) : element("span", {}, "nothing yet. Change one thing.");
    this.compared.replaceChildren(
      element("span", {}, "B differs in "), list,
      ...(chips.length > 1 ? [element("em", {}, `${chips.length} things differ: whatever comes out, you cannot say which of them did it.`)] : []),
      ...(playground.small ? [] : [element("span", {class: "playground-bar"}, button("Swap A and B", () => playground.swap()), button("End the comparison", () => playground.compare(false)), button("Pin A", () => playground.pin("a")), button("Pin B", () => playground.pin("b")))]));
  }

  /** The button that trains says what it does. */
  controlled() {
    this.play.textContent = this.playground.playing ? "Pause" : "Train";
  }

  /** Where all runs stand, in words. */
  standing() {
    const {playground} = this, epochs = playground.epochs(), level = playground.bench.level().length;
    if (!epochs) return "";
    const of = level > 1 ? `, mean of ${level} seeds` : playground.a.seeds > 1 ? `, seed ${playground.a.seed}` : "";
    const scores = playground.leading().map(([side]) => {
      const runs = playground.runs(side), score = (/** @type {"train" | "test"} */ set) => latest(runs, set, "accuracy");
      return Number.isNaN(score("test")) ? "" : `${playground.b ? `${side.toUpperCase()} ` : ""}${score("test").toFixed(3)}${playground.b ? "" : `, training ${score("train").toFixed(3)}`}`;
    });
    return `Epoch ${epochs.toLocaleString("en")}${of}: test accuracy ${scores.join(", ")}.`;
  }

  /** What has changed on the curves. */
  progress() {
    return this.playground.bench.level().map((pair) => pair.a.history.epochs.length + (pair.b?.history.epochs.length ?? 0)).join();
  }

  drawText() {
    const {playground} = this, {bench, a, playing} = playground, epochs = playground.epochs();
    const more = a.seeds > 1 && playing && bench.leads() ? ` ${bench.arrived()} of ${a.seeds} seeds.` : "";
    this.now.textContent = playing || !this.status.textContent ? (epochs || playing ? `${this.standing() || "Epoch 0."}${more}` : "Not trained yet.") : "";
    this.play.setAttribute("aria-description", playing ? "" : epochs >= playground.end ? "goes on" : "");
  }

  drawCurves() {
    const {playground} = this, {a, b, example} = playground, end = Math.max(playground.end, a.epochs);
    const shown = playground.end > a.epochs && playground.epochs() <= a.epochs ? a.epochs : end > a.epochs ? Math.max(a.epochs, Math.ceil(playground.epochs() / a.epochs) * a.epochs) : end;
    const recorded = example && !b && this.challenge.measured && /** @type {Record<string, Recorded>} */ (RECORDED)[example.name];
    const asked = playground.asksThis();
    for (const [what, chart] of /** @type {const} */ ([["accuracy", this.accuracy], ["loss", this.loss]])) {
      if (playground.small && what === "loss") continue;
      const parts = playground.leading().map(([side]) => curves(playground.runs(side), what, side, b ? side.toUpperCase() : "", playground.sets));
      const others = playground.small ? [] : this.shelf.lines(what);
      const reference = recorded && asked ? [{x: recorded.epochs, y: recorded[what], name: "test, as Keras recorded it (mean of 10)", colour: /** @type {const} */ ("quiet"), width: 2.5}] : [];
      chart.draw([...others, ...reference, ...parts.flatMap(({lines}) => lines), ...(what === "accuracy" ? this.sketch.lines() : [])], parts.flatMap(({bands}) => bands), shown);
    }
  }

  drawSeeds() {
    const {playground} = this, {bench, a, b} = playground;
    if (!b) return;
    const pairs = bench.leads() && playground.epochs() ? bench.pairs.filter((pair) => pair.b && pair.a.history.epochs.at(-1) === bench.target && pair.b.history.epochs.at(-1) === bench.target) : [];
    const last = (/** @type {import("./training.js").Training | undefined} */ run) => run?.history.test.accuracy.at(-1) ?? NaN;
    this.seeds.draw(pairs.map((pair) => last(pair.b) - last(pair.a)), a.seeds, playground.epochs());
  }

  drawDetails() {
    const {playground} = this;
    if (this.more.open) this.details.draw(playground.leading(), playground.end);
  }

  lookAhead() {
    const {playground} = this;
    if (this.aheadBox.open && !playground.playing && playground.epochs()) playground.loop.later.push(this.ahead.look(playground.leading()));
  }

  /** Copy the regions to where they stay in sight. */
  drawSmall() {
    for (const side of SIDES) brush(this.minis[side]).drawImage(this.regions[side].canvas, 0, 0, SMALL, SMALL);
  }

  /** @param {{x: number, y: number, label: number}[]} points */
  previewPoints(points) {
    const canvas = this.regions.a.canvas, context = brush(canvas), none = {x: new Float32Array(0), y: new Float32Array(0), count: 0};
    const train = {x: Float32Array.from(points.flatMap(({x, y}) => [x, y])), y: Float32Array.from(points, (point) => point.label), count: points.length};
    context.fillStyle = "#f4f4f4";
    context.fillRect(0, 0, canvas.width, canvas.height);
    drawPoints(context, {train, test: none}, reachOf(this.playground.a.data));
  }

  /** All runs have ended: lay the prediction beside the result, or say what came of a change. */
  answer() {
    const {playground} = this, [a, b] = SIDES.map((side) => playground.runs(side)), {history} = a[0];
    if (this.challenge.measured) return this.challenge.again({a, b});
    if (!playground.asksThis()) return;
    this.challenge.answer({a, b}, this.sketch.distance(history.epochs, history.test.accuracy));
    this.sketch.toggle(false);
  }
}

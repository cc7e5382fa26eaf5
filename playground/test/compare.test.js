import assert from "node:assert/strict";
import test from "node:test";
import {Bench, keyOf} from "../src/bench.js";
import {interval, reading} from "../src/compare.js";
import {curves} from "../src/curves.js";
import {EXAMPLES} from "../src/examples.js";
import {MEASURES, option} from "../src/measures.js";
import {change, fromAddress} from "../src/settings.js";

const A = fromAddress("network.width=8&epochs=6&batch=8").setting, B = change(A, "dropout.hidden", 0.5);

function finish(bench, all = true) {
  while (bench.advance(all));
}

test("an interval is Student's", () => {
  // Mean 3, standard deviation 1.5811, t of 4 degrees of freedom 2.7764.
  const {n, mean, low, high} = interval([1, 2, 3, 4, 5]);
  assert.deepEqual([n, mean], [5, 3]);
  assert.ok(Math.abs(high - 3 - 2.77645 * Math.sqrt(2.5 / 5)) < 1e-9 && Math.abs(3 - low - (high - 3)) < 1e-9);
  assert.ok(Number.isNaN(interval([1]).low));
});

test("an interval is read by the course's rule", () => {
  const cases = {
    "yes": [0.01, 0.03], "the opposite": [-0.03, -0.01], "too small to matter": [-0.009, 0.009], "undecided": [-0.02, 0.02],
    "undecided: positive, size open": [0.001, 0.03], "undecided: negative, size open": [-0.03, -0.001],
  };
  for (const [words, [low, high]] of Object.entries(cases)) assert.equal(reading({low, high}), words);
});

test("two settings train in lockstep from the same seed, points, first weights and order of batches", () => {
  const bench = new Bench(A, B);
  bench.target = 6;
  while (bench.advance(true)) {
    const {a, b} = bench.pairs[0];
    assert.ok(Math.abs(a.epochs - b.epochs) <= 1);
  }
  const {a, b} = bench.pairs[0];
  assert.deepEqual([a.epochs, b.epochs, a.history.epochs], [6, 6, b.history.epochs]);
  assert.deepEqual([...a.batch.x], [...b.batch.x]);
  assert.deepEqual([...a.data.test.x], [...b.data.test.x]);
  assert.notDeepEqual(a.history.reported.loss, b.history.reported.loss);
});

test("pairs of several seeds follow the first, and all arrive", () => {
  const bench = new Bench(change(A, "seeds", 3), change(B, "seeds", 3));
  bench.target = 4;
  finish(bench);
  assert.deepEqual([bench.pairs.length, bench.arrived(), bench.done(), bench.level().length], [3, 3, true, 3]);
  assert.deepEqual(bench.pairs.map(({a, b}) => [a.seed, b.seed]), [[1, 1], [2, 2], [3, 3]]);
});

test("another setting of B leaves A's run as it is", () => {
  const bench = new Bench(A, B);
  bench.target = 6;
  finish(bench);
  const {a} = bench.pairs[0], losses = [...a.history.test.loss];
  bench.set(A, change(B, "dropout.hidden", 0.2));
  assert.equal(bench.pairs[0].a, a);
  assert.deepEqual([bench.epochs(), bench.pairs[0].b.epochs], [0, 0]);
  finish(bench);
  assert.deepEqual([a.epochs, bench.pairs[0].b.epochs, a.history.test.loss], [6, 6, losses]);
});

test("two equal settings have runs of their own that agree to the last bit", () => {
  const bench = new Bench(A, A);
  bench.target = 3;
  finish(bench);
  const {a, b} = bench.pairs[0];
  assert.notEqual(a, b);
  assert.deepEqual(a.history, b.history);
  assert.equal(keyOf(a.setting, a.seed), keyOf(b.setting, b.seed));
});

test("curves are means over seeds, with the lowest and the highest", () => {
  const bench = new Bench(change(A, "seeds", 3));
  bench.target = 4;
  finish(bench);
  const runs = bench.pairs.map(({a}) => a), {lines, bands} = curves(runs, "loss", "a", "", ["test", "train"]);
  const last = runs.map(({history}) => history.test.loss[3]);
  assert.deepEqual(lines.map(({name}) => name), ["test", "training"]);
  assert.ok(Math.abs(lines[0].y[3] - (last[0] + last[1] + last[2]) / 3) < 1e-12);
  assert.deepEqual([bands.length, bands[0].low[3], bands[0].high[3]], [1, Math.min(...last), Math.max(...last)]);
});

test("a measured value falls on the option whose bound it does not exceed", () => {
  assert.deepEqual([-1, 0, 0.05, 0.1, 0.2].map((value) => option(value, [0, 0.1])), [0, 0, 1, 1, 2]);
});

test("every example asks a question that its measure answers with one of its options", () => {
  assert.equal(new Set(EXAMPLES.map(({name}) => name)).size, EXAMPLES.length);
  const run = (losses, accuracies) => ({history: {
    epochs: [1, 50, 100], test: {loss: losses, accuracy: accuracies}, train: {loss: losses, accuracy: accuracies}, reported: {loss: losses, accuracy: accuracies},
  }});
  for (const {name, question, options, bounds, measure, measured, why, then, knobs, b} of EXAMPLES) {
    assert.match(question, /\?/, name);
    assert.equal(bounds.length, options.length - 1, name);
    assert.deepEqual([...bounds].sort((one, other) => one - other), bounds, name);
    assert.ok(why && then && knobs.length >= 3 && knobs.length <= 5, name);
    assert.equal(/\bB\b/.test(question), Boolean(b), `${name}: a question speaks of B where there is one`);
    if (measure === "sureAtTheEdge") continue;
    const {value, words} = MEASURES[measure]({a: [run([0.5, 0.4, 0.6], [0.6, 0.9, 0.8])], b: [run([0.7, 0.6, 0.5], [0.5, 0.8, 0.9])]}, measured);
    assert.ok(!Number.isNaN(value) && option(value, bounds) in options && words.endsWith("."), `${name}: ${value}, ${words}`);
  }
});

test("measures read what their words say", () => {
  const run = (accuracy, loss = accuracy) => ({history: {epochs: [1, 2, 3, 4], test: {accuracy, loss}}});
  const a = [run([0.5, 0.8, 0.7, 0.9], [0.4, 0.2, 0.3, 0.6])], b = [run([0.5, 0.6, 0.7, 0.8], [0.4, 0.3, 0.3, 0.5])];
  const ask = (measure, options = {}) => MEASURES[measure]({a, b}, {level: 0.8, from: 0, to: 9, ...options}).value;
  assert.deepEqual([ask("passes"), ask("earlier"), ask("earlier", {level: 0.99}), ask("lowestLoss"), ask("wins")], [2, 2, 0, 2, 1]);
  assert.ok(Math.abs(ask("moreAccurate") - 0.1) < 1e-12 && Math.abs(ask("lowerLoss") + 0.1) < 1e-12 && Math.abs(ask("testApart") - 0.2) < 1e-12);
  assert.equal(ask("passes", {level: 0.95}), Infinity);
});

test("over several seeds a measure says of which it speaks", () => {
  const run = (accuracy) => ({history: {epochs: [1, 2, 3], test: {accuracy, loss: accuracy}}});
  const early = run([0.8, 0.8, 0.9]), late = run([0.5, 0.8, 0.7]), never = run([0.5, 0.5, 0.6]);
  const said = (measure, a, b) => MEASURES[measure]({a, b}, {level: 0.8, from: 0, to: 9}).words;
  assert.equal(said("earlier", [early, late, late], [late, early, never]), "In 2 of 3 pairs A reached 0.8 earlier than B, in 1 later.");
  assert.equal(said("earlier", [early], [never]), "A first reached 0.8 after epoch 1. B never reached 0.8.");
  assert.equal(said("passes", [late, early], []), "Of the first seed: The test accuracy first reached 0.8 after epoch 2.");
  assert.equal(said("moreAccurate", [early, late], [late, never]), "The test accuracy ends at 0.800 in A and at 0.650 in B, in the mean of 2 seeds.");
  assert.equal(said("moreAccurate", [early], [late]), "The test accuracy ends at 0.900 in A and at 0.700 in B.");
});

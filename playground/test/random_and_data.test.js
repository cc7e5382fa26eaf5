import assert from "node:assert/strict";
import test from "node:test";
import {decode, drawPoints, encode, inUnits, KINDS, MOST_DRAWN} from "../src/data.js";
import {Random} from "../src/random.js";

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("one seed gives one stream, another seed another", () => {
  const words = (...seeds) => { const random = new Random(...seeds); return Array.from({length: 5}, () => random.word()); };
  assert.deepEqual(words(1, 2), words(1, 2));
  assert.notDeepEqual(words(1, 2), words(2, 1));
  assert.notDeepEqual(words(1), words(2));
});

test("uniform and normal numbers have their moments", () => {
  const random = new Random(5), count = 200_000;
  const uniform = Array.from({length: count}, () => random.uniform());
  const normal = Array.from({length: count}, () => random.normal());
  assert.ok(uniform.every((value) => value >= 0 && value < 1));
  assert.ok(Math.abs(mean(uniform) - 0.5) < 4 / Math.sqrt(12 * count));
  assert.ok(Math.abs(mean(normal)) < 4 / Math.sqrt(count));
  assert.ok(Math.abs(mean(normal.map((value) => value ** 2)) - 1) < 4 * Math.sqrt(2 / count));
  assert.ok(Math.abs(mean(normal.map((value) => value ** 4)) - 3) < 4 * Math.sqrt(96 / count));
});

test("an order holds every number once", () => {
  assert.deepEqual(new Random(3).order(50).sort((a, b) => a - b), Array.from({length: 50}, (_, index) => index));
});

test("points are split as asked", () => {
  for (const kind of KINDS.filter((kind) => kind !== "drawn")) {
    const {train, test} = drawPoints({redraw: false, kind, points: 100, noise: 0.1, seed: 1, train: 0.3});
    assert.deepEqual([train.count, test.count, train.x.length, test.y.length], [30, 70, 60, 70]);
  }
});

test("points are drawn anew for each run only where that is asked for", () => {
  const first = (redraw, run) => drawPoints({redraw, kind: "circles", points: 10, noise: 0.1, seed: 1, train: 0.5}, run).train.x[0];
  assert.equal(first(false, 1), first(false, 2));
  assert.notEqual(first(true, 1), first(true, 2));
});

test("inputs in other units are those of float32 arithmetic", () => {
  const values = Float32Array.of(0.1, -1);
  assert.deepEqual([...inUnits(values, "large")], [5100, 4000]);
  assert.deepEqual([...inUnits(values, "tiny")], [Math.fround(Math.fround(0.1) / 1000), Math.fround(-0.001)]);
});

test("whatever the share, points are left to train on and to test on", () => {
  for (const train of [0.05, 0.95]) {
    const drawn = drawPoints({redraw: false, kind: "circles", points: 10, noise: 0.1, seed: 1, train});
    assert.ok(drawn.train.count >= 1 && drawn.test.count >= 1 && drawn.train.count + drawn.test.count === 10);
  }
});

test("points drawn by hand come back from an address, to a thousandth, and are all used", () => {
  const random = new Random(2);
  const points = Array.from({length: 20}, (_, index) => ({x: 2.8 * random.uniform() - 1.4, y: 2.8 * random.uniform() - 1.4, label: index % 2}));
  const drawn = encode(points), back = decode(drawn);
  back.forEach(({x, y, label}, index) => {
    assert.ok(Math.abs(x - points[index].x) <= 0.0006 && Math.abs(y - points[index].y) <= 0.0011, `${x}, ${y}`);
    assert.equal(label, points[index].label);
  });
  const {train, test} = drawPoints({kind: "drawn", points: 1, noise: 0.5, seed: 3, train: 0.5, redraw: false, drawn});
  const found = [train, test].flatMap(({x, y, count}) => Array.from({length: count}, (_, at) => [x[2 * at], x[2 * at + 1], y[at]].join()));
  assert.deepEqual(found.sort(), back.map(({x, y, label}) => [Math.fround(x), Math.fround(y), label].join()).sort());
  assert.equal(train.count, 10);
});

test("what is not written by a hand's drawing is none", () => {
  assert.deepEqual(decode(""), []);
  for (const text of ["abc", "ab!d", "A".repeat(4 * MOST_DRAWN + 4)]) assert.equal(decode(text), undefined);
});

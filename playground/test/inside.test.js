import assert from "node:assert/strict";
import test from "node:test";
import {lookInside, SHOWN, spread} from "../src/look.js";
import {forward} from "../src/network.js";
import {grid, reachOf} from "../src/region.js";
import {change, fromAddress} from "../src/settings.js";
import {alongStep, nextStep, probe} from "../src/step.js";
import {Training} from "../src/training.js";

const train = (address, epochs, seed = 3) => {
  const run = new Training(fromAddress(`epochs=50&batch=8&${address}`).setting, seed);
  while (run.epochs < epochs) run.epoch();
  return run;
};
const finish = (work) => {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
};
const close = (one, other, apart) => assert.ok(one.every((value, at) => Math.abs(value - other[at]) <= apart), `${one} and ${other}`);

test("the parts of all units, with the bias, are the output", () => {
  const run = train("network.width=5&normalization.place=after", 4), {columns, output} = finish(lookInside(run, "inference", []));
  assert.deepEqual([columns.length, columns[0].of, columns[0].units.length], [1, 5, 5]);
  const bias = run.layers.at(-1).bias[0];
  const sum = output.map((_, at) => columns[0].units.reduce((all, {weights, values}) => all + weights[0] * values[at], bias));
  close([...sum], [...output], 1e-4);
  const logits = forward(run.layers, grid(reachOf(run.setting.data), 24), 576, "inference");
  assert.deepEqual([...output], [...logits.slice(0, 576)]);
});

test("of a wide layer those units are shown that the next one listens to most, and they stay", () => {
  const run = train("network.width=40&network.layers=2", 3), {columns, incoming} = finish(lookInside(run, "inference", []));
  assert.deepEqual(columns.map(({of, units}) => [of, units.length]), [[40, SHOWN], [40, SHOWN]]);
  assert.equal(incoming[1][2], run.layers[0].kernel[40 + columns[0].units[2].index]);
  const first = columns[0].units.map(({index}) => index), others = [0, 1, 2, 3, 4, 5, 6].filter((unit) => !first.includes(unit));
  assert.ok(others.length);
  const again = finish(lookInside(run, "inference", columns.map(({units}) => units.map(({index}) => index))));
  assert.deepEqual(again.columns[0].units.map(({index}) => index), first);
  const weakest = Math.min(...columns[0].units.map(({share}) => share));
  const stayed = finish(lookInside(run, "inference", [[others[0]], []])).columns[0].units.find(({index}) => index === others[0]);
  assert.ok(!stayed || stayed.share <= weakest && 1.5 * stayed.share >= weakest);
});

test("in training mode, what the last mask dropped says nothing", () => {
  const run = train("network.width=6&dropout.hidden=0.5", 5), {columns} = finish(lookInside(run, "frozen", []));
  const {mask} = run.layers.find(({kind}) => kind === "dropout"), {units} = columns[0];
  assert.deepEqual(units.map(({dropped}) => dropped), [...mask.slice(0, 6)].map((kept) => kept === 0));
  assert.ok(units.some(({dropped}) => dropped) && units.some(({dropped}) => !dropped));
  for (const {dropped, values} of units) if (dropped) assert.ok(values.every((value) => value === 0));
  assert.ok(finish(lookInside(run, "inference", [])).columns[0].units.every(({dropped}) => !dropped));
});

test("the same units are shown in both modes, so that those that are dropped are seen to be", () => {
  const run = train("network.width=40&dropout.hidden=0.7", 3);
  const [there, here] = ["inference", "frozen"].map((mode) => finish(lookInside(run, mode, [])).columns[0].units);
  assert.deepEqual(here.map(({index}) => index), there.map(({index}) => index));
  assert.ok(here.some(({dropped}) => dropped));
});

test("what normalization gives to the next layer is spread around zero with its size", () => {
  const setting = "data.units=large&normalization.place=input&network.width=6";
  const [raw, inputs] = finish(lookInside(train(setting, 2), "frozen", [])).passed;
  assert.deepEqual([raw.name, inputs.name], ["batch normalization on the inputs receives", "layer 1 receives"]);
  assert.ok(raw.mean > 4000 && raw.reach >= raw.mean);
  assert.ok(Math.abs(inputs.mean) < 0.5 && Math.abs(inputs.sd - 1) < 0.5, JSON.stringify(inputs));
});

test("before an activation, what batch normalization gives is seen, too", () => {
  const run = train("network.layers=2&network.width=6&normalization.place=before&batch=1000&normalization.gamma=false&normalization.beta=false", 3);
  const {passed} = finish(lookInside(run, "frozen", []));
  assert.deepEqual(passed.map(({name}) => name), [
    "layer 1 receives", "batch normalization of layer 1 receives", "batch normalization of layer 1 gives",
    "layer 2 receives", "batch normalization of layer 2 receives", "batch normalization of layer 2 gives", "the output receives",
  ]);
  const [, , first, , , second] = passed;
  // By the statistics of the last batch, here of all points; the weights have moved a little since.
  for (const {mean, sd} of [first, second]) assert.ok(Math.abs(mean) < 0.05 && Math.abs(sd - 1) < 0.05, JSON.stringify([mean, sd]));
});

test("a spread counts all values, and its axis is a power of two", () => {
  const {counts, reach, mean, sd} = spread(Float32Array.of(-1, 0, 1, 2));
  assert.ok(Math.abs(counts.reduce((sum, one) => sum + one) - 1) < 1e-9);
  assert.deepEqual([reach, mean, Math.round(1000 * sd)], [4, 0.5, 1118]);
  assert.equal(spread(new Float32Array(4)).reach, 1);
});

test("looking inside and ahead changes nothing of the run", () => {
  const address = "network.width=12&dropout.hidden=0.3&noise.hidden=0.1&normalization.place=before", [run, other] = [train(address, 2), train(address, 2)];
  for (const mode of ["inference", "frozen"]) finish(lookInside(run, mode, []));
  finish(alongStep(run));
  for (const one of [run, other]) one.epoch();
  assert.deepEqual(run.history, other.history);
});

for (const kind of ["sgd", "adam", "rmsprop"]) {
  test(`the next step is the one that the optimizer takes: ${kind}`, () => {
    const run = train(`network.width=6&normalization.place=before&optimizer.kind=${kind}&optimizer.momentum=0.9&optimizer.rate=0.01`, 2);
    const begin = run.updates.parameters.map(({value}) => value.slice()), {loss, gradients} = probe(run, begin), step = nextStep(run, gradients);
    const along = finish(alongStep(run));
    assert.equal(along.loss[0], loss);
    assert.equal(along.change[0], 0);
    run.update(run.batch);
    run.updates.parameters.forEach(({value}, index) => close([...value], [...begin[index]].map((one, at) => one + step[index][at]), 1e-6));
    const after = probe(run, run.updates.parameters.map(({value}) => value)).loss;
    assert.ok(Math.abs(after - along.loss[along.at.indexOf(1)]) < 1e-5);
  });
}

test("a step that is too long makes the loss rise, a short one makes it fall", () => {
  const run = train("network.width=8&optimizer.kind=sgd&optimizer.rate=0.001", 2);
  const {loss} = finish(alongStep(run));
  assert.ok(loss[3] < loss[0]);
  run.setting = change(run.setting, "optimizer.rate", 10);
  run.updates.setting = run.setting.optimizer;
  assert.ok(finish(alongStep(run)).loss.at(-1) > loss[0]);
});

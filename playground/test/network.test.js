import assert from "node:assert/strict";
import test from "node:test";
import {backward, build, crossEntropy, forward, parameters} from "../src/network.js";
import {Random} from "../src/random.js";
import {DEFAULT, fromAddress} from "../src/settings.js";
import {Training} from "../src/training.js";

const ROWS = 24;
const random = new Random(4);
const x = Float32Array.from({length: 2 * ROWS}, () => random.normal()), y = Float32Array.from({length: ROWS}, (_, row) => row % 2);

/** The loss of one pass in training mode through a network whose masks, noise and statistics are as at its start. */
function lossOf(setting, values) {
  const layers = build(setting, 5);
  parameters(layers).forEach(({value}, index) => value.set(values[index]));
  const outputs = forward(layers, x, ROWS, "training");
  return {layers, loss: y.reduce((sum, label, row) => sum + crossEntropy(outputs[row], label), 0) / ROWS};
}

// Masks, noise and batch statistics included, which no comparison with Keras covers that has other random numbers.
for (const address of [
  "network.activation=tanh&network.layers=2&dropout.input=0.3&dropout.hidden=0.4",
  "network.activation=sigmoid&noise.input=0.2&noise.hidden=0.3&normalization.place=before",
  "network.activation=tanh&noise.hidden=0.3&noise.place=after&normalization.place=after&dropout.hidden=0.3",
  "network.activation=sigmoid&network.layers=3&normalization.place=input&normalization.gamma=false",
  "network.activation=tanh&network.layers=2&normalization.place=after&normalization.beta=false",
]) {
  test(`gradients are the slopes of the loss: ${address}`, () => {
    const {setting} = fromAddress(`network.width=5&network.initial=normal&network.spread=0.8&${address}`);
    const values = parameters(build(setting, 5)).map(({value}) => value.slice());
    const {layers} = lossOf(setting, values);
    backward(layers, x, y, ROWS);
    const step = 5e-3;
    let seen = 0;
    parameters(layers).forEach(({gradient}, index) => {
      for (let at = 0; at < gradient.length; at++) {
        const around = [-2, -1, 1, 2].map((by) => {
          const moved = values.map((value) => value.slice());
          moved[index][at] += by * step;
          return lossOf(setting, moved).loss;
        });
        const slope = (around[0] - 8 * around[1] + 8 * around[2] - around[3]) / (12 * step);
        assert.ok(Math.abs(slope - gradient[at]) < 5e-4 + 0.005 * Math.abs(slope), `${index}, ${at}: ${slope} and ${gradient[at]}`);
        seen = Math.max(seen, Math.abs(slope));
      }
    });
    assert.ok(seen > 0.01);
  });
}

test("settings with one seed share first weights, the order of batches, and what of masks and noise they can", () => {
  const run = (address) => new Training(fromAddress(`network.width=20&batch=8&noise.hidden=0.1&${address}`).setting, 3);
  const plain = run(""), dropped = run("dropout.hidden=0.4"), more = run("dropout.hidden=0.6&network.layers=2");
  const kernel = (training, index) => [...training.layers.filter(({kind}) => kind === "dense")[index].kernel];
  assert.deepEqual(kernel(plain, 0), kernel(dropped, 0));
  assert.deepEqual(kernel(plain, 1), kernel(dropped, 1));
  assert.deepEqual(kernel(plain, 0), kernel(more, 0));
  for (const training of [plain, dropped, more]) for (let piece = 0; piece < 9; piece++) training.advance();
  assert.deepEqual([...plain.batch.x], [...dropped.batch.x]);
  const masks = [dropped, more].map(({layers}) => layers.find(({kind}) => kind === "dropout").mask);
  // What a low rate drops, a high one drops as well.
  masks[0].forEach((kept, at) => kept === 0 && assert.equal(masks[1][at], 0));
  assert.ok(masks[1].some((kept, at) => kept === 0 && masks[0][at] > 0));
});

test("another seed has other first weights, order, masks and noise", () => {
  const [one, other] = [1, 2].map((seed) => new Training({...DEFAULT, batch: 8, dropout: {input: 0, hidden: 0.4}}, seed));
  for (const training of [one, other]) training.advance();
  assert.notDeepEqual(one.layers[0].kernel, other.layers[0].kernel);
  assert.notDeepEqual(one.batch.x, other.batch.x);
});

import assert from "node:assert/strict";
import test from "node:test";
import {tooMuch} from "../src/cost.js";
import {encode} from "../src/data.js";
import {EXAMPLES} from "../src/examples.js";
import {toKeras} from "../src/keras.js";
import {ALLOWED, change, DEFAULT, fromAddress, get, idle, refusal, refusals, toAddress} from "../src/settings.js";
import {differences, FIELDS, inWords, label, valueInWords} from "../src/words.js";

/** Of all examples. */
const SETTINGS = EXAMPLES.flatMap(({a, b}) => (b ? [a, b] : [a]));

test("the default and all examples are possible", () => {
  for (const setting of [DEFAULT, ...SETTINGS]) assert.deepEqual(refusals(setting), []);
});

test("each part of a setting has a rule, and each rule is of a part", () => {
  const paths = Object.entries(DEFAULT).flatMap(([name, part]) =>
    typeof part === "object" ? Object.keys(part).map((inner) => `${name}.${inner}`) : [name],
  );
  assert.deepEqual(paths.sort(), Object.keys(ALLOWED).sort());
});

test("every setting survives its way through an address", () => {
  for (const setting of SETTINGS) assert.deepEqual(fromAddress(`#${toAddress(setting)}`), {setting, problems: []});
  assert.equal(toAddress(DEFAULT), "");
});

test("what an address cannot say is told, and the rest is taken", () => {
  const {setting, problems} = fromAddress("#noise.input=1.5&network.width=20&colour=red&batch=&dropout.hidden=0.3");
  assert.equal(problems.length, 3);
  assert.match(problems[0], /noise\.input goes from 0 to 1, not 1\.5: Keras' GaussianNoise/);
  assert.match(problems[1], /no setting colour/);
  assert.deepEqual([setting.network.width, setting.dropout.hidden, setting.batch], [20, 0.3, DEFAULT.batch]);
});

test("an address with words for yes or no, or with a name of JavaScript's own, is told", () => {
  const {setting, problems} = fromAddress("#normalization.gamma=banana&constructor=1&normalization.beta=false");
  assert.equal(problems.length, 2);
  assert.deepEqual(setting.normalization, {...DEFAULT.normalization, beta: false});
});

test("values beyond a range, of another type or not whole are refused with the reason", () => {
  for (const [path, value] of [["dropout.hidden", 1.1], ["batch", 2.5], ["normalization.gamma", "yes"], ["data.kind", "squares"], ["noise.hidden", NaN]]) {
    assert.match(refusal(path, value), new RegExp(path));
  }
});

test("a change leaves the setting that it is made of as it was", () => {
  const changed = change(DEFAULT, "network.width", 7);
  assert.deepEqual([get(changed, "network.width"), DEFAULT.network.width], [7, 500]);
});

test("an update that would freeze the page is refused, and no example is", () => {
  const wide = fromAddress("network.layers=4&data.points=5000&data.train=0.9&batch=5000").setting;
  assert.match(tooMuch(wide), /One update of 4500 points with 4 × 500 units/);
  for (const setting of SETTINGS) assert.equal(tooMuch(setting), "");
});

test("a knob without effect says why, and has one once what it belongs to is there", () => {
  assert.match(idle(DEFAULT, "normalization.momentum"), /no batch normalization/);
  assert.equal(idle(change(DEFAULT, "normalization.place", "after"), "normalization.momentum"), "");
  assert.match(idle(DEFAULT, "optimizer.momentum"), /only SGD/);
  assert.equal(idle(DEFAULT, "dropout.hidden"), "");
});

test("each part of a setting has a knob, but for the problem, which has pictures", () => {
  const paths = Object.keys(ALLOWED).filter((path) => !["data.kind", "data.drawn"].includes(path));
  assert.deepEqual(FIELDS.map(({path}) => path).sort(), paths.sort());
  assert.equal(new Set(FIELDS.map(({label}) => label)).size, FIELDS.length);
});

test("what differs is said in words", () => {
  const other = fromAddress("dropout.hidden=0.4&epochs=2000").setting;
  assert.deepEqual(differences(DEFAULT, other), ["dropout.hidden", "epochs"]);
  assert.equal(inWords(DEFAULT, other), "Dropout rate after hidden layers: 0.4, Epochs: 2,000");
  assert.equal(inWords(DEFAULT, other, ["epochs"]), "Dropout rate after hidden layers: 0.4");
  assert.equal(inWords(DEFAULT, DEFAULT), "as at the start");
  assert.equal(`${label("data.kind")} ${valueInWords("data.kind", "xor")}`, "Problem four quadrants");
});

test("two points at least have to be drawn by hand, and what no hand drew is refused", () => {
  const drawn = (points) => change(change(DEFAULT, "data.kind", "drawn"), "data.drawn", encode(points));
  const point = {x: 0.5, y: -0.25, label: 1};
  assert.match(refusals(drawn([point]))[0], /two at least/);
  assert.deepEqual(refusals(drawn([point, {...point, x: 0}])), []);
  assert.match(fromAddress("data.kind=drawn&data.drawn=abc").problems[0], /four letters for each/);
});

test("Keras code has the layers of the setting in order", () => {
  const setting = fromAddress("normalization.place=before&noise.hidden=0.1&noise.place=after&dropout.hidden=0.3&maxNorm=3&network.layers=2").setting;
  const names = [...toKeras(setting).matchAll(/keras\.layers\.(\w+)/g)].map(([, name]) => name);
  const hidden = ["Dense", "BatchNormalization", "Activation", "GaussianNoise", "Dropout"];
  assert.deepEqual(names, [...hidden, ...hidden, "Dense"]);
});

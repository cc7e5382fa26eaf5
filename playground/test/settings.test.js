import assert from "node:assert/strict";
import test from "node:test";
import {ALLOWED, change, DEFAULT, fromAddress, get, refusal, refusals, toAddress, toKeras} from "../src/settings.js";
import {tooMuch} from "../src/cost.js";
import {trainingPoints} from "../src/data.js";
import {PRESETS} from "../src/presets.js";

test("the default and all presets are possible", () => {
  for (const setting of [DEFAULT, ...PRESETS.map((preset) => preset.setting)]) assert.deepEqual(refusals(setting), []);
});

test("each part of a setting has a rule, and each rule is of a part", () => {
  const paths = Object.entries(DEFAULT).flatMap(([name, part]) =>
    typeof part === "object" ? Object.keys(part).map((inner) => `${name}.${inner}`) : [name],
  );
  assert.deepEqual(paths.sort(), Object.keys(ALLOWED).sort());
});

test("every setting survives its way through an address", () => {
  for (const {setting} of PRESETS) assert.deepEqual(fromAddress(`#${toAddress(setting)}`), {setting, problems: []});
  assert.equal(toAddress(DEFAULT), "data.kind=circles");
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

test("names of presets are unique, and each asks a question", () => {
  assert.equal(new Set(PRESETS.map(({name}) => name)).size, PRESETS.length);
  for (const {question} of PRESETS) assert.match(question, /\?/);
});

test("an update that would freeze the page is refused, and no preset is", () => {
  const wide = fromAddress("network.layers=4&data.points=5000&data.train=0.9&batch=5000").setting;
  assert.match(tooMuch(wide, 4500), /One update of 4500 points with 4 × 500 units/);
  for (const {setting} of PRESETS) assert.equal(tooMuch(setting, trainingPoints(setting.data.points, setting.data.train)), "");
});

test("Keras code has the layers of the setting in order", () => {
  const setting = fromAddress("normalization.place=before&noise.hidden=0.1&noise.place=after&dropout.hidden=0.3&maxNorm=3&network.layers=2").setting;
  const names = [...toKeras(setting).matchAll(/keras\.layers\.(\w+)/g)].map(([, name]) => name);
  const hidden = ["Dense", "BatchNormalization", "Activation", "GaussianNoise", "Dropout"];
  assert.deepEqual(names, [...hidden, ...hidden, "Dense"]);
});

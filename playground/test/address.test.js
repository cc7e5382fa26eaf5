import assert from "node:assert/strict";
import test from "node:test";
import {asks, read, write} from "../src/address.js";
import {EXAMPLES, FIRST} from "../src/examples.js";
import {change, DEFAULT} from "../src/settings.js";

const named = (name) => EXAMPLES.find((one) => one.name === name);

test("every example comes back from its address, which is its name", () => {
  for (const example of EXAMPLES) {
    const address = write({example, a: example.a, b: example.b, pins: []});
    assert.equal(address, `example=${example.name}`);
    for (const one of [address, `#try-${example.name}`]) {
      assert.deepEqual(read(one), {example, a: example.a, b: example.b, pins: [], problems: []});
    }
  }
});

test("what was changed of an example, what it is compared with and pinned runs come back", () => {
  const example = named("false-lag"), plain = named("overfit");
  const a = change(example.a, "normalization.momentum", 0.5), other = change(a, "batch", 8);
  const pins = [{name: "a & b=c", setting: change(DEFAULT, "dropout.hidden", 0.2), epochs: 120}];
  for (const state of [
    {example, a, b: example.b, pins: []},
    {example, a, b: other, pins},
    {example, a, b: undefined, pins: []},
    {example, a, b: a, pins: []},
    {example: plain, a: plain.a, b: change(plain.a, "dropout.hidden", 0.4), pins: []},
    {example: plain, a: plain.a, b: plain.a, pins},
    {example: undefined, a: other, b: a, pins: []},
  ]) {
    assert.deepEqual(read(write(state)), {...state, problems: []}, write(state));
  }
});

test("an address with a single setting is one, without an example", () => {
  const {example, a, b, problems} = read("#dropout.hidden=0.5");
  assert.deepEqual([example, a.dropout.hidden, b, problems], [undefined, 0.5, undefined, []]);
});

test("an empty address is the first example", () => {
  assert.equal(read("#").example, FIRST);
});

test("a place on the page asks for nothing", () => {
  assert.deepEqual(["#try-overfit", "#dropout.hidden=0.5", "#what-you-see", ""].map(asks), [true, true, false, false]);
});

test("what an address cannot say is told", () => {
  const said = (address) => read(address).problems.join(" ");
  assert.match(said("try-dropuot"), /There is no example dropuot/);
  assert.match(said("dropout.hidden=2"), /dropout\.hidden goes from 0 to 1, not 2/);
  assert.match(said("b.epochs=5"), /epochs is the same for both settings/);
  assert.match(said("b.noise.input=5"), /Of the second setting: noise\.input goes from 0 to 1/);
  assert.match(said("compare=maybe"), /compare is yes or no, not maybe/);
  assert.match(said("pin=name%3Dmine%26after%3D0"), /Of the pinned run mine: it is kept after 1 to 20000 epochs, not 0/);
});

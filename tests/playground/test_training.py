"""What the playground computes in a browser is what Keras computes: forward passes, statistics, optimizers, masks, noise."""

import json

import lab  # noqa: F401 - sets TensorFlow up

import keras
import numpy as np
import pytest
import tensorflow as tf
from playwright.sync_api import Page
from scipy import stats

from tests.support.playground import keras_model, setting

pytestmark = pytest.mark.slow

STATE = """layers => layers.flatMap(layer => ["kernel", "bias", "gamma", "beta", "mean", "variance"]
  .filter(name => layer[name]).map(name => [...layer[name]]))"""

CASES = {
    "nothing": setting(),
    "two tanh layers, momentum": setting(
        network={"layers": 2, "activation": "tanh", "initial": "normal"}, optimizer={"momentum": 0.9}
    ),
    "sigmoid, adam": setting(network={"activation": "sigmoid"}, optimizer={"kind": "adam", "rate": 0.01}),
    "he, rmsprop": setting(
        network={"initial": "he_uniform"}, optimizer={"kind": "rmsprop", "rate": 0.01}
    ),
    "normalized inputs": setting(normalization={"place": "input"}),
    "normalized before": setting(normalization={"place": "before"}),  # Adam would blow up the rounding of biases' zero gradients
    "normalized after, adam": setting(normalization={"place": "after"}, optimizer={"kind": "adam", "rate": 0.01}),
    "normalized after, no gamma": setting(normalization={"place": "after", "gamma": False}),
    "normalized after, no beta": setting(normalization={"place": "after", "beta": False, "momentum": 0.99}),
    "batches of 8, 8, 8 and 6": setting(batch=8, normalization={"place": "after"}),
    "max-norm": setting(network={"initial": "normal", "spread": 2}, maxNorm=0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_updates_and_outputs_are_those_of_keras(page: Page, name: str) -> None:
    steps, case = 5, CASES[name]
    seen = page.evaluate(
        """([setting, steps, state]) => {
          const get = eval(state), run = new Playground.Training(setting, 7), {x, y} = run.data.train;
          run.random.order = count => [...Array(count).keys()];
          const found = {x: [...x], y: [...y], states: [get(run.layers)], scores: [], probabilities: [], reported: []};
          for (let step = 0; step < steps; step++) {
            run.epoch();
            found.reported.push({loss: run.history.reported.loss.at(-1), accuracy: run.history.reported.accuracy.at(-1)});
            found.states.push(get(run.layers));
            found.scores.push({loss: run.history.train.loss.at(-1), accuracy: run.history.train.accuracy.at(-1)});
            const asking = run.probabilities(x);
            let answer;
            do answer = asking.next(); while (!answer.done);
            found.probabilities.push([...answer.value]);
          }
          return found;
        }""",
        [case, steps, STATE],
    )
    model = keras_model(case)
    x, y = np.array(seen["x"], "float32").reshape(-1, 2), np.array(seen["y"], "float32")
    shapes = [weights.shape for weights in model.get_weights()]
    states = [
        [np.reshape(np.array(values, "float32"), shape) for values, shape in zip(state, shapes, strict=True)]
        for state in seen["states"]
    ]  # fmt: skip
    model.set_weights(states[0])
    deviation = 0.0
    for step in range(steps):
        reported = model.fit(
            x, y[:, None], batch_size=case["batch"], verbose=0, shuffle=False
        ).history
        deviation = max(deviation, abs(seen["reported"][step]["loss"] - reported["loss"][0]))
        assert seen["reported"][step]["accuracy"] == pytest.approx(
            reported["accuracy"][0], abs=1e-6
        )
        for mine, theirs in zip(states[step + 1], model.get_weights(), strict=True):
            deviation = max(deviation, float(np.abs(mine - theirs).max()))
        loss, accuracy = model.evaluate(x, y[:, None], batch_size=100, verbose=0)
        score, outputs = seen["scores"][step], model(x, training=False).numpy().ravel()
        deviation = max(deviation, abs(score["loss"] - loss))
        deviation = max(deviation, float(np.abs(outputs - seen["probabilities"][step]).max()))
        assert score["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    print(json.dumps({name: deviation}))
    assert deviation < 5e-6  # float32 sums in another order, over five updates


@pytest.mark.parametrize("name", ["nothing", "two tanh layers, momentum", "normalized before", "normalized after, adam", "batches of 8, 8, 8 and 6"])  # fmt: skip
def test_loss_and_gradient_along_the_next_step_are_those_of_keras(page: Page, name: str) -> None:
    case = CASES[name]
    seen = page.evaluate(
        """([setting, state]) => {
          const get = eval(state), run = new Playground.Training(setting, 7);
          for (let epoch = 0; epoch < 3; epoch++) run.epoch();
          const begin = run.updates.parameters.map(({value}) => value.slice());
          const step = Playground.nextStep(run, Playground.probe(run, begin).gradients);
          const looking = Playground.alongStep(run);
          let along;
          do along = looking.next(); while (!along.done);
          return {along: along.value, step: step.map(one => [...one]), state: get(run.layers), x: [...run.batch.x], y: [...run.batch.y]};
        }""",
        [case, STATE],
    )
    model, along = keras_model(case), seen["along"]
    x, y = np.array(seen["x"], "float32").reshape(-1, 2), np.array(seen["y"], "float32")[:, None]
    shapes = [weights.shape for weights in model.get_weights()]
    model.set_weights(
        [np.reshape(np.array(one, "float32"), shape) for one, shape in zip(seen["state"], shapes, strict=True)]
    )  # fmt: skip
    begin = [variable.numpy() for variable in model.trainable_variables]
    losses, gradients = [], []
    for multiple in along["at"]:
        for variable, value, step in zip(model.trainable_variables, begin, seen["step"], strict=True):  # fmt: skip
            variable.assign(value + multiple * np.reshape(np.array(step, "float32"), value.shape))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, model(x, training=True)))
        found = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        losses.append(float(loss))
        gradients.append(np.concatenate([np.ravel(one) for one in found]))
    change = [np.linalg.norm(one - gradients[0]) / np.linalg.norm(gradients[0]) for one in gradients]  # fmt: skip
    assert along["loss"] == pytest.approx(losses, abs=2e-5)
    assert along["change"] == pytest.approx(change, abs=2e-3)
    assert along["change"][0] == 0 and max(change) > 0.01


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_masks_keep_and_scale_as_keras_does(page: Page, rate: float) -> None:
    values = page.evaluate(
        """([setting]) => {
          const run = new Playground.Training(setting, 3);
          const last = (rows, mode) => {
            let seen;
            Playground.forward(run.layers, new Float32Array(2 * rows).fill(1), rows, mode, (layer, x) => { seen = [...x.slice(0, 20 * rows)]; });
            return seen;
          };
          const seen = last(2000, "training"), mask = [...run.layers.find(({kind}) => kind === "dropout").mask.slice(0, 20)];
          const logits = [...Playground.forward(run.layers, new Float32Array(6).fill(1), 3, "inference").slice(0, 3)];
          return {seen, whole: last(1, "inference"), frozen: last(2, "frozen"), mask, logits};
        }""",
        [setting(dropout={"hidden": rate}, network={"width": 20, "initial": "he_uniform"})],
    )
    hidden, whole = np.array(values["seen"]).reshape(2000, 20), np.array(values["whole"])
    unit = hidden[:, hidden.max(axis=0) > 0]
    kept = unit > 0
    assert abs(kept.mean() - (1 - rate)) < 4 * np.sqrt(rate * (1 - rate) / kept.size)
    for column, undropped in zip(unit.T, whole[hidden.max(axis=0) > 0], strict=True):
        assert column[column > 0] == pytest.approx(undropped / (1 - rate), rel=1e-6)
    assert len(set(values["logits"])) == 1
    # A look at training in standstill drops for all points what was dropped for the first.
    for row in np.array(values["frozen"]).reshape(2, 20):
        assert row == pytest.approx(whole * values["mask"], rel=1e-6)


def test_noise_is_normal_with_its_standard_deviation(page: Page) -> None:
    noise = page.evaluate(
        """([setting]) => {
          const run = new Playground.Training(setting, 3);
          let seen;
          Playground.forward(run.layers, new Float32Array(10_000), 5000, "training",
            (layer, x) => { if (layer.kind === "dense") seen ??= [...x.slice(0, 10_000)]; });
          return seen;
        }""",
        [setting(noise={"input": 0.3})],
    )
    assert stats.kstest(np.array(noise) / 0.3, "norm").pvalue > 0.001
    assert abs(np.corrcoef(noise[::2], noise[1::2])[0, 1]) < 0.06


def test_a_saturated_loss_is_that_of_keras(page: Page) -> None:
    logits, labels = [-200.0, -50, -20, -1, 0, 1, 20, 50, 200], [1.0, 1, 0, 1, 0, 0, 1, 0, 0]
    mine = page.evaluate(
        "([logits, labels]) => logits.map((one, index) => Playground.crossEntropy(one, labels[index]))",
        [logits, labels],
    )
    theirs = [
        float(keras.losses.binary_crossentropy(np.array([label]), np.array([one], "float32"), from_logits=True))
        for one, label in zip(logits, labels, strict=True)
    ]  # fmt: skip
    assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-7)


def test_at_rate_1_everything_is_dropped_as_in_keras(page: Page) -> None:
    reported = page.evaluate(
        """([setting]) => { const run = new Playground.Training(setting, 3); run.epoch(); 
          return run.history.reported.loss[0]; }""",
        [setting(dropout={"hidden": 1})],
    )
    assert not np.any(keras.layers.Dropout(1.0)(np.ones((3, 4)), training=True))
    assert reported == pytest.approx(np.log(2), abs=1e-6)  # the logit is the last bias, 0


def test_memory_does_not_grow_while_it_trains(page: Page) -> None:
    case = setting(
        batch=8,
        data={"points": 10, "train": 0.8},
        network={"width": 4},
        dropout={"hidden": 0.4},
        maxNorm=3,
        normalization={"place": "before"},
        noise={"hidden": 0.1, "place": "after"},
        optimizer={"kind": "adam", "rate": 0.001},
    )
    heap = []
    session = page.context.new_cdp_session(page)
    page.evaluate("([setting]) => { window.run = new Playground.Training(setting, 3); }", [case])
    for epochs in (1_000, 20_000):
        page.evaluate("epochs => { while (run.epochs < epochs) run.epoch(); }", epochs)
        session.send("HeapProfiler.collectGarbage")
        heap.append(session.send("Runtime.getHeapUsage")["usedSize"])
    page.evaluate("() => { delete window.run; }")
    # Thirteen numbers an epoch are kept, for the curves.
    assert heap[1] - heap[0] < 13 * 8 * 19_000 * 1.5 + 200_000


def test_the_page_can_answer_between_any_two_updates(page: Page) -> None:
    steps, pieces = page.evaluate(
        """([setting]) => {
          const run = new Playground.Training(setting, 3), steps = [];
          let pieces = 0;
          for (let epoch = 0; epoch < 2; pieces++) {
            const before = run.updates.step;
            epoch += run.advance();
            steps.push(run.updates.step - before);
          }
          return [steps, pieces];
        }""",
        [setting(batch=8, data={"points": 4000, "train": 0.01}, network={"width": 500})],
    )
    assert max(steps) == 1
    assert sum(steps) == 2 * 5
    assert pieces > 2 * (5 + 2)  # 3,960 test points are evaluated in several pieces

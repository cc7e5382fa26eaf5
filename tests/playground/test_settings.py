"""A setting of the playground is the Keras code that it shows, and its examples are those of the book."""

import json
from typing import Any

import lab  # noqa: F401 - sets TensorFlow up

import keras
import numpy as np
import pytest
from playwright.sync_api import Page

from coursekit.paths import ROOT
from playground.parity import LEAST_P, RECORDED, defined_by, examples, p_value, train_in_browser
from tests.support.playground import keras_model

pytestmark = pytest.mark.slow

CODES = [
    "normalization.place=before&noise.hidden=0.1&noise.place=after&dropout.hidden=0.3&maxNorm=3&network.layers=2",
    "data.kind=moons&data.noise=0.05&optimizer.kind=sgd&optimizer.momentum=0.9&dropout.input=0.2&epochs=1",
    "data.kind=xor&data.seed=7&optimizer.kind=sgd&optimizer.momentum=1&network.initial=normal&network.spread=0.2",
    "data.kind=spirals&data.redraw=true&optimizer.kind=rmsprop&normalization.place=input&normalization.beta=false",
    "data.kind=target&data.units=large&normalization.place=after&normalization.gamma=false&noise.input=0.2&noise.hidden=0.3",
    "data.kind=moons&optimizer.rate=1&noise.hidden=0.2&noise.place=before&normalization.place=after&dropout.hidden=0.1",
    "data.kind=circles&data.units=tiny&data.points=301&data.train=0.015&seeds=2&network.activation=tanh&batch=1",
]


KINDS = {"Dense": "dense", "Activation": "activation", "BatchNormalization": "normalization", "Dropout": "dropout", "GaussianNoise": "noise"}  # fmt: skip


@pytest.mark.parametrize("address", CODES)
def test_the_code_of_a_setting_draws_its_points_and_builds_its_network(page: Page, address: str) -> None:  # fmt: skip
    setting, code, drawn, kinds = page.evaluate(
        """address => {
          const {setting, problems} = Playground.fromAddress(address), run = 3;
          if (problems.length) throw new Error(problems.join());
          const {train, test} = Playground.drawPoints(setting.data, run), {units} = setting.data;
          const given = ({x, y}) => [[...Playground.inUnits(x, units)], [...y]];
          const training = new Playground.Training(setting, run), kinds = training.layers.map(layer => layer.kind);
          return [setting, Playground.toKeras(setting), [given(train), given(test)], kinds];
        }""",
        address,
    )
    points, network = defined_by(code)
    for (x, y), (mine, labels) in zip(points(3), drawn, strict=True):
        assert x.dtype == np.float32
        # Sines differ in their last bit between NumPy and browsers; rounded to float32, that is one step at most.
        np.testing.assert_allclose(np.reshape(mine, x.shape), x, rtol=2.4e-7, atol=1.2e-7)
        np.testing.assert_array_equal(labels, y)
    theirs, expected = network(), keras_model(setting)

    def described(model: keras.Model) -> list[dict]:
        return [{**layer.get_config(), "name": type(layer).__name__} for layer in model.layers]

    assert without_seeds(described(theirs)) == without_seeds(described(expected))
    assert kinds == [KINDS[type(layer).__name__] for layer in theirs.layers]
    ours, wanted = (model.optimizer.get_config() for model in (theirs, expected))
    assert {**ours, "name": ""} == {**wanted, "name": ""}


def without_seeds(config: Any) -> Any:
    """A configuration without the seeds of its initializers and random layers."""
    if isinstance(config, dict):
        return {key: without_seeds(value) for key, value in config.items() if key != "seed"}
    return [without_seeds(one) for one in config] if isinstance(config, list) else config


def test_the_code_of_a_setting_runs_as_it_is(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    code = page.evaluate(
        "Playground.toKeras(Playground.fromAddress('seeds=2&epochs=2&dropout.hidden=0.4').setting)"
    )
    exec(code, {})
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["seed 1", "seed 2"]


@pytest.mark.parametrize(
    ("path", "value", "make"),
    [
        ("dropout.hidden", 1.1, lambda: keras.layers.Dropout(1.1)),
        ("dropout.input", -0.1, lambda: keras.layers.Dropout(-0.1)),
        ("noise.hidden", 1.5, lambda: keras.layers.GaussianNoise(1.5)),
        ("noise.input", -0.1, lambda: keras.layers.GaussianNoise(-0.1)),
        ("optimizer.momentum", 1.5, lambda: keras.optimizers.SGD(0.1, momentum=1.5)),
        ("network.width", 0, lambda: keras.layers.Dense(0)),
    ],
)
def test_what_the_page_says_that_keras_refuses_keras_refuses(page: Page, path: str, value: float, make: Any) -> None:  # fmt: skip
    said = page.evaluate("([path, value]) => Playground.refusal(path, value)", [path, value])
    assert "Keras" in said
    with pytest.raises(ValueError):
        make()


@pytest.mark.parametrize("name", ["false-lag", "dropout"])
def test_final_accuracies_of_an_example_are_those_recorded_with_keras(page: Page, name: str) -> None:  # fmt: skip
    """Of three seeds here; ``make playground-compare`` does it for all examples and ten seeds."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))[name]["final"]
    for kind, values in train_in_browser(page, name, [1, 2, 3]).items():
        assert p_value(values, np.array(recorded[kind])) > LEAST_P, (kind, values, recorded[kind])


def test_another_network_than_the_recorded_one_would_be_noticed() -> None:
    final = {name: one["final"] for name, one in json.loads(RECORDED.read_text(encoding="utf-8")).items()}  # fmt: skip
    for name, other, kind in [("dropout", "dropout-on-the-input", "test"), ("dropout", "overfit", "train")]:  # fmt: skip
        assert p_value(np.array(final[other][kind][:3]), np.array(final[name][kind])) < LEAST_P


def test_what_is_recorded_is_of_the_examples_that_there_are() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert list(recorded) == list(examples())
    for name, example in examples().items():
        assert recorded[name]["epochs"][-1] == example["setting"]["epochs"]
        assert (RECORDED.parents[1] / "recorded" / f"{name}.png").stat().st_size > 1000


def test_examples_are_named_as_their_sections_in_the_book() -> None:
    every = json.loads((ROOT / "playground/src/examples.json").read_text(encoding="utf-8"))
    for example in every:
        lines = (ROOT / f"{example['page']}.md").read_text(encoding="utf-8").splitlines()
        for title in (example["title"], example["section"]):
            assert any(line.lstrip("#") == f" {title}" for line in lines), example["name"]
    exercises = {path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.glob("solutions/*/*.md")}  # fmt: skip
    assert exercises == {example["page"] for example in every} & exercises, (
        "an exercise has no example"
    )

"""What checks.py measures is what models compute, however they are written."""

from collections.abc import Callable

import lab
from lab import checks

import keras
import numpy as np
import pandas as pd
import pytest

layers = keras.layers


def sequential(*stack: keras.layers.Layer) -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), *stack, layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(0.1), loss="binary_crossentropy")
    return model


class Subclassed(keras.Model):
    """Calls ReLU as a function and is built by its first call."""

    def __init__(self, *stack: keras.layers.Layer) -> None:
        super().__init__()
        self.first, self.stack, self.last = layers.Dense(50), stack, layers.Dense(1)

    def call(self, values, training=None):
        values = keras.ops.relu(self.first(values))
        for layer in self.stack:
            values = layer(values, training=training)
        return self.last(values)


def hidden(activation: str | None = "relu") -> keras.layers.Layer:
    return layers.Dense(50, activation=activation)


@pytest.mark.parametrize("model", [lambda *stack: sequential(hidden(), *stack), Subclassed])
@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.99])
def test_momentum_scale_and_center_are_measured(model: Callable, momentum: float) -> None:
    normalize = layers.BatchNormalization(momentum=momentum, scale=False)
    (found,) = checks.normalizations(model(normalize), checks.points(200))
    assert found.momentum == pytest.approx(momentum, abs=0.01)
    assert (found.scale, found.center) == (False, True)
    assert found.after_relu
    assert found.uses_moving
    assert found.features == 50


def test_normalization_before_the_activation_is_not_after_it() -> None:
    model = sequential(hidden(None), layers.BatchNormalization(), layers.ReLU())
    (found,) = checks.normalizations(model, checks.points(200))
    assert not found.after_relu


def test_batch_statistics_in_use_are_seen() -> None:
    class OfTheBatch(layers.BatchNormalization):
        def call(self, inputs, training=None, mask=None):
            return super().call(inputs, training=True)

    (found,) = checks.normalizations(sequential(hidden(), OfTheBatch()), checks.points(200))
    assert not found.uses_moving


@pytest.mark.parametrize("layer", [layers.LayerNormalization, layers.Dropout, layers.ReLU])
def test_other_layers_do_not_normalize_batches(layer: Callable) -> None:
    arguments = [0.4] if layer is layers.Dropout else []
    model = sequential(hidden(), layer(*arguments))
    assert checks.normalizations(model, checks.points(200)) == []


@pytest.mark.parametrize("model", [lambda *stack: sequential(hidden(), *stack), Subclassed])
def test_dropout_and_noise_are_measured(model: Callable) -> None:
    stack = layers.Dropout(0.3), layers.GaussianNoise(0.2)
    drop, noise = checks.disturbances(model(*stack), checks.points(400))
    assert drop.rate == pytest.approx(0.3, abs=0.02)
    assert drop.factor == pytest.approx(1 / 0.7, rel=1e-3)
    assert drop.sd == 0
    assert noise.rate == 0
    assert noise.sd == pytest.approx(0.2, abs=0.01)
    assert drop.after_relu
    assert not drop.at_inference
    assert not noise.at_inference


def test_dropout_in_use_is_seen() -> None:
    class AlwaysOn(layers.Dropout):
        def call(self, inputs, training=None):
            return super().call(inputs, training=True)

    model = sequential(hidden(), AlwaysOn(0.5))
    assert checks.disturbances(model, checks.points(200))[0].at_inference
    assert not checks.is_deterministic(model, checks.points(5))
    assert checks.is_deterministic(sequential(hidden(), layers.Dropout(0.5)), checks.points(5))


class Named(keras.Model):
    """Calls its layers by the names of their arguments; a mode of its own."""

    def __init__(self, *stack: keras.layers.Layer, only_in_training: bool = False) -> None:
        super().__init__()
        self.first, self.stack, self.last = hidden(), stack, layers.Dense(1)
        self.only_in_training = only_in_training

    def call(self, values, training=None):
        values = self.first(inputs=values)
        for layer in self.stack if training or not self.only_in_training else ():
            values = layer(training=training, inputs=values)
        return self.last(inputs=values)


def test_layers_called_by_name_are_seen() -> None:
    model = Named(layers.BatchNormalization(momentum=0.7), layers.Dropout(0.3))
    (found,) = checks.normalizations(model, checks.points(200))
    assert (found.momentum, found.features) == (pytest.approx(0.7, abs=0.01), 50)
    (drop,) = checks.disturbances(model, checks.points(200))
    assert drop.rate == pytest.approx(0.3, abs=0.02)


def test_layers_called_in_training_only_are_measured() -> None:
    stack = layers.Dropout(0.3), layers.BatchNormalization(momentum=0.7)
    model = Named(*stack, only_in_training=True)
    (found,) = checks.normalizations(model, checks.points(400))
    assert (found.uses_moving, found.momentum) == (False, pytest.approx(0.7, abs=0.01))
    (drop,) = checks.disturbances(model, checks.points(200))
    assert (drop.at_inference, drop.rate) == (False, pytest.approx(0.3, abs=0.02))


def test_looking_changes_nothing() -> None:
    model = sequential(hidden(), layers.BatchNormalization(), layers.Dropout(0.5))
    weights = [np.array(weight) for weight in model.get_weights()]
    checks.normalizations(model, checks.points(100))
    checks.disturbances(model, checks.points(100))
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_an_update_shows_a_constraint_at_work() -> None:
    model = sequential(layers.Dense(50, kernel_constraint=keras.constraints.MaxNorm(0.5)))
    before, after = checks.update(model, checks.points(20), np.ones(20), enlarge=10)
    assert np.linalg.norm(checks.of_shape(before, 2, 50), axis=0).max() > 1
    assert np.linalg.norm(checks.of_shape(after, 2, 50), axis=0).max() <= 0.5001
    with pytest.raises(AssertionError, match=r"of shape \(3, 50\) was expected"):
        checks.of_shape(after, 3, 50)


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2, 3], [4, 5, 6]],
        np.arange(6).reshape(2, 3),
        pd.DataFrame(np.arange(6).reshape(2, 3), columns=list("abc")),
        pd.Series([np.arange(3), np.arange(3)]),
        keras.ops.ones((2, 3)),
    ],
    ids=lambda values: type(values).__name__,
)
def test_results_of_any_kind_become_an_array(values: object) -> None:
    assert checks.table(values, 2, 3).shape == (2, 3)
    assert checks.table(values, 2, None).shape == (2, 3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (3.0, r"shape \(\), not \(2, 3\)"),
        (np.ones((3, 2)), r"shape \(3, 2\), not \(2, 3\)"),
        ([[1, 2], [1]], "equally long rows"),
        ([["a", "b", "c"]] * 2, "equally long rows of numbers"),
        (np.full((2, 3), np.nan), "NaN or infinite"),
        (None, "is missing"),
    ],
)
def test_results_that_do_not_fit_are_named(values: object, message: str) -> None:
    with pytest.raises(AssertionError, match=f"My table .*{message}"):
        checks.table(values, 2, 3, what="My table")


def example(relu: str | None = "relu", loss: str = "binary_crossentropy", **hidden: object):
    """The worked example's network, or one that differs in something."""
    optimizer = hidden.pop("optimizer", "adam")
    stack = [layers.Dense(500, activation=relu, **hidden), layers.Dropout(0.4)]
    model = keras.Sequential([keras.Input((2,)), *stack, layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer, loss=loss, metrics=["accuracy"])
    return model


def expect_example(model: keras.Model) -> None:
    checks.expect_example(model, checks.practice()[0], keras.optimizers.Adam())


def test_the_example_is_known_with_dropout_on_and_however_it_is_written() -> None:
    expect_example(example())
    point = keras.Input((2,))
    values = keras.ops.relu(layers.Dense(500)(point))
    model = keras.Model(point, keras.ops.sigmoid(layers.Dense(1)(layers.Dropout(0.4)(values))))
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.BinaryCrossentropy())
    expect_example(model)


@pytest.mark.parametrize(
    ("different", "message"),
    [
        ({"relu": None}, "Do the hidden units have their ReLU"),
        ({"relu": "tanh"}, "Do the hidden units have their ReLU"),
        (
            {"optimizer": "sgd"},
            "steps are 0.01 and 0.01, those of the one asked for 0.001 and 0.001",
        ),
        ({"optimizer": "rmsprop"}, "Which one is it"),
        ({"loss": "mse"}, "another loss"),
        ({"kernel_regularizer": "l2"}, "is there a penalty"),
        ({"kernel_initializer": "zeros"}, "learn the same, or nothing"),
        ({"kernel_initializer": "he_uniform"}, "How are they drawn"),
        ({"use_bias": False}, "Is a bias missing"),
    ],
)
def test_what_differs_from_the_example_is_named(different: dict, message: str) -> None:
    keras.utils.set_random_seed(1)
    with pytest.raises(AssertionError, match=message):
        expect_example(example(**different))


def test_other_updates_than_those_of_the_optimizer_are_seen() -> None:
    class Twice(keras.Model):
        def train_step(self, data):
            super().train_step(data)
            return super().train_step(data)

    usual = example()
    model = Twice(usual.inputs, usual.outputs)
    model.compile("adam", loss="binary_crossentropy")
    with pytest.raises(AssertionError, match="Three updates"):
        expect_example(model)


Experiment = Callable[[Callable, list[int], int], list[dict]]


def experiment(
    names: dict, part: slice = slice(None), asked: int = 1, **mistake: object
) -> Experiment:
    """A sound experiment with a rate of 0.4, or one with a mistake."""
    setting = mistake.get("setting", 0.4)
    seed_of = mistake.get("seed_of", lambda seeds, run: seeds[run])
    length = mistake.get("length", lambda epochs: epochs)

    def run(draw: Callable, seeds: list[int], epochs: int) -> list[dict]:
        accuracy = []
        for number, seed in enumerate(seeds):
            data = draw(seed)
            (x, y), (x_test, y_test) = data[0], data[asked]
            keras.utils.set_random_seed(seed_of(seeds, number))
            model = names["network"](setting)
            for _ in range(length(epochs)):
                model.train_on_batch(x[part], y[part])
            outputs = np.asarray(model(x_test, training=mistake.get("mode", False)))[:, 0]
            accuracy.append(np.mean((outputs > 0.5) == y_test))
        return [{"test accuracy": accuracy}]

    return run


def expect_runs(names: dict, run: Experiment) -> None:
    checks.expect_runs(run, [(0.4,)], names, seeds=[3, 8], epochs=10)


def notebook() -> dict:
    """The global names of a notebook with a network of its own."""

    def network(share: float) -> keras.Model:
        raise NotImplementedError("the check lends another one")

    return {"network": network}


def test_sound_runs_are_known_and_the_network_is_put_back() -> None:
    names = notebook()
    own = names["network"]
    expect_runs(names, experiment(names))
    assert names["network"] is own


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"seed_of": lambda seeds, run: seeds[run] + 1}, r"the seeds \[4, 9\], not of \[3, 8\]"),
        ({"seed_of": lambda seeds, run: run}, r"the seeds \[0, 1\], not of \[3, 8\]"),
        ({"seed_of": lambda seeds, run: seeds[0]}, r"the seeds \[3, 3\], not of \[3, 8\]"),
        ({"length": lambda epochs: epochs // 5}, "trained for 2 epochs, not for 10"),
        ({"length": lambda epochs: 100}, "trained for 100 epochs, not for 10"),
        ({"length": lambda epochs: 0}, "trained for 0 epochs, not for 10"),
        ({"part": slice(15)}, "on half of the training points"),
        ({"part": slice(0, None, 2)}, "on half of the training points"),
        ({"asked": 0}, "It is the training accuracy"),
        ({"mode": True}, "asked in training mode"),
        ({"setting": 0.3}, r"Asked for network\(0.4\), it built network\(0.3\)"),
        ({"part": slice(4, 20)}, "No training on these data"),
        ({"part": "all"}, "The experiment stops with"),
    ],
)
def test_a_mistake_in_an_experiment_is_named(mistake: dict, message: str) -> None:
    names = notebook()
    own = names["network"]
    with pytest.raises(AssertionError, match=message):
        expect_runs(names, experiment(names, **mistake))
    assert names["network"] is own


def test_an_experiment_may_name_the_arguments_of_its_own_network() -> None:
    names = notebook()

    def run(draw: Callable, seeds: list[int], epochs: int) -> list[dict]:
        grid = {"share": [0.4]}
        (runs,) = lab.sweep(names["network"], grid, draw, seeds=seeds, epochs=epochs)
        return [{"test accuracy in each epoch": runs["val_accuracy"]}]

    expect_runs(names, run)


def test_a_table_with_other_epochs_is_named() -> None:
    names = notebook()

    def run(draw: Callable, seeds: list[int], epochs: int) -> list[dict]:
        build = lambda: names["network"](0.4)  # noqa: E731
        runs = lab.repeat(build, draw, seeds=seeds, epochs=7)
        return [{"test accuracy in each epoch": runs["val_accuracy"]}]

    with pytest.raises(AssertionError, match="has 7 columns for 10 epochs"):
        expect_runs(names, run)


def test_the_order_of_shuffled_batches_does_not_matter_for_one_point() -> None:
    names = notebook()

    def run(data: tuple, seeds: list[int], epochs: int) -> list[dict]:
        found = []
        for seed in seeds:
            keras.utils.set_random_seed(seed)
            model = names["network"](0.4)
            log = model.fit(*data[0], validation_data=data[1], epochs=epochs, verbose=0).history
            found.append(log["val_accuracy"])
        return [{"test accuracy in each epoch": found}]

    options = dict(seeds=[3, 9], epochs=2, data=checks.one_point(), optimizer="sgd")
    checks.expect_runs(run, [(0.4,)], names, **options)
    halved = lambda data, *rest: run((tuple(p[:250] for p in data[0]), data[1]), *rest)  # noqa: E731
    with pytest.raises(AssertionError, match="on half of the training points"):
        checks.expect_runs(halved, [(0.4,)], names, **options)


def test_a_message_says_where_to_read() -> None:
    checks.expect(True, "never said")
    with pytest.raises(AssertionError, match=r"^Too few\. Read: the chapter\.$"):
        checks.expect(False, "Too few.", "the chapter")

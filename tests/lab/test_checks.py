"""What checks.py measures is what models compute, however they are written."""

from collections.abc import Callable

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


def test_data_for_experiments_are_what_they_say() -> None:
    (x, y), (x_test, y_test) = data = checks.separable(50, 20)
    assert ((x[:, 0] > 0) == y).all()
    assert (checks.flipped(data)[1][1] == 1 - y_test).all()
    assert checks.flipped(data)[0][1] is y
    assert len(x_test) == 20
    assert checks.different_rows(x)
    assert not checks.different_rows(np.ones((2, 5)))


def test_arguments_are_listed_and_the_function_is_put_back() -> None:
    def double(x: int) -> int:
        return 2 * x

    names = {"double": double}
    with (
        pytest.raises(ZeroDivisionError),
        checks.arguments_of("double", names) as asked,
    ):
        assert names["double"](3) + names["double"](x=4) == 14
        raise ZeroDivisionError
    assert asked == [3, 4]
    assert names["double"] is double


def test_a_message_says_where_to_read() -> None:
    checks.expect(True, "never said")
    with pytest.raises(AssertionError, match=r"^Too few\. Read: the chapter\.$"):
        checks.expect(False, "Too few.", "the chapter")

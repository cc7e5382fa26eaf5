"""An evaluation in larger batches gives what Keras' own batches give, or is not enlarged."""

import lab
from lab.evaluation import batch_size_of, is_mean_over_samples

import keras
import numpy as np
import pytest
from keras import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(70, 4)).astype("float32")
ONE = (X[:, :1] > 0).astype("float32")
THREE = np.eye(3, dtype="float32")[RNG.integers(0, 3, 70)]
LABELS = THREE.argmax(axis=1)


def network(targets, loss, metrics=(), hidden=list, functional=None):
    units = targets.shape[1] if targets.ndim > 1 else 3
    last = layers.Dense(units, "softmax" if units > 1 else "sigmoid")
    if functional:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, last(functional(inputs)))
    else:
        model = keras.Sequential([keras.Input((4,)), *hidden(), last])
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=list(metrics))
    return model


def deviation(targets, *arguments, **options):
    """Of the evaluation's logs from Keras', relative to the larger of 1 and Keras' value."""
    logs = []
    for ours in (True, False):
        keras.utils.set_random_seed(0)
        model = network(targets, *arguments, **options)
        data = {"x": X, "y": targets, "validation_data": (X, targets)}
        fit = lab.fit if ours else keras.Model.fit
        history = fit(model, **data, epochs=2, batch_size=16, shuffle=False, verbose=0).history
        logs.append({name: values for name, values in history.items() if name.startswith("val_")})
    found = [
        np.abs(np.array(logs[0][name]) - logs[1][name]) / np.maximum(1, np.abs(logs[1][name]))
        for name in logs[1]
    ]
    return float(np.max(found))


MEANS = {
    "binary": (
        ONE,
        "binary_crossentropy",
        ["accuracy", "binary_accuracy", "mse", "mae", "hinge", "squared_hinge", "poisson"],
    ),
    "binary focal": (ONE, keras.losses.BinaryFocalCrossentropy(), ["binary_crossentropy"]),
    "labels": (
        LABELS,
        "sparse_categorical_crossentropy",
        ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)],
    ),
    "categories": (
        THREE,
        keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        ["accuracy", keras.metrics.TopKCategoricalAccuracy(2), "kl_divergence"],
    ),
    "categories, focal": (THREE, "categorical_focal_crossentropy", ["categorical_hinge"]),
    "regression": (ONE, "mse", ["mape", "msle", keras.metrics.LogCoshError(), "cosine_similarity"]),
    "robust regression": (ONE, keras.losses.Huber(0.3), []),
    "logarithm of the hyperbolic cosine": (ONE, "log_cosh", []),
    "normalized, with a penalty": (
        ONE,
        "binary_crossentropy",
        ["accuracy"],
        lambda: [layers.Dense(5, kernel_regularizer="l2"), layers.BatchNormalization()],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MEANS)
def test_means_over_samples_are_evaluated_in_large_batches_and_equal_keras(name):
    assert is_mean_over_samples(network(*MEANS[name]))
    assert deviation(*MEANS[name]) < 5e-6


def in_training_mode(inputs):
    return layers.BatchNormalization()(layers.Dense(5)(inputs), training=True)


NO_MEANS = {
    "a sum": (ONE, keras.losses.BinaryCrossentropy(reduction="sum")),
    "overlap of the whole batch": (ONE, keras.losses.Dice()),
    "another overlap": (ONE, keras.losses.Tversky()),
    "a class is ignored": (LABELS, keras.losses.SparseCategoricalCrossentropy(ignore_class=0)),
    "a penalty on activities": (
        ONE,
        "mse",
        [],
        lambda: [layers.Dense(5, "relu", activity_regularizer=keras.regularizers.L1(0.1))],
    ),
    "a layer for such a penalty": (ONE, "mse", [], lambda: [layers.ActivityRegularization(l2=0.1)]),
    "a softmax over the batch": (ONE, "mse", [], lambda: [layers.Softmax(axis=0)]),
    "a softmax over the batch, counted from the end": (
        ONE,
        "mse",
        [],
        lambda: [layers.Softmax(axis=-2)],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NO_MEANS)
def test_what_depends_on_the_batches_is_evaluated_in_those_of_keras(name):
    assert not is_mean_over_samples(network(*NO_MEANS[name]))
    assert deviation(*NO_MEANS[name]) < 5e-6


@pytest.mark.slow
def test_a_layer_called_in_training_mode_sees_the_batches_of_keras():
    assert not is_mean_over_samples(network(ONE, "mse", functional=in_training_mode))
    assert deviation(ONE, "mse", functional=in_training_mode) < 5e-6


@pytest.mark.slow
def test_a_validation_batch_size_that_was_asked_for_is_honoured():
    keras.utils.set_random_seed(0)
    model = network(ONE, "mse")
    arguments = {"validation_data": (X, ONE), "validation_batch_size": 9}
    lab.kept.programs.clear()
    lab.fit(model, X, ONE, **arguments)
    (program,) = lab.kept.programs.values()
    assert program.validation_batch_size == 9


@pytest.mark.parametrize(
    ("samples", "training", "expected"),
    [(70, 32, 70), (10_000, 32, 2500), (10_000, 16_000, 16_000), (8_192, 32, 4_096)],
)
def test_large_batches_are_of_one_size_where_there_is_one(samples, training, expected):
    assert batch_size_of(network(ONE, "mse"), samples, training) == expected

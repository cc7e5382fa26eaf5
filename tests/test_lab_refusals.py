"""What `lab.fit` cannot do it refuses by name, and bad input changes nothing."""

import lab

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

X = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")
Y = (X[:, 0] > 0).astype("float32")


def network(*hidden, **compile_arguments):
    model = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, "sigmoid")])
    model.compile(**({"optimizer": "sgd", "loss": "binary_crossentropy"} | compile_arguments))
    return model


def linear(**compile_arguments):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile(**compile_arguments)
    return model


def with_nan(array):
    array = array.copy()
    array.flat[3] = np.nan
    return array


BAD_INPUT = {
    "x is missing": ({"x": None}, ValueError, "x is missing"),
    "lengths differ": ({"y": Y[:-1]}, ValueError, "x has 20 samples and y has 19"),
    "empty": ({"x": X[:0], "y": Y[:0]}, ValueError, "x is empty"),
    "NaN in x": ({"x": with_nan(X)}, ValueError, "x holds 1 values that are NaN"),
    "NaN in y": ({"y": with_nan(Y)}, ValueError, "y holds 1 values that are NaN"),
    "text": ({"x": np.array([["a", "b"]] * 20)}, ValueError, "x must hold numbers"),
    "wrong width": ({"x": X[:, :1]}, ValueError, r"shape \(samples, 2\)"),
    "no epochs": ({"epochs": 0}, ValueError, "epochs must be a whole number of at least 1, not 0"),
    "half an epoch": ({"epochs": 1.5}, ValueError, "epochs must be a whole number"),
    "already done": ({"initial_epoch": 2, "epochs": 2}, ValueError, "above initial_epoch=2"),
    "no batch": ({"batch_size": 0}, ValueError, "batch_size must be a whole number"),
    "validation split 1": ({"validation_split": 1.0}, ValueError, "between 0 and 1"),
    "nothing left": ({"validation_split": 0.99}, ValueError, "no sample to train on"),
    "validation triple": ({"validation_data": (X, Y, Y)}, ValueError, "a pair"),
    "validation lengths": ({"validation_data": (X, Y[:3])}, ValueError, "validation x has 20"),
    "validation shape": ({"validation_data": (X[:, :1], Y)}, ValueError, r"shape \(samples, 2\)"),
    "negative seed": ({"seed": -1}, ValueError, "seed must be a whole number of at least 0"),
    "unknown argument": ({"epoch": 3}, TypeError, "unexpected argument 'epoch'"),
    "callbacks": ({"callbacks": [object()]}, NotImplementedError, "callbacks.*in pieces"),
    "class_weight": ({"class_weight": {0: 1.0}}, NotImplementedError, "class_weight.*model.fit"),
    "sample_weight": ({"sample_weight": Y}, NotImplementedError, "sample_weight.*model.fit"),
    "steps_per_epoch": ({"steps_per_epoch": 2}, NotImplementedError, "steps_per_epoch"),
    "data set": (
        {"x": tf.data.Dataset.from_tensor_slices(X)},
        NotImplementedError,
        "x as one array",
    ),
    "generator": ({"x": iter([X])}, NotImplementedError, "x as one array"),
    "dictionary": ({"x": {"a": X}}, NotImplementedError, "x as one array, not as dict"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_gets_a_clear_error_and_changes_nothing(name):
    changed, error, message = BAD_INPUT[name]
    model = network()
    before = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    with pytest.raises(error, match=message):
        lab.fit(model, **({"x": X, "y": Y, "epochs": 2} | changed))
    after = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


class UnseededNoise(layers.Layer):
    def call(self, x, training=False):
        return x + keras.random.normal(tf.shape(x))


class StatefulNoise(layers.Layer):
    def call(self, x, training=False):
        return x + tf.random.normal(tf.shape(x))


class VectorLog(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data) | {"predictions": self(data[0])[:, 0]}


def uncompiled():
    return keras.Sequential([keras.Input((2,)), layers.Dense(1)])


def two_inputs():
    inputs = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model(inputs, layers.Add()(inputs))
    model.compile(optimizer="sgd", loss="mse")
    return model


def stateful():
    recurrent = layers.LSTM(3, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(4, 5, 2)), recurrent, layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    return model


def vector_log():
    model = VectorLog([keras.Input((2,)), layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    return model


REFUSED = {
    "no model": (lambda: "model", TypeError, "must be a keras.Model, not str"),
    "not compiled": (uncompiled, ValueError, "not compiled"),
    "eager": (lambda: network(run_eagerly=True), NotImplementedError, "run_eagerly"),
    "optimizer": (lambda: network(optimizer="ftrl"), NotImplementedError, "optimizer Ftrl"),
    "layer": (
        lambda: network(layers.AlphaDropout(0.5)),
        NotImplementedError,
        "layer AlphaDropout",
    ),
    "two inputs": (two_inputs, NotImplementedError, "one input"),
    "stateful layer": (stateful, NotImplementedError, "stateful"),
    "unseeded noise": (lambda: network(UnseededNoise()), NotImplementedError, "SeedGenerator"),
    "stateful noise": (lambda: network(StatefulNoise()), NotImplementedError, "cannot seed"),
    "a log that is no number": (vector_log, NotImplementedError, "'predictions' has shape"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_models_that_the_engine_cannot_train_are_refused_by_name(name):
    build, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        lab.fit(build(), X, Y, epochs=1)


def test_a_model_that_diverges_shows_it_in_its_history():
    model = linear(optimizer=keras.optimizers.SGD(1e3), loss="mse")
    history = lab.fit(model, X, Y, epochs=50, validation_data=(X, Y))
    assert len(history.history["loss"]) == 50
    assert not np.isfinite(history.history["loss"][-1])


def test_an_interrupted_run_keeps_what_was_trained_and_the_next_run_works(monkeypatch):
    first, second = network(layers.Dense(4, "relu")), network(layers.Dense(4, "relu"))
    lab.fit(first, X, Y, epochs=3)
    kept = first.get_weights()
    calls = []

    def interrupt(self, amount=1):
        calls.append(amount)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lab._Progress, "advance", interrupt)
        with pytest.raises(KeyboardInterrupt):
            lab.fit(second, X, Y, epochs=1000)
    assert int(second.optimizer.iterations) == sum(calls)
    for one, other in zip(kept, first.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(lab.fit(second, X, Y, epochs=4).epoch) == 4

"""What `lab.fit` cannot do it refuses by name, and bad input changes nothing."""

import lab
from lab.progress import Progress

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
    "no evaluation batch": (
        {"validation_batch_size": 0},
        ValueError,
        "validation_batch_size must be a whole number",
    ),
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


class OwnLoop(keras.Sequential):
    def make_train_function(self, force=False):
        raise RuntimeError("not called")


def own_loop():
    model = OwnLoop([keras.Input((2,)), layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    return model


def own_fit():
    model = network()
    model.fit = lambda *_: None
    return model


def two_outputs():
    inputs = keras.Input((2,))
    model = keras.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(1)(inputs)])
    model.compile(optimizer="sgd", loss=["mse", "mse"])
    return model


class InPython(layers.Layer):
    def call(self, x):
        return tf.reshape(tf.py_function(lambda v: v, [x], tf.float32), [-1, 2])


def seventeen_metrics():
    names = [keras.metrics.BinaryAccuracy(name=f"at_{k}", threshold=k / 40) for k in range(1, 33)]
    return network(metrics=names)


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
    "two outputs": (two_outputs, NotImplementedError, "one output"),
    "a loop of its own": (own_loop, NotImplementedError, "own `make_train_function`"),
    "a fit of its own": (own_fit, NotImplementedError, "own `fit`"),
    "half precision": (
        lambda: network(layers.Dense(2, dtype="float16")),
        NotImplementedError,
        "dtype policy float16",
    ),
    "brain floats": (
        lambda: network(layers.Dense(2, dtype="mixed_bfloat16", name="brain")),
        NotImplementedError,
        "layer 'brain' has the dtype policy mixed_bfloat16",
    ),
    "what XLA cannot compile": (
        lambda: network(InPython()),
        NotImplementedError,
        "XLA.*cannot compile.*use model.fit",
    ),
    "more logs than a row holds": (
        seventeen_metrics,
        NotImplementedError,
        "up to 32 numbers per epoch, and there are 33: loss, at_1, .*at_32",
    ),
    "a log that is no number": (vector_log, NotImplementedError, "'predictions' has shape"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_models_that_the_engine_cannot_train_are_refused_by_name_and_left_as_they_were(name):
    build, error, message = REFUSED[name]
    model = build()
    built = isinstance(model, keras.Model) and model.built
    before = [variable.numpy() for variable in model.variables] if built else []
    with pytest.raises(error, match=message):
        lab.fit(model, X, Y, epochs=1)
    for one, other in zip(before, model.variables if built else [], strict=True):
        np.testing.assert_array_equal(one, other)


def test_eager_functions_and_strategies_are_refused():
    tf.config.run_functions_eagerly(True)
    try:
        with pytest.raises(NotImplementedError, match="run_eagerly"):
            lab.fit(network(), X, Y)
    finally:
        tf.config.run_functions_eagerly(False)
    with (
        tf.distribute.OneDeviceStrategy("cpu").scope(),
        pytest.raises(NotImplementedError, match="one device"),
    ):
        lab.fit(network(), X, Y)


def classifier(loss="sparse_categorical_crossentropy", model=None, **arguments):
    model = model or keras.Sequential([keras.Input((2,)), layers.Dense(3, "softmax")])
    model.compile("sgd", loss)
    return model


class OfItsOwn(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3, "softmax")

    def call(self, x):
        return self.dense(x)


CLASSES = np.arange(20) % 3
SPARSE = keras.losses.SparseCategoricalCrossentropy
LABELS = {
    "from one": (CLASSES + 1, {}, "y holds labels from 1 to 3, .*3 outputs .*0 to 2"),
    "below zero": (CLASSES - 1, {}, "y holds labels from -1 to 1"),
    "as a column": (CLASSES[:, None] + 1, {}, "y holds labels from 1 to 3"),
    "as floats": (CLASSES + 1.0, {}, "y holds labels from 1 to 3"),
    "for a loss object": (CLASSES + 1, {"loss": SPARSE()}, "labels from 1 to 3"),
    "for a loss in a list": (CLASSES + 1, {"loss": [SPARSE()]}, "labels from 1 to 3"),
    "beside one that is ignored": (CLASSES - 2, {"loss": SPARSE(ignore_class=-1)}, "-2 to 0"),
    "for a model of its own kind": (CLASSES + 1, {"model": OfItsOwn()}, "labels from 1 to 3"),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_that_stand_for_no_output_are_refused(name):
    labels, arguments, message = LABELS[name]
    with pytest.raises(ValueError, match=message):
        lab.fit(classifier(**arguments), X, labels)


def test_labels_of_validation_data_are_looked_at_too():
    with pytest.raises(ValueError, match="the validation data's y holds labels from 1 to 3"):
        lab.fit(classifier(), X, CLASSES, validation_data=(X, CLASSES + 1))


def test_a_class_to_be_ignored_is_no_wrong_label():
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    labels = np.where(CLASSES == 2, -1, CLASSES)
    assert np.isfinite(lab.fit(classifier(loss), X, labels).history["loss"]).all()


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
        patch.setattr(Progress, "advance", interrupt)
        with pytest.raises(KeyboardInterrupt):
            lab.fit(second, X, Y, epochs=1000)
    assert int(second.optimizer.iterations) == sum(calls)
    for one, other in zip(kept, first.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(lab.fit(second, X, Y, epochs=4).epoch) == 4

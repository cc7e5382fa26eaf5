"""`lab.fit` trains as Keras does: histories and weights against `model.fit`, the oracle.

Shuffling and random layers are off here, so both must agree to float32 rounding over 50 epochs.
Convolutions and recurrent layers are compared with `model.fit` compiled with `jit_compile=True`:
XLA computes them in another order than TensorFlow's own kernels do.
"""

import lab

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

pytestmark = pytest.mark.slow

EPOCHS = 50
TOLERANCE = 5e-6  # some 40 roundings of float32; the largest seen is 1.5e-6
EXACT = 1e-10  # in float64, a million roundings; the largest seen is 1.4e-13
RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 2)).astype("float32")
Y = (X[:, :1] * X[:, 1:] > 0).astype("float32")
IMAGES = RNG.normal(size=(30, 8, 8, 1)).astype("float32")
SEQUENCES = RNG.normal(size=(30, 6, 3)).astype("float32")
CLASSES = RNG.integers(0, 3, size=30)


class WithGradientNorm(keras.Sequential):
    """A training step of its own that logs one number which is not a metric."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=predicted)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        self.metrics[0].update_state(loss)
        logs = self.compute_metrics(x, y, predicted)
        return logs | {"gradient_norm": tf.linalg.global_norm(gradients)}


class Residual(keras.Model):
    """A subclassed model with a layer of its own making."""

    def __init__(self):
        super().__init__()
        self.first = layers.Dense(8, activation="tanh")
        self.norm = layers.BatchNormalization()
        self.second = layers.Dense(8, activation="tanh")
        self.last = layers.Dense(1, activation="sigmoid")

    def call(self, x, training=False):
        x = self.first(x)
        return self.last(x + self.second(self.norm(x, training=training)))


def dense(*hidden, optimizer="adam", metrics=("accuracy",), model=keras.Sequential, loss=None):
    network = model([keras.Input((2,)), *hidden, layers.Dense(1, activation="sigmoid")])
    network.compile(optimizer=optimizer, loss=loss or "binary_crossentropy", metrics=list(metrics))
    return network


def classifier(shape, *hidden):
    network = keras.Sequential([keras.Input(shape), *hidden, layers.Dense(3, "softmax")])
    network.compile(
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=True,
    )
    return network


def sgd(momentum=0.9):
    return keras.optimizers.SGD(learning_rate=0.05, momentum=momentum)


def functional():
    inputs = keras.Input((2,))
    hidden = layers.Dense(8, activation="relu")(inputs)
    joined = layers.Concatenate()([inputs, layers.Add()([hidden, layers.Dense(8)(hidden)])])
    network = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(joined))
    network.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return network


def subclassed():
    network = Residual()
    network.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return network


def several_metrics():
    metrics = ["accuracy", keras.metrics.AUC(name="auc"), keras.metrics.MeanSquaredError()]
    return dense(layers.Dense(16, "relu"), metrics=metrics)


def decaying_rate():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 20, 0.8)
    return dense(layers.Dense(16, "relu"), optimizer=keras.optimizers.SGD(schedule, momentum=0.9))


def decaying_adam():
    schedule = keras.optimizers.schedules.CosineDecay(0.02, 100)
    return dense(layers.Dense(16, "relu"), optimizer=keras.optimizers.Adam(schedule))


def clipped_and_averaged():
    optimizer = keras.optimizers.Adam(0.02, clipnorm=0.1, use_ema=True, ema_momentum=0.9)
    return dense(layers.Dense(16, "relu"), optimizer=optimizer)


def constrained():
    max_norm = keras.constraints.MaxNorm(1.0)
    hidden = layers.Dense(16, "relu", kernel_constraint=max_norm, kernel_regularizer="l2")
    return dense(hidden, layers.ActivityRegularization(l1=1e-3), optimizer=sgd())


def off_random_layers():
    """Random layers whose amount is zero take the same path as none at all."""
    noise = [layers.GaussianNoise(0.0), layers.GaussianDropout(0.0), layers.Dropout(0.0)]
    return dense(layers.Dense(16, "relu"), *noise)


def norm_after():
    return dense(layers.Dense(16, "relu"), layers.BatchNormalization(), optimizer=sgd())


def norm_before():
    hidden = [layers.Dense(16), layers.BatchNormalization(), layers.ReLU()]
    return dense(*hidden, optimizer=sgd())


def frozen_norm():
    norm = layers.BatchNormalization()
    network = dense(layers.Dense(16, "relu"), norm, optimizer=sgd())
    norm.trainable = False
    network.compile(optimizer=sgd(), loss="binary_crossentropy", metrics=["accuracy"])
    return network


def float64():
    """Every layer computes in float64; bounds and momenta are constants of its program then."""
    policy = {"dtype": "float64"}
    hidden = [
        layers.Dense(8, "relu", kernel_constraint=keras.constraints.MaxNorm(1.0), **policy),
        layers.BatchNormalization(**policy),
        layers.Dense(8, **policy),
        layers.Dropout(0.0, **policy),
    ]
    inputs = keras.Input((2,), dtype="float64")
    network = keras.Sequential([inputs, *hidden, layers.Dense(1, "sigmoid", **policy)])
    network.compile(sgd(), "binary_crossentropy", metrics=["accuracy"])
    return network


def accumulating():
    optimizer = keras.optimizers.SGD(0.05, gradient_accumulation_steps=2)
    return dense(layers.Dense(16, "relu"), optimizer=optimizer)


# Name -> (how to build the model, inputs, targets, batch size).
CASES = {
    "dense": (lambda: dense(layers.Dense(16, "relu")), X, Y, 16),
    "full batch": (lambda: dense(layers.Dense(16, "relu")), X, Y, 50),
    "batch larger than the data": (lambda: dense(layers.Dense(16, "relu")), X, Y, 99),
    "default batch size": (lambda: dense(layers.Dense(16, "relu")), X, Y, None),
    "whole number of batches": (lambda: dense(layers.Dense(16, "relu")), X, Y, 25),
    "one-dimensional targets": (lambda: dense(layers.Dense(16, "relu")), X, Y[:, 0], 16),
    "batch normalization, momentum 0, no scale": (
        lambda: dense(
            layers.BatchNormalization(momentum=0.0, scale=False), layers.Dense(16, "relu")
        ),
        X,
        Y,
        16,
    ),
    "batch normalization, frozen": (frozen_norm, X, Y, 16),
    "layer normalization": (
        lambda: dense(layers.Dense(16, "tanh"), layers.LayerNormalization()),
        X,
        Y,
        16,
    ),
    "random layers with amount 0": (off_random_layers, X, Y, 16),
    "learning-rate schedule, SGD": (decaying_rate, X, Y, 16),
    "learning-rate schedule, Adam": (decaying_adam, X, Y, 16),
    "clipping and averaged weights": (clipped_and_averaged, X, Y, 16),
    "AdamW": (lambda: dense(layers.Dense(16, "relu"), optimizer="adamw"), X, Y, 16),
    "RMSprop": (lambda: dense(layers.Dense(16, "relu"), optimizer="rmsprop"), X, Y, 16),
    "Adagrad": (lambda: dense(layers.Dense(16, "relu"), optimizer="adagrad"), X, Y, 16),
    "Nadam": (lambda: dense(layers.Dense(16, "relu"), optimizer="nadam"), X, Y, 16),
    "constraint and regularizers": (constrained, X, Y, 16),
    "several metrics": (several_metrics, X, Y, 16),
    "custom train_step": (
        lambda: dense(layers.Dense(16, "relu"), optimizer=sgd(), model=WithGradientNorm),
        X,
        Y,
        16,
    ),
    "custom train_step, whole number of batches": (
        lambda: dense(layers.Dense(16, "relu"), optimizer=sgd(), model=WithGradientNorm),
        X,
        Y,
        25,
    ),
    "float64": (float64, X, Y, 16),
    "gradients of two batches added up": (accumulating, X, Y, 16),
    "one input, given without its axis": (
        lambda: classifier((1,), layers.Dense(4, "relu")),
        SEQUENCES[:, 0, 0],
        CLASSES,
        8,
    ),
    "functional": (functional, X, Y, 16),
    "subclassed": (subclassed, X, Y, 16),
    "custom loss": (
        lambda: dense(layers.Dense(16, "relu"), loss=lambda y, p: tf.reduce_mean(tf.abs(y - p))),
        X,
        Y,
        16,
    ),
    "Conv2D": (
        lambda: classifier(
            (8, 8, 1),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ),
        IMAGES,
        CLASSES,
        8,
    ),
    "Conv2DTranspose and UpSampling2D": (
        lambda: classifier(
            (8, 8, 1),
            layers.Conv2D(2, 3, strides=2),
            layers.Conv2DTranspose(2, 3),
            layers.UpSampling2D(),
            layers.GlobalAveragePooling2D(),
        ),
        IMAGES,
        CLASSES,
        8,
    ),
    "Conv1D": (
        lambda: classifier((6, 3), layers.Conv1D(4, 3), layers.GlobalMaxPooling1D()),
        SEQUENCES,
        CLASSES,
        8,
    ),
    "LSTM": (
        lambda: classifier((6, 3), layers.LSTM(8), layers.BatchNormalization()),
        SEQUENCES,
        CLASSES,
        8,
    ),
    "GRU": (lambda: classifier((6, 3), layers.GRU(8)), SEQUENCES, CLASSES, 8),
    "SimpleRNN": (lambda: classifier((6, 3), layers.SimpleRNN(8)), SEQUENCES, CLASSES, 8),
}


def train(build, fit):
    keras.utils.set_random_seed(0)
    model = build()
    return fit(model), model.get_weights()


def deviation(ours, oracle):
    """Largest difference relative to the larger of 1 and the oracle's value."""
    ours, oracle = np.asarray(ours), np.asarray(oracle)
    return float(np.max(np.abs(ours - oracle) / np.maximum(1, np.abs(oracle)), initial=0))


# `model.fit` turns arrays into batches itself, which takes most of its time: most cases hand it the
# same batches as a data set.
FED_WITH_ARRAYS = {"dense", "default batch size", "one-dimensional targets"}


@pytest.mark.parametrize("name", CASES)
def test_history_and_weights_equal_those_of_model_fit(name):
    build, x, y, batch_size = CASES[name]
    # 21 is no multiple of a batch size: the last batch is smaller.
    held_out = (x[:21], y[:21])
    arguments = {
        "epochs": EPOCHS,
        "batch_size": batch_size,
        "validation_data": held_out,
        "shuffle": False,
    }

    def oracle(model):
        if name in FED_WITH_ARRAYS:
            return model.fit(x, y, verbose=0, **arguments)
        train, test = (
            tf.data.Dataset.from_tensor_slices(part).batch(batch_size).cache()
            for part in ((x, y), held_out)
        )
        return model.fit(train, epochs=EPOCHS, validation_data=test, shuffle=False, verbose=0)

    history, weights = train(build, lambda m: lab.fit(m, x, y, **arguments))
    expected, expected_weights = train(build, oracle)
    assert set(history.history) == set(expected.history)
    assert history.epoch == expected.epoch
    for log, values in expected.history.items():
        assert len(history.history[log]) == EPOCHS
        assert deviation(history.history[log], values) < TOLERANCE, log
    for ours, expected_one in zip(weights, expected_weights, strict=True):
        assert deviation(ours, expected_one) < TOLERANCE


# Momentum lets a network with batch normalization carry each rounding on: from 24 seeds, 50 epochs
# in float32 end 4e-7 to 5e-3 away from those of Keras. So it is compared in float64.
@pytest.mark.parametrize("build", [constrained, norm_after, norm_before])
def test_everything_in_float64_equals_keras_to_the_precision_of_float64(build):
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    x, y = X.astype("float64"), Y.astype("float64")
    try:
        arguments = {"batch_size": 16, "validation_data": (x, y), "shuffle": False}
        history, weights = train(build, lambda m: lab.fit(m, x, y, epochs=EPOCHS, **arguments))
        expected, truth = train(build, lambda m: m.fit(x, y, epochs=EPOCHS, verbose=0, **arguments))
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    assert weights[0].dtype == np.float64
    for log, values in expected.history.items():
        assert deviation(history.history[log], values) < EXACT, log
    for one, other in zip(weights, truth, strict=True):
        assert deviation(one, other) < EXACT


def test_validation_split_freq_and_initial_epoch_mean_what_they_mean_in_keras():
    arguments = {
        "batch_size": 16,
        "validation_split": 0.3,
        "validation_freq": 3,
        "validation_batch_size": 7,
        "shuffle": False,
    }

    def twice(fit):
        first = fit(epochs=5, **arguments)
        return first, fit(initial_epoch=5, epochs=12, **arguments)

    build = CASES["layer normalization"][0]
    ours, weights = train(build, lambda m: twice(lambda **a: lab.fit(m, X, Y, **a)))
    oracle, expected = train(build, lambda m: twice(lambda **a: m.fit(X, Y, verbose=0, **a)))
    for history, truth in zip(ours, oracle, strict=True):
        assert history.epoch == truth.epoch
        assert {k: len(v) for k, v in history.history.items()} == {
            k: len(v) for k, v in truth.history.items()
        }
        for log, values in truth.history.items():
            assert deviation(history.history[log], values) < TOLERANCE
    for one, other in zip(weights, expected, strict=True):
        assert deviation(one, other) < TOLERANCE


def test_shuffled_epochs_visit_every_sample_once():
    """The sum of all inputs of an epoch, logged as a metric, does not depend on their order."""
    seen = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    seen.layers[0].set_weights([np.ones((1, 1))])
    seen.compile(optimizer=keras.optimizers.SGD(0.0), loss=lambda y, p: p * p)
    x = np.arange(1, 11, dtype="float32")[:, None]
    history = lab.fit(seen, x, x, epochs=20, batch_size=3)
    assert history.history["loss"] == pytest.approx([np.mean(x**2)] * 20, rel=1e-6)

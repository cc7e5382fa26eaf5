"""Random draws of `lab.fit`: right distributions, own streams, the same for the same seed."""

import itertools
import subprocess
import sys

import lab
from lab.random_numbers import random_words

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from scipy import stats

from coursekit.paths import ROOT

CELLS = 24  # values of a layer's output that a Probe logs in every epoch


class Probe(keras.Model):
    """Logs what random layers make of an input of ones, instead of learning."""

    def __init__(self, *random_layers):
        super().__init__()
        self.random_layers = list(random_layers)
        self.last = layers.Dense(1)

    def call(self, x, training=False):
        for layer in self.random_layers:
            x = layer(x, training=training)
        return self.last(layers.Flatten()(x))

    def train_step(self, data):
        outputs = [tf.reshape(layer(data[0], training=True), [-1]) for layer in self.random_layers]
        values = tf.concat([output[: CELLS // len(outputs)] for output in outputs], axis=0)
        return {f"cell {i}": value for i, value in enumerate(tf.unstack(values))}


def draws(*random_layers, shape=(CELLS,), epochs=4000, seed=0):
    """Outputs for an input of ones, shape (epochs, CELLS)."""
    probe = Probe(*random_layers)
    probe.compile(optimizer="sgd", loss="mse")
    ones = np.ones((1, *shape), dtype="float32")
    history = lab.fit(probe, ones, ones[:, :1].reshape(1, -1)[:, :1], epochs=epochs, seed=seed)
    return np.stack(list(history.history.values()), axis=1)


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.5, 0.9])
def test_dropout_drops_at_its_rate_and_scales_what_it_keeps(rate):
    values = draws(layers.Dropout(rate))
    kept = values > 0
    np.testing.assert_allclose(values[kept], 1 / (1 - rate), rtol=1e-6)
    assert stats.binomtest(int((~kept).sum()), kept.size, rate).pvalue > 1e-4
    assert np.abs(np.corrcoef(kept.T) - np.eye(CELLS)).max() < 5 / np.sqrt(len(values))
    after = np.corrcoef(kept[:-1, 0], kept[1:, 0])[0, 1]
    assert abs(after) < 5 / np.sqrt(len(values))


@pytest.mark.parametrize("stddev", [0.01, 0.1, 1.0])
def test_gaussian_noise_is_normal_with_its_standard_deviation(stddev):
    noise = (draws(layers.GaussianNoise(stddev)) - 1) / stddev
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-4
    assert noise.mean() == pytest.approx(0, abs=5 / np.sqrt(noise.size))
    assert noise.std() == pytest.approx(1, abs=5 / np.sqrt(2 * noise.size))
    assert np.abs(np.corrcoef(noise.T) - np.eye(CELLS)).max() < 5 / np.sqrt(len(noise))
    # The tails are there: about 6 of 96,000 draws are beyond 4.
    assert np.abs(noise).max() > 4


def test_gaussian_noise_with_an_odd_number_of_values_is_normal_too():
    noise = draws(layers.GaussianNoise(1.0), shape=(CELLS + 1,)) - 1
    assert stats.kstest(noise.ravel(), "norm").pvalue > 1e-4


def test_gaussian_dropout_multiplies_by_noise_of_mean_one():
    rate = 0.4
    factor = draws(layers.GaussianDropout(rate))
    assert factor.mean() == pytest.approx(1, abs=0.02)
    assert factor.std() == pytest.approx(np.sqrt(rate / (1 - rate)), rel=0.02)


def test_spatial_dropout_drops_whole_feature_maps():
    values = draws(layers.SpatialDropout2D(0.5), shape=(4, 2, 3)).reshape(-1, 8, 3)
    assert (values == values[:, :1]).all()
    assert stats.binomtest(int((values[:, 0] == 0).sum()), values[:, 0].size, 0.5).pvalue > 1e-4


@pytest.mark.parametrize(("noise_shape", "shared"), [((None, 1, 3), 1), ((None, 8, 1), 2)])
def test_a_noise_shape_says_where_a_mask_is_the_same(noise_shape, shared):
    values = draws(layers.Dropout(0.5, noise_shape=noise_shape), shape=(8, 3)).reshape(-1, 8, 3)
    one_each = values.take([0], axis=shared)
    assert (values == one_each).all()
    assert stats.binomtest(int((one_each == 0).sum()), one_each.size, 0.5).pvalue > 1e-4


@pytest.mark.parametrize("kind", ["dropout", "recurrent_dropout"])
def test_recurrent_masks_hold_for_all_steps_of_a_sequence(kind):
    """A recurrent layer that only copies shows its masks: its inputs, or their sums."""
    copying = {"kernel_initializer": "identity", "recurrent_initializer": "zeros"}
    if kind == "recurrent_dropout":
        copying["recurrent_initializer"] = "identity"
    layer = layers.SimpleRNN(
        3, "linear", use_bias=False, return_sequences=True, **copying, **{kind: 0.5}
    )
    outputs = draws(layer, shape=(8, 3)).reshape(-1, 8, 3)
    # With the recurrent one, each state is 1 plus its mask's value times the state before.
    adds_up = kind == "recurrent_dropout"
    masks = (outputs[:, 1:] - 1) / outputs[:, :-1] if adds_up else outputs
    assert (masks == masks[:, :1]).all()
    assert set(np.unique(masks)) == {0.0, 2.0}
    assert stats.binomtest(int((masks[:, 0] == 0).sum()), masks[:, 0].size, 0.5).pvalue > 1e-4


@pytest.mark.slow
def test_an_lstm_with_recurrent_dropout_is_random_in_training_only():
    lstm = layers.LSTM(4, dropout=0.3, recurrent_dropout=0.3)
    model = keras.Sequential([keras.Input((6, 3)), lstm, layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    x = np.random.default_rng(0).normal(size=(16, 6, 3))
    history = lab.fit(model, x, x[:, 0, :1], epochs=15, validation_data=(x, x[:, 0, :1]))
    assert len(set(history.history["loss"])) == 15
    assert len(set(history.history["val_loss"])) == 1


def test_two_layers_given_the_same_seed_draw_different_masks():
    values = draws(layers.Dropout(0.5, seed=7), layers.Dropout(0.5, seed=7))
    first, second = np.split(values > 0, 2, axis=1)
    assert np.mean(first == second) == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(first.size))


def test_runs_with_other_seeds_draw_other_masks():
    first, second = (draws(layers.Dropout(0.5), seed=seed) > 0 for seed in (0, 1))
    assert np.mean(first == second) == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(first.size))


def test_dropout_keeps_its_input_in_validation():
    model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.5), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    x, y = np.ones((8, 4)), np.zeros((8, 1))
    history = lab.fit(model, x, y, epochs=20, validation_data=(x, y))
    assert len(set(history.history["loss"])) > 10
    assert len(set(history.history["val_loss"])) == 1


def test_set_random_seed_fixes_a_run_without_a_seed_argument():
    def loss():
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((2,)), layers.Dropout(0.5), layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        x = np.ones((10, 2))
        return lab.fit(model, x, x[:, :1], batch_size=3, epochs=5).history["loss"]

    assert loss() == loss()


def test_a_run_in_pieces_equals_the_run_in_one_go():
    x = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")

    def model():
        keras.utils.set_random_seed(0)
        hidden = [layers.Dense(8), layers.Dropout(0.5), layers.GaussianNoise(0.1)]
        network = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1)])
        network.compile("adam", "mse")
        return network

    arguments = {"x": x, "y": x[:, :1], "batch_size": 8, "seed": 4}
    whole = lab.fit(model(), epochs=9, **arguments).history["loss"]
    network = model()
    pieces = [
        lab.fit(network, initial_epoch=start, epochs=end, **arguments).history["loss"]
        for start, end in ((0, 4), (4, 5), (5, 9))
    ]
    assert whole == [*pieces[0], *pieces[1], *pieces[2]]


NETWORK = """
import hashlib, keras, numpy as np, lab
from keras import layers


def build(rate=0.4, stddev=0.1):
    model = keras.Sequential([
        keras.Input((2,)), layers.GaussianNoise(stddev), layers.Dense(300, "relu"),
        layers.Dropout(rate), layers.BatchNormalization(), layers.Dense(1, "sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model

x = np.random.default_rng(0).normal(size=(200, 2))
y = (x[:, :1] * x[:, 1:] > 0).astype("float32")
data = (x[:100], y[:100]), (x[100:], y[100:])
"""


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_in_a_fresh_process():
    script = (
        NETWORK
        + """
runs = lab.repeat(build, data, seeds=[5], epochs=200)
bits = b"".join(runs[name].tobytes() for name in sorted(runs.history))
print(hashlib.sha256(bits).hexdigest())
"""
    )
    command = [sys.executable, "-c", script]
    outputs = [
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert len(outputs[0].strip()) == 64
    assert outputs[0] == outputs[1]


@pytest.mark.slow
def test_one_process_and_two_give_the_same_bits():
    space: dict = {}
    exec(NETWORK, space)  # functions of no module, as those of a notebook
    grid = {"rate": [0.2, 0.6]}
    one, two = (
        lab.sweep(space["build"], grid, space["data"], seeds=3, epochs=50, jobs=jobs)
        for jobs in (1, 2)
    )
    for runs, others in zip(one, two, strict=True):
        assert runs.setting == others.setting
        for name in runs.history:
            np.testing.assert_array_equal(runs[name], others[name])


@pytest.mark.slow
@pytest.mark.parametrize(
    "make_layer", [lambda: layers.Dropout(0.4), lambda: layers.GaussianNoise(0.5)]
)
def test_outcomes_are_distributed_as_those_of_model_fit(make_layer):
    """Test losses after training with randomness on: two samples of one distribution."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(100, 2)).astype("float32")
    y = (x[:, :1] * x[:, 1:] > 0).astype("float32")
    hidden = [layers.Dense(100, "relu"), make_layer(), layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((2,)), *hidden])
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy")
    model.optimizer.build(model.trainable_variables)
    start = [variable.numpy() for variable in (*model.weights, *model.optimizer.variables)]

    def losses(fit, runs):
        found = []
        for run in range(runs):
            keras.utils.set_random_seed(run)
            for variable, value in zip(
                (*model.weights, *model.optimizer.variables), start, strict=True
            ):
                variable.assign(value)
            for layer in model.layers:
                if hasattr(layer, "seed_generator"):
                    layer.seed_generator.state.assign([run, 0])
            fit()
            found.append(float(keras.losses.binary_crossentropy(y[:, 0], model(x)[:, 0])))
        return found

    batches = tf.data.Dataset.from_tensor_slices((x[:30], y[:30])).cache().shuffle(30).batch(8)
    oracle = losses(lambda: model.fit(batches, epochs=20, shuffle=False, verbose=0), 40)
    ours = losses(lambda: lab.fit(model, x[:30], y[:30], epochs=20, batch_size=8), 200)
    assert stats.ks_2samp(ours, oracle).pvalue > 1e-3
    assert np.std(ours) > 0


@pytest.fixture(scope="module")
def words():
    """Random words for 100 seeds that differ as little as seeds can, and 100 that differ much."""
    generate = tf.function(lambda seed: random_words(seed, 2**16), jit_compile=True)
    far = np.random.default_rng(0).integers(0, 2**31 - 2, (100, 2))
    seeds = [*itertools.product(range(10), range(10)), *far.tolist()]
    return np.array([generate(tf.constant(seed, tf.int32)).numpy() for seed in seeds])


def uniform(p_values):
    """Are these the p-values of a true hypothesis?"""
    return stats.kstest(p_values, "uniform").pvalue > 1e-4 and min(p_values) > 1e-6


def test_every_bit_of_random_words_is_set_half_the_time(words):
    bits = np.unpackbits(words.view(np.uint8), axis=1).reshape(*words.shape, 32)
    ones = bits.sum(axis=1).ravel().tolist()
    assert uniform([stats.binomtest(n, 2**16).pvalue for n in ones[::16]])


@pytest.mark.parametrize("shift", [0, 8, 16, 26])
def test_neighbouring_random_words_are_independent(words, shift):
    values = ((words >> shift) & 63).astype(int)
    pairs = values[:, :-1:2] * 64 + values[:, 1::2]  # every word once
    counts = [np.bincount(row, minlength=64**2) for row in pairs]
    assert uniform([stats.chisquare(row).pvalue for row in counts])


@pytest.mark.parametrize("distance", [1, 10])
def test_random_words_of_neighbouring_seeds_are_uncorrelated(words, distance):
    values = words[:100] / 2**32 - 0.5
    products = 12 * (values[:-distance] * values[distance:]).mean(axis=1) * 2**8
    assert stats.kstest(products, "norm").pvalue > 1e-4
    assert np.abs(products).max() < 5

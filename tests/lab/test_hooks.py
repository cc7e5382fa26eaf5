"""What `lab.hooks` uses of TensorFlow, Keras and joblib without a promise is still there.

A new release that moves one of these fails here, by name, before anything trains otherwise.
"""

import os
import random
import subprocess
import sys
import threading

import lab
from lab import hooks
from lab.environment import TESTED, installed, untested

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from coursekit.paths import ROOT

X = np.ones((4, 2), "float32")


def model(*hidden, optimizer="adam"):
    network = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1)])
    network.compile(optimizer, "mse", metrics=["mae"])
    return network


class Own(keras.Sequential):
    pass


def test_is_keras_tells_keras_own_classes_from_subclasses():
    assert hooks.is_keras(model())
    assert hooks.is_keras(layers.Dense(1))
    assert hooks.is_keras(keras.regularizers.L2(0.1))
    assert not hooks.is_keras(Own())
    assert not hooks.is_keras(np.ones(1))


def test_create_variables_makes_those_of_model_optimizer_and_metrics():
    network = keras.Sequential([layers.Dense(1)])
    network.compile("adam", "mse", metrics=["mae"])
    assert not network.built
    hooks.create_variables(network, X, X[:, 0])
    assert network.built
    assert network.optimizer.built
    assert [metric.name for metric in network.metrics] == ["loss", "compile_metrics"]
    assert len(network.metrics_variables) == 4


def test_layers_of_lists_inner_layers_too():
    inner = keras.Sequential([keras.Input((2,)), layers.Dense(2, name="inner")])
    network = model(inner)
    assert "inner" in [layer.name for layer in hooks.layers_of(network)]
    assert network not in hooks.layers_of(network)
    assert network in hooks.layers_of(network, with_model=True)


def test_compilation_is_another_object_after_each_compile():
    network = model()
    before = hooks.compilation(network)
    assert hooks.compilation(network) is before
    network.compile("sgd", "mse")
    assert hooks.compilation(network) is not before


def test_learning_rate_is_the_variable_or_the_schedule():
    assert isinstance(hooks.learning_rate(keras.optimizers.Adam(0.1)), keras.Variable)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    assert hooks.learning_rate(keras.optimizers.Adam(schedule)) is schedule


def test_a_plain_model_has_no_hidden_settings_in_any_state():
    network = model(layers.Dropout(0.1), layers.BatchNormalization())
    assert not hooks.has_hidden_settings(network)
    network.fit(X, X[:, 0], verbose=0)
    lab.fit(network, X, X[:, 0])
    assert not hooks.has_hidden_settings(network)


def test_hidden_settings_are_found():
    replaced, spared, stepped = model(layers.Dense(2)), model(optimizer="adamw"), model()
    replaced.layers[0].call = lambda x: x
    spared.optimizer = keras.optimizers.AdamW()
    spared.optimizer.exclude_from_weight_decay(var_names=["bias"])
    stepped.train_step = lambda data: {}
    assert all(map(hooks.has_hidden_settings, (replaced, spared, stepped)))


def test_replaces_the_loop_names_what_only_fit_calls():
    class Loop(keras.Sequential):
        def make_test_function(self, force=False):
            pass

    assert hooks.replaces_the_loop(Loop()) == ["make_test_function"]
    assert hooks.replaces_the_loop(Own()) == []
    assert hooks.replaces_the_loop(model()) == []


def test_recurrent_layers_are_kept_off_cudnn_for_a_while():
    lstm = layers.LSTM(2)
    network = keras.Sequential([keras.Input((3, 2)), lstm, layers.Dense(1)])
    before = lstm.use_cudnn
    with hooks.without_cudnn(network):
        assert lstm.use_cudnn is False
    assert lstm.use_cudnn == before != False  # noqa: E712


def test_draws_of_new_variables_are_recorded_with_their_seeds():
    with hooks.recorded_draws() as draws:
        network = model(layers.Dropout(0.5))
        network.optimizer.build(network.trainable_variables)
    assert len(draws.seeds) >= 2  # a kernel and a mask
    kernel = network.layers[-1].kernel
    assert draws.initializers[id(kernel)].seed in draws.seeds
    for variable in (*network.variables, *network.optimizer.variables):
        assert id(variable) in draws.initializers
    assert random.randint.__self__ is random._inst  # as before


def test_other_threads_do_not_disturb_what_this_one_draws_from_random():
    random.seed(3)
    expected = [random.random(), random.randint(1, 9), random.gauss(0, 1), random.random()]
    functions = {name: getattr(random, name) for name in ("seed", "random", "randint", "gauss")}

    def elsewhere():
        thread = threading.Thread(target=lambda: [random.random() for _ in range(10)])
        thread.start()
        thread.join()

    with hooks.random_numbers_of_this_thread():
        random.seed(3)
        drawn = [random.random()]
        elsewhere()
        drawn += [random.randint(1, 9)]
        elsewhere()
        drawn += [random.gauss(0, 1)]
        elsewhere()
    assert [*drawn, random.random()] == expected
    assert functions == {name: getattr(random, name) for name in functions}


def test_variables_are_read_and_written_by_their_handles():
    kernel = model().layers[-1].kernel
    hooks.write(kernel, tf.ones(kernel.shape))
    assert kernel.numpy().tolist() == hooks.read(kernel).numpy().tolist() == [[1.0], [1.0]]


def test_sort_sorts_within_a_program():
    values = tf.constant([3, 1, 2], tf.int64)
    assert tf.function(hooks.sort, jit_compile=True)(values).numpy().tolist() == [1, 2, 3]


def test_random_layers_draw_by_the_given_functions_only_while_a_program_is_traced():
    asked = []

    def normal(shape, seed, mean=0.0, stddev=1.0, dtype=tf.float32):
        asked.append("normal")
        return tf.ones(shape, dtype)

    def dropout(x, rate, seed, noise_shape=None):
        asked.append("dropout")
        return x

    noisy = keras.Sequential([layers.GaussianNoise(0.1), layers.Dropout(0.5)])
    function = tf.function(lambda x: noisy(x, training=True), jit_compile=True)
    with hooks.random_numbers_by(normal, dropout):
        function.get_concrete_function(tf.TensorSpec([4, 2]))
    assert asked == ["normal", "dropout"]
    noisy(X, training=True)
    assert asked == ["normal", "dropout"]


def traced_in_a_process_that_made_before(models):
    """Names of functions and operations in a program that a new process traces."""
    script = f"""
from tests.lab.test_hooks import hooks, layers, model, tf
for _ in range({models}):
    model(layers.Dense(3))
network = model(layers.Dense(2))
before = [layer.name for layer in network.layers]
function = tf.function(lambda x: tf.cond(x[0, 0] > 0, lambda: network(x), lambda: 2 * network(x)))
with hooks.names_from(("key", 1), network):
    graph = function.get_concrete_function(tf.TensorSpec([4, 2])).graph.as_graph_def()
assert [layer.name for layer in network.layers] == before
print("function", sorted(one.signature.name for one in graph.library.function))
print(sorted(node.name for node in graph.node))
"""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_names_in_a_program_come_from_its_key():
    here, there = (traced_in_a_process_that_made_before(n) for n in (0, 3))
    assert "function" in here
    assert here == there


@pytest.mark.slow
def test_a_first_training_writes_nothing_to_stderr():
    """Not even what TensorFlow's C++ writes past Python."""
    script = "from tests.lab.test_hooks import X, lab, model\nlab.fit(model(), X, X[:, 0])"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_what_is_compiled_in_silence_leaves_stderr_as_it_was(monkeypatch, capfd):
    monkeypatch.setattr(hooks.tf, "__version__", "2.20.0")
    hooks.compile_once_in_silence.__wrapped__()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_other_random_numbers_use_threefry_while_a_program_is_traced():
    def draw(seed):
        return tf.random.stateless_uniform([3], seed)

    with hooks.random_numbers_by(None, None):
        graph = tf.function(draw).get_concrete_function(tf.TensorSpec([2], tf.int32)).graph
    (node,) = (one for one in graph.as_graph_def().node if one.op == "StatelessRandomUniformV2")
    algorithm = next(one for one in graph.as_graph_def().node if one.name == node.input[3])
    assert tf.make_ndarray(algorithm.attr["value"].tensor) == tf.random.Algorithm.THREEFRY.value


def test_backends_of_joblib_are_told_apart():
    assert hooks.joblib_starts_workers()
    assert not hooks.uses_threads()
    with joblib.parallel_config("threading"):
        assert hooks.uses_threads()
        assert not hooks.joblib_starts_workers()
        assert not hooks.copies_this_process()
    with joblib.parallel_config("multiprocessing"):
        assert hooks.copies_this_process()


def test_workers_are_let_grow(monkeypatch):
    monkeypatch.setattr(hooks.process_executor, "_MAX_MEMORY_LEAK_SIZE", 1)
    hooks.let_workers_grow()
    assert hooks.process_executor._MAX_MEMORY_LEAK_SIZE > 2**35


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ({"TensorFlow": "2.21.0", "Keras": "3.15.1"}, []),
        ({"TensorFlow": "2.20.0", "Keras": "3.13.2"}, []),
        ({"TensorFlow": "2.22.0rc1", "Keras": "3.15.1"}, ["TensorFlow 2.22.0rc1"]),
        ({"TensorFlow": "2.2.0", "Keras": "3.1.5"}, ["TensorFlow 2.2.0", "Keras 3.1.5"]),
    ],
)
def test_versions_that_were_not_tested_are_named(versions, words):
    assert untested(versions) == words
    assert set(installed()) == set(TESTED)

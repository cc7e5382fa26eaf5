"""The course's experiment engine: train a Keras model thousands of times in the time of a coffee.

``model.fit`` starts a small program for every batch and returns to Python in between. For the
tiny networks of this course that overhead is nearly all of the running time. ``fit`` in this file
builds *one* program out of Keras' own ``train_step`` and ``test_step``: every epoch, batch,
shuffle and validation pass of the whole run, compiled by XLA, TensorFlow's compiler. The model,
the loss, the optimizer and the arithmetic are Keras' own; only the loop around them changes.

- ``fit``      trains one compiled model; a drop-in for ``model.fit``
- ``repeat``   trains one kind of model with many seeds
- ``sweep``    does that for every combination of some settings
- ``compare``  gives the mean paired difference, its 95 % interval and a verdict
- ``settle``   puts a claim of the course to the test with two sets of seeds
- ``record``   shows numbers that a page's text rests on, and stores them with their spread
- ``panels``, ``plot_…``  the course's figures

Tested with TensorFlow 2.21 and Keras 3.15 (TensorFlow backend), Python 3.11 and later. Uses only
what comes with tensorflow, scikit-learn, matplotlib and pandas.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import json
import os
import platform
import random
import re
import signal
import sys
import time
import uuid
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from inspect import signature
from math import factorial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, Self
from unittest.mock import patch

# TensorFlow reads these when it starts. The first keeps its log lines out of notebooks; oneDNN and
# XLA would otherwise choose their arithmetic by processor and number of cores. Pinned, a run gives
# the same bits on any x86-64 machine with AVX2. (A flag unknown to XLA would end the process.)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
if platform.machine() in ("x86_64", "AMD64"):
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_max_isa=AVX2 --xla_cpu_multi_thread_eigen=false")

import joblib
import joblib.externals.loky.process_executor
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from joblib.externals import loky
from joblib.externals.loky.process_executor import BrokenProcessPool
from joblib.parallel import LokyBackend, get_active_backend
from scipy import stats
from tensorflow.compiler.tf2xla.python import xla
from tensorflow.python.framework import ops
from tensorflow.python.ops import random_ops_util

Array = np.ndarray
Split = tuple[Array, Array]  # inputs of shape (samples, …) and targets of shape (samples, …)

# ------------------------------------------------------------------------------------------ fit

SUPPORTED_LAYERS = """
    InputLayer Dense Activation ReLU LeakyReLU PReLU ELU Softmax Flatten Reshape Rescaling
    Add Average Concatenate Multiply Subtract BatchNormalization LayerNormalization
    Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D
    GaussianNoise GaussianDropout ActivityRegularization
    Conv1D Conv2D Conv2DTranspose UpSampling2D
    MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D
    LSTM LSTMCell GRU GRUCell SimpleRNN SimpleRNNCell Sequential Functional
"""
SUPPORTED_OPTIMIZERS = "SGD Adam AdamW RMSprop Adagrad Nadam"
REFUSED_ARGUMENTS = {
    "callbacks": "train in pieces (`epochs`, `initial_epoch`) and look at the model in between",
    "class_weight": "use model.fit",
    "sample_weight": "use model.fit",
    "steps_per_epoch": "set `batch_size`; an epoch is one pass over the data",
    "validation_steps": "pass less validation data",
}


def fit(
    model: keras.Model,
    x: Array,
    y: Array,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    *,
    validation_data: Split | None = None,
    validation_split: float = 0.0,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
    shuffle: bool = True,
    initial_epoch: int = 0,
    seed: int | None = None,
    **others: Any,
) -> keras.callbacks.History:
    """Train a compiled model as ``model.fit`` would, as one compiled program.

    With shuffling and random layers off, losses, metrics and weights equal ``model.fit``'s to
    float32 rounding. Random draws (batch order, dropout masks, noise) follow the same
    distributions but are other numbers than ``model.fit`` would draw.

    Args:
        model: A compiled Keras model with one input and one output.
        x: Inputs, shape (samples, …).
        y: Targets, shape (samples, …).
        batch_size: Samples per update; 32 if None. The last batch of an epoch may be smaller.
        epochs: Number of the last epoch, as in Keras (with ``initial_epoch`` 0, how many).
        verbose: 0 hides the progress bar, which otherwise shows in runs of over a second.
        validation_data: ``(x, y)`` evaluated in inference mode at the end of each epoch.
        validation_split: Share of the data, taken from its end, to use as validation data.
        validation_batch_size: Batch size of the evaluation; ``batch_size`` if None.
        validation_freq: Evaluate every that many epochs.
        shuffle: Draw a new order of the samples for each epoch.
        initial_epoch: Number of epochs already done.
        seed: Fixes batch order and every random layer. If None it is drawn from Python's
            ``random``, which ``keras.utils.set_random_seed`` fixes. Each random layer gets a
            stream of its own, even where two were given the same seed. Training in pieces with
            ``initial_epoch`` and one seed equals training in one go.

    Returns:
        Keras' History: ``history.history[name]`` is a list with one value per epoch.
        ``history.seconds`` is the running time, compilation included.

    Raises:
        ValueError: An argument has a value that cannot be trained with; nothing was changed.
        NotImplementedError: Something that ``model.fit`` can do and this cannot, named.
    """
    start = time.perf_counter()
    for name, value in others.items():
        if name not in REFUSED_ARGUMENTS:
            raise TypeError(f"fit got an unexpected argument {name!r}.")
        if value is not None:
            raise NotImplementedError(
                f"lab.fit does not support `{name}`: {REFUSED_ARGUMENTS[name]}."
            )
    _check_model(model)
    _check_count("epochs", epochs)
    _check_count("validation_freq", validation_freq)
    _check_count("initial_epoch", initial_epoch, least=0)
    if initial_epoch >= epochs:
        raise ValueError(
            f"epochs={epochs} counts from 0, so it must be above initial_epoch={initial_epoch}."
        )
    train = _check_data("x", x, "y", y)
    if validation_data is None and validation_split:
        train, validation_data = _split_off(train, validation_split)
    if validation_data is not None:
        if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
            raise ValueError("validation_data must be a pair (x, y) of arrays.")
        validation_data = _check_data("validation x", validation_data[0], "y", validation_data[1])
    _check_input_shape(model, train, validation_data)
    batch_size = 32 if batch_size is None else batch_size
    validation_batch_size = validation_batch_size or batch_size
    _check_count("batch_size", batch_size)
    _check_count("validation_batch_size", validation_batch_size)
    seed = random.randrange(2**31) if seed is None else seed
    _check_count("seed", seed, least=0)

    loop = _Loop(batch_size, validation_batch_size, validation_freq, bool(shuffle))
    program = _program(model, train, validation_data, loop)
    with _Progress("fit", epochs - initial_epoch, "epochs", shown=verbose not in (0, "0")) as bar:
        rows = program.run(model, train, validation_data, seed, initial_epoch, epochs, bar)
    model.optimizer.finalize_variable_values(model.trainable_weights)

    history = keras.callbacks.History()
    history.set_model(model)
    batches = -(-len(train[0]) // batch_size)
    history.set_params({"verbose": verbose, "epochs": epochs, "steps": batches})
    history.epoch = list(range(initial_epoch, initial_epoch + len(rows)))
    for name, column in zip(program.names, rows.T, strict=True):
        evaluated = [
            value
            for epoch, value in zip(history.epoch, column.tolist(), strict=True)
            if not name.startswith("val_") or (epoch + 1) % validation_freq == 0
        ]
        if evaluated:
            history.history[name] = evaluated
    history.seconds = time.perf_counter() - start
    model.history = history
    return history


@dataclass(frozen=True)
class _Loop:
    """What is constant in a compiled loop besides the model and the shapes of the data."""

    batch_size: int
    validation_batch_size: int
    validation_freq: int
    shuffle: bool


class _Program:
    """The whole training loop of one model as one XLA program over fixed array shapes."""

    ROWS, COLUMNS = 512, 32  # epochs and logs that one call can record; long runs take more calls

    def __init__(
        self,
        model: keras.Model,
        train: Split,
        validation: Split | None,
        loop: _Loop,
        key: tuple,
    ) -> None:
        self.model, self.loop = model, loop
        self.names: list[str] = []  # of the logs of an epoch; known once the loop is traced
        self.half_second = 1  # epochs that take about that long; measured as it runs
        first_batch = tuple(array[: loop.batch_size] for array in train)
        model._symbolic_build(data_batch=first_batch)  # what fit itself calls to create variables
        self.state, self.compiled = _state(model), model._compile_config
        self.adjustable = _adjustable(model)
        specs = [tf.TensorSpec(array.shape, array.dtype) for array in train + (validation or ())]
        scalar = tf.TensorSpec([], tf.int32)
        function = tf.function(self._run_epochs, autograph=False, jit_compile=True)
        with _xla_random_numbers(), _without_cudnn(model), _names_from(key, model):
            # A concrete function is never traced again, so the choice made above stays in force.
            constants = [tf.TensorSpec([], tf.float32) for _ in self.adjustable]
            self.function = function.get_concrete_function(specs, constants, scalar, scalar, scalar)
        _check_graph(self.function.graph, model)

    def _run_epochs(
        self,
        arrays: list[tf.Tensor],
        constants: list[tf.Tensor],
        seed: tf.Tensor,
        first: tf.Tensor,
        count: tf.Tensor,
    ) -> tf.Tensor:
        """Train ``count`` epochs from epoch number ``first``; return a row of logs for each."""
        before = [getattr(owner, name) for owner, name in self.adjustable]
        for (owner, name), value, tensor in zip(self.adjustable, before, constants, strict=True):
            tested = name in TESTED_BY_KERAS
            setattr(owner, name, _Adjustable(value, tensor) if tested else tensor)
        try:
            return self._all_epochs(arrays, seed, first, count)
        finally:
            for (owner, name), value in zip(self.adjustable, before, strict=True):
                setattr(owner, name, value)

    def _all_epochs(
        self, arrays: list[tf.Tensor], seed: tf.Tensor, first: tf.Tensor, count: tf.Tensor
    ) -> tf.Tensor:
        model, loop = self.model, self.loop
        train, validation = arrays[:2], arrays[2:]
        train_names: list[str] = []
        validation_names: list[str] = []

        def train_pass(epoch: tf.Tensor) -> tf.Tensor:
            data = train
            samples = train[0].shape[0]
            if loop.shuffle and samples > loop.batch_size:
                order = _random_order(samples, tf.stack([seed, epoch]))
                data = [tf.gather(array, order) for array in train]
            logs = self._pass(model.train_step, data, loop.batch_size)
            train_names[:] = logs
            return _stack(logs)

        def validation_pass() -> tf.Tensor:
            logs = self._pass(model.test_step, validation, loop.validation_batch_size)
            validation_names[:] = [f"val_{name}" for name in logs]
            return _stack(logs)

        def one_epoch(done: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            epoch = first + done
            for state in _seed_states(model):
                # Each epoch has draws of its own, so that a run in pieces equals one in one go.
                state.assign(tf.stack([state[0], tf.cast(epoch, tf.int64) * 2**15]))
            logs = [train_pass(epoch)]
            if validation and loop.validation_freq == 1:
                logs += [validation_pass()]
            elif validation:
                due = tf.equal((epoch + 1) % loop.validation_freq, 0)
                missing = np.float32(np.nan)
                logs += [
                    tf.cond(due, validation_pass, lambda: tf.fill([len(validation_names)], missing))
                ]
            row = tf.concat(logs, axis=0)
            row = tf.pad(row, [[0, self.COLUMNS - row.shape[0]]])
            return done + 1, tf.tensor_scatter_nd_update(rows, [[done]], [row])

        rows = tf.zeros([self.ROWS, self.COLUMNS])
        _, rows = tf.while_loop(lambda done, _: done < count, one_epoch, [0, rows])
        self.names = train_names + validation_names
        return rows

    def _pass(
        self, step: Callable, data: Sequence[tf.Tensor], batch_size: int
    ) -> dict[str, tf.Tensor]:
        """Call ``step`` on every batch of ``data`` in order; return what Keras would log.

        A smaller last batch is traced on its own: padding it would change batch statistics. Logs
        that are not metrics (a custom ``train_step`` may return some) are those of the last batch,
        as in Keras.
        """
        self.model.reset_metrics()
        shapes = [array.shape for array in data]
        samples = shapes[0][0]
        full = samples // batch_size
        own_names: list[str] = []  # of logs that are not metrics

        def one_step(index: tf.Tensor, *latest: tf.Tensor) -> tuple[tf.Tensor, ...]:
            logs = step(
                tuple(
                    tf.slice(
                        array,
                        [index * batch_size] + [0] * (shape.rank - 1),
                        [batch_size, *shape[1:]],
                    )
                    for array, shape in zip(data, shapes, strict=True)
                )
            )
            own_names[:] = [] if set(logs) == set(self.model.get_metrics_result()) else logs
            if own_names:
                latest = (tf.pad(_stack(logs), [[0, self.COLUMNS - len(logs)]]),)
            return index + 1, *latest

        if samples > batch_size:
            # Models of Keras' own parts have no logs of their own to carry along.
            latest = () if _is_keras(self.model) else (tf.zeros([self.COLUMNS]),)
            _, *latest = tf.while_loop(lambda index, *_: index < full, one_step, [0, *latest])
            if full * batch_size == samples:
                own = dict(zip(own_names, tf.unstack(latest[0]), strict=False)) if latest else {}
                return own or self.model.get_metrics_result()
        logs = step(tuple(array[samples - (samples % batch_size or samples) :] for array in data))
        metrics = self.model.get_metrics_result()
        return metrics if set(logs) == set(metrics) else logs

    def run(
        self,
        model: keras.Model,
        train: Split,
        validation: Split | None,
        seed: int,
        initial_epoch: int,
        epochs: int,
        bar: _Progress,
    ) -> Array:
        """Train ``model``, which must be built like ``self.model``, from its present state.

        Returns the logs, shape (epochs, names). A run is cut into calls of about half a second so
        that the progress bar moves and Ctrl-C works; what was trained until then is kept.
        """
        arrays = [tf.constant(array) for array in train + (validation or ())]
        # The program works on the variables it was traced with: lend them the model's values. (A
        # sweep brings values of its own, and its models need not be given back what they had.)
        pairs = zip(self.state, _state(model), strict=True)
        lent = {n: pair for n, pair in enumerate(pairs) if pair[0] is not pair[1]}
        twin: _Twin | None = getattr(model, "lab_twin", None)
        before = self._values() if lent and not hasattr(self.model, "lab_twin") else None
        if twin and twin.start:
            self._set_values(twin.start)
        elif lent:
            self._set_values([_read(variable) for variable in _state(model)])
        for stream, state in enumerate(_seed_states(self.model), start=1):
            state.assign([_derive(seed, stream), 0])
        order_seed = tf.constant(_derive(seed, 0), tf.int32)
        constants = [
            tf.constant(getattr(owner, name), tf.float32) for owner, name in _adjustable(model)
        ]
        rows, done = [], initial_epoch
        try:
            while done < epochs:
                count = min(self.half_second, self.ROWS, epochs - done)
                start = time.perf_counter()
                logs = self.function(
                    arrays, constants, order_seed, tf.constant(done), tf.constant(count)
                )
                rows.append(logs.numpy()[:count, : len(self.names)])
                done += count
                bar.advance(count)
                # The first call compiles, which says nothing about the speed of the next.
                seconds = 0.1 if self.half_second == 1 else time.perf_counter() - start
                self.half_second = max(2, int(count * min(8, 0.5 / seconds)))
        finally:
            after = self._values() if lent and (not twin or twin.looked_at) else None
            for number, (own, theirs) in lent.items():
                if after:
                    _write(theirs, after[number])
                if before:
                    _write(own, before[number])
        return np.concatenate(rows)

    def _values(self) -> list[tf.Tensor]:
        return [_read(own) for own in self.state]

    def _set_values(self, values: list[tf.Tensor]) -> None:
        for own, value in zip(self.state, values, strict=True):
            _write(own, value)


def _random_order(samples: int, seed: tf.Tensor) -> tf.Tensor:
    """A random permutation: random numbers are sorted that carry an index in their lower half."""
    draws = tf.random.stateless_uniform([samples], seed, None, None, tf.int32)
    keys = tf.bitwise.left_shift(tf.cast(draws, tf.int64), 32) + tf.range(samples, dtype=tf.int64)
    return tf.cast(xla.sort(keys), tf.int32)  # the cast keeps the lower half


def _stack(logs: Mapping[str, tf.Tensor]) -> tf.Tensor:
    for name, value in logs.items():
        if len(tf.convert_to_tensor(value).shape):
            raise NotImplementedError(
                f"lab.fit records one number per epoch; train_step's log {name!r} has shape "
                f"{tuple(value.shape)}. Return its mean or norm instead."
            )
    return tf.stack([tf.cast(value, tf.float32) for value in logs.values()])


_programs: OrderedDict[tuple, _Program] = OrderedDict()


def _program(model: keras.Model, train: Split, validation: Split | None, loop: _Loop) -> _Program:
    """The program for this structure, data shapes and loop; compiled only if it is a new one."""
    structure = _structure(model)
    if structure and validation:
        # With Keras' own test_step, the batches of an evaluation change nothing but roundings: take
        # large ones, all of one size if there are such.
        samples, most = len(validation[0]), max(loop.validation_batch_size, 4096)
        least = -(-samples // most)
        equal = [samples // n for n in range(least, 2 * least + 1) if samples % n == 0]
        loop = replace(loop, validation_batch_size=(equal or [most])[0])
    shapes = [(array.shape, str(array.dtype)) for array in train + (validation or ())]
    key = (structure or (id(model), id(model._compile_config)), str(shapes), loop)
    if key not in _programs:
        _programs[key] = _Program(model, train, validation, loop, key)
        if len(_programs) > 48:  # a program keeps its model and a few MB of machine code alive
            _programs.popitem(last=False)
    _programs.move_to_end(key)
    if not model.optimizer.built:  # its program was built with another model
        model.optimizer.build(model.trainable_variables)
    return _programs[key]


def _structure(model: keras.Model) -> str | None:
    """Equal for models that can share one program: same layers, constants, loss and optimizer.

    Initial weights, names, seeds and the learning rate may differ, since they are state, and so may
    the constants in `ADJUSTABLE`, which a program takes as inputs. None for models with code of
    their own, whose constants cannot be seen from outside.
    """
    if not _is_keras(model) or not model.built:
        return None
    twin = getattr(model, "lab_twin", None)
    if twin and twin.structure:
        return twin.structure
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            configs = [model.get_config(), model.get_compile_config()]
        text = json.dumps(_without_state(configs))
    except (TypeError, ValueError, OSError, NotImplementedError):
        return None
    for position, layer in enumerate(configs[0]["layers"]):
        name = re.escape(json.dumps(layer["config"]["name"]))
        text = re.sub(f"{name}(?!:)", f'"layer {position}"', text)  # where it is not a key
    owners = [id(owner) for owner, _ in _adjustable(model)]
    if text.count('"adjustable"') != len(owners):
        return None
    return text + str([owners.index(owner) for owner in owners])  # says what layers share


def _without_state(config: Any) -> Any:
    if isinstance(config, (list, tuple)):
        return [_without_state(item) for item in config]
    if not isinstance(config, dict):
        return config
    kind = config.get(
        "class_name", "__keras_tensor__"
    )  # the latter links a functional model's layers
    if kind != "__keras_tensor__" and not str(config.get("module")).startswith("keras"):
        raise TypeError(f"{kind} is not part of Keras.")
    state = {"seed"}
    if "layers" in config or "learning_rate" in config:  # a model or an optimizer
        state.add("name")
    if isinstance(config.get("learning_rate"), float):
        state.add("learning_rate")
    for name in ADJUSTABLE.get(config.get("class_name", ""), ()):
        if _is_adjustable(name, config["config"].get(name)):
            config = config | {"config": config["config"] | {name: "adjustable"}}
    return {
        key: _without_state(value)
        for key, value in config.items()
        if key not in state and not key.endswith("_initializer")
    }


# Constants that a program takes as inputs, so that a grid over them compiles once.
ADJUSTABLE = {
    "Dropout": ["rate"],
    "SpatialDropout1D": ["rate"],
    "SpatialDropout2D": ["rate"],
    "SpatialDropout3D": ["rate"],
    "GaussianNoise": ["stddev"],
    "BatchNormalization": ["momentum"],
    "L2": ["l2"],
    "MaxNorm": ["max_value"],
    "ExponentialDecay": ["initial_learning_rate", "decay_rate"],
}
TESTED_BY_KERAS = ["rate", "stddev"]  # at 0 Keras leaves the layer out, a rate of 1 is a case, too


def _is_adjustable(name: str, value: Any) -> bool:
    special = name in TESTED_BY_KERAS and (value == 0 or (name, value) == ("rate", 1))
    return isinstance(value, (int, float)) and not special


def _adjustable(model: keras.Model) -> list[tuple[Any, str]]:
    """The constants in `ADJUSTABLE` of a model: what has them, and their names there."""
    owners = [model.optimizer._learning_rate]  # it may be a schedule
    for layer in model._flatten_layers():
        kinds = (keras.regularizers.Regularizer, keras.constraints.Constraint)
        owners += [layer, *(part for part in vars(layer).values() if isinstance(part, kinds))]
    return [
        (owner, name)
        for owner in owners
        if _is_keras(owner)
        for name in ADJUSTABLE.get(type(owner).__name__, ())
        if _is_adjustable(name, getattr(owner, name))
    ]


class _Adjustable(float):
    """A layer's constant while a program is traced: a number for Keras' own tests, and an input."""

    def __new__(cls, value: float, tensor: tf.Tensor) -> Self:
        number = super().__new__(cls, value)
        number.tensor = tensor
        return number


def _as_tensor(number: float) -> tf.Tensor:
    return number.tensor if isinstance(number, _Adjustable) else tf.constant(number, tf.float32)


def _state(model: keras.Model) -> list[keras.Variable]:
    """Everything that training changes: weights, moving statistics, seeds, optimizer state."""
    return [*model.variables, *model.optimizer.variables]


def _read(variable: keras.Variable) -> tf.Tensor:
    """A variable's value; raw, as is `_write`, since Keras' way takes ten times as long."""
    return tf.raw_ops.ReadVariableOp(resource=variable.value.handle, dtype=variable.value.dtype)


def _write(variable: keras.Variable, value: tf.Tensor) -> None:
    tf.raw_ops.AssignVariableOp(resource=variable.value.handle, value=value)


def _seed_states(model: keras.Model) -> list[keras.Variable]:
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _derive(seed: int, stream: int) -> int:
    """A seed for one stream of one run, unrelated to those of other streams and runs."""
    return int(np.random.SeedSequence([seed, stream]).generate_state(1)[0]) % (2**31 - 2)


# On a CPU, XLA's default random generator is about a hundred times slower than threefry.
XLA_RANDOM_OPS = {
    "StatelessRandomUniformV2",
    "StatelessRandomUniformIntV2",
    "StatelessRandomUniformFullIntV2",
    "StatelessTruncatedNormalV2",
}


@contextmanager
def _xla_random_numbers() -> Iterator[None]:
    """While a program is traced, let every random op use threefry, and cheap exact transforms.

    Only while tracing: outside XLA, threefry does not exist. `_check_graph` makes sure that
    nothing random came in by another way.
    """
    default = random_ops_util.get_key_counter_alg

    def key_counter_alg(seed: tf.Tensor, alg: Any) -> tuple:
        return default(seed, "threefry" if alg in (None, "auto_select") else alg)

    with (
        patch.object(random_ops_util, "get_key_counter_alg", key_counter_alg),
        patch.object(tf.random, "stateless_normal", _normal),
        patch.object(tf.nn.experimental, "stateless_dropout", _dropout),
    ):
        yield


_traced: Counter[tuple] = Counter()


@contextmanager
def _names_from(key: tuple, model: keras.Model) -> Iterator[None]:
    """While a program is traced, derive all names in it from its key.

    TensorFlow numbers functions, and Keras layers, as they are made, and so differently in each
    process. But XLA takes a program from its cache only where it has the same names.
    """
    if not isinstance(key[0], str):  # code of the model's own, which may ask for names
        yield
        return
    _traced[key] += 1  # a program traced again must not take the names of the first one
    digest = hashlib.sha256(repr((key, _traced[key])).encode()).digest()
    numbers = itertools.count(1 << 60 | int.from_bytes(digest[:5], "big") << 20)
    named = [model.optimizer, *model._flatten_layers()]
    names = [one.name for one in named]
    for number, one in enumerate(named):
        one.name = f"{type(one).__name__}_{number}"
    try:
        with patch.object(ops, "uid", lambda: next(numbers)):
            yield
    finally:
        for one, name in zip(named, names, strict=True):
            one.name = name


@contextmanager
def _without_cudnn(model: keras.Model) -> Iterator[None]:
    """On a GPU, keep recurrent layers off cuDNN, which XLA cannot compile."""
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "use_cudnn")]
    before = [layer.use_cudnn for layer in layers]
    for layer in layers:
        layer.use_cudnn = False
    try:
        yield
    finally:
        for layer, value in zip(layers, before, strict=True):
            layer.use_cudnn = value


def _random_words(seed: tf.Tensor, count: int) -> tf.Tensor:
    """32 random bits for each of ``count`` places, from a seed of two numbers.

    Counts 0, 1, 2, … and scrambles them twice, each time with a key of its own that comes from the
    seed (the construction of Even & Mansour 1997, doubled). About seven times as fast as threefry on a CPU.
    """
    first, second = tf.unstack(tf.cast(seed, tf.uint32))
    key = _scramble(_scramble(first) + second)
    other_key = _scramble(tf.bitwise.bitwise_xor(key, first + _word(0x9E3779B9)))
    places = tf.cast(tf.range(count), tf.uint32)
    return _scramble(tf.bitwise.bitwise_xor(_scramble(places + key), other_key))


def _scramble(x: tf.Tensor) -> tf.Tensor:
    """An integer hash: every bit of x turns every bit of the result with a probability near one
    half (C. Wellons' hash prospector, 2018; constants from its list of those with least bias)."""
    for shift, factor in ((16, 0x21F0AAAD), (15, 0xD35A2D97)):
        x = tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, _word(shift))) * _word(factor)
    return tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, _word(15)))


def _word(number: int) -> tf.Tensor:
    return tf.constant(number, tf.uint32)


def _in_one_go(
    seed: tf.Tensor, count: int, dtype: tf.DType, generate: Callable[[], tf.Tensor]
) -> tf.Tensor:
    """``generate()``, kept apart from what uses it: seeds are never negative, but behind a
    condition XLA computes the numbers once, where it would fuse them into each use of them."""
    return tf.cond(seed[0] >= 0, generate, lambda: tf.zeros([count], dtype))


def _normal(
    shape: Any,
    seed: tf.Tensor,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: tf.DType = tf.float32,
) -> tf.Tensor:
    """Normal numbers, two from two uniform ones (Box & Muller 1958), exact up to rounding.

    Logarithm, sine and cosine come from polynomials: XLA's own take up to seven times as long.
    """
    shape = _static(shape)
    size = int(np.prod(shape))
    half = -(-size // 2)

    def generate() -> tf.Tensor:
        count = 2 * half
        words = _in_one_go(seed, count, tf.uint32, lambda: _random_words(seed, count))
        first, second = tf.unstack(tf.reshape(words, [2, -1]))
        length = _in_one_go(seed, half, tf.float32, lambda: tf.sqrt(-_log_of_fraction(first)))
        # The usual radius is this length times the square root of 2, which is also in the sine and
        # cosine of an angle turned by 45 degrees. Random signs take it to the four quadrants.
        places = tf.cast(
            tf.bitcast(tf.bitwise.right_shift(second, _word(10)), tf.int32), tf.float32
        )
        angle = places * (np.pi / 2**23) - (np.pi / 4 - np.pi / 2**24)
        square = angle * angle
        sin = angle * _polynomial(square, [(-1) ** k / factorial(2 * k + 1) for k in range(5)])
        cos = _polynomial(square, [(-1) ** k / factorial(2 * k) for k in range(6)])
        x = _with_sign(length * (cos - sin), second)
        y = _with_sign(length * (cos + sin), tf.bitwise.right_shift(second, _word(1)))
        return tf.concat([x, y], axis=0)[:size]

    normal = _in_one_go(seed, size, tf.float32, generate)
    normal = tf.cast(tf.reshape(normal, shape), dtype)
    return normal * tf.cast(_as_tensor(stddev), dtype) + tf.cast(mean, dtype)


def _with_sign(values: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    """Values of 0 and more, negative where the lowest bit of the word is set."""
    sign = tf.bitwise.left_shift(words, _word(31))
    return tf.bitcast(tf.bitwise.bitwise_xor(tf.bitcast(values, tf.uint32), sign), tf.float32)


def _log_of_fraction(words: tf.Tensor) -> tf.Tensor:
    """Logarithm of a number from 2^-24 to 1, taken from the upper 24 of 32 random bits.

    The number is 2^e m with m from 0.71 to 1.41; log m = 2 artanh((m - 1) / (m + 1)), a series.
    """
    count = tf.cast(tf.bitwise.right_shift(words, _word(8)) + _word(1), tf.float32)
    least, one = 0x3F3504F3, 0x3F800000  # the bits of the square root of 1/2, and of 1
    bits = tf.bitcast(count, tf.uint32) + _word(one - least)
    biased = tf.bitcast(tf.bitwise.right_shift(bits, _word(23)), tf.int32)
    exponent = tf.cast(biased - (127 + 24), tf.float32)
    m = tf.bitcast(tf.bitwise.bitwise_and(bits, _word(0x7FFFFF)) + _word(least), tf.float32)
    t = (m - 1) / (m + 1)
    series = 2 * t * _polynomial(t * t, [1 / (2 * k + 1) for k in range(5)])
    return exponent * np.float32(np.log(2)) + series


def _dropout(x: tf.Tensor, rate: float, seed: tf.Tensor, noise_shape: Any = None) -> tf.Tensor:
    """Inverted dropout with two 16-bit draws from each 32-bit one; keeps the rate to 1/65,536."""
    shape = _static(x.shape if noise_shape is None else noise_shape, like=x.shape)
    size = int(np.prod(shape))
    half = -(-size // 2)
    pairs = _in_one_go(seed, half, tf.uint32, lambda: _random_words(seed, half))
    lower = tf.bitwise.bitwise_and(pairs, _word(0xFFFF))
    draws = tf.concat([lower, tf.bitwise.right_shift(pairs, _word(16))], axis=0)[:size]
    rate = _as_tensor(rate)
    dropped = tf.cast(tf.round(rate * 2**16), tf.int32)  # of the 65,536 values of a draw
    kept = tf.reshape(tf.cast(draws, tf.int32) >= dropped, shape)
    return tf.where(kept, x * tf.cast(1 / (1 - rate), x.dtype), 0)


def _static(shape: Any, like: Sequence[int] | None = None) -> list[int]:
    """A shape as numbers: all shapes of a compiled program are known, except that Keras asks for
    the size of the values themselves (``like``) where a ``noise_shape`` has None."""
    if isinstance(shape, tf.Tensor):
        shape = tf.get_static_value(shape)
    sizes = [tf.get_static_value(size) for size in shape]
    return [
        int(own if size is None else size) for own, size in zip(like or sizes, sizes, strict=True)
    ]


def _polynomial(x: tf.Tensor, coefficients: Sequence[float]) -> tf.Tensor:
    value = tf.zeros_like(x)
    for coefficient in reversed(coefficients):
        value = value * x + tf.cast(coefficient, x.dtype)
    return value


# ------------------------------------------------------------------------------- checks of fit


def _check_model(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a keras.Model, not {type(model).__name__}.")
    if not model.compiled:
        raise ValueError("The model is not compiled: call model.compile(...) first.")
    if model.optimizer is None:
        raise ValueError("The model is compiled without an optimizer.")
    if model.run_eagerly:
        raise NotImplementedError(
            "lab.fit cannot run_eagerly: use model.fit to debug step by step."
        )
    if model.built and len(getattr(model, "inputs", None) or [0]) > 1:
        raise NotImplementedError(
            "lab.fit trains models with one input: use model.fit for several."
        )
    if model.built and len(getattr(model, "outputs", None) or [0]) > 1:
        raise NotImplementedError(
            "lab.fit trains models with one output: use model.fit for several."
        )
    for layer in model._flatten_layers(include_self=False):
        if _is_keras(layer) and type(layer).__name__ not in SUPPORTED_LAYERS.split():
            raise NotImplementedError(
                f"lab.fit is not tested with the layer {type(layer).__name__} "
                f"({layer.name!r}): use model.fit."
            )
        if getattr(layer, "stateful", False):
            raise NotImplementedError(
                f"lab.fit does not carry the state of the stateful layer {layer.name!r} from "
                "batch to batch: use model.fit."
            )
    optimizer = type(model.optimizer).__name__
    if _is_keras(model.optimizer) and optimizer not in SUPPORTED_OPTIMIZERS.split():
        raise NotImplementedError(
            f"lab.fit is not tested with the optimizer {optimizer}: use one of "
            f"{', '.join(SUPPORTED_OPTIMIZERS.split())}, or model.fit."
        )


def _is_keras(thing: Any) -> bool:
    return type(thing).__module__.split(".")[0] == "keras"


def _check_count(name: str, value: Any, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")


def _check_data(x_name: str, x: Any, y_name: str, y: Any) -> Split:
    """Turn inputs and targets into arrays that can be trained on, floats as float32."""
    arrays = []
    for name, value in ((x_name, x), (y_name, y)):
        if value is None:
            raise ValueError(f"{name} is missing.")
        if isinstance(value, (dict, tf.data.Dataset, keras.utils.PyDataset)) or hasattr(
            value, "__next__"
        ):
            raise NotImplementedError(
                f"lab.fit takes {name} as one array, not as {type(value).__name__}: use model.fit."
            )
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{name} must hold numbers, not {array.dtype}.")
        if array.ndim == 0 or len(array) == 0:
            raise ValueError(f"{name} is empty: shape {array.shape}.")
        if array.dtype.kind == "f":
            array = array.astype(np.float32)
            wrong = np.count_nonzero(~np.isfinite(array))
            if wrong:
                raise ValueError(
                    f"{name} holds {wrong} values that are NaN or infinite: remove or fill them."
                )
        arrays.append(array)
    if len(arrays[0]) != len(arrays[1]):
        raise ValueError(
            f"{x_name} has {len(arrays[0])} samples and {y_name} has {len(arrays[1])}: "
            "they must be equally long."
        )
    return arrays[0], arrays[1]


def _split_off(train: Split, share: float) -> tuple[Split, Split]:
    if not 0 < share < 1:
        raise ValueError(f"validation_split must lie between 0 and 1, not {share!r}.")
    cut = int(np.floor(len(train[0]) * (1 - share)))
    if cut == 0:
        raise ValueError(f"validation_split={share} leaves no sample to train on.")
    return (train[0][:cut], train[1][:cut]), (train[0][cut:], train[1][cut:])


def _check_input_shape(model: keras.Model, *splits: Split | None) -> None:
    expected = getattr(model, "input_shape", None) if model.built else None
    if not isinstance(expected, tuple):
        return
    for x, _ in filter(None, splits):
        fits = len(expected) == x.ndim and all(
            want in (None, got) for want, got in zip(expected[1:], x.shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(
                f"The model takes inputs of shape (samples, {', '.join(map(str, expected[1:]))}), "
                f"but x has shape {x.shape}."
            )


def _check_graph(graph: tf.Graph, model: keras.Model) -> None:
    """Refuse programs with randomness that cannot be seeded, or with state outside the model."""
    definition = graph.as_graph_def()
    ops = {node.op for node in definition.node}
    ops |= {node.op for function in definition.library.function for node in function.node_def}
    random_ops = {op for op in ops if "Random" in op or "Multinomial" in op or "Truncated" in op}
    if random_ops - XLA_RANDOM_OPS:
        raise NotImplementedError(
            f"The model uses random operations that lab.fit cannot seed: "
            f"{', '.join(sorted(random_ops - XLA_RANDOM_OPS))}. Use keras.random with a "
            "keras.random.SeedGenerator that is an attribute of the layer."
        )
    own = {id(variable.value) for variable in (*_state(model), *model.metrics_variables)}
    foreign = [variable.name for variable in graph.variables if id(variable) not in own]
    if foreign:
        raise NotImplementedError(
            f"The training step uses variables that do not belong to the model: "
            f"{', '.join(foreign)}. Make them attributes of a layer or of the model (a random "
            "draw without a seed uses Keras' global one: give the layer a "
            "keras.random.SeedGenerator)."
        )


class _Progress:
    """A progress bar that appears after a second and is gone when the work is done."""

    def __init__(self, task: str, total: int, unit: str, shown: bool = True) -> None:
        self.task, self.total, self.unit, self.done = task, total, unit, 0
        self.start, self.handle, self.drawn = time.perf_counter(), None, 0.0
        self.notebook = "ipykernel" in sys.modules
        shown = shown and os.environ.get("LAB_PROGRESS") != "0"
        self.shown = shown and (self.notebook or sys.stderr.isatty())

    def __enter__(self) -> Self:
        return self

    def advance(self, amount: int = 1) -> None:
        self.done += amount
        now = time.perf_counter()
        if not self.shown or now - self.start < 1 or now - self.drawn < 0.2:
            return
        self.drawn = now
        left = (now - self.start) * (self.total - self.done) / self.done
        blocks = round(30 * self.done / self.total)
        bar = "█" * blocks + "░" * (30 - blocks)
        self._show(f"{self.task} {bar} {self.done}/{self.total} {self.unit}, {left:.0f} s left")

    def _show(self, text: str) -> None:
        if not self.notebook:
            print(f"\r{text:<79}", end="" if text else "\r", file=sys.stderr, flush=True)
            return
        from IPython.display import display

        content = {"text/plain": text}
        if self.handle is None:
            self.handle = display(content, raw=True, display_id=True)
        else:
            self.handle.update(content, raw=True)

    def __exit__(self, *exception: object) -> None:
        if self.drawn:
            self._show("")


# ----------------------------------------------------------------------------- repeat and sweep


@dataclass
class Runs:
    """What ``repeat`` returns: one kind of model, trained once with each seed.

    Attributes:
        seeds: One number per run.
        history: Name of a log -> array of shape (seeds, epochs); NaN where not evaluated.
        measures: Name -> array whose first axis is the seed; what ``measure`` returned.
        seconds: Array of shape (seeds,): running time of each training.
        setting: The setting of a sweep these runs belong to.
    """

    seeds: list[int]
    history: dict[str, Array]
    measures: dict[str, Array]
    seconds: Array
    setting: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        """The log or measure called ``name``."""
        if name in self.history:
            return self.history[name]
        if name in self.measures:
            return self.measures[name]
        raise KeyError(f"No log or measure {name!r}; there are {[*self.history, *self.measures]}.")

    def final(self, name: str, last: int = 1) -> Array:
        """Mean of a log over the ``last`` epochs of each run, shape (seeds,)."""
        return self[name][:, -last:].mean(axis=1)

    def epochs_to(self, name: str, level: float) -> Array:
        """First epoch (counted from 1) at which a log is at least ``level``, shape (seeds,).

        Infinite where a run never gets there.
        """
        reached = self[name] >= level
        return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)

    def table(self) -> pd.DataFrame:
        """Last value of each log and each scalar measure: mean, sd, min and max over seeds."""
        columns = {name: self.final(name) for name in self.history}
        columns |= {name: value for name, value in self.measures.items() if value.ndim == 1}
        return pd.DataFrame(columns).agg(["mean", "std", "min", "max"]).T

    def _repr_html_(self) -> str:
        return self.table().to_html(float_format="{:.3g}".format)


@dataclass
class Sweep:
    """What ``sweep`` returns: a list of ``Runs``, one for each setting."""

    runs: list[Runs]

    def __iter__(self) -> Iterator[Runs]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def at(self, **setting: Any) -> Runs:
        """The runs with this setting, for example ``at(rate=0.4)``."""
        found = [runs for runs in self.runs if setting.items() <= runs.setting.items()]
        if len(found) != 1:
            settings = [runs.setting for runs in self.runs]
            raise KeyError(f"{len(found)} settings match {setting}; there are {settings}.")
        return found[0]

    def table(self, name: str) -> pd.DataFrame:
        """Final value of a log, or a scalar measure, one row per setting."""
        rows = []
        for runs in self.runs:
            values = runs.final(name) if name in runs.history else runs[name]
            row = {"mean": values.mean(), "sd": values.std(ddof=1), "min": values.min()}
            rows.append(runs.setting | row | {"max": values.max(), "n": len(values)})
        return pd.DataFrame(rows)

    def save(self, path: str | Path) -> None:
        """Write everything to a ``.npz`` file (whole or not at all)."""
        path = Path(path)
        arrays: dict[str, Array] = {}
        for index, runs in enumerate(self.runs):
            arrays[f"{index}/seconds"] = runs.seconds
            arrays[f"{index}/label"] = np.array(json.dumps([runs.seeds, runs.setting]))
            for kind in ("history", "measures"):
                for name, values in getattr(runs, kind).items():
                    arrays[f"{index}/{kind}/{name}"] = values
        unfinished = path.with_name(path.name + ".part")
        with unfinished.open("wb") as file:
            np.savez_compressed(file, **arrays)
        unfinished.replace(path)

    @staticmethod
    def load(path: str | Path) -> Sweep:
        """Read what ``save`` wrote."""
        runs: dict[int, Runs] = {}
        with np.load(path) as file:
            for key in file:
                index, kind, *name = key.split("/", 2)
                if kind == "label":
                    seeds, setting = json.loads(str(file[key]))
                    runs[int(index)] = Runs(seeds, {}, {}, file[f"{index}/seconds"], setting)
            for key in file:
                index, kind, *name = key.split("/", 2)
                if name:
                    getattr(runs[int(index)], kind)[name[0]] = file[key]
        return Sweep([runs[index] for index in sorted(runs)])


Data = tuple[Split, Split] | Callable[..., tuple[Split, Split]]


def repeat(
    build: Callable[..., keras.Model],
    data: Data,
    *,
    seeds: int | Sequence[int] = 30,
    measure: Callable[[keras.Model, tuple[Split, Split]], Mapping[str, Any]] | None = None,
    jobs: int | None = 1,
    **fit_arguments: Any,
) -> Runs:
    """Train a kind of model once for each seed; compile once.

    Run ``s`` calls ``keras.utils.set_random_seed(s)`` and ``build()``, so its initial weights are
    those that anyone gets with these two lines; ``s`` also fixes batch order and random layers.
    Two calls with the same seeds and data are therefore paired run by run.

    Args:
        build: Returns a new compiled model.
        data: ``(train, test)``, each a pair (x, y); or a function of the seed that returns that,
            to draw new data for each run (always of the same shape).
        seeds: How many (0, 1, 2, …), or which.
        measure: Called with each trained model and its data; returns numbers or arrays to keep.
        jobs: Processes to spread the runs over. None: all cores, or what
            ``joblib.parallel_config`` says.
        **fit_arguments: ``epochs``, ``batch_size`` and so on, as in ``fit``. ``validation_data``
            is the test data, unless given.

    Raises:
        ValueError, NotImplementedError: as ``fit``.
    """
    return sweep(build, {}, data, seeds=seeds, measure=measure, jobs=jobs, **fit_arguments).runs[0]


def sweep(
    build: Callable[..., keras.Model],
    grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Iterable[Any]]],
    data: Data,
    *,
    seeds: int | Sequence[int] = 30,
    measure: Callable[[keras.Model, tuple[Split, Split]], Mapping[str, Any]] | None = None,
    jobs: int | None = None,
    **fit_arguments: Any,
) -> Sweep:
    """``repeat`` for every combination of some settings, over all cores.

    Args:
        grid: Name -> values to try. Each name is a parameter of ``build``, of ``data`` (beside
            the seed) or of ``fit``. Or several such grids, one after the other, as in
            scikit-learn's ``ParameterGrid``.
        build, data, seeds, measure, jobs, fit_arguments: as in ``repeat``.

    Returns:
        One ``Runs`` per combination, in the order of ``itertools.product``, grid by grid.

    Raises:
        ValueError: A name in ``grid`` is a parameter of nothing, or a list of values is empty.
    """
    seeds = list(range(seeds)) if isinstance(seeds, (int, np.integer)) else [int(s) for s in seeds]
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be different numbers from 0 on, and at least one: {seeds}.")
    settings = []
    for one in [grid] if isinstance(grid, Mapping) else grid:
        values = {name: list(options) for name, options in one.items()}
        for name, options in values.items():
            if not options:
                raise ValueError(f"The grid has no value for {name!r}.")
            _owner_of(name, build, data)
        for combination in itertools.product(*values.values()):
            settings.append(dict(zip(values, combination, strict=True)))
    if not settings:
        raise ValueError("grid is an empty list; give at least one grid of settings to try.")
    jobs = joblib.effective_n_jobs(jobs if jobs is not None else -1)
    # Some eight pieces for each process, so that none of them waits long for the others at the end
    pieces = max(1, min(len(seeds), -(-8 * jobs // len(settings)))) if jobs > 1 else 1
    parts = [[seeds[i] for i in part] for part in np.array_split(np.arange(len(seeds)), pieces)]
    results: dict[tuple[int, int], tuple] = {}
    this_sweep = uuid.uuid4().hex
    with _Progress("runs", len(settings) * len(seeds), "runs") as bar:
        if jobs == 1:
            for index, setting in enumerate(settings):
                arguments = build, data, setting, seeds, measure, fit_arguments
                for seed, run in _train_seeds((this_sweep, index), *arguments):
                    results[index, seed] = run
                    bar.advance()
        else:
            tasks = [
                ((this_sweep, index), build, data, setting, part, measure, fit_arguments)
                for index, setting in enumerate(settings)
                for part in parts
            ]
            for (_, index), runs in _spread(tasks, jobs):
                results |= {(index, seed): run for seed, run in runs}
                bar.advance(len(runs))
    return Sweep(
        [
            _gather(setting, seeds, [results[index, seed] for seed in seeds])
            for index, setting in enumerate(settings)
        ]
    )


def _owner_of(name: str, build: Callable, data: Data) -> str:
    """Which of ``build``, ``data`` and ``fit`` takes the setting called ``name``."""
    if name in signature(build).parameters:
        return "build"
    if callable(data) and name in list(signature(data).parameters)[1:]:
        return "data"
    if name in signature(fit).parameters:
        return "fit"
    raise ValueError(
        f"The grid's {name!r} is a parameter neither of {getattr(build, '__name__', 'build')}, "
        "nor of the data function, nor of lab.fit."
    )


_processes: list[loky.ProcessPoolExecutor] = []  # of one process each
_compiled: TemporaryDirectory | None = None  # programs as machine code


def _start_process() -> loky.ProcessPoolExecutor:
    """A process that trains, with one thread for NumPy. All of them share what XLA compiles."""
    global _compiled
    if not _compiled:
        _compiled = TemporaryDirectory(prefix="lab_", ignore_cleanup_errors=True)
    environment = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    cache = f"--tf_xla_persistent_cache_directory={_compiled.name}"
    environment["TF_XLA_FLAGS"] = f"{os.environ.get('TF_XLA_FLAGS', '')} {cache}".strip()
    environment["TF_CPP_MIN_LOG_LEVEL"] = "3"  # each program taken from there logs a false error
    prepare = {"initializer": _prepare_to_leave, "initargs": (_compiled.name,)}
    return loky.ProcessPoolExecutor(1, timeout=300, env=environment, **prepare)


def _prepare_to_leave(compiled: str) -> None:
    """In the end a process removes the compiled programs and leaves at once.

    Jupyter ends a kernel's processes by a signal, and the kernel itself before it can tidy up.
    TensorFlow would take seconds to take itself apart.
    """

    def leave(*_: Any) -> None:
        rmtree(compiled, ignore_errors=True)
        os._exit(0)

    atexit.register(leave)
    signal.signal(signal.SIGTERM, leave)


def _spread(tasks: Sequence[tuple], jobs: int) -> Iterator[tuple[tuple[str, int], list]]:
    """Do the tasks in some processes; yield results as they come.

    Neighbouring tasks tend to train the same program, which each process compiles for itself. So
    each process begins with a list of neighbours, and whoever has finished takes over from the end
    of the longest list that is left.
    """
    if not isinstance(get_active_backend()[0], LokyBackend):  # as by `joblib.parallel_config`
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
        yield from parallel(joblib.delayed(_train_chunk)(*task) for task in tasks)
        return
    while len(_processes) < jobs:
        _processes.append(_start_process())
    lists = [[tasks[i] for i in part] for part in np.array_split(np.arange(len(tasks)), jobs)]
    running: dict[Future, int] = {}

    def start(process: int) -> None:
        own, longest = lists[process], max(lists, key=len)
        if longest:
            task = own.pop(0) if own else longest.pop()
            running[_processes[process].submit(_train_chunk, *task)] = process

    try:
        for process in range(jobs):
            start(process)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                start(running.pop(future))
                yield future.result()
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, BrokenProcessPool):
            wait(running)  # an error in one of the runs: the processes stay in use
        else:  # one of them has died, or Ctrl-C: stop what the others do
            while _processes:
                _processes.pop().shutdown(wait=False, kill_workers=True)
        raise


def _train_chunk(arm: tuple[str, int], *arguments: Any) -> tuple[tuple[str, int], list]:
    """A piece of a sweep in a process of its own, where one thread per process is quickest."""
    with suppress(RuntimeError):  # TensorFlow has started already: an earlier piece has set it
        tf.config.threading.set_intra_op_parallelism_threads(1)
    # Joblib would take the memory of compiled programs for a leak and restart the process.
    joblib.externals.loky.process_executor._MAX_MEMORY_LEAK_SIZE = 2**40
    os.environ["LAB_PROGRESS"] = "0"
    return arm, list(_train_seeds(arm, *arguments))


_latest_twin: tuple[tuple[str, int], _Twin] | None = None
_proven: tuple[str, dict[str, _Twin]] = "", {}


def _proven_twins(sweep: str) -> dict[str, _Twin]:
    """Twins of this sweep, by structure, of which it is known that drawing again is enough."""
    global _proven
    if _proven[0] != sweep:
        _proven = sweep, {}
    return _proven[1]


def _train_seeds(
    arm: tuple[str, int],
    build: Callable[..., keras.Model],
    data: Data,
    setting: dict[str, Any],
    seeds: Sequence[int],
    measure: Callable | None,
    fit_arguments: dict[str, Any],
) -> Iterator[tuple[int, tuple]]:
    """Train one model per seed; yield the seed with its (history, measures, seconds).

    The next piece of the same arm (a sweep and the index of a setting) goes on with the same twin.
    """
    global _latest_twin
    parts: dict[str, dict[str, Any]] = {"build": {}, "data": {}, "fit": dict(fit_arguments)}
    for name, value in setting.items():
        parts[_owner_of(name, build, data)][name] = value
    twin = _latest_twin[1] if _latest_twin and _latest_twin[0] == arm else None
    for seed in seeds:
        train, test = _data_for(seed, data, parts["data"], arm[0])
        if twin is None or not twin.redraws or measure:
            keras.utils.set_random_seed(seed)
        else:  # TensorFlow's own seed, which nothing asks for, takes longer to set than some runs
            random.seed(seed)
            np.random.seed(seed)
        if twin is None or not twin.redraws:
            with _recorded_draws() as draws:
                model = build(**parts["build"])
                _check_model(model)
                if not model.built:
                    model._symbolic_build(data_batch=(np.asarray(train[0]), np.asarray(train[1])))
            if twin is None:
                twin = _Twin(model, draws, looked_at=measure is not None)
                twin.trust(_proven_twins(arm[0]), seed)
                _latest_twin = arm, twin
            else:
                twin.be_like(model, seed)
            if twin.structure:
                _proven_twins(arm[0])[twin.structure] = twin
        else:
            twin.redraw()
        arguments = {"validation_data": test} | parts["fit"] | {"verbose": 0, "seed": seed}
        history = fit(twin.model, *train, **arguments)
        measured = measure(twin.model, (train, test)) if measure else {}
        yield seed, (_by_epoch(history, parts["fit"]), measured, history.seconds)


_drawn: tuple[str, dict[tuple, Any]] = "", {}


def _data_for(seed: int, data: Data, setting: dict[str, Any], sweep: str) -> Any:
    """The data for a seed. Those drawn are kept for later settings of the sweep, up to 128 MiB, and
    cannot be written to, so that no run changes them for the next."""
    global _drawn
    if not callable(data):
        return data
    if _drawn[0] != sweep:
        _drawn = sweep, {}
    kept, key = _drawn[1], (seed, repr(setting))
    if key not in kept:
        drawn = data(seed, **setting)
        arrays = [array for split in drawn if split for array in split]
        size = sum(array.nbytes for array in arrays if type(array) is np.ndarray)
        if any(type(array) is not np.ndarray for array in arrays) or (len(kept) + 1) * size > 2**27:
            return drawn
        kept[key] = [split and tuple(_read_only(array) for array in split) for split in drawn]
    return kept[key]


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass
class _Draws:
    """What ``build`` drew: seeds in order, and the initializer of each variable."""

    seeds: list[int] = field(default_factory=list)
    initializers: dict[int, Callable] = field(default_factory=dict)  # by id of the variable


@contextmanager
def _recorded_draws() -> Iterator[_Draws]:
    """Record where a new model's initial weights come from: Keras draws a seed for each
    initializer from Python's ``random``, and gives it to a function of shape and dtype."""
    draws = _Draws()
    randint, initialize = random.randint, keras.Variable._initialize_with_initializer

    def recording_randint(low: int, high: int) -> int:
        draws.seeds.append(randint(low, high))
        return draws.seeds[-1]

    def recording_initialize(variable: keras.Variable, initializer: Callable) -> None:
        draws.initializers[id(variable)] = initializer
        initialize(variable, initializer)

    with (
        patch.object(random, "randint", recording_randint),
        patch.object(keras.Variable, "_initialize_with_initializer", recording_initialize),
    ):
        yield draws


class _Twin:
    """What a sweep trains: one model, from the initial weights of each seed in turn.

    Building a model takes longer than training a small one. So the second seed's model is built
    and compared with weights drawn again by the first one's initializers; if they are the same,
    all others are only drawn (``redraws``), and if not, as where ``build`` draws numbers in a way
    of its own, all are built. Of a later setting of the same structure only one is built.

    Attributes:
        start: Values of the model's variables that the next run starts from; those that the model
            has if None.
        looked_at: Whether the model itself is needed after a run, and not only the history.
        structure: The model's, once it is known to be trained again and again.
    """

    def __init__(self, model: keras.Model, draws: _Draws, looked_at: bool) -> None:
        self.model, self.draws, self.looked_at, self.redraws = model, draws, looked_at, False
        self.start: list[tf.Tensor] | None = None
        self.structure: str | None = None
        model.optimizer.build(model.trainable_variables)
        self.first_state = [_read(variable) for variable in _state(model)]
        model.lab_twin = self

    def be_like(self, model: keras.Model, seed: int) -> None:
        """Start from the state of a model just built with ``seed``."""
        built = [_read(variable) for variable in model.variables]
        if [value.shape for value in built] != [v.shape for v in self.model.variables]:
            raise ValueError(
                "build must return the same kind of model for every seed, but with seed "
                f"{seed} its weights have another number or shape."
            )
        self.redraws = self._draws(built, seed)
        self.start = built + self.start[len(built) :]
        if self.redraws:
            self.structure = _structure(self.model)

    def trust(self, proven: Mapping[str, _Twin], seed: int) -> None:
        """Build no second model if a setting of the same structure is known to be only drawn.

        ``seed`` is the first model's: drawing must give what was built, and what is not drawn must
        be as in that setting.
        """
        structure = _structure(self.model)
        if structure not in proven:
            return
        built = self.first_state[: len(self.model.variables)]
        same = self._draws(built, seed) and all(
            self._is_drawn(variable) or np.array_equal(value, known)
            for variable, value, known in zip(
                self.model.variables, built, proven[structure].first_state, strict=False
            )
            if id(variable) not in self._set_by_fit
        )
        if same:
            self.redraws, self.structure = True, structure
        else:
            self.start = None

    def _draws(self, built: Sequence[tf.Tensor], seed: int) -> bool:
        """Whether drawing anew for ``seed`` gives what was built, with as many random numbers."""
        after = random.getstate(), np.random.get_state()
        keras.utils.set_random_seed(seed)
        self.redraw()
        as_many = repr(after) == repr((random.getstate(), np.random.get_state()))
        random.setstate(after[0])
        np.random.set_state(after[1])
        return as_many and all(
            np.array_equal(drawn, value)
            for variable, drawn, value in zip(self.model.variables, self.start, built, strict=False)
            if id(variable) not in self._set_by_fit
        )

    @cached_property
    def _set_by_fit(self) -> set[int]:
        return {id(variable) for variable in _seed_states(self.model)}

    def _is_drawn(self, variable: keras.Variable) -> bool:
        seed = getattr(self.draws.initializers.get(id(variable)), "seed", None)
        return isinstance(seed, int) and seed in self.draws.seeds

    def redraw(self) -> None:
        """Start from the state that ``build`` would give, called in place of this function."""
        drawn = {old: random.randint(1, 10**9) for old in self.draws.seeds}  # as Keras draws them
        self.start = list(self.first_state)
        for place, variable in enumerate(_state(self.model)):
            if self._is_drawn(variable):
                initializer = self.draws.initializers[id(variable)]
                self.start[place] = _initial(initializer, drawn[initializer.seed], variable)


_initials: OrderedDict[tuple, tf.Tensor] = OrderedDict()


def _initial(initializer: Callable, seed: int, variable: keras.Variable) -> tf.Tensor:
    """What ``initializer`` with this seed draws for a variable; the latest draws are kept, since
    the settings of a sweep start from the same weights."""
    constants = json.dumps(initializer.get_config() | {"seed": seed})
    key = (type(initializer), constants, tuple(variable.shape), variable.dtype)
    if key not in _initials:
        before, initializer.seed = initializer.seed, seed
        _initials[key] = initializer(variable.shape, dtype=variable.dtype)
        initializer.seed = before
        if len(_initials) > 4096:
            _initials.popitem(last=False)
    _initials.move_to_end(key)
    return _initials[key]


def _by_epoch(history: keras.callbacks.History, fit_arguments: dict[str, Any]) -> dict[str, Array]:
    """The history as arrays with one value per epoch, NaN for epochs without validation."""
    every = fit_arguments.get("validation_freq", 1)
    epochs = np.array(history.epoch) + 1
    logs = {}
    for name, values in history.history.items():
        logs[name] = np.full(len(epochs), np.nan)
        logs[name][epochs % every == 0 if name.startswith("val_") else slice(None)] = values
    return logs


def _gather(setting: dict[str, Any], seeds: list[int], results: list[tuple]) -> Runs:
    histories, measures, seconds = zip(*results, strict=True)
    return Runs(
        seeds,
        {name: np.stack([history[name] for history in histories]) for name in histories[0]},
        {name: np.stack([np.asarray(m[name]) for m in measures]) for name in measures[0]},
        np.array(seconds),
        setting,
    )


# ----------------------------------------------------------------------------------- comparison


@dataclass(frozen=True)
class Comparison:
    """A mean paired difference over ``n`` runs and what it says.

    Attributes:
        mean: Mean of the differences; ``low`` and ``high`` end its 95 % interval.
        n: Number of pairs.
        smallest: The smallest mean difference worth speaking of, declared beforehand.
        equal: Whether the question is "are they equal?" in place of "is the first larger?".
    """

    mean: float
    low: float
    high: float
    n: int
    smallest: float
    equal: bool = False

    @property
    def verdict(self) -> str:
        """``supported``, ``opposite`` or ``not supported here``.

        ``supported`` if the first is larger: interval above 0, mean at least ``smallest``.
        ``opposite`` if that holds the other way round; ``not supported here`` otherwise, whether
        the difference is too small to matter or too uncertain to call. Asked for equality:
        ``supported`` if the whole interval lies within ``smallest`` of 0.
        """
        if self.equal:
            return "supported" if self.reading == "about equal" else "not supported here"
        return {"larger": "supported", "smaller": "opposite"}.get(
            self.reading, "not supported here"
        )

    @property
    def reading(self) -> str:
        """``larger``, ``smaller``, ``about equal`` (interval within ``smallest`` of 0), ``unclear``."""
        if max(-self.low, self.high) < self.smallest:
            return "about equal"
        if self.low > 0 and self.mean >= self.smallest:
            return "larger"
        if self.high < 0 and self.mean <= -self.smallest:
            return "smaller"
        return "unclear"

    @property
    def needed(self) -> int:
        """Pairs needed to find a difference of ``smallest``, four times out of five.

        Power calculation of the paired t test with the standard deviation of these differences,
        ``((1.96 + 0.84) sd / smallest) ** 2 + 1.96 ** 2 / 2`` (normal approximation with the
        correction for small samples of Guenther 1981, The American Statistician 35).
        """
        quantile = stats.t.ppf(0.975, self.n - 1)
        sd = (self.high - self.low) / 2 / quantile * np.sqrt(self.n)
        return int(np.ceil((2.8 * sd / self.smallest) ** 2 + 1.92))

    def __str__(self) -> str:
        return (
            f"difference {self.mean:+.3g}, 95 % interval {self.low:+.3g} to {self.high:+.3g} "
            f"({self.n} pairs): {self.verdict}"
        )


def compare(
    first: Array, second: Array | float, smallest: float, equal: bool = False
) -> Comparison:
    """Is ``first`` larger than ``second``, run by run?

    The interval is Student's t interval of the mean of ``first - second``.

    Args:
        first, second: One value per run, shape (n,), paired: same seeds in the same order.
            ``second`` may be one number.
        smallest: The smallest difference worth speaking of; decide it before looking.
        equal: Ask whether the two are equal, to within ``smallest``.

    Raises:
        ValueError: The arrays do not pair up, hold NaN or infinite values, or are too short.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if second.ndim == 0:
        second = np.full(first.shape, second)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(
            f"compare needs one value per run, paired: shapes are {first.shape}, {second.shape}."
        )
    if len(first) < 2:
        raise ValueError("compare needs at least two pairs of runs.")
    if not smallest > 0:
        raise ValueError(f"smallest must be above 0, not {smallest!r}.")
    differences = first - second
    if not np.isfinite(differences).all():
        raise ValueError(
            "compare cannot use NaN or infinite values (runs that diverged or never reached a "
            "level): count or cap them first."
        )
    mean, n = differences.mean(), len(differences)
    half = stats.t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n)
    return Comparison(float(mean), float(mean - half), float(mean + half), n, smallest, equal)


Pair = tuple[Array, Array | float]  # what `compare` takes first: one value per run each


@dataclass(frozen=True)
class Claim:
    """A sentence put to the test with two disjoint sets of seeds; what ``settle`` returns.

    Attributes:
        name: What the course calls it, such as ``C14``.
        sentence: What is claimed.
        effect: What the differences are differences of, with its unit.
        axis: What the conditions vary, or "" if all of them have to hold.
        comparisons: (condition, data, ``first`` or ``second`` set of seeds) -> Comparison. The
            condition is "" where there is one only.
    """

    name: str
    sentence: str
    effect: str
    axis: str
    comparisons: dict[tuple[str, str, str], Comparison]

    @property
    def decides(self) -> str:
        """The data that the verdict rests on: the last ones given."""
        return list(self.comparisons)[-1][1]

    @property
    def verdict(self) -> str:
        """The verdict of the first set of seeds: ``supported``, ``not supported here``, or
        ``depends on …`` where some of the conditions along an axis support it and others not."""
        return self._verdict("first")

    @property
    def repeated(self) -> str:
        """The verdict of the second set of seeds."""
        return self._verdict("second")

    def _verdict(self, which: str) -> str:
        held = [
            comparison.verdict == "supported"
            for (_, data, seeds), comparison in self.comparisons.items()
            if (data, seeds) == (self.decides, which)
        ]
        if all(held):
            return "supported"
        return f"depends on {self.axis}" if self.axis and any(held) else "not supported here"

    def __str__(self) -> str:
        again = "" if self.repeated == self.verdict else f"; second set of seeds: {self.repeated}"
        return f"{self.name}: {self.verdict}{again}"


def settle(
    name: str,
    sentence: str,
    effect: str,
    smallest: float | Mapping[str, float],
    results: Mapping[str, Pair | Mapping[str, Pair]],
    axis: str = "",
    equal: bool = False,
) -> Claim:
    """Put a claim to the test, show the result as a table, and record it for the ledger.

    Args:
        name: What the course calls the claim, such as ``C14``.
        sentence: What is claimed.
        effect: What the differences are differences of, such as "test accuracy, after minus
            before".
        smallest: The smallest difference worth speaking of, declared beforehand; or one for each
            condition.
        results: Data -> what was measured on them. The last data decide. What was measured is a
            pair as for ``compare``, where the first half of the runs is the first set of seeds and
            the second half a second one, disjoint; or condition -> such a pair.
        axis: What the conditions vary, such as "the activation"; the verdict can then be that it
            depends on that. Without an axis the claim is supported if all conditions hold.
        equal: The claim is that the two are equal, to within ``smallest``.

    Raises:
        ValueError: As ``compare``, or the number of runs is odd.
    """
    comparisons = {}
    for data, measured in results.items():
        conditions = measured if isinstance(measured, Mapping) else {"": measured}
        for condition, (first, second) in conditions.items():
            enough = smallest[condition] if isinstance(smallest, Mapping) else smallest
            half, odd = divmod(len(first), 2)
            if odd:
                raise ValueError(
                    f"{name} needs two sets of seeds of the same size, but there are {len(first)} "
                    "runs: an odd number."
                )
            second = np.broadcast_to(np.asarray(second, float), np.shape(first))
            for seeds, part in (("first", slice(half)), ("second", slice(half, None))):
                result = compare(np.asarray(first)[part], second[part], enough, equal)
                comparisons[condition, data, seeds] = result
    claim = Claim(name, sentence, effect, axis, comparisons)
    summary = {"sentence": sentence, "effect": effect, "axis": axis, "decides": claim.decides}
    numbers = {name: summary | {"verdict": claim.verdict, "repeated": claim.repeated}}
    rows = {}
    for key, comparison in comparisons.items():
        condition, data, seeds = key
        record_name = ".".join(filter(None, (name, *key))).replace(" ", "_")
        numbers[record_name] = _comparison_entry(comparison)
        rows[record_name] = {
            **({axis or "part": condition} if condition else {}),
            "data": data,
            "seeds": seeds,
            "difference": f"{comparison.mean:+.3g}",
            "95 % interval": f"{comparison.low:+.3g} to {comparison.high:+.3g}",
            "runs": comparison.n,
            "smallest": f"{comparison.smallest:g}",
            "needed": comparison.needed,
            "reading": comparison.reading,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    _display(_Record(numbers, table.reset_index(drop=True), f"{claim} ({effect})"))
    return claim


# -------------------------------------------------------------------------------------- records

RECORD_TYPE = "application/vnd.lab.record+json"


class _Record:
    """Displays as a table; carries the same numbers, unrounded, for the course's checks."""

    def __init__(
        self,
        numbers: dict[str, dict[str, Any]],
        table: pd.DataFrame | None = None,
        caption: str = "",
    ) -> None:
        self.numbers, self.caption = numbers, caption
        if table is None:
            table = pd.DataFrame.from_dict(numbers, orient="index")
            table = table.drop(columns="tolerance", errors="ignore")
            table = table.map(lambda v: f"{v:.4g}" if isinstance(v, (int, float)) else v)
        self.table = table.fillna("")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        exact = {
            name: {
                key: value if isinstance(value, (str, int)) or np.isfinite(value) else str(value)
                for key, value in entry.items()
            }
            for name, entry in self.numbers.items()
        }
        numbered = not self.caption  # a claim's rows have no names
        text, html = (
            self.table.to_string(index=numbered),
            self.table.to_html(border=0, index=numbered),
        )
        if self.caption:
            text = f"{self.caption}\n{text}"
            html = html.replace(">", f"><caption>{escape(self.caption)}</caption>", 1)
        return {"text/plain": text, "text/html": html, RECORD_TYPE: exact}


def _comparison_entry(comparison: Comparison) -> dict[str, Any]:
    names = ("mean", "low", "high", "n", "smallest", "needed", "reading", "verdict")
    return {name: getattr(comparison, name) for name in names}


def record(values: Mapping[str, Any], tolerance: float = 1e-5) -> None:
    """Show numbers that the text rests on, and keep them, with their spread, in the notebook.

    Args:
        values: Name -> an array with one value per run (its mean, sd, median, min, max and n are
            recorded), a ``Comparison``, or a single number that does not depend on luck.
        tolerance: How far single numbers may differ when the notebook runs elsewhere.
    """
    numbers: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if isinstance(value, Comparison):
            numbers[name] = _comparison_entry(value)
        elif np.ndim(value) == 0:
            numbers[name] = {"value": float(value), "tolerance": tolerance}
        else:
            array = np.asarray(value, float)
            with np.errstate(invalid="ignore"):
                numbers[name] = {
                    "mean": float(array.mean()),
                    "sd": float(array.std(ddof=1)) if array.size > 1 else float("nan"),
                    "median": float(np.median(array)),
                    "min": float(array.min()),
                    "max": float(array.max()),
                    "n": int(array.size),
                }
    _display(_Record(numbers))


def _display(thing: Any) -> None:
    if "ipykernel" in sys.modules:
        from IPython.display import display

        display(thing)
    else:
        print(thing._repr_mimebundle_()["text/plain"])


# -------------------------------------------------------------------------------------- figures

# Okabe & Ito's colours, told apart by readers with any colour vision, each with a line style.
plt.rcParams.update(
    {
        "axes.prop_cycle": plt.cycler(
            color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"],
            linestyle=["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))],
        ),
        "axes.grid": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.constrained_layout.use": True,
        "figure.dpi": 100,
        "figure.facecolor": "white",
        "font.size": 10,
        "grid.alpha": 0.3,
        "legend.framealpha": 0.9,
    }
)
_shortened: list[str] = []


def full_scale(**parameters: tuple[Any, Any]) -> None:
    """Declare a page's full settings as ``name=(used, full)``; figures of shorter runs say so."""
    _shortened[:] = [
        f"{name} {used} instead of {full}"
        for name, (used, full) in parameters.items()
        if used != full
    ]
    if _shortened:
        print(f"Shortened run ({', '.join(_shortened)}): numbers and figures differ from the text.")


def panels(
    rows: int = 1,
    columns: int = 1,
    width: float = 7.0,
    height: float | None = None,
    **arguments: Any,
) -> tuple[plt.Figure, Any]:
    """``plt.subplots`` in the course's size (in inches); marks figures of shortened runs."""
    height = height or rows * (3.6 if columns == 1 else 0.9 * width / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), **arguments)
    if _shortened:
        figure.suptitle(f"Shortened run: {', '.join(_shortened)}", color="#B00000", fontsize=9)
    return figure, axes


def plot_points(ax: plt.Axes, x: Array, y: Array, size: float = 18) -> None:
    """Scatter two-dimensional points, shape (samples, 2), with a colour and marker per class."""
    for label, marker, color in zip(
        np.unique(y), "os^D", ("#0072B2", "#D55E00", "#009E73", "#000000"), strict=False
    ):
        points = x[np.asarray(y).ravel() == label]
        ax.scatter(
            *points.T,
            s=size,
            marker=marker,
            color=color,
            edgecolor="white",
            linewidth=0.4,
            label=f"class {label}",
        )
    ax.set(xlabel="first input", ylabel="second input", aspect="equal")
    ax.legend(loc="upper right")


def plot_history(
    ax: plt.Axes, history: keras.callbacks.History, title: str, metric: str = "accuracy"
) -> None:
    """One run's metric on train and test data per epoch; final values in the legend."""
    for name, label in ((metric, "train"), (f"val_{metric}", "test")):
        values = history.history[name]
        ax.plot(np.arange(1, len(values) + 1), values, label=f"{label}, ends at {values[-1]:.3f}")
    seconds = getattr(history, "seconds", None)
    took = f" (one run, {seconds:.2g} s)" if seconds else " (one run)"
    ax.set(xlabel="epoch", ylabel=metric, title=title + took)
    ax.legend()


def plot_runs(
    ax: plt.Axes, runs: Runs, name: str, label: str, single: bool = True, **style: Any
) -> None:
    """A log per epoch: mean over runs, band from the 5th to the 95th percentile, and one run."""
    values = runs[name]
    epochs = np.arange(1, values.shape[1] + 1)
    seen = ~np.isnan(values).all(axis=0)
    mean = values[:, seen].mean(axis=0)
    low, high = np.percentile(values[:, seen], [5, 95], axis=0)
    (line,) = ax.plot(epochs[seen], mean, label=f"{label}, ends at {mean[-1]:.3f}", **style)
    ax.fill_between(epochs[seen], low, high, color=line.get_color(), alpha=0.18, linewidth=0)
    if single:
        ax.plot(
            epochs[seen],
            values[0, seen],
            color=line.get_color(),
            linewidth=0.6,
            linestyle="-",
            alpha=0.7,
        )
    ax.set(xlabel="epoch", ylabel=name.removeprefix("val_"))
    ax.legend()


def plot_regions(
    ax: plt.Axes, model: keras.Model, x: Array, y: Array, margin: float = 0.3, steps: int = 150
) -> None:
    """Shade what a two-class model predicts over the plane, with the points on top."""
    (left, bottom), (right, top) = x.min(axis=0) - margin, x.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(left, right, steps), np.linspace(bottom, top, steps))
    plane = np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32)
    probability = np.asarray(model(plane, training=False)).reshape(across.shape)
    ax.contourf(
        across, up, probability, np.linspace(0, 1, 11), cmap="RdBu_r", alpha=0.6, vmin=0, vmax=1
    )
    ax.contour(across, up, probability, [0.5], colors="black", linewidths=1)
    plot_points(ax, x, y)
    ax.get_legend().remove()


def _plot_interval(
    ax: plt.Axes, row: float, comparison: Comparison, color: str, marker: str, filled: bool = True
) -> None:
    ends = [comparison.low, comparison.high]
    ax.plot(ends, [row, row], color=color, linestyle="-", linewidth=1.8)
    face = color if filled else "white"
    ax.plot(comparison.mean, row, marker, color=color, markerfacecolor=face)


def plot_comparisons(ax: plt.Axes, comparisons: Mapping[str, Comparison], xlabel: str) -> None:
    """Each mean difference with its 95 % interval; the band is too small to speak of."""
    names = list(comparisons)
    for row, comparison in enumerate(comparisons.values()):
        _plot_interval(ax, row, comparison, "#0072B2", "o")
    smallest = max(comparison.smallest for comparison in comparisons.values())
    ax.axvspan(-smallest, smallest, color="grey", alpha=0.15, linewidth=0)
    ax.axvline(0, color="black", linewidth=0.8, linestyle="-")
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel=xlabel)
    ax.invert_yaxis()


def plot_claim(ax: plt.Axes, claim: Claim) -> None:
    """A claim's mean differences with their 95 % intervals, two sets of seeds for each.

    The grey band is too small to speak of. Filled marks are the data that decide.
    """
    styles = {"first": ("#0072B2", "o", -0.13), "second": ("#D55E00", "s", 0.13)}
    rows: dict[str, float] = {}  # label -> smallest difference worth speaking of
    for (condition, data, seeds), comparison in claim.comparisons.items():
        label = ", ".join(filter(None, (condition, data)))
        rows[label] = comparison.smallest
        color, marker, shift = styles[seeds]
        row = list(rows).index(label) + shift
        _plot_interval(ax, row, comparison, color, marker, filled=data == claim.decides)
    for row, smallest in enumerate(rows.values()):
        band = [row - 0.5, row + 0.5]
        ax.fill_betweenx(band, -smallest, smallest, color="grey", alpha=0.15, linewidth=0)
    ax.axvline(0, color="black", linewidth=0.8, linestyle="-")
    ax.set(yticks=range(len(rows)), yticklabels=rows, xlabel=claim.effect)
    ax.set(title=str(claim), ylim=(len(rows) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    for seeds, (color, marker, _) in styles.items():
        ax.plot([], [], marker, color=color, label=f"{seeds} set of seeds")
    if len({data for _, data, _ in claim.comparisons}) > 1:
        ax.plot([], [], "o", color="grey", markerfacecolor="white", label="does not decide")
    ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)


def plot_setting(
    ax: plt.Axes, runs: Iterable[Runs], setting: str, name: str, label: str, last: int = 1
) -> None:
    """A measure, or the mean of a log's ``last`` epochs, against one setting of a sweep.

    Mean over runs, and a band from the 5th to the 95th percentile.
    """
    runs = list(runs)
    along = [one.setting[setting] for one in runs]
    values = [one.final(name, last) if name in one.history else one[name] for one in runs]
    (line,) = ax.plot(along, [v.mean() for v in values], marker="o", markersize=4, label=label)
    low, high = np.array([np.percentile(v, [5, 95]) for v in values]).T
    ax.fill_between(along, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    ax.set(xlabel=setting, ylabel=name.removeprefix("val_"))
    ax.legend()

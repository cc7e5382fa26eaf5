"""Every use of what TensorFlow, Keras and joblib do not promise to keep, each a small function.

A new release that moves one of these breaks its test in tests/lab/test_hooks.py, and nothing else
has to be searched.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch

from lab.arrays import Array

import keras
import tensorflow as tf
from joblib.externals.loky import process_executor
from joblib.parallel import LokyBackend, get_active_backend
from tensorflow.compiler.tf2xla.python import xla
from tensorflow.python.framework import ops
from tensorflow.python.ops import random_ops_util

# ------------------------------------------------------------------------------------------ Keras


def is_keras(thing: Any) -> bool:
    """Whether a model, layer, optimizer, … is one of Keras' own classes."""
    return type(thing).__module__.split(".")[0] == "keras"


def create_variables(model: keras.Model, x: Array, y: Array) -> None:
    """Create a model's, its optimizer's and its metrics' variables, as the start of `fit` does."""
    model._symbolic_build(data_batch=(x, y))


def layers_of(model: keras.Model, with_model: bool = False) -> list[keras.layers.Layer]:
    """All layers, those inside of other layers included; public `layers` has the outer ones only."""
    return list(model._flatten_layers(include_self=with_model))


def compilation(model: keras.Model) -> Any:
    """What the latest `compile` left: another object after every call of it."""
    return model._compile_config


def learning_rate(optimizer: keras.optimizers.Optimizer) -> Any:
    """The learning rate's variable or its schedule; the public property is a number."""
    return optimizer._learning_rate


def has_hidden_settings(model: keras.Model) -> bool:
    """Whether something changes a model's training that its configuration does not show.

    That is a method replaced on one object, or weights that were excluded from weight decay.
    Keras itself wraps `build` and `quantize`, and keeps the loss under the name of a method.
    """
    for one in (*layers_of(model, with_model=True), model.optimizer):
        replaced = {name for name in vars(one) if callable(getattr(type(one), name, None))}
        if replaced - {"build", "quantize", "loss"}:
            return True
    optimizer = vars(model.optimizer)
    return any(optimizer.get(f"_exclude_from_weight_decay{end}") for end in ("", "_pattern"))


def replaces_the_loop(model: keras.Model) -> list[str]:
    """The methods around `train_step` that a model has of its own, which only `model.fit` calls."""
    loop = ("fit", "evaluate", "make_train_function", "make_test_function")
    return [
        name
        for name in loop
        if name in vars(model) or not getattr(type(model), name).__module__.startswith("keras.")
    ]


@contextmanager
def without_cudnn(model: keras.Model) -> Iterator[None]:
    """On a GPU, keep recurrent layers off cuDNN, which XLA cannot compile."""
    layers = [layer for layer in layers_of(model) if hasattr(layer, "use_cudnn")]
    before = [layer.use_cudnn for layer in layers]
    for layer in layers:
        layer.use_cudnn = False
    try:
        yield
    finally:
        for layer, value in zip(layers, before, strict=True):
            layer.use_cudnn = value


@contextmanager
def random_numbers_of_this_thread() -> Iterator[None]:
    """Let this thread draw from Python's `random` as if there were no other.

    Keras seeds its initializers from it. The threads of a Dask worker draw from it, too, now and
    then, and would change what a seed gives.
    """
    own, mine = random.Random(), threading.get_ident()
    own.setstate(random.getstate())
    shared = {
        name: function
        for name, function in vars(random).items()
        if getattr(function, "__self__", None) is random._inst
    }

    def divided(name: str) -> Callable:
        def draw(*given: Any, **named: Any) -> Any:
            ours = threading.get_ident() == mine
            return (getattr(own, name) if ours else shared[name])(*given, **named)

        return draw

    vars(random).update({name: divided(name) for name in shared})
    try:
        yield
    finally:
        vars(random).update(shared)
        random.setstate(own.getstate())


@dataclass
class Draws:
    """What a `build` function drew: seeds in order, and how each variable got its first value.

    Attributes:
        seeds: What Keras drew from Python's `random`, in order.
        initializers: By id of a new variable, the function of shape and dtype that gave its value;
            None where it was given as a value.
    """

    seeds: list[int] = field(default_factory=list)
    initializers: dict[int, Callable | None] = field(default_factory=dict)


@contextmanager
def recorded_draws() -> Iterator[Draws]:
    """Record where new variables get their values from.

    Keras draws a seed for each initializer from Python's `random`, and gives it to a function of
    shape and dtype.
    """
    draws = Draws()
    randint = random.randint
    by_function = keras.Variable._initialize_with_initializer
    by_value = keras.Variable._initialize

    def recording_randint(low: int, high: int) -> int:
        draws.seeds.append(randint(low, high))
        return draws.seeds[-1]

    def recording_function(variable: keras.Variable, initializer: Callable) -> None:
        by_function(variable, initializer)
        draws.initializers[id(variable)] = initializer

    def recording_value(variable: keras.Variable, value: Any) -> None:
        by_value(variable, value)
        draws.initializers.setdefault(id(variable))

    with (
        patch.object(random, "randint", recording_randint),
        patch.object(keras.Variable, "_initialize_with_initializer", recording_function),
        patch.object(keras.Variable, "_initialize", recording_value),
    ):
        yield draws


# ------------------------------------------------------------------------------------- TensorFlow


def read(variable: keras.Variable) -> tf.Tensor:
    """A variable's value; raw, as is `write`, since Keras' way takes ten times as long."""
    return tf.raw_ops.ReadVariableOp(resource=variable.value.handle, dtype=variable.value.dtype)


def write(variable: keras.Variable, value: tf.Tensor) -> None:
    """Give a variable a value of its own shape and dtype."""
    tf.raw_ops.AssignVariableOp(resource=variable.value.handle, value=value)


def sort(values: tf.Tensor) -> tf.Tensor:
    """Sort within an XLA program, where `tf.sort` is ten times as slow (it goes by `top_k`)."""
    return xla.sort(values)


@contextmanager
def random_numbers_by(normal: Callable, dropout: Callable) -> Iterator[None]:
    """While a program is traced, draw normal numbers and dropout masks by these functions.

    All other random ops use threefry: on a CPU, XLA's default generator is about a hundred times
    slower, and outside of XLA threefry does not exist, hence only while tracing.
    """
    default = random_ops_util.get_key_counter_alg

    def key_counter_alg(seed: tf.Tensor, alg: Any) -> tuple:
        return default(seed, "threefry" if alg in (None, "auto_select") else alg)

    with (
        patch.object(random_ops_util, "get_key_counter_alg", key_counter_alg),
        patch.object(tf.random, "stateless_normal", normal),
        patch.object(tf.nn.experimental, "stateless_dropout", dropout),
    ):
        yield


@cache
def compile_once_in_silence() -> None:
    """TensorFlow 2.20 writes two lines at the first compilation of a process, whatever its log level.

    They would stand in every notebook. So something tiny is compiled first, with nobody listening.
    """
    if not tf.__version__.startswith("2.20."):
        return
    sys.stderr.flush()
    ears = os.dup(2)
    with open(os.devnull, "w") as nobody:
        os.dup2(nobody.fileno(), 2)
    try:
        tf.function(lambda: tf.constant(1) + 1, jit_compile=True)()
    finally:
        os.dup2(ears, 2)
        os.close(ears)


@contextmanager
def names_from(key: tuple, model: keras.Model) -> Iterator[None]:
    """While a program is traced, derive all names in it from its key, a plain value.

    TensorFlow numbers functions, and Keras layers, as they are made, and so differently in each
    process. But XLA takes a program from its cache on disk, where there is one as in grading, only
    if it has the same names.
    """
    digest = hashlib.sha256(repr(key).encode()).digest()
    numbers = itertools.count(1 << 60 | int.from_bytes(digest[:5], "big") << 20)
    named = [model.optimizer, *layers_of(model, with_model=True)]
    names = [one.name for one in named]
    for number, one in enumerate(named):
        one.name = f"{type(one).__name__}_{number}"
    try:
        with patch.object(ops, "uid", lambda: next(numbers)):
            yield
    finally:
        for one, name in zip(named, names, strict=True):
            one.name = name


# ------------------------------------------------------------------------------------------ joblib


def joblib_starts_workers() -> bool:
    """Whether joblib uses its own processes, and not a backend named in `parallel_config`."""
    return isinstance(get_active_backend()[0], LokyBackend)


def copies_this_process() -> bool:
    """Whether joblib's workers would be forks of this process, in which TensorFlow has started."""
    return "Multiprocessing" in type(get_active_backend()[0]).__name__


def uses_threads() -> bool:
    """Whether joblib's workers would be threads of this process."""
    return getattr(get_active_backend()[0], "uses_threads", False)


def let_workers_grow() -> None:
    """In a worker: joblib would take the memory of compiled programs for a leak and restart it."""
    process_executor._MAX_MEMORY_LEAK_SIZE = 2**40

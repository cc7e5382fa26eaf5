"""What the checks of the exercises measure: not how an answer is written, but what it computes.

A check builds your model, sends numbers through it, and looks at what each layer receives and
gives, in training and in inference mode; it trains your experiment on data of its own. So it does
not matter how you build a model (Sequential, functional, a subclass), how you train it (``lab``,
``model.fit``, a loop of your own), or whether results are lists, NumPy or pandas.

- ``expect``          says what is wrong, and where to read, unless a condition holds
- ``look_inside``     what each layer of a model receives and gives
- ``normalizations``  which of them normalize batches: where, with what momentum, what is learned
- ``disturbances``    which of them drop values or add noise: where, how much, in which mode
- ``update``          the weights before and after a few updates
- ``table``           results as an array, checked for their shape
- ``separable``, ``flipped``  data by which a check sees what an experiment used them for
- ``arguments_of``    what a function was asked for, seen from outside

Works with the models that ``lab.py`` trains, and with layers of your own: a model's parts are the
Keras layers that it calls.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import lab  # noqa: F401 - sets TensorFlow up

import keras
import numpy as np

Array = np.ndarray

# nbgrader gives no points to a cell that writes to stderr, be it only a warning. TensorFlow's and
# Keras' loggers hold on to the stderr that they found, so of them only errors are let through.
for _name in ("tensorflow", "absl"):
    logging.getLogger(_name).setLevel(logging.ERROR)
if "IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel"):
    sys.stderr = sys.stdout


def expect(condition: Any, message: str, read: str = "") -> None:
    """Do nothing if the condition holds.

    Raises:
        AssertionError: It does not; with the message, and where to read about it.
    """
    if not condition:
        raise AssertionError(message + (f" Read: {read}." if read else ""))


# --------------------------------------------------------------------------- looking inside


@dataclass(frozen=True)
class Part:
    """A layer at work: what it received and what it gave, shape (samples, …, features)."""

    layer: keras.layers.Layer
    received: Array
    given: Array

    @property
    def after_relu(self) -> bool:
        """Whether what it received comes from a ReLU: nothing negative, and much exactly zero."""
        return bool(self.received.min() >= 0 and np.mean(self.received == 0) > 0.05)

    @property
    def features(self) -> int:
        """How many features it received."""
        return self.received.shape[-1]


def look_inside(model: keras.Model, x: Array, training: bool) -> list[Part]:
    """What each layer receives and gives for the inputs ``x``, in the order of work.

    Layers made of other layers are left out, their inner ones are listed. The model is left as it
    was, moving statistics included.
    """
    parts: list[Part] = []
    opened: list[bool] = []  # for each layer at work, whether it called another
    call = keras.layers.Layer.__call__

    def watched(layer: keras.layers.Layer, *arguments: Any, **options: Any) -> Any:
        if opened:
            opened[-1] = True
        opened.append(False)
        given = call(layer, *arguments, **options)
        has_inner = opened.pop()
        received = arguments[0] if arguments else None
        if not has_inner and _is_array(received) and _is_array(given):
            parts.append(Part(layer, np.array(received), np.array(given)))
        return given

    model(np.asarray(x, "float32"), training=False)  # a model may be built by its first call
    with unchanged(model), patch.object(keras.layers.Layer, "__call__", watched):
        model(np.asarray(x, "float32"), training=training)
    return parts


def _is_array(thing: Any) -> bool:
    return hasattr(thing, "shape") and hasattr(thing, "dtype") and len(thing.shape) > 1


@contextmanager
def unchanged(model: keras.layers.Layer) -> Iterator[None]:
    """Give all variables of a model or layer their present values back in the end."""
    before = [variable.numpy() for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in zip(model.variables, before, strict=True):
            variable.assign(value)


def points(count: int, features: int = 2, seed: int = 0) -> Array:
    """Random inputs for looking inside, shape (count, features)."""
    return np.random.default_rng(seed).normal(size=(count, features)).astype("float32")


# ---------------------------------------------------------------------------- normalization


@dataclass(frozen=True)
class Normalization(Part):
    """A layer that gives each feature mean 0 and standard deviation 1 over a batch.

    Attributes:
        momentum: Measured: the weight of the old moving mean after a batch in training mode.
        uses_moving: In inference mode it uses what it saw in training, not the batch at hand.
        scale, center: Whether it learns a factor and an offset for each feature.
    """

    momentum: float
    uses_moving: bool
    scale: bool
    center: bool


def normalizations(model: keras.Model, x: Array) -> list[Normalization]:
    """The layers of a new model that normalize batches, measured with the inputs ``x``."""
    found = []
    inference = {id(part.layer): part for part in look_inside(model, x, training=False)}
    for part in look_inside(model, x, training=True):
        same = part.received.shape == part.given.shape
        if same and _standardizes(part) and not np.allclose(part.received, part.given, atol=0.05):
            found.append(_measure_normalization(part, inference[id(part.layer)]))
    return found


def _standardizes(part: Part) -> bool:
    """Whether features that vary have mean 0 and standard deviation 1 over the batch."""
    axes = tuple(range(part.given.ndim - 1))
    vary = part.received.std(axis=axes) > 0.1  # others are small beside epsilon
    if not vary.any():
        return False
    mean, sd = part.given.mean(axis=axes)[vary], part.given.std(axis=axes)[vary]
    return bool(np.abs(mean).max() < 0.02 and np.abs(sd - 1).max() < 0.1)


def _measure_normalization(part: Part, inference: Part) -> Normalization:
    layer, batch = part.layer, part.received
    axes = tuple(range(batch.ndim - 1))
    with unchanged(layer):
        # A model may call it in training mode always, and a layer of one's own may have one mode.
        alone = np.array(layer(inference.received[:3], training=False))
        moving = np.allclose(alone, inference.given[:3], atol=1e-3)
        layer(3 * batch + 1, training=True)
        old = _moving_mean(layer, batch)
        layer(batch, training=True)
        new = _moving_mean(layer, batch)
        mean = batch.mean(axis=axes)
        far = np.abs(old - mean) > 0.05
        weights = (new - mean)[far] / (old - mean)[far]
        momentum = float(np.median(weights)) if far.any() else float("nan")
        rng = np.random.default_rng(0)
        for variable in layer.trainable_variables:
            variable.assign(rng.uniform(2, 3, variable.shape))
        given = np.array(layer(batch, training=True))
        vary = batch.std(axis=axes) > 0.1
        scale = bool(np.any(given.std(axis=axes)[vary] > 1.5))
        center = bool(np.any(np.abs(given.mean(axis=axes)) > 0.5))
    return Normalization(layer, batch, part.given, momentum, moving, scale, center)


def _moving_mean(layer: keras.layers.Layer, batch: Array) -> Array:
    """The input that a layer takes for the mean in inference mode: where it gives its offset.

    For a new layer the offset is 0.
    """
    at_0, at_1 = (np.array(layer(np.full_like(batch[:1], v), training=False)) for v in (0, 1))
    slope = (at_1 - at_0).reshape(-1, batch.shape[-1])[0]
    with np.errstate(divide="ignore", invalid="ignore"):  # a layer of one's own may not have any
        return -at_0.reshape(-1, batch.shape[-1])[0] / slope


# ------------------------------------------------------------------------- dropout and noise


@dataclass(frozen=True)
class Disturbance(Part):
    """A layer that changes what it receives by chance, in training mode.

    Attributes:
        rate: Measured: the share of values that it sets to 0 (0 if it adds noise).
        factor: What it multiplies the kept values with.
        sd: Measured: the standard deviation of the noise that it adds (0 if it drops).
        at_inference: Whether it does so in inference mode, too.
    """

    rate: float
    factor: float
    sd: float
    at_inference: bool


def disturbances(model: keras.Model, x: Array) -> list[Disturbance]:
    """The layers that drop values or add noise in training mode, measured with the inputs ``x``.

    Take some hundreds of inputs: the rate is as exact as the number of values allows.
    """
    found = []
    inference = {id(part.layer): part for part in look_inside(model, x, training=False)}
    for part in look_inside(model, x, training=True):
        layer, values = part.layer, np.concatenate([part.received] * 2)
        if part.received.shape != part.given.shape:
            continue
        values = np.where(values == 0, 1, values)  # so that what is dropped can be told from 0
        with unchanged(layer):
            first, second = (np.array(layer(values, training=True)) for _ in range(2))
        used = inference[id(layer)]
        at_inference = not np.allclose(used.received, used.given)
        if np.array_equal(first, second):
            continue
        if not at_inference and np.allclose(part.received, part.given):
            continue  # the model never lets it work
        dropped = first == 0
        if dropped.mean() > 0.001:
            factor = float(np.median(first[~dropped] / values[~dropped]))
            found.append(_disturbance(part, float(dropped.mean()), factor, 0.0, at_inference))
        else:
            sd = float((first - values).std())
            found.append(_disturbance(part, 0.0, 1.0, sd, at_inference))
    return found


def _disturbance(part: Part, *measured: Any) -> Disturbance:
    return Disturbance(part.layer, part.received, part.given, *measured)


def is_deterministic(model: keras.Model, x: Array) -> bool:
    """Whether a model gives the same outputs twice in inference mode."""
    x = np.asarray(x, "float32")
    return np.array_equal(np.array(model(x, training=False)), np.array(model(x, training=False)))


# ------------------------------------------------------------------------------------ updates


def update(
    model: keras.Model, x: Array, y: Array, times: int = 1, enlarge: float = 1.0
) -> tuple[list[Array], list[Array]]:
    """The trainable weights before and after some updates with one batch.

    ``enlarge`` multiplies all weights beforehand. The model is left changed: give it a new one.
    """
    model(np.asarray(x[:1], "float32"), training=False)
    for variable in model.trainable_variables:
        variable.assign(enlarge * variable)
    before = [variable.numpy() for variable in model.trainable_variables]
    eagerly, model.run_eagerly = model.run_eagerly, True  # quicker than to compile for a few
    try:
        for _ in range(times):
            model.train_on_batch(x, y)
    finally:
        model.run_eagerly = eagerly
    return before, [variable.numpy() for variable in model.trainable_variables]


def copy_weights(source: keras.Model, target: keras.Model, x: Array) -> None:
    """Give the weights of ``target`` the values of those in ``source`` that have their shape.

    Shapes that occur several times, as those of offsets do, are left out. ``x`` are some inputs.
    """
    for model in (source, target):
        model(np.asarray(x[:1], "float32"), training=False)
    weights = [variable.numpy() for variable in source.trainable_variables]
    for variable in target.trainable_variables:
        same = [weight for weight in weights if weight.shape == tuple(variable.shape)]
        if len(same) == 1:
            variable.assign(same[0])


def of_shape(weights: Sequence[Array], *shape: int) -> Array:
    """The one of some weights that has this shape, such as (2, 50) for a layer's kernel.

    Raises:
        AssertionError: None has, or several have.
    """
    found = [weight for weight in weights if weight.shape == shape]
    shapes = ", ".join(str(weight.shape) for weight in weights)
    expect(len(found) == 1, f"One weight of shape {shape} was expected; there are {shapes}.")
    return found[0]


# ------------------------------------------------------------------------------------ results


def table(values: Any, *shape: int | None, what: str = "The result") -> Array:
    """Results (lists, NumPy, pandas, tensors) as an array of numbers of this shape.

    A last None in ``shape`` stands for any number of columns.

    Raises:
        AssertionError: It has another shape, or holds no numbers.
    """
    expect(values is not None, f"{what} is missing. Does the function return something?")
    rows = values.to_numpy() if hasattr(values, "to_numpy") else values  # pandas iterates names
    try:
        single = np.ndim(rows) == 0
        array = np.asarray(rows if single else [np.asarray(row, float) for row in rows], float)
    except (TypeError, ValueError):
        raise AssertionError(
            f"{what} holds something else than equally long rows of numbers."
        ) from None
    if shape[-1:] == (None,) and array.ndim:
        array = array.reshape(len(array), -1)
        shape = (*shape[:-1], array.shape[-1])
    expect(array.shape == shape, f"{what} has the shape {array.shape}, not {shape}.")
    expect(np.isfinite(array).all(), f"{what} holds values that are NaN or infinite.")
    return array


def different_rows(array: Array) -> bool:
    """Whether no two rows of a table are equal, as they would be for one seed run twice."""
    return len(np.unique(np.asarray(array), axis=0)) == len(array)


Split = tuple[Array, Array]


def flipped(data: tuple[Split, Split]) -> tuple[Split, Split]:
    """The same data with all test labels wrong: 0 for 1, 1 for 0.

    An experiment that trains on the training data alone learns as before, and then answers nearly
    every test point wrongly.
    """
    train, (x, y) = data
    return train, (x, 1 - y)


@contextmanager
def arguments_of(name: str, namespace: dict[str, Any]) -> Iterator[list]:
    """While this lasts, list the first argument of every call of the function called ``name``.

    Calls in other processes are not seen.
    """
    function, seen = namespace[name], []

    def watched(*arguments: Any, **options: Any) -> Any:
        seen.append([*arguments, *options.values(), None][0])
        return function(*arguments, **options)

    namespace[name] = watched
    try:
        yield seen
    finally:
        namespace[name] = function


def separable(train: int, test: int, seed: int = 0) -> tuple[Split, Split]:
    """Two classes that any network learns in some epochs: a point's class is on which side it is."""
    x = points(train + test, seed=seed)
    x[:, 0] += np.where(x[:, 0] > 0, 1, -1)
    y = (x[:, 0] > 0).astype(int)
    return (x[:train], y[:train]), (x[train:], y[train:])

"""What the checks of the exercises measure: not how an answer is written, but what it computes.

A check builds your model, sends numbers through it, and looks at what each layer receives and
gives, in training and in inference mode; it runs your experiment on data of its own. So it does
not matter how you build a model (Sequential, functional, a subclass), how you train it (``lab``,
``model.fit``, a loop of your own), or whether results are lists, NumPy or pandas. Layers of your
own are looked at like Keras': a model's parts are the layers that it calls.
"""

from __future__ import annotations

import inspect
import logging
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import lab  # sets TensorFlow up

import joblib
import keras
import numpy as np
import tensorflow as tf

Array = np.ndarray
Split = tuple[Array, Array]
Data = tuple[Split, Split] | Callable[[int], tuple[Split, Split]]

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
        named = [value for value in options.values() if hasattr(value, "shape")]
        received = (*arguments, *named, None)[0]
        shapes = [getattr(thing, "shape", ()) for thing in (received, given)]
        if not has_inner and min(map(len, shapes)) > 1:
            parts.append(Part(layer, np.array(received), np.array(given)))
        return given

    model(np.asarray(x, "float32"), training=False)  # a model may be built by its first call
    with unchanged(model), patch.object(keras.layers.Layer, "__call__", watched):
        model(np.asarray(x, "float32"), training=training)
    return parts


@contextmanager
def unchanged(model: keras.layers.Layer) -> Iterator[None]:
    """Give all present variables of a model or layer their values back in the end."""
    before = [(variable, variable.numpy()) for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)


def points(count: int, features: int = 2, seed: int = 0) -> Array:
    """Random inputs for looking inside, shape (count, features)."""
    return np.random.default_rng(seed).normal(size=(count, features)).astype("float32")


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
            found.append(_measure_normalization(part, inference.get(id(part.layer))))
    return found


def _standardizes(part: Part) -> bool:
    """Whether features that vary have mean 0 and standard deviation 1 over the batch."""
    axes = tuple(range(part.given.ndim - 1))
    vary = part.received.std(axis=axes) > 0.1  # others are small beside epsilon
    mean, sd = part.given.mean(axis=axes)[vary], part.given.std(axis=axes)[vary]
    return bool(vary.any() and np.abs(mean).max() < 0.02 and np.abs(sd - 1).max() < 0.1)


def _measure_normalization(part: Part, inference: Part | None) -> Normalization:
    layer, batch = part.layer, part.received
    axes = tuple(range(batch.ndim - 1))
    with unchanged(layer):
        moving = False
        # A model may call it in training only, or in training mode always. One's own may have one.
        if inference:
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
        used = inference.get(id(layer))  # a model may call it in training only
        at_inference = used is not None and not np.allclose(used.received, used.given)
        idle = not at_inference and np.allclose(part.received, part.given)
        if idle or np.array_equal(first, second):  # the model never lets it work, or no chance
            continue
        dropped = first == 0
        if dropped.mean() > 0.001:
            factor = float(np.median(first[~dropped] / values[~dropped]))
            measured = float(dropped.mean()), factor, 0.0
        else:
            measured = 0.0, 1.0, float((first - values).std())
        found.append(Disturbance(layer, part.received, part.given, *measured, at_inference))
    return found


def is_deterministic(model: keras.Model, x: Array) -> bool:
    """Whether a model gives the same outputs twice in inference mode."""
    x = np.asarray(x, "float32")
    return np.array_equal(np.array(model(x, training=False)), np.array(model(x, training=False)))


def expect_example(
    model: keras.Model,
    train: Split,
    optimizer: keras.optimizers.Optimizer,
    *,
    units: int = 500,
    vectors: Sequence[int] = (1,),
    limit: float = (6 / 502) ** 0.5,
    read: str = "",
) -> None:
    """Hold a new network with one hidden layer against what was asked for; name what differs first.

    Args:
        model: Two inputs, one output, compiled. It is left changed: give it a new one.
        train: Inputs and labels for three updates.
        optimizer: The one that it should have, unused.
        units: How many hidden units there should be, with a ReLU.
        vectors: How many numbers for each hidden unit it may learn beside its weights.
        limit: How far these reach at first; by default, as Keras draws them for 500 units.
        read: Where to read about it.

    Raises:
        AssertionError: Something differs.
    """
    x, y = np.asarray(train[0], "float32"), np.asarray(train[1])
    outputs = np.asarray(model(1000 * x, training=False))
    expect(outputs.shape == (len(x), 1), f"{len(x)} points got outputs of shape {outputs.shape}.")
    low, high = outputs.min(), outputs.max()
    sigmoid = f"Outputs go from {low:.3g} to {high:.3g}. A sigmoid gives probabilities."
    expect(low >= 0 and high <= 1, sigmoid, read)
    expect(is_deterministic(model, x), "Asked twice, the network in use gives two answers.", read)
    last = [part for part in look_inside(model, x, training=False) if part.features == units][-1:]
    expect(last, f"No layer receives {units} values. How many hidden units are there?", read)
    relu = f"The output unit receives {last[0].received.min():.2f} and more, and hardly any 0."
    expect(last[0].after_relu, relu + " Do the hidden units have their ReLU?", read)
    weights = [variable.numpy() for variable in model.trainable_variables]
    kernel, out = of_shape(weights, 2, units), of_shape(weights, units, 1)
    alike = "All first weights of a layer are the same. So its units learn the same, or nothing."
    expect(np.ptp(kernel) > 0 and np.ptp(out) > 0, alike, read)
    reach, even = np.abs(kernel).max(), abs(kernel.std() * 3**0.5 / limit - 1) < 0.2
    drawn = f"The hidden units' first weights reach to ±{reach:.2f}, not evenly to ±{limit:.2f}."
    expect(even and 0.84 < reach / limit < 1.001, drawn + " How are they drawn?", read)
    learned = sum(weight.shape == (units,) for weight in weights)
    bias = f"It learns {learned} numbers for each hidden unit beside its weights, not {vectors[0]}."
    expect(learned in vectors, bias + " Is a bias missing, or something too much?", read)
    expect(model.optimizer, "The model is not compiled.", read)
    (first, second, *_), (one, two, *_) = steps = _steps(model.optimizer), _steps(optimizer)
    steep = f"Where the slope is 1, the optimizer's steps are {first:.4g} and {second:.4g}, those "
    steep += f"of the one asked for {one:.4g} and {two:.4g}. Which one is it, at which rate?"
    expect(np.allclose(*steps, rtol=1e-3, atol=1e-7), steep, read)
    told = np.array([[0.9], [0.4]])  # what the true class gets
    loss = float(model.compute_loss(None, np.ones((2, 1)), told, training=False))
    entropy = -np.log(told).mean()
    other = f"Where true classes get 0.9 and 0.4, the loss is {loss:.3f}, not the cross-entropy "
    other += f"of {entropy:.3f}. Is it another loss, or is there a penalty?"
    expect(abs(loss - entropy) < 1e-3, other, read)
    learns = "Three updates change the weights in another way than its optimizer and loss do."
    expect(_learns_as(optimizer, model, x, y), learns, read)


def _steps(optimizer: keras.optimizers.Optimizer) -> list[float]:
    """How far an optimizer like this one moves a weight, for some slopes of the loss."""
    optimizer = type(optimizer).from_config(optimizer.get_config())
    weight, places = keras.Variable(np.zeros(1, "float32")), [0.0]
    for slope in (1.0, 1.0, -2.0, 0.5):
        optimizer.apply([keras.ops.convert_to_tensor([slope])], [weight])
        places.append(float(weight.numpy()[0]))
    return [float(step) for step in -np.diff(places)]


def _learns_as(optimizer: Any, model: keras.Model, x: Array, y: Array) -> bool:
    """Whether three updates of a model are those that this optimizer makes by the cross-entropy."""
    before = [(variable, variable.numpy()) for variable in model.variables]
    _, found = update(model, x, y, times=3)
    for variable, value in before:  # seeds of random layers, too: the same chance once more
        variable.assign(value)
        variable.constraint = None
    optimizer.build(model.trainable_variables)
    for _ in range(3):
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            error = keras.ops.mean(keras.losses.binary_crossentropy(y.reshape(-1, 1), outputs))
        slopes = tape.gradient(error, model.trainable_variables)
        optimizer.apply(slopes, model.trainable_variables)
    pairs = zip(found, model.trainable_variables, strict=True)
    return all(np.allclose(one, variable.numpy(), atol=1e-4) for one, variable in pairs)


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
    model.run_eagerly = True  # quicker than to compile for a few
    for _ in range(times):
        model.train_on_batch(x, y)
    return before, [variable.numpy() for variable in model.trainable_variables]


def of_shape(weights: Sequence[Array], *shape: int) -> Array:
    """The one of some weights that has this shape, such as (2, 50) for a layer's kernel.

    Raises:
        AssertionError: None has, or several have.
    """
    found = [weight for weight in weights if weight.shape == shape]
    shapes = ", ".join(str(weight.shape) for weight in weights)
    expect(len(found) == 1, f"One weight of shape {shape} was expected; there are {shapes}.")
    return found[0]


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


Run = tuple[int, tuple[Split, Split], int, bool]  # seed, data, epochs, whether asked in use
_known: dict[tuple, dict[str, Any]] = {}  # results of runs
_UNKNOWN = """No training on these data, with these seeds and as many epochs, gives that. Do test \
data take part? Does a seed alone fix a run, for all settings? Is each run as long, and on all points?"""


def practice(seed: int = 0) -> tuple[Split, Split]:
    """30 points to train on and 1,960 to test on; a class lies on each side of a line.

    All test labels are wrong: a network that learns gets worse, so its last epoch is not its best.
    """
    x = points(1990, seed=seed) + np.float32(0.3)
    y = (x @ [1.0, 0.5] > 0).astype(int)
    return (x[:30], y[:30]), (x[30:] - np.float32(0.4), 1 - y[30:])


def one_point(seed: int = 0) -> tuple[Split, Split]:
    """500 times the same point to train on, so that it does not matter how batches are shuffled."""
    x, y = np.tile(np.float32([[0.08, -0.06]]), (500, 1)), np.zeros(500, int)
    many, of_class = practice(seed)[1]
    scale = np.geomspace(0.03, 30, len(many), dtype="float32")
    return (x, y), (many * scale[:, None], of_class)


def expect_runs(
    experiment: Callable[[Data, list[int], int], Sequence[Mapping[str, Any]]],
    settings: Sequence[tuple],
    names: dict[str, Any],
    *,
    seeds: Sequence[int],
    epochs: int,
    data: Data = practice,
    optimizer: str = "adam",
    lent: Mapping[str, Callable] | None = None,
    read: str = "",
) -> None:
    """Hold an experiment's runs against those that were asked for, and name the likeliest mistake.

    Meanwhile ``network`` is another function, whose networks leave nothing to chance: what comes
    out follows from setting, seed, data and number of epochs.

    Args:
        experiment: Called with data, seeds and epochs. Gives what came out for each setting: for
            names as in ``_result``, something with one entry for each seed.
        settings: The arguments with which it should call ``network``.
        names: The notebook's global names, ``globals()``.
        seeds, epochs, data: What it is asked for; the data are a pair, or a function of the seed.
        optimizer: That of the networks lent, "adam" or "sgd".
        lent: Right functions in place of others that a check before this one is about, by name.

    Raises:
        AssertionError: It stops with an error, or some run is not what it should be.
    """
    seeds, draw = list(seeds), data if callable(data) else lambda seed: data
    plan, words = [(seed, draw(seed), epochs, True) for seed in seeds], list(map(_words, settings))
    several = np.ptp(plan[0][1][0][0], axis=0).max() > 0

    def build(*setting: Any) -> keras.Model:
        return _without_chance(setting, optimizer, normalized=several)

    def results(setting: tuple, runs: Sequence[Run]) -> list[dict]:
        found = []
        for seed, split, *how in runs:
            arrays = [array.tobytes() for part in split for array in part]
            key = optimizer, _words(setting), seed, *how, *arrays
            if key not in _known:
                _known[key] = _result(lambda: build(*setting), seed, split, *how)
            found.append(_known[key])
        return found

    found, asked = _run_with(build, names, lent or {}, experiment, data, seeds, epochs)
    wrong = [setting for setting in map(_words, asked) if setting not in words]
    expect(not wrong, f"Asked for {words[0]}, it built {', '.join(wrong[:1])}.", read)
    right = [results(setting, plan) for setting in settings]
    for setting, mine, given in zip(settings, right, found, strict=True):
        for name, values in given.items():
            what, shape = f"The {name}", (len(seeds), *np.shape(mine[0][name]))
            if "each epoch" in name:
                columns = table(values, len(seeds), None, what=what).shape[1]
                many = f"{what} has {columns} columns for {epochs} epochs. Is `epochs` used?"
                expect(columns == epochs, many, read)
            told = table(values, *shape, what=what)
            if _close(told, mine, name):
                continue
            why = _other_result(told, right, name)
            for mistake, runs in () if why else _mistakes(seeds, draw, epochs, "each" in name):
                pairs = zip(told, runs, strict=True)
                if all(_close([one], results(setting, [run]), name) for one, run in pairs):
                    why = mistake
                    break
            failed = f"With {_words(setting)} the {name} is not right. {why or _UNKNOWN}"
            expect(False, failed, read)


def _run_with(build: Callable, names: dict, lent: Mapping, ask: Callable, *what: Any) -> tuple:
    """What an experiment gives with another ``network``, and what it asks this for, as far as seen."""
    mine, asked = {name: names[name] for name in ("network", *lent)}, []

    def network(*given: Any, **named: Any) -> keras.Model:
        asked.append(inspect.signature(mine["network"]).bind(*given, **named).args)
        return build(*asked[-1])

    network.__wrapped__ = mine["network"]  # tells lab.sweep the arguments' names, the student's
    try:
        for name, function in {"network": network, **lent}.items():
            names[name] = function
        with joblib.parallel_config("sequential"):
            return ask(*what), asked
    except AssertionError:
        raise
    except Exception as error:
        said = f"The experiment stops with {type(error).__name__}: {error}"
        raise AssertionError(said) from error
    finally:
        for name, function in mine.items():
            names[name] = function


def _words(setting: Sequence) -> str:
    """A setting as text, the same for 0 and 0.0."""
    plain = [s.item() if isinstance(s, np.generic) else s for s in setting]
    told = [float(s) if type(s) is int else s for s in plain]
    return f"network({', '.join(map(repr, told))})"


def _without_chance(setting: tuple, optimizer: str, normalized: bool) -> keras.Model:
    """A network that multiplies its inputs by a factor of its own for each setting.

    If ``normalized``, its answers in training mode are others than in inference mode.
    """
    factor = 0.5 + zlib.crc32(_words(setting).encode()) % 997 / 997
    layers = [keras.layers.BatchNormalization(momentum=0.5)] if normalized else []
    layers += [keras.layers.Rescaling(factor), keras.layers.Dense(500, activation="relu")]
    layers += [keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential([keras.Input((2,)), *layers])
    own = keras.optimizers.SGD(0.01, momentum=0.9) if optimizer == "sgd" else optimizer
    model.compile(own, loss="binary_crossentropy", metrics=["accuracy"])
    return model


def _result(
    build: Callable, seed: int, data: tuple[Split, Split], epochs: int, in_use: bool
) -> dict[str, Any]:
    """One run: all that could be asked of it, by name."""
    seen: dict[str, Any] = {}

    def look(model: keras.Model, _: Any = None) -> dict:
        for name, (x, y) in zip(("training", "test"), data, strict=True):
            with unchanged(model):
                outputs = np.asarray(model(x, training=not in_use))[:, 0]
            right, said = (outputs > 0.5) == y, np.clip(outputs, 1e-7, 1 - 1e-7)
            seen[f"{name} accuracy"], seen[f"{name} outputs"] = right.mean(), outputs
            seen[f"{name} loss"] = -np.log(np.where(y == 1, said, 1 - said)).mean()
            seen[f"share of {name} points in class 1"] = np.mean(outputs > 0.5)
        if len(right) % 70 == 0:
            seen["test accuracy on each 70 points"] = right.reshape(-1, 70).mean(axis=1)
        kernel = of_shape(model.get_weights(), 2, 500)
        seen["norms of the hidden units"] = np.linalg.norm(kernel, axis=0)
        return {}

    if not epochs:
        keras.utils.set_random_seed(seed)
        look(build())
        return seen
    history = lab.repeat(build, data, seeds=[seed], epochs=epochs, measure=look).history
    seen["training accuracy in each epoch"] = history["accuracy"][0]
    seen["test accuracy in each epoch"] = history["val_accuracy"][0]
    seen["training accuracy that Keras reports"] = history["accuracy"][0, -1]
    seen["highest test accuracy of all epochs"] = history["val_accuracy"].max()
    return seen | {"lowest test loss of all epochs": history["val_loss"].min()}


def _close(told: Sequence, runs: list[dict], name: str) -> bool:
    """Whether results agree, but for what rounding may change: two of the 1,960 points."""
    return np.allclose(told, [run[name] for run in runs], rtol=1e-3, atol=1.1e-3)


def _other_result(told: Array, right: list[list[dict]], name: str) -> str:
    """What a result is in place of what it should be, if the runs were as they should be."""
    if len(told) > 1 and np.ptp(told, axis=0).max() == 0:
        return "Two seeds gave the same run. Is the seed used?"
    for runs in right:
        for other, value in runs[0].items():
            if np.shape(value) == told.shape[1:] and _close(told, runs, other):
                ending = " for another setting. Is the order kept?" if other == name else "."
                return f"It is the {other}{ending}"
    return ""


def _mistakes(
    seeds: list[int], draw: Callable, epochs: int, by_epoch: bool
) -> Iterator[tuple[str, list[Run]]]:
    """What an experiment may have done in place of what was asked, the likeliest first."""

    def runs(own: Sequence[int], of_data: Sequence[int] = seeds, **other: Any) -> list[Run]:
        part, how = other.get("part", slice(None)), (other.get("epochs", epochs), True)
        splits = [draw(seed) for seed in of_data]
        changed = [(tuple(a[part] for a in s[0]), s[other.get("tested", 1)]) for s in splits]
        return [(seed, split, *how) for seed, split in zip(own, changed, strict=True)]

    asked = [(*run[:3], False) for run in runs(seeds)]
    yield "The networks were asked in training mode, not in use.", asked
    yield "It was measured on the training points.", runs(seeds, tested=0)
    up, down = ([abs(seed + step) for seed in seeds] for step in (1, -1))
    count, drawn = len(seeds), draw(seeds[0]) is not draw(seeds[0])
    for other in (up, down, [*range(count)], [*range(1, count + 1)], seeds[:1] * count):
        words = f"{other}, not of {seeds}. Which number is the seed of a run?"
        yield f"The runs are those of the seeds {words}", runs(other)
        if drawn:
            yield f"The data are those of the seeds {words}", runs(seeds, other)
            yield f"Runs and data are those of the seeds {words}", runs(other, other)
    half = len(draw(seeds[0])[0][0]) // 2
    for part in (slice(half), slice(half, None), slice(0, None, 2), slice(1, None, 2)):
        yield "The networks were trained on half of the training points.", runs(seeds, part=part)
    lengths = {0, epochs // 5, epochs // 2, epochs - 1, epochs + 1, 2 * epochs, 100, 300, 4000}
    for other in () if by_epoch else sorted(lengths - {epochs}):
        words = f"The networks were trained for {other} epochs, not for {epochs}."
        yield words, runs(seeds, epochs=other)

"""How large the batches of an evaluation may be without changing its result.

Keras evaluates in batches of 32 unless told otherwise. A mean over samples is the same whatever the
batches, so large ones, which are much quicker, give what `model.fit` would give. Everything else
(sums, what is computed of a whole batch, penalties on activities, layers that look across the
batch) keeps the batches that it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.hooks import layers_of

import keras

# Losses and metrics, by their names in lower case, without underscores.
MEANS = """
    accuracy acc binaryaccuracy categoricalaccuracy sparsecategoricalaccuracy
    topkcategoricalaccuracy sparsetopkcategoricalaccuracy
    binarycrossentropy categoricalcrossentropy sparsecategoricalcrossentropy crossentropy ce
    binaryfocalcrossentropy categoricalfocalcrossentropy
    meansquarederror mse meanabsoluteerror mae meanabsolutepercentageerror mape
    meansquaredlogarithmicerror msle huber logcosh logcosherror
    hinge squaredhinge categoricalhinge kldivergence poisson cosinesimilarity
""".split()
ENLARGED = 4096  # samples


@dataclass(frozen=True)
class Loss:
    """One of a model's losses or metrics: its name in plain letters, and two of its settings."""

    kind: str
    reduction: str | None = None
    ignores: int | None = None


def losses_of(model: keras.Model) -> list[Loss]:
    """The losses that a model was compiled with."""
    return list(_named(model.loss))


def _named(things: Any) -> Iterator[Loss]:
    """Losses or metrics, as they are given to `compile` or stand in its configuration."""
    if isinstance(things, dict) and "class_name" in things:
        config = things["config"]
        config = config if isinstance(config, dict) else {}
        yield _loss(things["class_name"], config)
    elif isinstance(things, (dict, list, tuple)):
        for one in things.values() if isinstance(things, dict) else things:
            yield from _named(one)
    elif isinstance(things, str):
        yield _loss(things, {})
    elif things is not None:
        name = getattr(things, "__name__", type(things).__name__)
        yield _loss(name, things.get_config() if hasattr(things, "get_config") else {})


def _loss(name: str, config: dict[str, Any]) -> Loss:
    kind = name.replace("_", "").lower()
    return Loss(kind, config.get("reduction"), config.get("ignore_class"))


def is_mean_over_samples(model: keras.Model) -> bool:
    """Whether a model of Keras' own parts has the same losses and metrics whatever the batches."""
    compiled = model.get_compile_config()
    for one in _named([compiled[name] for name in ("loss", "metrics", "weighted_metrics")]):
        if one.kind not in MEANS or one.ignores is not None:
            return False
        if one.reduction not in (None, "sum_over_batch_size", "mean"):
            return False
    for layer in layers_of(model):
        axes = getattr(layer, "axis", None)
        axes = axes if isinstance(axes, (list, tuple)) else [-1 if axes is None else axes]
        if layer.activity_regularizer is not None or min(axes) < -1 or 0 in axes:
            return False
    return not _asks_for_training(model.get_config())


def _asks_for_training(config: Any) -> bool:
    """Whether a layer of a functional model was called with `training=True`."""
    if isinstance(config, dict):
        return config.get("training") is True or any(map(_asks_for_training, config.values()))
    return isinstance(config, (list, tuple)) and any(map(_asks_for_training, config))


def batch_size_of(model: keras.Model, samples: int, training: int) -> int:
    """The batch size of an evaluation of so many samples, with this one in training."""
    if training >= samples or not is_mean_over_samples(model):
        return training
    most = max(training, ENLARGED)
    least = -(-samples // most)
    # Batches of one size if there are such: a smaller last batch is a second network to XLA.
    equal = [samples // n for n in range(least, 2 * least + 1) if samples % n == 0]
    return (equal or [most])[0]

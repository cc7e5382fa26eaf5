"""When two models can share one compiled program: where only state and some constants differ.

A program is compiled for a model's *structure*: its layers by position, how they are wired, their
settings, loss, metrics and optimizer. State (weights, moving statistics, seeds, the learning rate)
is copied into the program for each run, and the constants listed in `ADJUSTABLE` are inputs of it.
So a grid over rates, noise, penalties, bounds, momenta and learning rates compiles once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from lab.hooks import has_hidden_settings, is_keras, layers_of, learning_rate

import keras
import tensorflow as tf

SUPPORTED_LAYERS = """
    InputLayer Dense Activation ReLU LeakyReLU PReLU ELU Softmax Flatten Reshape Rescaling
    Add Average Concatenate Multiply Subtract BatchNormalization LayerNormalization
    Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D
    GaussianNoise GaussianDropout ActivityRegularization
    Conv1D Conv2D Conv2DTranspose UpSampling2D
    MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D
    LSTM LSTMCell GRU GRUCell SimpleRNN SimpleRNNCell Sequential Functional
""".split()

# Constants that a program takes as inputs.
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


def state_of(model: keras.Model) -> list[keras.Variable]:
    """Everything that training changes: weights, moving statistics, seeds, optimizer state."""
    return [*model.variables, *model.optimizer.variables]


def seeds_of(model: keras.Model) -> list[keras.Variable]:
    """The states of a model's random number generators: its variables that are no weights."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


# -------------------------------------------------------------------------------------- structure


def structure(model: keras.Model) -> tuple | None:
    """Equal for models that can share one program, and the same in every process.

    None for models with code of their own, whose constants cannot be seen from outside, and for
    those that are not built.
    """
    if not (is_keras(model) and model.built) or has_hidden_settings(model):
        return None
    own = adjustable(model)
    found: list[str] | None = [] if own else None  # names of the adjustable constants described
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            described = _described([_as_object(model), model.get_compile_config()], {}, found)
    except (TypeError, ValueError, OSError, NotImplementedError, KeyError):
        return None
    if len(found or []) != len(own):  # a constant that only one of two ways to look for it sees
        return None
    owners = [id(owner) for owner, _ in own]
    place = {id(variable): number for number, variable in enumerate(model.variables)}
    return (
        described,
        tuple(owners.index(owner) for owner in owners),  # says which layers share a constant
        tuple(tuple(place.get(id(v), -1) for v in layer.variables) for layer in layers_of(model)),
        tuple((tuple(v.shape), v.dtype, v.trainable) for v in model.variables),
        (keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()),
    )


def _as_object(model: keras.Model) -> dict[str, Any]:
    kind = type(model)
    return {
        "module": kind.__module__,
        "class_name": kind.__name__,
        "config": model.get_config(),
    }


def _described(config: Any, layers: Mapping[str, int], found: list[str] | None) -> Any:
    """A configuration without names and state, as nested tuples.

    Args:
        config: What Keras' ``get_config`` returns, or a part of it.
        layers: Name of a layer of the model that this is a part of -> its position.
        found: Gets the name of each adjustable constant; None if they are not adjusted.

    Raises:
        TypeError: A part of it is not Keras' own, or not a plain value.
    """
    if isinstance(config, (list, tuple)):
        return tuple(_described(item, layers, found) for item in config)
    if isinstance(config, (str, int, float, type(None))):
        return (type(config).__name__, config)  # the type, too, since True == 1 == 1.0
    if not isinstance(config, Mapping):
        raise TypeError(f"{type(config).__name__} is not a plain value.")
    kind = config.get("class_name")
    if kind is None:
        return _pairs(config, layers, found)
    if kind == "__keras_tensor__":  # what one layer of a functional model receives from another
        name, *rest = config["config"]["keras_history"]
        return ("output of layer", layers[name], *rest)
    if not str(config.get("module")).startswith("keras"):
        raise TypeError(f"{kind} is not part of Keras.")
    if not isinstance(config["config"], Mapping):
        return _pairs(config, layers, found)
    around = {key: value for key, value in config.items() if key != "config"}
    inside, inner = dict(config["config"]), layers
    if kind in SUPPORTED_LAYERS:
        around.pop("name", None)
        for key in [*inside]:
            if key in ("name", "seed") or key.endswith("_initializer"):
                del inside[key]
        if "layers" in inside:  # a model, whose layers are named by their positions in it
            inner = {one["config"]["name"]: place for place, one in enumerate(inside["layers"])}
            for ends in ("input_layers", "output_layers"):
                inside[ends] = _by_position(inside.get(ends), inner)
    elif "learning_rate" in inside:  # an optimizer
        del inside["name"]
        if isinstance(inside["learning_rate"], float):
            del inside["learning_rate"]
    adjusted = []
    if found is not None:
        adjusted = [n for n in ADJUSTABLE.get(kind, ()) if _is_adjustable(n, inside.get(n))]
        found += adjusted
    inside = {key: value for key, value in inside.items() if key not in adjusted}
    constants = tuple(("adjustable", name) for name in adjusted)
    return (_pairs(around, layers, found), _pairs(inside, inner, found), constants)


def _pairs(config: Mapping[str, Any], layers: Mapping[str, int], found: list[str] | None) -> tuple:
    return tuple((str(key), _described(config[key], layers, found)) for key in sorted(config))


def _by_position(ends: Any, layers: Mapping[str, int]) -> Any:
    """Where a functional model begins or ends: (layer, node, tensor), or several of these."""
    if isinstance(ends, (list, tuple)):
        return [_by_position(item, layers) for item in ends]
    return layers[ends] if isinstance(ends, str) else ends


# --------------------------------------------------------------------------- adjustable constants


def _is_adjustable(name: str, value: Any) -> bool:
    special = name in TESTED_BY_KERAS and (value == 0 or (name, value) == ("rate", 1))
    return isinstance(value, (int, float)) and not special


def adjustable(model: keras.Model) -> list[tuple[Any, str]]:
    """The constants in `ADJUSTABLE` of a model: what has them, and their names there.

    None of a model that computes in something else than float32, as these inputs are.
    """
    layers = layers_of(model)
    if any(layer.compute_dtype != "float32" for layer in layers):
        return []
    owners = [learning_rate(model.optimizer)]  # it may be a schedule
    for layer in layers:
        kinds = (keras.regularizers.Regularizer, keras.constraints.Constraint)
        owners += [layer, *(part for part in vars(layer).values() if isinstance(part, kinds))]
    return [
        (owner, name)
        for owner in owners
        if is_keras(owner)
        for name in ADJUSTABLE.get(type(owner).__name__, ())
        if _is_adjustable(name, getattr(owner, name))
    ]


class Adjustable(float):
    """A layer's constant while a program is traced: a number for Keras' own tests, and an input."""

    def __new__(cls, value: float, tensor: tf.Tensor) -> Self:
        """Join the number that a model was built with to the program's input."""
        number = super().__new__(cls, value)
        number.tensor = tensor
        return number


def as_tensor(number: float) -> tf.Tensor:
    """The input of the program that stands for a constant, or the constant itself."""
    return number.tensor if isinstance(number, Adjustable) else tf.constant(number, tf.float32)


@contextmanager
def adjusted_by(own: list[tuple[Any, str]], inputs: list[tf.Tensor]) -> Iterator[None]:
    """While a program is traced, let a model's constants be inputs of it."""
    before = [getattr(owner, name) for owner, name in own]
    for (owner, name), value, tensor in zip(own, before, inputs, strict=True):
        setattr(owner, name, Adjustable(value, tensor) if name in TESTED_BY_KERAS else tensor)
    try:
        yield
    finally:
        for (owner, name), value in zip(own, before, strict=True):
            setattr(owner, name, value)

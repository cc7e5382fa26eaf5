"""The parts of Keras of which the judge builds models.

A configuration that names anything else is not built.
"""

import functools
import types
from typing import Any

from coursekit.grading.sandbox.inside.channel import NotCarried
from coursekit.grading.sandbox.inside.messages import NUMBERS

_LAYERS = """
    Activation Add AlphaDropout Average BatchNormalization Concatenate Dense Dot Dropout ELU
    Flatten GaussianDropout GaussianNoise GroupNormalization Identity InputLayer
    LayerNormalization LeakyReLU Maximum Minimum Multiply Normalization PReLU Permute ReLU
    RepeatVector Rescaling Reshape Softmax SpatialDropout1D Subtract UnitNormalization
""".split()
# Beside these, whatever of the base class is there: none of them calls or reads what a
# configuration names.
_FAMILIES = {
    "constraints": "Constraint",
    "initializers": "Initializer",
    "losses": "Loss",
    "metrics": "Metric",
    "optimizers": "Optimizer",
    "optimizers.schedules": "LearningRateSchedule",
    "regularizers": "Regularizer",
}
_TAKE_FUNCTIONS = """
    AssociativeScan Cond ForiLoop JVP Map Scan Switch Vectorize VectorizedMap WhileLoop
""".split()
_FUNCTIONS = ("activations", "losses", "metrics")
_KEPT = ("name", "inbound_nodes", "shared_object_id", "build_config", "compile_config")


@functools.cache
def approved_classes() -> dict[tuple[str, str], Any]:
    """Classes by the module and the name that a configuration gives them."""
    import keras
    from keras.src import activations, ops
    from keras.src.api_export import get_name_from_symbol
    from keras.src.models.functional import Functional

    found = [getattr(keras.layers, name) for name in _LAYERS if hasattr(keras.layers, name)]
    found += [keras.Sequential, keras.Model, Functional, keras.DTypePolicy]
    for place, base in _FAMILIES.items():
        module = functools.reduce(getattr, place.split("."), keras)
        kind = getattr(module, base)
        found += [
            one for one in vars(module).values() if isinstance(one, type) and issubclass(one, kind)
        ]
    # Steps of a functional model, such as x + y.
    for module in (activations.activations, ops.core, ops.linalg, ops.math, ops.nn, ops.numpy):
        operations = [one for one in vars(module).values() if isinstance(one, type)]
        found += [
            one
            for one in operations
            if issubclass(one, keras.Operation) and one.__module__ == module.__name__
        ]
    table = {}
    for one in found:
        if one.__name__ in _TAKE_FUNCTIONS:
            continue
        *where, name = (get_name_from_symbol(one) or f"{one.__module__}.{one.__name__}").split(".")
        table[".".join(where), name] = one
    return table


@functools.cache
def approved_functions() -> set[str]:
    """Names of functions such as an activation."""
    import keras

    modules = [getattr(keras, name) for name in _FUNCTIONS]
    found = {
        name
        for module in modules
        for name, one in vars(module).items()
        if isinstance(one, types.FunctionType)
    }
    return found - {"get", "serialize", "deserialize"}


def approved(config: Any) -> Any:
    """A configuration from outside, written anew from what is known in it.

    Raises NotCarried where it names anything but approved parts of Keras.
    """
    if isinstance(config, list):
        return [approved(part) for part in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {name: approved(part) for name, part in config.items()}
    name, module, inner = (config.get(key) for key in ("class_name", "module", "config"))
    if name == "__keras_tensor__":
        return {
            "class_name": name,
            "config": {key: _plain(inner[key]) for key in ("shape", "dtype", "keras_history")},
        }
    if name in ("__numpy__", "__tensor__") and inner["dtype"] in NUMBERS:
        return {
            "class_name": name,
            "config": {key: _plain(inner[key]) for key in ("value", "dtype")},
        }
    if name == "__slice__":
        return {
            "class_name": name,
            "config": {key: _plain(inner[key]) for key in ("start", "stop", "step")},
        }
    if name == "__ellipsis__":
        return {"class_name": name, "config": {}}
    if name == "function":
        known = module == "builtins" or module in {f"keras.{one}" for one in _FUNCTIONS}
        if known and inner in approved_functions():
            return {"module": module, "class_name": name, "config": inner, "registered_name": inner}
    elif (module, name) in approved_classes() and isinstance(inner, dict | None):
        public = module == "keras" or not module.startswith("keras.src.")
        new = {"module": module, "class_name": name, "config": approved(inner)}
        kept = {key: approved(config[key]) for key in _KEPT if key in config}
        return new | kept | {"registered_name": None if public else name}
    raise NotCarried(
        f"{name if name != 'function' else inner} is no part of Keras that is known here"
    )


def _plain(value: Any) -> Any:
    """A value of numbers and texts only. Raises NotCarried."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        raise NotCarried("a configuration of an unknown form")
    return value

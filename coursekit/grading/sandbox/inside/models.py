"""Models, which travel as configuration and weights."""

import json
from typing import Any

from coursekit.grading.sandbox.inside.channel import NotCarried

_KEPT_FROM_JUDGE = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}


def models_in(things: Any) -> list[Any]:
    """The models among some arguments, wherever in lists, tuples and dictionaries."""
    import keras

    if isinstance(things, keras.layers.Layer):
        return [things]
    if isinstance(things, dict):
        things = list(things.values())
    if isinstance(things, list | tuple):
        return [model for thing in things for model in models_in(thing)]
    return []


def state_of(model: Any) -> list:
    """All numbers of a model: its weights, moving statistics and seeds."""
    import numpy as np

    return [np.array(variable) for variable in model.variables]


def with_state(model: Any, state: list) -> Any:
    """The same model, with other numbers."""
    set_state(model, state)
    return model


def set_state(model: Any, state: list) -> None:
    """Give a model these numbers. Raises NotCarried where it has not so many, or of other shapes."""
    import numpy as np

    variables = model.variables
    if not variables or not state:  # not built yet on one side
        if len(variables) == len(state):
            return
        raise NotCarried("a model without weights as yet")
    if [tuple(v.shape) for v in variables] != [np.shape(value) for value in state]:
        raise NotCarried("a model with other weights than its configuration gives")
    for variable, value in zip(variables, state, strict=True):
        if not np.array_equal(np.array(variable), value, equal_nan=value.dtype.kind == "f"):
            variable.assign(value)


def configuration(model: Any, to_player: bool) -> str:
    """A model as JSON. Raises NotCarried for one with parts that the judge could not build, unless it goes to the player."""
    import keras

    try:
        config = keras.saving.serialize_keras_object(model)
        text = json.dumps(config)
    except Exception as error:
        raise NotCarried(f"{type(model).__name__} is no layer of Keras' own") from error
    if not to_player:
        _check_configuration(json.loads(text))
    return text


def _check_configuration(config: Any) -> None:
    """Raise NotCarried for a configuration that holds anything but Keras' own parts."""
    if isinstance(config, list):
        for part in config:
            _check_configuration(part)
    elif isinstance(config, dict):
        if "class_name" in config:
            module = str(config.get("module", ""))
            name = str(config["class_name"])
            known = module == "keras" or module.startswith("keras.")
            known = known or name in ("__tuple__", "__numpy__", "__tensor__", "__keras_tensor__")
            if not known or name in _KEPT_FROM_JUDGE or name.startswith("__lambda"):
                raise NotCarried(f"{name} is no layer, loss or function of Keras' own")
        for part in config.values():
            _check_configuration(part)


def built(config: str, safe: bool) -> Any:
    """A model from JSON; ``safe`` allows Keras' own parts only. Raises NotCarried."""
    import keras

    try:
        read = json.loads(config)
        if safe:
            _check_configuration(read)
        return keras.saving.deserialize_keras_object(read, safe_mode=safe)
    except NotCarried:
        raise
    except Exception as error:
        first = str(error).strip().split("\n")[0][:200]
        raise NotCarried(f"a model that cannot be built from its configuration: {first}") from error

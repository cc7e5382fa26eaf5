"""Models of Keras' own parts: they travel as configuration and weights."""

import json
from typing import Any

from coursekit.grading.sandbox.inside.approved import approved
from coursekit.grading.sandbox.inside.channel import Gone, NotCarried

# By which a model trains and judges itself.
METHODS = """
    compute_loss evaluate fit predict predict_on_batch test_on_batch train_on_batch
""".split()


WHOLE = -1  # the place of a model of the student's own, beside those of its layers


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


def tensors(things: Any) -> Any:
    """The same with tensors in place of arrays."""
    import keras

    return keras.tree.map_structure(
        lambda one: keras.ops.convert_to_tensor(one) if hasattr(one, "shape") else one, things
    )


def state_of(model: Any) -> list:
    """All numbers of a model: its weights, moving statistics and seeds."""
    import numpy as np

    return [np.array(variable.numpy()) for variable in model.variables]


def set_state(model: Any, state: list) -> None:
    """Give a model these numbers.

    Raises NotCarried where it has not so many, or of other shapes, and Gone where they are no
    numbers.
    """
    import numpy as np

    variables = model.variables
    if not isinstance(state, list) or not all(isinstance(one, np.ndarray) for one in state):
        raise Gone("a model's numbers are none")
    if not variables or not state:  # not built yet on one side
        if len(variables) == len(state):
            return
        raise NotCarried("a model without weights as yet")
    if [tuple(v.shape) for v in variables] != [value.shape for value in state]:
        raise NotCarried("a model with other weights than its configuration gives")
    for variable, value in zip(variables, state, strict=True):
        if not np.array_equal(variable.numpy(), value, equal_nan=value.dtype.kind == "f"):
            variable.assign(value)


def configuration(model: Any) -> str:
    """A model as JSON. Raises NotCarried for one that cannot be told so."""
    import keras

    try:
        return json.dumps(keras.saving.serialize_keras_object(model))
    except Exception as error:
        raise NotCarried(f"{type(model).__name__} is no layer of Keras' own") from error


def built(config: str, trusted: bool, kind: Any = None) -> Any:
    """A model, or an object of another ``kind``, from JSON; if not ``trusted``, of approved parts
    only. Raises NotCarried.
    """
    import keras

    try:
        read = json.loads(config)
        if not trusted:
            read = approved(read)
        model = keras.saving.deserialize_keras_object(read, safe_mode=not trusted)
    except NotCarried:
        raise
    except Exception as error:
        first = str(error).strip().split("\n")[0][:200]
        raise NotCarried(f"a model that cannot be built from its configuration: {first}") from error
    if not isinstance(model, kind or keras.layers.Layer):
        raise NotCarried("another kind of thing than was told")
    return model

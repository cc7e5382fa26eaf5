"""In the player: models with parts of the student's own, described for the judge and run for it.

The judge cannot build such a model, for it runs no line of the submission. It gets to know which
layers the model has and what numbers, and asks for what the model computes. While the model works
for the judge, the layers that it calls are the judge's: those of Keras' own are computed there,
those of the student's own here, on what the judge hands back.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common.global_state import get_global_attribute

from coursekit.grading.sandbox.inside.approved import approved
from coursekit.grading.sandbox.inside.chance import chance_now, set_chance
from coursekit.grading.sandbox.inside.channel import NotCarried
from coursekit.grading.sandbox.inside.models import (
    METHODS,
    WHOLE,
    built,
    configuration,
    set_state,
    state_of,
    tensors,
)

_CALL = keras.layers.Layer.__call__
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType)
_TAPES = 8  # computations whose slopes may still be asked for


def told(model: Any) -> str:
    """A model's configuration. Raises NotCarried for one with parts that are not Keras' own, and
    for one of which its configuration does not tell enough to build it.
    """
    text = configuration(model)
    approved(json.loads(text))
    compiled = getattr(getattr(model, "_compile_config", None), "config", None) or {}
    given = [compiled.get(name) for name in ("optimizer", "loss", "metrics")]
    for part in [*model._flatten_layers(), *keras.tree.flatten(given)]:
        held = getattr(part, "__dict__", {})
        for name, one in [("", part), *held.items()]:
            # A name tells nothing of a function: the student's own may be called as one of Keras',
            # and TensorFlow's have other defaults.
            if isinstance(one, _FUNCTIONS) and not _is_keras(one) and not name.startswith("_"):
                raise NotCarried(f"{getattr(one, '__name__', name)} is the student's own")
    chance = chance_now()  # of which initial weights take their share
    try:
        set_state(built(text, trusted=False), state_of(model))
    finally:
        set_chance(chance)
    return text


def _is_keras(function: Any) -> bool:
    return (getattr(function, "__module__", None) or "").split(".")[0] == "keras"


class OwnParts:
    """The models of the student's own that the judge knows, by number."""

    def __init__(self, request: Callable):
        self.request = request
        self.parts: dict[int, list] = {}
        self.tapes: deque[tuple] = deque(maxlen=_TAPES)

    def describe(self, number: int, model: Any, finished: bool = False) -> dict:
        """What the judge must know of a model: its layers and its numbers.

        Of one with layers that are not built yet there is nothing to tell, unless it is
        ``finished``: then it does not call these.
        """
        found = list(dict(_parts(model)).items())
        self.parts[number] = [layer for layer, _ in found]
        if not finished and not all(one.built for one in (model, *self.parts[number])):
            return {"built": False}
        places = {id(v): place for place, v in enumerate(model.variables)}
        weights = {id(v) for v in model.weights}
        return {
            "built": True,
            "optimizer": _optimizer(model),
            "parts": [(text, [places[id(v)] for v in layer.variables]) for layer, text in found],
            "variables": [
                (tuple(v.shape), v.dtype, bool(v.trainable), id(v) in weights)
                for v in model.variables
            ],
        }

    # ----- what the judge asks for

    def build(self, number: int, model: Any, inputs: Any) -> tuple:
        """Build a model by its first call; give its description and numbers."""
        model(tensors(inputs), training=False)
        if not all(one.built for one, _ in _parts(model)):  # some may work in training only
            before = [(variable, variable.numpy()) for variable in model.variables]
            model(tensors(inputs), training=True)
            for variable, value in before:
                variable.assign(value)
        return self.describe(number, model, finished=True), state_of(model)

    def call(
        self,
        number: int,
        model: Any,
        place: int,
        given: tuple,
        named: dict,
        training: bool | None,
        state: list,
    ) -> tuple:
        """What a model gives, or one of its layers; those that it calls are the judge's meanwhile."""
        whole = place == WHOLE
        layer = model if whole else self.parts[number][place]
        set_state(layer, state)
        known = {id(one): n for n, one in enumerate(self.parts[number])}

        def at_the_judge(called: Any, *given: Any, **named: Any) -> Any:
            if id(called) not in known or not _are_numbers((given, named)):
                return _CALL(called, *given, **named)
            mode = named.pop("training", None)
            if mode is None and (context := get_global_attribute("current_call_ctx")):
                mode = context.get_value("training")
            # Keras names a mask where there is none.
            named = {name: one for name, one in named.items() if one is not None}
            return tensors(self.request("inner", known[id(called)], given, named, mode))

        given, named = tensors(given), tensors(named) | _mode(training)
        with patch.object(keras.layers.Layer, "__call__", at_the_judge):
            # Of a layer only what Keras does was asked for: a call of its own class came before.
            outputs = model(*given, **named) if whole else _CALL(layer, *given, **named)
        return outputs, state_of(layer)

    def alone(self, model: Any, inputs: Any, training: bool | None, state: list) -> tuple:
        """What a model gives by itself, with a number by which to ask for its slopes."""
        set_state(model, state)
        inputs = tensors(inputs)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(inputs)
            outputs = model(inputs, **_mode(training))
        sources = [inputs, *(variable.value for variable in model.trainable_variables)]
        self.tapes.append((tape, outputs, sources))
        return outputs, id(tape), state_of(model)

    def slopes(self, number: int, upstream: Any) -> list:
        """The slopes of what depends on some outputs, by the inputs and all that is learned."""
        tape, outputs, sources = next(one for one in self.tapes if id(one[0]) == number)
        none = tf.UnconnectedGradients.ZERO
        upstream = tf.convert_to_tensor(upstream, outputs.dtype)
        return tape.gradient(outputs, sources, upstream, unconnected_gradients=none)

    def method(self, model: Any, name: str, given: tuple, named: dict, state: list) -> tuple:
        """What one of the model's methods gives."""
        if name not in METHODS:
            raise PermissionError(f"{name} cannot be asked for")
        set_state(model, state)
        if name.endswith("_on_batch"):
            model.run_eagerly = True  # quicker than to compile for a few
        return getattr(model, name)(*given, **named), state_of(model)


def _parts(model: Any) -> Iterator[tuple[Any, str]]:
    """A model's layers with their configurations: of Keras' own, which the judge builds with all
    that is in them, and of the student's own, with an empty text, and all that is in these.
    """
    for layer in model._layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        try:
            text = told(layer)
        except NotCarried:
            text = ""
        yield layer, text
        if not text:
            yield from _parts(layer)


def _optimizer(model: Any) -> str | None:
    """Its configuration, empty for one that is not Keras' own; None where the model is not
    compiled.
    """
    if getattr(model, "optimizer", None) is None:
        return None
    try:
        text = json.dumps(keras.saving.serialize_keras_object(model.optimizer))
        approved(json.loads(text))
        return text
    except Exception:
        return ""


def _are_numbers(given: Any) -> bool:
    """Whether there are arrays among some arguments, and none that only stand for such."""
    arrays = [one for one in keras.tree.flatten(given) if hasattr(one, "shape")]
    return bool(arrays) and all(hasattr(a, "numpy") or isinstance(a, np.ndarray) for a in arrays)


def _mode(training: bool | None) -> dict:
    return {} if training is None else {"training": training}

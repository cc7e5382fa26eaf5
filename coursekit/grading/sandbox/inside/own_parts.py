"""In the player: models with parts of the student's own, described for the judge and run for it.

The judge cannot build such a model, for it runs no line of the submission. It gets to know which
layers the model calls and what numbers it has, and asks for what the model computes. While the
model works for the judge, the layers that it calls are the judge's: those of Keras' own are
computed there, those of the student's own here, on what the judge hands back.
"""

import json
from collections import deque
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any
from unittest.mock import patch

import keras
import tensorflow as tf
from keras.src.backend.common.global_state import get_global_attribute

from coursekit.grading.sandbox.inside.approved import approved
from coursekit.grading.sandbox.inside.channel import NotCarried
from coursekit.grading.sandbox.inside.models import METHODS, configuration, set_state, state_of

_CALL = keras.layers.Layer.__call__
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType)
_TAPES = 8  # computations whose slopes may still be asked for


def told(model: Any) -> str:
    """A model's configuration. Raises NotCarried for one with parts that are not Keras' own."""
    text = configuration(model)
    approved(json.loads(text))
    compiled = getattr(getattr(model, "_compile_config", None), "config", None) or {}
    given = [compiled.get(name) for name in ("optimizer", "loss", "metrics")]
    for part in [*model._flatten_layers(), *keras.tree.flatten(given)]:
        held = getattr(part, "__dict__", {})
        for name, one in [("", part), *held.items()]:
            # A name tells nothing of a function: the student's own may be called as one of Keras'.
            if isinstance(one, _FUNCTIONS) and not _is_keras(one) and not name.startswith("_"):
                raise NotCarried(f"{getattr(one, '__name__', name)} is the student's own")
    return text


def _is_keras(function: Any) -> bool:
    module = getattr(function, "__module__", None) or ""
    return module.split(".")[0] in ("keras", "tensorflow")


class OwnParts:
    """The models of the student's own that the judge knows, by number."""

    def __init__(self, request: Callable):
        self.request = request
        self.leaves: dict[int, list] = {}
        self.tapes: deque[tuple] = deque(maxlen=_TAPES)

    def describe(self, number: int, model: Any) -> dict:
        """What the judge must know of a model: which layers of no layers it calls, and what numbers
        it has.
        """
        leaves = [
            one
            for one in dict.fromkeys(model._flatten_layers(include_self=False))
            if not one._layers and not isinstance(one, keras.layers.InputLayer)
        ]
        self.leaves[number] = leaves
        if not (model.built and all(one.built for one in leaves)):
            return {"built": False}
        places = {
            id(v): (n, m) for n, one in enumerate(leaves) for m, v in enumerate(one.variables)
        }
        weights = {id(v) for v in model.weights}
        return {
            "built": True,
            "policy": model.dtype_policy.name,
            "optimizer": self._optimizer(model),
            "leaves": [(type(one).__name__, self._leaf(one)) for one in leaves],
            "variables": [
                (
                    *places.get(id(v), (-1, -1)),
                    tuple(v.shape),
                    v.dtype,
                    bool(v.trainable),
                    id(v) in weights,
                )
                for v in model.variables
            ],
        }

    def _leaf(self, layer: Any) -> str:
        try:
            return told(layer)
        except NotCarried:
            return ""

    def _optimizer(self, model: Any) -> str | None:
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

    # ----- what the judge asks for

    def build(self, number: int, model: Any, inputs: Any) -> tuple:
        """Build a model by its first call; give its description and numbers."""
        model(_tensors(inputs), training=False)
        return self.describe(number, model), state_of(model)

    def call(
        self, number: int, model: Any, inputs: Any, training: bool | None, state: list
    ) -> tuple:
        """What a model gives; the layers that it calls are the judge's meanwhile."""
        set_state(model, state)
        known = {id(one): n for n, one in enumerate(self.leaves[number])}

        def at_the_judge(layer: Any, *given: Any, **named: Any) -> Any:
            if id(layer) not in known or set(named) - {"training"} or not _is_eager(given):
                return _CALL(layer, *given, **named)
            chosen = named.get("training")
            if chosen is None and (context := get_global_attribute("current_call_ctx")):
                chosen = context.get_value("training")
            return _tensors(self.request("inner", known[id(layer)], given, chosen))

        with patch.object(keras.layers.Layer, "__call__", at_the_judge):
            outputs = model(_tensors(inputs), **_mode(training))
        return outputs, state_of(model)

    def leaf(
        self, number: int, place: int, given: tuple, training: bool | None, state: list
    ) -> tuple:
        """What a layer of the student's own gives, one that calls no other."""
        layer = self.leaves[number][place]
        set_state(layer, state)
        return _CALL(layer, *_tensors(given), **_mode(training)), state_of(layer)

    def alone(self, model: Any, inputs: Any, training: bool | None, state: list) -> tuple:
        """What a model gives by itself, with a number by which to ask for its slopes."""
        set_state(model, state)
        inputs = _tensors(inputs)
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


def _is_eager(given: tuple) -> bool:
    flat = keras.tree.flatten(given)
    return bool(flat) and all(hasattr(one, "numpy") for one in flat)


def _tensors(things: Any) -> Any:
    return keras.tree.map_structure(tf.convert_to_tensor, things)


def _mode(training: bool | None) -> dict:
    return {} if training is None else {"training": training}

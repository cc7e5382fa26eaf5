"""In the judge: what stands for models with parts of the student's own (see ``own_parts``).

Such a model is a model here, too, with the same numbers and the same layers. What it computes is
asked for, and so is how it trains. A check cannot tell it from others, and what it measures are
numbers that the model gave for the check's own inputs.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record

from coursekit.grading.sandbox.inside.channel import Gone, NotCarried
from coursekit.grading.sandbox.inside.messages import NUMBERS
from coursekit.grading.sandbox.inside.models import (
    METHODS,
    WHOLE,
    built,
    set_state,
    state_of,
    tensors,
)

LARGEST = 10**8  # numbers of a model


class _Held:
    """What a model and a layer of the student's own have in common: numbers that are given."""

    _all: tuple = ()
    _weights: tuple = ()  # the same without seeds

    def hold(self, variables: list, are_weights: list[bool]) -> None:
        """Have these numbers."""
        self._all = tuple(variables)
        pairs = zip(variables, are_weights, strict=True)
        self._weights = tuple(variable for variable, weighs in pairs if weighs)

    @property
    def variables(self) -> list:
        """All numbers, in the order that they have there."""
        return list(self._all)

    @property
    def weights(self) -> list:
        """The same without seeds."""
        return list(self._weights)

    @property
    def trainable_variables(self) -> list:
        """What is learned."""
        return [one for one in self._all if one.trainable]

    @property
    def non_trainable_variables(self) -> list:
        """What is not."""
        return [one for one in self._all if not one.trainable]

    @property
    def trainable_weights(self) -> list:
        """What is learned."""
        return [one for one in self._weights if one.trainable]

    @property
    def non_trainable_weights(self) -> list:
        """What is not, without seeds."""
        return [one for one in self._weights if not one.trainable]


class OwnLayer(_Held, keras.layers.Layer):
    """A layer of the student's own, which may call others."""

    def __init__(self, run: Callable):
        super().__init__()
        self._run = run
        self.built = True

    def call(self, *given: Any, training: bool | None = None, **named: Any) -> Any:
        """What it gives there."""
        return self._run(self, given, named, training)


class Own(_Held, keras.Model):
    """A model with parts of the student's own."""

    def __init__(self, peer: Any, number: int):
        super().__init__()
        self._peer, self._number = peer, number
        self._known = False
        self._optimizer_text: str | None = None
        self.parts: list = []
        self.built = True

    def tell(self, description: dict) -> None:
        """Get to know what the model is made of.

        Raises Gone for what makes no sense, NotCarried for what cannot be had.
        """
        if not description["built"]:
            return
        self._known = True
        parts, numbers = description["parts"], description["variables"]
        size = sum(int(np.prod(shape, dtype=float)) for shape, *_ in numbers)
        if size > LARGEST or not all(dtype in NUMBERS for _, dtype, *_ in numbers):
            raise NotCarried("a model of too many numbers")
        ready: dict[int, Any] = {}
        made = [built(text, trusted=False) if text else None for text, _ in parts]
        for layer, (text, places) in zip(made, parts, strict=True):
            if text:
                ready |= dict(zip(places, layer.variables, strict=True))
        for place, (shape, dtype, trainable, _) in enumerate(numbers):
            if place not in ready:
                zeros = np.zeros(shape, dtype)
                ready[place] = keras.Variable(zeros, dtype=dtype, trainable=bool(trainable))
        weighs = [bool(weighs) for *_, weighs in numbers]
        for number, (text, places) in enumerate(parts):
            if not text:
                made[number] = OwnLayer(functools.partial(self._run, number))
                made[number].hold([ready[p] for p in places], [weighs[p] for p in places])
        self.parts = made
        self.hold([ready[place] for place in range(len(numbers))], weighs)
        self._optimizer_text = description["optimizer"]

    @property
    def optimizer(self) -> Any:
        """An optimizer like the model's; None if it is not compiled. Raises NotCarried for one of
        the student's own.
        """
        if self._optimizer_text is None:
            return None
        if not self._optimizer_text:
            raise NotCarried("an optimizer of the student's own")
        return built(self._optimizer_text, trusted=False, kind=keras.Optimizer)

    # ----- what it does

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """What it gives there, by way of the layers here; by itself where slopes are wanted."""
        _need_numbers(inputs)
        if not self._known:
            description, state = self._ask("build", inputs)
            self.tell(description)
            set_state(self, state)
        if record.could_possibly_record():
            return self._with_slopes(inputs, training)
        return self._run(WHOLE, self, (inputs,), {}, training)

    def _run(self, place: int, held: Any, given: tuple, named: dict, training: bool | None) -> Any:
        """What the model or one of its layers gives, by way of the layers here."""
        _need_numbers((given, named))
        before = state_of(held)
        with self._peer.lent(self.parts):
            outputs, state = self._ask("call", place, given, named, training, before)
        if [np.shape(one) for one in state] != [one.shape for one in before]:
            raise Gone("a model's numbers are others")
        for variable, old, new in zip(held.variables, before, state, strict=True):
            if not np.array_equal(old, new):  # else it was changed here, if at all
                variable.assign(new)
        return tensors(outputs)

    def _with_slopes(self, inputs: Any, training: bool | None) -> Any:
        before, after = state_of(self), []

        @tf.custom_gradient
        def compute(given: Any, *learned: Any) -> Any:
            outputs, number, state = self._ask("alone", given, training, before)
            after.extend(state)

            def slopes(upstream: Any) -> Any:
                found = self._ask("slopes", number, upstream)
                return [
                    tf.reshape(tf.cast(one, to.dtype), to.shape)
                    for one, to in zip(found, (given, *learned), strict=True)
                ]

            return tf.convert_to_tensor(outputs), slopes

        learned = [tf.convert_to_tensor(variable) for variable in self.trainable_variables]
        outputs = compute(tf.convert_to_tensor(inputs), *learned)
        set_state(self, after)
        return outputs

    def _ask(self, what: str, *given: Any) -> Any:
        return self._peer.request("own", what, self._number, *given)


def _asked_for(name: str) -> Any:
    def method(self: Own, *given: Any, **named: Any) -> Any:
        result, state = self._ask("method", name, given, named, state_of(self))
        set_state(self, state)
        return result

    return method


for _name in METHODS:
    setattr(Own, _name, _asked_for(_name))


def _need_numbers(given: Any) -> None:
    arrays = [one for one in keras.tree.flatten(given) if hasattr(one, "shape")]
    if not all(hasattr(one, "numpy") for one in arrays):
        raise NotCarried("a model with parts of the student's own, asked for without numbers")

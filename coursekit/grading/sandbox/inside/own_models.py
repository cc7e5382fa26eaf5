"""In the judge: what stands for models with parts of the student's own (see ``own_parts``).

Such a model is a model here, too, with the same numbers and the same layers. What it computes is
asked for, and so is how it trains. A check cannot tell it from others, and what it measures are
numbers that the model gave for the check's own inputs.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record

from coursekit.grading.sandbox.inside.channel import Gone, NotCarried
from coursekit.grading.sandbox.inside.messages import NUMBERS
from coursekit.grading.sandbox.inside.models import METHODS, built, set_state, state_of

LARGEST = 10**8  # numbers of a model


class OwnLeaf(keras.layers.Layer):
    """A layer of the student's own that calls no other."""

    def __init__(self, ask: Any, kind: str, variables: list):
        super().__init__()
        self._ask, self._kind = ask, kind
        self.held = variables
        self.built = True

    def call(self, *given: Any, training: bool | None = None) -> Any:
        """What it gives there."""
        _need_numbers(given)
        outputs, state = self._ask(given, training, state_of(self))
        set_state(self, state)
        return _tensors(outputs)


class Own(keras.Model):
    """A model with parts of the student's own."""

    def __init__(self, peer: Any, number: int):
        super().__init__()
        self._peer, self._number = peer, number
        self._known = False
        self._optimizer_text: str | None = None
        self.parts: list = []
        self._all: tuple = ()
        self._weights: tuple = ()
        self.built = True

    def tell(self, description: dict) -> None:
        """Get to know what the model is made of.

        Raises Gone for what makes no sense, NotCarried for what cannot be had.
        """
        if not description["built"]:
            return
        self._known = True
        own: dict[int, list] = {n: [] for n in range(-1, len(description["leaves"]))}
        texts = [text for _, text in description["leaves"]]
        size = 0
        for leaf, _, shape, dtype, trainable, _ in description["variables"]:
            size += int(np.prod(shape, dtype=float))
            if dtype not in NUMBERS or size > LARGEST:
                raise NotCarried("a model of too many numbers")
            if leaf == -1 or not texts[leaf]:
                zeros = np.zeros(shape, dtype)
                own[leaf].append(keras.Variable(zeros, dtype=dtype, trainable=bool(trainable)))
        self.parts = [
            built(text, trusted=False) if text else OwnLeaf(self._leaf(n), str(kind), own[n])
            for n, (kind, text) in enumerate(description["leaves"])
        ]
        direct, found = iter(own[-1]), []
        for leaf, place, *_ in description["variables"]:
            found.append(next(direct) if leaf == -1 else self.parts[leaf].variables[place])
        flags = [bool(flag) for *_, flag in description["variables"]]
        self._all = tuple(found)
        self._weights = tuple(v for v, flag in zip(found, flags, strict=True) if flag)
        self._optimizer_text = description["optimizer"]

    def _leaf(self, place: int) -> Any:
        def ask(given: tuple, training: bool | None, state: list) -> Any:
            return self._peer.request("own", "leaf", self._number, place, given, training, state)

        return ask

    # ----- numbers

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
        return [one for one in self.weights if one.trainable]

    @property
    def non_trainable_weights(self) -> list:
        """What is not, without seeds."""
        return [one for one in self.weights if not one.trainable]

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
        with self._peer.lent(self.parts):
            outputs, state = self._ask("call", inputs, training, state_of(self))
        here = {id(v) for part in self.parts for v in part.variables}
        if len(state) != len(self._all):
            raise Gone("a model's numbers are others")
        set_state(
            self,
            [v.numpy() if id(v) in here else new for v, new in zip(self._all, state, strict=True)],
        )
        return _tensors(outputs)

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
    if not all(hasattr(one, "numpy") for one in keras.tree.flatten(given)):
        raise NotCarried("a model with parts of the student's own, asked for without numbers")


def _tensors(things: Any) -> Any:
    return keras.tree.map_structure(tf.convert_to_tensor, things)

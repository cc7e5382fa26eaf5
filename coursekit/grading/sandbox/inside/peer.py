"""One of two processes that call each other."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import pickle
from typing import Any

from coursekit.grading.sandbox.inside.chance import chance_now, set_chance
from coursekit.grading.sandbox.inside.channel import Channel, Gone, NotCarried
from coursekit.grading.sandbox.inside.messages import PLAIN, Pickler, Unpickler, constructors
from coursekit.grading.sandbox.inside.models import (
    built,
    configuration,
    models_in,
    set_state,
    state_of,
    with_state,
)
from coursekit.grading.sandbox.inside.stand_ins import (
    operate,
    parameters_of,
    stand_in,
    stand_in_function,
)


class Peer:
    """One of two processes that call each other: each request waits for its answer, and answers others meanwhile."""

    def __init__(self, channel: Channel, trusts: bool):
        self.channel = channel
        self.trusts = trusts  # whether it builds any model that comes, functions included
        self.mine: dict[int, Any] = {}  # what the other holds references to
        self.numbers: dict[int, int] = {}  # id of a thing -> its number there
        self.theirs: dict[int, Any] = {}  # stand-ins and copied models, by the other's number
        self.their_number: dict[int, int] = {}  # id of a stand-in or copy -> the other's number
        self.described: set[int] = set()  # models whose configuration the other has
        self.fresh: set[int] = set()  # models whose configuration is in the message being written

    # ----- things

    def reference(self, thing: Any) -> Any:
        """What stands for a thing in a message; None if it goes as it is."""
        import keras
        import numpy as np
        import tensorflow as tf

        if type(thing) in PLAIN or type(thing) in (np.dtype,) or isinstance(thing, np.generic):
            return None
        if type(thing) is np.ndarray:
            return ("list", thing.tolist()) if thing.dtype.hasobject else None
        if isinstance(thing, np.dtype) or any(thing is one for one in constructors()):
            return None
        if id(thing) in self.their_number:
            number = self.their_number[id(thing)]
            if isinstance(thing, keras.layers.Layer):
                return ("your model", number, state_of(thing))
            return ("yours", number)
        if isinstance(thing, tf.Tensor | tf.Variable | keras.Variable | np.ndarray):
            return ("array", np.array(thing))
        number = self._number(thing)
        if isinstance(thing, keras.layers.Layer):
            known = number in self.described or number in self.fresh
            config = "" if known else configuration(thing, to_player=not self.trusts)
            self.fresh.add(number)
            return ("model", number, config, state_of(thing))
        name = getattr(thing, "__name__", type(thing).__name__)
        function = inspect.isroutine(thing) or isinstance(thing, type | functools.partial)
        return ("mine", number, function, str(name), parameters_of(thing) if function else None)

    def _number(self, thing: Any) -> int:
        number = self.numbers.setdefault(id(thing), len(self.numbers))
        self.mine[number] = thing  # kept, so that no other thing gets its id
        return number

    def resolve(self, kind: str, *what: Any) -> Any:
        """The thing that a reference stands for."""
        if kind in ("array", "list"):
            return what[0]
        if kind == "yours":
            return self.mine[what[0]]
        if kind == "your model":
            return with_state(self.mine[what[0]], what[1])
        if kind == "model":
            number, config, state = what
            if number not in self.theirs:
                self._keep(number, built(config, safe=not self.trusts))
            return with_state(self.theirs[number], state)
        number, is_function, name, parameters = what
        if number not in self.theirs:
            make = stand_in_function if is_function else stand_in
            self._keep(number, make(self, number, name, parameters))
        return self.theirs[number]

    def _keep(self, number: int, thing: Any) -> None:
        self.theirs[number] = thing
        self.their_number[id(thing)] = number

    # ----- requests

    def pack(self, *message: Any) -> bytes:
        """A message as bytes. Raises NotCarried."""
        file, self.fresh = io.BytesIO(), set()
        try:
            Pickler(file, self.reference).dump(message)
        except (pickle.PicklingError, TypeError, RecursionError, ValueError) as error:
            raise NotCarried(str(error).strip().split("\n")[0][:200]) from error
        self.described |= self.fresh
        return file.getvalue()

    def unpack(self, data: bytes) -> Any:
        """Read a message. Raises NotCarried, or Gone where it makes no sense."""
        try:
            return Unpickler(io.BytesIO(data), self.resolve).load()
        except (Gone, NotCarried):
            raise
        except Exception as error:
            raise Gone(f"a message that cannot be read: {error!r}") from error

    def request(self, *message: Any) -> Any:
        """Have the other do something and give its answer.

        Raises what its answer says, NotCarried, or Gone.
        """
        self.channel.send(b"?" + self.pack(*message))
        while (data := self.channel.receive())[:1] == b"?":
            self.answer(data[1:])
        kind, *rest = self.unpack(data[1:])
        if kind == "done":
            return rest[0]
        if kind == "not carried":
            raise NotCarried(rest[0])
        raise _error(*rest)

    def answer(self, data: bytes) -> None:
        """Do what is asked and send the answer."""
        try:
            answer = self.pack("done", self.do(*self.unpack(data)))
        except NotCarried as error:
            answer = self.pack("not carried", str(error))
        except Gone:
            raise
        except BaseException as error:  # SystemExit of a submission, too
            answer = self.pack("failed", type(error).__name__, text_of(error))
        self.channel.send(b"!" + answer)

    def do(self, what: str, *rest: Any) -> Any:
        """Do one thing that was asked for."""
        if what == "call":
            number, given, named, chance = rest
            given, named = list(given), dict(named)
            set_chance(chance)
            result = self.mine[number](*given, **named)
            return result, [state_of(one) for one in models_in((given, named))], chance_now()
        if what == "operate":
            number, name, given = rest
            return operate(self.mine[number], name, given)
        return getattr(self, f"do_{what}")(*rest)

    def call(self, number: int, given: tuple, named: dict) -> Any:
        """Call one of the other's functions.

        Models among the arguments come back as it left them, and it draws the random numbers that it would draw here.
        """
        result, states, chance = self.request("call", number, given, named, chance_now())
        set_chance(chance)
        for model, state in zip(models_in((list(given), named)), states, strict=True):
            set_state(model, state)
        return result


def text_of(error: BaseException) -> str:
    """An error's message, as far as it can be had."""
    try:
        return str(error)[:2000]
    except Exception:
        return "(its message could not be made)"


def _error(kind: str, text: str) -> Exception:
    found = getattr(__import__("builtins"), kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        with contextlib.suppress(TypeError):
            return found(text)
    return RuntimeError(f"{kind}: {text}")

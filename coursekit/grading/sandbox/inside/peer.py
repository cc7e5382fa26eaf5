"""Two processes that call each other: each request waits for its answer, and answers others
meanwhile.
"""

import builtins
import contextlib
import functools
import inspect
import itertools
from typing import Any

from coursekit.grading.sandbox.inside.channel import Channel, Gone, NotCarried
from coursekit.grading.sandbox.inside.messages import decode, encode
from coursekit.grading.sandbox.inside.models import state_of
from coursekit.grading.sandbox.inside.stand_ins import parameters_of

TEXT = 2000  # characters of an error's message that are told
# Python takes these for the end of a loop, which would then pass over what is wrong.
_NOT_TOLD = {"StopIteration", "StopAsyncIteration", "GeneratorExit"}


class Peer:
    """One of the two. What it does for the other, and what of its things it hands out, each of them
    says itself.
    """

    def __init__(self, channel: Channel):
        self.channel = channel
        self.count = itertools.count()
        self.mine: dict[int, Any] = {}  # what the other holds references to
        self.numbers: dict[int, int] = {}  # id of a thing -> its number there
        self.theirs: dict[int, Any] = {}  # stand-ins and models, by the other's number
        self.their_number: dict[int, int] = {}  # id of one of these -> its number
        self.described: set[int] = set()  # models that the other has
        self.fresh: set[int] = set()  # models that are described in the message being written

    # ----- things

    def refer(self, thing: Any) -> tuple:
        """What stands for a thing in a message.

        Raises NotCarried for a thing that is not handed out.
        """
        import keras

        if id(thing) in self.their_number:
            number = self.their_number[id(thing)]
            if isinstance(thing, keras.layers.Layer):
                return "your model", number, state_of(thing)
            return "yours", number
        if isinstance(thing, keras.layers.Layer):
            return self.refer_to_model(thing)
        if inspect.isroutine(thing) or isinstance(thing, type | functools.partial):
            self.may_be_called(thing)
            name = getattr(thing, "__name__", type(thing).__name__)
            return "function", self.number_of(thing), str(name), parameters_of(thing)
        return self.refer_to_object(thing)

    def refer_to_model(self, model: Any) -> tuple:
        """The same for a model or layer."""
        raise NotImplementedError

    def may_be_called(self, thing: Any) -> None:
        """Raise NotCarried for what is not handed out to be called."""

    def refer_to_object(self, thing: Any) -> tuple:
        """The same for what is neither plain nor a model nor a function."""
        raise NotCarried(f"an object of the kind {type(thing).__name__}")

    def resolve(self, word: str, *parts: Any) -> Any:
        """The thing that a reference stands for. Raises Gone where there is none."""
        raise NotImplementedError

    def number_of(self, thing: Any) -> int:
        """The number of a thing that is handed out."""
        if id(thing) not in self.numbers:
            self.numbers[id(thing)] = next(self.count)
        number = self.numbers[id(thing)]
        self.mine[number] = thing  # kept, so that no other thing gets its id
        return number

    def keep(self, number: int, thing: Any) -> Any:
        """Keep what stands here for a thing of the other's, and give it."""
        self.theirs[number] = thing
        self.their_number[id(thing)] = number
        return thing

    # ----- requests

    def pack(self, *message: Any) -> bytes:
        """A message as bytes. Raises NotCarried."""
        self.fresh = set()
        data = encode(message, self.refer)
        self.described |= self.fresh
        return data

    def request(self, *message: Any) -> Any:
        """Have the other do something and give its answer.

        Raises what its answer says, NotCarried, or Gone.
        """
        self.channel.send(b"?" + self.pack(*message))
        while (data := self.channel.receive())[:1] == b"?":
            self.answer(data[1:])
        kind, *rest = decode(data[1:], self.resolve)
        if kind == "done" and len(rest) == 1:
            return rest[0]
        if kind == "not carried":
            raise NotCarried(*map(str, rest))
        if kind == "failed" and len(rest) == 2:
            raise _error(*map(str, rest))
        raise Gone("an answer that is none")

    def answer(self, data: bytes) -> None:
        """Do what is asked and send the answer. Raises Gone."""
        try:
            message = decode(data, self.resolve)
            if type(message) is not tuple or not message or type(message[0]) is not str:
                raise Gone("a question that is none")
            answer = self.pack("done", self.do(*message))
        except NotCarried as error:
            answer = self.pack("not carried", str(error))
        except Gone:
            raise
        except BaseException as error:  # SystemExit of a submission, too
            answer = self.pack("failed", type(error).__name__, text_of(error))
        self.channel.send(b"!" + answer)

    def do(self, what: str, *rest: Any) -> Any:
        """Do one thing that was asked for."""
        raise NotImplementedError


def text_of(error: BaseException) -> str:
    """An error's message, as far as it can be had."""
    try:
        return str(error)[:TEXT]
    except Exception:
        return "(its message could not be made)"


def _error(kind: str, text: str) -> Exception:
    found = None if kind in _NOT_TOLD else getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        with contextlib.suppress(TypeError):
            return found(text[:TEXT])
    return RuntimeError(f"{kind[:100]}: {text[:TEXT]}")

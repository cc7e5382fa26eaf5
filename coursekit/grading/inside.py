"""What runs inside the sandbox. Nothing of the course but ``lab.py`` and ``checks.py`` is within its reach.

One process imports TensorFlow, which takes seconds, and then only forks. For each submission it forks two processes, each shut
in namespaces of its own (users, processes, files, network):

- the *player* runs the submission: the cells that were given, and the student's;
- the *judge* runs the checks. No line of the submission runs in it. What the student defined stands in the judge's namespace as
  stand-ins: to call one asks the player, and what comes back is plain data, or a Keras model made of Keras' own layers, which
  the judge builds anew from its configuration and weights. So a check measures what the submission produced with functions
  that the submission cannot reach.

When all that is done, each check runs once more inside the player: a model may behave in another way than its configuration says.
A check must pass on both sides. Where it passes inside only, a person is told, for that is what a forgery looks like. What cannot
leave the player, such as a layer of the student's own, can only be checked there; a person is told that, too.

Messages are pickles that may hold plain values, arrays and references only; anything else is refused.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import functools
import inspect
import io
import json
import os
import pickle
import random
import resource
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

MESSAGE_BYTES = 256 * 2**20  # more in one message is refused
TOO_MUCH_OUTPUT = 99  # exit codes of a player that ends itself
FAILED_START = 98
HOME = "/home/student"
CLONE = {
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
MS_NOSUID_NODEV, MS_PRIVATE_ALL, MS_BIND_ALL = 0x2 | 0x4, 0x4000 | 0x40000, 0x1000 | 0x4000
PR_SET_PDEATHSIG = 1
_PLAIN = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    list,
    tuple,
    dict,
    set,
    frozenset,
    slice,
    range,
    bytearray,
    pickle.PickleBuffer,
)
_UNPICKLED = {  # what plain values and arrays are made with
    ("builtins", name) for name in ("complex", "set", "frozenset", "slice", "range", "bytearray")
} | {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("_codecs", "encode"),
}
_WATCHED = "builtins math checks lab numpy numpy.linalg numpy.random keras keras.layers keras.ops keras.optimizers".split()
_KEPT_FROM_JUDGE = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
_OPERATORS = (
    "getitem len iter contains bool float int abs neg add radd sub rsub mul rmul truediv rtruediv floordiv mod pow rpow "
    "matmul rmatmul eq ne lt le gt ge and or array"
).split()


class NotCarried(Exception):
    """A thing that cannot leave its process."""


class Gone(Exception):
    """The other process is no more, or speaks nonsense."""


# ------------------------------------------------------------------------------------ messages


class Channel:
    """Whole messages over a socket."""

    def __init__(self, end: socket.socket):
        self.socket = end

    def send(self, data: bytes) -> None:
        """Send a message. Raises Gone."""
        try:
            self.socket.sendall(struct.pack("!Q", len(data)) + data)
        except OSError as error:
            raise Gone(str(error)) from error

    def receive(self) -> bytes:
        """Wait for a message. Raises Gone."""
        (size,) = struct.unpack("!Q", self._read(8))
        if size > MESSAGE_BYTES:
            raise Gone(f"a message of {size} bytes")
        return self._read(size)

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            try:
                part = self.socket.recv(min(size - len(parts), 2**20))
            except OSError as error:
                raise Gone(str(error)) from error
            if not part:
                raise Gone("its end of the connection was closed")
            parts += part
        return bytes(parts)


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, peer: Peer):
        super().__init__(file, protocol=5)
        self.peer = peer

    def persistent_id(self, thing: Any) -> Any:
        return self.peer.reference(thing)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, peer: Peer):
        super().__init__(file)
        self.peer = peer

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _UNPICKLED:
            raise Gone(f"a message holds {module}.{name}")
        return super().find_class(module, name)

    def persistent_load(self, reference: Any) -> Any:
        return self.peer.resolve(*reference)


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

        if type(thing) in _PLAIN or type(thing) in (np.dtype,) or isinstance(thing, np.generic):
            return None
        if type(thing) is np.ndarray:
            return ("list", thing.tolist()) if thing.dtype.hasobject else None
        if isinstance(thing, np.dtype) or any(thing is one for one in _constructors()):
            return None
        if id(thing) in self.their_number:
            number = self.their_number[id(thing)]
            if isinstance(thing, keras.layers.Layer):
                return ("your model", number, _state(thing))
            return ("yours", number)
        if isinstance(thing, tf.Tensor | tf.Variable | keras.Variable | np.ndarray):
            return ("array", np.array(thing))
        number = self._number(thing)
        if isinstance(thing, keras.layers.Layer):
            known = number in self.described or number in self.fresh
            config = "" if known else _configuration(thing, to_player=not self.trusts)
            self.fresh.add(number)
            return ("model", number, config, _state(thing))
        name = getattr(thing, "__name__", type(thing).__name__)
        function = inspect.isroutine(thing) or isinstance(thing, type | functools.partial)
        return ("mine", number, function, str(name), _parameters(thing) if function else None)

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
            return _with_state(self.mine[what[0]], what[1])
        if kind == "model":
            number, config, state = what
            if number not in self.theirs:
                self._keep(number, _built(config, safe=not self.trusts))
            return _with_state(self.theirs[number], state)
        number, is_function, name, parameters = what
        if number not in self.theirs:
            make = _stand_in_function if is_function else _stand_in
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
            _Pickler(file, self).dump(message)
        except (pickle.PicklingError, TypeError, RecursionError, ValueError) as error:
            raise NotCarried(str(error).strip().split("\n")[0][:200]) from error
        self.described |= self.fresh
        return file.getvalue()

    def unpack(self, data: bytes) -> Any:
        """Read a message. Raises NotCarried, or Gone where it makes no sense."""
        try:
            return _Unpickler(io.BytesIO(data), self).load()
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
            answer = self.pack("failed", type(error).__name__, _text_of(error))
        self.channel.send(b"!" + answer)

    def do(self, what: str, *rest: Any) -> Any:
        """Do one thing that was asked for."""
        if what == "call":
            number, given, named, chance = rest
            given, named = list(given), dict(named)
            _set_chance(chance)
            result = self.mine[number](*given, **named)
            return result, [_state(one) for one in _models((given, named))], _chance()
        if what == "operate":
            number, name, given = rest
            return _operate(self.mine[number], name, given)
        return getattr(self, f"do_{what}")(*rest)

    def call(self, number: int, given: tuple, named: dict) -> Any:
        """Call one of the other's functions.

        Models among the arguments come back as it left them, and it draws the random numbers that it would draw here.
        """
        result, states, chance = self.request("call", number, given, named, _chance())
        _set_chance(chance)
        for model, state in zip(_models((list(given), named)), states, strict=True):
            _set_state(model, state)
        return result


@functools.cache
def _constructors() -> tuple:
    """The functions with which pickle makes arrays; they go by name."""
    import numpy as np
    import numpy._core.multiarray
    import numpy._core.numeric

    names = [(module, name) for module, name in _UNPICKLED if module.startswith("numpy._core")]
    found = [getattr(sys.modules[module], name) for module, name in names]
    return (*found, np.ndarray, np.dtype, complex, set, frozenset, slice, range, bytearray)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:2000]
    except Exception:
        return "(its message could not be made)"


def _chance() -> tuple:
    """The states of Python's and NumPy's random numbers; Keras takes its seeds from the first."""
    import numpy as np

    version, numbers, gauss = random.getstate()
    return version, np.array(numbers, dtype=np.uint32), gauss, np.random.get_state()


def _set_chance(chance: tuple) -> None:
    import numpy as np

    version, numbers, gauss, state = chance
    random.setstate((version, tuple(map(int, numbers)), gauss))
    np.random.set_state(state)


def _models(things: Any) -> list[Any]:
    """The models among some arguments, wherever in lists, tuples and dictionaries."""
    import keras

    if isinstance(things, keras.layers.Layer):
        return [things]
    if isinstance(things, dict):
        things = list(things.values())
    if isinstance(things, list | tuple):
        return [model for thing in things for model in _models(thing)]
    return []


def _error(kind: str, text: str) -> Exception:
    found = getattr(__import__("builtins"), kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        with contextlib.suppress(TypeError):
            return found(text)
    return RuntimeError(f"{kind}: {text}")


def _parameters(thing: Any) -> list | None:
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    return [(one.name, int(one.kind), one.default is not one.empty) for one in found]


def _stand_in_function(peer: Peer, number: int, name: str, parameters: list | None) -> Callable:
    def stand_in(*given: Any, **named: Any) -> Any:
        return peer.call(number, given, named)

    stand_in.__name__ = stand_in.__qualname__ = str(name)
    with contextlib.suppress(Exception):
        stand_in.__signature__ = inspect.Signature(
            [
                inspect.Parameter(
                    str(label),
                    inspect._ParameterKind(kind),
                    default=None if optional else inspect._empty,
                )
                for label, kind, optional in parameters or []
            ]
        )
    return stand_in


def _operate(thing: Any, name: str, given: tuple) -> Any:
    import numpy as np

    if name == "attribute":
        if given[0].startswith("_"):
            raise AttributeError(given[0])
        return getattr(thing, given[0])
    if name == "iter":
        return list(thing)
    if name == "array":
        return np.asarray(thing)
    return getattr(thing, f"__{name}__")(*given)


def _stand_in(peer: Peer, number: int, name: str, _: Any) -> Any:
    def operator(what: str) -> Callable:
        def operate(self: Any, *given: Any, **_: Any) -> Any:
            found = peer.request("operate", number, what, () if what == "array" else given)
            return iter(found) if what == "iter" else found

        return operate

    methods = {f"__{one}__": operator(one) for one in _OPERATORS}
    methods |= {"__hash__": object.__hash__, "__slots__": ()}
    methods["__call__"] = lambda self, *given, **named: peer.call(number, given, named)
    methods["__getattr__"] = lambda self, label: peer.request(
        "operate", number, "attribute", (label,)
    )
    return type(str(name), (), methods)()


def _state(model: Any) -> list:
    import numpy as np

    return [np.array(variable) for variable in model.variables]


def _with_state(model: Any, state: list) -> Any:
    _set_state(model, state)
    return model


def _set_state(model: Any, state: list) -> None:
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


def _configuration(model: Any, to_player: bool) -> str:
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


def _built(config: str, safe: bool) -> Any:
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


# -------------------------------------------------------------------------------------- player


class _Said(io.TextIOBase):
    """Standard output that ends the process when it gets too long."""

    def __init__(self, limit: int):
        self.limit, self.parts, self.size = limit, [], 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.size += len(text)
        if self.size > self.limit:
            os._exit(TOO_MUCH_OUTPUT)
        self.parts.append(text)
        return len(text)

    def take(self) -> str:
        parts, self.parts = self.parts, []
        return "".join(parts)


class Player(Peer):
    """Runs the submission, and what the judge asks of it."""

    def __init__(self, channel: Channel, output_bytes: int):
        super().__init__(channel, trusts=True)
        from IPython.core.displaypub import CapturingDisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from matplotlib_inline.backend_inline import configure_inline_support
        from traitlets.config import Config

        off = {"HistoryManager": {"enabled": False}}
        InteractiveShell.display_pub_class = CapturingDisplayPublisher
        self.shell = InteractiveShell.instance(config=Config(off))
        self.shell.showtraceback = lambda *_, **__: None
        self.run_cell = self.shell.run_cell  # a submission may replace the shell's
        self.shell.colors = "nocolor"
        configure_inline_support(self.shell, "module://matplotlib_inline.backend_inline")
        self.said = _Said(output_bytes)
        self.limit, self.shown = output_bytes, 0
        sys.stdout = sys.stderr = self.said  # as checks.py has it in a kernel
        self.originals = _attributes()
        self.remembered: list[dict] = []
        self.put_back: set[str] = set()  # what a submission had replaced and a check has put back

    def serve(self) -> None:
        """Answer until the judge goes."""
        with contextlib.suppress(Gone):
            while True:
                self.answer(self.channel.receive()[1:])

    def do_run(self, source: str, wanted: list[str]) -> tuple[list, str, dict[str, Any]]:
        """Run a cell; give its outputs, its error and those of its names that checks ask for."""
        before = {name: self.shell.user_ns.get(name) for name in wanted}
        done = self.run_cell(source, store_history=False)
        outputs = self._outputs(done)
        error = done.error_before_exec or done.error_in_exec
        after = self.shell.user_ns
        changed = {
            name: after[name]
            for name in wanted
            if name in after and after[name] is not before[name]
        }
        return outputs, type(error).__name__ if error else "", changed

    def _outputs(self, done: Any) -> list[dict]:
        outputs = []
        if text := self.said.take():
            outputs.append({"output_type": "stream", "name": "stdout", "text": text})
        for shown in self.shell.display_pub.outputs:
            data = shown.get("data", {}) if isinstance(shown, dict) else getattr(shown, "data", {})
            kept = {
                kind: data[kind]
                for kind in ("text/plain", "image/png")
                if isinstance(data.get(kind), str | bytes)
            }
            outputs.append({"output_type": "display_data", "data": kept})
        self.shell.display_pub.outputs.clear()
        if done.success and done.result is not None:
            with contextlib.suppress(Exception):
                outputs.append(
                    {"output_type": "execute_result", "data": {"text/plain": repr(done.result)}}
                )
        if error := done.error_before_exec or done.error_in_exec:
            lines = traceback.format_exception(type(error), error, error.__traceback__)
            own = [line for line in lines if "site-packages" not in line]
            outputs.append(
                {
                    "output_type": "error",
                    "ename": type(error).__name__,
                    "evalue": str(error),
                    "traceback": own,
                }
            )
        self.shown += sum(len(str(output)) for output in outputs)
        if self.shown > 8 * self.limit:
            os._exit(TOO_MUCH_OUTPUT)
        return outputs

    def do_names(self, names: dict[str, Any]) -> None:
        """Set global names, to what the judge has there."""
        self.shell.user_ns.update(names)

    def do_seed(self, seed: int) -> None:
        """Set all seeds."""
        import keras

        keras.utils.set_random_seed(seed)

    def do_value(self, name: str) -> dict[str, Any]:
        """The value of a global name, if there is one."""
        return {name: self.shell.user_ns[name]} if name in self.shell.user_ns else {}

    def do_remember(self) -> None:
        """Keep what global names mean now, for a check that comes later."""
        self.remembered.append(dict(self.shell.user_ns))

    def do_check(self, imports: str, source: str) -> str:
        """Run a check here as if it had come when it was remembered, with the official imports and nothing replaced.

        Gives its error, empty if it passed. Checks come in the order in which they were remembered.
        """
        self.shell.user_ns.clear()
        self.shell.user_ns.update(self.remembered.pop(0))
        for (owner, name), value in self._replaced().items():
            self.put_back.add(_name_of(owner, name))
            with contextlib.suppress(Exception):
                setattr(owner, name, value)
        done = self.run_cell(imports + "\n" + source, store_history=False)
        self.said.take()
        self.shell.display_pub.outputs.clear()
        error = done.error_before_exec or done.error_in_exec
        return f"{type(error).__name__}: {_text_of(error)}" if error else ""

    def do_replaced(self, names: dict[str, str]) -> list[str]:
        """What the submission has replaced so far: official imports, by name and module, and parts of what checks use."""
        for name, where in names.items():
            module, _, attribute = where.partition(":")
            official = sys.modules.get(module)
            official = getattr(official, attribute, None) if attribute else official
            if self.shell.user_ns.get(name, official) is not official:
                self.put_back.add(name)
        self.put_back |= {_name_of(*part) for part in self._replaced()}
        return sorted(self.put_back)

    def _replaced(self) -> dict[tuple[Any, str], Any]:
        return {
            (owner, name): value
            for (owner, name), value in self.originals.items()
            if (owner.__code__ if name == "__code__" else vars(owner).get(name)) is not value
        }


def _name_of(owner: Any, name: str) -> str:
    where = getattr(owner, "__module__", "") + "." if not inspect.ismodule(owner) else ""
    return f"{where}{owner.__name__}" + ("" if name == "__code__" else f".{name}")


def _attributes() -> dict[tuple[Any, str], Any]:
    """All parts of what checks are made with: of modules, of the classes in them, and the code of functions."""
    found = {}
    for module in map(sys.modules.get, _WATCHED):
        for name, value in list(vars(module).items()):
            if name.startswith("__") or not (callable(value) or inspect.ismodule(value)):
                continue
            found[module, name] = value
            if isinstance(value, type) and _is_ours(value):
                for base in filter(_is_ours, value.__mro__):
                    parts = vars(base).items()
                    found |= {(base, part): item for part, item in parts if inspect.isroutine(item)}
    functions = [value for value in found.values() if inspect.isfunction(value)]
    return found | {(function, "__code__"): function.__code__ for function in functions}


def _is_ours(kind: type) -> bool:
    return kind.__module__.split(".")[0] in ("keras", "lab", "checks")


# --------------------------------------------------------------------------------------- judge


class Judge(Peer):
    """Leads a submission through its notebook and runs the checks."""

    def __init__(self, channel: Channel, report: Callable[[dict], None]):
        super().__init__(channel, trusts=False)
        self.report = report
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.students: dict[str, Any] = {}  # what the student defined, as stand-ins
        self.sent: dict[
            str, Any
        ] = {}  # official names that the player was given in place of the student's

    def request(self, *message: Any) -> Any:
        """As ``Peer.request``; first, the player gets to know which of the student's names a check has replaced."""
        changed = {}
        for name, own in self.students.items():
            now = self.names.get(name, own)
            if now is not self.sent.get(name, own):
                changed[name] = self.sent[name] = now
        if changed:
            super().request("names", changed)
        return super().request(*message)

    def lead(self, cells: list[dict]) -> None:
        """Run all cells; report each as it starts and ends.

        A cell has ``kind`` (given, student, check), ``source``, ``visible`` (a check's source without hidden tests), and
        ``player`` (whether a given cell runs in the player, too).
        """
        import keras

        wanted = _names_used([cell["source"] for cell in cells if cell["kind"] == "check"])
        given = "\n".join(cell["source"] for cell in cells if cell["kind"] == "given")
        self.imports, imported = _imports(given)
        set_seed = keras.utils.set_random_seed

        def set_both(seed: int) -> None:
            set_seed(seed)
            super(Judge, self).request("seed", int(seed))

        keras.utils.set_random_seed = set_both
        set_both(0)
        kinds = {"given": self._given, "student": self._student, "check": self._check}
        for number, cell in enumerate(cells):
            if cell["kind"] not in kinds:  # left out
                continue
            self.report({"started": number})
            start = time.perf_counter()
            try:
                result = kinds[cell["kind"]](cell, wanted)
            except (Gone, NotCarried):
                raise
            except Exception as error:  # the player could not do what was asked
                result = {"outputs": [], "error": type(error).__name__, "message": repr(error)}
            self.report({"ended": number, "seconds": time.perf_counter() - start, **result})
        self.report({"replaced": super().request("replaced", imported)})
        # Last, since the submission could keep what it sees of hidden tests and print it in a later cell.
        for number, cell in enumerate(cells):
            if cell["kind"] == "check":
                self.report({"started": number})
                self.report(self._inside(number, cell))
        self.report({"replaced": super().request("replaced", imported)})

    def do(self, what: str, *rest: Any) -> Any:
        """What the player may ask for: to call functions that a check handed it, and to read in lists."""
        if what == "call" or (what == "operate" and rest[1] != "attribute"):
            return super().do(what, *rest)
        raise PermissionError(f"{what} is not for the submission")

    def _given(self, cell: dict, wanted: set[str]) -> dict:
        outputs, error, _ = (
            super().request("run", cell["source"], []) if cell["player"] else ([], "", {})
        )
        official = self._run(cell["source"])
        if official and not error:
            return {"outputs": outputs, "problem": f"a given cell failed: {official}"}
        wanted -= _names_set(cell["source"]) | set(
            _imports(cell["source"])[1]
        )  # what is given stays official
        return {"outputs": outputs}

    def _student(self, cell: dict, wanted: set[str]) -> dict:
        try:
            outputs, error, changed = super().request("run", cell["source"], sorted(wanted))
        except (
            NotCarried
        ):  # some value of the student's cannot leave: only checks that want it will mind
            outputs, error, changed = super().request("run", "", [])
            changed = {}
            for name in sorted(wanted):
                with contextlib.suppress(NotCarried, NameError):
                    changed |= super().request("value", name)
        for name, value in changed.items():
            self.names[name] = self.students[name] = value
            self.sent.pop(name, None)
        return {"outputs": outputs, "error": error}

    def _check(self, cell: dict, wanted: set[str]) -> dict:
        before, printed = set(self.names), io.StringIO()
        try:
            found = {"message": self._run(cell["source"], printed), "printed": printed.getvalue()}
        except NotCarried as why:
            found = {"stays": str(why) or "something that cannot leave its process"}
        self.request("remember")
        self._publish(cell["visible"], before)
        return found

    def _inside(self, number: int, cell: dict) -> dict:
        start = time.perf_counter()
        try:
            message = str(self.request("check", self.imports, cell["source"]))
        except RuntimeError as error:  # the player could not do what was asked
            message = f"RuntimeError: {error}"
        return {
            "inside": number,
            "inside_message": message,
            "inside_seconds": time.perf_counter() - start,
        }

    def _publish(self, visible: str, before: set[str]) -> None:
        """Give the player the names that the visible part of a check defined: later cells may use them."""
        new = _names_set(visible) - before
        for name in sorted(new & set(self.names)):
            value = self.names[name]
            if getattr(value, "__module__", "__main__") == "__main__" and not inspect.ismodule(
                value
            ):
                with contextlib.suppress(NotCarried):
                    super().request("names", {name: value})

    def _run(self, source: str, printed: io.StringIO | None = None) -> str:
        """Run official code; give its error, empty if there was none. Raises NotCarried and Gone."""
        with (
            contextlib.redirect_stdout(printed or io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            try:
                exec(compile(source, "<check>", "exec"), self.names)
            except (NotCarried, Gone):
                raise
            except Exception as error:
                if cause := _cause(error, (NotCarried, Gone)):
                    raise cause from None
                return f"{type(error).__name__}: {error}"
        return ""


def _cause(error: BaseException, kinds: tuple) -> BaseException | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kinds):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _names_used(sources: list[str]) -> set[str]:
    """Global names that some code reads, or names in a string."""
    found = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.isidentifier()
            ):
                found.add(node.value)
    return found


def _imports(source: str) -> tuple[str, dict[str, str]]:
    """The imports in some code: their text, and for each name its ``module`` or ``module:attribute``."""
    lines, names = [], {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            lines.append(ast.unparse(node))
            names |= {one.asname: one.name for one in node.names if one.asname}
            names |= {
                one.name: one.name for one in node.names if not one.asname and "." not in one.name
            }
        elif isinstance(node, ast.ImportFrom):
            lines.append(ast.unparse(node))
            names |= {one.asname or one.name: f"{node.module}:{one.name}" for one in node.names}
    return "\n".join(lines), names


def _names_set(source: str) -> set[str]:
    """Global names that some code sets."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


# --------------------------------------------------------------------------- processes, walls


def _libc(name: str, *arguments: Any) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _shut_in(disk_bytes: int) -> None:
    """Give this process namespaces of its own; its next child is the first process of them.

    Raises OSError where the kernel does not allow that.
    """
    user, group = os.getuid(), os.getgid()
    _libc("unshare", sum(CLONE.values()))
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{file}", "w") as stream:
            stream.write(text)
    _libc("mount", None, b"/", None, MS_PRIVATE_ALL, None)
    folders = (HOME, "/tmp", "/dev/shm")
    covered = {  # where the checkout is a temporary folder, say
        path: os.open(path, os.O_PATH)
        for path in (sys.base_prefix, sys.prefix)
        if path.startswith(tuple(f"{folder}/" for folder in folders))
    }
    for folder in folders:
        options = f"size={disk_bytes},nr_inodes=20000,mode=700".encode()
        _libc("mount", b"tmpfs", folder.encode(), b"tmpfs", MS_NOSUID_NODEV, options)
    for path, place in covered.items():
        os.makedirs(path, exist_ok=True)
        _libc("mount", b"/proc/self/fd/%d" % place, path.encode(), None, MS_BIND_ALL, None)
        os.close(place)


def _bound(limits: dict) -> None:
    """Limit memory, file sizes and processes of this process and its children."""
    # Data, not address space: TensorFlow's threads reserve much of that and crash where they cannot.
    with open("/proc/self/status") as file:
        now = next(int(line.split()[1]) for line in file if line.startswith("VmData:")) * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (now + limits["memory"],) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["disk"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(
        resource.RLIMIT_NPROC, (limits["processes"] + 200,) * 2
    )  # threads count as well


def _fork(
    role: str, ends: list[socket.socket], limits: dict, walls: bool, keep: socket.socket
) -> int:
    """Fork a player or a judge; return its process id here. ``ends`` are its connections."""
    outer = os.fork()
    if outer:
        return outer
    try:
        _libc("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
        keep.close()
        if walls:
            _shut_in(limits["disk"])
            first = os.fork()
            if first:  # outside of the new namespaces: pass its end on
                for end in ends:
                    end.close()
                os._exit(_code(os.waitpid(first, 0)[1]))
            _libc("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
            main = os.fork()
            if main:  # the first process of the new namespaces: when it ends, all others do
                for end in ends:
                    end.close()
                while True:
                    pid, status = os.wait()
                    if pid == main:
                        os._exit(_code(status))
        else:
            os.setsid()
        _play(role, ends, limits)
        os._exit(0)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
        sys.__stderr__.flush()
        os._exit(FAILED_START)


def _code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _play(role: str, ends: list[socket.socket], limits: dict) -> None:
    os.chdir(limits["home"])
    _bound(limits)
    if role == "player":
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        sys.path.insert(0, limits["home"])
        Player(Channel(ends[0]), limits["output"]).serve()
        return
    supervisor = Channel(ends[1])

    def report(what: dict) -> None:
        supervisor.send(json.dumps(what, default=_as_text).encode())

    cells = json.loads(supervisor.receive())
    try:
        Judge(Channel(ends[0]), report).lead(cells)
        report({"end": "done"})
    except Gone as error:
        report({"end": "gone", "why": str(error)[:500]})


def _as_text(value: Any) -> Any:
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    return str(value)


def main() -> None:
    """Import TensorFlow, then fork what is asked for over the socket whose number is the first argument."""
    control = socket.socket(fileno=int(sys.argv[1]))
    walls = sys.argv[2] == "walls"
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import checks  # noqa: F401 - and lab, keras, TensorFlow

    import IPython.core.interactiveshell  # noqa: F401
    import matplotlib.figure
    import matplotlib_inline.backend_inline  # noqa: F401
    import pandas  # noqa: F401
    import sklearn.datasets  # noqa: F401

    matplotlib.figure.Figure().savefig(io.BytesIO())  # finds fonts
    control.sendall(b'{"ready": true}')
    running: dict[int, int] = {}  # process ids by job
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    for job, what in _events(selector, control):
        if what == "ended":
            _, status = os.waitpid(running.pop(job), 0)
            control.sendall(json.dumps({"ended": job, "code": _code(status)}).encode())
        elif what == "kill":
            if job in running:
                _kill(running[job], walls)
        else:
            order, ends = what
            running[job] = pid = _fork(order["role"], ends, order["limits"], walls, control)
            for end in ends:
                end.close()
            selector.register(os.pidfd_open(pid), selectors.EVENT_READ, job)
            control.sendall(json.dumps({"started": job, "pid": pid}).encode())


def _kill(pid: int, walls: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if walls:
            os.kill(pid, signal.SIGKILL)
        else:
            os.killpg(pid, signal.SIGKILL)


def _events(selector: selectors.BaseSelector, control: socket.socket) -> Iterator[tuple[int, Any]]:
    """What the supervisor asks for, and processes that ended; until the supervisor goes."""
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                selector.unregister(key.fileobj)
                os.close(key.fileobj)
                yield key.data, "ended"
                continue
            data, numbers, _, _ = socket.recv_fds(control, 65536, 4)
            if not data:
                return
            order = json.loads(data)
            ends = [socket.socket(fileno=number) for number in numbers]
            yield order["job"], "kill" if order.get("kill") else (order, ends)


if __name__ == "__main__":
    main()

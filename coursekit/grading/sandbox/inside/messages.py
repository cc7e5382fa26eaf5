"""Plain values as bytes and back: all that may go from one process to the other, beside references.

A message is a text in JSON and, behind it, the bytes of its arrays. Nothing that is read here can
run anything: a value is made of the few kinds below, an array of numbers from its kind, shape and
bytes.
"""

import json
import math
import struct
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from coursekit.grading.sandbox.inside.channel import Gone, NotCarried

TEXT_BYTES = 32 * 2**20  # more text in one message is refused
DEPTH = 100  # of lists within lists
NUMBERS = (  # kinds of arrays
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128"
).split()
_DICTS = (dict, OrderedDict, defaultdict, Counter)


def encode(thing: Any, refer: Callable[[Any], tuple]) -> bytes:
    """A value as bytes; for what is not plain, ``refer`` gives a reference: a tuple of plain
    values, a word first.

    Raises NotCarried for a value that is nested too deep, and what ``refer`` raises.
    """
    parts: list[bytes] = []
    tree = _Writer(refer, parts).tree(thing, 0)
    text = json.dumps(tree, separators=(",", ":")).encode()
    if len(text) > TEXT_BYTES:
        raise NotCarried(f"something that is told in {len(text):,} bytes")
    return struct.pack("!I", len(text)) + text + b"".join(parts)


def decode(data: bytes, resolve: Callable[..., Any]) -> Any:
    """The value that some bytes stand for; ``resolve`` gives the thing that a reference stands for.

    Raises Gone where they stand for none, and what ``resolve`` raises.
    """
    try:
        (size,) = struct.unpack("!I", data[:4])
        if size > TEXT_BYTES:
            raise ValueError(f"{size} bytes of text")
        reader = _Reader(resolve, memoryview(data)[4 + size :])
        return reader.value(json.loads(data[4 : 4 + size]), 0)
    except (Gone, NotCarried):
        raise
    except Exception as error:
        raise Gone(f"a message that cannot be read: {str(error)[:200]}") from error


class _Writer:
    """Values as what JSON has: a number, a text, true, false, null, and for all else a list that
    begins with its kind.
    """

    def __init__(self, refer: Callable[[Any], tuple], parts: list[bytes]):
        self.refer, self.parts = refer, parts

    def tree(self, thing: Any, depth: int) -> Any:
        """One value."""
        import numpy as np

        kind = type(thing)
        if thing is None or kind in (bool, int, float, str):
            if kind is int and abs(thing).bit_length() > 4096:
                raise NotCarried("a number of more than a thousand digits")
            return thing
        if depth > DEPTH:
            raise NotCarried(f"something nested more than {DEPTH} deep")
        if kind in (list, tuple, set, frozenset):
            return [kind.__name__, *(self.tree(one, depth + 1) for one in thing)]
        if kind in _DICTS:
            pairs = [part for pair in thing.items() for part in pair]
            return ["dict", *(self.tree(one, depth + 1) for one in pairs)]
        if kind is complex:
            return ["complex", thing.real, thing.imag]
        if kind in (bytes, bytearray):
            self.parts.append(bytes(thing))
            return [kind.__name__, len(thing)]
        if kind in (slice, range):
            return [
                kind.__name__,
                *(self.tree(p, depth + 1) for p in (thing.start, thing.stop, thing.step)),
            ]
        if isinstance(thing, np.generic) or kind is np.ndarray:
            return self._array(np.asarray(thing), depth, single=kind is not np.ndarray)
        if (plain := simpler(thing)) is not None:
            return self.tree(plain, depth)
        word, *plain = self.refer(thing)
        return ["~", word, *(self.tree(one, depth + 1) for one in plain)]

    def _array(self, array: Any, depth: int, single: bool) -> list:
        import numpy as np

        if array.dtype.kind in "OUS":  # its things one by one
            return self.tree(array.tolist(), depth)
        name = array.dtype.newbyteorder("=").name
        if name not in NUMBERS:
            if array.dtype.kind not in "fcV" or name.startswith("void"):
                raise NotCarried(f"an array of {name}")
            name = "complex128" if array.dtype.kind == "c" else "float64"
            array = array.astype(name)
        self.parts.append(np.ascontiguousarray(array, name).tobytes())
        return ["number" if single else "array", name, *array.shape]


class _Reader:
    """The other way round. Raises any exception for what makes no sense."""

    def __init__(self, resolve: Callable[..., Any], rest: memoryview):
        self.resolve, self.rest, self.place = resolve, rest, 0

    def value(self, tree: Any, depth: int) -> Any:
        """One value."""
        if not isinstance(tree, list):
            if isinstance(tree, dict):
                raise ValueError("a table")
            return tree
        if depth > DEPTH + 1:
            raise ValueError("too deep")
        kind, *parts = tree
        if kind == "array" or kind == "number":
            return self._array(kind == "number", *parts)
        if kind in ("bytes", "bytearray"):
            data = bytes(self._take(*parts))
            return data if kind == "bytes" else bytearray(data)
        values = [self.value(one, depth + 1) for one in parts]
        if kind == "dict":
            return dict(zip(values[::2], values[1::2], strict=True))
        if kind == "complex":
            return complex(*map(float, values))
        if kind == "~":
            return self.resolve(*values)
        if kind in ("slice", "range") and len(values) == 3:
            return (slice if kind == "slice" else range)(*values)
        makers = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
        return makers[kind](values)

    def _take(self, size: int) -> memoryview:
        if type(size) is not int or not 0 <= size <= len(self.rest) - self.place:
            raise ValueError("not as many bytes as it says")
        self.place += size
        return self.rest[self.place - size : self.place]

    def _array(self, single: bool, name: str, *shape: int) -> Any:
        import numpy as np

        if name not in NUMBERS or not all(type(n) is int and n >= 0 for n in shape):
            raise ValueError("no array of numbers")
        dtype = np.dtype(name)
        data = self._take(math.prod(shape) * dtype.itemsize)
        if name == "bool":  # of a byte that is neither 0 nor 1 NumPy would make something odd
            array = np.frombuffer(data, "uint8").reshape(shape) != 0
        else:
            array = np.frombuffer(data, dtype).reshape(shape).copy()
        return array[()] if single else array


def simpler(thing: Any) -> Any:
    """What a thing of a special kind says, in a plain one: a tensor's numbers, a mapping's pairs.
    None where there is no such.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    if isinstance(thing, tf.Tensor | tf.Variable | keras.Variable) and hasattr(thing, "numpy"):
        return np.array(thing.numpy())
    if isinstance(thing, np.ndarray) and not isinstance(thing, np.ma.MaskedArray):
        return np.array(thing)
    for kind in (int, float, str, bytes):
        if isinstance(thing, kind):  # by the kind's own method: the thing may have another
            return str.__str__(thing) if kind is str else kind.__getnewargs__(thing)[0]
    return dict(thing) if isinstance(thing, Mapping) else None

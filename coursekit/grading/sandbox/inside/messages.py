"""What a message may hold: plain values, arrays, and references. Anything else is refused."""

import functools
import io
import pickle
import sys
from collections.abc import Callable
from typing import Any

from coursekit.grading.sandbox.inside.channel import Gone

PLAIN = (
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


class Pickler(pickle.Pickler):
    """Writes what ``refer`` gives for a thing, if that is not None, in place of the thing."""

    def __init__(self, file: io.BytesIO, refer: Callable[[Any], Any]):
        super().__init__(file, protocol=5)
        self.refer = refer

    def persistent_id(self, thing: Any) -> Any:
        """What stands for a thing."""
        return self.refer(thing)


class Unpickler(pickle.Unpickler):
    """Reads such a message; ``resolve`` gives the thing that a reference stands for. Raises Gone for anything else."""

    def __init__(self, file: io.BytesIO, resolve: Callable):
        super().__init__(file)
        self.resolve = resolve

    def find_class(self, module: str, name: str) -> Any:
        """A function with which arrays are made."""
        if (module, name) not in _UNPICKLED:
            raise Gone(f"a message holds {module}.{name}")
        return super().find_class(module, name)

    def persistent_load(self, reference: Any) -> Any:
        """The thing that a reference stands for."""
        return self.resolve(*reference)


@functools.cache
def constructors() -> tuple:
    """The functions with which pickle makes arrays; they go by name."""
    import numpy as np
    import numpy._core.multiarray
    import numpy._core.numeric

    names = [(module, name) for module, name in _UNPICKLED if module.startswith("numpy._core")]
    found = [getattr(sys.modules[module], name) for module, name in names]
    return (*found, np.ndarray, np.dtype, complex, set, frozenset, slice, range, bytearray)

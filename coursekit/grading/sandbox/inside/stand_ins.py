"""What stands in one process for a thing of the other's: to use it asks the other."""

import contextlib
import inspect
from collections.abc import Callable
from typing import Any

_OPERATORS = (
    "getitem len iter contains bool float int abs neg add radd sub rsub mul rmul truediv rtruediv floordiv mod pow rpow "
    "matmul rmatmul eq ne lt le gt ge and or array"
).split()


def parameters_of(thing: Any) -> list | None:
    """A function's parameters: name, kind, whether it has a default; None where they are not known."""
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    return [(one.name, int(one.kind), one.default is not one.empty) for one in found]


def stand_in_function(peer: Any, number: int, name: str, parameters: list | None) -> Callable:
    """A function that calls the other's."""

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


def operate(thing: Any, name: str, given: tuple) -> Any:
    """Do with a thing what was done to its stand-in."""
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


def stand_in(peer: Any, number: int, name: str, _: Any) -> Any:
    """An object whose methods ask the other's."""

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

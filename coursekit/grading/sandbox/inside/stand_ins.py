"""What stands in one process for a thing of the other's: to use it asks the other.

Of a function it is known what it gives when it is called, of another object what it holds: by name,
by key, in a row, as numbers. All that is done with these, to compare them for example, is done
here, with plain values.
"""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

_COMPUTED = """
    add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow matmul
    rmatmul and rand or ror xor rxor ne lt le gt ge neg pos abs invert
""".split()


def parameters_of(thing: Any) -> list | None:
    """A function's parameters: name, kind, whether it has a default; None where they are not
    known.
    """
    try:
        found = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[one.name, int(one.kind), one.default is not one.empty] for one in found]


def function(call: Callable, name: Any, parameters: Any) -> Callable:
    """A function that has another called, with its name and signature."""

    def stand_in(*given: Any, **named: Any) -> Any:
        return call(given, named)

    stand_in.__name__ = stand_in.__qualname__ = str(name)
    with contextlib.suppress(TypeError, ValueError):
        kinds = [inspect._ParameterKind(kind) for _, kind, _ in parameters]
        defaults = [None if optional else inspect.Parameter.empty for _, _, optional in parameters]
        stand_in.__signature__ = inspect.Signature(
            [
                inspect.Parameter(label, kind, default=default)
                for (label, _, _), kind, default in zip(parameters, kinds, defaults, strict=True)
            ]
        )
    return stand_in


class StandIn:
    """An object of the other's. ``ask(what, *given)`` gives what ``read`` gives there."""

    def __init__(self, ask: Callable, call: Callable):
        self._ask, self._call, self._seen = ask, call, {}

    def _once(self, what: str) -> Any:
        """The same answer each time."""
        if what not in self._seen:
            self._seen[what] = self._ask(what)
        return self._seen[what]

    def __getattr__(self, label: str) -> Any:
        if label.startswith("_"):
            raise AttributeError(label)
        return self._ask("attribute", label)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("item", key)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What it gives when it is called."""
        return self._call(given, named)

    def __iter__(self) -> Iterator:
        return iter(self._listed())

    def __len__(self) -> int:
        return len(self._listed())

    def __contains__(self, thing: Any) -> bool:
        return thing in self._listed()

    def _listed(self) -> list:
        found = self._once("list")
        if type(found) is not list:
            raise TypeError(f"{type(self).__name__} cannot be listed")
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy as np

        found = self._once("array")
        if not isinstance(found, np.ndarray | np.generic | bool | int | float | complex | list):
            raise TypeError(f"{type(self).__name__} holds no numbers")
        return np.array(found, dtype)

    def __bool__(self) -> bool:
        import numpy as np

        try:
            return bool(np.asarray(self))
        except TypeError:
            return True

    def __float__(self) -> float:
        return float(self.__array__())

    def __int__(self) -> int:
        return int(self.__array__())

    def __eq__(self, other: Any) -> Any:
        try:
            return self.__array__() == other
        except TypeError:
            return self is other

    __hash__ = object.__hash__


def _computed(name: str) -> Callable:
    def compute(self: StandIn, *others: Any) -> Any:
        return getattr(self.__array__(), name)(*others)

    return compute


for _name in (f"__{one}__" for one in _COMPUTED):
    setattr(StandIn, _name, _computed(_name))


def read(thing: Any, what: str, *given: Any) -> Any:
    """What a thing holds.

    Raises AttributeError for a private name, PermissionError for another kind of question, and what
    the thing raises.
    """
    import numpy as np

    if what == "attribute":
        if not isinstance(given[0], str) or given[0].startswith("_"):
            raise AttributeError(given[0])
        return getattr(thing, given[0])
    if what == "item":
        return thing[given[0]]
    if what == "list":
        return list(thing)
    if what == "array":
        return np.asarray(thing)
    raise PermissionError(f"{what} is no question that can be asked")

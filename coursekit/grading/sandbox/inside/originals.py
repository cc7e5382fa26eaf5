"""What checks are made with, as it was before a submission could replace it."""

import inspect
import sys
from typing import Any

_WATCHED = """
    builtins math checks lab numpy numpy.linalg numpy.random keras keras.layers keras.ops
    keras.optimizers
""".split()


def name_of(owner: Any, name: str) -> str:
    """A part of what checks are made with, in words."""
    where = getattr(owner, "__module__", "") + "." if not inspect.ismodule(owner) else ""
    return f"{where}{owner.__name__}" + ("" if name == "__code__" else f".{name}")


def attributes() -> dict[tuple[Any, str], Any]:
    """All parts of what checks are made with: of modules, of the classes in them, and the code of
    functions.
    """
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

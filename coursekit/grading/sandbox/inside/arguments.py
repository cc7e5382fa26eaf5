"""Arguments of a call, which a function may change in place."""

from collections.abc import Iterator
from typing import Any


def changeable(things: Any, path: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """Arrays, lists, dictionaries and sets among some arguments, each with the way to it."""
    import numpy as np

    if isinstance(things, np.ndarray | list | dict | set):
        yield path, things
    pairs: Any = ()
    if isinstance(things, dict):
        pairs = things.items()
    elif isinstance(things, list | tuple):
        pairs = enumerate(things)
    for key, thing in list(pairs):
        yield from changeable(thing, (*path, key))


def copies(things: Any) -> list[tuple[tuple, Any, Any]]:
    """For each of these the way to it, itself, and what it holds now."""
    return [(path, thing, thing.copy()) for path, thing in changeable(things)]


def changes(before: list[tuple[tuple, Any, Any]]) -> list[tuple[tuple, Any]]:
    """The way to each that holds something else than before, and what it holds."""
    return [(path, thing) for path, thing, copy in before if not _same(thing, copy)]


def _same(thing: Any, copy: Any) -> bool:
    import numpy as np

    if isinstance(thing, np.ndarray):
        return thing.shape == copy.shape and thing.tobytes() == copy.tobytes()
    if isinstance(thing, set):
        return thing == copy
    if isinstance(thing, dict):
        thing, copy = [[*one.keys(), *one.values()] for one in (thing, copy)]
    return len(thing) == len(copy) and all(a is b for a, b in zip(thing, copy, strict=True))


def apply_changes(things: Any, found: Any) -> None:
    """Change arguments here as they were changed there. What does not fit is left as it is."""
    import numpy as np

    known = dict(changeable(things))
    for path, new in found:
        mine = known.get(tuple(path))
        if type(mine) is not type(new):
            continue
        if isinstance(mine, np.ndarray):
            if mine.shape == new.shape and mine.dtype == new.dtype and mine.flags.writeable:
                mine[...] = new
        elif isinstance(mine, list):
            mine[:] = new
        else:
            mine.clear()
            mine.update(new)

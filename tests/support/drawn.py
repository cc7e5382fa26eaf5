"""Which of many alike the tests try: a share that is drawn anew each time, or all of them.

All notebooks are executed in full whenever the tests run. In what further ways each is tried (with
Colab's versions, with other parameters, in other browsers) is alike for most of them: a share finds
what breaks many at once, what breaks one is found within a few runs, and the weekly workflow and
`make test-all` try them all.
"""

import os
from collections.abc import Iterable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

# Processes that test side by side inherit it from the first, and so draw the same.
DRAW = os.environ.setdefault("TEST_DRAW", str(Random().randrange(10**9)))


def drawn(what: str, things: Sequence[T], one_in: int, always: Iterable[T] = ()) -> list[T]:
    """Draw one in so many things, at least one, beside those that are always tried, in order.

    What is drawn follows from `TEST_DRAW` and the name of the draw. With `TEST_ALL` all are given.
    """
    if os.environ.get("TEST_ALL"):
        return list(things)
    always = list(always)
    others = [n for n, thing in enumerate(things) if thing not in always]
    number = min(len(others), max(1, round(len(others) / one_in)))
    chosen = Random(f"{DRAW} {what}").sample(others, number)
    return [thing for n, thing in enumerate(things) if thing in always or n in chosen]

"""Neither a notebook's code nor its outputs name a path of one machine."""

import re
from collections.abc import Iterator

from coursekit.pages.notebook import is_setup
from coursekit.problem import Problem
from coursekit.rules.course import Built, excerpt, shown

_PATH = re.compile(
    r"(?<![\w.~/])/(?:home|root|Users|tmp|var|private|opt|usr)/[\w.-]+|\b[A-Z]:\\\\?(?:Users|Windows)\b"
)


def problems(built: Built) -> Iterator[Problem]:
    """Find such paths, the engine's own code aside."""
    for number, cell in built.cells("code"):
        if not is_setup(cell) and (path := _PATH.search(cell.source)):
            yield built.in_notebook(
                f"names a path of one machine, {path.group()!r}; take it out", number
            )
        for _, text in shown(cell):
            if path := _PATH.search(text):
                said = excerpt(text, path.start())
                yield built.in_notebook(
                    f"shows a path of one machine, {said}; print something else", number
                )

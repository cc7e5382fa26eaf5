"""A notebook imports from lab before TensorFlow, which lab sets up."""

import ast
from collections.abc import Iterator
from contextlib import suppress

from coursekit.pages.notebook import is_setup
from coursekit.problem import Problem
from coursekit.rules.code import parsed
from coursekit.rules.course import Built


def problems(built: Built) -> Iterator[Problem]:
    """Find an import of TensorFlow or Keras ahead of lab's."""
    for number, cell in built.cells("code"):
        for name in () if is_setup(cell) else _imported(cell.source):
            if name == "lab":
                return
            if name in ("tensorflow", "keras"):
                yield built.in_notebook(
                    f"imports {name} before lab, which sets TensorFlow up; import from lab first",
                    number,
                )
                return


def _imported(source: str) -> Iterator[str]:
    # What is not Python is reported by another rule.
    with suppress(SyntaxError):
        for statement in parsed(source).body:
            if isinstance(statement, ast.Import):
                yield from (alias.name.split(".")[0] for alias in statement.names)
            elif isinstance(statement, ast.ImportFrom):
                yield (statement.module or "").split(".")[0]

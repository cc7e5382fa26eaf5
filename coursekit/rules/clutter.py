"""Outputs hold what was meant: no warnings, progress, memory addresses, nothing on stderr."""

import re
from collections.abc import Iterator

from coursekit.problem import Problem
from coursekit.rules.course import Built, excerpt, shown

_WARNING = re.compile(
    r"\b\w*Warning: |^(?:WARNING|W0000|E0000|I0000)[: ]|\bDeprecationWarning\b|\bFutureWarning\b",
    re.MULTILINE,
)
_PROGRESS = re.compile(
    r"\r(?!\n)|\x08|\d+/\d+ +[━=\[]|\d+%\||\d+(?:ms|s|us)/step|^Epoch \d+/\d+|\d(?:it/s|s/it)\b",
    re.MULTILINE,
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


def problems(built: Built) -> Iterator[Problem]:
    """Find what got into outputs by accident."""
    for number, cell in built.cells("code"):
        for output, text in shown(cell):
            for message in _messages(text, output.get("name") == "stderr"):
                yield built.in_notebook(message, number)


def _messages(text: str, on_stderr: bool) -> Iterator[str]:
    if on_stderr:
        yield f"wrote to stderr, {excerpt(text)}; remove the cause"
    elif found := _WARNING.search(text):
        yield f"shows a warning, {excerpt(text, found.start())}; remove its cause"
    if found := _PROGRESS.search(text):
        yield f"shows progress, {excerpt(text, found.start())}; use `verbose=0` or lab.fit"
    if found := _ADDRESS.search(text):
        yield (
            f"shows a memory address, {excerpt(text, found.start())}, which changes with every "
            "run; print something else"
        )

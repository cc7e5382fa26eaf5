"""IPython's commands in what students wrote: those of a front end do nothing where there is none."""

import ast
import functools
import re
import sys
from tokenize import TokenError

from IPython.core.inputtransformer2 import TransformerManager, make_tokens_by_line
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

# They set up a screen, an editor or an environment, which grading does for itself.
FRONT_END = set(
    "matplotlib config load_ext reload_ext unload_ext autoreload gui pip conda mamba micromamba uv".split()
)
# What follows these is Python, and not another language.
_PYTHON = set("time timeit capture prun".split())
_CELL = re.compile(r"\s*%%(\w+)[^\n]*")


@functools.cache
def _known() -> dict[str, set[str]]:
    """The names of IPython's own commands: those for a ``line`` and those for a ``cell``."""
    main = sys.modules["__main__"]
    try:
        config = Config({"HistoryManager": {"enabled": False}})
        found = InteractiveShell(config=config).magics_manager.lsmagic()
    finally:
        # A shell puts a module of its own there.
        sys.modules["__main__"] = main
    return {kind: set(names) for kind, names in found.items()}


def parses(source: str) -> bool:
    """Whether a code cell is Python, IPython's commands included."""
    try:
        ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError, TokenError):
        return False
    return True


def starts_with_command(source: str) -> bool:
    """Whether a cell's first line is a command for the whole cell, such as ``%%time``."""
    return bool(_CELL.match(source))


def without_front_end(source: str) -> str:
    """A code cell in which commands that only a front end understands do nothing; all other lines stay as they are."""
    if match := _CELL.match(source):
        rest = source[match.end() :]
        if match[1] in _PYTHON:
            return match[0] + without_front_end(rest)
        if match[1] in _known()["cell"] or not parses(rest):
            return source
        said = match[0].strip()
        return f"# {said}: left out in grading{without_front_end(rest)}"
    if "%" not in source:
        return source
    lines = source.splitlines(keepends=True)
    for tokens in make_tokens_by_line(lines):
        words = [token for token in tokens if token.string.strip()]
        if len(words) < 2 or words[0].string != "%":
            continue
        name = words[1].string
        if name in FRONT_END or (name.isidentifier() and name not in _known()["line"]):
            first, last = words[0].start[0] - 1, words[-1].end[0] - 1
            indent, said = re.match(r"(\s*)(.*)", lines[first]).groups()
            end = "\n" if lines[last].endswith("\n") else ""
            lines[first] = f"{indent}pass  # {said.rstrip()}: left out in grading{end}"
            # A command that goes on behind a backslash has several lines.
            lines[first + 1 : last + 1] = [""] * (last - first)
    return "".join(lines)

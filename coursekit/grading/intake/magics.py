"""IPython's commands in what students wrote: those of a front end do nothing where there is none."""

import ast
import functools
import re
import sys
import textwrap
from collections.abc import Callable

from IPython.core.inputtransformer2 import make_tokens_by_line
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
    # IPython itself goes over a cell once for each of its commands.
    if match := _CELL.match(source):
        return match[1] not in _PYTHON or parses(source[match.end() :])
    plain = _replaced(source, lambda words: "pass" if _is_command(words) else "")
    try:
        ast.parse(textwrap.dedent(plain) if plain[:1] in (" ", "\t") else plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_command(words: list[str]) -> bool:
    """Whether a line, as the texts of its tokens, is IPython's and no Python: ``%a``, ``!a``, ``x = %a``, ``a?``."""
    if words[0] in ("%", "%%", "!", "?") or words[-1] == "?":
        return True
    return "=" in words[:-1] and words[words.index("=") + 1] in ("%", "!")


def _replaced(source: str, replacement: Callable[[list[str]], str]) -> str:
    """Code with other lines in place of those for which ``replacement`` gives one. A line may go on over several."""
    lines = source.splitlines(keepends=True)
    for tokens in make_tokens_by_line(lines):
        words = [token for token in tokens if token.string.strip()]
        if not words or not (new := replacement([word.string for word in words])):
            continue
        first, last = words[0].start[0] - 1, words[-1].end[0] - 1
        indent = re.match(r"\s*", lines[first])[0]
        end = "\n" if lines[last].endswith("\n") else ""
        said = lines[first].strip()
        lines[first] = f"{indent}{new.replace('LINE', said)}{end}"
        lines[first + 1 : last + 1] = [""] * (last - first)
    return "".join(lines)


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

    def replacement(words: list[str]) -> str:
        name = words[1] if words[0] == "%" and len(words) > 1 else ""
        unknown = name.isidentifier() and name not in _known()["line"]
        return "pass  # LINE: left out in grading" if name in FRONT_END or unknown else ""

    return _replaced(source, replacement)

"""What of a page's source is read as text: prose, captions, alternative texts, but no code."""

import functools
import re
from contextlib import suppress

from coursekit.pages.myst import Block, MystError, blocks

_FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
_ROLE_OR_CODE = re.compile(
    r"(?P<role>\{[\w:.+-]+\}(`+)(?!`).+?(?<!`)\2(?!`))|(?<!`)(`+)(?!`).+?(?<!`)\3(?!`)", re.DOTALL
)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|:{3,}|~{3,})[ \t]*(?:\{[\w:+-]+\})?", re.MULTILINE)
# Binds what stands before it to a record.
BINDING = re.compile(r"<!--\s*=\s*(\S+)\s*-->")
CODE = frozenset("code code-cell code-block literalinclude math".split())


@functools.lru_cache(maxsize=100)  # the rules of the check read each page many times
def prose(text: str) -> str:
    """Put spaces in place of what is no prose in a page's text: code, formulas, front matter.

    Nothing changes its place. Roles stay, and so do the options of cells, which hold captions and
    alternative texts.
    """
    text = without_front_matter(text)
    lines = text.split("\n")
    with suppress(MystError):  # reported where the page is read
        _blank_code(lines, text, 1)
    return _ROLE_OR_CODE.sub(
        lambda match: match.group() if match["role"] else _blank(match),
        _FENCE.sub(_blank, "\n".join(lines)),
    )


def without_front_matter(text: str) -> str:
    """Put spaces in place of a page's front matter."""
    return _FRONT_MATTER.sub(_blank, text, count=1)


def _blank_code(lines: list[str], text: str, first: int) -> None:
    for block in blocks(text, first):
        if block.kind == "code" or (block.kind == "directive" and block.name in CODE):
            _blank_lines(lines, block)
        elif block.kind == "directive":
            _blank_code(lines, "\n".join(block.lines), block.line)


def _blank_lines(lines: list[str], block: Block) -> None:
    for number in range(block.line - 1, block.line - 1 + len(block.lines)):
        lines[number] = " " * len(lines[number])


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def line_of(text: str, position: int) -> int:
    """Give the number of the line that a position in a text lies in."""
    return text.count("\n", 0, position) + 1


def without_bindings(text: str) -> str:
    """Take the comments that bind out of a text, each with the space before it."""
    return BINDING.sub("", close_gaps(text))


def close_gaps(text: str) -> str:
    """Let each comment that binds directly follow what it binds.

    A space would show, and a line must not begin with the comment.
    """
    return re.sub(r"[ \t]*\n?[ \t]*(?=<!--\s*=)", "", text)

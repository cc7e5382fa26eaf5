"""What of a page's source readers read as text: its prose, captions and alternative texts, not its code."""

import re
from contextlib import suppress

from coursekit.pages.myst import Block, MystError, blocks

_FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
_ROLE_OR_CODE = re.compile(
    r"(?P<role>\{[\w:.+-]+\}(`+)(?!`).+?(?<!`)\2(?!`))|(?<!`)(`+)(?!`).+?(?<!`)\3(?!`)", re.DOTALL
)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|:{3,}|~{3,})[ \t]*(?:\{[\w:+-]+\})?", re.MULTILINE)
BINDING = re.compile(r"<!--\s*=\s*(\S+)\s*-->")  # binds what stands before it to a record
CODE = frozenset("code code-cell code-block literalinclude math".split())


def prose(text: str) -> str:
    """Put spaces in place of everything in a page's text that is not prose: code, formulas, the front matter.

    Nothing changes its place. Roles stay, and so do the options of cells, which hold captions and alternative texts.
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
    """Take the comments that bind out of a text, each with the space that would show before a full stop."""
    return BINDING.sub("", close_gaps(text))


def close_gaps(text: str) -> str:
    """Let each comment that binds follow what it binds directly: a space would show, and a line must not begin so."""
    return re.sub(r"[ \t]*\n?[ \t]*(?=<!--\s*=)", "", text)

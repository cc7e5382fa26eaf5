"""Read MyST Markdown as a list of blocks: text, code, directives, targets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,}|:{3,})\s*(.*?)\s*$")
_DIRECTIVE = re.compile(r"^\{([\w:+-]+)\}\s*(.*)$")
_TARGET = re.compile(r"^\(([^()\s]+)\)=\s*$")
_OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")


class MystError(ValueError):
    """MyST markup that cannot be read or has no plain Markdown form; ``line`` counts from 1 in the text given."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Block:
    """A run of lines of one kind: ``text``, ``code`` (a fenced listing), ``directive`` or ``target``.

    ``lines`` holds the text, the listing with its fences, the directive's body, or the target's name. ``line`` is the
    number of the first of these lines.
    """

    kind: str
    line: int
    lines: list[str]
    indent: str = ""
    name: str = ""
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)


def blocks(text: str, line: int = 1) -> Iterator[Block]:
    """Split MyST text, whose first line has the number ``line``, into blocks.

    Raises MystError for a fence that is never closed or directive options that are not YAML.
    """
    lines = text.splitlines()
    start = position = 0

    def run_of_text(end: int) -> Iterator[Block]:
        if end > start:
            yield Block("text", line + start, lines[start:end])

    while position < len(lines):
        current = lines[position]
        fence = _FENCE.match(current)
        target = _TARGET.match(current)
        comment = current.startswith("% ") or current == "%"
        if not (fence or target or comment):
            position += 1
            continue
        yield from run_of_text(position)
        if target:
            yield Block("target", line + position, [target.group(1)])
        if fence:
            end = _closing(lines, position, fence.group(2), line)
            yield _fenced(lines, position, end, fence, line)
            position = end
        position += 1
        start = position
    yield from run_of_text(len(lines))


def _closing(lines: list[str], opening: int, fence: str, first: int) -> int:
    closed = re.compile(rf"^\s*{re.escape(fence[0])}{{{len(fence)},}}\s*$")
    for number in range(opening + 1, len(lines)):
        if closed.match(lines[number]):
            return number
    raise MystError(
        f"the block opened by {lines[opening].strip()!r} is never closed", first + opening
    )


def _fenced(lines: list[str], opening: int, end: int, fence: re.Match[str], first: int) -> Block:
    indent, _, info = fence.groups()
    directive = _DIRECTIVE.match(info)
    if not directive and not fence.group(2).startswith(":"):
        return Block("code", first + opening, lines[opening : end + 1], indent)
    if not directive:
        raise MystError(f"{lines[opening].strip()!r} names no directive", first + opening)
    if directive and fence.group(2).startswith("`") and "`" in directive.group(2):
        raise MystError(
            f"{lines[opening].strip()!r} holds backticks behind a fence of backticks, which Markdown does not "
            "read as a fence; open and close it with ::: instead",
            first + opening,
        )
    body = [content.removeprefix(indent) for content in lines[opening + 1 : end]]
    options, used = _options(body, first + opening)
    return Block(
        "directive",
        first + opening + 1 + used,
        body[used:],
        indent,
        directive.group(1),
        directive.group(2),
        options,
    )


def _options(body: list[str], line: int) -> tuple[dict[str, str], int]:
    """Read a directive's options; return them and how many lines they take."""
    if body and body[0].strip() == "---":
        end = next((i for i, text in enumerate(body[1:], start=1) if text.strip() == "---"), None)
        if end is None:
            raise MystError("the options opened by '---' are never closed", line)
        try:
            read = yaml.safe_load("\n".join(body[1:end])) or {}
        except yaml.YAMLError as error:
            raise MystError(f"the options are not YAML: {error}", line) from error
        return {
            str(key): "" if value is None else str(value) for key, value in read.items()
        }, end + 1
    options = {}
    for number, text in enumerate(body):
        if not (option := _OPTION.match(text)):
            return options, number
        options[option.group(1)] = option.group(2)
    return options, len(body)

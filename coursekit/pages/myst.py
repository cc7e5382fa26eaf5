"""Read MyST Markdown as a list of blocks: text, code, directives, targets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.substitution import substitution_plugin

_READER = MarkdownIt("commonmark")
for plugin in (
    front_matter_plugin,
    dollarmath_plugin,
    colon_fence_plugin,
    myst_block_plugin,
    myst_role_plugin,
    substitution_plugin,
):
    _READER.use(plugin)
# A footnote would be taken for the place that a link names.
_READER.disable("reference")
_FENCES = ("fence", "colon_fence")
_APART = (*_FENCES, "myst_target", "myst_line_comment")
_DIRECTIVE = re.compile(r"^\{([\w:+-]+)\}\s*(.*)$")
_FOOTNOTE = re.compile(r"\[\^[^\]]+\]")
_NO_FENCE = re.compile(r"\s*```+\{[^`]*`")
_OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")


class MystError(ValueError):
    """MyST markup that cannot be read or has no plain form; ``line`` counts from 1 in the text."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Block:
    """Lines of one kind: ``text``, ``code`` (a fenced listing), ``directive`` or ``target``.

    ``lines`` holds the text, the listing with its fences, the directive's body, or the target's
    name. ``line`` is the number of the first of these lines, ``opening`` that of the line which
    names a directive.
    """

    kind: str
    line: int
    lines: list[str]
    indent: str = ""
    name: str = ""
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)
    opening: int = 0


def blocks(text: str, line: int = 1) -> Iterator[Block]:
    """Split MyST text, whose first line has the number ``line``, into blocks.

    Raises MystError for a fence that is never closed or directive options that are not YAML.
    """
    lines, start = text.splitlines(), 0
    for token in _READER.parse(text):
        if token.type not in _APART:
            continue
        opening, end = token.map
        if opening > start:
            yield _text(lines[start:opening], line + start)
        if token.type == "myst_target":
            yield Block("target", line + opening, [token.content])
        elif token.type in _FENCES:
            yield _fenced(token, lines[opening:end], line + opening)
        start = end
    if len(lines) > start:
        yield _text(lines[start:], line + start)


def _text(lines: list[str], first: int) -> Block:
    for number, text in enumerate(lines, start=first):
        if _NO_FENCE.match(text):
            raise MystError(
                f"{text.strip()!r} holds backticks behind a fence of backticks, which Markdown "
                "does not read as a fence; open and close it with ::: instead",
                number,
            )
    return Block("text", first, lines)


def _fenced(token: Token, lines: list[str], first: int) -> Block:
    opened, indent = lines[0].strip(), lines[0].partition(token.markup)[0]
    closing = lines[-1].strip(" \t>")
    if len(lines) == 1 or len(closing) < len(token.markup) or closing.strip(token.markup[0]):
        raise MystError(f"the block opened by {opened!r} is never closed", first)
    directive = _DIRECTIVE.match(token.info.strip())
    if not directive and token.type == "fence":
        return Block("code", first, lines, indent)
    if not directive:
        raise MystError(f"{opened!r} names no directive", first)
    if indent.strip():
        raise MystError(f"{opened!r} does not begin its line; put it below, and indent it", first)
    body = token.content.splitlines()
    options, used = _options(body, first)
    name, argument = directive.groups()
    line, rest = first + 1 + used, body[used:]
    return Block("directive", line, rest, indent, name, argument, options, first)


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


def raw_myst(markdown: str) -> list[str]:
    """Find what looks like MyST markup in a notebook's Markdown, code and formulas aside."""
    lines = markdown.splitlines()
    return [raw for token in _READER.parse(markdown) for raw in _raw(token, lines)]


def _raw(token: Token, lines: list[str]) -> Iterator[str]:
    if token.type in _APART and (token.type != "fence" or token.info.startswith("{")):
        yield lines[token.map[0]].strip()
    elif token.type == "myst_role":
        yield f"{{{token.meta['name']}}}"
    elif token.type.startswith("substitution"):
        yield f"{{{{{token.content}}}}}"
    elif token.type == "text":
        yield from _FOOTNOTE.findall(token.content)
    # Markdown is not read within HTML, but markup would show there, too.
    inside = _READER.parseInline(token.content) if token.type == "html_block" else token.children
    for child in inside or ():
        yield from _raw(child, lines)

"""Self-check questions: the directive ``{quiz}``, read for the book and for the notebooks alike.

Its argument is the question, its body a bullet list of options. The first paragraph of an option is
an answer to choose; what follows explains it, and begins with **Yes.** or **No.**
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from coursekit.pages.myst import MystError
from coursekit.units import counted

FEWEST, MOST = 2, 5  # options of a question

_FORMULA = re.compile(r"\$[^$]+\$")
_VERDICT = re.compile(r"\*\*(Yes|No)\.\*\*\s+\S")
_BULLET = re.compile(r"\s*[-*+](?:\s+|$)")
_LINK = re.compile(
    r"\]\([^()]*\)|\]\[|<https?:|\{(?!(?:code|emphasis|kbd|math|strong|sub|sup)\})[\w:.+-]+\}`+"
)


@dataclass(frozen=True)
class Passage:
    """Some MyST text and the number of its first line."""

    text: str
    line: int


@dataclass(frozen=True)
class Option:
    """An answer to choose, its explanation, and whether it is right."""

    answer: Passage
    explanation: Passage
    right: bool


@dataclass(frozen=True)
class Quiz:
    """A question and the options to answer it."""

    question: Passage
    options: tuple[Option, ...]


def read_quiz(question: str, body: list[str], line: int) -> Quiz:
    """Read a ``{quiz}``: its argument, and its body, whose first line has the number ``line``.

    Raises MystError, with the line, for a question that nobody could answer with what is there.
    """
    asked = Passage(question.strip(), line - 1)
    if not asked.text:
        raise MystError("a {quiz} needs its question behind its name", asked.line)
    options = tuple(_options(body, line))
    if not FEWEST <= len(options) <= MOST:
        raise MystError(
            f"the {{quiz}} {asked.text!r} has {counted(len(options), 'option')}; "
            f"give it {FEWEST} to {MOST}, as a bullet list",
            asked.line,
        )
    for right, word in ((True, "Yes"), (False, "No")):
        if all(option.right is not right for option in options):
            raise MystError(
                f"no option of the {{quiz}} {asked.text!r} is explained by **{word}.**; "
                "a question needs an option that is right and one that is wrong",
                asked.line,
            )
    return Quiz(asked, options)


def _options(body: list[str], line: int) -> Iterator[Option]:
    tokens = MarkdownIt("commonmark").parse("\n".join(body))
    lists = 0
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            lists += token.type == "bullet_list_open"
            if token.type != "bullet_list_open" or lists > 1:
                raise MystError(
                    "a {quiz} holds one bullet list of options and nothing else; "
                    "indent an explanation as far as its answer",
                    line + token.map[0],
                )
    for place, token in enumerate(tokens):
        if token.level == 1 and token.type == "list_item_open":
            yield _option(tokens, place, body, line)


def _option(tokens: list[Token], place: int, body: list[str], first: int) -> Option:
    (start, end), level = tokens[place].map, tokens[place].level
    inside = takewhile(lambda token: token.level > level, tokens[place + 1 :])
    parts = [token for token in inside if token.level == level + 1 and token.nesting >= 0]
    if not parts or parts[0].type != "paragraph_open":
        raise MystError("an option begins with its answer, a paragraph", first + start)
    lines = _without_bullet(body[start:end])
    answer = _passage(lines, start, *parts[0].map, first)
    if link := _LINK.search(answer.text):
        raise MystError(
            f"the answer {answer.text!r} holds a link or role, {link.group()!r}; it is itself what "
            "readers click, so put that into its explanation",
            answer.line,
        )
    if not re.search(r"\w", _FORMULA.sub("", answer.text)):
        raise MystError(
            f"the answer {answer.text!r} is a formula without a word; a screen reader has no name "
            "for it, so say what it is: the penalty $…$",
            answer.line,
        )
    if len(parts) == 1:
        raise MystError(
            f"the answer {answer.text!r} has no explanation; add a paragraph below it that begins "
            "with **Yes.** or **No.**",
            answer.line,
        )
    explanation = _passage(lines, start, parts[1].map[0], end, first)
    verdict = _VERDICT.match(explanation.text)
    if not verdict:
        raise MystError(
            f"the explanation of {answer.text!r} does not begin with **Yes.** or **No.** and a "
            "reason",
            explanation.line,
        )
    return Option(answer, explanation, verdict.group(1) == "Yes")


def _without_bullet(lines: list[str]) -> list[str]:
    bullet = _BULLET.match(lines[0]).end()
    rest = [re.sub(rf"^\s{{0,{bullet}}}", "", line) for line in lines[1:]]
    return [lines[0][bullet:], *rest]


def _passage(lines: list[str], offset: int, start: int, end: int, first: int) -> Passage:
    return Passage("\n".join(lines[start - offset : end - offset]).rstrip(), first + start)


def inline_html(markdown: str) -> str:
    """Turn a line of plain Markdown into HTML, within which nothing reads it; formulas stay TeX."""
    reader = MarkdownIt("commonmark").use(dollarmath_plugin)
    reader.add_render_rule("math_inline", _formula)
    return reader.renderInline(markdown)


def _formula(_: object, tokens: list[Token], place: int, *__: object) -> str:
    content = tokens[place].content.replace("<", r"\lt ").replace(">", r"\gt ")
    return f"${content}$"

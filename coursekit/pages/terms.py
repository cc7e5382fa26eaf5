"""The glossary's terms: where a chapter uses one for the first time without a link to it.

A term is looked for in running text, whatever its case, in singular and plural. Words of a longer
term are no use of a shorter one: "batch normalization" says nothing of batches. Where a term is an
everyday word, too, its definition says ``<!-- not looked for -->``; then only people can tell where
to link it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit.pages.markdown import INLINE
from coursekit.pages.myst import Block, MystError, blocks
from coursekit.pages.prose import line_of, without_front_matter
from coursekit.paths import GLOSSARY
from coursekit.problem import PageError

NOT_LOOKED_FOR = "<!-- not looked for -->"
# Directives whose content is no running text.
ASIDE = ("code-cell", "playground", "quiz")

_NO_TEXT = re.compile(r"[ \t]*(?:#{1,6}\s|\|)")  # headings and rows of tables
_LINK = r"\{term\}`(?:[^`<]*<)?(?P<target>[^`<>]+)>?`"


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its names, and whether it can be told from everyday words."""

    names: tuple[str, ...]
    looked_for: bool = True


@dataclass(frozen=True)
class Use:
    """A place in running text that uses a term: the words there, and whether they link to it."""

    term: Term
    words: str
    line: int
    linked: bool


def load_terms(root: Path) -> list[Term]:
    """Read the glossary; a book without one has no terms.

    Raises PageError for a glossary that cannot be read.
    """
    path = root / f"{GLOSSARY}.md"
    if not path.exists():
        return []
    try:
        return [
            term
            for block in blocks(path.read_text(encoding="utf-8"))
            if block.kind == "directive" and block.name == "glossary"
            for term in _terms(block)
        ]
    except MystError as error:
        raise PageError(f"{path}, line {error.line}: {error}") from error


def _terms(block: Block) -> Iterator[Term]:
    entries = re.findall(
        r"^((?:\S.*\n)+)((?:[ \t]+.*\n|\n)*)", "\n".join(block.lines) + "\n", re.MULTILINE
    )
    for names, definition in entries:
        yield Term(
            tuple(name.partition(" : ")[0].strip() for name in names.splitlines()),
            NOT_LOOKED_FOR not in definition,
        )


def uses(text: str, terms: Iterable[Term]) -> Iterator[Use]:
    """Find where the running text of a page uses terms, in order."""
    by_name = {name.casefold(): term for term in terms for name in term.names}
    if not by_name:
        return
    # The longest that fits is what is meant.
    names = sorted(by_name, key=len, reverse=True)
    groups = {f"t{number}": name for number, name in enumerate(names)}
    words = "|".join(f"(?P<{group}>{_pattern(name)})" for group, name in groups.items())
    text = running_text(text)
    for match in re.finditer(rf"{_LINK}|(?<![\w-])(?:{words})(?![\w-])", text, re.IGNORECASE):
        linked = match["target"] is not None
        name = " ".join(match["target"].split()).casefold() if linked else groups[match.lastgroup]
        if name in by_name:
            yield Use(by_name[name], match.group(), line_of(text, match.start()), linked)


def _pattern(name: str) -> str:
    """Make a term's pattern, singular and plural; hyphens, spaces, line breaks part words alike."""
    *first, last = re.split(r"[-\s]+", name)
    if last.endswith("y"):
        ending = re.escape(last[:-1]) + "(?:y|ies)"
    elif last.endswith("is"):
        ending = re.escape(last[:-2]) + "[ie]s"
    else:
        ending = re.escape(last.removesuffix("s")) + "(?:e?s)?"
    return r"(?:-|[ \t]+|[ \t]*\n[ \t]*)".join([*map(re.escape, first), ending])


def running_text(text: str) -> str:
    """Leave of a page only its running text and its ``{term}`` links, each in its line."""
    lines = [""] * (text.count("\n") + 1)
    _keep(without_front_matter(text), 1, lines)

    def drop(match: re.Match[str]) -> str:
        return match.group() if match["role"] == "term" else re.sub(r"[^\n]+", " ; ", match.group())

    return INLINE.sub(drop, "\n".join(lines))


def _keep(text: str, first: int, lines: list[str]) -> None:
    for block in blocks(text, first):
        if block.kind == "text":
            for number, line in enumerate(block.lines, start=block.line - 1):
                lines[number] = "" if _NO_TEXT.match(line) else line
        elif block.kind == "directive" and block.name not in ASIDE:
            _keep("\n".join(block.lines), block.line, lines)


def unlinked(text: str, terms: Iterable[Term]) -> Iterator[Use]:
    """Find the first use of each term, where that is no link to it.

    Raises MystError for text that cannot be read.
    """
    seen = set()
    for use in uses(text, terms):
        if use.term not in seen and not use.linked and use.term.looked_for:
            yield use
        seen.add(use.term)

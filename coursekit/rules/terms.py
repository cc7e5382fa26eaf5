"""A chapter's first use of a term of the glossary leads there; evidence comes after the chapter."""

from collections.abc import Iterator
from contextlib import suppress

from coursekit.pages.myst import MystError
from coursekit.pages.terms import load_terms, unlinked
from coursekit.problem import PageError, Problem
from coursekit.rules.course import Course


def problems(course: Course) -> Iterator[Problem]:
    """Find first uses without a link."""
    try:
        terms = load_terms(course.root)
    except PageError as error:
        yield Problem(course.root, "", str(error))
        return
    for path in sorted(course.root.glob("chapters/*.md")):
        if path.stem.endswith("_evidence"):
            continue
        # A page that cannot be read is reported where that is tried first.
        with suppress(MystError):
            for use in unlinked(path.read_text(encoding="utf-8"), terms):
                words, name = " ".join(use.words.split()), use.term.names[0]
                role = words if words == name else f"{words} <{name}>"
                yield Problem(
                    path,
                    f"line {use.line}",
                    f"{words!r} is a glossary term; link its first use: {{term}}`{role}`",
                )

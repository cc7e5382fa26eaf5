"""An exercise is named where readers look for it: in its chapter, and in the playground."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from coursekit.pages.exercises import is_exercise
from coursekit.paths import EXAMPLES, PLAYGROUND
from coursekit.problem import Problem
from coursekit.rules.course import Course

_SECTION = re.compile(r"^## Exercises$\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def problems(course: Course) -> Iterator[Problem]:
    """Find where exercises are missing, each place once."""
    found = [
        problem
        for page in course.pages
        if is_exercise(page.source, course.root)
        for problem in of_exercise(page.name.removeprefix("solutions/"), course.root)
    ]
    yield from dict.fromkeys(found)


def of_exercise(name: str, root: Path) -> Iterator[Problem]:
    """Find where one exercise, CHAPTER/NAME, is missing; a book may have no playground at all."""
    chapter = name.split("/")[0]
    yield from _in_chapter(name, root / f"chapters/{chapter}.md")
    examples, playground = root / EXAMPLES, root / f"{PLAYGROUND}.md"
    if examples.exists():
        pages = [example["page"] for example in json.loads(examples.read_text(encoding="utf-8"))]
        if f"solutions/{name}" not in pages:
            yield Problem(
                examples,
                "",
                f"has no example with which to start solutions/{name}; add one, then `make "
                "playground-record ONLY=…`, with its name",
            )
    if playground.exists():
        directive = f"{{playground-examples}} {chapter}"
        if f"{directive}\n" not in playground.read_text(encoding="utf-8"):
            yield Problem(
                playground, "", f"does not show the examples of {chapter}; add {directive}"
            )


def _in_chapter(name: str, chapter: Path) -> Iterator[Problem]:
    section = _SECTION.search(chapter.read_text(encoding="utf-8") if chapter.exists() else "")
    link = f"[its title](../solutions/{name}.md)"
    if not section:
        yield Problem(chapter, "", f"has no section `## Exercises`; add one that names {link}")
    elif link.partition("]")[2] not in section[1]:
        yield Problem(chapter, "under Exercises", f"does not name solutions/{name}; add {link}")

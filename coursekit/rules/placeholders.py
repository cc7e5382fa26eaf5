"""Nothing is left of what a template asks the author of a new page to write."""

import re
from collections.abc import Iterator
from pathlib import Path

from coursekit.paths import texts
from coursekit.problem import Problem
from coursekit.rules.course import Course

_PLACEHOLDER = re.compile(r"\bTODO\b[:,]? *(.*)")


def problems(course: Course) -> Iterator[Problem]:
    """Find what pages still ask for."""
    chapters = sorted(course.root.glob("chapters/*.md"))
    for path in [*texts(course.root), *chapters, *sorted(course.root.glob("solutions/*/*.md"))]:
        yield from of_page(path)


def of_page(path: Path) -> Iterator[Problem]:
    """Find what one page still asks for, line by line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if found := _PLACEHOLDER.search(line):
            yield Problem(path, f"line {number}", f"is still to be written, after TODO: {found[1]}")

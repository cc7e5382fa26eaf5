"""Numbers and words in the text that are bound to records are what the records say."""

from collections.abc import Iterator

from coursekit.problem import Problem
from coursekit.results.bindings import binding_problem, bindings
from coursekit.results.records import visible_from
from coursekit.rules.course import Course


def problems(course: Course) -> Iterator[Problem]:
    """Find what the records do not bear out; a page's own come before those of other pages."""
    for name in sorted(set(course.book.titles) - course.unbuilt):
        source, visible = course.root / f"{name}.md", visible_from(name, course.records)
        for binding in bindings(source.read_text(encoding="utf-8")):
            if message := binding_problem(binding, visible):
                yield Problem(source, f"line {binding.line}", message)

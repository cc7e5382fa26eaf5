"""Find everything that is wrong with the course; each rule is a module beside this one."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from coursekit.pages.book import load_book
from coursekit.pages.notebook import Page, page_notebook, pages, read_notebook
from coursekit.problem import PageError, Problem
from coursekit.results.records import notebook_records
from coursekit.rules import (
    claims,
    clutter,
    engine_first,
    execution,
    freshness,
    machine_paths,
    markup,
    named,
    numbers,
    orphans,
    parameters,
    pictures,
    placeholders,
    playground,
    shape,
    standalone,
    students,
    terms,
)
from coursekit.rules.course import Built, Course

OF_A_PAGE = (
    parameters,
    freshness,
    execution,
    standalone,
    engine_first,
    machine_paths,
    clutter,
    markup,
    pictures,
    students,
    shape,
)
OF_THE_COURSE = (orphans, numbers, claims, terms, named, placeholders, playground)


def check(
    root: Path, follow: Callable[[list[Any]], Iterable[Any]] = lambda steps: steps
) -> list[Problem]:
    """List all problems of the course in the folder ``root``, their files as seen from there.

    ``follow`` gives back, one by one, the steps that it gets, and so sees how far the check is.
    """
    try:
        course = Course(root, load_book(root), pages(root))
    except PageError as error:
        return [Problem(root, "", str(error))]
    problems: list[Problem] = []
    # Pages come first: they say what they record.
    for step in follow([*course.pages, *OF_THE_COURSE]):
        problems += _of_page(course, step) if isinstance(step, Page) else step.problems(course)
    return [problem.seen_from(root) for problem in problems]


def _of_page(course: Course, page: Page) -> Iterator[Problem]:
    """Hold a page with its notebook to the rules, and keep what it records for the others."""
    try:
        notebook = read_notebook(page.notebook)
        if notebook is not None:
            course.records[page.name] = notebook_records(notebook)
        built = Built(page, page_notebook(page, course.book), notebook)
    except PageError as error:
        yield Problem(page.source, "", str(error).removeprefix(f"{page.source}, "))
        return
    for rule in OF_A_PAGE:
        yield from rule.problems(built)

"""An exercise as it is graded: its solution, made anew from its page, and what students get of it."""

from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursekit.pages.book import load_book
from coursekit.pages.exercises import student_notebook
from coursekit.pages.notebook import Page, page_notebook
from coursekit.paths import ROOT
from coursekit.problem import PageError


@dataclass
class Exercise:
    """An exercise's solution, as it is graded, and the student's notebook."""

    solution: NotebookNode
    student: NotebookNode
    parameters: dict[str, object]


def load_exercise(name: str, root: Path = ROOT) -> Exercise:
    """Read the exercise called ``<chapter>/<exercise>`` from its page.

    Raises PageError where the page is missing or no exercise.
    """
    page = Page(root / "solutions" / f"{name}.md", root)
    if not page.source.exists():
        raise PageError(f"there is no exercise {page.source}")
    solution = page_notebook(page, load_book(root))
    student = nbformat.reads(student_notebook(solution, root), as_version=4)
    return Exercise(solution, student, dict(solution.metadata.course.shortened))

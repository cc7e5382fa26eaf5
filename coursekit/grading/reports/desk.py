"""What is made of one submission's graded notebook: what the gradebook needs of it, and feedback."""

from collections.abc import Mapping
from typing import Any

import nbformat

from coursekit.grading.reports.autograded import autograded, read_graded
from coursekit.grading.reports.feedback import hidden_lines, page
from coursekit.grading.reports.pages import title
from coursekit.grading.results import Result


class Desk:
    """Shows submissions. It works on what students wrote, so it belongs into a process with limits."""

    def __init__(self, solutions: Mapping[str, str]) -> None:
        """``solutions`` are the texts of the notebooks by ``<chapter>/<exercise>``."""
        self.solutions = {name: nbformat.v4.reads(text) for name, text in solutions.items()}
        self.hidden = {name: hidden_lines(one) for name, one in self.solutions.items()}

    def autograded(self, result: Result, text: str) -> dict[str, Any]:
        """See ``autograded.autograded``; an empty text stands for a notebook that cannot be shown."""
        return autograded(result, text, self.solutions[result.exercise])

    def feedback(self, result: Result, text: str, hand: Any = None, fingerprint: str = "") -> str:
        """The page for the student, as HTML; without cells where there is no text."""
        notebook = read_graded(text) if text else None
        name = title(result.exercise, self.solutions)
        return page(result, notebook, self.hidden[result.exercise], hand, name, fingerprint)

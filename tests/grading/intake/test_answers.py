"""An answer in words is empty only where no text of the student's stands near."""

from collections.abc import Callable
from copy import deepcopy

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade

from coursekit.grading.intake.notebooks import parse_notebook
from coursekit.grading.intake.official import official_notebook
from tests.support.restored import SOLUTION, at, change, code, delete, notebook, text

PLACEHOLDER = "YOUR ANSWER HERE"
BELOW = "Dropout trains many networks at once."
Edit = Callable[[NotebookNode], object]


def with_question(nb: NotebookNode) -> NotebookNode:
    nb = deepcopy(nb)
    nb.cells.insert(at(nb, "conclusion"), text("## Conclude\n\nWhy?", id="question"))
    return nb


def waiting(edit: Edit) -> tuple[bool, list[str]]:
    """Whether the answer waits for a person, as nbgrader sees it; and the notes."""
    released = with_question(notebook("", "network = 0", PLACEHOLDER))
    cell = released.cells[at(released, "conclusion")]
    cell.metadata.nbgrader.checksum = compute_checksum(cell)
    submission = deepcopy(released)
    edit(submission)
    read = parse_notebook(nbformat.writes(submission).encode())
    made, notes = official_notebook(read, with_question(SOLUTION), released)
    points, _ = determine_grade(made.cells[at(made, "conclusion")])
    assert points in (None, 0)
    return points is None, notes


ELSEWHERE = {
    "below": lambda nb: nb.cells.append(text(BELOW)),
    "above": lambda nb: nb.cells.insert(at(nb, "conclusion"), text(BELOW)),
    "in code": lambda nb: nb.cells.append(code(f"# {BELOW}")),
    "printed": lambda nb: nb.cells.append(code(f"print('{BELOW}')")),
    "raw": lambda nb: nb.cells.append(nbformat.v4.new_raw_cell(BELOW)),
    "in the question": change("question", f"## Conclude\n\nWhy? {BELOW}"),
    "instead": lambda nb: (nb.cells.pop(), nb.cells.append(text(BELOW))),
    "emptied": lambda nb: (nb.cells[-1].update(source=" "), nb.cells.append(text(BELOW))),
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_an_answer_that_stands_elsewhere_waits_for_a_person_and_is_shown(where: str) -> None:
    waits, notes = waiting(ELSEWHERE[where])
    assert waits
    (note,) = [note for note in notes if "nothing was written into the answer conclusion" in note]
    assert BELOW in note


EMPTY = {
    "untouched": lambda nb: None,
    "deleted": delete("conclusion"),
    "emptied": change("conclusion", "  \n"),
    "spaces": change("conclusion", f"{PLACEHOLDER}  \n"),
    "blank cell": lambda nb: nb.cells.append(text("  \n")),
    "text far away": lambda nb: nb.cells.insert(at(nb, "network"), text("On the network.")),
    "code before": lambda nb: nb.cells.insert(at(nb, "question"), code("scratch = 1")),
}


@pytest.mark.parametrize("how", EMPTY)
def test_an_answer_is_empty_where_no_text_stands_near(how: str) -> None:
    waits, notes = waiting(EMPTY[how])
    assert not waits
    assert not any("nothing was written" in note for note in notes)


def test_an_answer_that_was_written_waits_without_a_note() -> None:
    assert waiting(change("conclusion", BELOW)) == (True, [])

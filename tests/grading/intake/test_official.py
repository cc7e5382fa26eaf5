"""A submission is graded in the official notebook, whatever was done to its cells."""

from collections.abc import Callable

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from coursekit.grading.intake.notebooks import parse_notebook
from coursekit.grading.intake.official import official_notebook
from coursekit.paths import ROOT
from tests.support.cells import graded
from tests.support.restored import (
    SOLUTION,
    again,
    at,
    change,
    code,
    delete,
    metadata,
    move,
    official_parts,
    own,
    restored,
    source,
    text,
    turn,
)

NAMES = sorted(
    path.relative_to(ROOT / "exercises").with_suffix("").as_posix()
    for path in ROOT.glob("exercises/*/*.ipynb")
)


def test_solutions_and_answers_are_the_students_and_all_else_is_official() -> None:
    made, notes = restored(lambda _: None)
    assert notes == []
    assert source(made, "network") == "network = lambda: 3"
    assert source(made, "conclusion") == "I do not know."
    assert source(made, "check_bound").endswith("### END HIDDEN TESTS")
    assert official_parts(made) == official_parts(SOLUTION)
    assert made.metadata == SOLUTION.metadata


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_notebook_of_the_course_is_restored_without_a_note(name: str) -> None:
    solution = nbformat.read(ROOT / f"solutions/{name}.ipynb", as_version=4)
    released = parse_notebook((ROOT / f"exercises/{name}.ipynb").read_bytes())
    made, notes = official_notebook(released, solution, released)
    assert notes == []
    assert [cell.id for cell in made.cells] == [cell.id for cell in solution.cells]
    answers = [cell for cell in made.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    answers = [cell for cell in answers if cell.metadata.nbgrader.solution]
    assert answers
    assert [determine_grade(cell)[0] for cell in answers] == [0] * len(answers)
    answers[0].source += " I think."
    assert determine_grade(answers[0])[0] is None  # a person's


FORGED = [
    (change("check_bound", "pass"), "the check check_bound was changed; the official one was used"),
    (change("given_1", "1 + 1"), "the given cell given_1 was changed; the official one was used"),
    (change("lab", "%%writefile lab.py\nx = 2"), "lab.py was changed; the official one was used"),
    (delete("check_bound"), "the check check_bound was deleted; it was put back"),
    (delete("lab"), "lab.py was deleted; it was put back"),
    (metadata("check_bound", points=100), "the points of check_bound were changed to 100; it has 2"),
    (metadata("check_bound", points={"a": 1}), "the points of check_bound were changed to {'a': 1}; it has 2"),
    (metadata("network", grade=True, points=50), "the points of network were changed to 50; it has 0"),
    (metadata("check_bound", solution=True, locked=False), "the kind of cell that check_bound is was changed; it is a check cell"),
    (again("check_bound", "assert network()", "check"), "the check check_bound is there 2 times; the official one was used once"),
    (again("check_bound", "pass", "check"), "the check check_bound was changed; the official one was used"),
    (move("check_other", 0), "cells were put into another order; the official one was used"),
    (turn("check_bound", "markdown"), "the check check_bound was no code cell any more; the official one was used"),
    (lambda nb: nb.metadata.update(kernelspec={"name": "bash", "display_name": "x"}), "it asks for the kernel 'bash'; 'python3' was used"),
    (lambda nb: nb.cells.insert(4, code("%%writefile -a lab.py\nx = 9")), "an added cell that writes lab.py was left out"),
    (lambda nb: nb.cells.append(code("\n%%file '././lab.py'\nx = 9")), "an added cell that writes lab.py was left out"),
    (again("bonus", "1", "check"), "a cell with the unknown id 'bonus' counts as the student's own"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "note"), FORGED, ids=[note for _, note in FORGED])
def test_whatever_is_forged_the_official_cells_are_graded_and_it_is_told(
    edit: Callable[[NotebookNode], object], note: str
) -> None:
    made, notes = restored(edit)
    assert note in notes
    assert official_parts(made) == official_parts(SOLUTION)
    assert made.metadata == SOLUTION.metadata
    assert source(made, "network") == "network = lambda: 3"
    assert sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in made.cells) == 9


@pytest.mark.parametrize(
    ("edit", "network", "note"),
    [
        (delete("network"), "", "the solution cell network was deleted; it counts as empty"),
        (turn("network", "markdown"), "network = lambda: 3", "the solution cell network was turned into a markdown cell and back"),
        (change("network", "%%writefile lab.py\n"), "%%writefile lab.py\n", "the solution cell network writes lab.py"),
    ],
)  # fmt: skip
def test_a_solution_cell_holds_what_the_student_left_of_it(
    edit: Callable[[NotebookNode], object], network: str, note: str
) -> None:
    made, notes = restored(edit)
    assert notes == [note]
    assert source(made, "network") == network
    assert official_parts(made) == official_parts(SOLUTION)


def test_the_students_own_cells_stay_where_they_were_without_metadata() -> None:
    def edit(nb: NotebookNode) -> None:
        own = code("helper = 1", metadata={"tags": ["parameters"], "nbgrader": {"grade": True}})
        nb.cells.insert(at(nb, "network"), own)
        nb.cells.insert(at(nb, "check_bound"), text("A thought."))
        nb.cells.insert(0, code("first = 1"))
        nb.cells.append(graded("check", "bonus", "last = 1", points=100))
        nb.cells[at(nb, "build")].source = "## Build, changed"

    made, _ = restored(edit)
    own = [i for i, cell in enumerate(made.cells) if cell.id.startswith("own-")]
    assert [(made.cells[i - 1].source if i else "", made.cells[i].source) for i in own] == [
        ("", "first = 1"),
        ("import lab", "## Build, changed"),
        ("## Build, changed", "helper = 1"),
        ("network = lambda: 3", "A thought."),
        ("I do not know.", "last = 1"),
    ]
    assert all(made.cells[i].metadata == {} for i in own)
    assert official_parts(made) == official_parts(SOLUTION)


@pytest.mark.parametrize("tags", [["parameters"], []])
def test_changed_parameters_are_allowed_and_do_not_count(tags: list[str]) -> None:
    def edit(nb: NotebookNode) -> None:
        nb.cells[at(nb, "parameters")].update(source="seeds = 10**9", metadata={"tags": tags})

    made, notes = restored(edit)
    assert notes == []
    assert "seeds = 10**9" not in [cell.source for cell in made.cells]
    assert official_parts(made) == official_parts(SOLUTION)


def test_what_a_student_adds_to_parameters_runs_behind_them_and_values_do_not_count() -> None:
    made, notes = restored(change("parameters", "seeds = 3\nimport math\nhelper = seeds * 2\nf()"))
    assert own(made) == [("seeds = 30", "import math\nhelper = seeds * 2\nf()")]
    assert notes == []


def test_what_a_student_defines_in_a_given_cell_is_not_lost_and_what_is_given_stays_official() -> (
    None
):
    edited = (
        "import math\n%matplotlib widget\nlab = 3\nimport lab\n\ndef twice(x):\n    return 2 * x"
    )
    made, notes = restored(change("given_1", edited))
    assert own(made) == [("import lab", "import math\ndef twice(x):\n    return 2 * x")]
    assert notes == [
        "the given cell given_1 was changed; the official one was used, with what was added to it "
        "in a cell behind it"
    ]
    assert official_parts(made) == official_parts(SOLUTION)


def test_spaces_at_the_ends_of_lines_are_no_change() -> None:
    _, notes = restored(change("check_bound", "assert network()  \n\n"))
    assert notes == []


def test_an_empty_notebook_gives_all_that_can_be_graded() -> None:
    made, notes = restored(lambda nb: nb.cells.clear())
    assert len(notes) == 7
    assert official_parts(made) == official_parts(SOLUTION)

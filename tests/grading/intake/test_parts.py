"""A cell that was split or copied counts with all its parts."""

import contextlib
from collections.abc import Callable
from copy import deepcopy

import pytest
from nbformat import NotebookNode

from coursekit.grading.intake.notebooks import grade_id
from coursekit.grading.intake.official import official_notebook
from tests.support.cells import graded
from tests.support.restored import (
    SOLUTION,
    at,
    code,
    notebook,
    official_parts,
    own,
    restored,
    source,
    text,
)

HELPER, NETWORK = "def helper():\n    return 3", "def network():\n    return helper()"


def split(name: str, *sources: str) -> Callable[[NotebookNode], object]:
    """Split a cell as JupyterLab does: all parts keep its metadata, and so nbgrader's id."""

    def edit(nb: NotebookNode) -> None:
        place = at(nb, name)
        parts = [deepcopy(nb.cells[place]) for _ in sources]
        for number, (part, part_source) in enumerate(zip(parts, sources, strict=True)):
            part.update(source=part_source, id=f"part-{number}")
        nb.cells[place : place + 1] = parts

    return edit


def run(made: NotebookNode) -> dict:
    """The names after a run of the student's cells, in which a failing cell stops no other."""
    names: dict = {}
    for cell in made.cells:
        if cell.cell_type == "code" and (cell.id.startswith("own-") or grade_id(cell) == "network"):
            with contextlib.suppress(Exception):
                exec(cell.source.removeprefix("%%time\n"), names)
    return names


@pytest.mark.parametrize(
    "parts",
    [
        (HELPER, NETWORK),
        ("def helper():", "    return 3\n\n" + NETWORK),
        (HELPER + "\n\ndef network():\n", "    value = helper()", "    return value"),
        ("raise NotImplementedError()", HELPER + "\n" + NETWORK),
        ("def network():\n    return 'a draft'", HELPER + "\n" + NETWORK),
        (HELPER + "\n" + NETWORK, HELPER + "\n" + NETWORK),
        ("def draft(:", HELPER, NETWORK),
        ("", HELPER, "  \n", NETWORK),
        ("%%time\n" + HELPER, "%%time\n" + NETWORK),
    ],
    ids="apart within thrice failing draft copy broken blank commands".split(),
)
def test_all_parts_of_a_split_or_copied_cell_count_in_their_order(parts: tuple[str, ...]) -> None:
    made, notes = restored(split("network", *parts))
    assert run(made)["network"]() == 3
    assert official_parts(made) == official_parts(SOLUTION)
    assert any(
        note.startswith(f"the solution cell network is there {len(parts)} times") for note in notes
    )


def test_a_cell_between_two_parts_stays_between_them() -> None:
    def edit(nb: NotebookNode) -> None:
        split("network", "base = 1", "late = base + between")(nb)
        nb.cells.insert(at(nb, "part-1"), code("between = base + 1"))
        nb.cells.append(graded("solution", "network", "later = late"))

    made, _ = restored(edit)
    assert source(made, "network") == "base = 1"
    assert own(made) == [
        ("base = 1", "between = base + 1"),
        ("between = base + 1", "late = base + between"),
        ("late = base + between", "later = late"),
    ]


def test_an_untouched_copy_does_not_take_the_place_of_what_was_written() -> None:
    untouched = "def network():\n    raise NotImplementedError()"
    released = notebook("", untouched, "YOUR ANSWER HERE")
    for parts in ((untouched, HELPER + "\n" + NETWORK), (HELPER + "\n" + NETWORK, untouched)):
        submission = deepcopy(released)
        split("network", *parts)(submission)
        made, _ = official_notebook(submission, SOLUTION, released)
        assert source(made, "network") == HELPER + "\n" + NETWORK
        assert own(made) == []


def test_all_parts_of_an_answer_count_whatever_cells_they_became() -> None:
    def edit(nb: NotebookNode) -> None:
        split("conclusion", "First.", "Second.")(nb)
        nb.cells.append(code("# Third.", metadata=nb.cells[-1].metadata))

    made, notes = restored(edit)
    assert source(made, "conclusion") == "First.\n\nSecond.\n\n# Third."
    assert notes == [
        "the answer conclusion is there 3 times, split or copied; all of them count",
        "the answer conclusion was turned into a code cell and back",
    ]


def test_a_text_split_off_a_solution_stays_a_text() -> None:
    def edit(nb: NotebookNode) -> None:
        split("network", HELPER, "It returns three.", NETWORK)(nb)
        place = at(nb, "part-1")
        nb.cells[place] = text("It returns three.", metadata=nb.cells[place].metadata)

    made, _ = restored(edit)
    kinds = [cell.cell_type for cell in made.cells if cell.id.startswith("own-")]
    assert sorted(kinds) == ["code", "markdown"]
    assert run(made)["network"]() == 3


def test_a_split_check_is_no_changed_check() -> None:
    _, notes = restored(split("check_bound", "assert", " network()"))
    assert any("was changed" in note for note in notes)
    made, notes = restored(split("check_bound", "assert network()", ""))
    assert notes == ["the check check_bound is there 2 times; the official one was used once"]
    assert official_parts(made) == official_parts(SOLUTION)

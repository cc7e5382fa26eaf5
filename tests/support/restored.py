"""A submission put into a small official notebook."""

from collections.abc import Callable
from copy import deepcopy

import nbformat
from nbformat import NotebookNode

from coursekit.grading.intake.notebooks import grade_id, parse_notebook
from coursekit.grading.intake.official import official_notebook
from tests.support.cells import graded

HIDDEN = "\n### BEGIN HIDDEN TESTS\nassert network() == 2\n### END HIDDEN TESTS"
code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def cells(hidden: str, network: str, conclusion: str) -> list[NotebookNode]:
    setup = graded("given", "lab", "%%writefile lab.py\nx = 1")
    setup.metadata.course = {"setup": True}
    return [
        text("# Exercise", id="title"),
        setup,
        code("seeds = 30", metadata={"tags": ["parameters"]}, id="parameters"),
        graded("given", "given_1", "import lab"),
        text("## Build", id="build"),
        graded("solution", "network", network),
        graded("check", "check_bound", "assert network()" + hidden, points=2),
        graded("solution", "other", "other = 1"),
        graded("check", "check_other", "assert other", points=3),
        graded("answer", "conclusion", conclusion, points=4),
    ]


def notebook(*given: str) -> NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=cells(*given), metadata={"kernelspec": kernel})


SOLUTION = notebook(HIDDEN, "network = lambda: 2", "Because.")
for _cell in SOLUTION.cells:
    _cell.metadata["mystnb"] = {"image": {}}
HANDED_IN = notebook("", "network = lambda: 3", "I do not know.")


def at(submission: NotebookNode, name: str) -> int:
    return next(i for i, cell in enumerate(submission.cells) if name in (grade_id(cell), cell.id))


def restored(edit: Callable[[NotebookNode], object]) -> tuple[NotebookNode, list[str]]:
    """Edit what was handed in, pass it through a file, and restore it."""
    submission = deepcopy(HANDED_IN)
    edit(submission)
    before = deepcopy(SOLUTION)
    made, notes = official_notebook(parse_notebook(nbformat.writes(submission).encode()), SOLUTION)
    assert before == SOLUTION
    nbformat.validate(made)
    assert len({cell.id for cell in made.cells}) == len(made.cells)
    return made, notes


def source(made: NotebookNode, name: str) -> str:
    return made.cells[at(made, name)].source


def official_parts(made: NotebookNode) -> list[NotebookNode]:
    """The official cells, without what students write."""
    kept = [cell for cell in deepcopy(made.cells) if not cell.id.startswith("own-")]
    for cell in kept:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = ""
    return kept


def change(name: str, source: str) -> Callable[[NotebookNode], object]:
    return lambda nb: nb.cells[at(nb, name)].update(source=source)


def delete(name: str) -> Callable[[NotebookNode], object]:
    return lambda nb: nb.cells.pop(at(nb, name))


def metadata(name: str, **values: object) -> Callable[[NotebookNode], object]:
    return lambda nb: nb.cells[at(nb, name)].metadata.nbgrader.update(values)


def again(name: str, source: str, kind: str = "solution") -> Callable[[NotebookNode], object]:
    return lambda nb: nb.cells.append(graded(kind, name, source))


def move(name: str, place: int) -> Callable[[NotebookNode], object]:
    return lambda nb: nb.cells.insert(place, nb.cells.pop(at(nb, name)))


def turn(name: str, kind: str) -> Callable[[NotebookNode], object]:
    def edit(nb: NotebookNode) -> None:
        old = nb.cells[at(nb, name)]
        make = text if kind == "markdown" else code
        nb.cells[at(nb, name)] = make(old.source, metadata=old.metadata)

    return edit


def own(made: NotebookNode) -> list[tuple[str, str]]:
    """The student's own cells, each with the first line of the cell before it."""
    return [
        ((made.cells[i - 1].source if i else "").split("\n")[0], cell.source)
        for i, cell in enumerate(made.cells)
        if cell.id.startswith("own-")
    ]

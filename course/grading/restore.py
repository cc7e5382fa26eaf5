"""The notebook to grade: the official one, with a student's own cells in it."""

from collections import Counter
from copy import deepcopy

import nbformat
from nbformat import NotebookNode

from course.exercises import kind_of, without_regions
from course.notebook import is_setup
from course.proofs import Exercise

STUDENTS = ("solution", "answer")  # kinds of cells that a student writes
_NEW = {
    "code": nbformat.v4.new_code_cell,
    "markdown": nbformat.v4.new_markdown_cell,
    "raw": nbformat.v4.new_raw_cell,
}


def official_notebook(theirs: NotebookNode, exercise: Exercise) -> tuple[NotebookNode, list[str]]:
    """Put the cells that a student wrote into the official notebook; also tell what had been changed that is not theirs.

    What was given, checks, their points and order, parameters and the kernel are official whatever the submission says. Cells that
    the student added keep their place behind the official cell before them.
    """
    official = {_id(cell): cell for cell in exercise.solution.cells if kind_of(cell)}
    marks = {_id(cell): cell.metadata for cell in exercise.student.cells if kind_of(cell)}
    mine, added, order = _sorted_out(theirs, exercise)
    notes = _changes(mine, official, order)
    if (kernel := theirs.metadata.get("kernelspec", {}).get("name", "python3")) != "python3":
        notes.append(f"the kernel {kernel!r} was named; Python 3 was used")
    notebook = deepcopy(exercise.solution)
    cells = [*added.get("", [])]
    for cell in notebook.cells:
        cells.append(cell)
        name, kind = _id(cell), kind_of(cell)
        if kind in STUDENTS:
            cell.source = mine[name][-1].source if name in mine else ""
            cell.metadata = deepcopy(marks[name])  # with nbgrader's checksum of the untouched cell
        elif name in mine and cell.cell_type == "code":
            cell.outputs = deepcopy(mine[name][-1].get("outputs", []))
        cells += added.get(name, []) if name else []
    notebook.cells = cells
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return notebook, notes


def _id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader.grade_id) if kind_of(cell) else ""


def _claimed(cell: NotebookNode) -> str:
    """The id that a student's cell claims, whatever else its metadata say."""
    metadata = cell.get("metadata", {}).get("nbgrader")
    return str(metadata.get("grade_id", "")) if isinstance(metadata, dict) else ""


def _sorted_out(
    theirs: NotebookNode, exercise: Exercise
) -> tuple[dict[str, list[NotebookNode]], dict[str, list[NotebookNode]], list[str]]:
    """A student's cells by official id, the added ones by the id before them, and the order of the official ids."""
    known = {_id(cell): cell for cell in exercise.solution.cells if kind_of(cell)}
    texts = {cell.source.strip() for cell in exercise.student.cells if not kind_of(cell)}
    mine: dict[str, list[NotebookNode]] = {}
    added: dict[str, list[NotebookNode]] = {}
    order: list[str] = []
    for cell in theirs.cells:
        name = _claimed(cell)
        if name in known and cell.cell_type == known[name].cell_type:
            mine.setdefault(name, []).append(cell)
            order.append(name)
            continue
        tags = cell.metadata.get("tags", [])
        brought = is_setup(cell) or cell.source.startswith(
            ("%%writefile lab.py", "%%writefile checks.py")
        )
        if (
            brought
            or "parameters" in tags
            or not cell.source.strip()
            or cell.source.strip() in texts
        ):
            continue
        new = _NEW[cell.cell_type](cell.source)
        added.setdefault(order[-1] if order else "", []).append(new)
    return mine, added, order


def _changes(
    mine: dict[str, list[NotebookNode]], official: dict[str, NotebookNode], order: list[str]
) -> list[str]:
    notes = []
    for name, cell in official.items():
        kind = kind_of(cell)
        found = mine.get(name, [])
        if not found:
            notes.append(
                f"the cell {name} was deleted"
                + ("" if kind in STUDENTS else "; the official one was used")
            )
            continue
        if len(found) > 1:
            notes.append(
                f"there are {len(found)} cells {name}"
                + ("; the last one counts" if kind in STUDENTS else "")
            )
        shown = without_regions(cell.source, "HIDDEN TESTS").strip()
        if kind not in STUDENTS and any(one.source.strip() != shown for one in found):
            notes.append(f"the cell {name} was changed; the official one was used")
        points = cell.metadata.nbgrader.get("points")
        if any(one.metadata.nbgrader.get("points", points) != points for one in found):
            notes.append(f"the points of {name} were changed; it gives {points:g}")
    once = [name for name, count in Counter(order).items() if count == 1]
    if [name for name in order if name in once] != [name for name in official if name in once]:
        notes.append("cells were reordered; the official order was used")
    return notes

"""The notebook to grade: the official cells, with what the student wrote in the places meant for it."""

import re
from collections import defaultdict
from copy import deepcopy

import nbformat
from nbformat import NotebookNode

from coursekit.grading.intake.names import shown
from coursekit.grading.intake.notebooks import grade_id
from coursekit.pages.bundle import SETUP
from coursekit.pages.exercises import kind_of, without_regions
from coursekit.pages.notebook import is_setup

_WRITES = re.compile(
    rf"\s*%%(?:writefile|file)\s+(?:-a\s+)?[\"']?(?:\./)*({'|'.join(SETUP)})\.py\b"
)
_NOUNS = {
    "given": "the given cell",
    "solution": "the solution cell",
    "check": "the check",
    "answer": "the answer",
}


def official_notebook(
    submission: NotebookNode, solution: NotebookNode, released: NotebookNode | None = None
) -> tuple[NotebookNode, list[str]]:
    """Put a submission's solutions and answers into the official notebook; return it, and notes on what was restored.

    The order, the given cells, checks, parameters and modules, and all metadata are those of ``solution``, the instructor's
    notebook. A cell that the student added stays behind the official one that it followed, without its metadata.
    With ``released``, the notebook that students got, cells to write in get its checksums, by which nbgrader knows that an
    answer is untouched.
    """
    official = deepcopy(solution)
    checksums = {
        name: cell.metadata.nbgrader.get("checksum")
        for cell in (released.cells if released else [])
        if (name := grade_id(cell))
    }
    for cell in official.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if kind_of(cell) in ("solution", "answer") and checksums.get(grade_id(cell)):
            cell.metadata.nbgrader.checksum = checksums[grade_id(cell)]
    places = {name: i for i, cell in enumerate(official.cells) if (name := grade_id(cell))}
    texts: dict[str, int] = {}
    for i, cell in enumerate(official.cells):
        if not grade_id(cell):
            texts.setdefault(_plain(cell.source), i)
    parameters = _parameters(submission, official)

    theirs: dict[str, list[NotebookNode]] = defaultdict(list)
    extra: dict[int, list[NotebookNode]] = defaultdict(list)
    order, notes = [], []
    after = -1
    for cell in submission.cells:
        name = grade_id(cell)
        if name in places:
            after = places[name]
            theirs[name].append(cell)
            if len(theirs[name]) == 1:
                order.append(after)
        elif id(cell) in parameters:
            after = parameters[id(cell)]
            if lost := _names(cell.source) - _names(official.cells[after].source):
                what = shown(", ".join(sorted(lost)))
                notes.append(f"{what} in the cell of parameters was left out; grading sets its own")
        elif not name and _plain(cell.source) in texts:
            after = texts[_plain(cell.source)]
        elif match := _WRITES.match(cell.source):
            notes.append(f"an added cell that writes {match[1]}.py was left out")
        elif cell.source.strip():
            extra[after].append(cell)
            if name:
                notes.append(
                    f"a cell with the unknown id {shown(name)!r} counts as the student's own"
                )

    for name, place in places.items():
        notes += _restored(official.cells[place], theirs[name])
    if order != sorted(order):
        notes.append("cells were put into another order; the official one was used")
    notes += _kernel(submission, official)

    cells = []
    number = 0
    for i in range(-1, len(official.cells)):
        cells += official.cells[i : i + 1] if i >= 0 else []
        for cell in extra[i]:
            number += 1
            cells.append(_own(cell, f"own-{number}"))
    official.cells = cells
    return official, list(dict.fromkeys(notes))


def _restored(cell: NotebookNode, theirs: list[NotebookNode]) -> list[str]:
    """Put the student's source into an official cell that is meant for it; tell what differs."""
    name, kind = cell.metadata.nbgrader.grade_id, kind_of(cell)
    what = f"{name}.py" if is_setup(cell) else f"{_NOUNS.get(kind, 'the cell')} {name}"
    writable = kind in ("solution", "answer")
    if not theirs:
        if writable:
            cell.source = ""
            return [f"{what} was deleted; it counts as empty"]
        return [f"{what} was deleted; it was put back"]
    notes = []
    if len(theirs) > 1:
        counts = "the last one counts" if writable else "the official one was used once"
        notes.append(f"{what} is there {len(theirs)} times; {counts}")
    if writable:
        if theirs[-1].cell_type != cell.cell_type:
            notes.append(f"{what} was turned into a {theirs[-1].cell_type} cell and back")
        cell.source = theirs[-1].source
        if match := _WRITES.match(cell.source):
            notes.append(f"{what} writes {match[1]}.py")
    elif any(_plain(one.source) not in _released(cell) for one in theirs):
        notes.append(f"{what} was changed; the official one was used")
    elif any(one.cell_type != cell.cell_type for one in theirs):
        notes.append(f"{what} was no code cell any more; the official one was used")
    official = cell.metadata.nbgrader
    for one in theirs:
        points = one.metadata.nbgrader.get("points", 0)
        if points != official.get("points", 0):
            notes.append(
                f"the points of {name} were changed to {shown(repr(points))}; "
                f"it has {official.get('points', 0):g}"
            )
        if kind_of(one) != kind:
            notes.append(f"the kind of cell that {name} is was changed; it is a {kind} cell")
    return list(dict.fromkeys(notes))


def _released(cell: NotebookNode) -> set[str]:
    """How a locked cell may look in a submission: as students got it, without hidden tests."""
    return {_plain(cell.source), _plain(without_regions(cell.source))}


def _plain(source: str) -> str:
    """A source as it compares: editors change the space at ends of lines."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _parameters(submission: NotebookNode, official: NotebookNode) -> dict[int, int]:
    """Which of the student's cells is the one of parameters, and its place.

    Students may change the values; grading sets its own. The cell is told by its id, or by its tag where that was lost.
    """
    found = {}
    for i, cell in enumerate(official.cells):
        if "parameters" not in cell.metadata.get("tags", []):
            continue
        free = [one for one in submission.cells if one.cell_type == "code" and not grade_id(one)]
        same = [one for one in free if one.get("id") == cell.get("id")]
        same += [one for one in free if "parameters" in one.metadata.get("tags", [])]
        if same:
            found[id(same[0])] = i
    return found


def _names(source: str) -> set[str]:
    """What a cell of parameters sets; a line that sets nothing stands for itself."""
    lines = [line for line in _plain(source).splitlines() if line and line[0] not in "# "]
    return {match[1] if (match := re.match(r"(\w+)\s*=", line)) else line for line in lines}


def _kernel(submission: NotebookNode, official: NotebookNode) -> list[str]:
    given = submission.metadata.get("kernelspec", {})
    given = given.get("name", "") if isinstance(given, dict) else given
    right = official.metadata.get("kernelspec", {}).get("name", "")
    if given and given != right:
        return [f"it asks for the kernel {shown(str(given))!r}; {right!r} was used"]
    return []


def _own(cell: NotebookNode, name: str) -> NotebookNode:
    """A student's own cell, called ``name``; its metadata could say anything, so it gets none."""
    make = dict(
        code=nbformat.v4.new_code_cell,
        markdown=nbformat.v4.new_markdown_cell,
        raw=nbformat.v4.new_raw_cell,
    )
    return make[cell.cell_type](cell.source, id=name)

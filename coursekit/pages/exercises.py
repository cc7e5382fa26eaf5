"""Exercises: nbgrader's metadata on a solution's cells, and the student notebook made of it.

A solution is a page, solutions/<chapter>/<exercise>.md, whose cells say what they are to nbgrader
in a short form:

- ``:nbgrader: {kind: solution, id: build}`` in a code cell that the student writes;
- ``:nbgrader: {kind: check, id: check_build, points: 2}`` in one that tests it;
- ``+++ {"nbgrader": {"kind": "answer", "id": "conclusion", "points": 4}}`` before an answer in
  words, ``+++`` after it.

All other code cells, the parameters aside, are given: nbgrader locks them.
"""

import html
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coursekit.problem import PageError

CONFIG = "nbgrader_config.py"
SCHEMA = 3  # of nbgrader's metadata
KINDS = {  # what nbgrader calls them
    "given": dict(grade=False, solution=False, locked=True, task=False),
    "solution": dict(grade=False, solution=True, locked=False, task=False),
    "check": dict(grade=True, solution=False, locked=True, task=False),
    "answer": dict(grade=True, solution=True, locked=False, task=False),
}
REGIONS = ("SOLUTION", "HIDDEN TESTS")  # what nbgrader takes out of a cell, by its comments
_SHORTEST = 12  # characters that a line must have to tell a solution from chance


def is_exercise(page: Path, root: Path) -> bool:
    """Tell whether a page, or the notebook built from it, is a solution."""
    return page.is_relative_to(root / "solutions")


def student_path(solution: Path, root: Path) -> Path:
    """Where the student notebook of a solution lies."""
    relative = solution.relative_to(root / "solutions").with_suffix(".ipynb")
    return root / "exercises" / relative


# ------------------------------------------------------------------------------------- metadata


def add_nbgrader_metadata(notebook: NotebookNode, page: Path) -> None:
    """Write out the short form of nbgrader's metadata in all cells of a solution.

    Raises PageError for a cell whose short form cannot be understood.
    """
    given = 0
    for cell in notebook.cells:
        short = cell.metadata.get("nbgrader")
        if short is None:
            if cell.cell_type != "code" or "parameters" in cell.metadata.get("tags", []):
                continue
            file = re.match(r"%%writefile (\w+)\.py\n", cell.source)
            given += not file
            short = {"kind": "given", "id": file[1] if file else f"given_{given}"}
        cell.metadata.nbgrader = _written_out(cell, dict(short), page)
    ids = [
        cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata
    ]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise PageError(f"{page}: several cells are called {', '.join(sorted(twice))}; rename one")


def _written_out(cell: NotebookNode, short: dict, page: Path) -> NotebookNode:
    kind, name, points = short.get("kind"), short.get("id"), short.get("points")
    problem = ""
    if kind not in KINDS or not re.fullmatch(r"\w+", str(name)):
        problem = f"needs a kind ({', '.join(KINDS)}) and an id of letters, digits and underscores"
    elif KINDS[kind]["grade"] != isinstance(points, int | float):
        problem = "needs points" if KINDS[kind]["grade"] else "can have no points"
    elif (kind == "answer") != (cell.cell_type == "markdown"):
        problem = "is of the wrong type: an answer is text, everything else is code"
    elif rest := set(short) - {"kind", "id", "points"}:
        problem = f"has unknown settings {', '.join(sorted(rest))}"
    if problem:
        raise PageError(f"{page}: the nbgrader cell {short} {problem}")
    metadata = {"schema_version": SCHEMA, "grade_id": name, **KINDS[kind]}
    if KINDS[kind]["grade"]:
        metadata["points"] = points
    return NotebookNode(metadata)


def kind_of(cell: NotebookNode) -> str:
    """``given``, ``solution``, ``check`` or ``answer``; empty for a cell unknown to nbgrader."""
    metadata = cell.metadata.get("nbgrader", {})
    if "kind" in metadata:  # as in a page
        return metadata["kind"]
    for kind, flags in KINDS.items():
        if metadata and all(metadata.get(name, False) == value for name, value in flags.items()):
            return kind
    return ""


def announced_points(solution: NotebookNode) -> list[tuple[str, float, float]]:
    """For each step of an exercise: its heading, the points announced, and those of its cells.

    A step's heading ends in its points, "(2 points)".
    """
    steps: list[list[Any]] = [["before the first heading with points", 0, 0]]
    for cell in solution.cells:
        heading = re.search(r"^(#+ .*\((\d+) points?\))$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and heading:
            steps.append([heading[1], float(heading[2]), 0])
        steps[-1][2] += cell.metadata.get("nbgrader", {}).get("points", 0)
    return [(name, said, points) for name, said, points in steps]


# ----------------------------------------------------------------------------- student notebooks


def nbgrader_config(root: Path) -> Any:
    """Read the course's nbgrader_config.py."""
    from traitlets.config import PyFileConfigLoader

    return PyFileConfigLoader(CONFIG, path=str(root)).load_config()


def student_notebook(solution: NotebookNode, root: Path) -> str:
    """The text of the student notebook that ``nbgrader generate_assignment`` makes of a solution.

    Raises PageError where nbgrader refuses the solution.
    """
    # Importing nbgrader takes a second, which only this needs.
    from nbconvert.exporters import NotebookExporter
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import SaveCells

    config = nbgrader_config(root)
    config.Exporter.default_preprocessors = []
    exporter = NotebookExporter(config=config)
    for step in GenerateAssignment.preprocessors.default():
        if step is not SaveCells:  # writes to the gradebook
            exporter.register_preprocessor(step)
    try:
        text, _ = exporter.from_notebook_node(deepcopy(solution))
    except Exception as error:
        # nbgrader raises RuntimeError, ValueError and jsonschema's.
        raise PageError(f"nbgrader refuses it: {error}") from error
    return text if text.endswith("\n") else text + "\n"


def write_student_notebook(solution: NotebookNode, page: Path, root: Path) -> bool:
    """Write the student notebook of a solution; return whether that changed anything."""
    path, text = student_path(page, root), student_notebook(solution, root)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


# ------------------------------------------------------------------------------------- secrets


def without_regions(source: str, *which: str) -> str:
    """A cell's source without its regions, such as ``HIDDEN TESTS`` (default: all)."""
    lines = source.splitlines(keepends=True)
    kept, after = [], 0
    for begin, end, what in _regions(lines):
        if not which or what in which:
            kept += lines[after:begin]
            after = end + 1
    return "".join(kept + lines[after:])


def _regions(lines: list[str]) -> list[tuple[int, int, str]]:
    """The regions among a cell's lines: the first and the last line of each, and which it is.

    A region ends with the first line that ends one of its kind; one that never ends is none.
    """
    # The first of them last, to be taken from there.
    ends = {
        what: [i for i in range(len(lines) - 1, -1, -1) if f"END {what}" in lines[i]]
        for what in REGIONS
    }
    found, after = [], 0
    for begin, line in enumerate(lines):
        what = next((what for what in REGIONS if f"BEGIN {what}" in line), "")
        if begin < after or not what:
            continue
        while ends[what] and ends[what][-1] <= begin:
            ends[what].pop()
        if ends[what]:
            found.append((begin, ends[what][-1], what))
            after = ends[what][-1] + 1
    return found


def shown_to_students(solution: NotebookNode) -> Iterator[str]:
    """The sources of a solution's cells without what students do not get."""
    for cell in solution.cells:
        if not _is_all_secret(cell):
            yield without_regions(cell.source)


def _is_all_secret(cell: NotebookNode) -> bool:
    return kind_of(cell) in ("solution", "answer") and not _regions(cell.source.splitlines())


def secrets(solution: NotebookNode, public: Iterable[str] = ()) -> set[str]:
    """Lines that no student may get to see: of solutions, hidden tests, answers and stored outputs.

    Short lines, and those that also stand within what is given or the ``public`` texts, tell
    nothing.
    """
    hidden = []
    for cell in solution.cells:
        lines = cell.source.splitlines()
        regions = ["\n".join(lines[begin + 1 : end]) for begin, end, _ in _regions(lines)]
        hidden += [cell.source] if _is_all_secret(cell) else regions
        if cell.cell_type == "code":
            hidden += list(_texts(cell.outputs))
    shown = [*public, *shown_to_students(solution)]
    # Wrapped otherwise, a phrase is no less known.
    known = " ".join(" ".join(text.split()) for text in shown)
    lines = {line for text in hidden for line in _lines(text) if len(line) >= _SHORTEST}
    return {line for line in lines if line not in known}


def _texts(outputs: Iterable[NotebookNode]) -> Iterator[str]:
    for output in outputs:
        if "text" in output:
            yield output.text
        for kind, value in output.get("data", {}).items():
            # Not <Figure size …>.
            if kind == "text/plain" and not value.startswith("<"):
                yield value
            elif kind.startswith("image/"):
                yield value[200:400]  # past what all pictures of a size share


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield re.sub(r"\s+", " ", line).strip()


def leaks(text: str, hidden: set[str]) -> list[str]:
    """Which of the hidden lines occur in a file's text, be it plain, JSON or HTML."""
    plain = html.unescape(re.sub(r"<[^<>]+>", "", text))
    seen = {re.sub(r"\s+", " ", form) for form in (text, plain)}
    found = []
    for line in sorted(hidden):
        in_json = line.replace("\\", "\\\\").replace('"', '\\"')
        if any(line in form or in_json in form for form in seen):
            found.append(line)
    return found

"""A small class, graded by hand: what grading leaves, without running anything."""

import csv
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from coursekit.grading.reports import feedback, gradebook
from coursekit.grading.reports.desk import Desk
from coursekit.grading.results import Mark, Result, path_of, write_atomically, write_result
from coursekit.pages.exercises import KINDS

SOLUTION_LINE = "return sum(values) / len(values)"
HIDDEN_LINE = 'assert mean([7, 9]) == 8, "The mean of 7 and 9 is 8."'
MODEL_ANSWER = "The model answer, which nobody may see, speaks of outliers."
# The smallest PNG: one transparent pixel.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)


def cell(
    kind: str, name: str, source: str, points: float | None = None, outputs=()
) -> NotebookNode:
    data = {"schema_version": 3, "grade_id": name, **KINDS[kind]}
    if points is not None:
        data["points"] = points
    if kind == "answer":
        made = new_markdown_cell(source, metadata={"nbgrader": data})
    else:
        made = new_code_cell(source, metadata={"nbgrader": data}, outputs=list(outputs))
    made.id = name.replace("_", "-")
    return made


def text_cell(source: str, name: str) -> NotebookNode:
    made = new_markdown_cell(source)
    made.id = name
    return made


def printed(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def failed(message: str, *traceback: str) -> NotebookNode:
    return new_output(
        "error", ename="AssertionError", evalue=message, traceback=[*traceback, message]
    )


CHECK_MEAN = f"""\
assert mean([1, 3]) == 2, "The mean of 1 and 3 is 2."
print("The mean is right.")
### BEGIN HIDDEN TESTS
{HIDDEN_LINE}
### END HIDDEN TESTS
"""


def solution() -> NotebookNode:
    solved = (
        f"def mean(values):\n    ### BEGIN SOLUTION\n    {SOLUTION_LINE}\n    ### END SOLUTION\n"
    )
    return new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        cells=[
            text_cell("# Exercise: means\n\nThe mean is $\\bar x$.", "title"),
            text_cell("## 1. Build (3 points)\n\nWrite `mean(values)`.", "build"),
            cell("solution", "mean", solved),
            cell("check", "check_mean", CHECK_MEAN, 2, [printed("The mean is right.\n")]),
            cell("check", "check_type", "assert isinstance(mean([1]), float)", 1),
            text_cell("## 2. Conclude (4 points)", "conclude"),
            cell("answer", "conclusion", MODEL_ANSWER, 4),
        ],
    )


def graded(
    code: str = "def mean(values):\n    return values[0]\n",
    answer: str = "I think so.",
    output: NotebookNode | None = None,
    passed: bool = False,
    message: str = "The mean of 7 and 9 is 8.",
) -> NotebookNode:
    """A submission as graded: official cells, the student's own, and what the checks said."""
    notebook = solution()
    cells = {
        one.metadata.nbgrader.grade_id: one for one in notebook.cells if "nbgrader" in one.metadata
    }
    cells["mean"].source, cells["conclusion"].source = code, answer
    cells["mean"].outputs = [output] if output else []
    traced = failed(message, "Cell In[4], line 4", f"----> 4 {HIDDEN_LINE}")
    cells["check_mean"].outputs = [printed("The mean is right.\n")] if passed else [traced]
    return notebook


def result(
    student: str, exercise: str = "statistics/means", passed: bool = False, **others
) -> Result:
    marks = (
        Mark(
            "check_mean",
            2.0 * passed,
            2.0,
            "passed" if passed else "failed",
            "" if passed else others.pop("said", "The mean of 7 and 9 is 8."),
        ),
        Mark("check_type", 1.0, 1.0, "passed"),
    )
    values = dict(status="graded", marks=marks, manual_maximum=4.0, seconds=2.5, fingerprint="f")
    return Result(student, exercise, **{**values, **others})


def store(folder: Path, record: Result, notebook: NotebookNode | None = None) -> Result:
    """Write a record, and its notebook, as grading does."""
    records = folder / "results"
    if notebook is not None:
        path = path_of(records, record.student, record.exercise, ".ipynb")
        write_atomically(path, nbformat.writes(notebook))
    write_result(records, record)
    return record


MEANS = "statistics/means"


SOLUTIONS = {MEANS: solution()}


def here(solutions: dict[str, NotebookNode]) -> Callable[..., Any]:
    """A desk in this process."""
    desk = Desk({name: nbformat.v4.writes(one) for name, one in solutions.items()})
    return lambda method, *given: getattr(desk, method)(*given)


def write_gradebook(folder: Path, results: Iterable[Result], solutions: dict) -> int:
    return gradebook.write_gradebook(folder, results, solutions, here(solutions))


def write_feedback(folder: Path, results: Iterable[Result], solutions: dict) -> int:
    return feedback.write_feedback(folder, results, solutions, here(solutions))


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def contents(folder: Path) -> dict[str, object]:
    """Files with their bytes and times, and all rows of the gradebook."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".db":
            found[str(path.relative_to(folder))] = path.read_bytes(), path.stat().st_mtime_ns
    return found | database(folder)


def database(folder: Path) -> dict[str, object]:
    with sqlite3.connect(folder / "gradebook.db") as connection:
        tables = connection.execute("select name from sqlite_master where type='table'").fetchall()
        return {
            name: sorted(connection.execute(f"select * from {name}"), key=repr)
            for (name,) in tables
        }


def grades(folder: Path) -> dict[tuple[str, str], tuple]:
    """Points of checks and of a person, and whether a person must look, by student and cell."""
    query = """
        select submitted_assignment.student_id, base_cell.name,
            auto_score, manual_score, needs_manual_grade
        from grade join base_cell on base_cell.id = grade.cell_id
        join submitted_notebook on submitted_notebook.id = grade.notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id"""
    with sqlite3.connect(folder / "gradebook.db") as connection:
        return {(student, cell): tuple(rest) for student, cell, *rest in connection.execute(query)}


def enter(folder: Path, student: str, points: float, comment: str) -> None:
    """Give points and a comment for the answer as the form grader does."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("conclusion", "means", "statistics", student)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.find_comment(
            "conclusion", "means", "statistics", student
        ).manual_comment = comment
        gradebook.db.commit()

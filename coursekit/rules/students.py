"""A student notebook is what nbgrader makes of its solution, and gives nothing of that away."""

from collections.abc import Iterator

from coursekit.pages.exercises import (
    announced_points,
    is_exercise,
    leaks,
    secrets,
    student_notebook,
    student_path,
)
from coursekit.pages.notebook import read_notebook
from coursekit.problem import PageError, Problem
from coursekit.results.bindings import Binding, bindings
from coursekit.results.records import PARAMETERS
from coursekit.rules.course import REBUILD, Built, place
from coursekit.units import counted


def problems(built: Built) -> Iterator[Problem]:
    """Find a student notebook that is missing or stale, and what it must not hold."""
    page, solution = built.page, built.notebook
    if solution is None or not is_exercise(page.source, page.root):
        return
    for heading, said, points in announced_points(solution):
        if said != points:
            yield built.in_source(
                f"announces {counted(said, 'point')}, its cells give {points:g}", where=heading
            )
    path = student_path(page.notebook, page.root)
    if not path.exists():
        yield Problem(path, "", f"is missing; {REBUILD}")
        return
    text = path.read_text(encoding="utf-8")
    try:
        if text != student_notebook(solution, page.root):
            message = f"differs from what nbgrader makes of its solution; {built.made}"
            yield Problem(path, "", message)
    except PageError as error:
        yield built.in_source(str(error))
    for line in leaks(text, secrets(solution)):
        yield Problem(
            path, "", f"gives away {line[:60]!r}, which belongs to the solution; {REBUILD}"
        )
    student = read_notebook(path)
    for number, cell in enumerate(student.cells, start=1):
        if cell.get("outputs"):
            yield Problem(path, place(number, cell), f"holds a stored output; {REBUILD}")
        if cell.cell_type == "markdown" and any(map(_measured, bindings(cell.source))):
            yield Problem(
                path,
                place(number, cell),
                "shows a measured number; in the source, move it into an answer",
            )


def _measured(binding: Binding) -> bool:
    return not binding.path.startswith(f"{PARAMETERS}.")

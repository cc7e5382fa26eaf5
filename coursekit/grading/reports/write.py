"""All that is made of the records of graded submissions: a table, nbgrader's gradebook, feedback, and an overview."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursekit.grading.limited import Limited
from coursekit.grading.reports.desk import Desk
from coursekit.grading.reports.feedback import write_feedback
from coursekit.grading.reports.gradebook import read_by_hand, write_gradebook
from coursekit.grading.reports.grades_csv import write_csv
from coursekit.grading.reports.late import write_late
from coursekit.grading.reports.overview import write_overview
from coursekit.grading.results import not_shown, read_results, write_result
from coursekit.paths import ROOT
from coursekit.problem import PageError
from coursekit.units import counted


def load_solutions(exercises: Iterable[str], root: Path = ROOT) -> dict[str, NotebookNode]:
    """Read the solutions of exercises called ``<chapter>/<exercise>``.

    Raises PageError for an exercise that the course does not have.
    """
    found = {}
    for name in sorted(set(exercises)):
        path = root / "solutions" / f"{name}.ipynb"
        if not path.exists():
            raise PageError(f"{path} is missing; run `course build {name}`")
        found[name] = nbformat.read(path, as_version=4)
    return found


def write_reports(
    folder: Path,
    solutions: Mapping[str, NotebookNode] | None = None,
    say: Callable[[str], object] = print,
    handed_in: Mapping[tuple[str, str], float] | None = None,
    due: Mapping[str, datetime] | None = None,
) -> None:
    """Write everything that derives from the records in ``folder / "results"``, as far as it is not there yet.

    The table comes first, since it is quickest, and the gradebook before the feedback, which shows what a person entered in it.
    ``handed_in`` and ``due`` are for ``late.write_late``. What students wrote is worked on in a process with limits. A submission that cannot be shown keeps its marks and gets a
    status that says so.

    Raises PageError for records of unknown exercises, and for an exercise whose cells changed since it was first graded.
    """
    results = read_results(folder / "results")
    if solutions is None:
        solutions = load_solutions(result.exercise for result in results)
    write_csv(folder / "grades.csv", results)
    say(f"{folder / 'grades.csv'}: {counted(len(results), 'submission')}")
    failed: dict[tuple[str, str], str] = {}
    texts = {name: nbformat.v4.writes(one) for name, one in solutions.items()}
    with Limited(Desk, texts) as ask:
        changed = write_gradebook(folder, results, solutions, ask, failed)
        write_late(folder, handed_in or {}, due or {})
        say(f"{folder / 'gradebook.db'}: {counted(changed, 'submission')} changed")
        changed = write_feedback(folder, results, solutions, ask, failed)
        say(f"{folder / 'feedback'}: {counted(changed, 'page')} changed")
    if failed:
        for result in results:
            if why := failed.get((result.student, result.exercise)):
                write_result(folder / "results", not_shown(result, why))
        results = read_results(folder / "results")
    late = {key: hand.late for key, hand in read_by_hand(folder).items() if hand.late}
    if failed or late:
        write_csv(folder / "grades.csv", results, late)
    write_overview(folder / "overview.html", results, solutions)
    say(f"{folder / 'overview.html'}: open it in a browser")

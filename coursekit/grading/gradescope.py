"""What Gradescope's autograder runs: one submission graded as a class of one, and its marks in Gradescope's format.

Gradescope documents the format and the folders: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from coursekit.grading.grade import Options, Outcome, grade, load_exercises
from coursekit.grading.intake.reader import ENDINGS, NothingHandedInError
from coursekit.grading.reports.pages import points, steps
from coursekit.grading.results import GRADED, STATUSES, Result, write_atomically
from coursekit.paths import ROOT
from coursekit.problem import PageError

STUDENT = "student"  # as whom a submission is graded; who it is, Gradescope knows
UNPROTECTED = "This autograder runs without a sandbox: a submission could read the hidden tests and write its own points."


def prepare(place: Path, walls: bool, root: Path = ROOT) -> None:
    """Grade the exercise as students get it, once: programs are compiled, and what does not work here shows now.

    Raises PageError for that.
    """
    ((name, exercise),) = load_exercises(root).items()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "submission", f"{name.rpartition('/')[2]}.ipynb")
        path.parent.mkdir()
        nbformat.write(exercise.student, path)
        outcome = _grade(path.parent, place, walls, root)
    ((result,)) = outcome.results
    if result.status != GRADED:
        raise PageError(f"the exercise as students get it was {result.status}: {result.message}")


def run(place: Path, walls: bool, root: Path = ROOT) -> None:
    """Grade what lies in ``place / "submission"`` and write ``place / "results/results.json"``.

    Raises PageError where nothing can be graded here. Then nothing is written, and Gradescope tells that the autograder failed.
    """
    ((name, exercise),) = load_exercises(root).items()
    try:
        outcome = _grade(place / "submission", place, walls, root)
    except NothingHandedInError:
        file = f"{name.rpartition('/')[2]}.ipynb"
        told = {
            "score": 0,
            "output": f"There is no notebook of this exercise. Please hand in {file}.",
        }
    else:
        told = results_of(outcome.results[0], steps(exercise.solution), outcome.left_out, walls)
    write_atomically(place / "results/results.json", json.dumps(told, indent=1))


def _grade(submission: Path, place: Path, walls: bool, root: Path) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder, "submitted", STUDENT)
        # Links stay links, which reading does not follow.
        shutil.copytree(submission, own, symlinks=True)
        if not any(path.suffix.lower() in ENDINGS for path in own.rglob("*")):
            raise NothingHandedInError("there is no notebook")
        options = Options(again=True, jobs=1, walls=walls)
        return grade(root, own.parent, place / "grades", options)


def results_of(
    result: Result, headings: dict[str, str], left_out: list[str], walls: bool
) -> dict[str, Any]:
    """A record as Gradescope's ``results.json`` has it. Students see a test for each check, and instructors one more."""
    tests: list[dict[str, Any]] = [
        dict(
            name=f"{headings.get(mark.check, '')}: {mark.check}".removeprefix(": "),
            score=mark.points,
            max_score=mark.maximum,
            status="passed" if mark.outcome == "passed" else "failed",
            output=mark.message,
            output_format="text",
        )
        for mark in result.marks
    ]
    if told := [*result.flags, *result.notes, *left_out, *([] if walls else [UNPROTECTED])]:
        tests.append(
            dict(
                name="For instructors",
                score=0,
                max_score=0,
                output="\n".join(told),
                output_format="text",
                visibility="hidden",
            )
        )
    said = []
    if result.status != GRADED:
        said.append(f"{result.status}: {result.message or STATUSES.get(result.status, '')}")
    if result.manual_maximum:
        said.append(
            f"A person gives up to {points(result.manual_maximum)} more points, for answers in words."
        )
    return dict(
        score=result.score,
        execution_time=round(result.seconds),
        output="\n".join(said),
        output_format="text",
        visibility="visible",
        stdout_visibility="hidden",
        tests=tests,
    )


def main() -> int:
    """Do what the autograder's scripts ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path, help="Gradescope's folder, /autograder")
    parser.add_argument("--no-sandbox", action="store_true", help="run submissions unprotected")
    parser.add_argument(
        "--prepare", action="store_true", help="try the exercise, when the image is built"
    )
    given = parser.parse_args()
    try:
        (prepare if given.prepare else run)(given.place, not given.no_sandbox)
    except PageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

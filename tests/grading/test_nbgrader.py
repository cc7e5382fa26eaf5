"""nbgrader's own commands work on the course as it stands."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.exercise import load_exercise
from coursekit.grading.proofs import handed_in, load_submissions, right
from coursekit.pages.exercises import is_exercise, kind_of, student_path
from coursekit.pages.notebook import pages
from coursekit.paths import ROOT

EXERCISES = [page for page in pages(ROOT) if is_exercise(page.source, ROOT)]
CHAPTERS = sorted({page.source.parent.name for page in EXERCISES})
GRADED = "dropout", "max_norm"

pytestmark = pytest.mark.slow
Run = Callable[..., str]


@pytest.fixture(scope="module")
def course_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("nbgrader")
    shutil.copytree(ROOT / "solutions", copy / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", copy)
    return copy


@pytest.fixture(scope="module")
def nbgrader(course_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("home")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=course_copy,
            capture_output=True,
            text=True,
            timeout=3600,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home)},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    for chapter in CHAPTERS:
        run("generate_assignment", chapter)
    return run


def test_generate_assignment_writes_the_student_notebooks_of_the_course(
    nbgrader: Run, course_copy: Path
) -> None:
    made = {
        path.relative_to(course_copy): path.read_text()
        for path in course_copy.glob("exercises/**/*.*")
    }
    stored = [student_path(page.notebook, ROOT) for page in EXERCISES]
    assert made == {path.relative_to(ROOT): path.read_text() for path in stored}


def test_a_class_is_graded_from_validation_to_feedback(nbgrader: Run, course_copy: Path) -> None:
    chapter, name = GRADED
    submissions = {one.name: one for one in load_submissions(f"{chapter}/{name}")}
    work = {
        "ada": right("the solution"),
        "eve": submissions["model.fit, results in pandas"],  # TensorFlow warns of its many fits
        "joe": submissions["the keep probability given as the rate"],
    }
    for student in ("bob", *work):
        path = course_copy / f"submitted/{student}/{chapter}/{name}.ipynb"
        path.parent.mkdir(parents=True)
        if student in work:
            nbformat.write(handed_in(load_exercise(f"{chapter}/{name}"), work[student]), path)
        else:  # Bob has not touched it
            shutil.copy(course_copy / f"exercises/{chapter}/{name}.ipynb", path)
    own = course_copy / "own" / f"{name}.ipynb"  # what Ada has on her computer
    own.parent.mkdir()
    nbformat.write(handed_in(load_exercise(f"{chapter}/{name}"), work["ada"]), own)
    assert "Success! Your notebook passes all the tests." in nbgrader("validate", str(own))

    nbgrader("autograde", chapter)
    nbgrader("generate_feedback", chapter)
    nbgrader("export")
    with (course_copy / "grades.csv").open() as file:
        scores = {
            row["student_id"]: float(row["score"])
            for row in csv.DictReader(file)
            if row["assignment"] == chapter
        }
    cells = load_exercise(f"{chapter}/{name}").solution.cells
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in cells
        if kind_of(cell) == "check"
    }
    every = sum(points.values())  # answers wait for a person
    lost = sum(points[check] for check in work["joe"].loses)
    assert scores == {"ada": every, "eve": every, "joe": every - lost, "bob": 0}
    for student in scores:
        feedback = course_copy / f"feedback/{student}/{chapter}/{name}.html"
        assert "check_bound" in feedback.read_text()

"""Gradescope's autograder, laid out as Gradescope documents it, gives the marks of ``course grade``.

https://gradescope-autograders.readthedocs.io/en/latest/specs/ says what lies where, and what results.json holds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from coursekit.editions.gradescope import write_autograder
from coursekit.grading import grade as grading
from coursekit.grading.exercise import load_exercise
from coursekit.grading.grade import Options, grade
from coursekit.grading.gradescope import results_of
from coursekit.grading.gradescope import run as run_submission
from coursekit.grading.results import Mark, Result
from coursekit.grading.sandbox.bubblewrap import missing_sandbox
from coursekit.pages.notebook import Page
from coursekit.paths import ROOT
from coursekit.problem import PageError
from tests.support.small_course import FRONT_MATTER, Course

# Of Gradescope's documentation: the fields of results.json and of a test in it.
FIELDS = set(
    "score execution_time output output_format test_output_format test_name_format visibility "
    "stdout_visibility extra_data tests leaderboard".split()
)
OF_A_TEST = set(
    "score max_score status name name_format number output output_format tags visibility "
    "extra_data".split()
)
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}

EXERCISE = (
    FRONT_MATTER
    + """\
# An exercise

```{code-cell} ipython3
:tags: [parameters]
seeds = 30
```

```{code-cell} ipython3
import checks
from checks import expect
```

## Double (2 points)

```{code-cell} ipython3
:nbgrader: {kind: solution, id: double}

def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
:nbgrader: {kind: check, id: check_double, points: 2}

expect(double(3) == 6, "Twice three is six.")
### BEGIN HIDDEN TESTS
expect(double(20) == 40, "Twice twenty is forty.")
### END HIDDEN TESTS
```

## Halve (1 point)

```{code-cell} ipython3
:nbgrader: {kind: solution, id: halve}

def halve(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
```

```{code-cell} ipython3
:nbgrader: {kind: check, id: check_halve, points: 1}

expect(halve(3) == 1.5, "Half of three is one and a half.")
```

+++ {"nbgrader": {"kind": "answer", "id": "why", "points": 3}}

Because.

+++
"""
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """An exercise in a small course with the real engine."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "lab", root / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nbgrader_config.py", "requirements/lock.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    (root / "_config.yml").write_text("title: A course\n")
    (root / "references.bib").write_text("")
    page = Page(root / "solutions/chapter/exercise.md", root)
    page.source.parent.mkdir(parents=True)
    page.source.write_text(EXERCISE)
    (page.source.parent / "other.md").write_text(EXERCISE.replace("double", "twice"))
    return page


def place_of(page: Page, folder: Path, walls: bool = True) -> Path:
    """Gradescope's folder after an autograder was uploaded, as documented."""
    place = folder / "autograder"
    with zipfile.ZipFile(write_autograder(page, folder / "zips", walls)) as file:
        file.extractall(place / "source")
    shutil.copy(place / "source/run_autograder", place)
    for name in ("submission", "results"):
        (place / name).mkdir()
    return place


def answered(page: Page, **cells: str) -> str:
    """A student's notebook with these cells."""
    notebook = load_exercise("chapter/exercise", page.root).student
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        cell.source = cells.get(name, cell.source)
    return nbformat.writes(notebook)


def run(place: Path, script: str = "run_autograder", *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["bash", str(place / script), *options],
        cwd=place,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=3600,
    )


def test_the_zip_has_what_gradescope_asks_for_at_its_top(page: Page, tmp_path: Path) -> None:
    path = write_autograder(page, tmp_path)
    assert path.name == "chapter-exercise.zip"
    with zipfile.ZipFile(path) as file:
        modes = {one.filename: one.external_attr >> 16 & 0o777 for one in file.infolist()}
        scripts = {name: file.read(name).decode() for name in ("setup.sh", "run_autograder")}
        named = re.findall(r'"\$course/([\w/.]+)"', scripts["setup.sh"])
        assert named and {f"course/{name}" for name in named} <= modes.keys()
    for name, text in scripts.items():
        assert (
            modes[name] == 0o755
            and text.startswith("#!/usr/bin/env bash\n")
            and not re.search("@[A-Z]+@", text)
        )
        assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0
    assert f"--python {sys.version_info[0]}.{sys.version_info[1]} " in scripts["setup.sh"]
    assert path.read_bytes() == write_autograder(page, tmp_path / "again").read_bytes()


def test_the_zip_grades_its_own_exercise_and_holds_no_other_solution(
    page: Page, tmp_path: Path
) -> None:
    place = place_of(page, tmp_path)
    course = place / "source/course"
    assert [path.name for path in course.glob("solutions/*/*")] == ["exercise.md"]
    theirs, ours = (load_exercise("chapter/exercise", root) for root in (course, page.root))
    assert (theirs.solution, theirs.parameters) == (ours.solution, ours.parameters)


@pytest.mark.slow
def test_an_exercise_of_the_course_is_the_same_in_its_autograder(tmp_path: Path) -> None:
    place = place_of(Page(ROOT / "solutions/dropout/max_norm.md", ROOT), tmp_path)
    theirs, ours = (
        load_exercise("dropout/max_norm", root) for root in (place / "source/course", ROOT)
    )
    assert (theirs.solution, theirs.parameters) == (ours.solution, ours.parameters)


def valid(told: dict) -> dict:
    """What results.json holds, once it is seen to be as documented."""
    assert told.keys() <= FIELDS and isinstance(told["score"], int | float)
    for one in told.get("tests", []):
        assert one.keys() <= OF_A_TEST and one.get("visibility", "visible") in VISIBILITIES
        assert one.get("status", "passed") in ("passed", "failed")
        assert 0 <= one["score"] <= one["max_score"]
    return told


@pytest.mark.slow
@pytest.mark.skipif(bool(missing_sandbox()), reason="the sandbox does not work here")
def test_its_marks_are_those_of_the_class(page: Page, tmp_path: Path) -> None:
    right = dict(double="def double(x):\n    return x + x", halve="def halve(x):\n    return x / 2")
    handed_in = {
        "right": answered(page, **right),
        "wrong": answered(page, **right | {"double": "def double(x):\n    return x + 3"}),
        "untouched": answered(page),
        "broken": "{",
    }
    for student, text in handed_in.items():
        path = tmp_path / "submitted" / student / "chapter/exercise.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (page.source.parent / "other.md").rename(tmp_path / "other.md")
    outcome = grade(page.root, tmp_path / "submitted", tmp_path / "grades", Options())
    ours = {one.student: one for one in outcome.results}
    assert {name: one.score for name, one in ours.items()} == dict(
        right=3, wrong=1, untouched=0, broken=0
    )

    place = place_of(page, tmp_path)
    prepared = run(place, "source/run_autograder", "--prepare")
    assert prepared.returncode == 0, prepared.stderr
    for student, text in handed_in.items():
        (place / "submission/exercise.ipynb").write_text(text)
        done = run(place)
        assert done.returncode == 0, done.stderr
        told = valid(json.loads((place / "results/results.json").read_text()))
        assert told["score"] == ours[student].score
        marks = [(one["score"], one["max_score"], one["output"]) for one in told["tests"][:2]]
        assert marks == [(one.points, one.maximum, one.message) for one in ours[student].marks]
        assert ("unreadable" in told["output"]) == (student == "broken")
    (place / "submission/exercise.ipynb").unlink()
    (place / "submission/notes.txt").write_text("Later.")
    assert run(place).returncode == 0
    told = valid(json.loads((place / "results/results.json").read_text()))
    assert told["score"] == 0 and "hand in exercise.ipynb" in told["output"]


RESULT = Result(
    "student",
    "chapter/exercise",
    "timed out",
    "A cell took too long.",
    (Mark("check_a", 2.0, 2.0, "passed"), Mark("check_b", 0.0, 1.0, "failed", "It is 3.")),
    4.0,
    12.6,
    flags=("check_a looks forged",),
)


def test_students_see_their_checks_and_instructors_what_to_look_at() -> None:
    told = valid(results_of(RESULT, {"check_a": "1. Build"}, [], True))
    first, second, third = told["tests"]
    assert (first["name"], first["status"], first["score"]) == ("1. Build: check_a", "passed", 2)
    assert (second["name"], second["status"], second["output"]) == ("check_b", "failed", "It is 3.")
    assert third["visibility"] == "hidden" and "looks forged" in third["output"]
    assert "timed out: A cell took too long." in told["output"] and "4 more" in told["output"]
    assert told["execution_time"] == 13 and told["stdout_visibility"] == "hidden"


def test_instructors_see_each_time_that_there_is_no_sandbox() -> None:
    *_, last = results_of(RESULT, {}, [], False)["tests"]
    assert last["visibility"] == "hidden" and "without a sandbox" in last["output"]


def test_where_there_is_no_sandbox_nothing_is_graded(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of(page, tmp_path)
    (place / "submission/exercise.ipynb").write_text(answered(page))
    monkeypatch.setattr(grading, "missing_sandbox", lambda: "Here is no bubblewrap.")
    with pytest.raises(PageError, match="Here is no bubblewrap"):
        run_submission(place, True, place / "source/course")
    assert list((place / "results").iterdir()) == []


def test_without_a_sandbox_only_if_asked_for(page: Page, tmp_path: Path) -> None:
    for walls in (True, False):
        place = place_of(page, tmp_path / str(walls), walls)
        assert ("--no-sandbox" in (place / "run_autograder").read_text()) == (not walls)


@pytest.fixture
def command(page: Page) -> Callable[..., int]:
    return Course(page.root).command


def test_the_command_makes_the_zips_that_are_asked_for(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = str(tmp_path / "zips")
    assert command("gradescope", "chapter/exercise", "--out", out, "--no-sandbox") == 0
    said = capsys.readouterr().out
    assert f"{out}/chapter-exercise.zip" in said and "read the hidden tests" in said
    assert [path.name for path in (tmp_path / "zips").iterdir()] == ["chapter-exercise.zip"]
    assert command("gradescope", "chapter/none", "--out", out) == 1
    assert "no page chapter/none; there are: solutions/chapter/" in capsys.readouterr().err

"""nbgrader's own commands work on the course as it stands."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from course.exercises import is_exercise, kind_of, student_path
from course.notebook import code_cells, pages

ROOT = Path(__file__).parents[1]
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
            timeout=300,
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


def answered(chapter: str, name: str) -> nbformat.NotebookNode:
    """A student notebook filled in with the solution, its parameters shortened."""
    solution = nbformat.read(ROOT / "solutions" / chapter / f"{name}.ipynb", as_version=4)
    notebook = nbformat.read(ROOT / "exercises" / chapter / f"{name}.ipynb", as_version=4)
    sources = {
        cell.metadata.nbgrader.grade_id: cell.source for cell in solution.cells if kind_of(cell)
    }
    for cell in notebook.cells:
        if kind_of(cell) in ("solution", "answer"):
            cell.source = sources[cell.metadata.nbgrader.grade_id]
    parameters = next(c for c in code_cells(notebook) if "parameters" in c.metadata.get("tags", []))
    parameters.source = "\n".join(
        f"{name} = {value!r}" for name, value in solution.metadata.course.shortened.items()
    )
    return notebook


def test_a_class_is_graded_from_validation_to_feedback(nbgrader: Run, course_copy: Path) -> None:
    chapter, name = GRADED
    folder = course_copy / "submitted/{}" / chapter
    for student in ("ada", "bob"):  # Ada has solved it, Bob has not touched it
        path = Path(str(folder).format(student)) / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        if student == "ada":
            nbformat.write(answered(chapter, name), path)
            assert "Success! Your notebook passes all the tests." in nbgrader("validate", str(path))
            (path.parent / "lab.py").unlink(), (path.parent / "checks.py").unlink()
        else:
            shutil.copy(course_copy / "exercises" / chapter / f"{name}.ipynb", path)
    nbgrader("autograde", chapter)
    nbgrader("generate_feedback", chapter)
    nbgrader("export")
    with (course_copy / "grades.csv").open() as file:
        rows = {
            row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == chapter
        }
    cells = nbformat.read(ROOT / "solutions" / chapter / f"{name}.ipynb", as_version=4).cells
    points = [cell.metadata.nbgrader.points for cell in cells if kind_of(cell) == "check"]
    assert float(rows["ada"]["score"]) == sum(points)  # her answers wait for a person
    assert float(rows["bob"]["score"]) == 0
    for student in ("ada", "bob"):
        feedback = course_copy / f"feedback/{student}/{chapter}/{name}.html"
        assert "conclusion" in feedback.read_text()

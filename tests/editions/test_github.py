"""A repository for students on GitHub runs the checks that they see, and gives nothing away."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from coursekit.editions.github import write_repository
from coursekit.editions.release import leaks_in
from coursekit.pages.exercises import is_exercise
from coursekit.pages.notebook import Page, pages
from coursekit.paths import ROOT
from tests.support.small_course import Course

CHECKS, WORKFLOW = ".github/checks.py", ".github/workflows/checks.yml"


@pytest.fixture
def repository(exercise: Page, tmp_path: Path) -> Path:
    (exercise.root / "requirements").mkdir()
    (exercise.root / "requirements/colab.txt").write_text("ipykernel\n")
    write_repository([exercise], tmp_path / "repository")
    return tmp_path / "repository"


def write_answer(repository: Path, **cells: str) -> None:
    path = repository / "chapter/exercise.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cells.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, path)


def run(repository: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, CHECKS, "chapter/exercise"]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=600)


def test_a_right_answer_gets_its_points(repository: Path) -> None:
    write_answer(repository, triple="def triple(x):\n    return 3 * x")
    done = run(repository)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### Points of chapter/exercise: 2 of 2\n")
    assert "| check_triple | 2 of 2 |  |" in done.stdout and "up to 1 more" in done.stdout


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "def triple(x):\n    assert x > 1, 'no | such\\nnumber'\n    return 3",
            "no / such number",
        ),
        ("def triple(x):\n    return 4", "AssertionError"),
        ("def triple(x:", "name 'triple' is not defined"),
        ("import sys\nsys.exit(0)", "name 'triple' is not defined"),
    ],
)
def test_a_wrong_answer_gets_none_and_its_message(repository: Path, answer: str, said: str) -> None:
    write_answer(repository, triple=answer)
    done = run(repository)
    assert done.returncode == 1
    (row,) = re.findall(r"^\| check_triple .*$", done.stdout, re.MULTILINE)
    assert row.startswith("| check_triple | 0 of 2 |") and said in row and row.count("|") == 4


def test_a_check_or_a_notebook_that_is_gone_gets_no_points(repository: Path) -> None:
    path = repository / "chapter/exercise.ipynb"
    notebook = nbformat.read(path, as_version=4)
    graded = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    del notebook.cells[graded.index("check_triple")]
    nbformat.write(notebook, path)
    for _ in range(2):
        done = run(repository)
        assert done.returncode == 1 and "| 0 of 2 | Its cell is missing. |" in done.stdout
        path.unlink(missing_ok=True)


def test_it_runs_with_the_shortened_parameters(repository: Path) -> None:
    write_answer(repository, triple="def triple(x):\n    return x * (3 if seeds == 2 else 0)")
    assert run(repository).returncode == 0
    told = json.loads((repository / ".github/checks.json").read_text())
    assert told == {
        "chapter/exercise": {
            "parameters": {"seeds": 2},
            "checks": {"check_triple": 2},
            "answers": 1,
        }
    }


def test_the_workflow_runs_each_exercise_without_rights_and_with_the_actions_of_the_course(
    tmp_path: Path,
) -> None:
    dropout = [page for page in pages(ROOT) if page.name.startswith("solutions/dropout/")]
    write_repository(dropout, tmp_path / "repository")
    text = (tmp_path / "repository" / WORKFLOW).read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    job = workflow["jobs"]["checks"]
    names = [page.name.removeprefix("solutions/") for page in dropout]
    assert job["strategy"]["matrix"]["exercise"] == names
    assert workflow["permissions"] == {} and job["permissions"] == {"contents": "read"}
    assert all((tmp_path / "repository" / f"{name}.ipynb").exists() for name in names)
    ours = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    used = re.findall(r"- uses: (.+)", text)
    assert used and set(used) <= set(re.findall(r"- uses: (.+)", ours))
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--quiet"]
    done = subprocess.run(
        [*command, str(tmp_path / "repository" / WORKFLOW)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for file in re.findall(r"\.github/[\w./]+", text):
        assert (tmp_path / "repository" / file).exists()


def test_nothing_of_a_solution_is_in_it(tmp_path: Path) -> None:
    exercises = [page for page in pages(ROOT) if is_exercise(page.source, ROOT)]
    write_repository(exercises, tmp_path / "repository")
    assert leaks_in(tmp_path / "repository", ROOT, exercises) == []


def test_the_command_writes_a_chapter_to_a_new_folder_only(
    course: Course, repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "again"
    assert course.command("github", "chapter", "--out", str(out)) == 0
    assert str(out / WORKFLOW) in capsys.readouterr().out
    assert course.command("github", "chapter", "--out", str(out)) == 1
    assert "is not empty; name a new folder" in capsys.readouterr().err
    assert course.command("github", "dropout") == 1
    assert "no chapter dropout; there are: chapter" in capsys.readouterr().err

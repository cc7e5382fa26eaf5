"""Work is graded with the exercise as it was handed out, whatever became of that since."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.exercise import load_exercise
from coursekit.grading.results import read_results
from coursekit.grading.sandbox.bubblewrap import missing_sandbox
from coursekit.paths import ROOT
from tests.support.small_course import FRONT_MATTER

EXERCISE = (
    FRONT_MATTER
    + """\
# An exercise

```{code-cell} ipython3
:tags: [parameters]
seeds = 30
```

```{code-cell} ipython3
from checks import expect
```

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
```
"""
)
SINCE = EXERCISE.replace("2 * x", "3 * x").replace("double(3) == 6", "double(3) == 9")


def git(root: Path, *command: str) -> None:
    user = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *user, *command], cwd=root, check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.skipif(bool(missing_sandbox()), reason="the sandbox does not work here")
def test_work_is_graded_with_the_release_that_students_had(tmp_path: Path) -> None:
    root, page = tmp_path / "course", tmp_path / "course/solutions/chapter/exercise.md"
    shutil.copytree(ROOT / "lab", root / "lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "references.bib").write_text("")
    page.parent.mkdir(parents=True)
    page.write_text(EXERCISE)
    student = load_exercise("chapter/exercise", root).student
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Handed out")
    git(root, "tag", "v1")
    page.write_text(SINCE.replace("points: 2", "points: 5"))
    git(root, "commit", "--quiet", "--all", "--message", "Changed since")
    for cell in student.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "double":
            cell.source = "def double(x):\n    return 2 * x"
    path = tmp_path / "submitted/ada/chapter/exercise.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(student, path)

    # As the page for instructors says.
    git(root, "worktree", "add", "../handed-out", "v1")
    found = {}
    for course in ("course", "handed-out"):
        grades = tmp_path / f"grades-{course}"
        command = [sys.executable, "-m", "coursekit", "--root", str(tmp_path / course), "grade"]
        command += [str(tmp_path / "submitted"), "--out", str(grades)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3600)
        assert done.returncode == 0, done.stdout + done.stderr
        (result,) = read_results(grades / "results")
        found[course] = result.score, result.maximum
    assert found == {"course": (0, 5), "handed-out": (2, 2)}

"""The checks of every exercise catch what is wrong, for the right reason, and accept what is right."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from course.exercises import is_exercise
from course.notebook import pages
from course.proofs import load_submissions

ROOT = Path(__file__).parents[1]
NAMES = [
    page.name.removeprefix("solutions/") for page in pages(ROOT) if is_exercise(page.source, ROOT)
]


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_is_proved_by_enough_submissions(name: str) -> None:
    submissions = load_submissions(name)
    assert len([one for one in submissions if one.loses]) >= 8
    assert len([one for one in submissions if not one.loses]) >= 4
    assert len({one.name for one in submissions}) == len(submissions)


def prove(name: str) -> subprocess.CompletedProcess:
    """Prove an exercise in a process of its own, which starts TensorFlow and takes a core."""
    command = [sys.executable, "-m", "course.proofs", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def proofs() -> Iterator[dict[str, Future]]:
    """All exercises' proofs, as many at once as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(prove, name) for name in NAMES}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_submission_gets_the_marks_it_must_get(name: str, proofs: dict[str, Future]) -> None:
    done = proofs[name].result()
    print(done.stdout)  # the table, should it fail
    assert done.returncode == 0, done.stdout + done.stderr

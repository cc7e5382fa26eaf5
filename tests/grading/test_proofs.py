"""The checks of every exercise catch what is wrong, for the right reason, and accept what is right."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.exercise import Exercise, load_exercise
from coursekit.grading.proofs import (
    Kernel,
    Submission,
    grade,
    load_submissions,
    prove_graded,
    right,
    wrong,
)
from coursekit.pages.exercises import is_exercise
from coursekit.pages.notebook import Page, pages
from coursekit.paths import ROOT
from coursekit.problem import PageError
from tests.support.drawn import drawn
from tests.support.exercise import EXERCISE
from tests.support.processes import ONE_CORE

NAMES = [
    page.name.removeprefix("solutions/") for page in pages(ROOT) if is_exercise(page.source, ROOT)
]


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_is_proved_by_enough_submissions(name: str) -> None:
    submissions = load_submissions(name)
    assert len([one for one in submissions if one.loses]) >= 8
    assert len([one for one in submissions if not one.loses]) >= 4
    assert len({one.name for one in submissions}) == len(submissions)


def share(name: str) -> list[str]:
    """The names of what is graded: all that is right, and a share of what is wrong."""
    submissions = load_submissions(name)
    chosen = ["the solution", "untouched", *(one.name for one in submissions if not one.loses)]
    return chosen + drawn(f"proofs {name}", [one.name for one in submissions if one.loses], 3)


def prove(name: str) -> subprocess.CompletedProcess:
    """Prove an exercise in a process of its own, which starts TensorFlow and takes a core."""
    command = [sys.executable, "-m", "coursekit", "prove", name]
    command += [f"^{re.escape(one)}$" for one in share(name)]
    options = dict(
        cwd=ROOT, capture_output=True, text=True, timeout=3600, env=os.environ | ONE_CORE
    )
    return subprocess.run(command, **options)


@pytest.fixture(scope="module")
def proofs(request: pytest.FixtureRequest) -> Iterator[dict[str, Future]]:
    """Proofs of the selected exercises, as many at once as there are cores."""
    items = [
        item for item in request.session.items if "proofs" in getattr(item, "fixturenames", ())
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            item.callspec.params["name"]: pool.submit(prove, item.callspec.params["name"])
            for item in items
        }
        pool.shutdown(cancel_futures=True)  # where the tests were interrupted


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_submission_gets_the_marks_it_must_get(name: str, proofs: dict[str, Future]) -> None:
    done = proofs[name].result()
    print(done.stdout)  # the table, should it fail
    assert done.returncode == 0, done.stdout + done.stderr
    graded = re.findall(r"^ok   *[\d.]+ s  (.+): ", done.stdout, re.MULTILINE)
    assert sorted(graded) == sorted(share(name)), done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux")
def test_the_grading_of_a_class_gives_the_marks_that_are_proved(tmp_path: Path) -> None:
    # `course prove --graded` grades all submissions of an exercise.
    chosen = {}
    for number, name in enumerate(NAMES):
        unusual = [one for one in load_submissions(name) if not one.loses]
        mistakes = [one for one in load_submissions(name) if one.loses]
        chosen[name] = [unusual[number % len(unusual)], mistakes[number * 7 % len(mistakes)]]
    outcomes = prove_graded(chosen, tmp_path)  # the solutions are graded before
    assert len(outcomes) == 2 * len(NAMES)
    assert {one.name: one.problems for one in outcomes if one.problems} == {}


@pytest.fixture
def triple(exercise: Page) -> Exercise:
    source = EXERCISE.replace("from lab import double", "double = lambda x: 2 * x")
    exercise.source.write_text(
        source.replace("assert triple(1) == 3", "assert triple(1) == 3, 'one'")
    )
    return load_exercise("chapter/exercise", exercise.root)


CASES: list[tuple[Submission | None, str]] = [
    (right("the solution"), ""),
    (None, ""),  # untouched
    (right("other words", triple="triple = (3).__mul__"), ""),
    (wrong("twice", {"check_triple": "one"}, triple=("+ x", "")), ""),
    (right("twice, taken for right", triple=("+ x", "")), "0 points, not 2"),
    (wrong("right, taken for wrong", {"check_triple": "one"}), "2 points, not 0"),
    (wrong("another reason", {"check_triple": "two"}, triple=("+ x", "")), "another reason than"),
    (wrong("no name", {"check_triple": "x"}, triple="pass"), "a check should say what is wrong"),
    (wrong("no such check", {"check_it": "x"}), "there is no check check_it"),
    (wrong("only the hidden test fails", {"check_triple": ""}, triple="triple = lambda x: 3"), ""),
]


@pytest.mark.parametrize(("submission", "problem"), CASES)
def test_marks_that_are_not_as_they_must_be_are_reported(
    triple: Exercise, submission: Submission | None, problem: str
) -> None:
    problems = "\n".join(grade(triple, submission).problems)
    assert problem in problems
    assert bool(problem) == bool(problems)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"check_triple": "pass"}, "which is no solution cell"),
        ({"treble": "pass"}, "which is no solution cell"),
        ({"triple": ("x", "y")}, "'x' occurs 3 times in 'triple'"),
        ({"triple": ("z", "y")}, "'z' occurs 0 times in 'triple'"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(
    triple: Exercise, change: dict, message: str
) -> None:
    with pytest.raises(PageError, match=message):
        grade(triple, right("a change", **change))


def run(kernel: Kernel, *sources: str) -> list[str]:
    """Run a notebook of these cells; give what each printed."""
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, sources)))
    kernel.execute(notebook, {})
    return [cell.outputs[0].text for cell in notebook.cells]


def test_a_notebook_goes_on_from_where_it_differs_from_the_first() -> None:
    kernel, used = Kernel(), "print(data[0].sum(), double(2), 'later' in globals())"
    begin = "import numpy as np, random\nprint(begun := random.random())\ndata = (np.ones(3), 1)"
    first = run(kernel, begin, "double = lambda x: 2 * x", used, "later = data[0].fill(7)")
    assert first[2] == "3.0 4 False\n"
    # What the first did later does not count, nor what another did to its data.
    other = run(kernel, begin, "double = lambda x: data[0].fill(9)", used)
    assert other == [first[0], "", "3.0 None False\n"]
    assert run(kernel, begin, "double = lambda x: x", used) == [first[0], "", "3.0 2 False\n"]


def test_a_function_of_an_unchanged_cell_sees_what_a_changed_one_defines() -> None:
    kernel, begin = Kernel(), "def used():\n    return factor"
    run(kernel, begin, "factor = 2", "print(used())")
    assert run(kernel, begin, "factor = 3", "print(used())")[-1] == "3\n"


def test_chance_is_what_it_would_be_if_all_cells_ran() -> None:
    kernel, begin = Kernel(), "import random\nrandom.seed(1)\nrandom.random()"
    whole = run(kernel, begin, "x = 1", "print(random.random())")[-1]
    assert run(kernel, begin, "x = 2", "print(random.random())")[-1] == whole

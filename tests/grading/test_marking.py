"""Marks depend on the submission alone, whichever sandbox gave them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.grading import marking
from coursekit.grading.marking import Task, close_sandboxes, mark
from coursekit.grading.sandbox.bubblewrap import missing_sandbox, walls
from coursekit.grading.sandbox.limits import Limits
from coursekit.grading.sandbox.run import Report
from coursekit.grading.sandbox.supervisor import Sandbox
from coursekit.paths import ROOT
from tests.support.marked import PASSED, SHORT, marks, outputs, task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]


@pytest.fixture(scope="module", autouse=True)
def sandbox_ends_with_the_tests() -> Iterator[None]:
    """Each file of tests has a sandbox of its own."""
    if why := missing_sandbox():
        pytest.fail(f"{why} These tests need it.")
    yield
    close_sandboxes()


def test_the_same_submission_gets_the_same_record_and_outputs_twice() -> None:
    draws = "print(np.random.rand(), keras.random.normal((2,)))"
    submission = task(extra=draws)
    (first, text), (second, again) = mark(submission), mark(submission)
    assert first.marks == second.marks and first.fingerprint == second.fingerprint
    assert outputs(text) == outputs(again)


def test_a_forked_process_trains_as_a_fresh_one_does() -> None:
    """Bit for bit: losses and weights of a training with dropout, batch normalization and noise."""
    code = """import lab, keras
import numpy as np
keras.utils.set_random_seed(3)
layers = [keras.layers.Dense(30, activation="relu"), keras.layers.BatchNormalization()]
layers += [keras.layers.Dropout(0.2), keras.layers.GaussianNoise(0.1), keras.layers.Dense(1)]
model = keras.Sequential([keras.Input((2,)), *layers])
model.compile("adam", loss="mse")
x = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
history = lab.fit(model, x, x[:, :1], epochs=20, verbose=0)
slow = model.fit(x, x[:, :1], epochs=2, verbose=0)
print(*(float(one.history["loss"][-1]).hex() for one in (history, slow)))
print([float(np.sum(w)).hex() for w in model.get_weights()])"""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "",
        "LAB_PROGRESS": "0",
    }
    fresh = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    _, text = mark(task(extra=code, limits=Limits()))
    assert fresh.stdout.strip() in outputs(text)


# --------------------------------------------------------------------------------- no sandbox


def test_without_walls_marks_and_limits_are_the_same() -> None:
    result, _ = mark(task(walls=False))
    assert (result.status, marks(result)) == ("graded", PASSED)
    result, _ = mark(task(walls=False, extra="while True:\n    pass", limits=SHORT))
    assert (result.status, marks(result)) == ("timed out", PASSED)


def test_an_environment_in_a_temporary_folder_is_seen_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module.py").write_text("here")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with walls() as (command, passed):
        command = [*command, "--", "cat", str(tmp_path / "module.py")]
        done = subprocess.run(command, capture_output=True, text=True, pass_fds=passed)
    assert done.stdout == "here"


def test_a_sandbox_that_was_killed_is_started_again() -> None:
    mark(task())
    sandbox: Sandbox = next(iter(marking._sandboxes.values()))
    sandbox.process.kill()
    result, _ = mark(task())
    assert (result.status, marks(result)) == ("graded", PASSED)


def test_one_time_limit_holds_for_all_runs_of_a_submission(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def run(_: Task, cells: list[dict], limits: Limits) -> Report:
        given.append(limits.all_seconds)
        at = next(n for n, one in enumerate(cells) if one["kind"] == "student")
        return Report("timed out", "It was stopped.", at, {}, (), 250.0)

    monkeypatch.setattr(marking, "_run", run)
    result, _ = mark(task(limits=Limits(seconds=120, all_seconds=600)))
    assert given == [600, 350, 100]
    assert result.status == "timed out"

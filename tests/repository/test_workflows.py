"""What the workflows run is what runs here, with no more rights than it needs.

test_lint.py has linters look at them.
"""

import itertools
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from coursekit.paths import ROOT

FOLDER = ROOT / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))
TESTS = "tests.yml"
MAY_WRITE = {("pages.yml", "publish"), ("release.yml", "publish")}


def jobs() -> Iterator[tuple[str, str, dict]]:
    for path in FILES:
        for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
            yield path.name, name, job


def steps() -> Iterator[tuple[str, str, dict]]:
    """The jobs that run something themselves; the others call another workflow."""
    yield from (one for one in jobs() if "uses" not in one[2])


def commands() -> Iterator[str]:
    """What the jobs run, for each entry of their matrices."""
    for _, _, job in steps():
        matrix = job.get("strategy", {}).get("matrix", {})
        for values in itertools.product(*matrix.values()):
            for step in job["steps"]:
                command = step.get("run", "")
                for key, value in zip(matrix, values, strict=True):
                    command = command.replace(f"${{{{ matrix.{key} }}}}", value)
                if command:
                    yield command


@pytest.mark.parametrize("command", sorted({*commands()} - {".ci/run"}))
def test_what_a_workflow_runs_is_a_target_of_make(command: str) -> None:
    assert command.startswith("make "), command
    done = subprocess.run(
        ["bash", "-c", f"{command} --dry-run"],
        cwd=ROOT,
        env=os.environ | {"GITHUB_REF_NAME": "v1.0.0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_test_is_run_by_a_workflow() -> None:
    assert ".ci/run" in commands()
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_each_action_is_pinned_by_its_commit_the_same_everywhere_with_its_version_beside() -> None:
    used = [
        line for path in FILES for line in re.findall(r"\buses: +(?!\./)(.*)", path.read_text())
    ]
    pinned = [re.fullmatch(r"([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+", line) for line in used]
    assert used and all(pinned), used
    assert len({one[1] for one in pinned}) == len({one[0] for one in pinned})


def test_a_job_may_read_and_only_those_that_publish_may_write() -> None:
    for path in FILES:
        assert yaml.safe_load(path.read_text())["permissions"] == {}, path.name
    writing = {(file, name) for file, name, job in jobs() if "write" in job["permissions"].values()}
    assert writing == MAY_WRITE


def before(workflow: str, job: str) -> Iterator[dict]:
    """All jobs that have to succeed before one of the same workflow begins."""
    there = {name: one for file, name, one in jobs() if file == workflow}
    needed = there[job].get("needs", [])
    for name in [needed] if isinstance(needed, str) else needed:
        yield there[name]
        yield from before(workflow, name)


def test_nothing_is_published_before_every_test_passed() -> None:
    for file, name in MAY_WRITE:
        called = [job.get("uses") for job in before(file, name)]
        assert f"./.github/workflows/{TESTS}" in called, f"{file}, {name}"
        # A condition of its own would let a job begin although one before it failed.
        assert not [job for _, _, job in jobs() if "if" in job]
    ran = [step.get("run") for file, _, job in steps() if file == TESTS for step in job["steps"]]
    assert {"make lint check test-fast", ".ci/run"} <= set(ran)


def test_a_job_that_publishes_runs_nothing_of_what_was_installed() -> None:
    for file, name, job in jobs():
        if (file, name) in MAY_WRITE:
            ran = [step["run"] for step in job["steps"] if "run" in step]
            assert set(ran) <= {'make publish-release TAG="$GITHUB_REF_NAME"'}


def test_each_job_ends_some_time() -> None:
    assert all(0 < job["timeout-minutes"] <= 360 for _, _, job in steps())


def test_a_release_offers_what_was_made_under_its_tag(tmp_path: Path) -> None:
    for name in ("book.pdf", "student-edition.zip"):
        (tmp_path / "_build/downloads").mkdir(parents=True, exist_ok=True)
        (tmp_path / "_build/downloads" / name).touch()
    (tmp_path / "gh").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "gh").chmod(0o755)
    done = subprocess.run(
        ["make", "--silent", "-f", ROOT / "Makefile", "publish-release", "TAG=v9.8.7"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    files = ["_build/downloads/book.pdf", "_build/downloads/student-edition.zip"]
    assert done.stdout.splitlines()[:6] == ["release", "create", "v9.8.7", *files, "--verify-tag"]

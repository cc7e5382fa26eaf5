"""A sandbox for each file of tests, and a look at what a submission leaves behind."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.grading import marking
from coursekit.grading.marking import close_sandboxes, mark
from coursekit.grading.sandbox.bubblewrap import missing_sandbox
from tests.support.marked import task


@pytest.fixture(scope="module", autouse=True)
def sandbox_ends_with_the_tests() -> Iterator[None]:
    """Each file of tests has a sandbox of its own."""
    if why := missing_sandbox():
        pytest.fail(f"{why} These tests need it.")
    yield
    close_sandboxes()


def left_behind() -> set[str]:
    """Processes in the sandbox beside the one that forks, mounts of this machine, and what is in
    the sandbox's own folders.
    """
    found: set[str] = set()
    for sandbox in marking._sandboxes.values():
        tree = subprocess.run(
            ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True
        ).stdout.split()
        parents = dict(zip(tree[::2], tree[1::2], strict=True))
        family = {str(sandbox.process.pid)}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        found |= {f"{len(family)} processes"}
        found |= {str(path) for path in Path(sandbox.folder.name).rglob("*")}
    return found | set(Path("/proc/self/mounts").read_text().splitlines())


@pytest.fixture
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    mark(task())  # the sandbox runs
    before = left_behind()
    yield
    assert left_behind() == before

"""``course grade --doctor`` says which protections hold, and finds one that is missing."""

import struct
import subprocess
import sys

import pytest

from coursekit.grading.sandbox.bubblewrap import missing_sandbox
from coursekit.grading.sandbox.doctor import examine
from coursekit.paths import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]


def test_on_a_machine_where_all_protections_hold_the_command_says_so() -> None:
    command = [sys.executable, "-m", "coursekit", "grade", "--doctor"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 13
    assert all(line.startswith(("holds", "not here")) for line in lines)
    assert sum(line.startswith("not here") for line in lines) == 1


def test_a_protection_that_is_missing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    # A program for the kernel of one instruction: allow everything.
    everything = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
    monkeypatch.setattr("coursekit.grading.sandbox.supervisor.program", lambda: everything)
    found = {one.protection: one for one in examine(ROOT)}
    refused = found["calls of the kernel that no submission needs are refused"]
    assert not refused.holds and "memfd_create" in refused.words
    assert found["no network"].holds


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("shutil.which", "apt-get install bubblewrap"),
        ("missing_library", "why not"),
        ("sys.platform", "needs Linux"),
    ],
)
def test_what_the_sandbox_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, what: str, words: str
) -> None:
    values = {"shutil.which": lambda _: None, "missing_library": lambda: "why not"}
    module = "coursekit.grading.sandbox.bubblewrap"
    monkeypatch.setattr(f"{module}.{what}", values.get(what, "darwin"))
    assert words in missing_sandbox()
    assert [one.holds for one in examine(ROOT)] == [False]

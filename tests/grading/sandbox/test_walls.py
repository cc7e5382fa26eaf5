"""What is out of a submission's reach."""

import socket
import sys
import threading
from pathlib import Path

import pytest

from coursekit.grading import marking
from coursekit.grading.marking import mark
from coursekit.paths import ROOT
from tests.support.marked import PASSED, marks, outputs, task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]


def test_loopback_and_network_are_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        seen: list = []
        listening = threading.Thread(target=lambda: seen.append(server.accept()))
        listening.daemon = True
        source = f"""import socket
for place in (("127.0.0.1", {port}), ("localhost", {port}), ("192.0.2.1", 80)):
    try:
        socket.create_connection(place, timeout=2)
        print("connected")
    except OSError as error:
        print("refused:", type(error).__name__)"""
        result, text = mark(task(extra=source))
        with pytest.raises(TimeoutError):
            server.accept()
    assert outputs(text).count("refused") == 3 and "connected" not in outputs(text)
    assert result.status == "graded"


def test_solutions_gradebook_and_others_work_cannot_be_read(tmp_path: Path) -> None:
    gradebook = tmp_path / "gradebook.db"
    gradebook.write_text("marks of all")
    wanted = [
        gradebook,
        ROOT / "solutions",
        ROOT / "tests",
        ROOT / "coursekit",
        Path.home(),
        ROOT / ".git",
    ]
    source = f"""import os
for path in {[str(path) for path in wanted]}:
    try:
        print(path, os.listdir(path) if os.path.isdir(path) else open(path).read())
    except OSError as error:
        print(type(error).__name__)
for folder, folders, files in os.walk("/"):
    folders[:] = [one for one in folders if one not in ("usr", "site-packages", "proc", "lib", "sys")]
    for file in files:
        if file in ("grades.csv", "max_norm.md", "proofs.py", "gradebook.db"):
            print("found", folder, file)
for number in os.listdir("/proc"):
    for part in ("environ", "cmdline", "maps", "mem"):
        if number.isdigit():
            try:
                data = open(f"/proc/{{number}}/{{part}}", "rb").read(100_000)
                if b"{gradebook.parent.name}" in data:
                    print("found", number, part)
            except OSError:
                pass"""
    result, text = mark(task(extra=source))
    shown = outputs(text)
    assert result.status == "graded"
    assert "marks of all" not in shown and "found" not in shown
    assert shown.count("FileNotFoundError") >= 5


def test_nothing_can_be_written_outside_its_folder(tmp_path: Path, nothing_left: None) -> None:
    target = tmp_path / "grades.csv"
    target.write_text("ada,0")
    source = f"""import os, sys
for path in ({str(target)!r}, "/usr/bad", "/grading/lab.py", sys.prefix + "/bad", "/bad", "/etc/bad", "/dev/bad"):
    try:
        open(path, "w").write("ada,100")
        print("wrote", path)
    except OSError:
        print("refused")
open("mine", "w").write("fine")"""
    _, text = mark(task(extra=source))
    assert outputs(text).count("refused") == 7 and "wrote" not in outputs(text)
    assert target.read_text() == "ada,0"


def test_its_parent_and_all_others_survive_its_signals(nothing_left: None) -> None:
    source = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(1, signal.SIGKILL)"
    source += "\nfor pid in range(2, 400):\n    if pid != os.getpid():\n        try:\n            os.kill(pid, 9)"
    source += "\n        except OSError:\n            pass"
    first = next(iter(marking._sandboxes.values()))
    result, _ = mark(task(extra=source))
    assert (result.status, marks(result)) == ("graded", PASSED)
    assert next(iter(marking._sandboxes.values())) is first
    assert first.process.poll() is None


def test_a_submission_leaves_nothing_for_the_next() -> None:
    leave = """import os
for folder in (".", "/tmp", "/dev/shm"):
    open(os.path.join(folder, "left"), "w").write("answers")
keras.config.set_floatx("float64")
checks.points = None"""
    look = """import os
print([os.path.exists(os.path.join(folder, "left")) for folder in (".", "/tmp", "/dev/shm")])
print(keras.config.floatx(), checks.points is None)"""
    mark(task(extra=leave))
    result, text = mark(task(extra=look))
    assert "[False, False, False]" in outputs(text) and "float32 False" in outputs(text)
    assert marks(result) == PASSED

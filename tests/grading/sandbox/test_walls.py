"""What is out of a submission's reach."""

import platform
import socket
import sys
import threading
from pathlib import Path

import pytest

from coursekit.grading import marking
from coursekit.grading.marking import mark
from coursekit.paths import ROOT
from coursekit.units import MIB
from tests.support.marked import LIMITS, PASSED, marks, outputs, task

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
    folders[:] = set(folders) - {{"usr", "site-packages", "proc", "lib", "sys"}}
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
for path in ({str(target)!r}, "/usr/bad", "/grading/lab.py", sys.prefix + "/bad", "/bad",
             "/etc/bad", "/dev/bad"):
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
    source += "\nfor pid in range(2, 400):\n    if pid != os.getpid():\n        try:\n"
    source += "            os.kill(pid, 9)"
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


def test_a_submission_has_no_rights_and_can_get_none() -> None:
    source = """wanted = "Uid CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp".split()
found = dict(line.strip().split(":", 1) for line in open("/proc/self/status"))
print({name: found[name].split()[0] for name in wanted})
print(open("/proc/self/uid_map").read().split())"""
    _, text = mark(task(extra=source))
    shown = outputs(text)
    none = "0000000000000000"
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert f"'{name}': '{none}'" in shown
    assert "'NoNewPrivs': '1', 'Seccomp': '2'" in shown
    assert "'Uid': '0'" not in shown and "['0', " not in shown


C = """import ctypes, os
library = ctypes.CDLL(None, use_errno=True)
def ask(name, *arguments):
    ctypes.set_errno(0)
    result = getattr(library, name)(*arguments)
    refused = result < 0 and ctypes.get_errno() in (1, 22, 38)
    print(name, "refused" if refused else f"allowed: {result}, {ctypes.get_errno()}")
"""
REFUSED = {
    "a namespace of users": 'ask("unshare", 0x10000000)',
    "a namespace of messages": 'ask("unshare", 0x08000000)',
    "a process in a namespace": 'ask("syscall", 56, 0x10000000 | 17, 0, 0, 0, 0)',
    "a process by another call": 'ask("syscall", 435, ctypes.create_string_buffer(88), 88)',
    "another's namespace": 'ask("setns", os.open("/proc/self/ns/user", 0), 0)',
    "a file system": 'ask("mount", b"tmpfs", b"/tmp", b"tmpfs", 0, None)',
    "another root": 'ask("chroot", b"/tmp")',
    "to trace the first process": 'ask("ptrace", 16, 1, None, None)',
    "to trace its parent": 'ask("ptrace", 0x4206, os.getppid(), None, None)',
    "to read another's memory": 'ask("process_vm_readv", 1, None, 0, None, 0, 0)',
    "a key": 'ask("syscall", 248, b"user", b"name", b"answer", 6, -3)',
    "keys": 'ask("syscall", 250, 0, -4, 1)',
    "shared memory of System V": 'ask("shmget", 0, 4096, 0o1600)',
    "a queue of System V": 'ask("msgget", 0, 0o1600)',
    "semaphores of System V": 'ask("semget", 0, 1, 0o1600)',
    "a queue of messages": 'ask("mq_open", b"/name", 0o102, 0o600, None)',
    "memory in a file without a place": 'ask("memfd_create", b"name", 0)',
    "a program in the kernel": 'ask("syscall", 321, 0, None, 0)',
    "calls without calls": 'ask("syscall", 425, 8, ctypes.create_string_buffer(120))',
    "faults handled by itself": 'ask("syscall", 323, 1)',
    "a socket of the network": 'ask("socket", 2, 1, 0)',
    "a socket to the kernel": 'ask("socket", 16, 3, 0)',
    "the machine's name": 'ask("sethostname", b"mine", 4)',
    "to become root": 'ask("setuid", 0)',
}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of calls are this machine's")
def test_the_kernel_refuses_what_a_submission_has_no_need_of(nothing_left: None) -> None:
    result, text = mark(task(extra=C + "\n".join(REFUSED.values())))
    assert (result.status, marks(result)) == ("graded", PASSED)
    shown = outputs(text)
    assert shown.count("refused") == len(REFUSED), shown


def test_settings_of_the_kernel_and_the_processes_around_it_cannot_be_changed() -> None:
    source = """import os
paths = ["/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches",
         "/proc/sysrq-trigger", "/proc/1/mem", f"/proc/{os.getppid()}/mem",
         "/proc/self/uid_map", "/proc/self/setgroups"]
for path in paths:
    try:
        with open(path, "r+b" if path.endswith("mem") else "wb", buffering=0) as file:
            file.write(b"1")
        print("wrote", path)
    except OSError:
        print("refused")
try:
    print("saw", [os.readlink(f"/proc/1/fd/{name}") for name in os.listdir("/proc/1/fd")])
except OSError:
    print("hidden")"""
    result, text = mark(task(extra=source))
    assert marks(result) == PASSED
    assert outputs(text).count("refused") == 8 and "wrote" not in outputs(text)
    assert "hidden" in outputs(text)


def test_all_folders_share_one_limit() -> None:
    source = """import os
size = 0
for folder in (".", "/tmp", "/dev/shm"):
    for number in range(50):
        try:
            with open(f"{folder}/{number}", "wb") as file:
                size += file.write(bytes(2**20))
        except OSError:
            break
print("MiB:", size // 2**20)"""
    result, text = mark(task(extra=source))
    assert (result.status, marks(result)) == ("graded", PASSED)
    size = int(outputs(text).split("MiB:")[1].split()[0])
    assert 40 < size <= LIMITS.disk // MIB


def test_what_ignores_its_end_ends_with_the_submission(nothing_left: None) -> None:
    source = """import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    for number in range(1, 64):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    if os.fork() == 0:
        while True:
            time.sleep(1)
    os._exit(0)"""
    result, _ = mark(task(extra=source, last="os._exit(3)"))
    assert result.status == "crashed"


def test_a_sandbox_in_which_a_process_is_left_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mark(task())
    first = next(iter(marking._sandboxes.values()))
    monkeypatch.setattr("coursekit.grading.sandbox.run.ENDING_SECONDS", 1)
    monkeypatch.setattr(first, "family", first.family - 1)  # as if there had been one less
    monkeypatch.setattr("os.kill", lambda *_: None)
    result, _ = mark(task())
    assert (result.status, marks(result)) == ("graded", PASSED)
    assert first not in marking._sandboxes.values()
    assert first.process.poll() is not None

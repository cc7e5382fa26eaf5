"""Which of the sandbox's protections hold on this machine, each tried by a submission that does its
best against it.
"""

import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from coursekit.grading.sandbox.bubblewrap import missing_sandbox
from coursekit.grading.sandbox.limits import Limits
from coursekit.grading.sandbox.run import Report
from coursekit.grading.sandbox.supervisor import Sandbox
from coursekit.grading.sandbox.usage import family
from coursekit.units import MIB

_LIMITS = Limits(seconds=60, all_seconds=600, memory=512 * MIB, disk=32 * MIB, output=100_000)
_MARK = "found: "  # before what a submission tells

# Runs as a submission: it tells, in JSON, what it was able to do.
_PROBE = """
import ctypes, json, os, socket
library, status = ctypes.CDLL(None, use_errno=True), {}
for line in open("/proc/self/status"):
    name, _, value = line.partition(":")
    status[name] = value.split()

def connects(place):
    try:
        socket.create_connection(tuple(place), timeout=2).close()
        return True
    except OSError:
        return False

def readable(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1))
    except OSError:
        return False

def writes(path):
    try:
        open(os.path.join(path, "written"), "wb").close()
        return True
    except OSError:
        return False

def fills():
    size = 0
    for folder in (".", "/tmp", "/dev/shm"):
        try:
            with open(os.path.join(folder, "filled"), "wb") as file:
                while size < 2 * told["disk"]:
                    size += file.write(bytes(2**20))
        except OSError:
            pass
    return size

def allowed(name, *arguments):
    ctypes.set_errno(0)
    return getattr(library, name)(*arguments) >= 0 or ctypes.get_errno() not in (1, 22, 38)

asked = {
    "unshare": (0x10000000,), "ptrace": (16, 1, None, None), "shmget": (0, 4096, 0o1600),
    "memfd_create": (b"x", 0), "mount": (b"tmpfs", b"/tmp", b"tmpfs", 0, None), "setuid": (0,),
}
print(MARK + json.dumps({
    "network": [place for place in told["places"] if connects(place)],
    "read": [path for path in told["paths"] if readable(path)],
    "written": [path for path in told["folders"] + ["/", "/usr", "/grading"] if writes(path)],
    "rights": [name for name in ("CapPrm", "CapEff", "CapBnd") if int(status[name][0], 16)]
    + (["root"] if "0" in status["Uid"] + open("/proc/self/uid_map").read().split()[1:2] else [])
    + ([] if status["NoNewPrivs"] == ["1"] else ["new privileges"]),
    "calls": [name for name, given in asked.items() if allowed(name, *given)],
    "filled": fills(),
}))
"""
_TOO_MUCH = {  # protection: (the submission, the status that it must get)
    "time is limited": ("while True:\n    pass", "timed out"),
    "output is limited": (
        "for _ in range(2000):\n    print('x' * 1000)",
        "too much output",
    ),
    "memory is limited": ("held = [bytearray(2**20) for _ in range(2000)]", "out of memory"),
    "shared memory is limited": (
        "import mmap, time\none = mmap.mmap(-1, 2**30)\nfor place in range(0, 2**30, 4096):\n"
        "    one[place] = 1\ntime.sleep(300)",
        "out of memory",
    ),
    "the number of processes is limited": (
        "import os, time\nfor _ in range(8):\n    os.fork()\ntime.sleep(300)",
        "too many processes",
    ),
}


@dataclass(frozen=True)
class Finding:
    """A protection, whether it holds, what is known of it, and whether the sandbox promises it."""

    protection: str
    holds: bool
    words: str = ""
    needed: bool = True


def examine(root: Path) -> Iterator[Finding]:
    """Try the protections one after the other, with the course in ``root``."""
    if why := missing_sandbox():
        yield Finding("a sandbox", False, why)
        return
    sandbox = Sandbox(root, walls=True)
    try:
        yield from _reach(sandbox, root)
        for protection, (source, status) in _TOO_MUCH.items():
            limits = replace(_LIMITS, seconds=5) if status == "timed out" else _LIMITS
            got = _submit(sandbox, source, limits).status
            words = "" if got == status else f"it was {got}"
            yield Finding(protection, got == status, words)
        left = len(family(sandbox.process.pid)) - sandbox.family
        words = f"{left} are left" if left else ""
        yield Finding("all its processes end with a submission", not left, words)
    finally:
        sandbox.close()
    words = (
        "memory and processes are looked at five times a second, from outside; in between, a "
        "submission can take more, up to the limits that each of its processes has"
    )
    limits = "limits by the kernel for a whole submission (control groups)"
    yield Finding(limits, False, words, needed=False)


def _reach(sandbox: Sandbox, root: Path) -> Iterator[Finding]:
    folders = [root, Path.home(), Path.cwd()]
    with socket.create_server(("127.0.0.1", 0)) as server, NamedTemporaryFile("w") as file:
        print("a file of yours", file=file, flush=True)
        told = {
            "places": [("127.0.0.1", server.getsockname()[1]), ("192.0.2.1", 80)],
            "paths": [file.name, *_yours(folders)],
            "folders": [str(folder) for folder in folders],
            "disk": _LIMITS.disk,
        }
        report = _submit(sandbox, f"told, MARK = {told!r}, {_MARK!r}\n{_PROBE}", _LIMITS)
    text = "".join(one.get("text", "") for one in report.cells.get(0, {}).get("outputs", []))
    if _MARK not in text:
        why = report.message or str(report.cells)[-500:]
        yield Finding("what it can reach", False, f"it could not be tried: {why}")
        return
    found = json.loads(text.partition(_MARK)[2].splitlines()[0])
    for key, protection in {
        "network": "no network",
        "read": "your files cannot be read",
        "written": "nothing can be written outside of its own folders",
        "rights": "a user without rights, who can get none",
        "calls": "calls of the kernel that no submission needs are refused",
    }.items():
        yield Finding(protection, not found[key], ", ".join(map(str, found[key])))
    size = found["filled"]
    words = f"{size // MIB} MiB were written, {_LIMITS.disk // MIB} are allowed"
    yield Finding("disk space is limited", size <= _LIMITS.disk, words)


def _yours(folders: list[Path]) -> Iterator[str]:
    """What lies in some folders; but for Python and its packages, which may, too."""
    pythons = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve()]
    for folder in folders:
        with contextlib.suppress(OSError):
            for path in sorted(folder.iterdir())[:200]:
                if not any(p.is_relative_to(path) or path.is_relative_to(p) for p in pythons):
                    yield str(path)


def _submit(sandbox: Sandbox, source: str, limits: Limits) -> Report:
    cells = [{"kind": "student", "source": source, "visible": source}]
    return sandbox.run(cells, [], limits)

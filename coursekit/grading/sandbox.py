"""The sandbox: start the process that forks (``inside.py``) behind walls, have it run a submission, and stop what goes too far."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit.grading.inside import FAILED_START, HOME, TOO_MUCH_OUTPUT, Channel, Gone
from coursekit.pages.bundle import write_carried
from coursekit.problem import PageError

MiB = 2**20
START_SECONDS = 180  # for the import of TensorFlow on a busy machine
LOOK_SECONDS = 0.2  # between looks at memory and processes
_SYSTEM = "/usr /bin /sbin /lib /lib32 /lib64 /etc/ld.so.cache /etc/alternatives /etc/fonts /etc/localtime".split()


FOLDERS: set[str] = set()  # of the sandboxes of this process


@dataclass(frozen=True)
class Limits:
    """What a submission may take.

    Attributes:
        seconds: Time for each cell, and for each check.
        all_seconds: Time for the whole submission.
        memory: Bytes of memory, beside those that all submissions share.
        disk: Bytes of files.
        output: Characters that a submission may print.
        processes: Processes that it may have at once.
    """

    seconds: float = 120
    all_seconds: float = 600
    memory: int = 3072 * MiB
    disk: int = 256 * MiB
    output: int = 2 * MiB
    processes: int = 40


@dataclass(frozen=True)
class Report:
    """What became of a run: the status, why, the cell at work in the end, and what was reported of each cell."""

    status: str
    message: str
    at: int
    cells: dict[int, dict[str, Any]]
    replaced: tuple[str, ...]
    seconds: float


def missing_sandbox() -> str:
    """Why there can be no sandbox here; empty if there can."""
    if not sys.platform.startswith("linux"):
        return "The sandbox needs Linux; this is another system."
    if not shutil.which("bwrap"):
        return "The sandbox needs bubblewrap, which is not installed: `apt-get install bubblewrap` (Debian, Ubuntu)."
    command = [*_walls(), "--", sys.executable, "-c", ""]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return f"bubblewrap does not work here: {done.stderr.strip() or done.returncode}"
    return ""


def _walls() -> list[str]:
    """The command that shuts a program in: no network, nothing to write to, of files only the system, Python and its packages."""
    command = ["bwrap", "--die-with-parent", "--unshare-all", "--new-session", "--clearenv"]
    command += ["--tmpfs", "/tmp"]  # before the environment, which may lie within it
    shown = [path for path in _SYSTEM if Path(path).exists()]
    # The real interpreter first: the environment's folder may lie inside that of the interpreter.
    pythons = {sys.base_prefix, sys.prefix, str(Path(sys.executable).resolve().parents[1])}
    for path in [*shown, *sorted(pythons, key=len)]:
        if not any(Path(path).is_relative_to(other) for other in ("/usr", "/lib") if path != other):
            command += ["--ro-bind", path, path]
    return [
        *command,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--remount-ro",
        "/dev",
        "--dir",
        HOME,
    ]


def _environment(home: str) -> dict[str, str]:
    one_thread = "OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS TF_NUM_INTRAOP_THREADS TF_NUM_INTEROP_THREADS"
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "LANG": "C.UTF-8",
        "LAB_PROGRESS": "0",
        "LOKY_MAX_CPU_COUNT": "1",  # submissions go side by side; each takes one core
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "IPYTHONDIR": f"{home}/.ipython",
        "CUDA_VISIBLE_DEVICES": "",
        **dict.fromkeys(one_thread.split(), "1"),
    }


class Sandbox:
    """A process that has imported TensorFlow, behind walls, and forks for each submission."""

    def __init__(self, root: Path, walls: bool, compiled: Path | None = None, learn: bool = False):
        """Start it.

        ``compiled`` is a folder of compiled programs, which save a submission seconds of compilation. With ``learn`` programs are
        added to it: then run trusted code only.
        """
        self.walls, self.job = walls, 0
        self.folder = tempfile.TemporaryDirectory(prefix="course-grading-")
        self.carried = tempfile.TemporaryDirectory(prefix="course-grading-")
        FOLDERS.update((self.folder.name, self.carried.name))
        self.home = HOME if walls else self.folder.name
        # Packets, since orders that run together could not be told apart.
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        inside = Path(__file__).with_name("inside.py")
        files = {"inside.py": inside}
        write_carried(Path(self.carried.name), root, ("lab", "checks"))
        files |= {path.name: path for path in sorted(Path(self.carried.name).iterdir())}
        environment = _environment(self.home)
        if compiled:
            compiled.mkdir(parents=True, exist_ok=True)
            place = "/compiled" if walls else str(compiled.resolve())
            flags = f"--tf_xla_persistent_cache_directory={place}"
            environment["TF_XLA_FLAGS"] = flags + (
                "" if learn else " --tf_xla_persistent_cache_read_only=true"
            )
        if walls:
            command = _walls()
            for name, path in files.items():
                command += ["--ro-bind", str(path), f"/grading/{name}"]
            if compiled:
                command += [
                    "--bind" if learn else "--ro-bind",
                    str(compiled.resolve()),
                    "/compiled",
                ]
            for name, value in environment.items():
                command += ["--setenv", name, value]
            command += [
                "--chdir",
                HOME,
                "--remount-ro",
                "/",
                "--",
                sys.executable,
                "/grading/inside.py",
            ]
        else:
            own = Path(self.folder.name, ".grading")
            own.mkdir()
            for name, path in files.items():
                shutil.copyfile(path, own / name)
            environment["MPLCONFIGDIR"] = str(own / "matplotlib")
            command = [sys.executable, str(own / "inside.py")]
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sandbox
        self.process = subprocess.Popen(
            [*command, str(theirs.fileno()), "walls" if walls else "none"],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self.said,
            stderr=self.said,
            cwd=self.folder.name,
            env=environment,
            start_new_session=True,
        )
        theirs.close()
        self._wait(lambda line: "ready" in line, START_SECONDS)
        self.family = len(_family(self.process.pid))

    def close(self) -> None:
        """End it and all that it runs."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.said.close()
        self.folder.cleanup()
        self.carried.cleanup()

    # ----- talking to it

    def _wait(self, wanted: Callable[[dict], bool], seconds: float) -> dict:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self._heard(0.5):
                if wanted(line):
                    return line
            if self.process.poll() is not None:
                break
        self.said.seek(0)
        said = self.said.read().decode("utf-8", "replace")[-2000:]
        raise PageError(
            f"the sandbox did not start (bubblewrap and TensorFlow must work here):\n{said}"
        )

    def _heard(self, seconds: float) -> Iterator[dict]:
        self.control.settimeout(max(seconds, 0.001))
        with contextlib.suppress(TimeoutError):
            data = self.control.recv(65536)
            if not data:
                raise Gone("the sandbox ended")
            yield json.loads(data)

    def _start(self, role: str, ends: list[socket.socket], limits: Limits) -> tuple[int, int]:
        self.job += 1
        order = {"job": self.job, "role": role, "limits": {**asdict(limits), "home": self.home}}
        socket.send_fds(self.control, [json.dumps(order).encode()], [end.fileno() for end in ends])
        job = self.job
        started = self._wait(lambda line: line.get("started") == job, 30)
        return job, started["pid"]

    # ----- a submission

    def run(self, cells: list[dict], limits: Limits) -> Report:
        """Run the cells of a submission and its checks (see ``inside.Judge.lead``).

        Raises Gone where the sandbox itself broke; then make a new one.
        """
        return _Run(self, cells, limits).report()


class _Run:
    """One submission in the sandbox."""

    def __init__(self, sandbox: Sandbox, cells: list[dict], limits: Limits):
        self.sandbox, self.limits = sandbox, limits
        self.start = time.monotonic()
        judge_end, player_end = socket.socketpair()
        mine, judges = socket.socketpair()
        self.player, pid = sandbox._start("player", [player_end], limits)
        self.judge, judge_pid = sandbox._start("judge", [judge_end, judges], limits)
        for end in (judge_end, player_end, judges):
            end.close()
        self.pids = [self._host_pid(one) for one in (pid, judge_pid)]
        self.shared = max((_private(one) for one in _family(sandbox.process.pid)), default=0)
        self.channel = Channel(mine)
        with contextlib.suppress(Gone):
            self.channel.send(json.dumps(cells).encode())
        self.cells: dict[int, dict] = {}
        self.replaced: tuple[str, ...] = ()
        self.now, self.since = -1, time.monotonic()  # the cell at work
        self.codes: dict[int, int] = {}

    def report(self) -> Report:
        """Wait for its end and tell what came of it."""
        try:
            status, message = self._watch()
        finally:
            self._stop()
            self.channel.socket.close()
        seconds = time.monotonic() - self.start
        return Report(status, message, self.now, self.cells, self.replaced, seconds)

    def _watch(self) -> tuple[str, str]:
        looked = time.monotonic()
        buffer = b""
        reader = self.channel.socket
        while True:
            reader.settimeout(LOOK_SECONDS)
            try:
                data = reader.recv(2**20)
            except TimeoutError:
                data = None
            except OSError:
                data = b""
            if data == b"":
                return self._after("the judge ended")
            buffer += data or b""
            while len(buffer) >= 8 and len(buffer) - 8 >= (
                size := int.from_bytes(buffer[:8], "big")
            ):
                line, buffer = json.loads(buffer[8 : 8 + size]), buffer[8 + size :]
                if "end" in line:
                    return (
                        ("graded", "")
                        if line["end"] == "done"
                        else self._after(line.get("why", ""))
                    )
                self._note(line)
            now = time.monotonic()
            if now - self.since > self.limits.seconds:
                return "timed out", f"It was stopped after {self.limits.seconds:g} seconds."
            if now - self.start > self.limits.all_seconds:
                return (
                    "timed out",
                    f"All in all it took more than {self.limits.all_seconds:g} seconds.",
                )
            if now - looked > LOOK_SECONDS:
                looked = now
                if found := self._goes_too_far():
                    return found

    def _note(self, line: dict) -> None:
        self.since = time.monotonic()
        if "started" in line:
            self.now = line["started"]
        elif "ended" in line:
            self.cells[line["ended"]] = line
        elif "inside" in line:
            self.cells[line["inside"]] |= line
        elif "replaced" in line:
            self.replaced = tuple(str(one)[:100] for one in line["replaced"][:50])

    def _after(self, why: str) -> tuple[str, str]:
        """The status of a run whose player or judge ended on its own."""
        end = time.monotonic() + 5
        while self.player not in self.codes and time.monotonic() < end:
            self._hear(0.2)
            if self.judge in self.codes and self.player not in self.codes:
                self._hear(0.5)
                break
        code = self.codes.get(self.player)
        if code == TOO_MUCH_OUTPUT:
            return "too much output", f"It printed more than {self.limits.output:,} characters."
        if code == FAILED_START:
            raise Gone("a process could not be started")
        if code is None:
            return "crashed", f"The connection to its process broke: {why}"
        if code > 128:
            return "crashed", f"Its process ended by {signal.Signals(code - 128).name}."
        return "crashed", f"Its process ended itself with exit code {code}."

    def _hear(self, seconds: float) -> None:
        for line in self.sandbox._heard(seconds):
            if "ended" in line:
                self.codes[line["ended"]] = line["code"]

    def _stop(self) -> None:
        for job in (self.player, self.judge):
            if job not in self.codes:
                order = json.dumps({"job": job, "kill": True}).encode()
                with contextlib.suppress(OSError):
                    socket.send_fds(self.sandbox.control, [order], [])
        end = time.monotonic() + 30
        while len(self.codes) < 2 and time.monotonic() < end:
            self._hear(0.2)
        # Their children end with them, a moment later.
        while (
            len(_family(self.sandbox.process.pid)) > self.sandbox.family and time.monotonic() < end
        ):
            time.sleep(0.005)
        if len(self.codes) < 2:
            raise Gone("processes could not be ended")

    # ----- limits that are looked at from outside

    def _goes_too_far(self) -> tuple[str, str] | None:
        everyone = self._everyone()
        if len(everyone) > self.limits.processes + 6:
            return (
                "too many processes",
                f"It had {len(everyone)} processes; {self.limits.processes} are allowed.",
            )
        if _memory(everyone, self.shared) > self.limits.memory:
            return "out of memory", f"It took more than {self.limits.memory / MiB:,.0f} MiB."
        return None

    def _everyone(self) -> list[int]:
        return [pid for one in self.pids if one for pid in _family(one)]

    def _host_pid(self, pid: int) -> int:
        """The number that a process of the sandbox has here."""
        if not self.sandbox.walls:
            return pid
        for one in _family(self.sandbox.process.pid):
            with contextlib.suppress(OSError, ValueError):
                status = Path(f"/proc/{one}/status").read_text()
                numbers = status.split("NSpid:")[1].split("\n")[0].split()
                if len(numbers) > 1 and int(numbers[1]) == pid:
                    return one
        return 0


def _family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):
                found += map(int, Path(f"/proc/{one}/task/{thread}/children").read_text().split())
    return found


def _memory(pids: list[int], shared: int) -> int:
    """Bytes of memory that processes have beyond the ``shared`` that each was forked with."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            total += max(0, _private(pid) - shared)
    return total


def _private(pid: int) -> int:
    _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")

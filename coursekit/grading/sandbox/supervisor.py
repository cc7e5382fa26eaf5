"""Start the process that forks behind walls, and have it run submissions."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import coursekit
from coursekit.grading.sandbox import inside
from coursekit.grading.sandbox.bubblewrap import bound, runs_as
from coursekit.grading.sandbox.bubblewrap import walls as walls_command
from coursekit.grading.sandbox.inside.channel import Gone
from coursekit.grading.sandbox.inside.walls import HOME
from coursekit.grading.sandbox.limits import Limits
from coursekit.grading.sandbox.run import Report, Run
from coursekit.grading.sandbox.syscalls import program
from coursekit.grading.sandbox.usage import family
from coursekit.pages.bundle import write_carried
from coursekit.problem import PageError

START_SECONDS = 180  # for the import of TensorFlow on a busy machine

# Everything inside goes by the names that it has here, so packages around it are there, too.
_TOP = Path(coursekit.__file__).parents[1]
_INSIDE = [Path(inside.__file__).parent]
_INSIDE += [
    folder / "__init__.py"
    for folder in _INSIDE[0].parents
    if folder.is_relative_to(_TOP / "coursekit")
]
_START = ["-P", "-m", inside.__name__]

MODULES = "/grading"  # where they lie behind the walls

FOLDERS: set[str] = set()  # of the sandboxes of this process


def _environment(home: str, modules: str) -> dict[str, str]:
    one_thread = """
        OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS TF_NUM_INTRAOP_THREADS
        TF_NUM_INTEROP_THREADS
    """
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "PYTHONPATH": modules,
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

        ``compiled`` is a folder of compiled programs, which save a submission seconds of
        compilation. With ``learn`` programs are added to it: then run trusted code only.
        """
        self.walls, self.job = walls, 0
        self.missed: list[dict] = []
        self.broken = False  # whether processes are left in it that could not be ended
        # What a solution compiles is kept in a folder of ours.
        self.user = None if learn else runs_as()
        self.folder = tempfile.TemporaryDirectory(prefix="course-grading-")
        self.carried = tempfile.TemporaryDirectory(prefix="course-grading-")
        FOLDERS.update((self.folder.name, self.carried.name))
        self.home = HOME if walls else self.folder.name
        # Packets, since orders that run together could not be told apart.
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        write_carried(Path(self.carried.name), root, ("lab", "checks"))
        files = {path.name: path for path in sorted(Path(self.carried.name).iterdir())}
        files |= {str(path.relative_to(_TOP)): path for path in _INSIDE}
        environment = _environment(self.home, MODULES if walls else f"{self.home}/.grading")
        if compiled:
            compiled.mkdir(parents=True, exist_ok=True)
            place = "/compiled" if walls else str(compiled.resolve())
            flags = f"--tf_xla_persistent_cache_directory={place}"
            environment["TF_XLA_FLAGS"] = flags + (
                "" if learn else " --tf_xla_persistent_cache_read_only=true"
            )
        with walls_command() if walls else nullcontext(([], ())) as (command, passed):
            if walls:
                files["filter"] = Path(self.carried.name, "filter")
                files["filter"].write_bytes(program())
                for name, path in files.items():
                    command += bound(path, f"{MODULES}/{name}")
                if compiled:
                    command += [
                        "--bind" if learn else "--ro-bind",
                        str(compiled.resolve()),
                        "/compiled",
                    ]
                for name, value in environment.items():
                    command += ["--setenv", name, value]
                command += ["--chdir", HOME, "--remount-ro", "/", "--"]
            else:
                own = Path(self.folder.name, ".grading")
                own.mkdir()
                for name, path in files.items():
                    (own / name).parent.mkdir(parents=True, exist_ok=True)
                    (shutil.copytree if path.is_dir() else shutil.copyfile)(path, own / name)
                environment["MPLCONFIGDIR"] = str(own / "matplotlib")
            command += [sys.executable, *_START, str(theirs.fileno())]
            self.said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the sandbox
            self.process = subprocess.Popen(
                [*command, f"{MODULES}/filter" if walls else "none"],
                pass_fds=[theirs.fileno(), *passed],
                stdin=subprocess.DEVNULL,
                stdout=self.said,
                stderr=self.said,
                cwd=self.folder.name,
                env=environment,
                start_new_session=True,
            )
            theirs.close()
            try:
                ready = self._wait(lambda line: "ready" in line, START_SECONDS)
            except (Gone, OSError):
                ready = None
            if not ready:
                self.said.seek(0)
                said = self.said.read().decode("utf-8", "replace")[-2000:]
                self.close()
                raise PageError(
                    f"the sandbox did not start (bubblewrap and TensorFlow must work here):\n{said}"
                )
        self.family = len(family(self.process.pid))

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

    def _wait(self, wanted: Callable[[dict], bool], seconds: float) -> dict | None:
        """The first line that is wanted; None where none came. Others are kept for ``heard``."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self._received(0.5):
                if wanted(line):
                    return line
                self.missed.append(line)
            if self.process.poll() is not None:
                break
        return None

    def _received(self, seconds: float) -> Iterator[dict]:
        self.control.settimeout(max(seconds, 0.001))
        with contextlib.suppress(TimeoutError):
            data = self.control.recv(65536)
            if not data:
                raise Gone("the sandbox ended")
            yield json.loads(data)

    def heard(self, seconds: float) -> list[dict]:
        """What it said since, or says within some seconds. Raises Gone where it ended."""
        found, self.missed = self.missed, []
        return found or list(self._received(seconds))

    def start(self, role: str, ends: list[socket.socket], limits: Limits) -> tuple[int, int]:
        """Have it fork a player or a judge; give the number of the order and the process id there.
        Raises Gone.
        """
        self.job += 1
        own = {"home": self.home, "user": self.user}
        order = {"job": self.job, "role": role, "limits": asdict(limits) | own}
        socket.send_fds(self.control, [json.dumps(order).encode()], [end.fileno() for end in ends])
        job = self.job
        if started := self._wait(lambda line: line.get("started") == job, START_SECONDS):
            return job, started["pid"]
        raise Gone("a process was not started")

    # ----- a submission

    def run(self, cells: list[dict], defined: Sequence[str], limits: Limits) -> Report:
        """Run the cells of a submission and its checks, as ``inside.judge.Judge.lead`` does.

        Raises Gone where the sandbox itself broke; then make a new one.
        """
        return Run(self, cells, defined, limits).report()

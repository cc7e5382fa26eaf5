"""Work on what students handed in, in a process of its own that is bounded in time and memory.

A file can be made so that reading, converting or showing it takes all memory or never ends, or trips a library in a way that
nobody thought of. Here that costs this file's turn alone: the caller gets a FailedError, and the next file a new process.
"""

import contextlib
import json
import multiprocessing
import multiprocessing.connection
import resource
import signal
import sys
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from coursekit.problem import PageError
from coursekit.units import MIB

SECONDS = 30  # of a processor, for one call
WAIT = 20  # times as long may a call take by the clock, should others keep the machine busy
MEMORY = 1024 * MIB  # beyond what the process has when it starts
ANSWER_BYTES = 256 * MIB
_OUT_OF_MEMORY = 77  # exit code

_context = multiprocessing.get_context("forkserver")


class FailedError(Exception):
    """Work on a file took too much, or failed; the message says which, in words for an instructor."""


_modules: set[str] = set()


def preload(modules: Iterable[str]) -> None:
    """Have new processes begin with these modules imported, which takes seconds; to be called before the first starts."""
    _modules.update(modules)
    _context.set_forkserver_preload(sorted(_modules))


class Limited:
    """Calls the methods of what ``make(*given)`` returns, which lives in another process. What they return must fit JSON.

    Attributes:
        seconds: Processor time for one call.
        memory: Bytes for one call.
    """

    def __init__(
        self, make: Callable, *given: Any, seconds: float = SECONDS, memory: int = MEMORY
    ) -> None:
        self.make, self.given = make, given
        self.seconds, self.memory = seconds, memory
        self._process: Any = None
        self._end: Any = None

    def __call__(self, method: str, *given: Any) -> Any:
        """Call a method there.

        Raises FailedError where that fails or takes too much, and PageError where no process can be started.
        """
        if self._process is None:
            self._start()
        try:
            self._end.send((method, given))
            if not self._end.poll(self.seconds * WAIT):
                raise self._ended(f"it took more than {self.seconds * WAIT:g} seconds")
            kind, answer = json.loads(self._end.recv_bytes(ANSWER_BYTES))
        except (OSError, EOFError) as error:
            raise self._ended() from error
        except BaseException:
            # Interrupted; what is on its way here would answer another call.
            self.close()
            raise
        if kind == "done":
            return answer
        if kind == "memory":
            raise self._ended(self._too_much())
        raise FailedError(answer)

    def _start(self) -> None:
        preload([self.make.__module__])
        self._end, theirs = _context.Pipe()
        given = (theirs, self.make, self.given, self.seconds, self.memory)
        self._process = _context.Process(target=_serve, args=given, daemon=True)
        main = sys.modules["__main__"]
        try:
            # A new process would import the program again that runs here, whatever that is.
            sys.modules["__main__"] = types.ModuleType("__main__")
            self._process.start()
        finally:
            sys.modules["__main__"] = main
        theirs.close()
        try:
            self._end.recv_bytes()
        except (OSError, EOFError):
            why = self._ended()
            raise PageError(
                f"a process that works on submissions does not start here: {why}"
            ) from None

    def _ended(self, why: str = "") -> FailedError:
        """End the process, should it still run, and say why."""
        process = self._process
        if why:
            process.kill()
        process.join(self.seconds)
        code = process.exitcode
        self.close()
        if not why and code == -signal.SIGPROF:
            why = f"it took more than {self.seconds:g} seconds"
        elif not why and code in (_OUT_OF_MEMORY, -signal.SIGKILL):
            why = self._too_much()
        elif not why:
            name = signal.Signals(-code).name if code and code < 0 else f"exit code {code}"
            why = f"it broke the program that works on it ({name})"
        return FailedError(why)

    def _too_much(self) -> str:
        return f"it took more than {self.memory / MIB:,.0f} MiB of memory"

    def close(self) -> None:
        """End the process; a later call starts a new one."""
        if self._process is not None:
            self._end.close()
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None

    def __enter__(self) -> Self:
        """Itself; nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()


def _serve(
    end: multiprocessing.connection.Connection,
    make: Callable,
    given: tuple,
    seconds: float,
    memory: int,
) -> None:
    """Answer calls until the caller goes."""
    # Ctrl+C is for the caller, who ends this process; the timer's signal ends it at once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    owner = make(*given)
    _bound(memory)
    end.send_bytes(b"ready")
    while True:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            method, arguments = end.recv()
        except (EOFError, OSError):
            return
        except MemoryError:
            raise SystemExit(_OUT_OF_MEMORY) from None
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            answer = json.dumps(["done", getattr(owner, method)(*arguments)]).encode()
        except MemoryError:
            answer = b'["memory", ""]'
        except RecursionError:
            answer = json.dumps(["failed", "it is nested too deeply"]).encode()
        except Exception as error:
            said = " ".join(ascii(str(error))[1:-1].split())[:300]
            answer = json.dumps(["failed", f"{type(error).__name__}: {said}"]).encode()
        arguments = None
        signal.setitimer(signal.ITIMER_PROF, 0)
        end.send_bytes(answer)


def _bound(memory: int) -> None:
    """Limit this process' memory to so much more than it has now, where the system can."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, StopIteration, ValueError):
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        now = next(int(line.split()[1]) for line in status if line.startswith("VmData:")) * 1024
        resource.setrlimit(resource.RLIMIT_DATA, (now + memory,) * 2)

"""One submission in the sandbox: what is reported of it, and an end for what goes too far."""

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coursekit.grading.sandbox.inside.channel import Channel, Gone
from coursekit.grading.sandbox.inside.outputs import writable
from coursekit.grading.sandbox.inside.player import TOO_MUCH_OUTPUT
from coursekit.grading.sandbox.inside.process import FAILED_START
from coursekit.grading.sandbox.limits import Limits
from coursekit.grading.sandbox.usage import family, memory_of, taken
from coursekit.units import MIB

LOOK_SECONDS = 0.2  # between looks at memory and processes
ENDING_SECONDS = 30  # for processes that were killed
ENDED_SECONDS = 20  # until it is known how processes ended; on a busy machine it takes some
# Times the limit of output: what a text may take in a file, and all pictures together.
ESCAPED, PICTURES = 6, 8


@dataclass(frozen=True)
class Report:
    """What became of a run: the status, why, the cell at work in the end, and what was reported of
    each cell.
    """

    status: str
    message: str
    at: int
    cells: dict[int, dict[str, Any]]
    replaced: tuple[str, ...]
    seconds: float


class Run:
    """One submission in the sandbox."""

    def __init__(self, sandbox: Any, cells: list[dict], defined: Sequence[str], limits: Limits):
        self.sandbox, self.limits = sandbox, limits
        self.start = time.monotonic()
        self.before = set(family(sandbox.process.pid))
        judge_end, player_end = socket.socketpair()
        mine, judges = socket.socketpair()
        self.player, pid = sandbox.start("player", [player_end], limits)
        self.judge, judge_pid = sandbox.start("judge", [judge_end, judges], limits)
        for end in (judge_end, player_end, judges):
            end.close()
        self.pids = [self._host_pid(one) for one in (pid, judge_pid)]
        self.shared = max((taken(one) for one in family(sandbox.process.pid)), default=0)
        self.channel = Channel(mine)
        with contextlib.suppress(Gone):
            order = {"cells": cells, "defined": list(defined)}
            self.channel.send(json.dumps(order).encode())
        self.cells: dict[int, dict] = {}
        self.replaced: tuple[str, ...] = ()
        self.now, self.since = -1, time.monotonic()  # the cell at work
        self.codes: dict[int, int] = {}
        self.text, self.pictures = 0, 0  # characters that were shown

    def report(self) -> Report:
        """Wait for its end and tell what came of it."""
        try:
            status, message = self._watch()
        finally:
            self._stop()
            self.channel.socket.close()
        seconds = time.monotonic() - self.start
        report = Report(status, message, self.now, self.cells, self.replaced, seconds)
        return _with_memory_errors(report)

    def _watch(self) -> tuple[str, str]:
        looked = time.monotonic()
        buffer = b""
        reader = self.channel.socket
        while True:
            reader.settimeout(LOOK_SECONDS)
            try:
                data = reader.recv(MIB)
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
                line, buffer = writable(json.loads(buffer[8 : 8 + size])), buffer[8 + size :]
                if "end" in line:
                    return (
                        ("graded", "")
                        if line["end"] == "done"
                        else self._after(line.get("why", ""))
                    )
                self._note(line)
                if found := self._shows_too_much():
                    return found
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
            for output in line.get("outputs", []):
                picture = len(output.get("data", {}).get("image/png", ""))
                self.pictures += picture
                self.text += len(json.dumps(output)) - picture
        elif "inside" in line:
            self.cells[line["inside"]] |= line
        elif "replaced" in line:
            self.replaced = tuple(str(one)[:100] for one in line["replaced"][:50])

    def _after(self, why: str) -> tuple[str, str]:
        """The status of a run whose player or judge ended on its own.

        Raises Gone where that was not the submission's doing: it has nothing by which to end the
        judge, and no process before the judge told of a cell.
        """
        end = time.monotonic() + ENDED_SECONDS
        while len(self.codes) < 2 and time.monotonic() < end:
            self._hear(0.2)
        code, judges = self.codes.get(self.player), self.codes.get(self.judge)
        if judges:
            raise Gone(f"the judge ended with exit code {judges}")
        if code == FAILED_START and self.now < 0:
            raise Gone("a process could not be started")
        if code == TOO_MUCH_OUTPUT:
            return "too much output", self._printed_too_much()
        if code is None:
            return "crashed", f"The connection to its process broke: {why}"
        with contextlib.suppress(ValueError):  # a submission may give any code
            return "crashed", f"Its process ended by {signal.Signals(code - 128).name}."
        return "crashed", f"Its process ended itself with exit code {code}."

    def _hear(self, seconds: float) -> None:
        for line in self.sandbox.heard(seconds):
            if "ended" in line:
                self.codes[line["ended"]] = line["code"]

    def _stop(self) -> None:
        for job in (self.player, self.judge):
            if job not in self.codes:
                order = json.dumps({"job": job, "kill": True}).encode()
                with contextlib.suppress(OSError):
                    socket.send_fds(self.sandbox.control, [order], [])
        end = time.monotonic() + ENDING_SECONDS
        while len(self.codes) < 2 and time.monotonic() < end:
            self._hear(0.2)
        if len(self.codes) < 2:
            raise Gone("processes could not be ended")
        # Their children end with them, a moment later. Whatever is left could disturb the next
        # submission.
        while len(left := family(self.sandbox.process.pid)) > self.sandbox.family:
            if time.monotonic() > end:
                self.sandbox.broken = True
                break
            if time.monotonic() > end - ENDING_SECONDS / 2:
                for pid in set(left) - self.before:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)

    # ----- limits that are looked at from outside

    def _shows_too_much(self) -> tuple[str, str] | None:
        if (
            self.text > ESCAPED * self.limits.output
            or self.pictures > PICTURES * self.limits.output
        ):
            return "too much output", self._printed_too_much()
        return None

    def _printed_too_much(self) -> str:
        return f"It printed more than {self.limits.output:,} characters."

    def _goes_too_far(self) -> tuple[str, str] | None:
        everyone = self._everyone()
        if len(everyone) > self.limits.processes + 2:
            return (
                "too many processes",
                f"It had {len(everyone)} processes; {self.limits.processes} are allowed.",
            )
        if memory_of(everyone, self.shared) > self.limits.memory:
            return "out of memory", f"It took more than {self.limits.memory / MIB:,.0f} MiB."
        return None

    def _everyone(self) -> list[int]:
        # The first two of each are ours, and only wait for the end of the others.
        first = 2 if self.sandbox.walls else 0
        return [pid for one in self.pids if one for pid in family(one)[first:]]

    def _host_pid(self, pid: int) -> int:
        """The number that a process of the sandbox has here."""
        if not self.sandbox.walls:
            return pid
        for one in family(self.sandbox.process.pid):
            with contextlib.suppress(OSError, ValueError):
                status = Path(f"/proc/{one}/status").read_text()
                numbers = status.split("NSpid:")[1].split("\n")[0].split()
                if len(numbers) > 1 and int(numbers[1]) == pid:
                    return one
        return 0


def _with_memory_errors(report: Report) -> Report:
    """The same report; where a cell was refused memory, which tends to break later ones, this is
    its status.
    """
    for index, cell in sorted(report.cells.items()):
        errors = {cell.get("error"), str(cell.get("inside_message")).partition(":")[0]}
        if errors & {"MemoryError", "ResourceExhaustedError"}:
            message = "It asked for more memory than allowed."
            return replace(report, status="out of memory", message=message, at=index)
    return report

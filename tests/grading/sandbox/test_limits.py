"""Submissions that go too far are stopped, with the right status, and keep all other marks."""

import errno
import mmap
import os
import signal
import socket
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from coursekit.grading import marking
from coursekit.grading.marking import close_sandboxes, mark
from coursekit.grading.sandbox import supervisor
from coursekit.grading.sandbox.run import Report, Run
from coursekit.grading.sandbox.supervisor import Sandbox
from coursekit.grading.sandbox.usage import BUFFER, BUFFERS, memory_of, taken
from coursekit.units import MIB
from tests.support.marked import LIMITS, PASSED, SHORT, marks, outputs, task

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox needs Linux"),
]

ENDLESS = "import itertools, collections\ncollections.deque(itertools.count(), maxlen=0)"
ATTACKS = {  # name: (the student's cell, status, words of the message)
    "endless loop": ("while True:\n    pass", "timed out", "stopped after 15 seconds"),
    "endless loop in native code": (ENDLESS, "timed out", "stopped after 15 seconds"),
    "fork bomb": (
        "import os, time\nfor _ in range(8):\n    os.fork()\ntime.sleep(300)\nos._exit(0)",
        "too many processes",
        "30 are allowed",
    ),
    "memory in pieces": (
        "parts = []\nfor _ in range(400):\n    parts.append(bytearray(10 * 2**20))",
        "out of memory",
        "",
    ),
    "memory of many processes": (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        held = bytearray(300 * 2**20)\n        time.sleep(300)\n        os._exit(0)\n"
        "time.sleep(300)",
        "out of memory",
        "1,024 MiB",
    ),
    "memory shared with nobody": (
        "import mmap\nheld = []\nfor _ in range(40):\n    one = mmap.mmap(-1, 50 * 2**20)\n"
        "    held.append(one)\n"
        "    for place in range(0, len(one), 4096):\n        one[place] = 1",
        "out of memory",
        "1,024 MiB",
    ),
    "memory shared by processes": (
        "import mmap, os, time\nfor _ in range(6):\n    if os.fork() == 0:\n"
        "        one = mmap.mmap(-1, 300 * 2**20)\n"
        "        one.write(bytes(300 * 2**20))\n        time.sleep(300)\n        os._exit(0)\n"
        "time.sleep(300)",
        "out of memory",
        "1,024 MiB",
    ),
    "tables of addresses": (
        "import mmap\nheld = [mmap.mmap(-1, 2**40, flags=mmap.MAP_SHARED | 0x4000) for _ in "
        "range(4)]\n"
        "for one in held:\n    for place in range(0, 2**40, 2**21):\n        one[place]",
        "out of memory",
        "1,024 MiB",
    ),
    "gigabytes of output": (
        "for _ in range(2000):\n    print('x' * 2**20)",
        "too much output",
        "200,000 characters",
    ),
    "an end": ("import os\nos._exit(0)", "crashed", "exit code 0"),
    "an end with a code": ("import os\nos._exit(77)", "crashed", "exit code 77"),
    "a segmentation fault": ("import ctypes\nctypes.string_at(0)", "crashed", "SIGSEGV"),
    "an abort": ("import os\nos.abort()", "crashed", "SIGABRT"),
    "its connections closed": ("import os\nos.closerange(3, 4096)", "crashed", ""),
    "its connections flooded": (
        "import os\nfor number in range(3, 64):\n    try:\n"
        "        os.write(number, b'\\xff' * 10_000_000)\n"
        "    except OSError:\n        pass",
        "crashed",
        "",
    ),
    "a message that would run code": (
        "import os, pickle, struct\nclass Bad:\n    def __reduce__(self):\n"
        "        return os.system, ('true',)\n"
        "data = b'!' + pickle.dumps(Bad())\nfor number in range(3, 64):\n    try:\n"
        "        os.write(number, struct.pack('!Q', len(data)) + data)\n    except OSError:\n"
        "        pass",
        "crashed",
        "",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_cell_that_goes_too_far_is_stopped_named_and_left_out(
    name: str, nothing_left: None
) -> None:
    source, status, words = ATTACKS[name]
    result, _ = mark(task(extra=source, limits=SHORT if status == "timed out" else LIMITS))
    assert result.status == status
    assert words in result.message
    assert "That was in the cell that begins with" in result.message
    assert marks(result) == PASSED


@pytest.mark.parametrize("where", ["solution", "function"])
def test_an_endless_loop_costs_its_own_step_only(where: str) -> None:
    loop = "while True:\n        pass"
    source = f"def add(a, b):\n    {loop}" if where == "function" else "while True:\n    pass"
    result, _ = mark(task(add=source, limits=SHORT))
    assert result.status == "timed out"
    assert marks(result)["check_network"] == "passed"
    assert marks(result)["check_add"] != "passed"


def test_a_full_disk_is_an_error_of_the_cell(nothing_left: None) -> None:
    source = "for i in range(20):\n    open(f'{i}', 'wb').write(bytes(10 * 2**20))"
    result, text = mark(task(extra=source))
    assert (result.status, marks(result)) == ("graded", PASSED)
    assert "No space left" in outputs(text)


@pytest.mark.parametrize("source", ["raise SystemExit", "import sys\nsys.exit(3)", "exit()"])
def test_an_exit_is_an_error_of_the_cell(source: str) -> None:
    result, _ = mark(task(extra=source))
    assert (result.status, marks(result)) == ("graded", PASSED)


def test_an_exit_in_a_function_is_an_error_of_the_check() -> None:
    result, _ = mark(task(add="def add(a, b):\n    raise SystemExit"))
    assert result.status == "graded"
    assert marks(result) == PASSED | {"check_add": "failed"}


ENDS = {
    "a code above the known signals": ("import os\nos._exit(200)", "exit code 200"),
    "a code of no signal": ("import os\nos._exit(128)", "exit code 128"),
    "the code of a signal": ("import os\nos._exit(137)", "SIGKILL"),
    "the code of too much output": ("import os\nos._exit(99)", "printed more than"),
}


@pytest.mark.parametrize("what", ENDS)
def test_a_process_that_ends_itself_is_named_by_its_code(what: str) -> None:
    source, words = ENDS[what]
    result, _ = mark(task(extra=source))
    assert words in result.message
    assert marks(result) == PASSED


def test_news_of_a_processs_end_may_come_late(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, kept = Sandbox.heard, []

    def late(sandbox: Sandbox, seconds: float) -> list[dict]:
        now = time.monotonic()
        kept.extend((now + 3 * (one.get("code") == 77), one) for one in heard(sandbox, seconds))
        due = [one for one in kept if one[0] <= now]
        kept[:] = [one for one in kept if one[0] > now]
        return [one for _, one in due]

    monkeypatch.setattr(Sandbox, "heard", late)
    source, status, words = ATTACKS["an end with a code"]
    result, _ = mark(task(extra=source))
    assert (result.status, marks(result)) == (status, PASSED) and words in result.message


HALF = {
    "printed": "print('half \\ud800 of a pair')",
    "raised": "raise ValueError('half \\ud800 of a pair')",
    "shown": "from IPython.display import display\n"
    "display({'text/plain': 'half \\ud800 of a pair'}, raw=True)",
}


@pytest.mark.parametrize("what", HALF)
def test_half_of_a_character_pair_is_shown_as_a_question_mark(what: str) -> None:
    result, text = mark(task(extra=HALF[what]))
    assert (result.status, marks(result)) == ("graded", PASSED)
    text.encode()
    assert "?" in outputs(text) + text


def test_half_of_a_character_pair_in_a_message_can_be_written() -> None:
    result, text = mark(task(add="def add(a, b):\n    raise ValueError('half \\ud800')"))
    assert marks(result)["check_add"] == "failed"
    (str(result) + text).encode()


# What counts the output in the submission's own process is switched off.
UNCOUNTED = """import gc, sys
from coursekit.grading.sandbox.inside.player import Player
player = next(one for one in gc.get_objects() if isinstance(one, Player))
player.limit = player.said.limit = 10**12
"""
FLOODS = {
    "text": "print('x' * 30_000_000)",
    "text in small pieces": "for _ in range(300):\n    print('x' * 10_000)",
    "pictures": (
        "from IPython.display import display\ndisplay({'image/png': 'x' * 30_000_000}, raw=True)"
    ),
    "errors": "raise ValueError('x' * 3_000_000)",
}


@pytest.mark.parametrize("what", FLOODS)
def test_output_is_counted_outside_of_the_submissions_process(what: str) -> None:
    result, text = mark(task(extra=UNCOUNTED + FLOODS[what]))
    assert marks(result) == PASSED
    assert len(text) < 30 * LIMITS.output
    assert what == "errors" or result.status == "too much output"


def test_what_the_kernel_holds_for_pipes_and_sockets_counts_as_memory() -> None:
    def counted() -> int:
        return memory_of([os.getpid()], taken(os.getpid()))

    ends = [end for _ in range(BUFFERS) for end in socket.socketpair()]
    try:
        assert counted() >= BUFFERS * BUFFER
    finally:
        for end in ends:
            end.close()


def test_memory_shared_with_others_and_tables_of_addresses_are_seen() -> None:
    size = 64 * MIB
    before = taken(os.getpid())
    shared = mmap.mmap(-1, size)
    shared.write(bytes(size))
    assert taken(os.getpid()) - before > 0.9 * size
    shared.close()
    before, far = taken(os.getpid()), mmap.mmap(-1, 2**36, flags=mmap.MAP_SHARED | 0x4000)
    for place in range(0, 2**36, 2**21):
        assert far[place] == 0
    # A page for each, and a page of the table that leads to it.
    assert taken(os.getpid()) - before > 1.5 * 2**15 * mmap.PAGESIZE
    far.close()


def test_a_judge_that_the_machine_ends_costs_nobody_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch, ended = Run._watch, []

    def end_one(run: Run) -> tuple[str, str]:
        if not ended:
            ended.append(os.kill(run.pids[1], signal.SIGKILL))
        return watch(run)

    monkeypatch.setattr(Run, "_watch", end_one)
    result, _ = mark(task())
    assert (result.status, result.message, marks(result)) == ("graded", "", PASSED)


@pytest.mark.parametrize("times", [2, 3])
def test_a_full_folder_for_temporary_files_is_the_machines_matter(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    close_sandboxes()
    write, failures = supervisor.write_carried, iter(range(times))

    def full(*given: object) -> None:
        if next(failures, None) is not None:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*given)

    monkeypatch.setattr(supervisor, "write_carried", full)
    monkeypatch.setattr(marking, "PAUSE_SECONDS", 0)
    if times == marking.ATTEMPTS:  # no record, and no status of a student's
        with pytest.raises(OSError, match="No space left"):
            mark(task())
    else:
        result, _ = mark(task())
        assert (result.status, marks(result)) == ("graded", PASSED)


def test_what_a_process_says_to_a_full_disk_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    close_sandboxes()
    full = partial(open, "/dev/full", "r+b", buffering=0)
    folder = tempfile.TemporaryDirectory
    files = SimpleNamespace(TemporaryFile=full, TemporaryDirectory=folder)
    monkeypatch.setattr(supervisor, "tempfile", files)
    for attack in ("an end with a code", "a segmentation fault"):
        source, status, words = ATTACKS[attack]
        result, _ = mark(task(extra=source))
        assert (result.status, marks(result)) == (status, PASSED) and words in result.message
    close_sandboxes()


def test_reruns_get_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    run, given = marking._run, []

    def watched(*rest: Any) -> Report:
        report = run(*rest)
        given.append((rest[-1].all_seconds, report.seconds))
        return report

    monkeypatch.setattr(marking, "_run", watched)
    mark(task(add="import os\nos._exit(1)", twice="import os\nos._exit(1)"))
    assert len(given) == 3
    for (most, took), (left, _) in pairwise(given):
        assert left == pytest.approx(most - took)
    given.clear()
    result, _ = mark(task(limits=replace(LIMITS, all_seconds=0.5)))
    assert (result.status, len(given)) == ("timed out", 1)

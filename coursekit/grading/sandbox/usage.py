"""What processes take, seen from outside."""

import contextlib
import os
from pathlib import Path

from coursekit.grading.sandbox.inside.walls import FILES

KiB = 2**10
# What the kernel may hold for a pipe or a socket that nobody reads, and how many of them any
# process of ours has.
BUFFER, BUFFERS = 416 * KiB, 24


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):
                found += map(int, Path(f"/proc/{one}/task/{thread}/children").read_text().split())
    return found


def memory_of(pids: list[int], shared: int) -> int:
    """Bytes of memory that processes have beyond the ``shared`` that each was forked with."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            total += max(0, taken(pid) - shared)
            total += max(0, _ends(pid) - BUFFERS) * BUFFER
    return total


def taken(pid: int) -> int:
    """Bytes that a process holds: private or shared with others, swapped out or not, and the tables
    of its addresses.
    """
    wanted, total = {"RssAnon", "RssShmem", "VmSwap", "VmPTE"}, 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in wanted:
            total += int(value.split()[0]) * KiB
    return total


def _ends(pid: int) -> int:
    """How many pipes and sockets a process has open, at most."""
    folder, found = f"/proc/{pid}/fd", 0
    try:
        names = os.listdir(folder)
    except PermissionError:  # which a process can bring about
        return FILES
    if len(names) <= BUFFERS:
        return 0
    for name in names:
        with contextlib.suppress(OSError):
            found += os.readlink(f"{folder}/{name}").startswith(("pipe:", "socket:"))
    return found

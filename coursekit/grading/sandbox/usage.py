"""What processes take, seen from outside."""

import contextlib
import os
from pathlib import Path


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
            total += max(0, private(pid) - shared)
    return total


def private(pid: int) -> int:
    """Bytes that a process shares with no other."""
    _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")

"""What the engine keeps from one call to the next, all in one place."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Kept:
    """Everything that outlives a call.

    Attributes:
        lock: Held while a model trains: a program works on variables of its own, and seeds are
            global, so the threads of one process train one after the other.
        programs: Compiled training loops by their key, the least used first.
        traced: How often the program of a key was traced in this process.
        shortened: The parameters of this page that are shorter than its full ones, as words.
        sample: In a sampled run, the seeds of each experiment of this page that runs.
        sweeps: How many sweeps of each description this process began.
        settled: Whether this process has made itself ready to be a worker.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    programs: OrderedDict[tuple, Any] = field(default_factory=OrderedDict)
    traced: Counter[tuple] = field(default_factory=Counter)
    shortened: list[str] = field(default_factory=list)
    sample: dict[str, list[int]] = field(default_factory=dict)
    sweeps: Counter[str] = field(default_factory=Counter)
    settled: bool = False


kept = Kept()

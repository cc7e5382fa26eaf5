"""A progress bar that leaves nothing behind.

Not tqdm's, which leaves all its lines, or a widget's first state, in a notebook's stored outputs.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Self


class Progress:
    """A bar that appears after a second, with the time that is left, and is gone in the end."""

    def __init__(self, task: str, total: int, unit: str, shown: bool = True) -> None:
        self.task, self.total, self.unit, self.done, self.skipped = task, total, unit, 0, 0
        self.start, self.handle, self.drawn = time.perf_counter(), None, 0.0
        self.notebook = "ipykernel" in sys.modules
        shown = shown and os.environ.get("LAB_PROGRESS") != "0"
        self.shown = shown and (self.notebook or sys.stderr.isatty())

    def __enter__(self) -> Self:
        return self

    def advance(self, amount: int = 1) -> None:
        """Say that so much more was done."""
        self.done += amount
        now = time.perf_counter()
        if not self.shown or now - self.start < 1 or now - self.drawn < 0.2:
            return
        self.drawn = now
        left = (now - self.start) * (self.total - self.done) / (self.done - self.skipped)
        blocks = round(30 * self.done / self.total)
        bar = "█" * blocks + "░" * (30 - blocks)
        self._show(f"{self.task} {bar} {self.done}/{self.total} {self.unit}, {left:.0f} s left")

    def skip(self) -> None:
        """Say that one was done in an earlier run, which took no time now."""
        self.done, self.skipped = self.done + 1, self.skipped + 1

    def _show(self, text: str) -> None:
        if not self.notebook:
            print(f"\r{text:<79}", end="" if text else "\r", file=sys.stderr, flush=True)
            return
        from IPython.display import display

        content = {"text/plain": text}
        if self.handle is None:
            self.handle = display(content, raw=True, display_id=True)
        else:
            self.handle.update(content, raw=True)

    def __exit__(self, *exception: object) -> None:
        if self.drawn:
            self._show("")

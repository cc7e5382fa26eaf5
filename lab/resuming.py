"""Runs of a sweep kept on disk, so that a run of hours that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Self

from lab.kept import kept

Run = tuple[int, int, tuple]  # index of the setting, seed, what was trained


class RunsOnDisk:
    """The runs of one sweep in a file, one after the other; nowhere if ``file`` is None.

    A run that was half written when the process was killed is dropped. The folder is what the
    environment variable ``LAB_RUNS`` names. Whoever sets it sees to it that the folder belongs to
    this very code: sweeps are told apart by settings and seeds, and such as are alike by order.
    """

    def __init__(self, file: Path | None) -> None:
        self.file, self.found, self.handle = file, [], None

    @classmethod
    def of_next_sweep(cls, *what: object) -> Self:
        """Those of the sweep that begins now; ``what`` describes it: settings, seeds and so on."""
        folder = os.environ.get("LAB_RUNS")
        name = hashlib.sha256(repr(what).encode()).hexdigest()[:16]
        kept.sweeps[name] += 1
        return cls(Path(folder) / f"{name}-{kept.sweeps[name]}.runs" if folder else None)

    def __enter__(self) -> Self:
        if self.file is None:
            return self
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.handle = self.file.open("a+b")
        self.handle.seek(0)
        whole = 0
        try:
            while True:
                self.found.append(pickle.load(self.handle))
                whole = self.handle.tell()
        except (EOFError, pickle.UnpicklingError):
            self.handle.truncate(whole)
        return self

    def add(self, index: int, seed: int, run: tuple) -> None:
        """Keep a run."""
        if self.handle:
            pickle.dump((index, seed, run), self.handle, pickle.HIGHEST_PROTOCOL)
            self.handle.flush()

    def __exit__(self, *exception: object) -> None:
        if self.handle:
            self.handle.close()

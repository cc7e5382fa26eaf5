"""Runs of a sweep kept on disk, so that a run of hours that was killed goes on where it was."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any, Self

from lab.kept import kept

Run = tuple[int, int, tuple]  # index of the setting, seed, what was trained


class RunsOnDisk:
    """The runs of one sweep in a file, one after the other; nowhere if ``file`` is None.

    A run that was half written when the process was killed is dropped. The folder is what the
    environment variable ``LAB_RUNS`` names. Whoever sets it sees to it that the folder belongs to
    this very code: sweeps are told apart by their order alone.
    """

    def __init__(self, file: Path | None, what: object) -> None:
        self.file, self.what, self.found, self.handle = file, repr(what), [], None

    @classmethod
    def of_next_sweep(cls, what: object) -> Self:
        """Those of the sweep that begins now; ``what`` describes it.

        Raises:
            ValueError: The file is another sweep's.
        """
        kept.sweeps += 1
        folder = os.environ.get("LAB_RUNS")
        return cls(Path(folder) / f"{kept.sweeps:03d}.runs" if folder else None, what)

    def __enter__(self) -> Self:
        if self.file is None:
            return self
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.handle = self.file.open("a+b")
        self.handle.seek(0)
        whole, first = 0, True
        try:
            while True:
                one = pickle.load(self.handle)
                whole = self.handle.tell()
                if first and one != self.what:
                    self.handle.close()
                    raise ValueError(f"{self.file} holds the runs of another sweep: delete it.")
                self.found += [] if first else [one]
                first = False
        except (EOFError, pickle.UnpicklingError):
            self.handle.truncate(whole)
        if first:
            self._write(self.what)
        return self

    def add(self, index: int, seed: int, run: tuple) -> None:
        """Keep a run."""
        if self.handle:
            self._write((index, seed, run))

    def _write(self, thing: Any) -> None:
        pickle.dump(thing, self.handle, pickle.HIGHEST_PROTOCOL)
        self.handle.flush()

    def __exit__(self, *exception: object) -> None:
        if self.handle:
            self.handle.close()

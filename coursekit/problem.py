"""What is wrong with the course: an error that ends what cannot go on, or one of many problems."""

from dataclasses import dataclass, replace
from pathlib import Path


class PageError(Exception):
    """A file of the course cannot be read or built; the message says which, and what is wrong."""


@dataclass(frozen=True)
class Problem:
    """Something wrong: the file, where in it (``cell 3``, ``line 12``, nothing), and what to do."""

    file: Path
    where: str
    message: str

    def seen_from(self, root: Path) -> "Problem":
        """Name the file by its path from the course's folder, where it lies in there."""
        inside = self.file.is_relative_to(root)
        return replace(self, file=self.file.relative_to(root)) if inside else self

    def __str__(self) -> str:
        return f"{self.file}{', ' + self.where if self.where else ''}: {self.message}"

"""What is wrong with the course: an error that ends what cannot go on, or one of many problems in a list."""

from dataclasses import dataclass
from pathlib import Path


class PageError(Exception):
    """A file of the course that cannot be read or built; the message names the file and what is wrong."""


@dataclass(frozen=True)
class Problem:
    """Something wrong: the file, where in it (``cell 3``, ``line 12`` or nothing), and what to do."""

    file: Path
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}{', ' + self.where if self.where else ''}: {self.message}"

"""What the rules look at: the course, its pages, and each page with its notebook."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from coursekit.pages.book import Book
from coursekit.pages.notebook import Page
from coursekit.problem import Problem
from coursekit.results.records import Record

REBUILD = "run `course build`"


@dataclass(frozen=True)
class Built:
    """A page, the notebook that its source gives now, and the stored one or None."""

    page: Page
    expected: NotebookNode
    notebook: NotebookNode | None

    def cells(self, kind: str = "") -> Iterator[tuple[int, NotebookNode]]:
        """Give the stored notebook's cells, all or those of a type, each with its number from 1."""
        cells = self.notebook.cells if self.notebook else []
        for number, cell in enumerate(cells, start=1):
            if kind in ("", cell.cell_type):
                yield number, cell

    @property
    def made(self) -> str:
        """What to do about a notebook that is not what is made of the page."""
        name = self.page.source.relative_to(self.page.root).as_posix()
        return (
            f"what was changed in the notebook belongs in {name}, since a build overwrites it; "
            f"then {REBUILD}"
        )

    def in_source(self, message: str, where: str = "") -> Problem:
        """Make a problem of the page's source."""
        return Problem(self.page.source, where, message)

    def in_notebook(self, message: str, number: int = 0) -> Problem:
        """Make a problem of the stored notebook: of its cell with that number, or of all of it."""
        where = place(number, self.notebook.cells[number - 1]) if number else ""
        return Problem(self.page.notebook, where, message)


@dataclass
class Course:
    """The course as a whole; ``records`` has those of each page whose notebook can be read."""

    root: Path
    book: Book
    pages: list[Page]
    records: dict[str, dict[str, Record]] = field(default_factory=dict)

    @property
    def unbuilt(self) -> set[str]:
        """The names of the pages of which is not known what they will record."""
        return {page.name for page in self.pages} - set(self.records)


def place(number: int, cell: NotebookNode) -> str:
    """Say which cell of a notebook is meant, by its number and the beginning of its first line."""
    return f"cell {number} ({cell.source.split(chr(10), 1)[0][:40]!r})"


def excerpt(text: str, start: int = 0) -> str:
    """Quote the line of an output that begins at a position, its first 60 characters."""
    return repr(text[start : start + 60].strip("\n").split("\n")[0])


def shown(cell: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    """Give each output of a code cell, errors aside, with the text that it shows."""
    for output in cell.outputs:
        if output.output_type != "error":
            data = output.get("data", {}).items()
            texts = [value for kind, value in data if kind.startswith("text/")]
            yield output, output.get("text") or "\n".join(texts)

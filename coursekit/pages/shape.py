"""How much a chapter asks of its reader: words, cells, figures, minutes, beside their limits.

The limits stand in ``chapters/shape.yml``, with how long each page's code runs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode

from coursekit.pages.notebook import code_cells, is_setup
from coursekit.problem import PageError

LIMITS = "chapters/shape.yml"
WORDS_A_MINUTE, MINUTES_A_FIGURE = 200, 2
TOO_MUCH = 1.2  # times a limit: from here on it is an error

_NO_WORDS = re.compile(
    r"""
    ^\#{1,6}[ ][^\n]* | ^\|[^\n]*  # headings, rows of tables
  | \$\$.*?\$\$ | \$[^$\n]+\$  # formulas
  | <[^>]+> | \]\([^()\s]*\) | \(claim[ ][^()]+\)  # tags, addresses, names of claims
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_WORD = re.compile(r"\w[\w’'.,-]*")
_ANNOUNCED = re.compile(r"\*\*Time:\*\*\s+about\s+(\d+)\s+minutes")


@dataclass(frozen=True)
class Limit:
    """Something that a page has so many of, and how many it should have at most."""

    what: str
    found: float
    most: float

    @property
    def kept(self) -> bool:
        """Whether the page stays within the limit."""
        return self.found <= self.most

    @property
    def far_exceeded(self) -> bool:
        """Whether the page has more than 1.2 times as many."""
        return self.found > TOO_MUCH * self.most

    def __str__(self) -> str:
        return f"{self.what}: {self.found:,.0f} of at most {self.most:,.0f}"


def load_shapes(root: Path) -> dict[str, Any]:
    """Read the limits, ``{limits: {...}, pages: {name: {seconds: ..., rewritten: ...}}}``.

    A course without the file has none. Raises PageError for a file that cannot be read.
    """
    path = root / LIMITS
    if not path.exists():
        return {"limits": {}, "pages": {}}
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise PageError(f"{path}: {error}") from error


def shape(notebook: NotebookNode, limits: dict[str, int], seconds: float) -> Iterator[Limit]:
    """Compare a page's notebook with the limits; ``seconds`` is how long its code runs.

    Words are those of the running text, questions and folded answers included; headings, tables,
    formulas and code are not counted. The minutes are compared with those that the page announces,
    if it does.
    """
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    words = len(_WORD.findall(_NO_WORDS.sub(" ", text)))
    cells = [cell for cell in code_cells(notebook) if not is_setup(cell)]
    figures = sum("image" in cell.metadata.get("mystnb", {}) for cell in cells)
    lines = [cell.source.count("\n") + 1 for cell in cells if not _is_folded(cell)]
    yield Limit("words", words, limits["words"])
    yield Limit("code cells", len(cells), limits["cells"])
    yield Limit(
        "lines of the longest cell that is not folded", max(lines, default=0), limits["lines"]
    )
    yield Limit("figures", figures, limits["figures"])
    if announced := _ANNOUNCED.search(text):
        minutes = words / WORDS_A_MINUTE + MINUTES_A_FIGURE * figures + seconds / 60
        yield Limit("minutes, as announced", minutes, int(announced[1]))


def _is_folded(cell: NotebookNode) -> bool:
    return bool({"hide-input", "hide-cell"} & set(cell.metadata.get("tags", [])))

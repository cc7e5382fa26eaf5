"""What a page may refer to: the book's pages, labels, references and public address."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pybtex.database import Entry, parse_file
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from coursekit.pages.myst import MystError, blocks
from coursekit.pages.registry import Entry as Claim
from coursekit.pages.registry import load_registry
from coursekit.paths import TEXTS
from coursekit.problem import PageError

SOURCES = (
    "_config.yml",
    "CITATION.cff",
    "references.bib",
    *TEXTS,
    "chapters/*.md",
    "solutions/*/*.md",
)
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_LABELLED_EQUATION = re.compile(r"\$\$\s*\(([\w:.-]+)\)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Label:
    """A place in the book: the page (its path without suffix) and the words that name the place."""

    page: str
    title: str


@dataclass
class Book:
    """Everything outside a page that its text can refer to.

    ``title`` is the course's; ``url`` is the book's public address and ``repository`` that of the
    pages, empty while there is none. ``titles`` is keyed by page, ``labels`` by label,
    ``references`` by the keys of references.bib, ``claims`` by their names in the registry;
    ``equations`` numbers the labelled equations of each page.
    """

    root: Path
    title: str = ""
    url: str = ""
    repository: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    equations: dict[str, dict[str, int]] = field(default_factory=dict)
    references: dict[str, Entry] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)


def load_book(root: Path) -> Book:
    """Read titles, labels, references and the public address of the book in the folder ``root``.

    Raises PageError for a page, _config.yml, CITATION.cff or references.bib that cannot be read.
    """
    book = Book(root, claims=load_registry(root))
    for path in sorted(path for name in SOURCES for path in root.glob(name)):
        try:
            if path.name == "_config.yml":
                settings = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
                book.url = ((settings.get("html") or {}).get("baseurl") or "").rstrip("/")
            elif path.name == "CITATION.cff":
                cited = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
                book.title = cited.get("title", "")
                book.repository = cited.get("repository-code", "").rstrip("/")
            elif path.name == "references.bib":
                book.references = dict(parse_file(str(path), bib_format="bibtex").entries)
            else:
                page = path.relative_to(root).with_suffix("").as_posix()
                _index(book, page, path.read_text(encoding="utf-8"), [])
        except MystError as error:
            raise PageError(f"{path}, line {error.line}: {error}") from error
        except (yaml.YAMLError, PybtexError) as error:
            raise PageError(f"{path}: {error}") from error
    return book


def _index(book: Book, page: str, text: str, pending: list[str]) -> None:
    """Note the page's title, labels and equations; ``pending`` targets wait for what they name."""

    def name_place(title: str) -> None:
        for label in pending:
            book.labels[label] = Label(page, title)
        pending.clear()

    equations = book.equations.setdefault(page, {})
    for block in blocks(text):
        if block.kind == "target":
            pending.append(block.lines[0])
        elif block.kind == "directive":
            name_place(block.argument or block.name)
            if block.name != "code-cell":
                _index(book, page, "\n".join(block.lines), pending)
        elif block.kind == "text":
            for label in _LABELLED_EQUATION.findall("\n".join(block.lines)):
                equations[label] = len(equations) + 1
            for line in block.lines:
                if heading := _HEADING.match(line):
                    book.titles.setdefault(page, heading.group(1))
                    name_place(heading.group(1))


def cite(entry: Entry, parenthetical: bool = False) -> str:
    """Name a work: ``Author & Author (year)``, or ``Author & Author, year`` in parentheses."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [plain_text(" ".join(person.prelast_names + person.last_names)) for person in people]
    names = names or [plain_text(entry.fields.get("title", "Unknown"))]
    authors = f"{names[0]} et al." if len(names) > 2 else " & ".join(names)
    year = entry.fields.get("year", "n.d.")
    return f"{authors}, {year}" if parenthetical else f"{authors} ({year})"


def address(entry: Entry) -> str:
    """Give a work's link: its DOI, else arXiv, else any other; empty where it has none."""
    if "doi" in entry.fields:
        return f"https://doi.org/{entry.fields['doi']}"
    if "eprint" in entry.fields:
        return f"https://arxiv.org/abs/{entry.fields['eprint']}"
    return entry.fields.get("url", "")


def plain_text(latex: str) -> str:
    """Turn a field of references.bib, which is LaTeX, into plain text."""
    return str(Text.from_latex(latex)).replace("\xa0", " ")

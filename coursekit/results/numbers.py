"""Rewrite the numbers in pages that a new run made stale; words are left to a person."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.pages.book import load_book
from coursekit.pages.notebook import choose, pages, read_notebook
from coursekit.problem import Problem
from coursekit.results.bindings import binding_problem, bindings, mended
from coursekit.results.records import Record, notebook_records, visible_from


@dataclass(frozen=True)
class Change:
    """A number rewritten in a file's line, and the record's field that it is bound to."""

    file: Path
    line: int
    old: str
    new: str
    path: str

    def __str__(self) -> str:
        turned = "" if (self.old[0] in "-−") == (self.new[0] in "-−") else " (its sign turned)"
        return f"{self.file}, line {self.line}: {self.old} -> {self.new}, {self.path}{turned}"


@dataclass
class Rewritten:
    """What was rewritten, and what only a person can put right."""

    changes: list[Change] = field(default_factory=list)
    left: list[Problem] = field(default_factory=list)


def rewrite_numbers(root: Path, chosen: Iterable[str] = ()) -> Rewritten:
    """Rewrite all stale bound numbers in the course's pages, or in those chosen by name or path.

    Raises PageError for a choice that is no page, and for a page or notebook that cannot be read.
    """
    names, result = sorted(load_book(root).titles), Rewritten()
    if chosen := list(chosen):
        names = choose(names, chosen, root)
    notebooks = {page.name: read_notebook(page.notebook) for page in pages(root)}
    records = {name: notebook_records(found) for name, found in notebooks.items() if found}
    for name in names:
        _rewrite(root, Path(f"{name}.md"), visible_from(name, records), result)
    return result


def _rewrite(root: Path, file: Path, records: dict[str, Record], result: Rewritten) -> None:
    text = before = (root / file).read_text(encoding="utf-8")
    shift = 0
    for binding in bindings(before):
        new = mended(binding, records)
        if new is None:
            if problem := binding_problem(binding, records):
                result.left.append(Problem(file, f"line {binding.line}", problem))
            continue
        start = binding.start + shift
        text = text[:start] + new + text[start + len(binding.number) :]
        shift += len(new) - len(binding.number)
        result.changes.append(Change(file, binding.line, binding.number, new, binding.path))
    if text != before:
        (root / file).write_text(text, encoding="utf-8")

"""The verdicts of the course: what the registry says of each claim, and what its runs say.

They are read by the rule of ``lab/rule.py``.
"""

import importlib.util
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from coursekit.pages.notebook import pages, read_notebook
from coursekit.pages.registry import Entry, load_registry
from coursekit.paths import ROOT
from coursekit.problem import PageError
from coursekit.results.ledger import toc_order
from coursekit.results.records import record_groups

# Kinds of verdict, in the order of a tally, with the mark that stands for each.
MARKS = {
    "supported": "▲",
    "partly": "◐",
    "depends": "◆",
    "too small to matter here": "■",
    "the opposite": "✖",
    "undecided": "○",
}
MECHANICS = "="


def _rule() -> ModuleType:
    """The rule's module alone: the package around it would start TensorFlow."""
    name = "course_rule"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, ROOT / "lab/rule.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


rule = _rule()


@dataclass(frozen=True)
class Verdict:
    """A claim with its entry in the registry and what its notebook recorded.

    ``page`` is its place in the book, as ``chapters/noise_evidence``.
    """

    name: str
    page: str
    entry: Entry
    record: dict[str, Any]

    @property
    def verdict(self) -> str:
        """In words, such as ``partly`` or ``depends on the place``."""
        return self.record["verdict"]

    @property
    def kind(self) -> str:
        """One of ``MARKS``, or ``mechanics``."""
        if self.entry.mechanics:
            return "mechanics"
        return "depends" if self.verdict.startswith("depends on") else self.verdict

    @property
    def mark(self) -> str:
        """A single character that stands for the verdict."""
        return MARKS.get(self.kind, MECHANICS)

    @property
    def parts(self) -> dict[str, Any]:
        """Name -> effect of each part that decides; none for mechanics.

        In the registry's order: a notebook's file has names in that of the alphabet.
        """
        found = self.record.get("parts", {})
        return {name: effect(found[name]) for name in self.entry.parts or found}

    @property
    def beside(self) -> dict[str, Any]:
        """Name -> effect of what is shown and does not decide; mean and contrast come first."""
        extra = {"mean of all": self.record.get("pooled")}
        between = self.record.get("between") or ("", "")
        extra["{} minus {}".format(*between)] = self.record.get("contrast")
        shown = {name: entry for name, entry in extra.items() if entry}
        beside = self.record.get("beside", {})
        named = {name: beside[name] for name in self.entry.beside or () if name in beside}
        return {name: effect(entry) for name, entry in (shown | named | beside).items()}

    @property
    def decisive(self) -> list[Any]:
        """The effects that the verdict is read from."""
        pooled = self.record.get("pooled")
        return [effect(pooled)] if pooled else list(self.parts.values())

    @property
    def level(self) -> float:
        """Level of a test of everything that the verdict says: the largest of its parts'."""
        if self.kind == "depends":
            return effect(self.record["contrast"]).p
        return max(one.p for one in self.decisive)

    def at(self, factor: float) -> str:
        """The verdict if δ were so many times as large."""
        contrast = self.record.get("contrast")
        smallest = factor * self.record["measure"]["smallest"]
        if contrast and effect(contrast).reading_at(smallest) in (rule.YES, rule.OPPOSITE):
            return f"depends on {self.entry.axis}"
        if self.entry.same == rule.AT_LEAST:
            return rule.verdict_of(
                [replace(one, smallest=smallest).at_least for one in self.decisive]
            )
        readings = [one.reading_at(smallest) for one in self.decisive]
        return rule.verdict_of(readings, bool(self.entry.same))

    @property
    def replicates(self) -> bool:
        """Whether both sets of seeds read the same in every part."""
        sets = [entry["sets"] for entry in self.record["parts"].values()]
        return all(len({one["reading"] for one in both}) == 1 for both in sets)


def effect(entry: dict[str, Any]) -> Any:
    """An effect as the engine's rule knows it, from its record."""
    return rule.Effect(*(entry[name] for name in ("mean", "low", "high", "n", "smallest")))


def load_verdicts(root: Path) -> list[Verdict]:
    """All claims that notebooks settled, in the order of the book.

    Raises PageError for one that the registry does not have, or that two pages settle.
    """
    registry, order = load_registry(root), toc_order(root)
    found: dict[str, Verdict] = {}
    for page in sorted(pages(root), key=lambda page: (*order, page.name).index(page.name)):
        notebook = read_notebook(page.notebook)
        for group in record_groups(notebook) if notebook else ():
            for name, record in group.items():
                if "parts" not in record and "cases" not in record:
                    continue
                if name not in registry:
                    raise PageError(f"{page.source}: {name} is settled but not registered")
                if name in found:
                    raise PageError(f"{page.source}: {name} is settled on {found[name].page}, too")
                found[name] = Verdict(name, page.name, registry[name], record)
    return list(found.values())


def survivors(verdicts: list[Verdict]) -> set[str]:
    """Names of the claims whose verdict holds when all of the same measure are tested together.

    Holm's procedure.
    """
    families: dict[str, dict[str, float]] = {}
    for one in verdicts:
        if not one.entry.mechanics:
            families.setdefault(one.record["measure"]["words"], {})[one.name] = one.level
    return {
        name
        for levels in families.values()
        for name, survives in rule.holm(levels).items()
        if survives
    }

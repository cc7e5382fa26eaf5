"""The ledger of claims: what notebooks settled, where, and which sentences speak of it.

An evidence page settles a claim with ``lab.settle``, which records the entry ``C14`` and for each
condition, data and set of seeds a comparison ``C14[.condition].data.first|second``. In the page's
text the claim has the label ``(evidence-c14)=``; in a chapter the role ``{claim}`C14` `` marks the
sentence that claims it. Everything in the ledger follows from these, nothing is typed.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from coursekit.pages.notebook import Page, pages, read_notebook
from coursekit.pages.prose import line_of, prose
from coursekit.paths import LEDGER, texts
from coursekit.problem import PageError
from coursekit.results.records import Record, record_groups

SUPPORTED, NOT_SUPPORTED, DEPENDS = "supported", "not supported here", "depends"

_ROLE = re.compile(r"\{claim\}`([^`]+)`")


@dataclass(frozen=True)
class Result:
    """What was measured under a condition, "" for the only one, with both sets of seeds."""

    condition: str
    data: str
    first: Record
    second: Record


@dataclass(frozen=True)
class Claim:
    """A claim as its notebook records it; ``page`` is the page that settles it."""

    name: str
    page: str
    sentence: str
    effect: str
    axis: str
    decides: str
    verdict: str
    repeated: str
    results: tuple[Result, ...]

    @property
    def kind(self) -> str:
        """The verdict without what it depends on: supported, not supported here, or depends."""
        return DEPENDS if self.verdict.startswith("depends on") else self.verdict

    @property
    def agrees(self) -> bool:
        """Whether the second set of seeds says the same."""
        return self.verdict == self.repeated

    @property
    def evidence(self) -> str:
        """The label of the place that settles it."""
        return evidence_label(self.name)

    @property
    def seeds(self) -> list[tuple[int, int]]:
        """How many runs the two sets of seeds have; several pairs where comparisons differ."""
        return sorted({(int(r.first["n"]), int(r.second["n"])) for r in self.results})


@dataclass(frozen=True)
class Mention:
    """A sentence of a page that states a claim: the role ``claim`` in a line of the page."""

    name: str
    page: str
    line: int


@dataclass
class Ledger:
    """All claims in the order of the book, and where pages mention them."""

    claims: list[Claim] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)

    def find(self, name: str) -> Claim | None:
        """Give the claim of that name, or None where nobody settles it."""
        return next((claim for claim in self.claims if claim.name == name), None)

    def first_mention(self, name: str) -> tuple[str, str] | None:
        """Give the page that mentions a claim first, evidence and ledger aside, and as what.

        A claim such as C15-loss, which refines C15, is mentioned where C15 is.
        """
        settling = {claim.page for claim in self.claims} | {LEDGER}
        while True:
            for mention in self.mentions:
                elsewhere = mention.page not in settling and not mention.page.endswith("_evidence")
                if mention.name == name and elsewhere:
                    return mention.page, name
            name, dash, _ = name.rpartition("-")
            if not dash:
                return None


def evidence_label(name: str) -> str:
    """Give the label of the place that settles a claim."""
    return f"evidence-{name.lower()}"


def load_ledger(root: Path) -> Ledger:
    """Read all claims and their mentions, in the order of _toc.yml.

    Raises PageError for a notebook or _toc.yml that cannot be read.
    """
    order = toc_order(root)

    def place(name: str) -> tuple[int, str]:
        return (order.index(name) if name in order else len(order)), name

    ledger = Ledger()
    for page in sorted(pages(root), key=lambda page: place(page.name)):
        ledger.claims += page_claims(page)
    files = sorted([*texts(root), *root.glob("chapters/*.md")])
    names = (file.relative_to(root).with_suffix("").as_posix() for file in files)
    for name in sorted(names, key=place):
        ledger.mentions += mentions(name, (root / f"{name}.md").read_text(encoding="utf-8"))
    return ledger


def toc_order(root: Path) -> list[str]:
    """List the pages of _toc.yml in order; nothing where there is none.

    Raises PageError for a file that is not YAML.
    """
    path = root / "_toc.yml"
    if not path.exists():
        return []
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise PageError(f"{path}: {error}") from error
    return list(_files(tree))


def _files(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in ("root", "file"):
                yield str(value).removesuffix(".md")
            else:
                yield from _files(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _files(item)


def page_claims(page: Page) -> list[Claim]:
    """List what a page's notebook settles, in its order; a claim settled twice comes twice."""
    notebook = read_notebook(page.notebook)
    groups = record_groups(notebook) if notebook else []
    return [claim for group in groups for claim in claims(group, page.name)]


def claims(records: dict[str, Record], page: str) -> list[Claim]:
    """Read the claims among the records of one output of a page."""
    texts = ("sentence", "effect", "axis", "decides", "verdict", "repeated")
    return [
        Claim(
            name,
            page,
            *(str(entry[text]) for text in texts),
            results=tuple(_results(name, records)),
        )
        for name, entry in records.items()
        if "sentence" in entry
    ]


def _results(name: str, records: dict[str, Record]) -> list[Result]:
    """Collect a claim's comparisons, by data and condition; a notebook keeps no order of names."""
    found = []
    for key, entry in records.items():
        if key.startswith(f"{name}.") and key.endswith(".first"):
            place = key.removesuffix(".first")
            condition, _, data = place.removeprefix(f"{name}.").rpartition(".")
            words = (part.replace("_", " ") for part in (condition, data))
            found.append(Result(*words, entry, records[f"{place}.second"]))
    decides = str(records[name]["decides"]).replace("_", " ")
    return sorted(found, key=lambda r: (r.data != decides, r.data, _natural(r.condition)))


def _natural(text: str) -> list[tuple[float, str]]:
    """Sort numbers in a text by their value: 2 layers before 10 layers."""
    parts = re.split(r"(\d+(?:\.\d+)?(?:e[-+]?\d+)?)", text)
    return [(float(part), "") if i % 2 else (math.inf, part) for i, part in enumerate(parts)]


def mentions(page: str, text: str) -> Iterator[Mention]:
    """Find where a page's text mentions claims."""
    text = prose(text)
    for match in _ROLE.finditer(text):
        yield Mention(match[1].strip(), page, line_of(text, match.start()))


# -------------------------------------------------------------------------------- how it shows


def interval(comparison: Record) -> str:
    """Write a mean difference and its interval with as many digits as the interval bears.

    Two significant digits of the interval's half width, but no more than three of the largest
    number, unless that would make the interval a point.
    """
    values = [float(comparison[key]) for key in ("mean", "low", "high")]
    form, scale = "{} ({} to {})", ""
    if not all(map(math.isfinite, values)):
        return form.format(*(f"{value:+g}".replace("-", "−") for value in values))
    largest, half = max(map(abs, values)), (values[2] - values[1]) / 2
    if largest == 0:
        return form.format(0, 0, 0)
    decimals = 2 - _magnitude(largest)
    if half > 0:
        decimals = max(min(1 - _magnitude(half), decimals), -_magnitude(half))
    if largest < 1e-4:
        power = _magnitude(largest)
        values, decimals = [value / 10**power for value in values], decimals + power
        scale = f" × 10{_superscript(power)}"
    return form.format(*(_signed(value, max(0, decimals)) for value in values)) + scale


def _magnitude(value: float) -> int:
    return math.floor(math.log10(value))


def _signed(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if not re.search("[1-9]", text):
        return text
    return ("−" if value < 0 else "+") + text


def _superscript(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))

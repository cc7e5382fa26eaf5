"""The registry of claims, chapters/claims/: what the course says of each before it is run.

Pages, ledger and chapters take a claim's sentence, measure, conditions and threats from here, and a
notebook carries what ``lab.conclude`` needs of it. That an entry is older than its run is what
makes it a pre-registration; the history tells.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from coursekit.problem import PageError

REGISTRY = "chapters/claims"
KINDS = ("difference", "log ratio", "sooner", "success")  # as in lab/rule.py
MEASURES = ("accuracy", "loss", "updates", "norm", "success", "calibration")
LINE = 64  # characters of a claim that the ledger's line has room for

MEASURED = {  # in words, with the smallest effect, as in lab/rule.py
    "accuracy": "Accuracy on new data; the smallest difference worth speaking of is 0.01",
    "loss": "The loss on new data; the smallest ratio worth speaking of is 1.1",
    "updates": "Which run gets there sooner; at least 0.1 more than half of the pairs have to",
    "norm": "The size; the smallest ratio worth speaking of is 1.1",
    "success": "The share of runs that succeed; the smallest difference worth speaking of is 0.1",
    "calibration": "The calibration error; the smallest difference worth speaking of is 0.01",
}


@dataclass(frozen=True)
class Entry:
    """What the registry says of a claim.

    Attributes:
        page: The evidence page that settles it, such as ``noise_evidence``.
        sentence: What is claimed; ``source`` says where.
        supports, refutes: What counts for the claim, and what against it.
        arms: Name -> what is trained. ``rival`` names the arm that rules out the obvious other
            explanation, and says which, or why there is none.
        measure: One of ``MEASURES``, or ``{kind, smallest, words, why}``.
        parts: Conditions that all have to hold, or, with an ``axis``, over which the mean effect is
            taken unless the contrast ``between`` two of them says that it depends on that axis.
        same: The claim is that there is no difference worth speaking of, true, or that the first is
            ``at least`` as large, up to δ.
        short: The sentence in at most ``LINE`` characters, for the ledger, where it is longer.
        beside: Conditions that are shown and do not decide.
        conditions: Data, network, settings, in words. ``threats``: what could mislead.
        mechanics: An identity that is verified exactly, and not counted among the claims.
        most: The largest number of runs of an arm.
    """

    page: str
    sentence: str
    source: str
    supports: str
    refutes: str
    arms: dict[str, str]
    rival: str
    measure: str | dict[str, Any]
    conditions: str
    threats: list[str]
    parts: list[str] | None = None
    axis: str = ""
    between: list[str] | None = None
    same: bool | str = False
    beside: list[str] | None = None
    mechanics: bool = False
    most: int = 960
    short: str = ""


def load_registry(root: Path) -> dict[str, Entry]:
    """Read all entries, by the claim's name, file by file in the order of their names.

    Raises PageError, naming the claim and the field, for an entry that is incomplete or contradicts
    itself, or that two files have.
    """
    entries: dict[str, Entry] = {}
    for path in sorted((root / REGISTRY).glob("*.yml")):
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            raise PageError(f"{path}: {error}") from error
        if twice := sorted(set(raw) & set(entries)):
            raise PageError(f"{path}: {', '.join(twice)} stands in another file, too")
        entries |= {name: _entry(name, values, path) for name, values in raw.items()}
    return entries


def _entry(name: str, values: Any, path: Path) -> Entry:
    if not isinstance(values, dict):
        raise PageError(f"{path}: {name} is no entry but {values!r}")
    known = {field.name: field for field in fields(Entry)}
    if wrong := sorted(set(values) - set(known)):
        raise PageError(f"{path}: {name} has {', '.join(wrong)}; there are {', '.join(known)}")
    required = list(known)[: list(known).index("parts")]
    if missing := [field for field in required if not values.get(field)]:
        raise PageError(f"{path}: {name} lacks {', '.join(missing)}")
    entry = Entry(**values)
    for wrong, problem in (
        (_wrong_measure(entry.measure), "measure"),
        (entry.axis and len(entry.parts or []) < 2, "axis needs parts"),
        (entry.axis and not entry.between, "axis needs the contrast: between"),
        (entry.between and not entry.axis, "between needs an axis"),
        (entry.between and not set(entry.between) <= set(entry.parts or []), "between"),
        (entry.between and len(entry.between) != 2, "between names two parts"),
        (entry.same not in (False, True, "at least"), "same is true or `at least`"),
        (entry.most < 2 or entry.most % 2, "most is an even number of runs"),
        (len(entry.short) > LINE and len(entry.short), f"short has more than {LINE} characters"),
    ):
        if wrong:
            raise PageError(f"{path}: {name}, {problem}: {wrong}")
    return entry


def _wrong_measure(measure: str | dict[str, Any]) -> str:
    if isinstance(measure, str):
        return "" if measure in MEASURES else f"{measure!r} is none of {', '.join(MEASURES)}"
    if set(measure) != {"kind", "smallest", "words", "why"}:
        return f"give kind, smallest, words and why, not {', '.join(measure)}"
    if measure["kind"] not in KINDS:
        return f"kind {measure['kind']!r} is none of {', '.join(KINDS)}"
    return "" if measure["smallest"] > 0 else f"smallest {measure['smallest']!r} is not above 0"


def card(entry: Entry) -> str:
    """What the registry says of a claim, as MyST text, for the page that puts it to the test."""
    arms = [f"- *{name}*: {_start_small(words)}" for name, words in entry.arms.items()]
    measure = entry.measure
    if isinstance(measure, str):
        measured = f"{MEASURED[measure]}."
    else:
        measured = f"{measure['words']}, of at least {measure['smallest']:.3g}. {measure['why']}"
    if entry.axis:
        measured += (
            f" The verdict is that it depends on {entry.axis} if the effects of "
            f"*{entry.between[0]}* and *{entry.between[1]}* differ by as much; else it is that "
            "of the mean effect."
        )
    elif entry.parts:
        measured += f" All of these have to hold: {'; '.join(entry.parts)}."
    facts = {
        "Where it is said": entry.source,
        "What counts for it": entry.supports,
        "What counts against it": entry.refutes,
        "What is measured": measured,
        "Conditions": entry.conditions,
        "The rival explanation": entry.rival,
    }
    lines = [f"**{entry.sentence}**", *(f"*{name}.* {text}" for name, text in facts.items())]
    lines.append("*What is trained.*\n\n" + "\n".join(arms))
    lines.append("*What could mislead.*\n\n" + "\n".join(f"- {threat}" for threat in entry.threats))
    return "\n\n".join(line.strip() for line in lines)


def _start_small(words: str) -> str:
    """A sentence as it continues another: names that begin with several capitals keep them."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def carried_claims(page: str, entries: dict[str, Entry]) -> str:
    """What a page's notebook carries of the registry, as JSON: what ``lab.conclude`` reads."""
    carried = {}
    for name, entry in entries.items():
        if entry.page == page and not entry.mechanics:
            measure = entry.measure
            if isinstance(measure, dict):
                measure = {key: measure[key] for key in ("kind", "smallest", "words")}
            carried[name] = {"measure": measure, "parts": entry.parts or []}
            carried[name] |= {
                key: getattr(entry, key) for key in ("axis", "same") if getattr(entry, key)
            }
            carried[name] |= {"between": entry.between} if entry.between else {}
    return json.dumps(carried, indent=1, ensure_ascii=False)

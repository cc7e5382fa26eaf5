"""A claim put to the test: its parts, its verdict, and every run, kept for the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lab.records import Record, packed, show
from lab.rule import (
    AT_LEAST,
    OPPOSITE,
    YES,
    Effect,
    Measure,
    effects_of,
    measure_of,
    paired_effect,
    summary_of,
    verdict_of,
)

import numpy as np
import pandas as pd

REGISTRY = Path("claims.json")  # what the course says of its claims before they are run
ByRun = tuple[pd.Series, pd.Series | float]  # of two arms, one value per run, by seed


@dataclass(frozen=True)
class Part:
    """What was measured under one condition: both values of every run, and what they say."""

    first: pd.Series
    second: pd.Series
    measure: Measure

    @property
    def effect(self) -> Effect:
        """The comparison over all runs of both sets of seeds."""
        return paired_effect(self.first, self.second, self.measure)

    @property
    def replications(self) -> list[Effect]:
        """The same with the first set of seeds, the even ones, and with the second; without a set
        that has fewer than two runs, as in a shortened one."""
        sets = (self.first.index % 2 == which for which in (0, 1))
        return [
            paired_effect(self.first[one], self.second[one], self.measure)
            for one in sets
            if one.sum() > 1
        ]

    @property
    def effects(self) -> pd.Series:
        """The effect of each run, by seed."""
        return pd.Series(effects_of(self.first, self.second, self.measure), self.first.index)


@dataclass(frozen=True)
class Conclusion:
    """A sentence put to the test; what ``conclude`` returns.

    Attributes:
        name: What the course calls it, such as ``C14``.
        measure: What is compared, and the smallest effect worth speaking of.
        parts: Condition -> what was measured; "" where there is one only.
        beside: The same for conditions that are shown and do not decide.
        same: Whether the claim is that there is no difference, True, or that the first is
            "at least" as large, up to δ.
        axis: What the parts vary, if the verdict may be that it depends on that; else all of them
            have to hold.
        between: The two parts whose difference decides whether it does.
    """

    name: str
    measure: Measure
    parts: dict[str, Part]
    beside: dict[str, Part] = field(default_factory=dict)
    same: bool | str = False
    axis: str = ""
    between: tuple[str, str] | None = None

    @property
    def verdict(self) -> str:
        """``supported``, ``the opposite``, ``too small to matter here``, ``undecided``, ``partly``,
        or ``depends on …`` where the contrast along the axis says so."""
        if self.contrast and self.contrast.reading in (YES, OPPOSITE):
            return f"depends on {self.axis}"
        decisive = [self.pooled] if self.pooled else [one.effect for one in self.parts.values()]
        if self.same == AT_LEAST:
            return verdict_of([one.at_least for one in decisive])
        return verdict_of([one.reading for one in decisive], bool(self.same))

    @property
    def contrast(self) -> Effect | None:
        """How much larger the effect is in the one part of ``between`` than in the other."""
        if not self.between:
            return None
        one, other = (self.parts[name].effects for name in self.between)
        return summary_of(one - other, self.measure)

    @property
    def pooled(self) -> Effect | None:
        """The mean effect over all parts, run by run, of a claim with an axis."""
        if not self.axis:
            return None
        effects = pd.DataFrame({name: part.effects for name, part in self.parts.items()})
        return summary_of(effects.mean(axis=1), self.measure)

    def record(self) -> dict[str, Any]:
        """Everything that the ledger shows, every run included."""
        record = {"verdict": self.verdict, "measure": asdict(self.measure), "same": self.same}
        record |= {"axis": self.axis, "between": list(self.between or ())}
        for name in ("contrast", "pooled"):
            effect = getattr(self, name)
            record[name] = _numbers(effect) if effect else None
        for name in ("parts", "beside"):
            record[name] = {key: _entry_of(part) for key, part in getattr(self, name).items()}
        return record

    def table(self) -> pd.DataFrame:
        """A row for each condition, then the contrast and the mean over conditions."""
        rows = [
            _row(key or "all runs", part.effect, part.replications)
            for key, part in (self.parts | self.beside).items()
        ]
        if self.contrast:
            rows.append(_row(" minus ".join(self.between), self.contrast))
        if self.pooled:
            rows.append(_row("mean of all", self.pooled))
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict} ({self.measure.words})"


def _row(name: str, effect: Effect, replications: Sequence[Effect] = ()) -> dict[str, Any]:
    return {
        "part": name,
        "effect": f"{effect.mean:+.3g}",
        "95 % interval": f"{effect.low:+.3g} to {effect.high:+.3g}",
        "δ": f"{effect.smallest:.3g}",
        "runs": effect.n,
        "reading": effect.words,
        "each set of seeds": "; ".join(dict.fromkeys(one.reading for one in replications)),
    }


def _numbers(effect: Effect) -> dict[str, Any]:
    names = ("mean", "low", "high", "n", "smallest", "reading", "words", "p", "needed")
    return {name: getattr(effect, name) for name in names}


def _entry_of(part: Part) -> dict[str, Any]:
    columns = {"seeds": part.first.index, "first": part.first, "second": part.second}
    runs = {name: packed(values) for name, values in columns.items()}
    sets = [_numbers(one) for one in part.replications]
    return _numbers(part.effect) | {"sets": sets, "runs": runs}


def conclude(
    name: str,
    results: ByRun | Mapping[str, ByRun],
    beside: Mapping[str, ByRun] | None = None,
) -> Conclusion:
    """Put a claim to the test, show the result as a table, and record every run for the ledger.

    What is compared, δ, whether all parts must hold, and the contrast that would make the verdict
    depend on something, stand in the course's registry of claims, written before the runs.

    Args:
        name: What the course calls the claim, such as ``C14``.
        results: A pair of values by run (``Runs.each``), first minus second speaking for the
            claim if positive, or condition -> such a pair.
        beside: The same for conditions that are shown and do not decide.

    Raises:
        ValueError: The registry has no such claim or other parts, the pair's seeds differ, or as
            ``paired_effect``.
    """
    found = _conclusion(name, results, beside or {})
    if list(found.parts) != (known := registered(name).get("parts") or [""]):
        raise ValueError(f"{name} is registered with the parts {known}, not {list(found.parts)}.")
    axis = found.axis
    if axis and len({tuple(part.first.index) for part in found.parts.values()}) > 1:
        raise ValueError(f"{name}: along {axis}, all parts need the same seeds.")
    show(Record({name: found.record()}, found.table(), str(found)))
    return found


def decisive(name: str, results: ByRun | Mapping[str, ByRun]) -> list[Effect]:
    """The effects on which a claim's verdict rests, as ``conclude`` reads them; nothing is shown.

    For ``until_narrow``. Some of the parts are enough, where others come from another experiment;
    a contrast is among the effects if both of its parts are there.

    Raises:
        ValueError: As ``conclude``.
    """
    found = _conclusion(name, results, {})
    effects = [part.effect for part in found.parts.values()]
    whole = found.between and set(found.between) <= set(found.parts)
    return [*effects, found.contrast] if whole else effects


def _conclusion(
    name: str, results: ByRun | Mapping[str, ByRun], beside: Mapping[str, ByRun]
) -> Conclusion:
    known = registered(name)
    measure = known["measure"]
    measure = measure_of(measure if isinstance(measure, str) else Measure(**measure))
    results = results if isinstance(results, Mapping) else {"": results}
    if strange := set(results) - set(known.get("parts") or [""]):
        raise ValueError(f"{name} is registered without the parts {sorted(strange)}.")
    parts = {part: _part(name, part, pair, measure) for part, pair in results.items()}
    others = {part: _part(name, part, pair, measure) for part, pair in beside.items()}
    between = tuple(known["between"]) if known.get("between") else None
    axis, same = known.get("axis", ""), known.get("same", False)
    return Conclusion(name, measure, parts, others, same, axis, between)


def registered(name: str) -> dict[str, Any]:
    """What the registry says of a claim.

    Raises:
        ValueError: There is no registry here, or no such claim in it.
    """
    try:
        claims = json.loads(REGISTRY.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{name} needs {REGISTRY}, which the page's first cells write.") from None
    if name not in claims:
        raise ValueError(f"{REGISTRY} has no claim {name!r}; there are {', '.join(claims)}.")
    return claims[name]


def _part(name: str, part: str, pair: ByRun, measure: Measure) -> Part:
    first, second = pair
    if not isinstance(first, pd.Series):
        raise ValueError(f"{name} {part}: give values by seed, as Runs.each does.")
    if not isinstance(second, pd.Series):
        second = pd.Series(float(second), first.index)
    if not first.index.equals(second.index):
        raise ValueError(f"{name} {part}: the two arms ran with different seeds.")
    # Kept as 32-bit numbers; what they say must follow from what is kept.
    return Part(first.astype("float32"), second.astype("float32"), measure)


def verify(name: str, deviations: Sequence[float], within: float) -> None:
    """Show and record that an identity holds: the course's mechanics, which are no matter of luck.

    Args:
        name: What the course calls it.
        deviations: How far each case is from the identity, at least one.
        within: The largest deviation that rounding explains.
    """
    largest = float(np.max(np.abs(deviations)))
    verdict = "verified" if largest <= within else "does not hold"
    numbers = {
        "verdict": verdict,
        "largest": largest,
        "within": within,
        "cases": np.size(deviations),
    }
    row = {
        "largest deviation": f"{largest:.2g}",
        "allowed": f"{within:.2g}",
        "cases": numbers["cases"],
    }
    show(Record({name: numbers}, pd.DataFrame([row]), f"{name}: {verdict}"))

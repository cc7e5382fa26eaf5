"""Numbers that a page's text rests on: shown as a table, and kept in the notebook, unrounded."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any
from zlib import compress

from lab.arrays import Array
from lab.claims import Claim, Comparison, Pair, judge

import numpy as np
import pandas as pd

RECORD_TYPE = "application/vnd.lab.record+json"


class Record:
    """Displays as a table; carries the same numbers, unrounded, for the course's checks."""

    def __init__(
        self,
        numbers: dict[str, dict[str, Any]],
        table: pd.DataFrame | None = None,
        caption: str = "",
    ) -> None:
        self.numbers, self.caption = numbers, caption
        if table is None:
            table = pd.DataFrame.from_dict(numbers, orient="index")
            table = table.drop(columns=["tolerance", "runs"], errors="ignore")
            table = table.map(lambda v: f"{v:.4g}" if isinstance(v, (int, float)) else v)
        self.table = table.fillna("")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        exact = {
            name: {
                key: str(value) if isinstance(value, float) and not np.isfinite(value) else value
                for key, value in entry.items()
            }
            for name, entry in self.numbers.items()
        }
        numbered = not self.caption  # a claim's rows have no names
        text, html = (
            self.table.to_string(index=numbered),
            self.table.to_html(border=0, index=numbered),
        )
        if self.caption:
            text = f"{self.caption}\n{text}"
            html = html.replace(">", f"><caption>{escape(self.caption)}</caption>", 1)
        return {"text/plain": text, "text/html": html, RECORD_TYPE: exact}


def _entry(comparison: Comparison) -> dict[str, Any]:
    names = ("mean", "low", "high", "n", "smallest", "needed", "reading", "verdict")
    return {name: getattr(comparison, name) for name in names}


def record(values: Mapping[str, Any], tolerance: float = 1e-5) -> None:
    """Show numbers that the text rests on, and keep them, with their spread, in the notebook.

    Args:
        values: Name -> an array with one value per run (its mean, sd, median, min, max and n are
            recorded, and every value if it is given by seed, as ``Runs.each`` does), a
            ``Comparison``, or a single number that does not depend on luck.
        tolerance: How far single numbers may differ when the notebook runs elsewhere.
    """
    numbers: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        if isinstance(value, Comparison):
            numbers[name] = _entry(value)
        elif np.ndim(value) == 0:
            numbers[name] = {"value": float(value), "tolerance": tolerance}
        else:
            array = np.asarray(value, float)
            with np.errstate(invalid="ignore"):
                numbers[name] = {
                    "mean": float(array.mean()),
                    "sd": float(array.std(ddof=1)) if array.size > 1 else float("nan"),
                    "median": float(np.median(array)),
                    "min": float(array.min()),
                    "max": float(array.max()),
                    "n": int(array.size),
                }
            if isinstance(value, pd.Series) and value.index.name == "seed":
                numbers[name]["runs"] = {"seeds": packed(value.index), "values": packed(value)}
    show(Record(numbers))


def packed(values: Array) -> str:
    """32-bit numbers as text: little-endian, compressed by zlib, in base 64."""
    return b64encode(compress(np.asarray(values, "<f4").tobytes(), 9)).decode()


def show(thing: Any) -> None:
    """Display something in a notebook; elsewhere print its plain text."""
    if "ipykernel" in sys.modules:
        from IPython.display import display

        display(thing)
    else:
        print(thing._repr_mimebundle_()["text/plain"])


def settle(
    name: str,
    sentence: str,
    effect: str,
    smallest: float | Mapping[str, float],
    results: Mapping[str, Pair | Mapping[str, Pair]],
    axis: str = "",
    equal: bool = False,
) -> Claim:
    """Put a claim to the test, show the result as a table, and record it for the ledger.

    Args:
        name: What the course calls the claim, such as ``C14``.
        sentence: What is claimed.
        effect: What the differences are differences of, such as "test accuracy, after minus
            before".
        smallest: The smallest difference worth speaking of, declared beforehand; or one for each
            condition.
        results: Data -> what was measured on them. The last data decide. What was measured is a
            pair as for ``compare``, where the first half of the runs is the first set of seeds and
            the second half a second one, disjoint; or condition -> such a pair.
        axis: What the conditions vary, such as "the activation"; the verdict can then be that it
            depends on that. Without an axis the claim is supported if all conditions hold.
        equal: The claim is that the two are equal, to within ``smallest``.

    Raises:
        ValueError: As ``compare``, or the number of runs is odd.
    """
    claim = judge(name, sentence, effect, smallest, results, axis, equal)
    summary = {"sentence": sentence, "effect": effect, "axis": axis, "decides": claim.decides}
    numbers = {name: summary | {"verdict": claim.verdict, "repeated": claim.repeated}}
    rows = {}
    for key, comparison in claim.comparisons.items():
        condition, data, seeds = key
        record_name = ".".join(filter(None, (name, *key))).replace(" ", "_")
        numbers[record_name] = _entry(comparison)
        rows[record_name] = {
            **({axis or "part": condition} if condition else {}),
            "data": data,
            "seeds": seeds,
            "difference": f"{comparison.mean:+.3g}",
            "95 % interval": f"{comparison.low:+.3g} to {comparison.high:+.3g}",
            "runs": comparison.n,
            "smallest": f"{comparison.smallest:g}",
            "needed": comparison.needed,
            "reading": comparison.reading,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    show(Record(numbers, table.reset_index(drop=True), f"{claim} ({effect})"))
    return claim

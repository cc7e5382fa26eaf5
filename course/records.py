"""Numbers that a run recorded in its notebook, and the numbers in prose that are bound to them.

A code cell records numbers with ``lab.record``; they are stored in its output under ``MIME`` as
``{name: {"mean", "sd", "median", "min", "max", "n"}}`` for values over seeds, ``{name: {"value", "tolerance"}}`` for
single numbers, and ``{name: {"mean", "low", "high", "n", "smallest", "verdict"}}`` for comparisons.
In prose, ``15 <!-- = bn_after.epochs.median -->`` binds 15 to the field ``median`` of the record ``bn_after.epochs``.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from nbformat import NotebookNode

MIME = "application/vnd.lab.record+json"
Record = dict[str, float | str]

_BINDING = re.compile(r"<!--\s*=\s*(\S+)\s*-->")
_NUMBER = re.compile(
    r"([-−+]?(?:\d[\d,]*)?\.?\d+(?:e[-+]?\d+)?)[\s\xa0*_]*(%?)[\s\xa0*_]*$", re.IGNORECASE
)
_CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_COMPARED = ("mean", "median", "value")


def notebook_records(notebook: NotebookNode) -> dict[str, Record]:
    """Collect all records in a notebook's outputs, by name."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    records = [output.get("data", {}).get(MIME, {}) for output in outputs]
    return {name: dict(record) for group in records for name, record in group.items()}


def differences(stored: dict[str, Record], new: dict[str, Record]) -> list[str]:
    """Say where a new run's records lie outside what the stored ones allow.

    Means and medians over n seeds with standard deviation sd may move by ``6 sd sqrt(2 / n)``, a value by its own
    tolerance; 1e-6 is allowed for rounding in either case. The number of seeds and a verdict may not change.
    """
    if set(stored) != set(new):
        return [f"recorded names differ: stored {sorted(stored)}, now {sorted(new)}"]
    return [line for name in stored for line in _record_differences(name, stored[name], new[name])]


def _record_differences(name: str, stored: Record, new: Record) -> Iterator[str]:
    if set(stored) != set(new):
        yield f"{name}: recorded fields differ: stored {sorted(stored)}, now {sorted(new)}"
        return
    for field in ("n", "verdict", "smallest", "tolerance"):
        if stored.get(field) != new.get(field):
            yield f"{name}.{field}: {new[field]} now, {stored[field]} stored"
    allowed = _allowed(stored)
    for field in _COMPARED:
        if field in stored and not _near(float(stored[field]), float(new[field]), allowed + 1e-6):
            yield f"{name}.{field}: {new[field]} now, {stored[field]} stored, allowed difference {allowed:.3g}"


def _allowed(record: Record) -> float:
    if "tolerance" in record:
        return float(record["tolerance"])
    if "sd" in record:
        error = float(record["sd"]) / math.sqrt(float(record["n"]))
    else:  # a comparison shows its 95 % interval, about two standard errors to either side
        error = (float(record["high"]) - float(record["low"])) / 4
    return 6 * math.sqrt(2) * error if math.isfinite(error) else 0.0


def _near(a: float, b: float, allowed: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= allowed


@dataclass(frozen=True)
class Binding:
    """A number in prose, as written (``""`` if none precedes the comment), the record path it names, and its line."""

    number: str
    percent: bool
    path: str
    line: int


def bindings(text: str) -> list[Binding]:
    """Find the numbers in a page's text that are bound to records; code is no text."""
    text = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code.group()), text)
    found = []
    for match in _BINDING.finditer(text):
        before = text[max(0, match.start() - 80) : match.start()]
        number, percent = (
            match_number.groups() if (match_number := _NUMBER.search(before)) else ("", "")
        )
        line = text.count("\n", 0, match.start()) + 1
        found.append(Binding(number, bool(percent), match.group(1), line))
    return found


def without_bindings(text: str) -> str:
    """Take the comments that bind numbers out of a text, each with the space that would show before a full stop."""
    return re.sub(rf"[ \t]*{_BINDING.pattern}", "", text)


def binding_problem(binding: Binding, records: dict[str, Record]) -> str:
    """Say what is wrong with a bound number, or return an empty string; it must equal its record as far as it shows."""
    if not binding.number:
        return f"no number stands before the comment '= {binding.path}'; write the number first"
    value = _look_up(binding.path, records)
    if value is None:
        known = ", ".join(sorted(records)) or "none"
        return f"'= {binding.path}' names no recorded number; recorded are: {known}"
    shown = Decimal(binding.number.replace(",", "").replace("−", "-"))
    recorded = Decimal(repr(value)) * (100 if binding.percent else 1)
    half_a_step = Decimal(1).scaleb(shown.as_tuple().exponent) / 2
    if not recorded.is_finite() or abs(shown - recorded) > half_a_step * Decimal("1.000001"):
        unit = " %" if binding.percent else ""
        return f"the text says {binding.number}{unit}, {binding.path} is {float(recorded):.6g}{unit}; correct the text"
    return ""


def _look_up(path: str, records: dict[str, Record]) -> float | None:
    name, field = (path, "value") if path in records else path.rpartition(".")[::2]
    try:
        return float(records[name][field])
    except (KeyError, ValueError):
        return None

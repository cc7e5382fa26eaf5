"""Numbers and verdicts that a run recorded, and how far another run may differ from them.

A code cell records with ``lab.record`` and ``lab.settle``; the records are stored in its output
under ``coursekit.mime.RECORDS``, by name:

- ``{"mean", "sd", "median", "min", "max", "n"}`` for values over seeds,
- ``{"value", "tolerance"}`` for single numbers,
- ``{"mean", "low", "high", "n", "smallest", "needed", "reading", "verdict"}`` for comparisons,
- ``{"sentence", "effect", "axis", "decides", "verdict", "repeated"}`` for claims (see
  ``coursekit.results.ledger``),
- ``{"verdict", "measure", "parts", "beside", "contrast", "pooled" …}``, nested, for what
  ``lab.conclude`` concludes.

Values by run (``runs``) and nested records stay out of what a text can name: a part of a conclusion
is a record of its own, ``C14.rings``, and so are ``C14.contrast`` and ``C14.pooled``.
"""

import math
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from coursekit.mime import RECORDS
from coursekit.pages.notebook import parameters

Record = dict[str, float | str]
PARAMETERS = "parameters"  # the record of what a page sets before it runs

_COMPARED = ("mean", "median", "value")  # judged by their spread
_FOLLOWS = ("sd", "min", "max", "low", "high", "needed", "p")  # what spread they have is not judged
_TURNS = ("reading", "words", "verdict", "repeated")  # words that may turn where luck decides
_NESTED = ("runs", "sets")


def notebook_records(notebook: NotebookNode) -> dict[str, Record]:
    """Collect all records in a notebook's outputs, by name, and the numbers among parameters."""
    records = {
        name: record
        for group in record_groups(notebook)
        for own, nested in group.items()
        for name, record in flat(own, nested)
    }
    numbers = {
        name: value for name, value in parameters(notebook).items() if type(value) in (int, float)
    }
    return records | ({PARAMETERS: numbers} if numbers else {})


def flat(name: str, record: dict[str, Any]) -> Iterator[tuple[str, Record]]:
    """Give a record without values by run; of a conclusion, its parts as records of their own."""
    if "parts" not in record:
        yield name, {field: value for field, value in record.items() if field not in _NESTED}
        return
    yield name, {"verdict": record["verdict"], "axis": record["axis"]}
    for part, entry in (record["parts"] | record["beside"]).items():
        own = {field: value for field, value in entry.items() if field not in _NESTED}
        yield f"{name}.{part or 'all'}".replace(" ", "_"), own
    for extra in ("contrast", "pooled"):
        if record[extra]:
            yield f"{name}.{extra}", record[extra]


def visible_from(page: str, records: dict[str, dict[str, Record]]) -> dict[str, Record]:
    """Collect the records that a page's text may name: its own, and those of all chapters.

    Of parameters it may name its own only, since pages set them under the same names.
    """
    everywhere: dict[str, Record] = {}
    for owner, own in records.items():
        everywhere |= {} if owner.startswith("solutions/") else own
    everywhere.pop(PARAMETERS, None)
    return everywhere | records.get(page, {})


def record_groups(notebook: NotebookNode) -> list[dict[str, Record]]:
    """List the records of each output that holds some."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data[RECORDS] for output in outputs if RECORDS in output.get("data", {})]


def differences(stored: dict[str, Record], new: dict[str, Record]) -> list[str]:
    """Say where a new run's records lie outside what the stored ones allow.

    **Numbers.** Means and medians over n seeds with standard deviation sd may move by ``6 sd sqrt(2
    / n)``, a value by its own tolerance; 1e-6 is allowed for rounding in either case. Numbers that
    describe the spread itself (``sd``, ``low``, ``needed`` …) are not judged; ``n``, ``smallest``
    and ``tolerance`` may not change at all.

    **Words.** A verdict must not turn unnoticed, but on another processor last bits differ, a
    training run amplifies them, and its result becomes another draw. A comparison that luck decided
    may then fall on the other side. How far luck reaches is in the record: the 95 % interval is
    about four standard errors wide, ``se = (high - low) / 4``, and the difference of two such means
    has the standard error ``sqrt(2) se``, so that two runs hardly ever lie further apart than ``2
    sqrt(2) se``. A ``reading`` or ``verdict`` of a comparison may therefore turn only where each
    condition that turned behind it (mean against ± ``smallest``, an end of the interval against 0
    or ± ``smallest``) was that near to its boundary in the stored run. A claim's ``verdict`` may
    turn only if a comparison that it rests on did so, with the first set of seeds; likewise
    ``repeated`` with the second. Everything else that is words may not change.

    This leniency ends at the notebook. ``course check`` compares the words in the text with the
    stored verdict exactly, so a verdict that a rebuild turned, borderline or not, fails until a
    person has changed the text.
    """
    stored, new = (
        {name: one for own, nested in group.items() for name, one in flat(own, nested)}
        for group in (stored, new)
    )
    if set(stored) != set(new):
        return [f"recorded names differ: stored {sorted(stored)}, now {sorted(new)}"]
    return [line for name in stored for line in _record_differences(name, stored, new)]


def _record_differences(
    name: str, all_stored: dict[str, Record], all_new: dict[str, Record]
) -> Iterator[str]:
    stored, new = all_stored[name], all_new[name]
    if set(stored) != set(new):
        yield f"{name}: recorded fields differ: stored {sorted(stored)}, now {sorted(new)}"
        return
    allowed = _allowed(stored)
    for field in stored:
        before, now = stored[field], new[field]
        if field in _COMPARED:
            if not _near(float(before), float(now), allowed + 1e-6):
                yield (
                    f"{name}.{field}: {now} now, {before} stored, allowed difference {allowed:.3g}"
                )
        elif field in _FOLLOWS or before == now:
            continue
        elif field not in _TURNS:
            yield f"{name}.{field}: {now} now, {before} stored"
        elif not _may_turn(name, field, all_stored, all_new):
            yield (
                f"{name}.{field}: {now} now, {before} stored, and that was not borderline; if the "
                "change is meant, run `course build` and mend the text that `course check` names"
            )


def _may_turn(name: str, field: str, stored: dict[str, Record], new: dict[str, Record]) -> bool:
    """Tell whether a word may be another one now because luck decides it."""
    if stored[name].keys() == {"verdict", "axis"}:  # a conclusion: its parts decide
        parts = [part for part in stored if part.startswith(f"{name}.")]
        turned = [part for part in parts if stored[part]["reading"] != new[part]["reading"]]
        return bool(turned) and all(turned_by_luck(stored[part], new[part]) for part in turned)
    if "decides" not in stored[name]:
        return turned_by_luck(stored[name], new[name])
    ending = f".{stored[name]['decides']}".replace(" ", "_")
    ending += ".second" if field == "repeated" else ".first"
    own = [other for other in stored if other.startswith(f"{name}.") and other.endswith(ending)]
    turned = [other for other in own if stored[other]["verdict"] != new[other]["verdict"]]
    return bool(turned) and all(turned_by_luck(stored[other], new[other]) for other in turned)


def turned_by_luck(stored: Record, new: Record) -> bool:
    """Tell whether a comparison reads otherwise only by conditions near their boundaries."""
    shift = 2 * math.sqrt(2) * (float(stored["high"]) - float(stored["low"])) / 4
    turned = [
        margin
        for margin, now in zip(_margins(stored), _margins(new), strict=True)
        if (margin > 0) != (now > 0)
    ]
    return bool(turned) and all(abs(margin) <= shift for margin in turned)


def _margins(comparison: Record) -> tuple[float, ...]:
    """Give how far each condition of a reading is from its boundary; positive where it holds."""
    mean, low, high, smallest = (
        float(comparison[field]) for field in ("mean", "low", "high", "smallest")
    )
    about_equal = (smallest + low, smallest - high)
    if "verdict" not in comparison:  # as lab.Effect reads
        return *about_equal, low - smallest, -smallest - high, low, -high
    return *about_equal, low, mean - smallest, -high, -smallest - mean


def _allowed(record: Record) -> float:
    if "tolerance" in record:
        return float(record["tolerance"])
    if "sd" in record:
        error = float(record["sd"]) / math.sqrt(float(record["n"]))
    elif "high" in record:  # a comparison's 95 % interval, about two standard errors to either side
        error = (float(record["high"]) - float(record["low"])) / 4
    else:
        return 0.0
    return 6 * math.sqrt(2) * error if math.isfinite(error) else 0.0


def _near(a: float, b: float, allowed: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= allowed

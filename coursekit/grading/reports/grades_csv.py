"""The grades as a table for spreadsheets."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from coursekit.grading.results import Result, write_atomically

COLUMNS = "student exercise score maximum late status seconds message flags".split()
DAY = 24 * 60 * 60
# What makes a spreadsheet run a cell's text; some take wide signs for their narrow brothers.
_FORMULA = "=+@\uff1d\uff0b\uff20\u2212\uff0d-"
# Where a cell begins, whichever separator a spreadsheet goes by, and whatever it strips from its beginning.
_BEGINS = re.compile(rf"(^|[,;|\t:])([\s\"'\u00a0]*)(?=[{_FORMULA}])")
_NUMBER = re.compile(r"[+-]\d[\d.]*(?:e[+-]?\d+)?\s*(?=$|[,;|)\]])", re.IGNORECASE)

NEVER: Mapping[tuple[str, str], float] = MappingProxyType({})


def write_csv(
    path: Path, results: Iterable[Result], late: Mapping[tuple[str, str], float] = NEVER
) -> None:
    """Write one row for each submission; score and maximum are those of checks.

    ``late`` are seconds by student and exercise; the table has days.
    """
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for result in results:
        said = " | ".join(part for part in (result.message, *result.notes) if part)
        texts = [result.status, f"{result.seconds:.1f}", said, "; ".join(result.flags)]
        days = late.get((result.student, result.exercise), 0) / DAY
        numbers = [result.score, result.maximum, round(days, 2)]
        row = [result.student, result.exercise, *numbers, *texts]
        rows.writerow([_harmless(cell) if isinstance(cell, str) else f"{cell:g}" for cell in row])
    text = file.getvalue()
    # Excel takes a file for UTF-8 only if it begins with this mark; all other readers do better without.
    write_atomically(path, text if text.isascii() else "\ufeff" + text)


def _harmless(text: str) -> str:
    """A text on one line, of which no spreadsheet takes any part for a formula, whatever separates its cells."""
    text = " ".join(text.replace("\0", "").splitlines()).replace("\t", " ")

    def marked(begin: re.Match) -> str:
        # A plain number among others, as in (0.5, -1), is what it looks like.
        plain = begin.end() > 0 and begin[1] and _NUMBER.match(text, begin.end())
        return begin[0] if plain else f"{begin[1]}'{begin[2]}"

    return _BEGINS.sub(marked, text)

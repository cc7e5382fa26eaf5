"""The grades as a table for spreadsheets."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from coursekit.grading.results import Result, write_atomically

COLUMNS = "student exercise score maximum status seconds message flags".split()
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet run a cell's text


def write_csv(path: Path, results: Iterable[Result]) -> None:
    """Write one row for each submission; score and maximum are those of checks."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for result in results:
        said = " | ".join(part for part in (result.message, *result.notes) if part)
        texts = [result.status, f"{result.seconds:.1f}", said, "; ".join(result.flags)]
        row = [result.student, result.exercise, result.score, result.maximum, *texts]
        rows.writerow([_harmless(cell) if isinstance(cell, str) else f"{cell:g}" for cell in row])
    text = file.getvalue()
    # Excel takes a file for UTF-8 only if it begins with this mark; all other readers do better without.
    write_atomically(path, text if text.isascii() else "\ufeff" + text)


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, on one line."""
    text = " ".join(text.replace("\0", "").splitlines())
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text

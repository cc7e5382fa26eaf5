"""The table of grades, for spreadsheets."""

import csv
import re
from pathlib import Path

import pytest

from coursekit.grading.reports.grades_csv import write_csv
from tests.support.small_grades import MEANS, result, rows_of


def test_the_table_has_a_row_for_each_submission(tmp_path: Path) -> None:
    records = [
        result("ada", passed=True),
        result(
            "bo", status="timed out", message="cell mean", flags=("prints a mark", "patches numpy")
        ),
    ]
    write_csv(tmp_path / "grades.csv", records)
    assert rows_of(tmp_path / "grades.csv") == [
        dict(student="ada", exercise=MEANS, score="3", maximum="3", late="0", status="graded", seconds="2.5", message="", flags=""),
        dict(student="bo", exercise=MEANS, score="1", maximum="3", late="0", status="timed out", seconds="2.5", message="cell mean", flags="prints a mark; patches numpy"),
    ]  # fmt: skip


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_cell_of_the_table_is_a_formula(tmp_path: Path, evil: str) -> None:
    write_csv(tmp_path / "grades.csv", [result(evil, message=evil, flags=(evil,))])
    (row,) = rows_of(tmp_path / "grades.csv")
    assert [row[name][0] for name in ("student", "message", "flags")] == ["'"] * 3


@pytest.mark.parametrize("separator", ",;|\t:")
@pytest.mark.parametrize(
    "evil", ["=1+1", "+1+cmd|x", "-1+1", "@SUM(A1)", "\uff1d1+1", ' "=1', "'=1", "\u00a0=1"]
)
def test_no_part_of_a_cell_is_a_formula_whatever_separates_cells(
    tmp_path: Path, separator: str, evil: str
) -> None:
    """A spreadsheet may go by another separator than ours, and by its own idea of quotes."""
    said = f'so"{separator}{evil}'
    write_csv(tmp_path / "grades.csv", [result("ada", message=said, notes=(evil,), flags=(said,))])
    text = (tmp_path / "grades.csv").read_text(encoding="utf-8-sig")
    for by in ",;|\t:":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for row in csv.reader(text.splitlines(), delimiter=by, quoting=quoting):
                for part in row:
                    bare = part.strip(' "\u00a0')
                    assert not re.match(r"[=@\uff1d]|[-+](?!\d+$)", bare), (by, part)


def test_numbers_among_a_text_stay_as_they_are(tmp_path: Path) -> None:
    said = "It gives (0.5, -0.25); -1 is wrong: +2, -3e-05"
    write_csv(tmp_path / "grades.csv", [result("ada", message=said)])
    assert said.replace("; -1", ";' -1") == rows_of(tmp_path / "grades.csv")[0]["message"]


def test_the_table_says_that_it_is_utf8_only_where_a_spreadsheet_must_know(tmp_path: Path) -> None:
    write_csv(tmp_path / "plain.csv", [result("ada")])
    write_csv(tmp_path / "names.csv", [result("Šárka")])
    assert (tmp_path / "plain.csv").read_bytes()[:7] == b"student"
    assert (tmp_path / "names.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    assert rows_of(tmp_path / "names.csv")[0]["student"] == "Šárka"

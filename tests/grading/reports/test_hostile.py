"""Whatever a submission holds, its marks are reported, and so are all others."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursekit.grading.limited import FailedError, Limited
from coursekit.grading.reports.write import write_reports
from coursekit.grading.results import Mark, read_results
from tests.support.harmless import Elements, is_harmless
from tests.support.small_grades import SOLUTIONS, graded, grades, printed, result, rows_of, store

HOSTILE = {
    "regions": dict(code="# BEGIN SOLUTION\n" * 40_000),
    "regions in an answer": dict(answer="# BEGIN HIDDEN TESTS\n" * 40_000),
    "spaces": dict(answer="##" + " " * 150_000 + "x"),
    "spaces within bounds": dict(answer="##" + " " * 49_000 + "x"),
    "tags": dict(answer="<b>" * 200_000),
    "tags within bounds": dict(answer="<b>" * 16_000),
    "brackets": dict(answer="[" * 49_000),
    "pictures": dict(answer="![" * 24_000),
    "stars": dict(answer="*a **b " * 7_000),
    "links": dict(answer="[a](" * 12_000),
    "quotes": dict(answer="> " * 20_000),
    "formulas": dict(answer="$a$ " * 12_000),
    "braces": dict(answer="$" + "{" * 450 + "$"),
    "half-characters": dict(code="x = '\ud800'", answer="\ud800"),
    "half-characters printed": dict(output=printed("\ud800")),
    "less-than signs": dict(output=printed("<" * 500_000)),
    "private characters": dict(answer="\x00\x1b[31m\ue0000\ue001 \ue00099999999999\ue001" * 100),
}


def test_a_class_of_hostile_submissions_is_reported_and_nothing_of_it_runs(folder: Path) -> None:
    names = {what.replace(" ", "-"): more for what, more in HOSTILE.items()}
    for name, more in names.items():
        store(folder, result(name, said="half of \ud800"), graded(**more))
    store(folder, result("zoe", passed=True), graded(passed=True))
    write_reports(folder, SOLUTIONS, say=lambda _: None)
    rows = {row["student"]: row for row in rows_of(folder / "grades.csv")}
    assert rows.keys() == {*names, "zoe"}
    assert {row["status"] for row in rows.values()} == {"graded"}
    assert {student for student, _ in grades(folder)} == rows.keys()
    for name in rows:
        page = (folder / f"feedback/{name}/statistics/means.html").read_text(encoding="utf-8")
        assert is_harmless(page)
        assert f"{3 if name == 'zoe' else 1} of 7 points" in Elements(page).text
        nbformat.read(folder / f"autograded/{name}/statistics/means.ipynb", as_version=4)
    assert is_harmless((folder / "overview.html").read_text(encoding="utf-8"))


class Failing(Limited):
    """A desk that breaks over the cells of one student."""

    def __call__(self, method: str, record: Any, text: str, *more: Any) -> Any:
        if record.student == "eve" and text:
            raise FailedError("it took more than 30 seconds")
        return super().__call__(method, record, text, *more)


def test_what_cannot_be_shown_keeps_its_marks_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coursekit.grading.reports.write.Limited", Failing)
    for name in ("ada", "eve", "zoe"):
        store(folder, result(name), graded())
    write_reports(folder, SOLUTIONS, say=lambda _: None)
    rows = {row["student"]: row for row in rows_of(folder / "grades.csv")}
    assert {name: row["status"] for name, row in rows.items()} == {
        "ada": "graded",
        "eve": "not shown",
        "zoe": "graded",
    }
    assert rows["eve"]["message"].startswith("It cannot be shown: it took more than 30 seconds")
    assert rows["eve"]["score"] == rows["ada"]["score"] == "1"
    given = grades(folder)
    for cell in ("check_mean", "check_type", "conclusion"):
        assert given["eve", cell] == given["ada", cell]
    page = Elements((folder / "feedback/eve/statistics/means.html").read_text(encoding="utf-8"))
    assert "its cells cannot be shown here" in page.text and "1 of" in page.text
    overview = Elements((folder / "overview.html").read_text(encoding="utf-8")).text
    assert "not shown" in overview and "eve" in overview
    assert (folder / "feedback/zoe/statistics/means.html").exists()

    monkeypatch.undo()
    said: list[str] = []
    write_reports(folder, SOLUTIONS, say=said.append)
    (eve,) = [one for one in read_results(folder / "results") if one.student == "eve"]
    assert eve.status == "not shown" and eve.score == 1
    assert eve.message.count("cannot be shown") == 1


def test_a_record_that_is_none_takes_no_others_report(folder: Path) -> None:
    store(folder, result("ada"), graded())
    path = folder / "results/bo/statistics/means.json"
    path.parent.mkdir(parents=True)
    for bad in ("", "{", "[]", '{"student": "bo"}', '{"marks": 3}'):
        path.write_text(bad)
        write_reports(folder, SOLUTIONS, say=lambda _: None)
        assert [row["student"] for row in rows_of(folder / "grades.csv")] == ["ada"]


def test_texts_of_a_record_can_always_be_written() -> None:
    made = result(
        "ada",
        message="\ud800" + "x" * 100_000,
        flags=("\udfff",),
        notes=("\ud800",),
        marks=(Mark("check_mean", 0, 2, "failed", "\ud800"),),
    )
    for text in (made.message, *made.flags, *made.notes, made.marks[0].message):
        text.encode()
    assert len(made.message) < 21_000

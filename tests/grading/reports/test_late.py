"""Late days are those of nbgrader, and cost what its plugin says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from traitlets.config import Config

from coursekit.grading.reports.gradebook import course_config, read_by_hand
from coursekit.grading.reports.late import parse_due, write_late
from coursekit.grading.reports.totals import read_totals
from coursekit.grading.reports.write import write_reports
from coursekit.problem import PageError
from tests.support.harmless import Elements
from tests.support.small_grades import (
    SOLUTIONS,
    graded,
    result,
    rows_of,
    store,
    write_gradebook,
)

DUE = datetime(2026, 1, 31, 12, 0)
DAY = 24 * 60 * 60
NOON = DUE.replace(tzinfo=UTC).timestamp()
TIMES = {("ada", "statistics"): NOON - 60, ("bo", "statistics"): NOON + 1.5 * DAY}


@pytest.fixture
def graded_late(folder: Path) -> Path:
    records = [store(folder, result(name), graded()) for name in ("ada", "bo", "cy")]
    write_gradebook(folder, records, SOLUTIONS)
    write_late(folder, TIMES, {"statistics": DUE})
    return folder


@pytest.fixture
def zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader's settings, with its own strictest penalty."""
    config = course_config()
    config.merge(Config({"LateSubmissionPlugin": {"penalty_method": "zero"}}))
    monkeypatch.setattr("coursekit.grading.reports.late.course_config", lambda: config)


def test_seconds_late_are_those_that_nbgrader_counts(graded_late: Path) -> None:
    late = {student: hand.late for (student, _), hand in read_by_hand(graded_late).items()}
    assert late == {"ada": 0, "bo": 1.5 * DAY, "cy": 0}
    with Gradebook(f"sqlite:///{graded_late / 'gradebook.db'}") as gradebook:
        for student, seconds in late.items():
            submission = gradebook.find_submission("statistics", student)
            assert submission.total_seconds_late == seconds


def test_an_extension_that_nbgrader_knows_counts(graded_late: Path) -> None:
    with Gradebook(f"sqlite:///{graded_late / 'gradebook.db'}") as gradebook:
        gradebook.grant_extension("statistics", "bo", days=1)
    assert read_by_hand(graded_late)["bo", "statistics/means"].late == 0.5 * DAY


def test_without_a_plugin_that_says_otherwise_late_work_keeps_its_points(graded_late: Path) -> None:
    assert {one.student: one.points for one in read_totals(graded_late)} == dict(ada=1, bo=1, cy=1)


def test_the_penalty_is_that_of_nbgraders_plugin_everywhere(zero: None, folder: Path) -> None:
    for name in ("ada", "bo"):
        store(folder, result(name), graded())
    said: list[str] = []
    write_reports(folder, SOLUTIONS, said.append, TIMES, {"statistics": DUE})
    assert {one.student: one.points for one in read_totals(folder)} == dict(ada=1, bo=0)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("statistics", "bo").late_submission_penalty == 1
    rows = {row["student"]: row["late"] for row in rows_of(folder / "grades.csv")}
    assert rows == {"ada": "0", "bo": "1.5"}
    pages = {
        name: Elements((folder / f"feedback/{name}/statistics/means.html").read_text()).text
        for name in rows
    }
    assert "handed in 1.5 days late, so 1 points are taken off" in pages["bo"]
    assert "0 of 7 points" in pages["bo"]
    assert "late" not in pages["ada"] and "1 of 7 points" in pages["ada"]
    # Nothing is named again, and all stays as it was.
    write_reports(folder, SOLUTIONS, said.append)
    assert {one.student: one.points for one in read_totals(folder)} == dict(ada=1, bo=0)


def test_a_due_date_is_read_as_nbgrader_reads_it() -> None:
    assert parse_due("2026-01-31 12:00") == parse_due("2026-01-31 13:00 CET") == DUE
    for text in ("", "tomorrow", "2026-13-01"):
        with pytest.raises(PageError, match="is no time; write it as"):
            parse_due(text)


def test_a_due_date_of_an_unknown_chapter_is_refused(graded_late: Path) -> None:
    with pytest.raises(PageError, match="no grades for statistic;"):
        write_late(graded_late, {}, {"statistic": DUE})

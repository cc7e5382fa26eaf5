"""All reports together."""

from pathlib import Path

import pytest

from coursekit.grading.reports.write import write_reports
from coursekit.problem import PageError
from tests.support.small_grades import SOLUTIONS, contents, graded, result, store


def test_all_reports_are_written_and_named(folder: Path) -> None:
    store(folder, result("ada"), graded())
    said: list[str] = []
    write_reports(folder, SOLUTIONS, say=said.append)
    made = ["grades.csv", "gradebook.db", "feedback", "overview.html"]
    assert [Path(line.split(":")[0]).name for line in said] == made
    assert all((folder / name).exists() for name in made)
    before = contents(folder)
    write_reports(folder, SOLUTIONS, say=said.append)
    after = contents(folder)
    again = {"grades.csv", "overview.html"}  # written anew, with the same content
    assert {name: value for name, value in after.items() if name not in again} == {
        name: value for name, value in before.items() if name not in again
    }
    assert {name: after[name][0] for name in again} == {name: before[name][0] for name in again}


def test_a_record_of_an_unknown_exercise_is_refused_by_name(tmp_path: Path) -> None:
    store(tmp_path, result("ada", exercise="statistics/modes"))
    with pytest.raises(PageError, match="statistics/modes"):
        write_reports(tmp_path)

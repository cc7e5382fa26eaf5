"""Whatever one submission does to its grading, the class is finished, and what keeps grades from being written is told."""

import errno
import os
import signal
from pathlib import Path

import joblib
import nbformat
import pytest

from coursekit.grading import grade as grading
from coursekit.grading.exercise import Exercise
from coursekit.grading.grade import Options
from coursekit.grading.marking import Task
from coursekit.grading.reports.write import write_reports
from coursekit.grading.results import Result, read_results, write_atomically
from coursekit.grading.sandbox.limits import Limits
from coursekit.problem import PageError
from tests.support.small_grades import MEANS, SOLUTIONS, graded, result, rows_of, solution

EXERCISES = {MEANS: Exercise(solution(), solution(), {})}


def tasks(*students: str) -> list[Task]:
    text = nbformat.v4.writes(graded())
    return [Task(name, MEANS, text, (), {}, ".", Limits(), False) for name in students]


def broken_mark(number: int, task: Task, process: int) -> tuple[int, Result | None, str]:
    """Marks without a sandbox; what a student's name says happens to the grading."""
    if task.student == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return number, result(task.student, fingerprint=task.fingerprint), task.notebook


def failing_mark(task: Task) -> tuple[Result, str]:
    if task.student.startswith("eve"):
        raise {
            "eve-value": ValueError("200 is not a valid Signals"),
            "eve-half": UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
            "eve-memory": MemoryError(),
            "eve-system": OSError(errno.EBADF, "Bad file descriptor"),
            "eve-key": KeyError("\ud800"),
        }[task.student]
    return result(task.student, fingerprint=task.fingerprint), task.notebook


def mark_all(out: Path, *students: str, jobs: int = 1) -> dict[str, Result]:
    grading._mark_all(out, tasks(*students), Options(jobs=jobs, walls=False), EXERCISES)
    return {one.student: one for one in read_results(out / "results")}


def test_an_exception_while_marking_is_that_submissions_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "mark", failing_mark)
    hostile = ["eve-value", "eve-half", "eve-memory", "eve-system", "eve-key"]
    found = mark_all(tmp_path, "ada", *hostile, "zoe")
    assert {name: found[name].status for name in ("ada", "zoe")} == {
        "ada": "graded",
        "zoe": "graded",
    }
    for name in hostile:
        assert found[name].status == "grading failed"
        assert found[name].score == 0 and found[name].maximum == 3
    assert found["eve-value"].message == "ValueError: 200 is not a valid Signals"
    write_reports(tmp_path, SOLUTIONS, say=lambda _: None)
    rows = {row["student"]: row["status"] for row in rows_of(tmp_path / "grades.csv")}
    assert len(rows) == 7 and rows["eve-half"] == "grading failed"
    page = (tmp_path / "feedback/eve-value/statistics/means.html").read_text(encoding="utf-8")
    assert "The grading itself broke" in page
    assert (tmp_path / "feedback/zoe/statistics/means.html").exists()


def test_what_broke_the_grading_is_tried_again_and_what_is_graded_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "mark", failing_mark)
    mark_all(tmp_path, "ada", "eve-value")
    has = {task.student: grading._has_record(tmp_path, task) for task in tasks("ada", "eve-value")}
    assert has == {"ada": True, "eve-value": False}


@pytest.mark.slow
def test_a_submission_whose_worker_is_killed_each_time_ends_no_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "_mark", broken_mark)
    found = mark_all(tmp_path, "ada", "ben", "killed", "yve", "zoe", jobs=2)
    assert found.pop("killed").status == "grading failed"
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(
        ("ada", "ben", "yve", "zoe"), "graded"
    )
    # joblib's own processes still work after that.
    parallel = joblib.Parallel(n_jobs=2)
    assert parallel(joblib.delayed(abs)(number) for number in (-1, -2)) == [1, 2]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_disk_or_a_folder_that_may_not_be_written_is_told_and_loses_nothing(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading, "mark", failing_mark)
    mark_all(tmp_path, "ada")
    before = (tmp_path / "results/ada/statistics/means.json").read_bytes()

    def full(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PageError) as caught, grading._told(tmp_path):
        mark_all(tmp_path, "ada", "zoe")
    said = str(caught.value)
    assert os.strerror(number) in said and "what was graded is kept" in said
    assert (tmp_path / "results/ada/statistics/means.json").read_bytes() == before
    assert [path.name for path in tmp_path.rglob("*.json")] == ["means.json"]


def test_a_gradebook_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").mkdir()
    told = pytest.raises(PageError, match=r"gradebook\.db.*what was graded is kept")
    with told, grading._told(tmp_path):
        write_reports(tmp_path, SOLUTIONS, say=lambda _: None)


def test_what_keeps_every_submission_from_being_marked_is_no_ones_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(task: Task) -> tuple[Result, str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(grading, "mark", full)
    with pytest.raises(PageError, match="No space left"), grading._told(tmp_path):
        mark_all(tmp_path, "ada")
    assert read_results(tmp_path / "results") == []


@pytest.mark.parametrize(
    ("submitted", "out"),
    [("class", "class/grades"), ("class", "class"), ("grades/submitted", "grades"), ("class", "class/../class/x")],
)  # fmt: skip
def test_grades_and_what_was_handed_in_do_not_mix(submitted: str, out: str, tmp_path: Path) -> None:
    (tmp_path / submitted).mkdir(parents=True)
    with pytest.raises(PageError, match="lie within each other"):
        grading._keep_apart(tmp_path / submitted, tmp_path / out)
    grading._keep_apart(tmp_path / submitted, tmp_path / "elsewhere")


def test_a_text_with_half_a_character_is_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "text", "half \ud800 of one")
    assert (tmp_path / "text").read_text(encoding="utf-8") == "half ? of one"

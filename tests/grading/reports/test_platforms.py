"""Points go into the tables that platforms export, to the right students, and change nothing else."""

import csv
import io
from pathlib import Path

import pytest

from coursekit.grading.reports.platforms import PLATFORMS, Filled, fill
from coursekit.grading.reports.totals import Total, read_totals
from coursekit.problem import PageError
from tests.support.small_grades import (
    SOLUTIONS,
    enter,
    graded,
    result,
    store,
    write_gradebook,
)


def total(student: str, points: float = 7, chapter: str = "batch_normalization", **more) -> Total:
    return Total(student, chapter, points, **{"maximum": 10, "waiting": 0, "look_at": (), **more})


CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Batch normalization (101),Dropout (102),Current Score
,,,,,Manual Posting,,(read only)
    Points Possible,,,,,10,8,(read only)
"Lee, Ann",340934,S1,alee,"A, one",,5,62.5
"Öz, Ben",340935,S2,boz,"A, one",3,,0
"Öz, Ben",340936,S3,boz2,B,,,
"Student, Test",9,,x,B,,,
"""
MOODLE = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments
Participant 21,Ann van Lee,ann@example.org,"Submitted for grading",,"10,00",Yes,
Participant 22,Li Wei,li@example.org,"Submitted for grading",,"10,00",Yes,"<p>a, b</p>"
Participant 23,Li Wei,wei@example.org,No submission,,"10,00",Yes,
"""
BLACKBOARD = """\
"Last Name","First Name","Username","Student ID","Batch normalization [Total Pts: 10 Score] |55","Dropout [Total Pts: 8 Score] |56"
"Lee","Ann","alee","7","","5"
"Öz","Ben","b_oz","8","",""
"""


def filled(platform: str, text: str, *totals: Total, **more) -> tuple[list[list[str]], Filled]:
    made = fill(PLATFORMS[platform], text.encode(), totals, more.pop("columns", {}), **more)
    return list(csv.reader(io.StringIO(made.data.decode(), newline=""))), made


def changes(before: str, rows: list[list[str]]) -> dict[tuple[str, ...], str]:
    """What is another than before: the cell, by the beginning of its row and its heading."""
    old = list(csv.reader(io.StringIO(before)))
    assert [len(row) for row in rows] == [len(row) for row in old]
    return {
        (row[0], row[1], rows[0][place]): cell
        for row, was in zip(rows, old, strict=True)
        for place, cell in enumerate(row)
        if cell != was[place]
    }


def test_canvas_knows_students_by_the_number_in_the_names_of_their_files() -> None:
    rows, made = filled(
        "canvas",
        CANVAS,
        total("leeann_340934", 7.256),
        total("ozben_340936", 2),
        total("leeann_340934", 8, "dropout", maximum=8),
    )
    heading = "Batch normalization (101)"
    assert changes(CANVAS, rows) == {
        ("Lee, Ann", "340934", heading): "7.26",
        ("Öz, Ben", "340936", heading): "2",
        ("Lee, Ann", "340934", "Dropout (102)"): "8",
    }
    assert (made.count, made.told) == (3, [])


def test_canvas_knows_students_by_login_too() -> None:
    rows, _ = filled("canvas", CANVAS, total("boz2", 4))
    assert list(changes(CANVAS, rows)) == [("Öz, Ben", "340936", "Batch normalization (101)")]


def test_moodle_knows_students_by_name_and_namesakes_by_number() -> None:
    rows, made = filled(
        "moodle", MOODLE, total("Ann-van-Lee", 7.5), total("Li-Wei_23", 3), total("Li-Wei", 9)
    )
    assert changes(MOODLE, rows) == {
        ("Participant 21", "Ann van Lee", "Grade"): "7,5",
        ("Participant 23", "Li Wei", "Grade"): "3",
    }
    assert made.told == ["Li-Wei: several students of that name in the export; left out"]


def test_blackboard_knows_students_by_user_name() -> None:
    rows, made = filled("blackboard", BLACKBOARD, total("alee"), total("b_oz"), total("cem"))
    heading = "Batch normalization [Total Pts: 10 Score] |55"
    assert changes(BLACKBOARD, rows) == {("Lee", "Ann", heading): "7", ("Öz", "Ben", heading): "7"}
    assert made.told == ["cem: no student of that name in the export; left out"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_file_stays_as_the_platform_wrote_it(encoding: str, end: str) -> None:
    for platform, text in (("blackboard", BLACKBOARD), ("canvas", CANVAS)):
        text = text.replace("\n", end)
        data = text.encode(encoding)
        made = fill(PLATFORMS[platform], data, [total("nobody_77")], {})
        assert made.data == data and made.count == 0
    tabs = BLACKBOARD.replace('","', "\t").replace('"', "").encode(encoding)
    made = fill(PLATFORMS["blackboard"], tabs, [total("alee")], {})
    assert made.data.decode(encoding) == tabs.decode(encoding).replace("7\t\t5", "7\t7\t5")


def test_who_is_not_finished_is_left_as_before_and_told() -> None:
    waits, broken = total("leeann_340934", waiting=3), total("ozben_340935", look_at=("a/b",))
    rows, made = filled("canvas", CANVAS, waits, broken)
    assert [cell[0] for cell in changes(CANVAS, rows)] == ["Öz, Ben"]
    assert made.told == [
        "leeann_340934: a person has still to give 3 points of batch_normalization; left as it was",
        "ozben_340935: look at a/b before you upload the points",
    ]
    rows, _ = filled("canvas", CANVAS, waits, unfinished=True)
    assert [cell[0] for cell in changes(CANVAS, rows)] == ["Lee, Ann"]


def test_another_maximum_is_refused_or_converted() -> None:
    more = total("leeann_340934", 5, maximum=20)
    with pytest.raises(
        PageError, match=r"out of 10 points, batch_normalization out of 20.*--scale"
    ):
        filled("canvas", CANVAS, more)
    rows, _ = filled("canvas", CANVAS, more, scale=True)
    assert set(changes(CANVAS, rows).values()) == {"2.5"}
    with pytest.raises(PageError, match="out of 10 points"):
        filled("moodle", MOODLE, total("Ann van Lee", 5, maximum=20))


def test_a_column_is_named_where_its_heading_does_not_tell_the_chapter() -> None:
    text = CANVAS.replace("Batch normalization", "Homework 1").replace("Dropout", "Homework 2")
    with pytest.raises(
        PageError, match=r"say --column batch_normalization=HEADING.*\n.*Homework 1"
    ):
        filled("canvas", text, total("leeann_340934"))
    columns = {"batch_normalization": "Homework 1 (101)"}
    rows, made = filled(
        "canvas", text, total("leeann_340934"), total("ozben_340935", 1, "noise"), columns=columns
    )
    assert list(changes(text, rows)) == [("Lee, Ann", "340934", "Homework 1 (101)")]
    assert made.told == ["noise: no column of that name; say --column noise=HEADING"]
    with pytest.raises(PageError, match="no column 'Homework 9'"):
        filled("canvas", text, total("x"), columns={"batch_normalization": "Homework 9"})
    with pytest.raises(PageError, match="no grades for dropuot"):
        filled("canvas", text, total("x"), columns={"dropuot": "Homework 1 (101)"})
    with pytest.raises(PageError, match="several columns"):
        filled("canvas", CANVAS.replace("Dropout", "Batch_Normalization"), total("x"))


@pytest.mark.parametrize("text", ["", "x", "a,b\n1,2\n", "\0\0"])
def test_what_is_no_export_is_refused(text: str) -> None:
    with pytest.raises(PageError, match=r"no export of|no table"):
        filled("canvas", text, total("x"))


def test_points_add_up_as_in_nbgraders_gradebook(folder: Path) -> None:
    from nbgrader.api import Gradebook

    for name, passed in (("ada", True), ("bo", False)):
        store(folder, result(name, passed=passed), graded(passed=passed))
    store(folder, result("cy", status="timed out"), graded())
    store(folder, result("dan", status="missing", marks=()))
    records = [result(name, passed=name == "ada") for name in ("ada", "bo")]
    write_gradebook(folder, [*records, result("cy", status="timed out")], SOLUTIONS)
    enter(folder, "ada", 3.5, "Well said.")
    totals = {one.student: one for one in read_totals(folder)}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for name in ("ada", "bo", "cy"):
            submission = gradebook.find_submission("statistics", name)
            assert totals[name].points == submission.score
            assert totals[name].maximum == submission.max_score
    assert {name: one.waiting for name, one in totals.items()} == dict(ada=0, bo=4, cy=4, dan=0)
    assert totals["ada"].points == 6.5
    assert totals["cy"].look_at == ("statistics/means",)
    assert (totals["dan"].points, totals["dan"].maximum) == (0, 4)

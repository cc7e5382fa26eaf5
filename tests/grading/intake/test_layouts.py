"""Folders and zips of every kind are read whole, for the right student."""

from pathlib import Path

import pytest

from coursekit.problem import PageError
from tests.support.handed_in import (
    GRID,
    MAX_NORM,
    NOISE,
    Files,
    handed,
    handed_in,
    only,
    pairs,
    read,
    read_zip,
    write,
    zipped,
)

LAYOUTS: dict[str, Files] = {
    "nbgrader": {"ann/dropout/max_norm.ipynb": MAX_NORM, "ben/noise/grid_search.ipynb": NOISE},
    "the folder above": {
        "submitted/ann/dropout/max_norm.ipynb": MAX_NORM,
        "submitted/ben/noise/grid_search.ipynb": NOISE,
        "solutions/dropout/max_norm.ipynb": MAX_NORM,
        "gradebook.db": b"sqlite",
    },
    "one folder on top": {
        "class/ann/dropout/max_norm.ipynb": MAX_NORM,
        "class/ben/noise/grid_search.ipynb": NOISE,
    },
    "chapters on top": {
        "dropout/ann/max_norm.ipynb": MAX_NORM,
        "noise/ben/grid_search.ipynb": NOISE,
    },
    "students without chapters": {
        "ann/max_norm.ipynb": MAX_NORM,
        "ben/grid_search.ipynb": NOISE,
    },
    "a zip of each student": {
        "ann.zip": zipped({"dropout/max_norm.ipynb": MAX_NORM}),
        "ben.zip": zipped({"my work/grid_search.ipynb": NOISE}),
    },
    "a zip of each student in a folder": {
        "all/ann.zip": zipped({"max_norm.ipynb": MAX_NORM}),
        "all/ben.zip": zipped({"ben/noise/grid_search.ipynb": NOISE}),
    },
    "a zip of each chapter": {
        "dropout.zip": zipped({"export/ann/max_norm.ipynb": MAX_NORM, "export/x.txt": b""}),
        "noise.zip": zipped({"ben/noise/grid_search.ipynb": NOISE}),
    },
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_are_understood_in_folders_and_zips(
    layout: str, packed: bool, tmp_path: Path
) -> None:
    files = LAYOUTS[layout]
    found = read_zip(tmp_path, files) if packed else read(write(tmp_path, files))
    assert pairs(found) == [("ann", "dropout/max_norm"), ("ben", "noise/grid_search")]
    assert [handed(one) for one in found.submissions] == [MAX_NORM, NOISE]
    assert not any(one.problem for one in found.submissions)


def test_a_flat_export_of_canvas_is_understood(tmp_path: Path) -> None:
    found = read_zip(
        tmp_path,
        {
            "leeann_340934_208490284_max_norm.ipynb": MAX_NORM,
            "van_der_bergben_LATE_11_22_max_norm-1.ipynb": MAX_NORM,
            "мюллеранна_12_23_grid_search-2.ipynb": NOISE,
            "anon_xY3ab_24_grid_search.ipynb": GRID,
            "leeann_340935_99_my work.ipynb": GRID,
            "kimjo_13_25_work.zip": zipped({"leeann_340934_999999999_max_norm.ipynb": GRID}),
        },
    )
    assert pairs(found) == [
        ("anon_xY3ab", "dropout/grid_search"),
        ("kimjo_13", "dropout/grid_search"),
        ("leeann_340935", "dropout/grid_search"),
        ("leeann_340934", "dropout/max_norm"),
        ("van_der_bergben_11", "dropout/max_norm"),
        ("мюллеранна_12", "noise/grid_search"),
    ]
    assert not any(one.problem for one in found.submissions)
    told = {one.student: one.notes for one in found.submissions}
    (note,) = told.pop("kimjo_13")
    assert "999999999_max_norm.ipynb; its cells are those of dropout/grid_search" in note
    assert set(told.values()) == {()}


@pytest.mark.parametrize(
    ("name", "inside", "student"),
    [
        ("leeann_1_2_work.zip", "max_norm.ipynb", "leeann_1"),
        ("Ann_1_assignsubmission_file_work.zip", "dropout/max_norm.ipynb", "Ann"),
        ("ann.zip", "max_norm.ipynb", "ann"),
        ("ann.zip", "dropout/max_norm.ipynb", "ann"),
        ("class.zip", "ann/dropout/max_norm.ipynb", "ann"),
        ("class.zip", "leeann_1_2_max_norm.ipynb", "leeann_1"),
        ("submitted.zip", "ann/max_norm.ipynb", "ann"),
        ("dropout.zip", "ann/max_norm.ipynb", "ann"),
    ],
)
def test_a_lone_zip_is_that_of_a_student_or_of_the_class(
    name: str, inside: str, student: str, tmp_path: Path
) -> None:
    data = zipped({inside: MAX_NORM})
    for found in (read(write(tmp_path / "in", {name: data})), read_zip(tmp_path, {name: data})):
        assert pairs(found) == [(student, "dropout/max_norm")]


@pytest.mark.parametrize(
    "pattern", ["{}_1234567_assignsubmission_file_/{}", "{}_1234567_assignsubmission_file/{}", "{}_1234567_assignsubmission_file_{}"]
)  # fmt: skip
def test_an_export_of_moodle_is_understood(pattern: str, tmp_path: Path) -> None:
    files = {
        pattern.format("Ann van Lee", "max_norm.ipynb"): MAX_NORM,
        pattern.format("Ben Öz", "grid_search.ipynb"): NOISE,
    }
    found = read_zip(tmp_path, files)
    assert pairs(found) == [("Ann-van-Lee", "dropout/max_norm"), ("Ben-Öz", "noise/grid_search")]
    assert [one.name for one in found.submissions] == ["Ann van Lee", "Ben Öz"]


def test_moodle_numbers_differ_between_chapters_and_tell_namesakes_apart(tmp_path: Path) -> None:
    name = "{}_{}_assignsubmission_file_/{}.ipynb".format
    dropout = {name("Li Wei", 1, "max_norm"): MAX_NORM, name("Li Wei", 2, "grid_search"): GRID}
    dropout[name("Ann", 3, "max_norm")] = MAX_NORM
    noise = {name("Ann", 7, "grid_search"): NOISE}
    found = read_zip(tmp_path, {"dropout.zip": zipped(dropout), "noise.zip": zipped(noise)})
    assert pairs(found) == [
        ("Li-Wei_2", "dropout/grid_search"),
        ("Ann", "dropout/max_norm"),
        ("Li-Wei_1", "dropout/max_norm"),
        ("Ann", "noise/grid_search"),
    ]


def receipt(name: str, user: str, **more: str) -> bytes:
    """What Blackboard writes about an attempt; the student's own words come last."""
    return (
        f"Name: {name} ({user})\nAssignment: Max norm\n\nComments:\n{more.get('said', '')}".encode()
    )


def test_an_export_of_blackboard_is_understood(tmp_path: Path) -> None:
    name = "Max norm_2_{}_attempt_2026-01-{}-10-20-30{}".format
    files = {
        name("alee", "30", "_max_norm.ipynb"): GRID,
        name("alee", "31", "_max_norm (1).ipynb"): MAX_NORM,
        name("alee", "30", ".txt"): receipt("Ann Lee", "alee"),
        name("b_oz", "31", "_work.zip"): zipped({"noise/grid_search.ipynb": NOISE}),
        name("b_oz", "31", ".txt"): receipt("Ben Öz", "b_oz", said="Name: Ann (alee)"),
        name("cem", "31", "_max_norm.ipynb"): b"{",
    }
    found = read_zip(tmp_path, files)
    assert pairs(found) == [
        ("alee", "dropout/grid_search"),
        ("alee", "dropout/max_norm"),
        ("cem", "dropout/max_norm"),
        ("b_oz", "noise/grid_search"),
    ]
    assert found.left_out == []
    assert found.submissions[2].problem.startswith("it is no JSON")


def test_of_blackboards_attempts_the_last_counts(tmp_path: Path) -> None:
    name = "HW_alee_attempt_2026-{}-01-10-20-30_max_norm.ipynb".format
    first, second = handed_in("dropout/max_norm", "first"), handed_in("dropout/max_norm", "second")
    found = read_zip(tmp_path, {name("09"): first, name("10"): second})
    assert handed(only(found)) == second


def test_a_number_in_blackboards_assignment_is_no_user_of_canvas(tmp_path: Path) -> None:
    name = "Week_3_12_{}_attempt_2026-01-31-10-20-30_max_norm.ipynb".format
    found = read_zip(tmp_path, {name("alee"): MAX_NORM, name("ben"): MAX_NORM})
    assert pairs(found) == [("alee", "dropout/max_norm"), ("ben", "dropout/max_norm")]


def test_nobody_hands_in_for_another_by_a_name_of_blackboards_form(tmp_path: Path) -> None:
    files = {
        "annlee_1_20_HW_bob_attempt_2026-01-31-10-20-30_max_norm.ipynb": GRID,
        "annlee_1_21_HW_bob_attempt_2026-01-31-10-20-30.txt": receipt("Bob", "bob"),
        "bob_2_22_max_norm.ipynb": MAX_NORM,
    }
    found = read_zip(tmp_path, files)
    assert pairs(found) == [("annlee_1", "dropout/grid_search"), ("bob_2", "dropout/max_norm")]
    evil = zipped({"HW_x_bob_attempt_2026-01-31-10-20-30.txt": receipt("Bob", "x_bob")})
    files = {
        "HW_ann_attempt_2026-01-31-10-20-30_work.zip": evil,
        "HW_x_bob_attempt_2026-01-31-10-20-30_max_norm.ipynb": MAX_NORM,
    }
    assert pairs(read_zip(tmp_path, files)) == [("bob", "dropout/max_norm")]


@pytest.mark.parametrize("top", ["", "Student Work/"])
def test_folders_of_teams_are_understood(top: str, tmp_path: Path) -> None:
    first, second = handed_in("dropout/max_norm", "first"), handed_in("dropout/max_norm", "second")
    files = {
        f"{top}Submitted files/Lee, Ann/Homework 3/Version 9/max_norm.ipynb": first,
        f"{top}Submitted files/Lee, Ann/Homework 3/Version 10/max_norm (2).ipynb": second,
        f"{top}Submitted files/Ben Öz/Homework 3/Version 1/my work.ipynb": NOISE,
        f"{top}Working files/Lee, Ann/Homework 3/max_norm.ipynb": GRID,
    }
    found = read(write(tmp_path, files))
    assert pairs(found) == [("Lee-Ann", "dropout/max_norm"), ("Ben-Öz", "noise/grid_search")]
    assert handed(found.submissions[0]) == second
    assert found.left_out == ["1 file beside the folder Submitted files; only that was read"]


def test_files_of_google_classroom_which_name_nobody_are_refused_clearly(tmp_path: Path) -> None:
    files = {"Ann Lee - max_norm.ipynb": MAX_NORM, "max_norm (1).ipynb": MAX_NORM}
    with pytest.raises(PageError) as caught:
        read(write(tmp_path, files))
    for name in files:
        assert f"{name}: its path names no student; put it into a folder with" in str(caught.value)
    assert "Google Classroom" in str(caught.value)


@pytest.mark.parametrize("name", ["max_norm (1)", "max_norm(2)", "max_norm-1", "max_norm-Copy1"])
def test_a_number_that_a_browser_or_jupyter_gave_a_file_changes_nothing(
    name: str, tmp_path: Path
) -> None:
    for data in (MAX_NORM, b"{"):
        found = only(read(write(tmp_path, {f"ann/dropout/{name}.ipynb": data})))
        assert (found.student, found.exercise, found.notes) == ("ann", "dropout/max_norm", ())


def test_grades_among_what_was_handed_in_are_no_student(tmp_path: Path) -> None:
    files = {
        "ann/dropout/max_norm.ipynb": MAX_NORM,
        "old grades/gradebook.db": b"",
        "old grades/results/bob/dropout/max_norm.json": b"{}",
        "old grades/results/bob/dropout/max_norm.ipynb": GRID,
        "old grades/submitted/bob/dropout/max_norm.ipynb": GRID,
        "old grades/autograded/bob/dropout/max_norm.ipynb": GRID,
    }
    for found in (read(write(tmp_path / "in", files)), read_zip(tmp_path, files)):
        assert pairs(found) == [("ann", "dropout/max_norm")]
        assert found.left_out == ["old grades: holds grades of an earlier grading; it was not read"]


def test_what_is_missing_is_told_for_the_chapters_that_a_student_began(tmp_path: Path) -> None:
    files = {"ann/dropout/max_norm.ipynb": MAX_NORM, "ben/noise/grid_search.ipynb": b""}
    assert read(write(tmp_path, files)).missing() == [
        ("ann", "dropout/grid_search"),
        ("ben", "noise/tuning"),
    ]


@pytest.mark.parametrize(
    "name",
    ["eve/dropout/homework.ipynb", "eve/dropout/homework.py", "eve/dropout/work.zip", "eve.zip",
     "eve_assignsubmission_file_homework.pdf"],
)  # fmt: skip
def test_who_handed_in_nothing_that_can_be_taken_is_not_lost(name: str, tmp_path: Path) -> None:
    found = read(write(tmp_path, {"ann/dropout/max_norm.ipynb": MAX_NORM, name: b"?"}))
    eve = [("eve", "dropout/grid_search"), ("eve", "dropout/max_norm")]
    assert found.missing() == [("ann", "dropout/grid_search"), *eve]
    assert any("eve" in said for said in found.left_out)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("nowhere", None, "cannot be read: No such file"),
        ("empty/", None, "holds no submission; name <student>/<chapter>/<exercise>.ipynb"),
        ("x.ipynb", MAX_NORM, "is neither a folder nor a zip"),
        ("x.zip", b"PK no zip", "x.zip cannot be read: it is no zip"),
        ("x.zip", b"", "x.zip cannot be read: it is no zip"),
        ("x.zip", zipped({"a.txt": b""}), "a.txt: only notebooks are read"),
    ],
)
def test_where_there_is_nothing_to_grade_the_message_says_what_was_looked_for(
    name: str, data: bytes | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(PageError) as caught:
        read(path)
    assert message in str(caught.value)


def test_a_backslash_separates_folders_as_in_zips_of_old_windows(tmp_path: Path) -> None:
    found = only(read_zip(tmp_path, {"ann\\dropout\\max_norm.ipynb": MAX_NORM}))
    assert (found.student, found.exercise) == ("ann", "dropout/max_norm")


def test_clones_of_repositories_are_read_without_what_git_and_github_keep_in_them(
    tmp_path: Path,
) -> None:
    files = {
        "ann/dropout/max_norm.ipynb": MAX_NORM,
        "ann/.git/objects/0a/12": b"x",
        "ann/.git/config": b"",
        "ann/.github/checks.py": b"",
        "ben/dropout/max_norm.ipynb": MAX_NORM,
    }
    found = read(write(tmp_path, files))
    assert pairs(found) == [("ann", "dropout/max_norm"), ("ben", "dropout/max_norm")]
    assert all(not one.notes for one in found.submissions)
    assert found.left_out == ["3 files that systems, Git and Jupyter keep for themselves"]


def test_what_is_no_notebook_is_left_out_and_told(tmp_path: Path) -> None:
    files = {
        "ann/dropout/max_norm.ipynb": MAX_NORM,
        "ann/dropout/lab.py": b"",
        "ann/dropout/.ipynb_checkpoints/max_norm-checkpoint.ipynb": GRID,
        "__MACOSX/ann/dropout/._max_norm.ipynb": b"x",
        "loose.ipynb": MAX_NORM,
    }
    found = read(write(tmp_path, files))
    assert only(found).notes == ("an unknown file lab.py was left out",)
    assert any("ann/dropout: lab.py: only notebooks are read" in said for said in found.left_out)
    assert any("loose.ipynb: its path names no student" in said for said in found.left_out)
    assert "2 files that systems, Git and Jupyter keep for themselves" in found.left_out

"""A notebook is taken for the right exercise, and of several the one that counts."""

import zipfile
from datetime import datetime
from pathlib import Path

import nbformat
import pytest

from coursekit.paths import ROOT
from tests.support.handed_in import (
    MAX_NORM,
    NOISE,
    handed,
    handed_in,
    only,
    pairs,
    read,
    read_zip,
    write,
    zipped,
)


def test_the_exercises_of_the_course_are_told_apart_by_their_cells(tmp_path: Path) -> None:
    real = {
        path.relative_to(ROOT / "exercises").with_suffix("").as_posix(): path
        for path in ROOT.glob("exercises/*/*.ipynb")
    }
    assert len(real) >= 10
    for number, path in enumerate(real.values()):
        write(tmp_path, {f"lee_{number}_{number}_homework.ipynb": path.read_bytes()})
    notebooks = {name: nbformat.read(path, as_version=4) for name, path in real.items()}
    found = read(tmp_path, notebooks)
    assert {int(one.student.split("_")[1]): one.exercise for one in found.submissions} == dict(
        enumerate(real)
    )


def test_the_notebook_of_another_exercise_is_a_problem_and_not_graded_as_that(
    tmp_path: Path,
) -> None:
    found = only(read(write(tmp_path, {"ann/dropout/grid_search.ipynb": NOISE})))
    assert found.exercise == "dropout/grid_search"
    assert (
        found.problem
        == "this is the notebook of noise/grid_search, handed in as dropout/grid_search"
    )


def test_without_a_chapter_the_cells_decide_and_not_the_name(tmp_path: Path) -> None:
    found = only(read(write(tmp_path, {"ann/max_norm.ipynb": NOISE})))
    assert (found.exercise, found.problem) == ("noise/grid_search", "")
    assert "handed in as max_norm.ipynb; its cells are those of noise/grid_search" in found.notes


def test_an_unreadable_notebook_gets_the_chapter_of_those_beside_it(tmp_path: Path) -> None:
    files = {"a_1_2_max_norm.ipynb": MAX_NORM, "b_2_3_grid_search-1.ipynb": b"{"}
    assert pairs(read(write(tmp_path, files)))[0] == ("b_2", "dropout/grid_search")
    found = read(write(tmp_path, {"c_3_4_grid_search.ipynb": NOISE}))
    assert pairs(found) == [("a_1", "dropout/max_norm"), ("c_3", "noise/grid_search")]
    assert "b_2_3_grid_search-1.ipynb: it is no JSON" in found.left_out[0]
    assert "dropout/grid_search or noise/grid_search" in found.left_out[0]


def stamped(*entries: tuple[str, bytes, int]) -> bytes:
    """A zip whose entries were changed in these hours."""
    return zipped(
        [(zipfile.ZipInfo(name, (2026, 1, 1, hour, 0, 0)), data) for name, data, hour in entries]
    )


FIRST, SECOND = handed_in("dropout/max_norm", "first"), handed_in("dropout/max_norm", "second")


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ((("a_1_7_max_norm.ipynb", FIRST, 9), ("a_1_8_max_norm-1.ipynb", SECOND, 1)), "upload"),
        ((("a_1_7_max_norm-2.ipynb", FIRST, 9), ("a_1_7_max_norm-10.ipynb", SECOND, 1)), "number"),
        ((("ann/max_norm.ipynb", FIRST, 1), ("ann/max_norm (1).ipynb", SECOND, 9)), "changed"),
        ((("ann/max_norm.ipynb", SECOND, 1), ("ann/old/max_norm.ipynb", FIRST, 9)), "depth"),
        ((("ann/max_norm.ipynb", SECOND, 1), ("ann/max_norm (1).ipynb", b"", 9)), "readable"),
    ],
)  # fmt: skip
def test_of_two_notebooks_the_later_counts_and_the_other_is_noted(
    entries: tuple, why: str, tmp_path: Path
) -> None:
    for order in (entries, entries[::-1]):
        found = only(read_zip(tmp_path, stamped(*order)))
        assert handed(found) == SECOND
        assert found.notes[0].startswith("handed in twice: ")
        taken, left = sorted(entries, key=lambda entry: entry[1] != SECOND)
        assert f"{taken[0]} was taken, {left[0]} was not" in found.notes[0]


def test_nbgraders_timestamp_counts_more_than_that_of_the_file(tmp_path: Path) -> None:
    def submitted(data: bytes, changed: int, stamp: bytes) -> bytes:
        folder = "ann/dropout"
        return stamped(
            (f"{folder}/max_norm.ipynb", data, changed), (f"{folder}/timestamp.txt", stamp, 1)
        )

    files = {
        "submitted.zip": submitted(SECOND, 1, b"2026-01-05 10:00:00.123456 UTC"),
        "dropout.zip": submitted(FIRST, 9, b"2026-01-04 23:00:00 -0500"),
    }
    assert handed(only(read(write(tmp_path, files)))) == SECOND


def test_the_same_bytes_handed_in_twice_are_one(tmp_path: Path) -> None:
    files = {"ann/max_norm.ipynb": MAX_NORM, "ann/max_norm (1).ipynb": MAX_NORM}
    assert only(read(write(tmp_path, files))).notes == ()


def test_when_it_was_handed_in_is_told_by_nbgrader_or_a_platform_and_by_no_file(
    tmp_path: Path,
) -> None:
    stamp = b"2026-01-05 10:00:00.123456 UTC"
    files = {
        "ann/dropout/max_norm.ipynb": MAX_NORM,
        "ann/dropout/timestamp.txt": stamp,
        "ben/dropout/max_norm.ipynb": MAX_NORM,
        "cem/dropout/max_norm.ipynb": MAX_NORM,
        "cem/dropout/timestamp.txt": b"yesterday",
    }
    found = {one.student: one.when for one in read(write(tmp_path, files)).submissions}
    assert found == {"ann": 1767607200.123456, "ben": None, "cem": None}
    name = "HW_alee_attempt_2026-01-31-10-20-30_max_norm.ipynb"
    when = only(read_zip(tmp_path, {name: MAX_NORM})).when
    assert datetime.fromtimestamp(when) == datetime(2026, 1, 31, 10, 20, 30)

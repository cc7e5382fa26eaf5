"""What was handed in is read whole, safely, and for the right student and exercise."""

import io
import json
import os
import random
import stat
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import nbformat
import pytest

from coursekit.grading import submissions
from coursekit.grading.restore import official_notebook
from coursekit.grading.submissions import (
    Class,
    Submission,
    UnreadableError,
    parse_notebook,
    read_submissions,
    safe_names,
)
from coursekit.paths import ROOT
from coursekit.problem import PageError
from tests.support.cells import graded

Files = dict[str, bytes]


def exercise(topic: str) -> nbformat.NotebookNode:
    """A student notebook; all have the same ids but for one, as those of the course nearly have."""
    cells = [
        nbformat.v4.new_markdown_cell(f"# Exercise: {topic}"),
        nbformat.v4.new_code_cell("seeds = 30", metadata={"tags": ["parameters"]}),
        graded("given", "given_1", f"import checks\ntopic = {topic!r}"),
        graded("solution", "network", "raise NotImplementedError()"),
        graded("check", "check_network", f"assert network() == {topic!r}", points=2),
        graded("answer", "conclusion", "YOUR ANSWER HERE", points=4),
    ]
    return nbformat.v4.new_notebook(cells=cells)


EXERCISES = {
    name: exercise(name)
    for name in ("dropout/grid_search", "dropout/max_norm", "noise/grid_search", "noise/tuning")
}


def handed_in(name: str, answer: str = "network = 1") -> bytes:
    notebook = nbformat.from_dict(EXERCISES[name])
    notebook.cells[3] = graded("solution", "network", answer)
    return nbformat.writes(notebook).encode()


MAX_NORM, GRID, NOISE = map(
    handed_in, ("dropout/max_norm", "dropout/grid_search", "noise/grid_search")
)


def write(folder: Path, files: Files) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def zipped(files: Files | Iterable[tuple[str | zipfile.ZipInfo, bytes]], **options: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
    return packed.getvalue()


def read(folder: Path) -> Class:
    return read_submissions(folder, EXERCISES)


def read_zip(folder: Path, files: Files | bytes) -> Class:
    path = folder / "class.zip"
    path.write_bytes(files if isinstance(files, bytes) else zipped(files))
    return read(path)


def pairs(found: Class) -> list[tuple[str, str]]:
    return [(one.student, one.exercise) for one in found.submissions]


def only(found: Class) -> Submission:
    assert len(found.submissions) == 1, found
    return found.submissions[0]


# ------------------------------------------------------------------------------------- layouts

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
    assert [one.notebook for one in found.submissions] == [MAX_NORM, NOISE]
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


# ------------------------------------------------------------------------------- which exercise


def test_the_exercises_of_the_course_are_told_apart_by_their_cells(tmp_path: Path) -> None:
    real = {
        path.relative_to(ROOT / "exercises").with_suffix("").as_posix(): path
        for path in ROOT.glob("exercises/*/*.ipynb")
    }
    assert len(real) >= 10
    for number, path in enumerate(real.values()):
        write(tmp_path, {f"lee_{number}_{number}_homework.ipynb": path.read_bytes()})
    notebooks = {name: nbformat.read(path, as_version=4) for name, path in real.items()}
    found = read_submissions(tmp_path, notebooks)
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


# ------------------------------------------------------------------------------ handed in twice


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
        assert found.notebook == SECOND
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
    assert only(read(write(tmp_path, files))).notebook == SECOND


def test_the_same_bytes_handed_in_twice_are_one(tmp_path: Path) -> None:
    files = {"ann/max_norm.ipynb": MAX_NORM, "ann/max_norm (1).ipynb": MAX_NORM}
    assert only(read(write(tmp_path, files))).notes == ()


# ---------------------------------------------------------------------------------------- names

NAMES = ["Müller, Änne", "Иван Петров", "王小明", "O'Neil \"Al\"", "  x  y ", ".hidden", "...", "CON", "nul.txt", "-rf",
         "a" * 250, "王" * 80, "a\u202eb", "ann\n", "ann", "Ann", "an n", "an-n", "हिन्दी", "~", "'", "a..b", "caf\udce9"]  # fmt: skip


def test_student_names_become_safe_unique_readable_folders_in_any_order() -> None:
    made = safe_names(NAMES)
    assert made == safe_names(reversed(NAMES))
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in made.values()}) == len(
        NAMES
    )
    for folder in made.values():
        assert 0 < len(folder.encode()) <= 200
        assert (
            folder[0] not in ".-" and ".." not in folder and not set(folder) & set("/\\\n '\"~\0:")
        )
        assert folder.isprintable()
    assert made["Müller, Änne"] == "Müller-Änne"
    assert made["王小明"] == "王小明"
    assert made["हिन्दी"] == "हिन्दी"
    assert made["CON"] == "student-CON"
    assert made["an n"].startswith("an-n-") and made["an-n"].startswith("an-n-")
    assert safe_names(["an n"]) == {"an n": "an-n"}


def test_a_name_written_in_two_ways_is_one_student(tmp_path: Path) -> None:
    name = "Ärzte, Jo"
    files = {
        f"{unicodedata.normalize('NFC', name)}/dropout/max_norm.ipynb": MAX_NORM,
        f"{unicodedata.normalize('NFD', name)}/dropout/grid_search.ipynb": GRID,
    }
    found = read(write(tmp_path, files))
    assert {one.student for one in found.submissions} == {"Ärzte-Jo"}
    assert {one.name for one in found.submissions} == {name}


def test_names_in_a_zip_of_macos_are_not_garbled(tmp_path: Path) -> None:
    data = zipped({"Jürgen/dropout/max_norm.ipynb": MAX_NORM})
    for offset, signature in ((6, b"PK\3\4"), (8, b"PK\1\2")):  # takes away the mark of UTF-8
        place = data.index(signature) + offset + 1
        data = data[:place] + bytes([data[place] & ~0x08]) + data[place + 1 :]
    assert only(read_zip(tmp_path, data)).student == "Jürgen"


def test_names_of_other_bytes_and_control_characters_are_shown_harmlessly(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/J\xfcrgen\x1b[2J/dropout"
    os.makedirs(folder)
    Path(os.fsdecode(folder), "max_norm.ipynb").write_bytes(MAX_NORM)
    Path(os.fsdecode(folder), "a\x1b[31m.py").write_bytes(b"")
    found = read(tmp_path)
    assert only(found).student == "J-rgen-2J"
    assert f"{found.left_out}{only(found).notes}{only(found).name}".isprintable()


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
    assert "2 files that systems and Jupyter keep for themselves" in found.left_out


# -------------------------------------------------------------------------- no notebook, or bad


def changed(edit: Callable[[dict], object]) -> bytes:
    notebook = json.loads(MAX_NORM)
    edit(notebook)
    return json.dumps(notebook).encode()


BAD = [
    (b"", "the file is empty"),
    (b" \n", "the file is empty"),
    (b"\xff\xfe{\x00", "it is not UTF-8 text (byte 0)"),
    (MAX_NORM[:-300], "it is no JSON, or cut off"),
    (b"[1, 2]", "it is JSON, but no notebook"),
    (b'{"nbformat": 4}', "it is JSON, but no notebook"),
    (b'{"nbformat": 4, "cells": {"a": 1}}', "no notebook"),
    (b'{"nbformat": 4, "cells": [1]}', "its cell 1 is of no known type"),
    (b'{"nbformat": 3, "worksheets": 5}', "no notebook"),
    (b"9" * 10_000, "it is no JSON"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a":' * 100_000, "nested too deeply"),
    (b"[" * 2_000_001, "more than 2,000,000 lists"),
    (changed(lambda nb: nb.update(nbformat=5)), "unknown format 5"),
    (changed(lambda nb: nb["cells"][2].update(cell_type="quiz")), "its cell 3 is of no known type"),
    (changed(lambda nb: nb["cells"][2].update(source={"a": 1})), "the text of its cell 3 is no text"),
    (changed(lambda nb: [cell.update(metadata={}) for cell in nb["cells"]]), "nbgrader's id"),
    (changed(lambda nb: nb.update(cells=nb["cells"] * 1000)), "6,000 cells"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "problem"), BAD, ids=[problem for _, problem in BAD])
def test_what_cannot_be_graded_is_kept_with_its_problem(
    data: bytes, problem: str, tmp_path: Path
) -> None:
    files = {"ann/dropout/max_norm.ipynb": data, "ben/dropout/max_norm.ipynb": MAX_NORM}
    ann, ben = read(write(tmp_path, files)).submissions
    assert problem in ann.problem
    assert (ann.student, ann.exercise, ann.notebook) == ("ann", "dropout/max_norm", data)
    assert ben.problem == ""


GOOD = [
    b"\xef\xbb\xbf" + MAX_NORM,
    changed(lambda nb: [cell.pop("id") for cell in nb["cells"]]),
    changed(lambda nb: nb["cells"][3].update(outputs=5, source=["a\n", "b"])),
    changed(lambda nb: nb["cells"][2]["metadata"].update(nbgrader=[], tags=[1, "", "a,b"], collapsed=9)),
    changed(lambda nb: nb["metadata"].update(kernelspec={"name": "x"}, language_info=3)),
    changed(lambda nb: nb["cells"].append(nb["cells"][3])),  # a grade id twice
    changed(lambda nb: nb["cells"][3].update(source="\ud800")),
    nbformat.v3.writes_json(nbformat.convert(nbformat.from_dict(EXERCISES["dropout/max_norm"]), 3)).encode(),
]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    GOOD,
    ids=["BOM", "no ids", "odd", "cell metadata", "metadata", "twice", "surrogate", "v3"],
)
def test_unusual_notebooks_are_read(data: bytes, tmp_path: Path) -> None:
    found = only(read(write(tmp_path, {"ann/dropout/max_norm.ipynb": data})))
    assert (found.problem, found.notebook) == ("", data)
    nbformat.validate(parse_notebook(data))
    nbformat.writes(parse_notebook(data)).encode()


# ------------------------------------------------------------------------------------- attacks

BEN = {"ben/dropout/max_norm.ipynb": MAX_NORM}


def link(target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo("ann/dropout/max_norm.ipynb")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere", {"ann/dropout/max_norm.ipynb": MAX_NORM})
    folder = write(tmp_path / "in", {"ben/dropout/max_norm.ipynb": MAX_NORM, "ann/dropout/x": b""})
    (folder / "ann/dropout/max_norm.ipynb").symlink_to(secret / "ann/dropout/max_norm.ipynb")
    (folder / "eve").symlink_to(secret / "ann")
    (folder / "ben/noise").symlink_to(secret / "ann/dropout")
    found = read(folder)
    assert pairs(found) == [("ann", "dropout/max_norm"), ("ben", "dropout/max_norm")]
    assert found.submissions[0].problem == "it is a symbolic link, which is not followed"
    assert found.submissions[0].notebook == b""
    assert any("eve" in said for said in found.left_out)

    found = only(read_zip(tmp_path, zipped([link(str(secret / "ann/dropout/max_norm.ipynb"))])))
    assert (found.problem, found.notebook) == ("it is a symbolic link, which is not followed", b"")


def test_names_that_lead_out_of_a_zip_are_left_out_and_nothing_is_written(tmp_path: Path) -> None:
    bad = ["../ann/dropout/max_norm.ipynb", "/ann/dropout/max_norm.ipynb", "ann/../eve/dropout/max_norm.ipynb",
           "..\\eve\\dropout\\max_norm.ipynb", "C:\\ann\\dropout\\max_norm.ipynb", "ann//dropout/max_norm.ipynb"]  # fmt: skip
    files = dict.fromkeys(bad, GRID) | {"ben/dropout/max_norm.ipynb": MAX_NORM}
    inside = tmp_path / "a/b"
    inside.mkdir(parents=True)
    found = read_zip(inside, files)
    assert only(found).student == "ben"
    assert len(found.left_out) == len(bad)
    assert all("leads out of the zip" in said for said in found.left_out)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["class.zip"]


def test_endless_names_in_a_zip_are_left_out_at_once(tmp_path: Path) -> None:
    endless = "anon_" + "_1_anon" * 9000 + ".ipynb"
    found = read_zip(tmp_path, {endless: MAX_NORM, "a/" * 50 + "x.ipynb": MAX_NORM, **BEN})
    assert only(found).student == "ben"
    assert ["its name is longer than a file's can be" in said for said in found.left_out] == [
        True
    ] * 2


def test_a_backslash_separates_folders_as_in_zips_of_old_windows(tmp_path: Path) -> None:
    found = only(read_zip(tmp_path, {"ann\\dropout\\max_norm.ipynb": MAX_NORM}))
    assert (found.student, found.exercise) == ("ann", "dropout/max_norm")


def peak(function: Callable[[], Class]) -> tuple[Class, int]:
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = b"0" * (19 * 2**20)
    files = {"ann/dropout/max_norm.ipynb": bomb, "eve/dropout/max_norm.ipynb": bomb + bomb, **BEN}
    found, memory = peak(lambda: read_zip(tmp_path, zipped(files)))
    assert memory < 16 * 2**20
    ann, ben, eve = found.submissions
    assert ann.problem == "it unpacks to more than 200 times its size, as zip bombs do"
    assert eve.problem == "it is larger than 20 MiB"
    assert ben.problem == ""
    assert (ann.notebook, eve.notebook) == (b"", b"")


def test_a_bomb_that_lies_about_its_size_is_not_unpacked(tmp_path: Path) -> None:
    data = zipped({"ann/dropout/max_norm.ipynb": b"0" * (64 * 2**20), **BEN})
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = data.index(signature) + offset
        data = data[:place] + (1000).to_bytes(4, "little") + data[place + 4 :]
    (tmp_path / "class.zip").write_bytes(data)
    found, memory = peak(lambda: read(tmp_path / "class.zip"))
    ann, ben = found.submissions
    assert "its place in the zip is broken" in ann.problem
    assert ben.problem == ""
    assert memory < 16 * 2**20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_without_a_bound_are_not_unpacked(method: int, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ann/dropout/max_norm.ipynb", MAX_NORM, method)
    assert "packed in an unusual way" in only(read_zip(tmp_path, packed.getvalue())).problem


def test_zips_are_opened_two_deep_and_no_deeper(tmp_path: Path) -> None:
    inner = zipped({"max_norm.ipynb": MAX_NORM})
    deep = zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": inner})})})
    found = read_zip(
        tmp_path, {"ann.zip": inner, "eve.zip": deep, "ben.zip": zipped({"x.zip": inner})}
    )
    assert pairs(found) == [("ann", "dropout/max_norm")]
    assert "eve.zip/a.zip: a zip within a zip within a zip is not opened" in found.left_out
    assert "ben.zip/x.zip: a zip within a zip within a zip is not opened" in found.left_out


def test_many_files_in_a_zip_are_refused_and_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "ZIP_FILES", 50)
    heap = zipped({f"{number}.ipynb": b"" for number in range(51)})
    found = read_zip(tmp_path, {"eve.zip": heap, **BEN})
    assert only(found).student == "ben"
    assert found.left_out == ["eve.zip: the zip was not read: the zip holds 51 files, more than 50"]


def test_a_long_list_of_files_in_a_zip_is_not_read_into_memory(tmp_path: Path) -> None:
    name = "n" * 60_000
    heap = zipped([(f"{number}{name}", b"") for number in range(200)])
    found = read(write(tmp_path, {"eve.zip": heap, **BEN}))
    assert only(found).student == "ben"
    assert found.left_out == ["eve.zip: the zip was not read: its list of files is too long"]


def test_one_students_heap_of_notebooks_takes_nothing_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heap = {f"ann/dropout/{number}.ipynb": b"{}" for number in range(300)}
    files = heap | BEN | {f"ann/{number}.zip": b"" for number in range(30)}
    found = read(write(tmp_path, files))
    assert ("ben", "dropout/max_norm") in pairs(found)
    assert sum("over 200 files of one student" in said for said in found.left_out) == 1

    monkeypatch.setattr(submissions, "STUDENT_BYTES", 3 * len(MAX_NORM) + 9)
    files = {f"eve/{number}.ipynb": MAX_NORM + b" " * number for number in range(9)} | BEN
    found = read(write(tmp_path / "bytes", files))
    assert [one.problem for one in found.submissions] == ["", ""]
    assert sum("notebooks are larger than" in said for said in found.left_out) == 6


def test_all_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "CLASS_BYTES", 2 * len(MAX_NORM) + 1)
    files = {f"{name}/dropout/max_norm.ipynb": MAX_NORM for name in ("ann", "ben", "eve")}
    problems = [one.problem for one in read(write(tmp_path, files)).submissions]
    assert problems[:2] == ["", ""]
    assert "all notebooks together are larger than" in problems[2]


def test_a_large_file_is_read_no_further_than_its_limit(tmp_path: Path) -> None:
    path = write(tmp_path, {"ann/dropout/max_norm.ipynb": b""}) / "ann/dropout/max_norm.ipynb"
    with path.open("wb") as file:
        file.truncate(2**40)  # takes no room
    found, memory = peak(lambda: read(tmp_path))
    assert only(found).problem == "it is larger than 20 MiB"
    assert memory < 64 * 2**20


def test_a_folder_of_countless_files_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "FOLDER_FILES", 20)
    monkeypatch.setattr(submissions, "ALL_FILES", 60)
    heap = {f"ann/dropout/a/{folder}/{number}": b"" for folder in range(30) for number in range(30)}
    found = read(write(tmp_path, heap | {"zoe/dropout/max_norm.ipynb": MAX_NORM}))
    assert only(found).student == "zoe"
    assert any("only the first 60 files were looked at" in said for said in found.left_out)
    assert any("30 files; only 20 were looked at" in said for said in found.left_out)


def test_an_encrypted_and_a_damaged_entry_are_told(tmp_path: Path) -> None:
    data = zipped({"ann/dropout/max_norm.ipynb": MAX_NORM, **BEN})
    sealed = bytearray(data)
    sealed[data.index(b"PK\3\4") + 6] |= 1
    sealed[data.index(b"PK\1\2") + 8] |= 1
    assert read_zip(tmp_path, bytes(sealed)).submissions[0].problem == "it is encrypted"
    damaged = bytearray(data)
    for place in range(100, 120):
        damaged[place] ^= 0xFF
    ann, ben = read_zip(tmp_path, bytes(damaged)).submissions
    assert "its place in the zip is broken" in ann.problem
    assert ben.problem == ""


def test_a_broken_zip_within_is_left_out_and_told(tmp_path: Path) -> None:
    found = read_zip(tmp_path, {"ann.zip": b"PK\3\4 no zip", **BEN})
    assert "ann.zip: the zip was not read: it is no zip" in found.left_out[0]


def test_pipes_and_devices_do_not_hang(tmp_path: Path) -> None:
    write(tmp_path, BEN | {"ann/dropout/x": b"", "eve/dropout/x": b""})
    os.mkfifo(tmp_path / "ann/dropout/max_norm.ipynb")
    os.mkfifo(tmp_path / "eve/dropout.zip")
    found = read(tmp_path)
    ann, _ = found.submissions
    assert ann.problem == "it is no file but a pipe, a device or the like"
    assert any(
        "eve/dropout.zip: the zip was not read: it is no file" in one for one in found.left_out
    )


def test_what_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        tmp_path, BEN | {"ann/dropout/max_norm.ipynb": MAX_NORM, "eve/dropout/max_norm.ipynb": b""}
    )

    def refuse(function: Callable, part: str) -> Callable:  # root may read everything
        def guarded(path: Path, *arguments: int) -> object:
            if str(path).endswith(part):
                raise PermissionError(13, "Permission denied", str(path))
            return function(path, *arguments)

        return guarded

    monkeypatch.setattr(os, "open", refuse(os.open, "ann/dropout/max_norm.ipynb"))
    monkeypatch.setattr(os, "scandir", refuse(os.scandir, "eve"))
    found = read(tmp_path)
    assert pairs(found) == [("ann", "dropout/max_norm"), ("ben", "dropout/max_norm")]
    assert found.submissions[0].problem == "it cannot be read: Permission denied"
    assert "eve: the folder cannot be read: Permission denied" in found.left_out


@pytest.mark.parametrize(
    "files",
    [
        {"bob/dropout/max_norm.ipynb": GRID},
        {"submitted/bob/dropout/max_norm.ipynb": GRID},
        {"bob_7_assignsubmission_file_/max_norm.ipynb": GRID},
        {"bob_1_99999999_max_norm.ipynb": GRID},
    ],
)
def test_no_student_can_hand_in_under_the_name_of_another(files: Files, tmp_path: Path) -> None:
    for number, (top, name) in enumerate(
        [("ann.zip", "bob.zip"), ("ann_2_3_work.zip", "bob_1_2_max_norm.ipynb"),
         ("ann_1_assignsubmission_file_/a.zip", "bob_7_assignsubmission_file_/max_norm.ipynb")]
    ):  # fmt: skip
        own = zipped({"max_norm.ipynb": MAX_NORM}) if name.endswith(".zip") else MAX_NORM
        folder = write(tmp_path / str(number), {top: zipped(files), name: own})
        found = read(folder)
        bobs = [one for one in found.submissions if one.student.startswith("bob")]
        assert [one.notebook for one in bobs] == [MAX_NORM]
        assert bobs[0].notes == ()
        assert all(one.student[:3] in ("ann", "bob") for one in found.submissions)
    folder = write(tmp_path / "nbgrader", {f"ann/dropout/{name}": data for name, data in files.items()} | {"bob/dropout/max_norm.ipynb": MAX_NORM})  # fmt: skip
    assert [one.notebook for one in read(folder).submissions if one.student == "bob"] == [MAX_NORM]


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


def test_a_notebook_that_is_none_is_refused_with_a_reason() -> None:
    with pytest.raises(UnreadableError, match="it is JSON, but no notebook"):
        parse_notebook(b"{}")


# -------------------------------------------------------------------------------------- damage


def test_however_a_zip_is_damaged_it_is_read_or_refused(tmp_path: Path) -> None:
    inner = zipped({"dropout/max_norm.ipynb": MAX_NORM})
    whole = zipped(
        {"ann/dropout/max_norm.ipynb": MAX_NORM, "ben.zip": inner, "c_1_2_x.ipynb": GRID}
    )
    chance = random.Random(1)
    read_some = 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice([1, 2, 5, 20])):
            start = chance.choice([0, len(data) - 400])  # most of a zip's structure is at its end
            place = chance.randrange(start, len(data))
            data[place : place + chance.choice([0, 1, 1, 1, 30])] = [chance.randrange(256)]
        try:
            read_zip(tmp_path, bytes(data))
            read_some += 1
        except PageError as error:
            assert "cannot be read" in str(error) or "holds no submission" in str(error)
    assert 0 < read_some < 150


def everywhere(part: object, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all values within lists and dictionaries."""
    inside = (
        part.items()
        if isinstance(part, dict)
        else enumerate(part)
        if isinstance(part, list)
        else ()
    )
    for key, value in inside:
        yield (*path, key)
        yield from everywhere(value, (*path, key))


def test_whatever_stands_in_a_notebook_it_becomes_a_valid_one_or_is_refused() -> None:
    odd = [None, 1, -1, 1.5, True, "", "x", "\ud800", [], {}, [1], {"a": 1}, [[]], 10**30]
    chance = random.Random(1)
    good = 0
    for data in [MAX_NORM, GOOD[-1]] * 100:
        notebook = json.loads(data)
        for _ in range(chance.choice([1, 1, 3])):
            *path, last = chance.choice(list(everywhere(notebook)))
            part = notebook
            for key in path:
                part = part[key]
            part[last] = chance.choice(odd)
        try:
            made = parse_notebook(json.dumps(notebook).encode())
        except UnreadableError:
            continue
        nbformat.validate(made)
        made, notes = official_notebook(made, EXERCISES["dropout/max_norm"])
        nbformat.validate(made)
        assert "".join(notes).isprintable()
        good += 1
    assert 0 < good < 200

"""What was handed in is read whole, and nothing that it holds does harm or is lost without a word."""

import io
import json
import os
import stat
import unicodedata
import zipfile
from pathlib import Path

import nbformat
import pytest

from course.exercises import KINDS
from course.grading import submissions as module
from course.grading.restore import official_notebook
from course.grading.submissions import HandedIn, missing, read_submissions, safe_names
from course.myst import PageError
from course.proofs import Exercise


def cell(kind: str, name: str, source: str, points: float | None = None) -> nbformat.NotebookNode:
    metadata = {"nbgrader": {"schema_version": 3, "grade_id": name, **KINDS[kind]}}
    if points is not None:
        metadata["nbgrader"]["points"] = points
    new = nbformat.v4.new_markdown_cell if kind == "answer" else nbformat.v4.new_code_cell
    return new(source, metadata=metadata)


def student(subject: str) -> nbformat.NotebookNode:
    cells = [
        nbformat.v4.new_markdown_cell(f"# {subject}"),
        nbformat.v4.new_code_cell("seeds = 30", metadata={"tags": ["parameters"]}),
        cell("given", "given_1", f"import {subject}"),
        cell("solution", "network", "# YOUR CODE HERE"),
        cell("check", "check_network", f"assert network('{subject}')", 2),
        cell("answer", "conclusion", "YOUR ANSWER HERE", 3),
    ]
    return nbformat.v4.new_notebook(cells=cells)


NAMES = ["dropout/grid_search", "dropout/max_norm", "noise/grid_search"]
EXERCISES = {name: student(name.replace("/", "_")) for name in NAMES}


def answered(name: str, answer: str = "network = bool") -> bytes:
    notebook = nbformat.from_dict(json.loads(nbformat.writes(EXERCISES[name])))
    notebook.cells[3].source = answer
    return nbformat.writes(notebook).encode()


def put(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def places(handed_in: HandedIn) -> list[tuple[str, str]]:
    return [(one.student, one.exercise) for one in handed_in.submissions]


TWO = [("ada", "dropout/max_norm"), ("ben", "noise/grid_search")]
FILES = {f"{who}/{name}.ipynb": answered(name) for who, name in TWO}
LAYOUTS = {
    "nbgrader": FILES,
    "the folder above": {f"course/submitted/{name}": data for name, data in FILES.items()},
    "a folder for each": {f"{who}/{name.split('/')[1]}.ipynb": answered(name) for who, name in TWO},
    "flat": {f"{who}_{name.split('/')[1]}.ipynb": answered(name) for who, name in TWO},
    "a zip for each": {
        f"{who}.zip": zipped({f"{name}.ipynb": answered(name)}) for who, name in TWO
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("packed", ["folder", "zip"])
def test_every_layout_gives_the_same_submissions(tmp_path: Path, layout: str, packed: str) -> None:
    path = put(tmp_path / "all", LAYOUTS[layout])
    if packed == "zip":
        path = tmp_path / "all.zip"
        path.write_bytes(zipped(LAYOUTS[layout]))
    handed_in = read_submissions(path, EXERCISES)
    assert places(handed_in) == TWO
    assert not handed_in.left_out and not any(one.problem for one in handed_in.submissions)


def test_exports_of_canvas_and_moodle_are_understood(tmp_path: Path) -> None:
    data = answered("dropout/max_norm")
    folder = put(
        tmp_path,
        {
            "lovelaceada_4711_90210_max_norm.ipynb": answered("dropout/max_norm", "first"),
            "lovelaceada_LATE_4711_90999_max_norm-1.ipynb": data,
            "Ben Müller_815_assignsubmission_file_/max_norm.ipynb": data,
            "Cem Öz_816_assignsubmission_file_max_norm.ipynb": data,
        },
    )
    handed_in = read_submissions(folder, EXERCISES)
    assert {one.student for one in handed_in.submissions} == {
        "lovelaceada_4711",
        "Ben_Müller_815",
        "Cem_Öz_816",
    }
    ada = next(one for one in handed_in.submissions if one.student == "lovelaceada_4711")
    assert ada.notebook == data
    assert "lovelaceada_4711_90210_max_norm.ipynb does not" in ada.notes[0]
    assert {one.name for one in handed_in.submissions} == {"", "Ben Müller_815", "Cem Öz_816"}


def test_the_chapter_is_told_by_the_cells_where_the_path_does_not(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        {
            "ada/grid_search.ipynb": answered("noise/grid_search"),
            "ben/x.ipynb": answered("dropout/grid_search"),
        },
    )
    assert places(read_submissions(path, EXERCISES)) == [
        ("ada", "noise/grid_search"),
        ("ben", "dropout/grid_search"),
    ]


def test_the_notebook_of_another_exercise_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"ada/dropout/grid_search.ipynb": answered("noise/grid_search")})
    (one,) = read_submissions(tmp_path, EXERCISES).submissions
    assert (
        one.problem == "It is the notebook of noise/grid_search, handed in as dropout/grid_search."
    )


def test_of_two_submissions_the_later_counts_and_the_other_is_named(tmp_path: Path) -> None:
    old, new = answered("dropout/max_norm", "old"), answered("dropout/max_norm", "new")
    put(
        tmp_path,
        {"ada/dropout/max_norm.ipynb": new, "old/submitted/ada/dropout/max_norm.ipynb": old},
    )
    put(tmp_path, {"old/submitted/ada/dropout/timestamp.txt": b"2026-01-01 10:00:00 UTC"})
    put(tmp_path, {"ada/dropout/timestamp.txt": b"2026-01-02 10:00:00 UTC"})
    (one,) = read_submissions(tmp_path, EXERCISES).submissions
    assert one.notebook == new and "old/submitted/ada" in one.notes[0]
    put(tmp_path, {"ada/dropout/timestamp.txt": b"2025-01-02 10:00:00 UTC"})
    (one,) = read_submissions(tmp_path, EXERCISES).submissions
    assert one.notebook == old
    put(tmp_path, {"ada/dropout/max_norm.ipynb": old})
    (one,) = read_submissions(tmp_path, EXERCISES).submissions
    assert not one.notes


def test_what_a_chapter_lacks_is_missing() -> None:
    there = [module.Submission("ada", "dropout/max_norm", b"")]
    assert missing(there, NAMES) == [("ada", "dropout/grid_search")]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "It is empty."),
        (b" \n", "It is empty."),
        (b"\xff\xfe\x00", "It is no text in UTF-8."),
        (b'{"cells": [', "It is no notebook"),
        (b"[1, 2]", "It is no notebook"),
        (b'{"a": 1}', "It is no notebook"),
        (b"[" * 100_000, "nested too deeply"),
        (
            b'{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "It is no notebook",
        ),
        (
            nbformat.writes(nbformat.v4.new_notebook()).encode(),
            "It holds no cell of the exercise dropout/max_norm.",
        ),
    ],
)
def test_an_unreadable_notebook_is_a_submission_with_a_problem(
    tmp_path: Path, data: bytes, problem: str
) -> None:
    put(tmp_path, {"ada/dropout/max_norm.ipynb": data})
    (one,) = read_submissions(tmp_path, EXERCISES).submissions
    assert problem in one.problem


def test_a_large_notebook_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NOTEBOOK_BYTES", 1000)
    put(tmp_path, {"ada/dropout/max_norm.ipynb": bytes(2000)})
    (one,) = read_submissions(tmp_path, EXERCISES).submissions
    assert "larger than" in one.problem and one.notebook == b""


def test_links_pipes_and_other_files_are_left_out_by_name(tmp_path: Path) -> None:
    put(tmp_path, {**FILES, "ada/dropout/notes.txt": b"x"})
    secret = put(tmp_path.parent / "secret", {"max_norm.ipynb": answered("dropout/max_norm")})
    (tmp_path / "eve").symlink_to(secret)
    (tmp_path / "ada/dropout/grid_search.ipynb").symlink_to(secret / "max_norm.ipynb")
    os.mkfifo(tmp_path / "pipe.ipynb")
    handed_in = read_submissions(tmp_path, EXERCISES)
    assert places(handed_in) == TWO
    left = "\n".join(handed_in.left_out)
    assert "eve: a symbolic link" in left and "grid_search.ipynb: a symbolic link" in left
    assert "pipe.ipynb: no ordinary file" in left and "notes.txt: neither" in left


def test_names_that_lead_out_of_a_zip_and_links_in_it_are_left_out(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("ada/dropout/grid_search.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../bad.ipynb", "/etc/bad.ipynb", "C:/bad.ipynb", "ada/../../bad.ipynb"):
            archive.writestr(name, answered("dropout/max_norm"))
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ben/noise/grid_search.ipynb", answered("noise/grid_search"))
    handed_in = read_submissions(path, EXERCISES)
    assert places(handed_in) == [("ben", "noise/grid_search")]
    assert sum("leads out of the zip" in message for message in handed_in.left_out) == 4
    assert any("a symbolic link" in message for message in handed_in.left_out)
    assert sorted(tmp_path.rglob("*")) == [path]


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tracemalloc

    monkeypatch.setattr(module, "NOTEBOOK_BYTES", 2**20)
    bomb = zipped({"ada/dropout/max_norm.ipynb": bytes(300 * 2**20)})
    path = tmp_path / "all.zip"
    path.write_bytes(
        zipped({"ben/noise/grid_search.ipynb": answered("noise/grid_search"), "ada.zip": bomb})
    )
    del bomb
    tracemalloc.start()
    handed_in = read_submissions(path, EXERCISES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 2**20
    problems = {one.student: one.problem for one in handed_in.submissions}
    assert "Unpacked it is larger than 1 MiB." in problems["ada"] and not problems["ben"]


def test_limits_on_all_that_is_read_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, FILES)
    monkeypatch.setattr(module, "ENTRIES", 1)
    with pytest.raises(PageError, match="more than 1 files"):
        read_submissions(tmp_path, EXERCISES)
    monkeypatch.setattr(module, "ENTRIES", 100)
    monkeypatch.setattr(module, "ALL_BYTES", 100)
    with pytest.raises(PageError, match="larger than"):
        read_submissions(tmp_path, EXERCISES)


def test_a_zip_in_a_zip_in_a_zip_a_broken_and_an_encrypted_one_are_left_out(tmp_path: Path) -> None:
    inner = zipped({"deep.zip": zipped(FILES)})
    locked = bytearray(zipped({"cyd/dropout/max_norm.ipynb": answered("dropout/max_norm")}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + offset] |= 1
    put(tmp_path, {"a.zip": inner, "b.zip": b"PK\x03\x04 broken", "c.zip": bytes(locked), **FILES})
    handed_in = read_submissions(tmp_path, EXERCISES)
    left = "\n".join(handed_in.left_out)
    assert "a zip in a zip in a zip" in left and "no zip that can be read" in left
    assert (
        next(one for one in handed_in.submissions if one.student == "cyd").problem
        == "It is encrypted."
    )
    assert len(handed_in.submissions) == 3


@pytest.mark.parametrize("what", ["no folder", "an empty folder", "a file"])
def test_nothing_to_grade_is_said(tmp_path: Path, what: str) -> None:
    path = {
        "no folder": tmp_path / "none",
        "an empty folder": tmp_path,
        "a file": tmp_path / "file.txt",
    }[what]
    if what == "a file":
        path.write_text("x")
    with pytest.raises(
        PageError, match=r"cannot be read|holds no submission|neither a folder nor a zip"
    ):
        read_submissions(path, EXERCISES)


def test_names_are_safe_readable_and_one_for_each_person() -> None:
    people = [
        "Änne Müller",
        "Анна",
        "王小明",
        "../../etc",
        ".hidden",
        "a/b",
        'x"<script>',
        "CON",
        "",
        "long" * 100,
        "Ada",
        "ada",
        "O'Neil",
    ]
    names = safe_names(people)
    assert len({name.casefold() for name in names.values()}) == len(people)
    for name in names.values():
        assert name and not name.startswith((".", "-")) and len(name) <= 70
        assert not set(name) & set("/\\<>:\"'|?* \n")
    assert names["Анна"] == "Анна" and names["Änne Müller"] == "Änne_Müller"
    assert safe_names(reversed(people)) == names


def test_two_forms_of_one_name_are_one_person(tmp_path: Path) -> None:
    for form, name in (("NFC", "dropout/max_norm"), ("NFD", "noise/grid_search")):
        put(tmp_path, {f"{unicodedata.normalize(form, 'Änne')}/{name}.ipynb": answered(name)})
    assert {one.student for one in read_submissions(tmp_path, EXERCISES).submissions} == {"Änne"}


# ------------------------------------------------------------------------ the notebook to grade


def exercise() -> Exercise:
    solution = student("dropout_max_norm")
    solution.cells[3].source = "network = str  # the secret"
    solution.cells[4].source += "\n### BEGIN HIDDEN TESTS\nassert network('')\n### END HIDDEN TESTS"
    untouched = student("dropout_max_norm")
    untouched.cells[5].metadata.nbgrader["checksum"] = "of the untouched cell"
    return Exercise(solution, untouched, {})


def theirs(**sources: str) -> nbformat.NotebookNode:
    notebook = student("dropout_max_norm")
    for one in notebook.cells:
        one.source = sources.get(one.metadata.get("nbgrader", {}).get("grade_id", ""), one.source)
    return notebook


def sources(notebook: nbformat.NotebookNode) -> list[str]:
    return [one.source for one in notebook.cells]


def test_solution_and_answer_cells_are_the_students_and_all_else_is_official() -> None:
    notebook, notes = official_notebook(
        theirs(network="network = int", conclusion="Because."), exercise()
    )
    assert not notes
    official = sources(exercise().solution)
    assert sources(notebook) == [*official[:3], "network = int", official[4], "Because."]
    assert notebook.cells[5].metadata.nbgrader.checksum == "of the untouched cell"
    nbformat.validate(notebook)


def test_tampering_with_cells_is_undone_and_told() -> None:
    mine = theirs(check_network="pass", network="network = int", given_1="import evil")
    mine.cells[4].metadata.nbgrader.points = 100
    mine.cells[4].metadata.nbgrader.locked = False
    mine.metadata.kernelspec = {"name": "bash", "display_name": "", "language": ""}
    notebook, notes = official_notebook(mine, exercise())
    assert notebook.cells[4].source == exercise().solution.cells[4].source
    assert notebook.cells[4].metadata.nbgrader.points == 2
    assert notebook.cells[2].source == "import dropout_max_norm"
    said = "\n".join(notes)
    for words in (
        "check_network was changed",
        "given_1 was changed",
        "points of check_network were changed; it gives 2",
        "kernel 'bash'",
    ):
        assert words in said


def test_deleted_doubled_and_reordered_cells_are_put_right_and_told() -> None:
    mine = theirs(network="network = int")
    mine.cells = [
        mine.cells[5],
        mine.cells[3],
        cell("solution", "network", "network = float"),
        mine.cells[2],
    ]
    notebook, notes = official_notebook(mine, exercise())
    assert sources(notebook)[3] == "network = float"
    assert len(notebook.cells) == 6
    said = "\n".join(notes)
    assert "check_network was deleted; the official one was used" in said
    assert "2 cells network; the last one counts" in said and "reordered" in said
    notebook, notes = official_notebook(theirs(), exercise())
    del mine.cells[1:3]
    notebook, notes = official_notebook(mine, exercise())
    assert sources(notebook)[3] == "" and "the cell network was deleted" in notes


def test_added_cells_keep_their_place_and_bring_no_marks() -> None:
    mine = theirs()
    extra = nbformat.v4.new_code_cell(
        "helper = 1", metadata={"nbgrader": {"grade_id": "mine", "points": 50, "grade": True}}
    )
    mine.cells.insert(3, extra)
    mine.cells.insert(0, nbformat.v4.new_markdown_cell("My notes"))
    notebook, _ = official_notebook(mine, exercise())
    assert sources(notebook)[0] == "My notes"
    assert sources(notebook)[4] == "helper = 1" and "nbgrader" not in notebook.cells[4].metadata
    assert len(notebook.cells) == 8

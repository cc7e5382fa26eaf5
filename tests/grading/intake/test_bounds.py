"""What was handed in is hostile, and read safely and within bounds."""

import io
import os
import random
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from coursekit.grading.intake import bounds
from coursekit.grading.intake.submissions import Class
from coursekit.grading.limited import MEMORY, SECONDS
from coursekit.grading.sandbox.limits import Limits
from coursekit.paths import INSTRUCTORS, ROOT
from coursekit.problem import PageError
from coursekit.units import MIB
from tests.support.handed_in import (
    GRID,
    MAX_NORM,
    Files,
    handed,
    only,
    pairs,
    read,
    read_zip,
    write,
    zipped,
)

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
    assert handed(found.submissions[0]) == b""
    assert any("eve" in said for said in found.left_out)

    found = only(read_zip(tmp_path, zipped([link(str(secret / "ann/dropout/max_norm.ipynb"))])))
    assert (found.problem, handed(found)) == ("it is a symbolic link, which is not followed", b"")


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


def peak(function: Callable[[], Class]) -> tuple[Class, int]:
    tracemalloc.start()
    try:
        return function(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = b"0" * (19 * 2**20)
    files = {
        "ann/dropout/max_norm.ipynb": bomb,
        "eve/dropout/max_norm.ipynb": b"0" * (101 * 2**20),
        **BEN,
    }
    packed = zipped(files)
    found, memory = peak(lambda: read_zip(tmp_path, packed))
    assert memory < 16 * 2**20
    ann, ben, eve = found.submissions
    assert ann.problem == "it unpacks to more than 200 times its size, as zip bombs do"
    assert eve.problem == "it is larger than 100 MiB"
    assert ben.problem == ""
    assert (handed(ann), handed(eve)) == (b"", b"")


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
    monkeypatch.setattr(bounds, "ZIP_FILES", 50)
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

    (one,) = (one for one in found.submissions if one.student == "ben")
    monkeypatch.setattr(bounds, "STUDENT_BYTES", 3 * len(one.notebook) + 9)
    files = {f"eve/{number}.ipynb": MAX_NORM + b" " * number for number in range(9)} | BEN
    found = read(write(tmp_path / "bytes", files))
    assert [one.problem for one in found.submissions] == ["", ""]
    (notes,) = (one.notes for one in found.submissions if one.student == "eve")
    assert sum("notebooks are larger than" in note for note in notes) == 6

    monkeypatch.setattr(bounds, "STUDENT_READ", 2 * len(MAX_NORM))
    found = read(write(tmp_path / "read", files))
    assert [one.problem for one in found.submissions] == ["", ""]
    assert sum("files are larger than" in said for said in found.left_out) == 7


def test_all_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{name}/dropout/max_norm.ipynb": MAX_NORM for name in ("ann", "ben", "eve")}
    size = len(read(write(tmp_path, files)).submissions[0].notebook)
    monkeypatch.setattr(bounds, "CLASS_BYTES", 2 * size + 1)
    problems = [one.problem for one in read(write(tmp_path, files)).submissions]
    assert problems[:2] == ["", ""]
    assert "all notebooks together are larger than" in problems[2]


def test_a_large_file_is_read_no_further_than_its_limit(tmp_path: Path) -> None:
    path = write(tmp_path, {"ann/dropout/max_norm.ipynb": b""}) / "ann/dropout/max_norm.ipynb"
    with path.open("wb") as file:
        file.truncate(2**40)  # takes no room
    found, memory = peak(lambda: read(tmp_path))
    assert only(found).problem == "it is larger than 100 MiB"
    assert memory < 64 * 2**20


def test_a_folder_of_countless_files_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "FOLDER_FILES", 20)
    monkeypatch.setattr(bounds, "ALL_FILES", 60)
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
        assert [handed(one) for one in bobs] == [MAX_NORM]
        assert bobs[0].notes == ()
        assert all(one.student[:3] in ("ann", "bob") for one in found.submissions)
    folder = write(tmp_path / "nbgrader", {f"ann/dropout/{name}": data for name, data in files.items()} | {"bob/dropout/max_norm.ipynb": MAX_NORM})  # fmt: skip
    assert [handed(one) for one in read(folder).submissions if one.student == "bob"] == [MAX_NORM]


def size(number: int) -> str:
    return f"{number // 2**30} GiB" if number % 2**30 == 0 else f"{number // MIB} MiB"


def test_the_page_for_instructors_says_how_much_is_read() -> None:
    said = {
        "a notebook as it was handed in, or a student's zip": size(bounds.FILE_BYTES),
        "a notebook without its stored outputs": f"{size(bounds.NOTEBOOK_BYTES)} and {bounds.CELLS:,} cells",
        "reading a notebook": f"{SECONDS} seconds of a processor and {size(MEMORY)} of memory",
        "all files of a student": f"{bounds.STUDENT_FILES}, of which a zip counts as ten, and {size(bounds.STUDENT_READ)}",
        "all notebooks of a student, without stored outputs": size(bounds.STUDENT_BYTES),
        "all notebooks of a class, without stored outputs": f"{size(bounds.CLASS_BYTES)}; grade a larger one in parts",
        "all files that are looked at": f"{bounds.FOLDER_FILES:,} in a folder, {bounds.ZIP_FILES:,} in a zip, {bounds.ALL_FILES:,} in all",
    }
    page = (ROOT / f"{INSTRUCTORS}.md").read_text(encoding="utf-8")
    assert bounds.ZIP_BYTES == bounds.FILE_BYTES
    assert [
        f"| {what} | {most} |"
        for what, most in said.items()
        if f"\n| {what} | {most} |\n" not in page
    ] == []


def test_the_page_for_instructors_says_what_a_submission_may_take() -> None:
    page = (ROOT / f"{INSTRUCTORS}.md").read_text(encoding="utf-8")
    limits = Limits()
    assert f"time for each cell and each check ({limits.seconds})" in page
    assert (limits.all_seconds, "may take five times that" in page) == (5 * limits.seconds, True)
    assert f"memory for a submission ({limits.memory // MIB})" in page
    assert (
        f"write {size(limits.disk)} of files, print two million characters and have {limits.processes} processes"
        in page
    )
    assert limits.output // 10**6 == 2


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

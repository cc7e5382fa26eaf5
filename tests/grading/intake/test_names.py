"""Whatever students are called, their folders are safe and readable."""

import os
import unicodedata
from pathlib import Path

from coursekit.grading.intake.names import safe_names
from tests.support.handed_in import GRID, MAX_NORM, only, read, read_zip, write, zipped

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

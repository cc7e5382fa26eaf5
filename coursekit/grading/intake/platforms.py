"""How nbgrader, Canvas and Moodle name what a student handed in.

Who handed something in is told by the outermost part of its path, which students do not choose.
"""

import re
import unicodedata
from dataclasses import dataclass

LAYOUTS = (
    "<student>/<chapter>/<exercise>.ipynb as nbgrader lays it out, or a folder or zip as exported by Canvas "
    "(name_12345_67890_<exercise>.ipynb) or Moodle (Name_12345_assignsubmission_file_/<exercise>.ipynb)"
)
# Canvas names a file <name>[_LATE]_<number of the user>_<number of the upload>_<file as the student called it>.
CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?:LATE|late)_)?(?P<user>\d+|anon_\w+?)_(?P<upload>\d+)_(?P<rest>.+)",
    re.DOTALL,
)
# Moodle: a folder for each student, or without folders the same as the beginning of the file's name.
MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<number>\d+))?_assignsubmission_\w+?(?:_(?P<rest>.*))?", re.DOTALL
)
AGAIN = re.compile(r"(?: ?\((\d+)\)|-(?:Copy)?(\d+))$")  # max_norm (1), max_norm-Copy1, max_norm-1


@dataclass(frozen=True)
class Place:
    """What a path tells: who handed it in, for which chapter, how the file is called there, and how deep it lies.

    ``number`` is Moodle's, which differs between assignments, so it tells students apart only within one export, which is
    what lies in ``above``. ``upload`` is Canvas' number, which grows.
    """

    student: str
    number: str
    chapter: str
    file: str
    depth: int
    above: tuple[str, ...]
    upload: int = 0


def place_of(parts: tuple[str, ...], chapters: set[str]) -> Place | None:
    """Read a path; None where it names no student.

    The outermost part that is no chapter names the student: all further parts may be the student's own choice.
    """
    i = 0
    while i < len(parts) - 1 and folder_of(parts[i]) in chapters:
        i += 1
    above, part, below = parts[:i], parts[i], parts[i + 1 :]
    is_file = not below or part.lower().endswith(".zip")
    upload, number = 0, ""
    if match := MOODLE.fullmatch(part):
        who, number = match["name"], match["number"] or ""
        below = (match["rest"], *below) if match["rest"] else below
    elif is_file and (match := CANVAS.fullmatch(part)):
        who = "_".join(filter(None, (match["name"], match["user"])))
        upload = int(match["upload"][:18])
        below = (match["rest"], *below)
    else:
        who = folder_of(part)
    if not below:
        return None
    folders = [folder_of(part) for part in below[:-1]]
    within = [part for part in folders if part in chapters]
    chapter = within[0] if within else folder_of(above[-1]) if above else ""
    who = " ".join(unicodedata.normalize("NFC", who).split())
    return Place(who, number, chapter, below[-1], len(folders) - bool(within), above, upload)


def folder_of(name: str) -> str:
    """A folder's name; a zip is the folder that it would be unpacked to."""
    return stem(name) if name.lower().endswith(".zip") else name


def is_platforms(name: str) -> bool:
    """Whether a platform gave a file or folder its name."""
    return bool(MOODLE.fullmatch(name) or CANVAS.fullmatch(name))


def stem(name: str) -> str:
    """A file's name without its ending."""
    return name.rpartition(".")[0] or name

"""How nbgrader, Canvas, Moodle, Blackboard and Teams name what a student handed in.

Who handed something in is told by the outermost part of its path, which students do not choose. Google Classroom has no such
part: its files have the names that students gave them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

LAYOUTS = (
    "<student>/<chapter>/<exercise>.ipynb as nbgrader lays it out, or a folder or zip as exported by Canvas "
    "(name_12345_67890_<exercise>.ipynb), Moodle (Name_12345_assignsubmission_file_/<exercise>.ipynb), Blackboard "
    "(Assignment_name_attempt_2026-01-31-10-20-30_<exercise>.ipynb) or Teams (Submitted files/Name/…/<exercise>.ipynb)"
)
NAMELESS = (
    "its path names no student; put it into a folder with the student's name (Google Classroom's files have none, since "
    "students name them)"
)
# Folders that hold what was handed in, beside others: nbgrader's and Teams'.
HANDED_IN = ("submitted", "submitted files")
# Canvas names a file <name>[_LATE]_<number of the user>_<number of the upload>_<file as the student called it>.
CANVAS = re.compile(
    r"(?:(?P<name>.+?)_)??(?:(?:LATE|late)_)?(?P<user>\d+|anon_\w+?)_(?P<upload>\d+)_(?P<rest>.+)",
    re.DOTALL,
)
# Moodle: a folder for each student, or without folders the same as the beginning of the file's name.
MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<number>\d+))?_assignsubmission_\w+?(?:_(?P<rest>.*))?", re.DOTALL
)
# Blackboard: <assignment>_<user>_attempt_<time>_<file as the student called it>, and a receipt for each attempt.
BLACKBOARD = re.compile(
    r"(?P<who>.+?)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|(?P<receipt>\.txt))",
    re.DOTALL,
)
_RECEIPT = re.compile(r"[^\n]*\(([^()\n]+)\)\s*(?:\n|$)")  # Name: Ann Lee (alee)
# Teams keeps every version that a student turned in.
_VERSION = re.compile(r"Vers\w+ (\d{1,9})", re.IGNORECASE)
AGAIN = re.compile(r"(?: ?\((\d+)\)|-(?:Copy)?(\d+))$")  # max_norm (1), max_norm-Copy1, max_norm-1

NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Place:
    """What a path tells: who handed it in, for which chapter, how the file is called there, and how deep it lies.

    ``number`` is Moodle's, which differs between assignments, so it tells students apart only within one export, which is
    what lies in ``above``. ``upload`` grows from one attempt to the next: Canvas' number, Blackboard's time, Teams' version. ``when`` is
    Blackboard's time as it writes it.
    """

    student: str
    number: str
    chapter: str
    file: str
    depth: int
    above: tuple[str, ...]
    upload: int = 0
    when: str = ""


def place_of(
    parts: tuple[str, ...], chapters: set[str], users: Mapping[str, str] = NOBODY
) -> Place | None:
    """Read a path; None where it names no student.

    The outermost part that is no chapter names the student: all further parts may be the student's own choice. ``users`` are
    Blackboard's by the beginning of the file's name, as receipts told them.
    """
    i = 0
    while i < len(parts) - 1 and folder_of(parts[i]) in chapters:
        i += 1
    above, part, below = parts[:i], parts[i], parts[i + 1 :]
    is_file = not below or part.lower().endswith(".zip")
    upload, number, when = 0, "", ""
    if match := MOODLE.fullmatch(part):
        who, number = match["name"], match["number"] or ""
        below = (match["rest"], *below) if match["rest"] else below
    elif is_file and (match := BLACKBOARD.fullmatch(part)) and _is_blackboards(part, users):
        who = users.get(match["who"]) or match["who"].rpartition("_")[2]
        when = match["when"]
        upload = int(when.replace("-", ""))
        below = (match["rest"] or part, *below)
    elif is_file and (match := CANVAS.fullmatch(part)):
        who = "_".join(filter(None, (match["name"], match["user"])))
        upload = int(match["upload"][:18])
        below = (match["rest"], *below)
    else:
        who = folder_of(part)
    if not below:
        return None
    folders = [folder_of(part) for part in below[:-1]]
    if not upload:
        upload = max((int(one[1]) for one in map(_VERSION.fullmatch, folders) if one), default=0)
    within = [part for part in folders if part in chapters]
    chapter = within[0] if within else folder_of(above[-1]) if above else ""
    who = " ".join(unicodedata.normalize("NFC", who).split())
    return Place(who, number, chapter, below[-1], len(folders) - bool(within), above, upload, when)


def folder_of(name: str) -> str:
    """A folder's name; a zip is the folder that it would be unpacked to."""
    return stem(name) if name.lower().endswith(".zip") else name


def is_platforms(name: str) -> bool:
    """Whether a platform gave a file or folder its name."""
    return any(form.fullmatch(name) for form in (MOODLE, CANVAS, BLACKBOARD))


def _is_blackboards(name: str, users: Mapping[str, str]) -> bool:
    """Whether a name of Blackboard's form is Blackboard's. On Canvas a student may have made it up behind the numbers."""
    return not CANVAS.fullmatch(name) or BLACKBOARD.fullmatch(name)["who"] in users


def blackboards_users(names: Iterable[str], read: Callable[[str], str]) -> dict[str, str]:
    """Blackboard's users by the beginning of their files' names, which alone do not tell where a user's name begins.

    ``names`` are the files of one export, ``read`` gives the text of a receipt, which says the user.
    """
    found = {}
    both = [name for name in names if BLACKBOARD.fullmatch(name) and CANVAS.fullmatch(name)]
    # Canvas numbers every file anew. The same number in several stands in the assignment's name.
    if len(both) > 1 and len({CANVAS.fullmatch(name)["upload"] for name in both}) == 1:
        for name in both:
            who = BLACKBOARD.fullmatch(name)["who"]
            found[who] = who.rpartition("_")[2]
    for name in names:
        match = BLACKBOARD.fullmatch(name)
        if match and match["receipt"] and _is_blackboards(name, found):
            said = _RECEIPT.match(read(name))
            if said and match["who"].endswith(f"_{said[1]}"):
                found[match["who"]] = said[1]
    return found


def is_receipt(name: str, users: Mapping[str, str]) -> bool:
    """Whether a file is one of Blackboard's receipts."""
    match = BLACKBOARD.fullmatch(name)
    return bool(match and match["receipt"] and _is_blackboards(name, users))


def stem(name: str) -> str:
    """A file's name without its ending."""
    return name.rpartition(".")[0] or name

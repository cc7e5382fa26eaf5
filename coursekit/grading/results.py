"""What grading one submission leaves: a record of marks, and the notebook with its outputs."""

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

GRADED, NOT_SHOWN = "graded", "not shown"
STATUSES = {  # what became of a submission, with what a person should do about it
    GRADED: "",
    "timed out": "Look for an endless loop, or raise --seconds and grade it again.",
    "crashed": "Its process ended by itself. Look at the cell named in the message.",
    "out of memory": "It took more memory than allowed. Look at the cell named in the message.",
    "too many processes": "It started more processes than allowed. Look at the cell named in the message.",
    "too much output": "It printed more than allowed. Look at the cell named in the message.",
    "unreadable": "It is no notebook of this exercise. Ask for it again.",
    "grading failed": "The grading itself broke, on this machine or over something in it. Grade again; if it stays so, look at it "
    "by hand, and report the message.",
    NOT_SHOWN: "It was graded, but cannot be shown: look at the file as it was handed in.",
    "missing": "Nothing was handed in.",
}


# How the ids of a student's own cells begin in a graded notebook.
OWN_CELL = "own-"
LONGEST = 20_000  # characters of a text in a record


def _lasting(text: str) -> str:
    """A text that can be written to a file and read again: what is no character, or too much, is left out."""
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    return text.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class Mark:
    """What a check gave: points, and what it said.

    ``outcome`` is ``passed``, ``failed`` or ``not run``. ``inside`` tells that the check had to run in the submission's own
    process, since what it looks at cannot leave it.
    """

    check: str
    points: float
    maximum: float
    outcome: str
    message: str = ""
    inside: bool = False

    def __post_init__(self) -> None:
        """Messages come from what a student wrote, and may hold anything."""
        object.__setattr__(self, "message", _lasting(self.message))


@dataclass(frozen=True)
class Result:
    """What became of a submission.

    ``exercise`` is ``<chapter>/<exercise>``. ``seconds`` is the time that it took, ``own_seconds`` what its own cells and the
    checks took of that. ``flags`` are for a person to look at: what seems forged or unusual. ``notes`` tell what was done to the
    notebook before it was graded, such as a deleted check put back. ``fingerprint`` is of all that the marks depend on.
    """

    student: str
    exercise: str
    status: str
    message: str = ""
    marks: tuple[Mark, ...] = ()
    manual_maximum: float = 0.0
    seconds: float = 0.0
    own_seconds: float = 0.0
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        """Its texts come from what a student wrote, and may hold anything."""
        object.__setattr__(self, "message", _lasting(self.message))
        for name in ("flags", "notes"):
            object.__setattr__(self, name, tuple(map(_lasting, getattr(self, name))))

    @property
    def score(self) -> float:
        """Points that checks gave; those of answers in words are a person's."""
        return sum(mark.points for mark in self.marks)

    @property
    def maximum(self) -> float:
        """Points that checks can give."""
        return sum(mark.maximum for mark in self.marks)


def path_of(folder: Path, student: str, exercise: str, suffix: str = ".json") -> Path:
    """Where in the folder of results that of a submission lies."""
    return folder / student / f"{exercise}{suffix}"


def write_atomically(path: Path, text: str, durable: bool = True) -> None:
    """Write a file so that it is there whole or not at all, whenever this process ends.

    ``durable`` waits until the disk has it, so that this holds for the whole machine; what can be made again need not wait.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    try:
        # Half a character, which a student may print, is no reason to write nothing.
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def not_shown(result: Result, why: str) -> Result:
    """The record of a submission that has its marks, but cannot be shown."""
    message = f"{result.message} It cannot be shown: {why}.".strip()
    return replace(result, status=NOT_SHOWN, message=message)


def graded_text(folder: Path, result: Result) -> str:
    """The graded notebook of a submission in the folder of grades; empty where there is none to show."""
    path = path_of(folder / "results", result.student, result.exercise, ".ipynb")
    if result.status == NOT_SHOWN or not path.exists():
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def write_result(folder: Path, result: Result) -> None:
    """Write the record of a submission."""
    text = json.dumps(asdict(result), indent=1, ensure_ascii=False)
    write_atomically(path_of(folder, result.student, result.exercise), text + "\n")


def read_result(path: Path) -> Result:
    """Read a record.

    Raises ValueError where it is none.
    """
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        marks = tuple(Mark(**mark) for mark in data.pop("marks"))
        lists = {name: tuple(data.pop(name)) for name in ("flags", "notes")}
        return Result(**data, **lists, marks=marks)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no record of a submission: {error!r}") from error


def read_results(folder: Path) -> list[Result]:
    """Read all records in a folder, by exercise and student; what is none, such as one of an older version, is left out."""
    found = []
    for path in folder.glob("*/*/*.json"):
        if path.name[0] != ".":
            with contextlib.suppress(ValueError, OSError):
                found.append(read_result(path))
    return sorted(found, key=lambda one: (one.exercise, one.student))

"""What was handed in: nbgrader's folders, zips, and the exports of learning platforms. Nothing is ever unpacked to disk."""

import hashlib
import io
import os
import re
import stat
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course.exercises import kind_of
from course.myst import PageError

MiB = 2**20
NOTEBOOK_BYTES = 20 * MiB  # more is no notebook of these exercises
ALL_BYTES = 4096 * MiB  # of everything that is read
ENTRIES = 50_000  # files in a folder or zip
INNER_ZIP_BYTES = 200 * MiB  # of a zip in a zip
_IGNORED = re.compile(r"(^|/)(\.|__MACOSX/|Thumbs\.db$)|/?timestamp\.txt$|\.ipynb_checkpoints/")
# "mueller_LATE_4711_90210_max_norm-2.ipynb": name, number of the person, number of the file, file, attempt.
_CANVAS = re.compile(r"^(?P<name>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<rest>.+)$")
# "Änne Müller_4711_assignsubmission_file_", as a folder or before the file's name.
_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file_?(?P<rest>.*)$")
_ATTEMPT = re.compile(r"^(?P<stem>.*?)[-_ ]?\(?(?P<attempt>\d+)\)?$")


@dataclass(frozen=True)
class Submission:
    """A notebook that was handed in.

    ``student`` is a safe name for folders, unique for each person; ``name`` is as it was handed in. ``exercise`` is
    ``<chapter>/<exercise>``. ``problem`` tells why it cannot be graded; ``notes`` are for a person.
    """

    student: str
    exercise: str
    notebook: bytes
    problem: str = ""
    notes: tuple[str, ...] = ()
    name: str = ""


@dataclass
class HandedIn:
    """All submissions, one for each person and exercise, and what was left out, with the reason."""

    submissions: list[Submission] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _File:
    """A notebook file: where it was, when it was handed in, and what it holds or why that could not be read."""

    path: str
    when: float
    data: bytes
    problem: str = ""


@dataclass(frozen=True)
class _Found:
    """A file with what is known of it: the person, the exercise, and which attempt it is."""

    person: str
    exercise: str
    attempt: int
    file: _File
    problem: str = ""


def read_submissions(path: Path, exercises: Mapping[str, NotebookNode]) -> HandedIn:
    """Read what was handed in. ``exercises`` are the student notebooks by ``<chapter>/<exercise>``.

    Raises PageError where there is nothing to grade at ``path``.
    """
    handed_in = HandedIn()
    found = []
    for file in _files(path, handed_in.left_out):
        one = _recognized(file, exercises)
        if isinstance(one, str):
            handed_in.left_out.append(f"{file.path}: {one}")
        else:
            found.append(one)
    if not found:
        why = "".join(f"\n  {message}" for message in handed_in.left_out[:20])
        raise PageError(
            f"{path} holds no submission; wanted are <student>/<chapter>/<exercise>.ipynb, or what Canvas or Moodle export{why}"
        )
    folders = safe_names({one.person for one in found})
    by_place: dict[tuple[str, str], list[_Found]] = defaultdict(list)
    for one in found:
        by_place[folders[one.person], one.exercise].append(one)
    for (student, exercise), candidates in sorted(by_place.items()):
        handed_in.submissions.append(_latest(student, exercise, candidates))
    return handed_in


def missing(submissions: Iterable[Submission], exercises: Iterable[str]) -> list[tuple[str, str]]:
    """Exercises that a person who handed in something of a chapter did not hand in: (student, exercise)."""
    there = {(one.student, one.exercise) for one in submissions}
    chapters = {(student, exercise.split("/")[0]) for student, exercise in there}
    wanted = [
        (student, name)
        for student, chapter in sorted(chapters)
        for name in exercises
        if name.startswith(f"{chapter}/")
    ]
    return [place for place in wanted if place not in there]


def _latest(student: str, exercise: str, candidates: list[_Found]) -> Submission:
    """The last of several attempts; equal files are one."""
    candidates = sorted(candidates, key=lambda one: (one.attempt, one.file.when, one.file.path))
    last = candidates[-1]
    others = [one for one in candidates[:-1] if one.file.data != last.file.data]
    notes = [
        f"handed in more than once: {last.file.path} counts, {one.file.path} does not"
        for one in others
    ]
    name = "" if last.person == student else last.person
    return Submission(
        student, exercise, last.file.data, last.problem or last.file.problem, tuple(notes), name
    )


# ------------------------------------------------------------------------------------- files


def _files(path: Path, left_out: list[str]) -> Iterator[_File]:
    """All notebooks at a path, those in zips included; other files are listed as left out."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise PageError(f"{path} cannot be read: {error.strerror}") from None
    budget = _Budget()
    if stat.S_ISDIR(mode):
        for file in _in_folder(path, left_out, budget):
            yield from _opened(file, left_out, budget)
    elif stat.S_ISREG(mode) and path.suffix.lower() == ".zip":
        with path.open("rb") as stream:
            for file in _in_zip(stream, "", left_out, budget, INNER_ZIP_BYTES):
                yield from _opened(file, left_out, budget)
    else:
        raise PageError(f"{path} is neither a folder nor a zip")


class _Budget:
    """How much may still be read, so that no archive fills the memory or takes for ever."""

    def __init__(self) -> None:
        self.bytes, self.entries = ALL_BYTES, ENTRIES

    def spend(self, size: int) -> None:
        self.bytes -= size
        if self.bytes < 0:
            raise PageError(
                f"what was handed in is larger than {ALL_BYTES // MiB:,} MiB; grade it in parts"
            )

    def count(self) -> None:
        self.entries -= 1
        if self.entries < 0:
            raise PageError(
                f"there are more than {ENTRIES:,} files; name a folder or zip of submissions only"
            )


def _opened(file: _File, left_out: list[str], budget: _Budget) -> Iterator[_File]:
    """The notebooks in a zip that lies in a folder or zip; any other file as it is."""
    if not file.path.lower().endswith(".zip"):
        yield file
    elif file.problem:
        left_out.append(f"{file.path}: {file.problem}")
    else:
        folder = file.path[:-4] + "/"
        yield from _in_zip(io.BytesIO(file.data), folder, left_out, budget, 0)


def _wanted(path: str, left_out: list[str]) -> bool:
    if _IGNORED.search(path):
        return False
    if path.lower().endswith((".ipynb", ".zip")):
        return True
    left_out.append(f"{path}: neither a notebook nor a zip")
    return False


def _in_folder(root: Path, left_out: list[str], budget: _Budget) -> Iterator[_File]:
    for folder, folders, files in os.walk(
        root, onerror=lambda error: left_out.append(f"{error.filename}: {error.strerror}")
    ):
        folders.sort()
        for name in sorted([*files, *[one for one in folders if Path(folder, one).is_symlink()]]):
            budget.count()
            path = Path(folder, name)
            label = path.relative_to(root).as_posix()
            info = path.lstat()
            if stat.S_ISLNK(info.st_mode):
                left_out.append(f"{label}: a symbolic link")
            elif not stat.S_ISREG(info.st_mode):
                left_out.append(f"{label}: no ordinary file")
            elif _wanted(label, left_out):
                limit = INNER_ZIP_BYTES if label.lower().endswith(".zip") else NOTEBOOK_BYTES
                yield _read_file(path, label, info, limit, budget)


def _read_file(path: Path, label: str, info: os.stat_result, limit: int, budget: _Budget) -> _File:
    when = _timestamp(path) or info.st_mtime
    if info.st_size > limit:
        return _File(label, when, b"", f"It is larger than {limit // MiB} MiB.")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        return _File(label, when, b"", f"It cannot be read: {error.strerror}.")
    budget.spend(len(data))
    return _File(label, when, data[:limit])


def _timestamp(path: Path) -> float | None:
    """When nbgrader collected a submission, from the file that it puts beside it."""
    file = path.with_name("timestamp.txt")
    if file.is_symlink() or not file.is_file() or file.stat().st_size > 200:
        return None
    text = file.read_text("utf-8", "replace").strip().removesuffix(" UTC")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _in_zip(
    stream: io.IOBase, folder: str, left_out: list[str], budget: _Budget, inner: int
) -> Iterator[_File]:
    """The files of a zip. ``inner`` is how large a zip within may be; 0 allows none."""
    try:
        archive = zipfile.ZipFile(stream)
        entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        left_out.append(f"{folder or 'the zip'}: no zip that can be read ({error})")
        return
    for entry in sorted(entries, key=lambda one: one.filename):
        budget.count()
        label = folder + entry.filename
        parts = entry.filename.replace("\\", "/").split("/")
        if entry.is_dir():
            continue
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            left_out.append(f"{label!r}: its name leads out of the zip")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            left_out.append(f"{label}: a symbolic link")
        elif _wanted(label, left_out):
            is_zip = label.lower().endswith(".zip")
            if is_zip and not inner:
                left_out.append(f"{label}: a zip in a zip in a zip")
                continue
            yield _read_entry(archive, entry, label, inner if is_zip else NOTEBOOK_BYTES, budget)


def _read_entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, label: str, limit: int, budget: _Budget
) -> _File:
    try:
        when = datetime(*entry.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        when = 0.0
    if entry.flag_bits & 1:
        return _File(label, when, b"", "It is encrypted.")
    try:
        with archive.open(
            entry
        ) as file:  # what the zip says of sizes may be a lie: read no more than the limit
            data = file.read(limit + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        return _File(label, when, b"", f"It cannot be unpacked: {error}.")
    budget.spend(len(data))
    if len(data) > limit:
        return _File(label, when, b"", f"Unpacked it is larger than {limit // MiB} MiB.")
    return _File(label, when, data)


# ------------------------------------------------------------------------- person and exercise


def _recognized(file: _File, exercises: Mapping[str, NotebookNode]) -> _Found | str:
    """Whose it is and of which exercise; or why it is left out."""
    person, told, hint, attempt = _from_path(file.path, exercises)
    notebook, problem = (None, file.problem) if file.problem else _parsed(file.data)
    fits = _exercise_of(notebook, exercises, told or hint) if notebook is not None else ""
    if told:
        if not problem and not fits:
            problem = f"It holds no cell of the exercise {told}."
        elif not problem and fits != told:
            problem = f"It is the notebook of {fits}, handed in as {told}."
        return _Found(person, told, attempt, file, problem)
    if fits:
        return _Found(person, fits, attempt, file)
    named = [name for name in exercises if name.split("/")[1] == hint]
    if len(named) == 1:
        return _Found(
            person,
            named[0],
            attempt,
            file,
            problem or f"It holds no cell of the exercise {named[0]}.",
        )
    return problem or "a notebook of none of the exercises"


def _from_path(path: str, exercises: Mapping[str, NotebookNode]) -> tuple[str, str, str, int]:
    """The person; the exercise if the path tells it; else the exercise's name that it hints at; and the attempt."""
    parts = [unicodedata.normalize("NFC", part) for part in path.replace("\\", "/").split("/")]
    *folders, file = parts
    stem = re.sub(r"\.ipynb$", "", file, flags=re.IGNORECASE)
    if "submitted" in folders:
        folders = folders[folders.index("submitted") + 1 :]
    if len(folders) >= 2 and f"{folders[-1]}/{stem}" in exercises:
        return folders[-2], f"{folders[-1]}/{stem}", stem, 0
    person = ""
    for part in folders:
        if match := _MOODLE.match(part) or _CANVAS.match(part):
            person = f"{match['name']}_{match['number']}"
    if match := _MOODLE.match(stem) or _CANVAS.match(stem):
        person, stem = f"{match['name']}_{match['number']}", match["rest"]
    names = {name.split("/")[1] for name in exercises}
    attempt = 0
    if stem not in names and (match := _ATTEMPT.match(stem)):
        stem, attempt = match["stem"], int(match["attempt"][:9])
    if not person and folders:
        chapters = {name.split("/")[0] for name in exercises}
        person = next((part for part in reversed(folders) if part not in chapters), folders[0])
    if not person:  # "ada_max_norm.ipynb"
        hint = max((name for name in names if stem.endswith(name)), key=len, default="")
        person = stem.removesuffix(hint).rstrip("_- ") if hint else ""
        return person or "unknown", "", hint, attempt
    chapter = folders[-1] if folders and f"{folders[-1]}/{stem}" in exercises else ""
    return person, f"{chapter}/{stem}" if chapter else "", stem, attempt


def _parsed(data: bytes) -> tuple[NotebookNode | None, str]:
    """A notebook, or why there is none."""
    if not data.strip():
        return None, "It is empty."
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None, "It is no text in UTF-8."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(text, as_version=4)
            nbformat.validate(notebook, relax_add_props=True)
    except RecursionError:
        return None, "Its JSON is nested too deeply."
    except (
        Exception
    ) as error:  # nbformat passes on what json, jsonschema and its own converters raise
        first = str(error).strip().split("\n")[0][:200]
        return None, f"It is no notebook: {first}."
    return notebook, ""


def _exercise_of(notebook: NotebookNode, exercises: Mapping[str, NotebookNode], hint: str) -> str:
    """The exercise whose cells the notebook holds: most of its given cells and checks, word by word; empty if none's."""
    theirs = Counter()
    for cell in notebook.cells:
        metadata = cell.metadata.get("nbgrader")
        if isinstance(metadata, dict):
            theirs[str(metadata.get("grade_id"))] += 1
            theirs[str(metadata.get("grade_id")), str(cell.source).strip()] += 1
    scores = {}
    for name, student in exercises.items():
        own = [cell for cell in student.cells if kind_of(cell)]
        equal = sum(
            (cell.metadata.nbgrader.grade_id, cell.source.strip()) in theirs for cell in own
        )
        ids = sum(cell.metadata.nbgrader.grade_id in theirs for cell in own)
        scores[name] = (equal + ids / 100, name == hint or name.split("/")[1] == hint)
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best][0] > 0 else ""


# ------------------------------------------------------------------------------------ names


def safe_names(people: Iterable[str]) -> dict[str, str]:
    """A folder name for each person: readable, safe on any system, and another one for each, whatever the order."""
    people = set(people)
    names = {person: _safe(person) for person in people}
    taken = Counter(name.casefold() for name in names.values())
    return {
        person: f"{name}-{hashlib.sha256(person.encode()).hexdigest()[:6]}"
        if taken[name.casefold()] > 1
        else name
        for person, name in names.items()
    }


def _safe(person: str) -> str:
    text = unicodedata.normalize("NFC", person)
    kept = "".join(sign if sign.isalnum() or sign in "-_.@+" else "_" for sign in text)
    kept = re.sub(r"_{2,}", "_", kept).strip("._- ")[:60]
    reserved = re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", kept)
    return f"student_{kept}" if reserved or not kept else kept

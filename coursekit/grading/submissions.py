"""Read what was handed in: a folder or a zip, as nbgrader, Canvas or Moodle lay it out.

Whatever students handed in is hostile until shown otherwise. Nothing is extracted, links are not followed, and all that is
read is bounded. Who handed something in is told by the outermost part of its path, which students do not choose.
"""

import hashlib
import io
import json
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import nbformat
from nbformat import NotebookNode

from coursekit.pages.exercises import kind_of
from coursekit.problem import PageError

MIB = 2**20
NOTEBOOK_BYTES = (
    20 * MIB
)  # in one notebook; one of this course with all its plots has less than 1 MiB
STUDENT_BYTES = 100 * MIB  # in the notebooks of one student, so that nobody uses up what all share
CLASS_BYTES = 2048 * MIB  # in all notebooks together, which are kept in memory
STUDENT_FILES = 200  # notebooks read of one student
ZIP_BYTES = 100 * MIB  # in a zip within a zip, which is kept in memory while it is read
ZIP_FILES = 50_000  # in a zip
DIRECTORY_BYTES = 8 * MIB  # of a zip's list of files, which zipfile reads as a whole
FOLDER_FILES, ALL_FILES = 10_000, 200_000  # looked at in one folder, and in all
RATIO = 200  # unpacked to packed; notebooks full of plots have 2, full of repeated text 50
PARTS = 2_000_000  # lists and dictionaries in a notebook's JSON
CELLS = 5_000
LONGEST, DEPTH = 255, 40  # letters in a name, folders in a path
ENDINGS = (".ipynb", ".zip")
NAME = 60  # letters of a student's folder

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
_AGAIN = re.compile(r"(?: ?\((\d+)\)|-(?:Copy)?(\d+))$")  # max_norm (1), max_norm-Copy1, max_norm-1
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LITTER = re.compile(
    r"__MACOSX|\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|\.ipynb_checkpoints|__pycache__"
)


class UnreadableError(ValueError):
    """What was handed in is no notebook; the message says why, in words for an instructor."""


@dataclass(frozen=True)
class Submission:
    """What a student handed in for an exercise.

    ``student`` is a safe folder name, ``name`` what was given, where that differs. ``exercise`` is ``<chapter>/<exercise>``.
    ``problem`` says why it cannot be graded; then ``notebook`` may be empty. ``notes`` are for a person.
    """

    student: str
    exercise: str
    notebook: bytes = field(repr=False)
    problem: str = ""
    notes: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class Class:
    """All that a class handed in: one submission for each student and exercise, and what was ``left_out`` and why.

    ``began`` are the students and chapters of all that was found, also where nothing of it could be taken.
    """

    submissions: list[Submission]
    left_out: list[str]
    exercises: tuple[str, ...]
    began: frozenset[tuple[str, str]]

    def missing(self) -> list[tuple[str, str]]:
        """Each student and exercise not handed in, of the chapters of which the student handed in something."""
        seen = {(one.student, one.exercise) for one in self.submissions}
        return [
            (student, exercise)
            for student, chapter in sorted(self.began)
            for exercise in sorted(self.exercises)
            if exercise.split("/")[0] == chapter and (student, exercise) not in seen
        ]


def read_submissions(path: Path, exercises: Mapping[str, NotebookNode]) -> Class:
    """Read a folder or a zip of submissions.

    ``exercises`` are the student notebooks by ``<chapter>/<exercise>``. Raises PageError where there is nothing to grade.
    """
    reader = _Reader(exercises)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise PageError(f"{path} cannot be read: {error.strerror}; name {LAYOUTS}") from error
    if stat.S_ISDIR(mode):
        reader.take_all(list(_files_in_folder(path, reader.leave_out)), (), 0)
    elif stat.S_ISREG(mode) and path.suffix.lower() == ".zip":
        try:
            with _Bounded(_open_regular(path)) as file, _opened_zip(file) as archive:
                reader.take_all(_files_in_zip(archive), (), 1)
        except (OSError, UnreadableError) as error:
            raise PageError(f"{path} cannot be read: {error}") from error
    else:
        raise PageError(f"{path} is neither a folder nor a zip; name {LAYOUTS}")
    found = reader.result()
    if not found.submissions:
        raise PageError("\n".join([f"{path} holds no submission; name {LAYOUTS}", *found.left_out]))
    return found


# ----------------------------------------------------------------------------------- notebooks


def parse_notebook(data: bytes) -> NotebookNode:
    """Read a notebook of any version from its bytes: its cells without outputs, and its metadata.

    Raises UnreadableError for all else.
    """
    if not data.strip():
        raise UnreadableError("the file is empty")
    if data.count(b"{") + data.count(b"[") > PARTS:
        raise UnreadableError(f"its JSON holds more than {PARTS:,} lists and dictionaries")
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise UnreadableError("its JSON is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(f"it is no JSON, or cut off: {shown(str(error))}") from error
    try:
        return _clean(raw)
    except UnreadableError:
        raise
    except (
        Exception
    ) as error:  # nbformat trips in many ways over what is no notebook of an old version
        raise UnreadableError(
            f"it is no notebook that nbformat can read ({type(error).__name__})"
        ) from error


def _clean(raw: Any) -> NotebookNode:
    version = raw.get("nbformat") if isinstance(raw, dict) else None
    if not isinstance(version, int) or not {"cells", "worksheets"} & set(raw):
        raise UnreadableError("it is JSON, but no notebook")
    if not 1 <= version <= 4:
        raise UnreadableError(f"it is a notebook of the unknown format {version}")
    sheets = raw["worksheets"] if version < 4 else [raw]
    if (count := sum(len(sheet["cells"]) for sheet in sheets)) > CELLS:
        raise UnreadableError(f"it has {count:,} cells, more than {CELLS:,}")
    if version < 4:
        for sheet in sheets:
            for cell in sheet["cells"]:
                if isinstance(cell, dict) and cell.get("cell_type") == "code":
                    cell["outputs"] = []  # nobody looks at them, and they may hold anything
        raw = nbformat.convert(nbformat.reader.reads(json.dumps(raw)), 4)
    given, metadata = raw["cells"], raw.get("metadata", {})
    if not isinstance(given, list) or not isinstance(metadata, dict):
        raise UnreadableError("it is JSON, but no notebook")
    made = nbformat.v4.new_notebook()
    ids: set[str] = set()
    for number, cell in enumerate(given, start=1):
        made.cells.append(_clean_cell(cell, number, ids))
    kernel = metadata.get("kernelspec")
    if isinstance(kernel, dict) and isinstance(name := kernel.get("name"), str):
        made.metadata.kernelspec = {"name": name, "display_name": name}
    return made


def _clean_cell(cell: Any, number: int, ids: set[str]) -> NotebookNode:
    """A valid cell of what matters of one: its type, source and id, nbgrader's metadata, and tags."""
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if kind not in ("code", "markdown", "raw"):
        raise UnreadableError(f"its cell {number} is of no known type")
    source, metadata = cell.get("source", ""), cell.get("metadata")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise UnreadableError(f"the text of its cell {number} is no text")
    kept = NotebookNode()
    if isinstance(metadata, dict):
        graded, tags = metadata.get("nbgrader"), metadata.get("tags")
        if isinstance(graded, dict) and isinstance(graded.get("grade_id"), str):
            kept.nbgrader = nbformat.from_dict(graded)
        if isinstance(tags, list):
            kept.tags = sorted(
                {tag for tag in tags if isinstance(tag, str) and re.fullmatch("[^,]+", tag)}
            )
    name = cell.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,64}", name, re.ASCII) or name in ids:
        name = f"cell-{number}"
    ids.add(name)
    # A lone half of a character, as "\ud800" in JSON, could be written to no file.
    source = source.encode("utf-8", "replace").decode("utf-8")
    made = NotebookNode(id=name, cell_type=kind, metadata=kept, source=source)
    if kind == "code":
        made.update(outputs=[], execution_count=None)
    return made


def grade_id(cell: NotebookNode) -> str:
    """The name that a cell has for nbgrader, or nothing."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


class _Fingerprints:
    """Tell an exercise by its cells: nbgrader's ids, and the texts of all cells that students do not write."""

    def __init__(self, exercises: Mapping[str, NotebookNode]) -> None:
        self._marks = {name: _marks(notebook) for name, notebook in exercises.items()}
        self._count = Counter(mark for marks in self._marks.values() for mark in marks)

    def likeness(self, notebook: NotebookNode) -> dict[str, float]:
        """How much of each exercise a notebook holds, from 0 to 1; what several exercises share counts less."""
        mine = _marks(notebook)
        weight = {mark: 1 / count for mark, count in self._count.items()}
        return {
            name: sum(weight[mark] for mark in marks & mine)
            / (sum(weight[mark] for mark in marks) or 1)
            for name, marks in self._marks.items()
        }


def _marks(notebook: NotebookNode) -> set[tuple[str, str]]:
    marks = set()
    for cell in notebook.cells:
        if name := grade_id(cell):
            marks.add(("id", name))
        if kind_of(cell) not in ("solution", "answer") and not cell.source.startswith("%%"):
            marks.add(("text", " ".join(cell.source.split())))
    return marks


# --------------------------------------------------------------------------------------- files


@dataclass(frozen=True)
class _File:
    """A file somewhere in a folder or zip: where, when it was changed, and how to read at most so many bytes of it."""

    parts: tuple[str, ...]
    modified: float
    read: Callable[[int], bytes]


class _Bounded(io.BufferedReader):
    """A file of which no more is read at once than a zip's list of files may take."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= DIRECTORY_BYTES:
            data = super().read(DIRECTORY_BYTES + 1)
            if len(data) > DIRECTORY_BYTES:
                raise UnreadableError("its list of files is too long")
            return data
        return super().read(size)


def _open_regular(path: Path) -> io.FileIO:
    """Open a file that is one: no link, and no pipe or device, which could keep us waiting."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnreadableError("it is no file but a pipe, a device or the like")
    return io.FileIO(handle)


def _files_in_folder(root: Path, leave_out: Callable[[tuple[str, ...], str], None]) -> Iterator:
    """All files of a folder, those near its top first, so that no student's heap of files hides another's."""
    waiting: deque[tuple[str, ...]] = deque([()])
    seen = 0
    while waiting:
        parts = waiting.popleft()
        try:
            with os.scandir(root.joinpath(*parts)) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            leave_out(parts, f"the folder cannot be read: {error.strerror}")
            continue
        if len(inside) > FOLDER_FILES:
            leave_out(parts, f"holds {len(inside):,} files; only {FOLDER_FILES:,} were looked at")
        for entry in inside[:FOLDER_FILES]:
            seen += 1
            if seen > ALL_FILES:
                leave_out((), f"only the first {ALL_FILES:,} files were looked at")
                return
            here = (*parts, entry.name)
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(here)
                    continue
                changed = entry.stat(follow_symlinks=False).st_mtime
            except OSError as error:
                leave_out(here, f"it cannot be read: {error.strerror}")
                continue
            yield _File(here, changed, _reader_of(Path(entry.path), entry.is_symlink()))


def _reader_of(path: Path, link: bool) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if link:
            raise UnreadableError("it is a symbolic link, which is not followed")
        try:
            with _open_regular(path) as file:
                return _whole(file, limit)
        except OSError as error:
            raise UnreadableError(f"it cannot be read: {error.strerror}") from error

    return read


def _whole(file: BinaryIO | io.FileIO, limit: int) -> bytes:
    data = bytearray()
    while chunk := file.read(MIB):
        data += chunk
        if len(data) > limit:
            raise UnreadableError(f"it is larger than {limit // MIB} MiB")
    return bytes(data)


@contextmanager
def _opened_zip(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except UnreadableError:
        raise
    except Exception as error:  # zipfile trips in many ways over what is no zip
        raise UnreadableError(f"it is no zip, or a broken one: {shown(str(error))}") from error
    with archive:
        if len(archive.infolist()) > ZIP_FILES:
            count = len(archive.infolist())
            raise UnreadableError(f"the zip holds {count:,} files, more than {ZIP_FILES:,}")
        yield archive


def _files_in_zip(archive: zipfile.ZipFile) -> list[_File]:
    files = []
    for info in archive.infolist():
        if info.filename.endswith(("/", "\\")):  # is_dir fails on an empty name
            continue
        name = info.filename
        if not info.flag_bits & 0x800:  # not declared as UTF-8, which macOS writes all the same
            with suppress(UnicodeError):
                name = name.encode("cp437").decode("utf-8")
        try:
            modified = datetime(*info.date_time, tzinfo=UTC).timestamp()
        except ValueError:
            modified = 0.0
        parts = tuple(re.split(r"[/\\]", name))
        files.append(_File(parts, modified, _unpacker(archive, info)))
    return files


def _unpacker(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise UnreadableError("it is a symbolic link, which is not followed")
        if kind not in (0, stat.S_IFREG):
            raise UnreadableError("it is no file but a pipe, a device or the like")
        if info.flag_bits & 0x1:
            raise UnreadableError("it is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # zipfile unpacks bzip2 and LZMA without a bound
            raise UnreadableError(
                "it is packed in an unusual way; only stored and deflated is read"
            )
        if info.file_size > limit:
            raise UnreadableError(f"it is larger than {limit // MIB} MiB")
        if info.file_size > max(MIB, RATIO * info.compress_size):
            raise UnreadableError(
                f"it unpacks to more than {RATIO} times its size, as zip bombs do"
            )
        try:
            with archive.open(info) as file:
                return _whole(file, limit)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            RuntimeError,
        ) as error:
            if isinstance(error, UnreadableError):
                raise
            raise UnreadableError(f"its place in the zip is broken: {shown(str(error))}") from error

    return read


# --------------------------------------------------------------------------------- who and what


@dataclass(frozen=True)
class _Place:
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


def _place(parts: tuple[str, ...], chapters: set[str]) -> _Place | None:
    """Read a path; None where it names no student.

    The outermost part that is no chapter names the student: all further parts may be the student's own choice.
    """
    i = 0
    while i < len(parts) - 1 and _folder(parts[i]) in chapters:
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
        who = _folder(part)
    if not below:
        return None
    folders = [_folder(part) for part in below[:-1]]
    within = [part for part in folders if part in chapters]
    chapter = within[0] if within else _folder(above[-1]) if above else ""
    who = " ".join(unicodedata.normalize("NFC", who).split())
    return _Place(who, number, chapter, below[-1], len(folders) - bool(within), above, upload)


def _folder(name: str) -> str:
    """A folder's name; a zip is the folder that it would be unpacked to."""
    return _stem(name) if name.lower().endswith(".zip") else name


def _platform(name: str) -> bool:
    return bool(MOODLE.fullmatch(name) or CANVAS.fullmatch(name))


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def shown(text: str) -> str:
    """Text from outside as it may be shown: no control characters, nothing endless."""
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return text if len(text) <= 160 else f"{text[:120]} … {text[-39:]}"


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """A folder name for each student, readable and safe on every system.

    Different names that give the same folder all get a few letters of their hash, so that the order does not matter.
    """
    names = set(names)
    made = {name: _safe(name) for name in names}
    length = 8
    while clashes := _clashing(made):
        for name in clashes:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
            made[name] = f"{_safe(name)}-{digest[:length]}"
        length += 8
    return made


def _clashing(made: dict[str, str]) -> list[str]:
    # Some systems see no difference between capitals and small letters.
    folded = {
        name: unicodedata.normalize("NFKC", folder).casefold() for name, folder in made.items()
    }
    count = Counter(folded.values())
    return [name for name in made if count[folded[name]] > 1]


def _safe(name: str) -> str:
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" or letter in "_.-" else "-"
        for letter in unicodedata.normalize("NFC", name)
    )
    kept = re.sub(r"-+", "-", kept).strip("-.")
    kept = re.sub(r"\.{2,}", ".", kept)[:NAME]
    while len(kept.encode()) > 3 * NAME:
        kept = kept[:-1]
    kept = kept.strip("-.")
    return kept if kept and not _RESERVED.fullmatch(kept) else f"student-{kept}".strip("-")


# --------------------------------------------------------------------------------------- reading


@dataclass
class _Attempt:
    """A notebook as it was found; ``exercise`` is empty as long as it is not known."""

    place: _Place
    parts: tuple[str, ...]
    modified: float
    data: bytes
    exercise: str
    problem: str
    note: str = ""

    @property
    def shown(self) -> str:
        return shown("/".join(self.parts))


class _Reader:
    """Takes files, one after the other, and makes submissions of them."""

    def __init__(self, exercises: Mapping[str, NotebookNode]) -> None:
        self.exercises = tuple(sorted(exercises))
        self.chapters = {name.split("/")[0] for name in exercises}
        self.fingerprints = _Fingerprints(exercises)
        self.attempts: list[_Attempt] = []
        self.places: set[_Place] = set()
        self.left_out: list[str] = []
        self.litter = 0
        self.unknown: dict[tuple[str, ...], list[tuple[str, _Place | None]]] = defaultdict(list)
        self.timestamps: dict[tuple[str, ...], str] = {}
        self.bytes: Counter[tuple[str, str]] = Counter()
        self.files: Counter[tuple[str, str]] = Counter()
        self.total = 0
        self.flooded: set[tuple[str, str]] = set()

    def leave_out(self, parts: tuple[str, ...], why: str) -> None:
        where = shown("/".join(parts))
        self.left_out.append(f"{where}: {why}" if where else why)

    def take_all(self, files: list[_File], above: tuple[str, ...], zips: int) -> None:
        """Take the files of a folder or zip that lies in ``above``, within so many zips."""
        good = []
        for file in files:
            if any(_LITTER.fullmatch(part) for part in file.parts):
                self.litter += 1
            elif bad := _bad_name(file.parts):
                self.leave_out((*above, *file.parts), bad)
            else:
                good.append(file)
        if all(_folder(part) in self.chapters for part in above):
            good = self._without_top(good)
        for file in sorted(good, key=lambda file: file.parts):
            if file.parts[-1].lower().endswith(".zip"):
                alone = len(good) == 1 and len(file.parts) == 1
                self._take_zip(file, above, zips, alone)
            else:
                self._take(file, above)

    def _without_top(self, files: list[_File]) -> list[_File]:
        """Drop the folders at the top that hold everything and name nobody, and all that lies beside ``submitted``."""
        while asked := [one.parts for one in files if one.parts[-1].lower().endswith(ENDINGS)]:
            heads = {parts[0] if len(parts) > 1 else "" for parts in asked}
            if found := [head for head in heads if head.casefold() == "submitted"]:
                inside = [one for one in files if one.parts[0] in found and len(one.parts) > 1]
                if beside := len(files) - len(inside):
                    self.leave_out(
                        (), f"{beside:,} files beside the folder {found[0]} were not read"
                    )
                return [replace(one, parts=one.parts[1:]) for one in inside]
            top = heads.pop()
            if heads or not top or top in self.chapters or MOODLE.fullmatch(top):
                break
            rest = [parts[1:] for parts in asked]
            zips = [parts for parts in rest if parts[-1].lower().endswith(".zip")]
            if len(rest) == len(zips) == 1:
                break
            if any(not _place(parts, self.chapters) for parts in rest if parts not in zips):
                break
            for one in files:
                if one.parts[0] != top or len(one.parts) == 1:
                    self.leave_out(one.parts, "lies beside what was handed in; it was not read")
            files = [
                replace(one, parts=one.parts[1:])
                for one in files
                if one.parts[0] == top and len(one.parts) > 1
            ]
        return files

    def _take_zip(self, file: _File, above: tuple[str, ...], zips: int, alone: bool) -> None:
        parts = (*above, *file.parts)
        if zips >= 2:
            self.leave_out(parts, "a zip within a zip within a zip is not opened")
            return
        place = _place((*parts, ""), self.chapters)
        if _stem(parts[-1]).casefold() == "submitted" and len(file.parts) == 1:
            place = None
        if place and not self._may_read(place, parts, 10):  # opening a zip takes longer
            return
        own = place and place.above == parts[:-1] and not _platform(parts[-1])
        try:
            # A lone zip may be that of the class.
            data = file.read(ZIP_BYTES if place and not alone else CLASS_BYTES)
            with _opened_zip(_Bounded(io.BytesIO(data))) as archive:
                inside = _files_in_zip(archive)
                if own and alone and self._holds_class(inside):
                    place = None
                elif own and any(_platform(part) for one in inside for part in one.parts):
                    # Whether an export of the platform or a student's zip with others' names in it, nobody can tell.
                    why = "holds files under the names of several students; grade it by itself, or call it after its chapter"
                    self.leave_out(parts, why)
                    return
                through = place is None and _folder(parts[-1]) not in self.chapters
                self.take_all(inside, above if through else parts, zips + 1)
        except UnreadableError as error:
            self.leave_out(parts, f"the zip was not read: {error}")
        self.places |= {place} - {None}

    def _holds_class(self, inside: list[_File]) -> bool:
        """Whether a zip tells students by itself, or is one student's."""
        zips = [one for one in inside if one.parts[-1].lower().endswith(".zip")]
        told = [
            (part in self.chapters and number > 0) or _platform(part)
            for one in inside
            for number, part in enumerate(one.parts)
        ]
        return len(zips) > 1 or any(told)

    def _may_read(self, place: _Place, parts: tuple[str, ...], cost: int = 1) -> bool:
        """Count what is read of a student; no more than so many files."""
        who = (place.student, place.number)
        before = self.files[who]
        self.files[who] += cost
        if before < STUDENT_FILES:
            return True
        if who not in self.flooded:
            self.flooded.add(who)
            self.leave_out(
                parts, f"this and more was not read: over {STUDENT_FILES} files of one student"
            )
        return False

    def _take(self, file: _File, above: tuple[str, ...]) -> None:
        parts = (*above, *file.parts)
        place = _place(parts, self.chapters)
        self.places |= {place} - {None}
        if parts[-1] == "timestamp.txt":
            try:
                self.timestamps[parts[:-1]] = file.read(MIB)[:200].decode("utf-8", "replace")
            except UnreadableError as error:
                self.leave_out(parts, str(error))
            return
        if not parts[-1].lower().endswith(".ipynb"):
            self.unknown[parts[:-1]].append((parts[-1], place))
            return
        if place is None:
            self.leave_out(parts, f"its path names no student; expected {LAYOUTS}")
            return
        who = (place.student, place.number)
        if not self._may_read(place, parts):
            return
        data, problem = b"", ""
        try:
            data = file.read(NOTEBOOK_BYTES)
            if self.bytes[who] + len(data) > STUDENT_BYTES:
                problem = (
                    f"the student's notebooks are larger than {STUDENT_BYTES // MIB} MiB together"
                )
            elif self.total + len(data) > CLASS_BYTES:
                problem = f"all notebooks together are larger than {CLASS_BYTES // MIB} MiB; grade fewer at once"
        except UnreadableError as error:
            problem = str(error)
        if problem:
            data = b""
        self.bytes[who] += len(data)
        self.total += len(data)
        exercise, problem, note = self._identify(place, data, problem)
        self.attempts.append(_Attempt(place, parts, file.modified, data, exercise, problem, note))

    def _identify(self, place: _Place, data: bytes, problem: str) -> tuple[str, str, str]:
        """The exercise of a notebook, what is wrong with it, and a note."""
        named = self._named(place)
        certain = named[0] if len(named) == 1 and place.chapter else ""
        alone = named[0] if len(named) == 1 else ""
        if problem:
            return alone, problem, ""
        try:
            notebook = parse_notebook(data)
        except UnreadableError as error:
            return alone, str(error), ""
        if not any(grade_id(cell) for cell in notebook.cells):
            lost = "none of its cells has nbgrader's id; it is not the notebook handed out, or has lost its metadata"
            return alone, lost, ""
        likeness = self.fingerprints.likeness(notebook)
        best = max(likeness, key=lambda name: (likeness[name], name in named))
        if likeness[best] < 0.05:
            return alone, "it has hardly a cell of any exercise", ""
        if certain:
            if likeness[best] > 2 * likeness[certain]:
                return certain, f"this is the notebook of {best}, handed in as {certain}", ""
            return certain, "", ""
        near = [name for name in likeness if likeness[name] > 0.5 * likeness[best]]
        if len(near) > 1:
            near = [name for name in near if name in named] or near
        if len(near) > 1 and likeness[near[0]] == likeness[near[1]]:
            return "", f"it may be of {' or '.join(near)}", ""
        best = max(near, key=likeness.__getitem__)
        told = best in named or (not named and not place.chapter)
        note = "" if told else f"handed in as {shown(place.file)}; its cells are those of {best}"
        if place.chapter and not best.startswith(f"{place.chapter}/"):
            note = f"handed in for {place.chapter}; its cells are those of {best}"
        return best, "", note

    def _named(self, place: _Place) -> list[str]:
        """The exercises that a file's name and chapter may mean."""
        stem = _AGAIN.sub("", _stem(place.file)).casefold()
        chapter = [
            name
            for name in self.exercises
            if not place.chapter or name.startswith(f"{place.chapter}/")
        ]
        return [name for name in chapter if name.split("/")[1] == stem] or [
            name
            for name in chapter
            if re.search(rf"(?<![^\W_]){name.split('/')[1]}(?![^\W_])", stem)
        ]

    # ------------------------------------------------------------------------------ the result

    def result(self) -> Class:
        """One submission for each student and exercise."""
        self._infer_chapters()
        known = [one for one in self.attempts if one.exercise]
        folders = safe_names(map(self._person, self.places))
        grouped = defaultdict(list)
        for one in known:
            grouped[self._person(one.place), one.exercise].append(one)
        began = {(folders[person], exercise.split("/")[0]) for person, exercise in grouped}
        for place in self.places:
            chapters = {place.chapter} if place.chapter else self.beside[place.above]
            if len(chapters) == 1:
                began.add((folders[self._person(place)], *chapters))
        extra = self._leave_out_unknown()
        submissions = []
        for (person, exercise), attempts in grouped.items():
            taken, notes = self._latest(attempts)
            chapter = exercise.split("/")[0]
            notes += extra.get((person, chapter), []) + extra.get((person, ""), [])
            name = shown(person)
            submissions.append(
                Submission(
                    folders[person],
                    exercise,
                    taken.data,
                    taken.problem,
                    tuple(dict.fromkeys(notes)),
                    "" if name == folders[person] else name,
                )
            )
        if self.litter:
            self.left_out.append(
                f"{self.litter} files that systems and Jupyter keep for themselves"
            )
        submissions.sort(key=lambda one: (one.exercise, one.student))
        return Class(submissions, self.left_out, self.exercises, frozenset(began))

    def _person(self, place: _Place) -> str:
        if place.number and place.student in self.namesakes:
            return f"{place.student}_{place.number}"
        return place.student

    def _infer_chapters(self) -> None:
        """Tell unreadable notebooks whose name stands in several chapters by those that lie beside them."""
        self.beside: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for one in self.attempts:
            if one.exercise:
                self.beside[one.place.above].add(one.exercise.split("/")[0])
        numbers = defaultdict(set)
        for place in self.places:
            numbers[place.above, place.student].add(place.number)
        self.namesakes = {student for (_, student), found in numbers.items() if len(found) > 1}
        for one in self.attempts:
            if one.exercise:
                continue
            chapters = self.beside[one.place.above]
            named = [name for name in self._named(one.place) if name.split("/")[0] in chapters]
            if len(named) == 1:
                one.exercise = named[0]
            else:
                which = (
                    " or ".join(self._named(one.place)) or "which exercise, its name does not tell"
                )
                self.leave_out(one.parts, f"{one.problem} ({which})")

    def _leave_out_unknown(self) -> dict[tuple[str, str], list[str]]:
        notes = defaultdict(list)
        for folder, files in sorted(self.unknown.items()):
            names = [shown(name) for name, _ in files]
            more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
            self.leave_out(folder, f"{', '.join(names[:5])}{more}: only notebooks are read")
            for _, place in files[:5]:
                if place:
                    key = (self._person(place), place.chapter)
                    notes[key].append(f"an unknown file {shown(place.file)} was left out")
        return notes

    def _latest(self, attempts: list[_Attempt]) -> tuple[_Attempt, list[str]]:
        """The attempt that counts, and notes on the others. One that cannot be graded counts if no other can."""
        attempts = sorted(attempts, key=self._order, reverse=True)
        taken = attempts[0]
        notes = [taken.note] if taken.note else []
        for other in attempts[1:]:
            if other.data == taken.data and other.data:
                continue
            why = f" ({other.problem})" if other.problem else ""
            notes.append(f"handed in twice: {taken.shown} was taken, {other.shown} was not{why}")
        return taken, notes

    def _order(self, one: _Attempt) -> tuple:
        again = _AGAIN.search(_stem(one.place.file))
        number = int(again[1] or again[2]) if again and one.place.upload else 0
        return (
            not one.problem,
            -one.place.depth,
            one.place.upload,
            number,
            self._time(one),
            one.parts,
        )

    def _time(self, one: _Attempt) -> float:
        if text := self.timestamps.get(one.parts[:-1], "").strip():
            from nbgrader.utils import parse_utc  # takes a second to import

            try:
                return parse_utc(text).replace(tzinfo=UTC).timestamp()
            except (ValueError, OverflowError, TypeError):
                return one.modified
        return one.modified


def _bad_name(parts: tuple[str, ...]) -> str:
    if "" in parts or ".." in parts or "." in parts or re.fullmatch(r"[A-Za-z]:", parts[0]):
        return "its name leads out of the zip or is no path; it was not read"
    if len(parts) > DEPTH or any(len(part) > LONGEST for part in parts):
        return "its name is longer than a file's can be; it was not read"
    return ""

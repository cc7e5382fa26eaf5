"""Read what was handed in: a folder or a zip, as nbgrader or a platform lays it out.

Whatever students handed in is hostile until shown otherwise. Nothing is extracted, links are not followed, and all that is
read is bounded. Who handed something in is told by the outermost part of its path, which students do not choose.
"""

import hashlib
import io
import re
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursekit.grading.intake import bounds
from coursekit.grading.intake.attempts import Attempt, Attempts
from coursekit.grading.intake.bounds import Bounded, UnreadableError, open_regular
from coursekit.grading.intake.desk import Desk, Taken
from coursekit.grading.intake.folders import File, files_in_folder
from coursekit.grading.intake.identity import Exercises
from coursekit.grading.intake.names import shown
from coursekit.grading.intake.platforms import (
    HANDED_IN,
    LAYOUTS,
    MOODLE,
    NAMELESS,
    Place,
    blackboards_users,
    folder_of,
    is_platforms,
    is_receipt,
    place_of,
    stem,
)
from coursekit.grading.intake.submissions import Class
from coursekit.grading.intake.zips import files_in_zip, opened_zip
from coursekit.grading.limited import FailedError, Limited
from coursekit.problem import PageError
from coursekit.units import MIB, counted

ENDINGS = (".ipynb", ".zip")
_LITTER = re.compile(
    r"__MACOSX|\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|\.ipynb_checkpoints|__pycache__|\.git|\.github"
)


class NothingHandedInError(PageError):
    """Among what was to be read is no submission."""


def read_submissions(
    path: Path, exercises: Mapping[str, tuple[NotebookNode, NotebookNode]], keep: Path
) -> Class:
    """Read a folder or a zip of submissions.

    ``exercises`` are the solution and what students get of it, by ``<chapter>/<exercise>``. The files that were handed in are
    kept in the folder ``keep``, which need not be there yet, as they are, each under its own digest.

    Raises PageError where it cannot be read, NothingHandedInError where there is nothing to grade.
    """
    keep.mkdir(parents=True, exist_ok=True)
    texts = {name: tuple(map(nbformat.v4.writes, both)) for name, both in exercises.items()}
    with Limited(Desk, texts) as desk:
        return _read(path, Reader({name: one for name, (_, one) in exercises.items()}, desk, keep))


def _read(path: Path, reader: "Reader") -> Class:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise PageError(f"{path} cannot be read: {error.strerror}; name {LAYOUTS}") from error
    if stat.S_ISDIR(mode):
        reader.take_all(list(files_in_folder(path, reader.leave_out)), (), 0)
    elif stat.S_ISREG(mode) and path.suffix.lower() == ".zip":
        try:
            with Bounded(open_regular(path)) as file, opened_zip(file) as archive:
                reader.take_all(files_in_zip(archive), (), 1)
        except (OSError, UnreadableError) as error:
            raise PageError(f"{path} cannot be read: {error}") from error
    else:
        raise PageError(f"{path} is neither a folder nor a zip; name {LAYOUTS}")
    found = reader.result()
    if not found.submissions:
        raise NothingHandedInError(
            "\n".join([f"{path} holds no submission; name {LAYOUTS}", *found.left_out])
        )
    return found


class Reader:
    """Takes files, one after the other, and makes submissions of them."""

    def __init__(self, exercises: Mapping[str, NotebookNode], desk: Limited, keep: Path) -> None:
        self.desk, self.keep = desk, keep
        self.chapters = {name.split("/")[0] for name in exercises}
        self.exercises = Exercises(exercises)
        self.attempts = Attempts(self.exercises)
        self.left_out: list[str] = []
        self.users: dict[str, str] = {}
        self.litter = 0
        self.read: Counter[tuple[str, str]] = Counter()
        self.bytes: Counter[tuple[str, str]] = Counter()
        self.files: Counter[tuple[str, str]] = Counter()
        self.total = 0
        self.flooded: set[tuple[str, str]] = set()

    def leave_out(self, parts: tuple[str, ...], why: str) -> None:
        """Note that a file or folder was not taken, and why."""
        where = shown("/".join(parts))
        self.left_out.append(f"{where}: {why}" if where else why)

    def take_all(self, files: list[File], above: tuple[str, ...], zips: int) -> None:
        """Take the files of a folder or zip that lies in ``above``, within so many zips."""
        good = []
        for file in files:
            if any(_LITTER.fullmatch(part) for part in file.parts):
                self.litter += 1
            elif bad := _bad_name(file.parts):
                self.leave_out((*above, *file.parts), bad)
            else:
                good.append(file)
        if all(folder_of(part) in self.chapters for part in above):
            good = self._without_receipts(self._without_grades(self._without_top(good)))
        for file in sorted(good, key=lambda file: file.parts):
            if file.parts[-1].lower().endswith(".zip"):
                alone = len(good) == 1 and len(file.parts) == 1
                self._take_zip(file, above, zips, alone)
            else:
                self._take(file, above)

    def _without_top(self, files: list[File]) -> list[File]:
        """Drop the folders at the top that hold everything and name nobody, and all that lies beside ``submitted``."""
        while asked := [one.parts for one in files if one.parts[-1].lower().endswith(ENDINGS)]:
            heads = {parts[0] if len(parts) > 1 else "" for parts in asked}
            if found := [head for head in heads if head.casefold() in HANDED_IN]:
                inside = [one for one in files if one.parts[0] in found and len(one.parts) > 1]
                if beside := len(files) - len(inside):
                    self.leave_out(
                        (),
                        f"{counted(beside, 'file')} beside the folder {found[0]}; only that was read",
                    )
                return [replace(one, parts=one.parts[1:]) for one in inside]
            top = heads.pop()
            if heads or not top or top in self.chapters or MOODLE.fullmatch(top):
                break
            rest = [parts[1:] for parts in asked]
            zips = [parts for parts in rest if parts[-1].lower().endswith(".zip")]
            if len(rest) == len(zips) == 1:
                break
            if any(
                not place_of(parts, self.chapters, self.users)
                for parts in rest
                if parts not in zips
            ):
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

    def _without_grades(self, files: list[File]) -> list[File]:
        """Leave out the folders of earlier gradings, in which every student stands anew."""
        there = {file.parts for file in files}
        grades = {
            parts[:-1]
            for parts in there
            if len(parts) > 1
            and parts[-1] == "gradebook.db"
            and any(one[: len(parts)] == (*parts[:-1], "results") for one in there)
        }
        for folder in sorted(grades):
            self.leave_out(folder, "holds grades of an earlier grading; it was not read")
        return [
            file
            for file in files
            if not any(file.parts[: len(folder)] == folder for folder in grades)
        ]

    def _without_receipts(self, files: list[File]) -> list[File]:
        """Read in Blackboard's receipts who is who; they are nothing to grade."""
        alone = {file.parts[0]: file for file in files if len(file.parts) == 1}

        def text_of(name: str) -> str:
            try:
                return alone[name].read(MIB).decode("utf-8-sig", "replace")
            except UnreadableError:
                return ""

        self.users |= blackboards_users(alone, text_of)
        receipts = {name for name in alone if is_receipt(name, self.users)}
        return [file for file in files if len(file.parts) > 1 or file.parts[0] not in receipts]

    def _take_zip(self, file: File, above: tuple[str, ...], zips: int, alone: bool) -> None:
        parts = (*above, *file.parts)
        if zips >= 2:
            self.leave_out(parts, "a zip within a zip within a zip is not opened")
            return
        place = place_of((*parts, ""), self.chapters, self.users)
        if stem(parts[-1]).casefold() in HANDED_IN and len(file.parts) == 1:
            place = None
        if place and not self._may_read(place, parts, 10):  # opening a zip takes longer
            return
        own = place and place.above == parts[:-1] and not is_platforms(parts[-1])
        try:
            # A lone zip may be that of the class.
            data = file.read(bounds.ZIP_BYTES if place and not alone else bounds.CLASS_BYTES)
            with opened_zip(Bounded(io.BytesIO(data))) as archive:
                inside = files_in_zip(archive)
                if own and alone and self._holds_class(inside):
                    place = None
                elif own and any(is_platforms(part) for one in inside for part in one.parts):
                    # Whether an export of the platform or a student's zip with others' names in it, nobody can tell.
                    why = "holds files under the names of several students; grade it by itself, or call it after its chapter"
                    self.leave_out(parts, why)
                    return
                through = place is None and folder_of(parts[-1]) not in self.chapters
                self.take_all(inside, above if through else parts, zips + 1)
        except UnreadableError as error:
            self.leave_out(parts, f"the zip was not read: {error}")
        self.attempts.places |= {place} - {None}

    def _holds_class(self, inside: list[File]) -> bool:
        """Whether a zip tells students by itself, or is one student's."""
        zips = [one for one in inside if one.parts[-1].lower().endswith(".zip")]
        told = [
            (part in self.chapters and number > 0) or is_platforms(part)
            for one in inside
            for number, part in enumerate(one.parts)
        ]
        return len(zips) > 1 or any(told)

    def _may_read(self, place: Place, parts: tuple[str, ...], cost: int = 1) -> bool:
        """Count what is read of a student; no more than so many files."""
        who = (place.student, place.number)
        before = self.files[who]
        self.files[who] += cost
        if before < bounds.STUDENT_FILES:
            return True
        if who not in self.flooded:
            self.flooded.add(who)
            self.leave_out(
                parts,
                f"this and more was not read: over {bounds.STUDENT_FILES} files of one student",
            )
        return False

    def _take(self, file: File, above: tuple[str, ...]) -> None:
        parts = (*above, *file.parts)
        place = place_of(parts, self.chapters, self.users)
        self.attempts.places |= {place} - {None}
        if parts[-1] == "timestamp.txt":
            try:
                self.attempts.timestamps[parts[:-1]] = file.read(MIB)[:200].decode(
                    "utf-8", "replace"
                )
            except UnreadableError as error:
                self.leave_out(parts, str(error))
            return
        if not parts[-1].lower().endswith(".ipynb"):
            self.attempts.unknown[parts[:-1]].append((parts[-1], place))
            return
        if place is None:
            self.leave_out(parts, NAMELESS)
            return
        who = (place.student, place.number)
        if not self._may_read(place, parts):
            return
        try:
            if self.read[who] > bounds.STUDENT_READ:
                raise UnreadableError(
                    f"the student's files are larger than {bounds.STUDENT_READ // MIB} MiB together"
                )
            data = file.read(bounds.FILE_BYTES)
        except UnreadableError as error:
            taken = Taken(self.exercises.called(place), str(error))
            self.attempts.all.append(Attempt(place, parts, file.modified, "", None, taken))
            return
        self.read[who] += len(data)
        digest = hashlib.sha256(data).hexdigest()
        original = self.keep / f"{digest}.ipynb"
        if not original.exists():
            original.write_bytes(data)
        taken = self._bounded(who, self._taken(data, place))
        attempt = Attempt(place, parts, file.modified, digest, original, taken)
        self.attempts.all.append(attempt)

    def _taken(self, data: bytes, place: Place) -> Taken:
        try:
            exercise, problem, notes, official = self.desk("take_in", data, place)
        except FailedError as error:
            return Taken(self.exercises.called(place), f"it could not be read: {error}")
        return Taken(exercise, problem, tuple(notes), official)

    def _bounded(self, who: tuple[str, str], taken: Taken) -> Taken:
        """The same, without the notebook where that is more than there is room for."""
        problem, size = "", len(taken.official)
        if self.bytes[who] + size > bounds.STUDENT_BYTES:
            problem = f"the student's notebooks are larger than {bounds.STUDENT_BYTES // MIB} MiB together"
        elif self.total + size > bounds.CLASS_BYTES:
            problem = f"all notebooks together are larger than {bounds.CLASS_BYTES // MIB} MiB; grade fewer at once"
        if problem:
            return replace(taken, problem=problem, official="")
        self.bytes[who] += size
        self.total += size
        return taken

    def result(self) -> Class:
        """One submission for each student and exercise."""
        submissions, began = self.attempts.result(self.leave_out)
        if self.litter:
            self.left_out.append(
                f"{counted(self.litter, 'file')} that systems, Git and Jupyter keep for themselves"
            )
        return Class(submissions, self.left_out, self.exercises.names, began)


def _bad_name(parts: tuple[str, ...]) -> str:
    if "" in parts or ".." in parts or "." in parts or re.fullmatch(r"[A-Za-z]:", parts[0]):
        return "its name leads out of the zip or is no path; it was not read"
    if len(parts) > bounds.DEPTH or any(len(part) > bounds.LONGEST for part in parts):
        return "its name is longer than a file's can be; it was not read"
    return ""

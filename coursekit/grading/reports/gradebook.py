"""nbgrader's gradebook and folders, made from the records, so that nbgrader serves what a person grades.

In the folder of grades, ``nbgrader formgrader`` then shows every submission, with the answers in words waiting for a person,
and ``nbgrader export`` writes the points. What a person entered stays when a submission is graded again.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from nbformat import NotebookNode

from coursekit.grading.limited import FailedError
from coursekit.grading.reports.autograded import digest_of, text_of
from coursekit.grading.results import Result, graded_text, not_shown, path_of, write_atomically
from coursekit.pages.exercises import nbgrader_config
from coursekit.paths import ROOT
from coursekit.problem import PageError

# Carries out a method of the desk; raises FailedError.
Ask = Callable[..., Any]
DATABASE = "gradebook.db"
BATCH = 50  # submissions between two commits
CONFIG = '''\
# nbgrader's settings for these grades, written by `course grade`.
from nbgrader.preprocessors import NbGraderPreprocessor


class GradeInSandbox(NbGraderPreprocessor):
    """nbgrader would run submissions unprotected, with the solutions in reach."""

    def preprocess(self, nb, resources):
        raise RuntimeError("nbgrader runs submissions without a sandbox; use `course grade`")


c = get_config()
c.CourseDirectory.course_id = {course!r}
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.Autograde.sanitize_preprocessors = [GradeInSandbox]
'''


@dataclass(frozen=True)
class ByHand:
    """What the gradebook says of a submission beside its checks.

    ``points`` and ``comments`` are what a person entered, by cell, ``waiting`` the points that still wait for one. It was
    handed in ``late`` by so many seconds, which costs a ``penalty`` of points.
    """

    points: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[str, float] = field(default_factory=dict)
    late: float = 0.0
    penalty: float = 0.0


def write_gradebook(
    folder: Path,
    results: Iterable[Result],
    solutions: Mapping[str, NotebookNode],
    ask: Ask,
    failed: dict[tuple[str, str], str] | None = None,
) -> int:
    """Bring nbgrader's gradebook and folders in ``folder`` up to date; return how many submissions changed.

    ``solutions`` are the notebooks by exercise. ``ask`` has a desk do what is to be done with a student's notebook; where that
    fails, the submission goes into the gradebook without its cells, and into ``failed`` by student and exercise, with the
    reason. What was handed in lies in nbgrader's folder already; where it does not, the graded notebook without its outputs
    goes there. Called again it changes only what changed, and completes what was cut off.

    Raises PageError where an exercise has other cells than when its first submissions came into the gradebook.
    """
    course = course_config().CourseDirectory.course_id
    _write_if_new(folder / "nbgrader_config.py", CONFIG.format(course=course))
    results = [replace(one, seconds=0.0, own_seconds=0.0) for one in results]  # decide nothing
    exercises = sorted({result.exercise for result in results})
    if unknown := [name for name in exercises if name not in solutions]:
        raise PageError(f"there is no solution for {', '.join(unknown)}; grade known exercises")
    with open_gradebook(folder) as gradebook:
        for name in exercises:
            _write_exercise(gradebook, folder, name, solutions[name])
        writer = _Writer(gradebook, folder, solutions, ask)
        changed = writer.write(results)
    if failed is not None:
        failed |= writer.failed
    return changed


def read_by_hand(folder: Path) -> dict[tuple[str, str], ByHand]:
    """What a person entered in the gradebook, by student and exercise; empty where there is no gradebook."""
    if not (folder / DATABASE).exists():
        return {}
    from nbgrader import api

    found: dict[tuple[str, str], dict[str, Any]] = {}
    columns = (api.Student.id, api.Assignment.name, api.Notebook.name, api.BaseCell.name)

    def rows(kind: Any, *wanted: Any) -> Iterator[tuple[dict[str, Any], str, Any]]:
        query = gradebook.db.query(*columns, *wanted).select_from(kind)
        query = query.join(api.BaseCell, api.BaseCell.id == kind.cell_id)
        query = query.join(api.SubmittedNotebook, api.SubmittedNotebook.id == kind.notebook_id)
        query = query.join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        query = query.join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
        query = query.join(
            api.SubmittedAssignment,
            api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id,
        ).join(api.Student, api.Student.id == api.SubmittedAssignment.student_id)
        for student, chapter, notebook, cell, *values in query:
            key = student, f"{chapter}/{notebook}"
            yield found.setdefault(key, dict(points={}, comments={}, waiting={})), cell, values

    with open_gradebook(folder) as gradebook:
        maxima = {cell.id: cell.max_score for cell in gradebook.db.query(api.GradeCell)}
        grade = api.Grade
        for entry, cell, (name, auto, manual, extra) in rows(
            grade, grade.cell_id, grade.auto_score, grade.manual_score, grade.extra_credit
        ):
            if manual is not None or extra is not None:
                entry["points"][cell] = (auto or 0.0 if manual is None else manual) + (extra or 0.0)
            elif auto is None:
                entry["waiting"][cell] = maxima.get(name, 0.0)
        for entry, cell, (comment,) in rows(api.Comment, api.Comment.manual_comment):
            if comment:
                entry["comments"][cell] = comment
        for submission in gradebook.db.query(api.SubmittedAssignment):
            seconds = submission.total_seconds_late if submission.duedate else 0
            for notebook in submission.notebooks:
                entry = found.get((submission.student_id, f"{submission.name}/{notebook.name}"))
                if entry is not None and seconds:
                    entry |= dict(late=seconds, penalty=notebook.late_submission_penalty or 0.0)
    return {key: ByHand(**entry) for key, entry in found.items()}


def course_config() -> Any:
    """nbgrader's settings for the course."""
    return nbgrader_config(ROOT)


@contextmanager
def open_gradebook(folder: Path) -> Iterator[Any]:
    """nbgrader's gradebook in a folder; a new one appears there whole or not at all."""
    from nbgrader.api import Gradebook

    course = course_config().CourseDirectory.course_id
    path = folder / DATABASE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f".{DATABASE}.new"
        new.unlink(missing_ok=True)
        # nbgrader asks the command alembic, which lies beside Python, for the version of its tables.
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        with (
            patch.dict(os.environ, PATH=search),
            Gradebook(f"sqlite:///{new.absolute()}", course) as gradebook,
        ):
            _written().metadata.create_all(gradebook.engine)
        new.replace(path)
    with Gradebook(f"sqlite:///{path.absolute()}", course) as gradebook:
        _written().metadata.create_all(gradebook.engine)
        yield gradebook


def _written() -> Any:
    """A table beside nbgrader's: of what each submission was written, in the same transaction as its grades.

    A row without student stands for the exercise itself. ``work`` is of what the student wrote.
    """
    from sqlalchemy import Column, MetaData, String, Table

    columns = [Column(name, String, primary_key=True) for name in ("student", "exercise")]
    return Table(
        "course_written", MetaData(), *columns, Column("digest", String), Column("work", String)
    )


def _note(gradebook: Any, student: str, exercise: str, digest: str, work: str = "") -> None:
    from sqlalchemy.dialects.sqlite import insert

    row = insert(_written()).values(student=student, exercise=exercise, digest=digest, work=work)
    row = row.on_conflict_do_update(
        index_elements=["student", "exercise"], set_=dict(digest=digest, work=work)
    )
    gradebook.db.execute(row)


def _write_exercise(gradebook: Any, folder: Path, name: str, solution: NotebookNode) -> None:
    """Put an exercise's solution into nbgrader's source folder, and its cells into the gradebook."""
    from nbgrader.preprocessors import SaveCells

    text = text_of(solution)
    _write_if_new(folder / "source" / f"{name}.ipynb", text)
    table, digest = _written(), digest_of(text)
    known = gradebook.db.execute(
        table.select().where(table.c.student == "", table.c.exercise == name)
    ).first()
    if known and known.digest == digest:
        return
    chapter, notebook = name.split("/")
    gradebook.update_or_create_assignment(chapter)
    url = str(gradebook.engine.url)
    resources = {"nbgrader": {"notebook": notebook, "assignment": chapter, "db_url": url}}
    try:
        SaveCells().preprocess(deepcopy(solution), resources)
    except RuntimeError as error:  # nbgrader refuses to change the cells of what it has grades for
        raise PageError(
            f"{folder / DATABASE}: {name} has other cells than when it was first graded ({error}); grade into a new folder"
        ) from error
    gradebook.db.expire_all()
    _note(gradebook, "", name, digest)
    gradebook.db.commit()


class _Writer:
    """Writes submissions. Their grades are committed with what they were written of, and after their files are there."""

    def __init__(
        self,
        gradebook: Any,
        folder: Path,
        solutions: Mapping[str, NotebookNode],
        ask: Ask,
    ):
        from nbgrader import api

        self.api, self.gradebook, self.db = api, gradebook, gradebook.db
        self.folder, self.ask = folder, ask
        self.failed: dict[tuple[str, str], str] = {}
        # A query for each submission would take longer than all else, so the few tables are read once.
        self.students = {one.id: one for one in self.db.query(api.Student)}
        self.assignments = {one.name: one for one in self.db.query(api.Assignment)}
        self.notebooks = {(one.assignment_id, one.name): one for one in self.db.query(api.Notebook)}
        self.submissions = {
            (one.student_id, one.assignment_id): one
            for one in self.db.query(api.SubmittedAssignment)
        }
        self.handed_in = {
            (one.assignment_id, one.notebook_id): one
            for one in self.db.query(api.SubmittedNotebook)
        }
        self.cells = {
            one.id: [(cell, isinstance(cell, api.GradeCell)) for cell in one._base_cells]
            for one in self.notebooks.values()
        }
        self.known = {
            (row.student, row.exercise): row for row in self.db.execute(_written().select())
        }
        self.solution_digests = {name: digest_of(text_of(one)) for name, one in solutions.items()}

    def write(self, results: Iterable[Result]) -> int:
        changed = 0
        for result in results:
            text = graded_text(self.folder, result)
            digest = digest_of(repr(result), text, self.solution_digests[result.exercise])
            known = self.known.get((result.student, result.exercise))
            there = path_of(self.folder / "autograded", result.student, result.exercise, ".ipynb")
            missing = result.status == "missing"
            if known and known.digest == digest and (missing or _is_there(there)):
                continue
            if missing:
                self._remove(result)
                work = ""
            else:
                work = self._write(result, text, known.work if known else None)
            _note(self.gradebook, result.student, result.exercise, digest, work)
            changed += 1
            if changed % BATCH == 0:
                self.db.commit()
        self.db.commit()
        return changed

    def _write(self, result: Result, text: str, work_before: str | None) -> str:
        try:
            made = self.ask("autograded", result, text)
        except FailedError as error:
            self.failed[result.student, result.exercise] = str(error)
            made = self.ask("autograded", not_shown(result, str(error)), "")
        self._grade(result, set(made["untouched"]), made["work"] != work_before)
        submitted = path_of(self.folder / "submitted", result.student, result.exercise, ".ipynb")
        if not _is_there(submitted):
            _write_if_new(submitted, made["submitted"])
        shown = path_of(self.folder / "autograded", result.student, result.exercise, ".ipynb")
        _write_if_new(shown, made["autograded"])
        return made["work"]

    def _grade(self, result: Result, untouched: set[str], new_work: bool) -> None:
        handed_in = self._handed_in(result)
        grades = {grade.cell_id: grade for grade in handed_in.grades}
        comments = {comment.cell_id: comment for comment in handed_in.comments}
        points = {mark.check: mark.points for mark in result.marks}
        for stored, graded in self.cells[handed_in.notebook_id]:
            if not graded:
                comment = comments.get(stored.id)
                if comment is None:
                    comment = self.api.Comment(cell_id=stored.id, notebook_id=handed_in.id)
                    self.db.add(comment)
                comment.auto_comment = "No response." if stored.name in untouched else None
                continue
            grade = grades.get(stored.id)
            if grade is None:
                grade = self.api.Grade(cell_id=stored.id, notebook_id=handed_in.id)
                self.db.add(grade)
            before = grade.auto_score
            if stored.cell_type == "code":
                grade.auto_score = points.get(stored.name, 0.0)
            else:
                # As nbgrader has it: 0 where nothing was written, otherwise for a person.
                grade.auto_score = 0.0 if stored.name in untouched else None
            if grade.manual_score is None:
                grade.needs_manual_grade = grade.auto_score is None
            elif new_work or grade.auto_score != before:
                # A person's points were for something else.
                grade.needs_manual_grade = True
        if result.flags:
            handed_in.flagged = True

    def _handed_in(self, result: Result) -> Any:
        """nbgrader's entry for a submission, made where there is none."""
        chapter, name = result.exercise.split("/")
        assignment = self.assignments[chapter]
        notebook = self.notebooks[assignment.id, name]
        if result.student not in self.students:
            student = self.api.Student(id=result.student)
            self.db.add(student)
            self.students[result.student] = student
        key = result.student, assignment.id
        if key not in self.submissions:
            new = self.api.SubmittedAssignment(
                id=self.api.new_uuid(), assignment_id=assignment.id, student_id=result.student
            )
            self.db.add(new)
            self.submissions[key] = new
        submission = self.submissions[key]
        entry = self.handed_in.get((submission.id, notebook.id))
        if entry is None:
            entry = self.api.SubmittedNotebook(
                id=self.api.new_uuid(), assignment_id=submission.id, notebook_id=notebook.id
            )
            self.db.add(entry)
            self.handed_in[submission.id, notebook.id] = entry
        return entry

    def _remove(self, result: Result) -> None:
        """Take a submission that is missing out of nbgrader, unless a person has graded it."""
        chapter, name = result.exercise.split("/")
        assignment = self.assignments[chapter]
        submission = self.submissions.get((result.student, assignment.id))
        notebook = self.notebooks[assignment.id, name]
        entry = self.handed_in.get((submission.id, notebook.id)) if submission else None
        if entry is not None:
            touched = [
                *(x for x in entry.grades if (x.manual_score, x.extra_credit) != (None, None)),
                *(x for x in entry.comments if x.manual_comment),
            ]
            if touched:
                return
            self.db.commit()
            self.gradebook.remove_submission_notebook(name, chapter, result.student)
            del self.handed_in[submission.id, notebook.id]
        for place in ("autograded", "submitted"):
            path_of(self.folder / place, result.student, result.exercise, ".ipynb").unlink(
                missing_ok=True
            )


def _is_there(path: Path) -> bool:
    return (
        path.exists() and path.stat().st_size > 0
    )  # 0 where the machine stopped before its disk had it


def _write_if_new(path: Path, text: str) -> None:
    if not path.exists() or path.read_bytes() != text.encode("utf-8", "surrogatepass"):
        write_atomically(path, text, durable=False)

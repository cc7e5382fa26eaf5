"""nbgrader's gradebook and folders, made from the records, so that nbgrader serves what a person grades.

In the folder of grades, ``nbgrader formgrader`` then shows every submission, with the answers in words waiting for a person,
and ``nbgrader export`` writes the points. What a person entered stays when a submission is graded again.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
from nbformat import NotebookNode

from coursekit.grading.results import GRADED, STATUSES, Result, path_of, write_atomically
from coursekit.pages.exercises import kind_of, nbgrader_config
from coursekit.paths import ROOT
from coursekit.problem import PageError

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
    """What a person entered for a submission: points and comments by cell, and by cell the points that still wait."""

    points: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    waiting: Mapping[str, float] = field(default_factory=dict)


def write_gradebook(
    folder: Path,
    results: Iterable[Result],
    solutions: Mapping[str, NotebookNode],
    submitted: Mapping[tuple[str, str], Path] | None = None,
) -> int:
    """Bring nbgrader's gradebook and folders in ``folder`` up to date; return how many submissions changed.

    ``solutions`` are the notebooks by exercise, ``submitted`` the files handed in by student and exercise; without one, nbgrader
    gets the graded notebook without its outputs. Called again it changes only what changed, and completes what was cut off.

    Raises PageError where an exercise has other cells than when its first submissions came into the gradebook.
    """
    course = nbgrader_config(ROOT).CourseDirectory.course_id
    _write_if_new(folder / "nbgrader_config.py", CONFIG.format(course=course))
    results = [replace(one, seconds=0.0, own_seconds=0.0) for one in results]  # decide nothing
    exercises = sorted({result.exercise for result in results})
    if unknown := [name for name in exercises if name not in solutions]:
        raise PageError(f"there is no solution for {', '.join(unknown)}; grade known exercises")
    with _open(folder, course) as gradebook:
        for name in exercises:
            _write_exercise(gradebook, folder, name, solutions[name])
        return _Writer(gradebook, folder, solutions, submitted or {}).write(results)


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

    with _open(folder, nbgrader_config(ROOT).CourseDirectory.course_id) as gradebook:
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
    return {key: ByHand(**entry) for key, entry in found.items()}


@contextmanager
def _open(folder: Path, course: str) -> Iterator[Any]:
    """nbgrader's gradebook in a folder; a new one appears there whole or not at all."""
    from nbgrader.api import Gradebook

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

    text = _text(solution)
    _write_if_new(folder / "source" / f"{name}.ipynb", text)
    table, digest = _written(), _digest(text)
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
        submitted: Mapping[tuple[str, str], Path],
    ):
        from nbgrader import api

        self.api, self.gradebook, self.db = api, gradebook, gradebook.db
        self.folder, self.solutions, self.submitted = folder, solutions, submitted
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
        self.solution_digests = {name: _digest(_text(one)) for name, one in solutions.items()}

    def write(self, results: Iterable[Result]) -> int:
        changed = 0
        for result in results:
            graded = path_of(self.folder / "results", result.student, result.exercise, ".ipynb")
            text = graded.read_text(encoding="utf-8") if graded.exists() else ""
            digest = _digest(repr(result), text, self.solution_digests[result.exercise])
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
        solution = self.solutions[result.exercise]
        notebook = read_graded(text) if text else _stand_in(solution, result)
        cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if kind_of(cell)}
        theirs = [cell for cell in cells.values() if kind_of(cell) in ("solution", "answer")]
        work = _digest(*(cell.source for cell in theirs))
        self._grade(result, cells, work != work_before)
        self._write_files(result, notebook)
        return work

    def _write_files(self, result: Result, notebook: NotebookNode) -> None:
        original = self.submitted.get((result.student, result.exercise))
        if original:
            text = original.read_text(encoding="utf-8", errors="replace")
        else:
            text = _text(_without_outputs(notebook))
        places = [
            path_of(self.folder / place, result.student, result.exercise, ".ipynb")
            for place in ("submitted", "autograded")
        ]
        _write_if_new(places[0], text)
        _make_harmless(notebook, self.solutions[result.exercise])
        if said := what_grading_says(result):
            notebook.cells.insert(0, _said_cell(said))
        _write_if_new(places[1], _text(notebook))

    def _grade(self, result: Result, cells: Mapping[str, NotebookNode], new_work: bool) -> None:
        from nbgrader.utils import compute_checksum, determine_grade

        handed_in = self._handed_in(result)
        grades = {grade.cell_id: grade for grade in handed_in.grades}
        comments = {comment.cell_id: comment for comment in handed_in.comments}
        points = {mark.check: mark.points for mark in result.marks}
        for stored, graded in self.cells[handed_in.notebook_id]:
            cell = cells.get(stored.name)
            if not graded:
                comment = comments.get(stored.id)
                if comment is None:
                    comment = self.api.Comment(cell_id=stored.id, notebook_id=handed_in.id)
                    self.db.add(comment)
                same = cell and cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
                comment.auto_comment = "No response." if same else None
                continue
            grade = grades.get(stored.id)
            if grade is None:
                grade = self.api.Grade(cell_id=stored.id, notebook_id=handed_in.id)
                self.db.add(grade)
            before = grade.auto_score
            if stored.cell_type == "code":
                grade.auto_score = points.get(stored.name, 0.0)
            else:  # 0 where nothing was written, otherwise for a person
                grade.auto_score = determine_grade(cell)[0] if cell else None
            if grade.manual_score is None:
                grade.needs_manual_grade = grade.auto_score is None
            elif new_work or grade.auto_score != before:
                grade.needs_manual_grade = True  # a person's points were for something else
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


def read_graded(text: str) -> NotebookNode:
    """Read a notebook as grading wrote it, without the check of its form, which takes longer than all else."""
    return nbformat.v4.reads(text)


def what_grading_says(result: Result) -> str:
    """What a person who looks at the submission must know; empty for one that was graded without any surprise."""
    lines = []
    if result.status != GRADED:
        lines = [f"Status: {result.status}.", result.message, STATUSES.get(result.status, "")]
        lines.append("Checks that were not run gave no points.")
    lines += [f"Flag: {flag}" for flag in result.flags] + [f"Note: {note}" for note in result.notes]
    return "\n".join(line for line in lines if line)


def _make_harmless(notebook: NotebookNode, solution: NotebookNode) -> None:
    """Take out of a graded notebook whatever could run a script in the browser of who reads it in the form grader.

    That page belongs to the reader's own Jupyter, and nbgrader puts metadata, HTML and pictures into it as they are.
    """
    from nbconvert.preprocessors.sanitize import SanitizeHTML

    sanitizer = SanitizeHTML(enabled=True)
    notebook.metadata = deepcopy(solution.metadata)
    known = {cell.metadata.nbgrader.grade_id for cell in solution.cells if kind_of(cell)}
    for number, cell in enumerate(notebook.cells):
        theirs = cell.metadata.get("nbgrader")
        official = theirs and theirs.get("grade_id") in known
        cell.metadata = NotebookNode(nbgrader=theirs) if official else NotebookNode()
        cell.id = f"cell-{number}"
        cell.pop("attachments", None)
        if cell.cell_type != "code":
            if "<" in cell.source:
                cell.source = sanitizer.sanitize_html_tags(cell.source)
            continue
        cell.outputs = [_harmless_output(output) for output in cell.outputs]


def _harmless_output(output: NotebookNode) -> NotebookNode:
    """An output's plain text, error or PNG picture alone."""
    if output.output_type == "stream":
        name = "stderr" if output.name == "stderr" else "stdout"
        return nbformat.v4.new_output("stream", name=name, text=output.text)
    if output.output_type == "error":
        said = {name: str(output.get(name, "")) for name in ("ename", "evalue")}
        lines = [str(line) for line in output.get("traceback", [])]
        return nbformat.v4.new_output("error", **said, traceback=lines)
    data = {
        kind: str(output.data[kind]) for kind in ("text/plain", "image/png") if kind in output.data
    }
    if not re.fullmatch(r"[A-Za-z0-9+/=\s]+", data.get("image/png", "")):
        data.pop("image/png", None)
    if not data:
        data = {"text/plain": "(an output without plain text is not shown)"}
    return nbformat.v4.new_output("display_data", data=data)


def _said_cell(said: str) -> NotebookNode:
    """A cell that tells a person about the grading, as plain output, which nothing takes for markup."""
    output = nbformat.v4.new_output("stream", name="stdout", text=said + "\n")
    cell = nbformat.v4.new_code_cell("# What grading says", outputs=[output])
    cell.id = "what-grading-says"
    return cell


def _stand_in(solution: NotebookNode, result: Result) -> NotebookNode:
    """A notebook for a submission that is none: checks that did not run, and nothing of the student's or the solution's."""
    notebook = nbformat.v4.new_notebook(metadata=deepcopy(solution.metadata))
    for cell in solution.cells:
        if kind_of(cell) not in ("check", "solution", "answer"):
            continue
        cell = deepcopy(cell)
        if kind_of(cell) == "check":
            reason = {"ename": "NotRun", "evalue": result.status, "traceback": [result.status]}
            cell.outputs = [nbformat.v4.new_output("error", **reason)]
        else:
            cell.source = ""
            if cell.cell_type == "code":
                cell.outputs = []
        notebook.cells.append(cell)
    return notebook


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    empty = dict(outputs=[], execution_count=None)
    cells = [
        NotebookNode({**cell, **empty}) if cell.cell_type == "code" else cell
        for cell in notebook.cells
    ]
    return NotebookNode({**notebook, "cells": cells})


def _text(notebook: NotebookNode) -> str:
    text = nbformat.v4.writes(notebook)
    return text if text.endswith("\n") else text + "\n"


def _is_there(path: Path) -> bool:
    return (
        path.exists() and path.stat().st_size > 0
    )  # 0 where the machine stopped before its disk had it


def _digest(*texts: str) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]


def _write_if_new(path: Path, text: str) -> None:
    if not path.exists() or path.read_bytes() != text.encode("utf-8", "surrogatepass"):
        write_atomically(path, text, durable=False)

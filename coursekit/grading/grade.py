"""Grade a class: what is to be marked, side by side, continued where it was, nothing lost."""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import joblib
import nbformat
from joblib.externals.loky.process_executor import TerminatedWorkerError
from nbformat import NotebookNode
from tqdm import tqdm

from coursekit.grading.exercise import Exercise, load_exercise
from coursekit.grading.intake.bounds import UnreadableError
from coursekit.grading.intake.notebooks import parse_notebook
from coursekit.grading.intake.official import official_notebook
from coursekit.grading.intake.reader import read_submissions
from coursekit.grading.intake.submissions import Submission
from coursekit.grading.marking import Task, end_with, mark, names_of, not_run
from coursekit.grading.reports.write import write_reports
from coursekit.grading.results import (
    GRADED,
    Result,
    path_of,
    read_result,
    read_results,
    write_atomically,
    write_result,
)
from coursekit.grading.sandbox.bubblewrap import missing_sandbox
from coursekit.grading.sandbox.limits import Limits
from coursekit.pages.exercises import is_exercise, kind_of
from coursekit.pages.notebook import pages
from coursekit.problem import PageError

RECORDS, HANDED_IN, COMPILED, SOLUTIONS = "results", ".handed_in", ".compiled", ".solutions"
ROUNDS = 5  # in which tasks are given out again whose worker was lost


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    students: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()
    again: bool = False
    jobs: int = -1
    cluster: str = ""
    walls: bool = True
    limits: Limits = field(default_factory=Limits)


@dataclass
class Outcome:
    """What a grading did: how many submissions were marked now and before, and all records."""

    marked: int
    kept: int
    results: list[Result]
    left_out: list[str]


def grade(root: Path, submitted: Path, out: Path, options: Options) -> Outcome:
    """Grade what was handed in and write records and reports to the folder ``out``.

    Submissions whose record fits them are left as they are, so a grading that was stopped goes on where it was.

    Raises PageError for what cannot be read, where there can be no sandbox, and where a solution fails its own checks.
    """
    if options.walls and (why := missing_sandbox()):
        raise PageError(
            f"{why} Without it, submissions could read and change all that you can: --no-sandbox does that."
        )
    exercises = load_exercises(root)
    handed_in = read_submissions(submitted, {name: one.student for name, one in exercises.items()})
    submissions = _chosen(handed_in.submissions, options)
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        tasks, marked, kept = _plan(root, out, submissions, exercises, options)
        _learn(root, out, {task.exercise for task in tasks}, exercises, options)
        marked += _mark_all(out, tasks, options)
        for student, exercise in handed_in.missing():
            record = not_run(
                student, exercise, "missing", "Nothing was handed in.", exercises[exercise].solution
            )
            if not path_of(out / RECORDS, student, exercise).exists():
                write_result(out / RECORDS, record)
        files = _keep_files(out, submissions)
        write_reports(out, {name: one.solution for name, one in exercises.items()}, files)
        return Outcome(marked, kept, read_results(out / RECORDS), handed_in.left_out)


def _keep_files(out: Path, submissions: list[Submission]) -> dict[tuple[str, str], Path]:
    """Keep what was handed in beside the records, byte by byte; a zip or an export may be gone tomorrow."""
    files = {}
    for one in submissions:
        path = path_of(out / HANDED_IN, one.student, one.exercise, ".ipynb")
        if not path.exists() or path.read_bytes() != one.notebook:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}")
            new.write_bytes(one.notebook)
            new.replace(path)
        files[one.student, one.exercise] = path
    return files


def load_exercises(root: Path) -> dict[str, Exercise]:
    """All exercises of the course, by ``<chapter>/<exercise>``."""
    names = [
        page.name.removeprefix("solutions/")
        for page in pages(root)
        if is_exercise(page.source, root)
    ]
    return {name: load_exercise(name, root) for name in names}


def _chosen(submissions: Iterable[Submission], options: Options) -> list[Submission]:
    submissions = list(submissions)
    for what, patterns, names in (
        ("student", options.students, {one.student for one in submissions}),
        ("exercise", options.exercises, {one.exercise for one in submissions}),
    ):
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise PageError(
                    f"no {what} {pattern}; there are: {', '.join(sorted(names)) or 'none'}"
                )
    return [
        one
        for one in submissions
        if _fits(one.student, options.students) and _fits(one.exercise, options.exercises)
    ]


def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep a second grading out of the folder while this one works."""
    with (out / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PageError(
                f"another grading works in {out}; wait for it, or name another folder"
            ) from None
        yield


def _plan(
    root: Path,
    out: Path,
    submissions: list[Submission],
    exercises: Mapping[str, Exercise],
    options: Options,
) -> tuple[list[Task], int, int]:
    """What is to be marked. What cannot be is recorded at once, what has its record is counted as kept."""
    tasks, marked, kept = [], 0, 0
    for one in submissions:
        exercise, notes, problem = exercises[one.exercise], one.notes, one.problem
        if not problem:
            try:
                theirs = parse_notebook(one.notebook)
                notebook, changes = official_notebook(theirs, exercise.solution, exercise.student)
                _keep_results(one.notebook, notebook)
                notes = (*notes, *changes)
            except UnreadableError as error:
                problem = str(error)
        if problem:
            record = not_run(one.student, one.exercise, "unreadable", problem, exercise.solution)
            new = _write_if_new(out, record)
            marked, kept = marked + new, kept + (not new)
            continue
        task = Task(
            one.student,
            one.exercise,
            nbformat.writes(notebook),
            names_of(exercise.solution),
            exercise.parameters,
            str(root),
            options.limits,
            options.walls,
            tuple(notes),
            str(out.resolve() / COMPILED),
        )
        if not options.again and _has_record(out, task):
            kept += 1
        else:
            tasks.append(task)
    return tasks, marked, kept


def _keep_results(data: bytes, notebook: NotebookNode) -> None:
    """Keep what the student's own full runs showed, for the person who reads the answers; they are not run again."""
    shown = {}
    for cell in json.loads(data.decode("utf-8-sig")).get("cells", []):
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            outputs = [nbformat.from_dict(output) for output in cell["outputs"]]
            shown[str(cell["metadata"]["nbgrader"]["grade_id"])] = outputs
    for cell in notebook.cells:
        if cell.cell_type == "code" and kind_of(cell):
            cell.outputs = shown.get(str(cell.metadata.nbgrader.grade_id), [])


def _has_record(out: Path, task: Task) -> bool:
    path = path_of(out / RECORDS, task.student, task.exercise)
    try:
        return (
            path.with_suffix(".ipynb").exists()
            and read_result(path).fingerprint == task.fingerprint
        )
    except (OSError, ValueError):
        return False


def _write_if_new(out: Path, record: Result) -> int:
    path = path_of(out / RECORDS, record.student, record.exercise)
    if path.exists() and read_result(path) == record:
        return 0
    path.with_suffix(".ipynb").unlink(missing_ok=True)
    write_result(out / RECORDS, record)
    return 1


# ---------------------------------------------------------------------------------- marking


def _learn(
    root: Path, out: Path, names: set[str], exercises: Mapping[str, Exercise], options: Options
) -> None:
    """Run the solutions: they must get full marks here, and they leave compiled programs that save each submission seconds.

    Raises PageError for a solution that fails.
    """
    tasks = []
    for name in sorted(names):
        text, compiled = nbformat.writes(exercises[name].solution), out.resolve() / COMPILED
        settings = (
            names_of(exercises[name].solution),
            exercises[name].parameters,
            str(root),
            options.limits,
            options.walls,
            ("solution",),
        )
        task = Task("solution", name, text, *settings, str(compiled), learn=True)
        record = out / SOLUTIONS / f"{name}.json"
        if not (
            record.exists()
            and compiled.exists()
            and json.loads(record.read_text()) == task.fingerprint
        ):
            tasks.append(task)

    def keep(task: Task, result: Result, _: str) -> None:
        lost = [f"{one.check}: {one.message}" for one in result.marks if one.outcome != "passed"]
        if lost or result.status != GRADED:
            why = "; ".join(lost) or f"{result.status}: {result.message}"
            raise PageError(
                f"the solution of {task.exercise} does not get full marks here, so nothing can be graded: {why}"
            )
        write_atomically(out / SOLUTIONS / f"{task.exercise}.json", json.dumps(task.fingerprint))

    _in_parallel(tasks, keep, options, "solutions")


def _mark_all(out: Path, tasks: list[Task], options: Options) -> int:
    def keep(task: Task, result: Result, notebook: str) -> None:
        path = path_of(out / RECORDS, task.student, task.exercise)
        write_atomically(path.with_suffix(".ipynb"), notebook)
        write_result(out / RECORDS, result)  # last: where it is, all of the submission is

    _in_parallel(tasks, keep, options, "submissions")
    return len(tasks)


def _in_parallel(
    tasks: list[Task], keep: Callable[[Task, Result, str], None], options: Options, what: str
) -> None:
    """Mark tasks side by side and keep each result as it comes."""
    if not tasks:
        return
    waiting = dict(enumerate(tasks))
    process = 0 if options.cluster else os.getpid()
    counts = {"running": 0, "not graded": 0}
    with tqdm(total=len(tasks), desc=what, unit="", dynamic_ncols=True) as bar, _backend(options):
        jobs = joblib.effective_n_jobs(options.jobs)
        for attempt in range(ROUNDS):
            work = (
                joblib.delayed(_mark)(number, task, process)
                for number, task in list(waiting.items())
            )
            parallel = joblib.Parallel(
                n_jobs=options.jobs,
                return_as="generator_unordered",
                pre_dispatch="2*n_jobs",
                batch_size=1,
            )
            try:
                for number, result, notebook in parallel(work):
                    keep(waiting.pop(number), result, notebook)
                    counts["not graded"] += result.status != GRADED
                    counts["running"] = min(jobs, len(waiting))
                    bar.set_postfix(counts)
                    bar.update()
                return
            except TerminatedWorkerError:
                if attempt == ROUNDS - 1:
                    raise PageError(
                        f"worker processes were killed {ROUNDS} times, perhaps for want of memory; {len(waiting)} submissions "
                        "are left. Run the same command again, with --jobs 1."
                    ) from None


@contextmanager
def _backend(options: Options) -> Iterator[None]:
    """Use a Dask cluster where one is named; joblib's own processes otherwise, which end with this one."""
    if not options.cluster:
        with joblib.parallel_config("loky"):
            yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise PageError(
            "--cluster needs the package distributed: pip install distributed"
        ) from None
    try:
        client = Client(options.cluster, timeout=20)
    except OSError as error:
        raise PageError(f"there is no Dask scheduler at {options.cluster}: {error}") from None
    with client, joblib.parallel_config("dask"):
        yield


def _mark(number: int, task: Task, process: int) -> tuple[int, Result, str]:
    end_with(process)
    return number, *mark(task)

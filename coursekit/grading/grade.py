"""Grade a class: what is to be marked, side by side, continued where it was, nothing lost."""

import errno
import fcntl
import filecmp
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import joblib
import nbformat
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm import tqdm

from coursekit.grading.exercise import Exercise, load_exercise
from coursekit.grading.intake.reader import read_submissions
from coursekit.grading.intake.submissions import Submission
from coursekit.grading.limited import preload
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
from coursekit.pages.exercises import is_exercise
from coursekit.pages.notebook import pages
from coursekit.problem import PageError

RECORDS, SUBMITTED, COMPILED, SOLUTIONS = "results", "submitted", ".compiled", ".solutions"
HANDED_IN = ".handed_in"  # for the files, until it is known whose they are
NOT_THEIRS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
ROUNDS = 3  # in which tasks are given out again whose worker was lost


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
    due: Mapping[str, datetime] = field(default_factory=dict)


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
    _keep_apart(submitted, out)
    preload(("coursekit.grading.intake.desk", "coursekit.grading.reports.desk"))
    exercises = load_exercises(root)
    with _told(out):
        out.mkdir(parents=True, exist_ok=True)
        with _alone(out):
            return _grade(root, submitted, out, exercises, options)


def _grade(
    root: Path,
    submitted: Path,
    out: Path,
    exercises: Mapping[str, Exercise],
    options: Options,
) -> Outcome:
    shutil.rmtree(out / HANDED_IN, ignore_errors=True)
    known = {name: (one.solution, one.student) for name, one in exercises.items()}
    try:
        handed_in = read_submissions(submitted, known, out / HANDED_IN)
        submissions = _chosen(handed_in.submissions, options)
        _keep_files(out, submissions)
        tasks, marked, kept = _plan(root, out, submissions, exercises, options)
        _learn(root, out, {task.exercise for task in tasks}, exercises, options)
        marked += _mark_all(out, tasks, options, exercises)
    finally:
        shutil.rmtree(out / HANDED_IN, ignore_errors=True)
    for student, exercise in handed_in.missing():
        record = not_run(
            student, exercise, "missing", "Nothing was handed in.", exercises[exercise].solution
        )
        if not path_of(out / RECORDS, student, exercise).exists():
            write_result(out / RECORDS, record)
    times: dict[tuple[str, str], float] = {}
    for one in submissions:
        if one.when is not None:
            key = one.student, one.exercise.split("/")[0]
            times[key] = max(one.when, times.get(key, one.when))
    solutions = {name: one.solution for name, one in exercises.items()}
    write_reports(out, solutions, handed_in=times, due=options.due)
    return Outcome(marked, kept, read_results(out / RECORDS), handed_in.left_out)


def _keep_apart(submitted: Path, out: Path) -> None:
    """Refuse to write grades into what was handed in: the next run would take them for a student's."""
    work, grades = submitted.resolve(), out.resolve()
    if grades.is_relative_to(work) or work.is_relative_to(grades):
        raise PageError(
            f"{out} and {submitted} lie within each other, so grades and submissions would mix; name a folder beside it, "
            f"such as --out {work.parent / 'grades'}"
        )


@contextmanager
def _told(out: Path) -> Iterator[None]:
    """Say in a sentence what keeps grades from being written."""
    from sqlalchemy.exc import OperationalError

    kept = "what was graded is kept; run the same command again to go on"
    try:
        yield
    except OSError as error:
        where = error.filename or out
        raise PageError(f"{where}: {error.strerror or error}; {kept}") from error
    except OperationalError as error:
        raise PageError(
            f"{out / 'gradebook.db'} cannot be written: {error.orig}; {kept}"
        ) from error


def _keep_files(out: Path, submissions: list[Submission]) -> None:
    """Keep what was handed in, byte by byte, in nbgrader's place; a zip or an export may be gone tomorrow."""
    for one in submissions:
        path = path_of(out / SUBMITTED, one.student, one.exercise, ".ipynb")
        if one.original is None or (path.exists() and filecmp.cmp(path, one.original, False)):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}")
        shutil.copyfile(one.original, new)
        new.replace(path)


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
        exercise = exercises[one.exercise]
        if one.problem:
            record = not_run(
                one.student, one.exercise, "unreadable", one.problem, exercise.solution
            )
            new = _write_if_new(out, record)
            marked, kept = marked + new, kept + (not new)
            continue
        task = Task(
            one.student,
            one.exercise,
            one.notebook,
            names_of(exercise.solution),
            exercise.parameters,
            str(root),
            options.limits,
            options.walls,
            one.notes,
            str(out.resolve() / COMPILED),
        )
        if not options.again and _has_record(out, task):
            kept += 1
        else:
            tasks.append(task)
    return tasks, marked, kept


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
    with suppress(OSError, ValueError):
        if read_result(path) == record:
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

    def keep(task: Task, result: Result | None, said: str) -> None:
        if result is None:
            raise PageError(f"the solution of {task.exercise} could not be graded here: {said}")
        lost = [f"{one.check}: {one.message}" for one in result.marks if one.outcome != "passed"]
        if lost or result.status != GRADED:
            why = "; ".join(lost) or f"{result.status}: {result.message}"
            raise PageError(
                f"the solution of {task.exercise} does not get full marks here, so nothing can be graded: {why}"
            )
        write_atomically(out / SOLUTIONS / f"{task.exercise}.json", json.dumps(task.fingerprint))

    _in_parallel(tasks, keep, options, "solutions")


def _mark_all(
    out: Path, tasks: list[Task], options: Options, exercises: Mapping[str, Exercise]
) -> int:
    """Mark all and keep what comes of it: of each a record, whatever happens."""

    def keep(task: Task, result: Result | None, notebook: str) -> None:
        path = path_of(out / RECORDS, task.student, task.exercise)
        if result is None:
            # No fingerprint: it is tried again in the next run.
            solution = exercises[task.exercise].solution
            result = not_run(task.student, task.exercise, "grading failed", notebook, solution)
            path.with_suffix(".ipynb").unlink(missing_ok=True)
        else:
            write_atomically(path.with_suffix(".ipynb"), notebook)
        # Last: where it is, all of the submission is.
        write_result(out / RECORDS, result)

    _in_parallel(tasks, keep, options, "submissions")
    return len(tasks)


Keep = Callable[[Task, Result | None, str], None]


def _in_parallel(tasks: list[Task], keep: Keep, options: Options, what: str) -> None:
    """Mark tasks side by side and keep each result as it comes; None, with the reason, where there is none."""
    if not tasks:
        return
    waiting = dict(enumerate(tasks))
    process = 0 if options.cluster else os.getpid()
    counts = {"running": 0, "not graded": 0}
    with tqdm(total=len(tasks), desc=what, unit="", dynamic_ncols=True) as bar, _backend(options):
        jobs = joblib.effective_n_jobs(options.jobs)

        def done(number: int, result: Result | None, notebook: str) -> None:
            keep(waiting.pop(number), result, notebook)
            counts["not graded"] += result is None or result.status != GRADED
            counts["running"] = min(jobs, len(waiting))
            bar.set_postfix(counts)
            bar.update()

        for _ in range(ROUNDS):
            work = [
                joblib.delayed(_mark)(number, task, process) for number, task in waiting.items()
            ]
            parallel = joblib.Parallel(
                n_jobs=options.jobs,
                return_as="generator_unordered",
                pre_dispatch="2*n_jobs",
                batch_size=1,
            )
            try:
                for number, result, notebook in parallel(work):
                    done(number, result, notebook)
                return
            except TerminatedWorkerError:
                continue
        # Among those that are left are some that end their worker. One by one it shows which, each in
        # a pool of its own: joblib would go on with loky's shared one, but cannot where it did not
        # make it.
        for number, task in list(waiting.items()):
            try:
                with ProcessPoolExecutor(max_workers=1) as alone:
                    done(*alone.submit(_mark, number, task, process).result())
            except TerminatedWorkerError:
                why = "the process that graded it was killed, perhaps for want of memory"
                done(number, None, why)


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


def _mark(number: int, task: Task, process: int) -> tuple[int, Result | None, str]:
    """Mark a task. Whatever goes wrong is this submission's matter, but what keeps all of them from being marked."""
    end_with(process)
    try:
        return number, *mark(task)
    except PageError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NOT_THEIRS:
            raise
        return number, None, f"{type(error).__name__}: {error}"

"""What does grading a class cost? Run: python benchmarks/grading.py

Grades a class of right, wrong and hostile submissions to all exercises on two cores with the real
command, then a sample of it once more beside plain `nbgrader autograde`, with the same shortened
parameters, and writes the tables to benchmarks/grading_results.md. `--small` tries all of it on two
submissions and writes nothing.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import nbformat
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from coursekit.grading.exercise import Exercise
from coursekit.grading.grade import load_exercises
from coursekit.grading.proofs import Submission, handed_in, load_submissions, right
from coursekit.grading.results import GRADED, Result, read_results
from coursekit.pages.notebook import code_cells

# For a cell, and MiB for a submission: what hostile ones use up.
SECONDS, MEMORY = 30, 2048
CLASS = 100  # students for whom the sample is scaled up
COPIES = 3  # of the sample, whose additional time is that of notebooks alone
HOSTILE = [  # (what it does, bounded in case that nothing stops it; the status that it must get)
    ("while True:\n    pass", "timed out"),
    ("import collections, itertools\ncollections.deque(itertools.count(), maxlen=0)", "timed out"),
    ("held = []\nfor _ in range(400):\n    held.append(bytearray(10 * 2**20))", "out of memory"),
    ("import os\nos._exit(0)", "crashed"),
    ("import ctypes\nctypes.string_at(0)", "crashed"),
    ("import os\nos.closerange(3, 4096)", "crashed"),
    ("for _ in range(2000):\n    print('x' * 2**20)", "too much output"),
    (
        "import os, time\nfor _ in range(6):\n    os.fork()\ntime.sleep(20)\nos._exit(0)",
        "too many processes",
    ),
    ("raise SystemExit", GRADED),
    ("import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=2)", GRADED),
]


@dataclass
class Work:
    """What one student handed in for one exercise, and what must become of it."""

    student: str
    exercise: str
    submission: Submission
    attack: str = ""
    status: str = GRADED


def the_class(exercises: Iterable[str], small: bool) -> list[Work]:
    """Six students: two are right, one in an unusual way, three are wrong, one is hostile."""
    work = []
    for number, name in enumerate(exercises):
        proofs = load_submissions(name)
        unusual = [one for one in proofs if not one.loses]
        mistakes = [one for one in proofs if one.loses]
        attack, status = HOSTILE[(3 if small else number) % len(HOSTILE)]
        work += [
            Work("right", name, right("the solution")),
            Work("hostile", name, right("the solution"), attack, status),
        ]
        if not small:
            work.append(Work("unusual", name, unusual[number % len(unusual)]))
            for student, part in (("wrong-1", 0), ("wrong-2", 1), ("wrong-3", 2)):
                mistake = mistakes[part * len(mistakes) // 3]
                work.append(Work(student, name, mistake))
    return work


def notebook_of(work: Work, exercise: Exercise) -> nbformat.NotebookNode:
    """What the student hands in; its parameters are shortened, for nbgrader runs it as it is."""
    notebook = handed_in(exercise, work.submission)
    if work.attack:
        cells = code_cells(notebook)
        parameters = next(one for one in cells if "parameters" in one.metadata.get("tags", []))
        place = notebook.cells.index(parameters) + 1
        notebook.cells.insert(place, nbformat.v4.new_code_cell(work.attack))
    return notebook


def hand_in(folder: Path, works: Iterable[Work], exercises: dict[str, Exercise], copy: int = 0):
    for work in works:
        student = f"{work.student}-copy-{copy}" if copy else work.student
        path = folder / student / f"{work.exercise}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook_of(work, exercises[work.exercise]), path)


# ----------------------------------------------------------------------------------- measuring


class Watch:
    """Looks once a second at the cores, and at the memory of this process's children."""

    def __init__(self) -> None:
        # When, busy seconds, all seconds.
        self.cores: list[tuple[float, float, float]] = []
        self.peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look_on(self) -> None:
        while True:
            mine = os.sched_getaffinity(0)
            times = [one for n, one in enumerate(psutil.cpu_times(percpu=True)) if n in mine]
            # The time of guests is within that of users.
            every = sum(sum(one) - one.guest - one.guest_nice for one in times)
            idle = sum(one.idle + one.iowait for one in times)
            self.cores.append((time.time(), every - idle, every))
            children = psutil.Process().children(recursive=True)
            self.peak = max(self.peak, sum(_memory(one) for one in children))
            if self._done.wait(1):
                return

    def busy(self, start: float, end: float) -> float:
        """The share of time between two moments in which the cores were at work."""
        inside = [one for one in self.cores if start <= one[0] <= end]
        if len(inside) < 2:
            return float("nan")
        (_, busy, every), (_, busy_after, every_after) = inside[0], inside[-1]
        return (busy_after - busy) / (every_after - every)


def _memory(process: psutil.Process) -> int:
    """A process's bytes, of what is shared only its share: forks share most of TensorFlow."""
    try:
        return process.memory_full_info().pss
    except psutil.AccessDenied:
        return process.memory_info().rss
    except psutil.Error:  # it has ended
        return 0


def run_grading(submitted: Path, out: Path, *options: str) -> float:
    """Seconds that the command took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "coursekit", "grade", str(submitted), "--out", str(out)]
    limits = ["--seconds", str(SECONDS), "--memory", str(MEMORY)]
    subprocess.run([*command, *limits, *options], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def as_it_must_be(work: Work, result: Result) -> str:
    """What is wrong with a record; empty if it is as the proof of the exercise says."""
    lost = {mark.check for mark in result.marks if mark.outcome != "passed"}
    if result.status != work.status:
        return f"{work.exercise}, {work.student}: {result.status}, not {work.status}"
    if lost != set(work.submission.loses):
        wanted = ", ".join(sorted(work.submission.loses)) or "nothing"
        return (
            f"{work.exercise}, {work.submission.name}: loses "
            f"{', '.join(sorted(lost)) or 'nothing'}, not {wanted}"
        )
    return ""


# ----------------------------------------------------------------------------------- the class


def grade_the_class(
    folder: Path, works: list[Work], exercises: dict[str, Exercise]
) -> list[tuple[str, str]]:
    """Rows of a table on grading a whole class."""
    submitted, out = folder / "class", folder / "class grades"
    hand_in(submitted, works, exercises)
    began = time.time()
    with Watch() as watch:
        took = run_grading(submitted, out)
    ended = began + took
    learned = max(path.stat().st_mtime for path in out.glob(".solutions/*/*.json"))
    records = [path for path in out.glob("results/*/*/*.json") if not path.name.startswith(".")]
    marked = max(path.stat().st_mtime for path in records)
    by_name = {(one.student, one.exercise): one for one in read_results(out / "results")}
    results = [by_name[one.student, one.exercise] for one in works]
    problems = [as_it_must_be(one, result) for one, result in zip(works, results, strict=True)]
    problems = [problem for problem in problems if problem]
    reports = (ended - marked) / len(results)
    added = [one.seconds - one.own_seconds + reports for one in results if one.status == GRADED]
    statuses = Counter(one.status for one in results).most_common()
    return [
        ("submissions", f"{len(results)}: " + ", ".join(f"{n} {name}" for name, n in statuses)),
        ("statuses and marks as they must be", f"{len(works) - len(problems)} of {len(works)}"),
        *(("not as it must be", problem) for problem in problems),
        ("wall time", f"{took:.0f} s"),
        ("of it: the solutions, once for a class", f"{learned - began:.0f} s"),
        ("of it: marking", f"{marked - learned:.0f} s"),
        ("of it: gradebook, feedback, overview", f"{ended - marked:.1f} s"),
        ("added to a graded notebook's own cells, median", f"{median(added):.2f} s"),
        ("added, maximum", f"{max(added):.2f} s"),
        ("of it: share of gradebook, feedback, overview", f"{reports:.2f} s"),
        ("both cores busy during marking", f"{watch.busy(learned, marked):.0%}"),
        ("peak memory of all processes (PSS)", f"{watch.peak / 2**30:.2f} GiB"),
    ]


# --------------------------------------------------------------------------- beside nbgrader


def nbgrader_alone(
    folder: Path, works: list[Work], exercises: dict[str, Exercise]
) -> tuple[float, dict[tuple[str, str, str], float]]:
    """Seconds that `nbgrader autograde` takes, and the points by student, exercise and check."""
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    home = folder / "home"
    home.mkdir()
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(home)}

    def nbgrader(*arguments: str) -> float:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"nbgrader {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - start

    chapters = sorted({work.exercise.split("/")[0] for work in works})
    for chapter in chapters:
        nbgrader("generate_assignment", chapter)
    hand_in(folder / "submitted", works, exercises)
    took = sum(nbgrader("autograde", chapter) for chapter in chapters)

    from nbgrader.api import Gradebook

    points = {}
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for work in works:
            chapter, name = work.exercise.split("/")
            graded = gradebook.find_submission_notebook(name, chapter, work.student)
            for grade in graded.grades:
                if grade.cell.cell_type == "code":
                    points[work.student, work.exercise, grade.cell.name] = grade.auto_score or 0.0
    return took, points


def beside_nbgrader(
    folder: Path, works: list[Work], exercises: dict[str, Exercise]
) -> list[tuple[str, str]]:
    """Rows of a table on a sample graded by nbgrader alone and by the command."""
    alone = folder / "nbgrader"
    alone.mkdir()
    theirs, their_points = nbgrader_alone(alone, works, exercises)
    submitted, out = folder / "sample", folder / "sample grades"
    hand_in(submitted, works, exercises)
    first = run_grading(submitted, out)
    our_points = {
        (one.student, one.exercise, mark.check): mark.points
        for one in read_results(out / "results")
        if (one.student, one.exercise) in {(work.student, work.exercise) for work in works}
        for mark in one.marks
    }
    again = run_grading(submitted, out, "--again")
    for copy in range(1, COPIES):
        hand_in(submitted, works, exercises, copy)
    several = run_grading(submitted, out, "--again")
    count, known = len(works), len({work.exercise for work in works})
    each = (several - again) / ((COPIES - 1) * count)  # all that is paid once drops out
    once = (first - count * each) * len(exercises) / known
    whole = CLASS * len(exercises)
    ours_whole, theirs_whole = once + whole * each, whole * theirs / count
    different = [
        f"{student}, {exercise}, {check}: {their_points.get(key)} by nbgrader, "
        f"{our_points.get(key)} by the command"
        for key in sorted(their_points.keys() | our_points.keys())
        if their_points.get(key) != our_points.get(key)
        for student, exercise, check in [key]
    ]
    return [
        ("notebooks in the sample", f"{count}, of {known} exercises"),
        ("`nbgrader autograde`", f"{theirs:.0f} s, {theirs / count:.1f} s a notebook"),
        ("the command, all that is paid once included", f"{first:.0f} s"),
        ("the command, for each further notebook", f"{each:.2f} s"),
        (
            f"a class of {CLASS} students and {len(exercises)} exercises, nbgrader",
            f"{theirs_whole / 60:.0f} min",
        ),
        (
            "the same class, the command",
            f"{ours_whole / 60:.0f} min, of which {once:.0f} s are paid once",
        ),
        ("ratio for the class", f"{theirs_whole / ours_whole:.1f}"),
        (
            "points of checks",
            f"{len(their_points)} compared, "
            + (f"{len(different)} differ" if different else "all equal"),
        ),
        *(("differs", one) for one in different),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="two submissions; write nothing")
    small = parser.parse_args().small
    two = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, two)  # and with it all that is started from here
    exercises = load_exercises(ROOT)
    if small:
        exercises = {name: exercises[name] for name in ("dropout/max_norm",)}
    works = the_class(exercises, small)
    chapters = {name.split("/")[0]: name for name in exercises}  # one exercise of each
    kinds = ("right",) if small else ("unusual", "wrong-2")
    sample = [one for one in works if one.student in kinds and one.exercise in chapters.values()]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        tables = {
            "A class": grade_the_class(folder, works, exercises),
            "A sample of it, beside nbgrader": beside_nbgrader(folder, sample, exercises),
        }
    lines = []
    for title, rows in tables.items():
        lines += [f"| {title} | |", "|---|---|", *(f"| {what} | {said} |" for what, said in rows)]
        lines.append("")
    lines.append(
        f"{len(two)} cores, {platform.machine()}, Python {platform.python_version()}; the whole "
        f"took {(time.perf_counter() - start) / 60:.0f} min. A cell may take {SECONDS} s, a "
        f"submission {MEMORY:,} MiB."
    )
    text = "\n".join(lines) + "\n"
    print(text)
    if not small:
        (Path(__file__).parent / "grading_results.md").write_text(text)


if __name__ == "__main__":
    main()

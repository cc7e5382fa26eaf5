"""Prove that the checks of an exercise tell right from wrong: run them on submissions whose marks are known.

``tests/proofs/<chapter>/<exercise>.py`` lists submissions, made with ``right`` and ``wrong``. Each is the solution with
some of its cells replaced. All run in one process, from the first replaced cell on: what comes
before is as in the solution. Parameters are shortened, the hidden tests run, and nbgrader's own rule gives the points. ``course prove
dropout/max_norm`` shows the result; add names to run only some. With ``--graded`` they are graded as a class instead, in the
sandbox; the points must be the same.
"""

import importlib.util
import io
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursekit.grading.exercise import Exercise, load_exercise
from coursekit.grading.grade import Options
from coursekit.grading.grade import grade as grade_class
from coursekit.grading.sandbox.inside.chance import chance_now, set_chance
from coursekit.grading.sandbox.limits import Limits
from coursekit.pages.exercises import kind_of
from coursekit.pages.notebook import code_cells, is_setup
from coursekit.paths import ROOT
from coursekit.problem import PageError
from coursekit.units import counted

Change = (
    str | tuple[str, str]
)  # a cell's new source, or (what is replaced in the solution's, by what)


@dataclass(frozen=True)
class Submission:
    """A solution with some cells changed, and the marks it must get.

    ``cells`` are the changes by cell id. ``loses`` are the ids of the checks that must give no points, each with words that its
    message must hold; all other checks must give full points.
    """

    name: str
    cells: Mapping[str, Change]
    loses: Mapping[str, str] = field(default_factory=dict)


def right(name: str, **cells: Change) -> Submission:
    """An answer that is right, though not written as the solution."""
    return Submission(name, cells)


def wrong(mistake: str, loses: Mapping[str, str], **cells: Change) -> Submission:
    """An answer with a mistake: it loses the points of some checks, each with words of its message."""
    return Submission(mistake, cells, loses)


@dataclass
class Outcome:
    """What became of a submission: points by check, what failed checks said, and what is not as it must be."""

    name: str
    points: dict[str, float]
    messages: dict[str, str]
    seconds: float
    problems: list[str] = field(default_factory=list)


def load_submissions(name: str, root: Path = ROOT) -> list[Submission]:
    """Read the submissions that prove an exercise's checks.

    Raises PageError where there are none.
    """
    path = root / "tests/proofs" / f"{name}.py"
    if not path.exists():
        raise PageError(f"there is no proof {path}")
    spec = importlib.util.spec_from_file_location(f"proofs.{name.replace('/', '.')}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SUBMISSIONS


def submitted(exercise: Exercise, submission: Submission | None) -> NotebookNode:
    """The notebook to grade: the solution with a submission's changes, or (None) an untouched student notebook.

    Raises PageError for a change that does not fit.
    """
    notebook = deepcopy(exercise.solution)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if kind_of(cell)}
    if submission is None:  # checks and given cells are nbgrader's in any case
        for cell in exercise.student.cells:
            if kind_of(cell) in ("solution", "answer"):
                mine = cells[cell.metadata.nbgrader.grade_id]
                mine.source, mine.metadata = cell.source, cell.metadata
        return notebook
    for name, change in submission.cells.items():
        if name not in cells or kind_of(cells[name]) != "solution":
            raise PageError(f"{submission.name!r} changes {name!r}, which is no solution cell")
        if isinstance(change, tuple):
            old, new = change
            if cells[name].source.count(old) != 1:
                count = cells[name].source.count(old)
                raise PageError(f"{submission.name!r}: {old!r} occurs {count} times in {name!r}")
            change = cells[name].source.replace(old, new)
        cells[name].source = change
    return notebook


def handed_in(exercise: Exercise, submission: Submission) -> NotebookNode:
    """The student's notebook filled in with a submission's cells, its parameters shortened."""
    solution, notebook = submitted(exercise, submission), deepcopy(exercise.student)
    sources = {one.metadata.nbgrader.grade_id: one.source for one in solution.cells if kind_of(one)}
    for cell in notebook.cells:
        if kind_of(cell) in ("solution", "answer"):
            cell.source = sources[cell.metadata.nbgrader.grade_id]
    parameters = next(c for c in code_cells(notebook) if "parameters" in c.metadata.get("tags", []))
    parameters.source = "\n".join(
        f"{name} = {value!r}" for name, value in exercise.parameters.items()
    )
    return notebook


class Kernel:
    """Runs notebooks in this process. One that begins like the first that it ran goes on from there."""

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        off = {"HistoryManager": {"enabled": False}}
        self.shell = InteractiveShell(config=Config(off))
        self.shell.showtraceback = lambda *_, **__: None
        self.own = set(self.shell.user_ns)
        # Of the first notebook: its cells' sources and outputs, and what there was before each cell.
        self.first: list[tuple[str, list]] = []
        self.before: list[tuple[dict[str, Any], list]] = []

    def execute(self, notebook: NotebookNode, parameters: Mapping[str, object]) -> None:
        """Run a notebook's code as a grader does: to its end, whatever fails.

        Cells tagged as results are left out. They show the student's runs, and no check rests on them;
        that they run, too, is for ``tests/pages/test_shortened.py`` to say.
        """
        cells = [
            cell
            for cell in code_cells(notebook)
            if not is_setup(cell) and "results" not in cell.metadata.get("tags", [])
        ]
        sources = []
        for cell in cells:
            given = parameters if "parameters" in cell.metadata.get("tags", []) else {}
            lines = [f"{name} = {value!r}" for name, value in given.items()]
            sources.append("\n".join([cell.source, *lines]))
        keep, begun = not self.first, self._go_on(sources)
        for cell, (_, outputs) in zip(cells[:begun], self.first[:begun], strict=True):
            cell.outputs = deepcopy(outputs)
        for cell, source in zip(cells[begun:], sources[begun:], strict=True):
            if keep:
                self.before.append((_copied(self._names()), chance_now()))
            cell.outputs = self._run(source)
            if keep:
                self.first.append((source, cell.outputs))

    def _go_on(self, sources: list[str]) -> int:
        """Be where the first notebook was after the cells that are the same; say how many are."""
        for name in self._names():
            del self.shell.user_ns[name]
        if not self.first:
            return 0
        pairs = zip(sources, (source for source, _ in self.first))  # noqa: B905 - one may be longer
        same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        same = min(same, len(self.before) - 1)
        names, chance = self.before[same]
        self.shell.user_ns.update(_copied(names))
        set_chance(chance)
        return same

    def _names(self) -> dict[str, Any]:
        """What the notebook has defined."""
        names = self.shell.user_ns.items()
        return {name: value for name, value in names if name not in self.own}

    def _run(self, source: str) -> list[NotebookNode]:
        import matplotlib.pyplot as plt

        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):  # as checks.py has it in a kernel
            done = self.shell.run_cell(source, store_history=False)
        plt.close("all")
        outputs = [nbformat.v4.new_output("stream", name="stdout", text=said.getvalue())]
        if error := done.error_before_exec or done.error_in_exec:
            name = type(error).__name__
            error = nbformat.v4.new_output("error", ename=name, evalue=str(error), traceback=[])
            outputs.append(error)
        elif done.result is not None:
            data = {"text/plain": repr(done.result)}
            outputs.append(nbformat.v4.new_output("execute_result", data))
        return outputs


def _copied(thing: Any) -> Any:
    """Arrays that nobody else can change, in lists and the like, too; other things as they are."""
    import numpy as np

    if type(thing) is dict:
        return {name: _copied(value) for name, value in thing.items()}
    if type(thing) in (list, tuple):
        return type(thing)(map(_copied, thing))
    return thing.copy() if isinstance(thing, np.ndarray) else thing


def grade(
    exercise: Exercise, submission: Submission | None, kernel: Kernel | None = None
) -> Outcome:
    """Run a submission and compare its points with those it must get.

    A kernel that has run the solution runs what comes after the first changed cell.
    """
    import keras
    from nbgrader.utils import determine_grade

    start = time.perf_counter()
    notebook = submitted(exercise, submission)
    keras.utils.set_random_seed(0)
    (kernel or Kernel()).execute(notebook, exercise.parameters)
    outcome = Outcome(submission.name if submission else "untouched", {}, {}, 0.0)
    for cell in notebook.cells:
        kind = kind_of(cell)
        if kind not in ("check", "answer"):
            continue
        name = cell.metadata.nbgrader.grade_id
        points, most = determine_grade(cell)
        if kind == "answer":  # given by a person, but for an untouched one
            if submission is None and points != 0:
                outcome.problems.append(
                    f"{name}: an untouched answer gets {counted(points, 'point')}, not 0"
                )
            continue
        outcome.points[name] = points
        errors = [output for output in cell.outputs if output.output_type == "error"]
        outcome.messages[name] = "".join(f"{error.ename}: {error.evalue}" for error in errors)
        outcome.problems += _problems(name, points, most, outcome.messages[name], submission)
    if submission is not None and (unknown := set(submission.loses) - set(outcome.points)):
        outcome.problems.append(f"there is no check {', '.join(sorted(unknown))}")
    outcome.seconds = time.perf_counter() - start
    return outcome


def _problems(
    name: str, points: float, most: float, message: str, submission: Submission | None
) -> Iterable[str]:
    wanted = 0 if submission is None or name in submission.loses else most
    if points != wanted:
        yield f"{name}: {counted(points, 'point')}, not {wanted:g} ({message or 'no error'})"
    elif submission is not None and name in submission.loses:
        if not message.startswith("AssertionError: "):
            yield f"{name}: stops with {message!r}; a check should say what is wrong"
        elif submission.loses[name] not in message:
            yield f"{name}: fails for another reason than {submission.loses[name]!r}: {message!r}"


def is_meant(name: str, parts: Iterable[str]) -> bool:
    """Tell whether a submission is one of those asked for, by a part of its name; without parts, all are."""
    parts = list(parts)
    return not parts or any(re.search(part, name) for part in parts)


def prove(
    name: str, only: Iterable[str] = (), show: Callable[[Outcome], object] = lambda _: None
) -> list[Outcome]:
    """Grade all submissions of an exercise, the solution itself and an untouched notebook; or ``only`` some, by name."""
    exercise, kernel = load_exercise(name), Kernel()
    everything = [right("the solution"), None, *load_submissions(name)]
    outcomes = []
    for number, submission in enumerate(everything):
        called = submission.name if submission else "untouched"
        meant = is_meant(called, only)
        if meant or number == 0:  # all others begin with what the solution came to
            outcome = grade(exercise, submission, kernel)
        if meant:
            outcomes.append(outcome)
            show(outcome)
    return outcomes


def prove_graded(chosen: Mapping[str, Iterable[Submission]], folder: Path) -> list[Outcome]:
    """Grade submissions as a class, with the command that grades one; say whose points are not as they must be.

    ``chosen`` are submissions by ``<chapter>/<exercise>``. The empty ``folder`` gets what is handed in, and the grades.
    """
    students = {}
    for name, submissions in chosen.items():
        exercise = load_exercise(name)
        for number, submission in enumerate(submissions):
            students[f"student-{number:02}", name] = submission
            path = folder / "submitted" / f"student-{number:02}" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(handed_in(exercise, submission), path)
    # Ten times the usual: what is proved are the marks, on a machine that may have other work to do.
    usual = Limits()
    patient = Limits(seconds=10 * usual.seconds, all_seconds=10 * usual.all_seconds)
    options = Options(limits=patient)
    graded = grade_class(ROOT, folder / "submitted", folder / "grades", options).results
    outcomes = []
    for result in graded:
        if (submission := students.get((result.student, result.exercise))) is None:
            continue  # an exercise that this student did not hand in
        outcome = Outcome(f"{result.exercise}, {submission.name}", {}, {}, result.seconds)
        if result.status != "graded":
            outcome.problems.append(f"{result.status}: {result.message}")
        for mark in result.marks:
            outcome.points[mark.check], outcome.messages[mark.check] = mark.points, mark.message
            wanted = 0 if mark.check in submission.loses else mark.maximum
            if mark.points != wanted:
                said = mark.message or "no error"
                outcome.problems.append(f"{mark.check}: {counted(mark.points, 'point')}, not {wanted:g} ({said})")  # fmt: skip
        outcomes.append(outcome)
    return outcomes

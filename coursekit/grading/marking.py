"""Mark one submission: lead it through the sandbox and say what each check gave."""

import atexit
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursekit.grading.results import GRADED, Mark, Result
from coursekit.grading.sandbox import inside
from coursekit.grading.sandbox.inside.channel import Gone
from coursekit.grading.sandbox.inside.sources import names_set
from coursekit.grading.sandbox.limits import Limits
from coursekit.grading.sandbox.run import Report
from coursekit.grading.sandbox.supervisor import FOLDERS, Sandbox
from coursekit.pages.bundle import carried
from coursekit.pages.exercises import kind_of, without_regions
from coursekit.pages.notebook import is_setup
from coursekit.problem import PageError
from coursekit.units import MIB

RESULTS = "results"  # the tag of cells that show the student's full runs; no check rests on them
SHOWN_BYTES = 4 * MIB  # of the student's own stored outputs that are kept for a person to read
ATTEMPTS = 3  # for a submission during which the sandbox itself broke
PAUSE_SECONDS = 1  # before the second of these
# Whatever is said there may be of the submission's making, a hidden test's text included.
FAILED_INSIDE = "It failed in the submission's own process, the only one where it could be tried."


@dataclass(frozen=True)
class Task:
    """A submission to mark: the official notebook with the student's cells in it, and how to run
    it.

    ``names`` are those that the solution defines: of nothing else do checks get to know.
    ``parameters`` take the place of those in the notebook. ``root`` is the course's folder, for
    ``lab.py`` and ``checks.py``, ``compiled`` a folder of compiled programs, to which a solution
    (``learn``) adds its own.
    """

    student: str
    exercise: str
    notebook: str
    names: tuple[str, ...]
    parameters: Mapping[str, object]
    root: str
    limits: Limits
    walls: bool
    notes: tuple[str, ...] = ()
    compiled: str = ""
    learn: bool = False

    @property
    def fingerprint(self) -> str:
        """Of all that the marks depend on: the same submission with the same fingerprint gets the
        same marks.
        """
        ours = [carried(name, Path(self.root)) for name in ("lab", "checks")]
        files = [Path(__file__), *sorted(Path(inside.__file__).parent.glob("*.py"))]
        limits = {
            name: value for name, value in asdict(self.limits).items() if "seconds" not in name
        }
        settings = [
            self.exercise,
            self.names,
            dict(self.parameters),
            limits,
            self.walls,
            self.notes,
        ]
        parts = [
            self.notebook,
            json.dumps(settings, default=str),
            *ours,
            *(file.read_text() for file in files),
        ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def mark(task: Task) -> tuple[Result, str]:
    """Mark a submission; give the record and the notebook with its outputs.

    Raises PageError where there can be no sandbox, OSError where the machine refuses what that
    needs, and Gone where it broke again and again.
    """
    start = time.monotonic()
    notebook = nbformat.reads(task.notebook, as_version=4)
    numbers, cells = _cells(notebook, task.parameters)
    report = first = _run(task, cells, task.limits)
    left = task.limits.all_seconds - report.seconds
    for _ in range(ATTEMPTS):
        # What stops the submission is left out, so that it does not cost all other marks.
        stopped = report.status != GRADED and report.at >= 0
        if not stopped or cells[report.at]["kind"] == "left out" or left <= 0:
            break
        cells[report.at] |= {"kind": "left out"}
        report = _run(task, cells, replace(task.limits, all_seconds=left))
        left -= report.seconds
    marks, flags = _marks(notebook, numbers, first, report)
    status = first.status
    message = (
        first.message if status == GRADED else first.message + _where(notebook, numbers, first.at)
    )
    own = sum(_own_seconds(seen) for seen in report.cells.values())
    waiting = sum(
        cell.metadata.nbgrader.points for cell in notebook.cells if kind_of(cell) == "answer"
    )
    result = Result(
        task.student,
        task.exercise,
        status,
        message,
        tuple(marks),
        float(waiting),
        round(time.monotonic() - start, 2),
        round(own, 2),
        tuple(flags),
        task.notes,
        task.fingerprint,
    )
    return result, nbformat.writes(notebook)


def names_of(solution: NotebookNode) -> tuple[str, ...]:
    """The names that the solution cells of an official notebook define."""
    sources = [cell.source for cell in solution.cells if kind_of(cell) == "solution"]
    return tuple(sorted({name for source in sources for name in names_set(source)}))


def not_run(
    student: str, exercise: str, status: str, message: str, solution: NotebookNode
) -> Result:
    """The record of a submission that could not be run: all checks without points, with the
    reason.
    """
    marks = [
        Mark(
            cell.metadata.nbgrader.grade_id,
            0.0,
            float(cell.metadata.nbgrader.points),
            "not run",
            message,
        )
        for cell in solution.cells
        if kind_of(cell) == "check"
    ]
    waiting = sum(
        cell.metadata.nbgrader.points for cell in solution.cells if kind_of(cell) == "answer"
    )
    return Result(student, exercise, status, message, tuple(marks), float(waiting))


# ----------------------------------------------------------------------------------- cells


def _cells(
    notebook: NotebookNode, parameters: Mapping[str, object]
) -> tuple[list[int], list[dict]]:
    """What the judge is to run: the numbers of the cells in the notebook, and the cells."""
    numbers, cells = [], []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        tags, kind, source = cell.metadata.get("tags", []), kind_of(cell), cell.source
        if kind and RESULTS in tags:
            cell.outputs = _shown(cell.outputs)
            continue
        cell.outputs, cell.execution_count = [], None
        if is_setup(cell) or not source.strip():
            continue
        if "parameters" in tags:
            source += "".join(f"\n{name} = {value!r}" for name, value in parameters.items())
            kind = "given"
        what = {"given": "given", "check": "check"}.get(kind, "student")
        numbers.append(number)
        cells.append(dict(kind=what, source=source, visible=without_regions(source)))
    return numbers, cells


def _shown(outputs: list) -> list:
    """The student's own stored text and pictures, as far as they are small; nothing that a browser
    would run.
    """
    kept, size = [], 0
    for output in outputs:
        data = output.get("data") or {}
        if output.get("output_type") == "stream":
            new = nbformat.v4.new_output("stream", name="stdout", text=_joined(output.get("text")))
        elif isinstance(data, dict) and data.keys() & {"text/plain", "image/png"}:
            kinds = [kind for kind in ("text/plain", "image/png") if kind in data]
            new = nbformat.v4.new_output(
                "display_data", {kind: _joined(data[kind]) for kind in kinds}
            )
        else:
            continue
        size += len(json.dumps(new))
        if size > SHOWN_BYTES:
            break
        kept.append(new)
    return kept


def _joined(text: Any) -> str:
    """A text as a notebook file has it, which may be a list of its lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")


def _marks(
    notebook: NotebookNode, numbers: list[int], first: Report, report: Report
) -> tuple[list[Mark], list[str]]:
    """The marks and flags; the outputs are put into the notebook."""
    marks, flags = [], []
    ran = {number: report.cells.get(index) for index, number in enumerate(numbers)}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        seen = ran.get(number)
        if kind_of(cell) != "check":
            if seen:
                cell.outputs = [_output(one) for one in seen.get("outputs", [])]
                cell.execution_count = 1
            continue
        name, most = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
        seen = seen or {}
        message, why_inside = seen.get("message"), seen.get("stays", "")
        within = seen.get("inside_message")
        if message is None and (within is None or not why_inside):
            why = f"It was not run: {first.status}." + (
                f" {first.message}" if first.message else ""
            )
            cell.outputs = [_error("NotRun", why)]
            marks.append(Mark(name, 0.0, most, "not run", why))
            continue
        if why_inside:
            message = FAILED_INSIDE if within else ""
            if not within:
                flags.append(
                    f"{name} could only be checked in the submission's own process ({why_inside}), "
                    "where it could be forged"
                )
        cell.execution_count = 1
        cell.outputs = (
            [_error(*message.partition(": ")[::2])]
            if message
            else _printed(seen.get("printed", ""))
        )
        said = message.removeprefix("AssertionError: ")
        outcome = "failed" if message else "passed"
        points = 0.0 if message else most
        marks.append(Mark(name, points, most, outcome, said, bool(why_inside)))
        if message and not why_inside and within == "":
            flags.append(
                f"{name} fails ({said}) but passes in the submission's own process: "
                "forged, or unusual"
            )
    if report.replaced:
        flags.append(f"in its own process, the submission replaced {', '.join(report.replaced)}")
    return marks, flags


def _printed(text: str) -> list:
    return [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []


def _error(name: str, text: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _output(output: Mapping[str, Any]) -> NotebookNode:
    """An output as the player told it, which may be anything, in the form that a notebook has."""
    kind = output.get("output_type")
    if kind == "error":
        lines = [str(line) for line in output.get("traceback", [])][-20:]
        name, text = str(output.get("ename", "")), str(output.get("evalue", ""))
        return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=lines)
    if kind == "stream":
        return nbformat.v4.new_output("stream", name="stdout", text=str(output.get("text", "")))
    data = output.get("data", {})
    kept = {name: str(data[name]) for name in ("text/plain", "image/png") if name in data}
    return nbformat.v4.new_output("display_data", kept)


def _own_seconds(seen: Mapping[str, Any]) -> float:
    """What a cell takes in any straight run of the notebook; a check's second run is grading's."""
    return float(seen.get("inside_seconds" if "stays" in seen else "seconds", 0))


def _where(notebook: NotebookNode, numbers: list[int], index: int) -> str:
    """Which cell a message is about, in words."""
    if not 0 <= index < len(numbers):
        return ""
    cell = notebook.cells[numbers[index]]
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return (
        f" That was in the cell {name}."
        if name
        else f" That was in the cell that begins with {first[:60]!r}."
    )


# --------------------------------------------------------------------------------- sandboxes

_sandboxes: dict[tuple, Sandbox] = {}  # one in each process that marks
_lock = threading.Lock()  # a Dask worker may have several threads; submissions go one by one


def _run(task: Task, cells: list[dict], limits: Limits) -> Report:
    """Run cells in the sandbox.

    What breaks the sandbox itself is this machine's matter, such as a full folder for temporary
    files, and may pass. Raises Gone, OSError and PageError where it stays.
    """
    key = (task.root, task.walls, task.compiled, task.learn)
    with _lock:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if key not in _sandboxes:
                    close_sandboxes()  # one at a time: each holds TensorFlow
                    folder = Path(task.compiled) if task.compiled else None
                    _sandboxes[key] = Sandbox(Path(task.root), task.walls, folder, task.learn)
                report = _sandboxes[key].run(cells, task.names, limits)
                if _sandboxes[key].broken:
                    close_sandboxes()
                return report
            except (Gone, OSError, PageError):
                close_sandboxes()
                if attempt == ATTEMPTS:
                    raise
                time.sleep(PAUSE_SECONDS * attempt)
    raise AssertionError("not reached")


@atexit.register
def close_sandboxes() -> None:
    """End the sandboxes of this process; the next submission starts a new one."""
    for sandbox in _sandboxes.values():
        sandbox.close()
    _sandboxes.clear()


def end_with(process: int) -> None:
    """End this worker when the process that started it is no more, however and whenever that ended.

    0 stands for a cluster, whose workers go on.
    """
    if not process or process in _watched or process == os.getpid():
        return
    if os.getppid() != process:  # it ended before this worker got to work
        os._exit(1)
    _watched.add(process)

    def watch() -> None:
        while os.getppid() == process:
            time.sleep(0.3)
        for folder in (
            FOLDERS
        ):  # the main thread may be starting a sandbox: nothing that could wait for it or fail
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)  # a sandbox ends with the process that started it

    threading.Thread(target=watch, daemon=True).start()


_watched: set[int] = set()

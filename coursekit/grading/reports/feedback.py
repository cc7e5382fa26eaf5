"""Feedback for a student: one page for each submission, to be read offline, without hidden tests and solutions.

Everything in a submission is a student's, so nothing of it comes onto the page as it is: text is escaped, Markdown is cleaned,
and of outputs only plain text and PNG pictures are shown.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from coursekit.grading.limited import FailedError
from coursekit.grading.reports.gradebook import Ask, ByHand, read_by_hand
from coursekit.grading.reports.grades_csv import DAY
from coursekit.grading.reports.pages import (
    Text,
    code,
    environment,
    points,
    steps,
    templates_digest,
)
from coursekit.grading.results import (
    NOT_SHOWN,
    Mark,
    Result,
    graded_text,
    not_shown,
    path_of,
    write_atomically,
)
from coursekit.pages.exercises import kind_of, leaks, secrets, without_regions
from coursekit.units import counted

LONGEST_OUTPUT = 10_000  # characters of an output
LARGEST_PICTURE = 1_000_000  # bytes of a picture, in base64
LARGEST_PAGE = 8_000_000  # characters of all outputs of a page
MOST_CELLS = 500
WITHHELD = "This output is not shown: it holds parts of the solution or of hidden tests."
MEANINGS = {  # what a status tells a student
    "timed out": "Your notebook took longer than allowed, so the checks below that did not run gave no points. Look for a loop "
    "that does not end, run the notebook from top to bottom, and ask for another grading.",
    "crashed": "The process that ran your notebook ended by itself, so the checks below that did not run gave no points. Restart "
    "the kernel, run the notebook from top to bottom, and ask for another grading.",
    "out of memory": "Your notebook took more memory than allowed, so the checks below that did not run gave no points. Look for "
    "what makes very large arrays, and ask for another grading.",
    "too many processes": "Your notebook started more processes than allowed, so the checks below that did not run gave no points. "
    "Take out what starts them, and ask for another grading.",
    "too much output": "Your notebook printed more than allowed, so the checks below that did not run gave no points. Take out "
    "what prints so much, and ask for another grading.",
    "unreadable": "The file could not be read as a notebook of this exercise. Open it in Jupyter, save it, and hand it in again.",
    "grading failed": "The grading itself broke over your notebook, which is not your fault. Your instructor looks at it.",
    NOT_SHOWN: "Your notebook was graded, but its cells cannot be shown here. Your instructor has it as you handed it in.",
    "missing": "Nothing was handed in for this exercise. If you did hand something in, tell your instructor.",
}


@dataclass
class _Guard:
    """Keeps back a text that holds a line of the solution or of hidden tests that the student did not write."""

    hidden: set[str]
    room: int = LARGEST_PAGE

    def safe(self, text: str) -> bool:
        return not (self.hidden and leaks(text, self.hidden))


def write_feedback(
    folder: Path,
    results: Iterable[Result],
    solutions: Mapping[str, NotebookNode],
    ask: Ask,
    failed: dict[tuple[str, str], str] | None = None,
) -> int:
    """Write ``feedback/<student>/<chapter>/<exercise>.html`` for each record; return how many pages changed.

    ``ask`` has a desk make a page. Where that fails, the page has no cells, and ``failed`` the reason by student and exercise.
    """
    entered, changed = read_by_hand(folder), 0
    digests = {name: _digest(sorted(hidden_lines(one))) for name, one in solutions.items()}
    for result in results:
        hand = entered.get((result.student, result.exercise))
        text = graded_text(folder, result)
        decides = asdict(replace(result, seconds=0.0, own_seconds=0.0)), asdict(hand) if hand else 0
        parts = [decides, text, digests.get(result.exercise), templates_digest()]
        fingerprint = _digest(parts)
        path = path_of(folder / "feedback", result.student, result.exercise, ".html")
        if path.exists() and fingerprint in _beginning(path):
            continue
        try:
            html = ask("feedback", result, text, hand, fingerprint)
        except FailedError as error:
            if failed is not None:
                failed[result.student, result.exercise] = str(error)
            html = ask("feedback", not_shown(result, str(error)), "", hand)
        write_atomically(path, html, durable=False)
        changed += 1
    return changed


def hidden_lines(solution: NotebookNode) -> set[str]:
    """Lines of solutions, answers and hidden tests. Outputs are left out: a right submission prints the same."""
    plain = deepcopy(solution)
    for cell in plain.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return secrets(plain)


def page(
    result: Result,
    notebook: NotebookNode | None,
    hidden: set[str] = frozenset(),
    hand: ByHand | None = None,
    name: str = "",
    fingerprint: str = "",
) -> str:
    """The page for a submission, as HTML."""
    hand = hand or ByHand(waiting=_answers(notebook))
    guard = _Guard(_unwritten(hidden, notebook))
    cells = _cells(notebook, result, hand, guard) if notebook else []
    rows = _rows(result, notebook, hand, guard)
    return environment().get_template("feedback.html").render(
        result=replace(result, notes=tuple(note for note in result.notes if guard.safe(note))),
        name=name or result.exercise,
        fingerprint=fingerprint,
        meaning=MEANINGS.get(result.status, ""),
        message=result.message if guard.safe(result.message) else WITHHELD,
        total=max(0.0, sum(row["value"] for row in rows) - hand.penalty),
        late=f"{hand.late / DAY:.2g}" if hand.late else "",
        penalty=hand.penalty,
        maximum=result.maximum + result.manual_maximum,
        waiting=sum(hand.waiting.values()),
        rows=rows,
        comments=[] if cells else sorted(hand.comments.items()),
        cells=cells,
    )  # fmt: skip


def _answers(notebook: NotebookNode | None) -> dict[str, float]:
    """The points of the answers in words, by cell."""
    cells = [cell for cell in notebook.cells if kind_of(cell) == "answer"] if notebook else []
    return {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in cells}


def _unwritten(hidden: set[str], notebook: NotebookNode | None) -> set[str]:
    """The hidden lines that a student did not write, who may have found the same solution."""
    if notebook is None:
        return set(hidden)
    theirs = [cell.source for cell in notebook.cells if kind_of(cell) != "check"]
    written = re.sub(r"\s+", " ", "\n".join(theirs))
    return {line for line in hidden if line not in written}


def _rows(
    result: Result, notebook: NotebookNode | None, hand: ByHand, guard: _Guard
) -> list[dict[str, Any]]:
    """The table of points: checks in the order of the record, then answers."""
    heading = steps(notebook) if notebook else {}
    rows = []
    for mark in result.marks:
        value = hand.points.get(mark.check, mark.points)
        said, kind = {
            "passed": ("passed", "good"),
            "failed": (f"failed: {_message(mark, guard)}" if mark.message else "failed", "bad"),
        }.get(
            mark.outcome,
            ("not run" + (f": {_message(mark, guard)}" if mark.message else ""), "bad"),
        )
        if mark.check in hand.points:
            said = f"{said}; points given by a person"
        rows.append(_row(heading, mark.check, value, points(value), mark.maximum, said, kind))
    for cell in notebook.cells if notebook else []:
        if kind_of(cell) == "answer":
            check = cell.metadata.nbgrader.grade_id
            value = hand.points.get(check)
            if value is not None:
                shown = (
                    value,
                    points(value),
                    cell.metadata.nbgrader.points,
                    "read by a person",
                    "good",
                )
            elif check in hand.waiting:
                shown = 0.0, "?", cell.metadata.nbgrader.points, "waits for a person", "wait"
            else:
                shown = 0.0, "0", cell.metadata.nbgrader.points, "no answer", "bad"
            rows.append(_row(heading, check, *shown))
    order = {name: place for place, name in enumerate(heading)}
    for row in rows:
        row["link"] = row["cell"] in order
    return sorted(rows, key=lambda row: order.get(row["cell"], -1))


def _row(
    heading: Mapping[str, str],
    cell: str,
    value: float,
    shown: str,
    maximum: float,
    said: str,
    kind: str,
) -> dict:
    step = heading.get(cell, "")
    return dict(cell=cell, step=step, value=value, points=shown, maximum=maximum, result=said, kind=kind)  # fmt: skip


def _message(mark: Mark, guard: _Guard) -> str:
    return _cut(strip_ansi(mark.message), 1000) if guard.safe(mark.message) else WITHHELD


def _cells(
    notebook: NotebookNode, result: Result, hand: ByHand, guard: _Guard
) -> list[dict[str, Any]]:
    """The cells as the page shows them."""
    marks = {mark.check: mark for mark in result.marks}
    text, shown = Text(top=2), []
    for cell in notebook.cells[:MOST_CELLS]:
        kind = kind_of(cell)
        grade_id = cell.metadata.nbgrader.grade_id if kind else ""
        source = cell.source.rstrip()
        if kind == "check":
            source = without_regions(source, "HIDDEN TESTS").rstrip()
        made: dict[str, Any] = dict(
            id=grade_id, label="", folded="", html=None, code="", shade="", outputs=[]
        )
        made["comment"] = hand.comments.get(grade_id, "")
        if kind == "answer":
            made |= dict(label="Your answer", shade="box")
        elif kind == "solution":
            made["label"] = "Your code"
        elif kind == "check":
            made["label"] = "Check"
        if file := re.match(r"%%writefile (\w+\.py)\n", source):
            made["folded"] = f"{file[1]}, given"
        elif cell.cell_type == "markdown":
            made["html"] = text.html(source, cell.get("attachments", {}))
        elif cell.cell_type == "raw":
            made["html"] = text.verbatim(source)
        else:
            made["code"] = code(source)
        if cell.cell_type == "code" and not made["folded"]:
            if kind == "check":
                made["outputs"] = _said_by_check(cell, marks.get(grade_id), guard)
            else:
                made["outputs"] = list(_outputs(cell.outputs, guard))
        shown.append(made)
    if len(notebook.cells) > MOST_CELLS:
        note = f"Not shown: {counted(len(notebook.cells) - MOST_CELLS, 'more cell')}."
        shown.append(dict(id="", label="", folded="", html=Markup("<p>{}</p>").format(note), outputs=[], comment="", shade="box"))  # fmt: skip
    return shown


def _said_by_check(cell: NotebookNode, mark: Mark | None, guard: _Guard) -> list[dict[str, str]]:
    """What a check says: its message if it failed, and never its traceback, which shows its code."""
    if mark is None:
        return [dict(kind="bad", text="This check was not run.")]
    got = f"{points(mark.points)} of {counted(mark.maximum, 'point')}"
    if mark.outcome == "passed":
        return [dict(kind="good", text=f"Passed, {got}.")]
    word = "Failed" if mark.outcome == "failed" else "Not run"
    return [dict(kind="bad", text=f"{word}, {got}. {_message(mark, guard)}".strip())]


def _outputs(outputs: Iterable[NotebookNode], guard: _Guard) -> Iterable[dict[str, str]]:
    """Outputs of a student's cell: plain text and pictures, as far as there is room."""
    for output in outputs:
        data = output.get("data", {})
        if output.output_type == "error":
            said = "\n".join(output.get("traceback", [])) or f"{output.ename}: {output.evalue}"
        else:
            said = output.get("text", "") or data.get("text/plain", "")
        said, picture = strip_ansi(str(said)), str(data.get("image/png", "")).replace("\n", "")
        if guard.room <= 0:
            yield dict(kind="", text="The page is full; further outputs are not shown.")
            return
        if not guard.safe(said):
            yield dict(kind="wait", text=WITHHELD)
            continue
        if picture and _is_png(picture):
            guard.room -= len(picture)
            yield dict(kind="picture", text=picture, alt="Picture that the cell above made")
        elif picture:
            yield dict(kind="wait", text="A picture is not shown: it is too large, or no PNG.")
        elif said.strip():
            guard.room -= min(len(said), LONGEST_OUTPUT)
            yield dict(kind="text", text=_cut(said.rstrip()))
        elif data:
            yield dict(
                kind="",
                text=f"An output is not shown: it has no text ({', '.join(sorted(data))[:100]}).",
            )


def _is_png(picture: str) -> bool:
    try:
        return len(picture) <= LARGEST_PICTURE and base64.b64decode(picture, validate=True).startswith(b"\x89PNG\r\n\x1a\n")  # fmt: skip
    except (binascii.Error, ValueError):
        return False


def _cut(text: str, longest: int = LONGEST_OUTPUT) -> str:
    """The beginning of a text, without what is no character in HTML."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", text)
    left = len(text) - longest
    return (
        text if left <= 0 else f"{text[:longest]}\n… Not shown: {counted(left, 'more character')}."
    )


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def _beginning(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(400)

"""A graded notebook as nbgrader's form grader shows it to a person: all that is theirs to judge, nothing that runs.

The form grader belongs to the reader's own Jupyter, and puts Markdown, HTML, metadata and pictures on its page as they are.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursekit.grading.reports.pages import Text
from coursekit.grading.results import GRADED, STATUSES, Result
from coursekit.pages.exercises import kind_of


def autograded(result: Result, text: str, solution: NotebookNode) -> dict[str, Any]:
    """What the gradebook needs of a submission, whose graded notebook is ``text``; an empty one has nothing to show.

    ``cells`` are the names of those that the notebook has, ``untouched`` of those as students got them, ``work`` is of what
    the student wrote, ``submitted`` is the notebook without outputs, ``autograded`` as a person is to see it.
    """
    from nbgrader.utils import compute_checksum

    notebook = read_graded(text) if text else _stand_in(solution, result)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if kind_of(cell)}
    untouched = [
        name
        for name, cell in cells.items()
        if cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    ]
    theirs = [cell.source for cell in notebook.cells if kind_of(cell) in ("solution", "answer", "")]
    found = dict(
        cells=list(cells),
        untouched=untouched,
        work=digest_of(*theirs),
        submitted=text_of(_without_outputs(notebook)),
    )
    _make_harmless(notebook, solution)
    if said := what_grading_says(result):
        notebook.cells.insert(0, _said_cell(said))
    return {**found, "autograded": text_of(notebook)}


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
    """Take out of a graded notebook whatever could run a script or fetch something in the browser of who reads it."""
    notebook.metadata = deepcopy(solution.metadata)
    known = {cell.metadata.nbgrader.grade_id for cell in solution.cells if kind_of(cell)}
    given = {cell.source for cell in solution.cells if not kind_of(cell)}
    text = Text(top=2)
    for number, cell in enumerate(notebook.cells):
        theirs = cell.metadata.get("nbgrader")
        official = theirs and theirs.get("grade_id") in known
        cell.metadata = NotebookNode(nbgrader=theirs) if official else NotebookNode()
        cell.id = f"cell-{number}"
        attachments = cell.pop("attachments", {})
        if cell.cell_type == "code":
            cell.outputs = [_harmless_output(output) for output in cell.outputs]
        elif cell.cell_type == "raw":
            cell.update(cell_type="markdown", source=_one_block(text.verbatim(cell.source)))
        elif cell.source and cell.source not in given:
            cell.source = _one_block(text.html(cell.source, attachments))


def _one_block(html: str) -> str:
    """HTML as Markdown that is nothing but that: on one line, no part of it is read as Markdown, or as a formula."""
    code = re.compile("<pre>.*?</pre>", re.DOTALL)
    one_line = code.sub(lambda part: part[0].replace("\n", "<br>"), html.strip()).replace("\n", " ")
    return f'<div class="tex2jax_ignore mathjax_ignore">{one_line}</div>'


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
    """A notebook for a submission that is none: its checks, and nothing of the student's or the solution's."""
    outcomes = {mark.check: mark.outcome for mark in result.marks}
    notebook = nbformat.v4.new_notebook(metadata=deepcopy(solution.metadata))
    for cell in solution.cells:
        if kind_of(cell) not in ("check", "solution", "answer"):
            continue
        cell = deepcopy(cell)
        if kind_of(cell) == "check":
            outcome = outcomes.get(cell.metadata.nbgrader.grade_id, "not run")
            said = {"ename": outcome, "evalue": result.status, "traceback": [result.status]}
            cell.outputs = [] if outcome == "passed" else [nbformat.v4.new_output("error", **said)]
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


def text_of(notebook: Mapping) -> str:
    """A notebook as a file has it."""
    text = nbformat.v4.writes(notebook)
    return text if text.endswith("\n") else text + "\n"


def digest_of(*texts: str) -> str:
    """A short text that changes with any of these."""
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32]

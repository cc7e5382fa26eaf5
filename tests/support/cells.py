"""Cells with nbgrader's metadata."""

import nbformat

from coursekit.pages.exercises import KINDS


def graded(kind: str, name: str, source: str, **extra: object) -> nbformat.NotebookNode:
    make = nbformat.v4.new_markdown_cell if kind == "answer" else nbformat.v4.new_code_cell
    metadata = {"schema_version": 3, "grade_id": name, **KINDS[kind], **extra}
    return make(source, metadata={"nbgrader": metadata})

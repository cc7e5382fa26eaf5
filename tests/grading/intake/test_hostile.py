"""A notebook made to take all memory, never to end, or to trip a reader is that student's matter alone."""

import base64
import io
import json
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from tests.support.handed_in import EXERCISES, MAX_NORM, read, write


def changed(place: int, **cell: object) -> bytes:
    """A notebook with a changed cell: 0 is a text, 3 the solution, 5 the answer."""
    notebook = json.loads(MAX_NORM)
    notebook["cells"][place].update(cell)
    return json.dumps(notebook).encode()


def with_outputs(outputs: str) -> bytes:
    """A notebook in which these outputs are stored with a graded cell."""
    return changed(3, outputs="HERE").replace(b'"HERE"', outputs.encode())


def of_old(edit: str, to: str) -> bytes:
    old = nbformat.convert(nbformat.from_dict(EXERCISES["dropout/max_norm"]), 3)
    text = nbformat.v3.writes_json(old)
    assert edit in text
    return text.replace(edit, to, 1).encode()


def huge_picture() -> str:
    made = io.BytesIO()
    Image.new("1", (60_000, 60_000)).save(made, "PNG")
    return base64.b64encode(made.getvalue()).decode()


TITLE = '"cell_type": "markdown"'
READ = {
    "countless empty outputs": with_outputs("[" + "{}," * 1_900_000 + "{}]"),
    "countless empty lists": with_outputs("[" + "[]," * 1_900_000 + "[]]"),
    "outputs that are no outputs": with_outputs('[1, null, "x", [], {"data": 3}, {"data": {"text/plain": {}}}]'),
    "outputs that are no list": with_outputs('{"a": 1}'),
    "half a character in an output": with_outputs('[{"output_type": "stream", "name": "stdout", "text": "\\ud800"}]'),
    "half a character in the code": changed(3, source="x = '\ud800'"),
    "half a character in an attachment": changed(5, attachments={"\ud800": {"image/png": "\ud800"}}),
    "outputs of many levels": with_outputs('[{"output_type": "display_data", "data": {"text/plain": ' + "[" * 700 + "]" * 700 + "}}]"),
    "regions without an end": changed(3, source="# BEGIN SOLUTION\n" * 40_000),
    "regions without an end in a text": changed(5, source="# BEGIN HIDDEN TESTS\n" * 40_000),
    "a heading of spaces": changed(0, source="##" + " " * 150_000 + "x"),
    "many tags": changed(5, source="<b>" * 200_000),
    "many pictures begun": changed(5, source="<img " * 100_000 + "![](data:image/png;base64," * 50_000),
    "many brackets": changed(5, source="[" * 100_000 + "![" * 100_000),
    "commands on many lines": changed(3, source="%matplotlib\n" * 40_000),
    "a picture of many pixels": changed(5, source="![](attachment:a)", attachments={"a": {"image/png": huge_picture()}}),
    "attachments of other kinds": changed(5, attachments=[1, {"a": 3}]),
    "points that are no number": changed(4, metadata={"nbgrader": {"grade_id": "check_network", "points": [[[["x"]]]]}}),
    "a heading of a high level": of_old(TITLE, '"cell_type": "heading", "level": 600000000'),
    "a heading of a low level": of_old(TITLE, '"cell_type": "heading", "level": -7'),
}  # fmt: skip
REFUSED = {
    "many levels": (b'{"nbformat": 4, "cells": ' + b"[" * 900_000, "nested too deeply"),
    "an old format with a text for cells": (b'{"nbformat": 3, "worksheets": [{"cells": "abc"}]}', "no notebook that nbformat can read"),
    "an old format with a number for sheets": (b'{"nbformat": 2, "worksheets": 7}', "no notebook that nbformat can read"),
    "an old format with a text for a cell": (b'{"nbformat": 3, "worksheets": [{"cells": ["abc"]}]}', "no notebook that nbformat can read"),
    "a text for a level": (of_old(TITLE, '"cell_type": "heading", "level": "x"'), ""),
    "more than can be held": (b'{"nbformat": 4, "cells": [' + b"{}," * 25_000_000 + b"{}]}", "1,024 MiB of memory"),
    "a long text": (changed(3, source="x" * (21 * 2**20)), "without its stored outputs it is larger than 20 MiB"),
}  # fmt: skip


@pytest.mark.parametrize("what", READ)
def test_it_is_read_and_so_are_all_others(what: str, tmp_path: Path) -> None:
    files = {"eve/dropout/max_norm.ipynb": READ[what], "fay/dropout/max_norm.ipynb": MAX_NORM}
    eve, fay = read(write(tmp_path, files)).submissions
    assert (eve.problem, fay.problem) == ("", "")
    made = nbformat.reads(eve.notebook, as_version=4)
    nbformat.validate(made)
    assert len(eve.notebook) < 9 * 2**20
    eve.notebook.encode()
    assert all(note.isprintable() for note in eve.notes)


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_the_reason_and_all_others_are_read(what: str, tmp_path: Path) -> None:
    data, reason = REFUSED[what]
    files = {"eve/dropout/max_norm.ipynb": data, "fay/dropout/max_norm.ipynb": MAX_NORM}
    eve, fay = read(write(tmp_path, files)).submissions
    assert reason in eve.problem and eve.problem
    assert (eve.notebook, fay.problem) == ("", "")


def test_stored_outputs_cost_no_honest_notebook_its_place(tmp_path: Path) -> None:
    """An interactive plot may store tens of MiB."""
    big = with_outputs(json.dumps([{"output_type": "display_data", "metadata": {}, "data": {"application/json": "x" * (60 * 2**20), "text/plain": "plot"}}]))  # fmt: skip
    (found,) = read(write(tmp_path, {"ann/dropout/max_norm.ipynb": big})).submissions
    assert found.problem == ""
    assert len(found.notebook) < 2**20

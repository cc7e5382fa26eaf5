"""A notebook is read, whatever stands in it, or refused with the reason."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.intake.bounds import UnreadableError
from coursekit.grading.intake.notebooks import parse_notebook
from coursekit.grading.intake.official import official_notebook
from tests.support.handed_in import EXERCISES, MAX_NORM, handed, only, read, write


def changed(edit: Callable[[dict], object]) -> bytes:
    notebook = json.loads(MAX_NORM)
    edit(notebook)
    return json.dumps(notebook).encode()


BAD = [
    (b"", "the file is empty"),
    (b" \n", "the file is empty"),
    (b"\xff\xfe{\x00", "it is not UTF-8 text (byte 0)"),
    (MAX_NORM[:-300], "it is no JSON, or cut off"),
    (b"[1, 2]", "it is JSON, but no notebook"),
    (b'{"nbformat": 4}', "it is JSON, but no notebook"),
    (b'{"nbformat": 4, "cells": {"a": 1}}', "no notebook"),
    (b'{"nbformat": 4, "cells": [1]}', "its cell 1 is of no known type"),
    (b'{"nbformat": 3, "worksheets": 5}', "no notebook"),
    (b"9" * 10_000, "it is no JSON"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a":' * 100_000, "nested too deeply"),
    (b"[" + b"[]," * 3_000_000 + b"[]]", "it is JSON, but no notebook"),
    (changed(lambda nb: nb.update(nbformat=5)), "unknown format 5"),
    (changed(lambda nb: nb["cells"][2].update(cell_type="quiz")), "its cell 3 is of no known type"),
    (changed(lambda nb: nb["cells"][2].update(source={"a": 1})), "the text of its cell 3 is no text"),
    (changed(lambda nb: [cell.update(metadata={}) for cell in nb["cells"]]), "nbgrader's id"),
    (changed(lambda nb: nb.update(cells=nb["cells"] * 1000)), "6,000 cells"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "problem"), BAD, ids=[problem for _, problem in BAD])
def test_what_cannot_be_graded_is_kept_with_its_problem(
    data: bytes, problem: str, tmp_path: Path
) -> None:
    files = {"ann/dropout/max_norm.ipynb": data, "ben/dropout/max_norm.ipynb": MAX_NORM}
    ann, ben = read(write(tmp_path, files)).submissions
    assert problem in ann.problem
    assert (ann.student, ann.exercise, handed(ann)) == ("ann", "dropout/max_norm", data)
    assert ben.problem == ""


GOOD = [
    b"\xef\xbb\xbf" + MAX_NORM,
    changed(lambda nb: [cell.pop("id") for cell in nb["cells"]]),
    changed(lambda nb: nb["cells"][3].update(outputs=5, source=["a\n", "b"])),
    changed(lambda nb: nb["cells"][2]["metadata"].update(nbgrader=[], tags=[1, "", "a,b"], collapsed=9)),
    changed(lambda nb: nb["metadata"].update(kernelspec={"name": "x"}, language_info=3)),
    changed(lambda nb: nb["cells"].append(nb["cells"][3])),  # a grade id twice
    changed(lambda nb: nb["cells"][3].update(source="\ud800")),
    nbformat.v3.writes_json(nbformat.convert(nbformat.from_dict(EXERCISES["dropout/max_norm"]), 3)).encode(),
]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    GOOD,
    ids=["BOM", "no ids", "odd", "cell metadata", "metadata", "twice", "surrogate", "v3"],
)
def test_unusual_notebooks_are_read(data: bytes, tmp_path: Path) -> None:
    found = only(read(write(tmp_path, {"ann/dropout/max_norm.ipynb": data})))
    assert (found.problem, handed(found)) == ("", data)
    nbformat.validate(parse_notebook(data))
    nbformat.writes(parse_notebook(data)).encode()


def test_a_notebook_that_is_none_is_refused_with_a_reason() -> None:
    with pytest.raises(UnreadableError, match="it is JSON, but no notebook"):
        parse_notebook(b"{}")


def everywhere(part: object, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all values within lists and dictionaries."""
    inside = (
        part.items()
        if isinstance(part, dict)
        else enumerate(part)
        if isinstance(part, list)
        else ()
    )
    for key, value in inside:
        yield (*path, key)
        yield from everywhere(value, (*path, key))


def test_whatever_stands_in_a_notebook_it_becomes_a_valid_one_or_is_refused() -> None:
    odd = [None, 1, -1, 1.5, True, "", "x", "\ud800", [], {}, [1], {"a": 1}, [[]], 10**30]
    chance = random.Random(1)
    good = 0
    for data in [MAX_NORM, GOOD[-1]] * 100:
        notebook = json.loads(data)
        for _ in range(chance.choice([1, 1, 3])):
            *path, last = chance.choice(list(everywhere(notebook)))
            part = notebook
            for key in path:
                part = part[key]
            part[last] = chance.choice(odd)
        try:
            made = parse_notebook(json.dumps(notebook).encode())
        except UnreadableError:
            continue
        nbformat.validate(made)
        made, notes = official_notebook(made, EXERCISES["dropout/max_norm"])
        nbformat.validate(made)
        assert "".join(notes).isprintable()
        good += 1
    assert 0 < good < 200

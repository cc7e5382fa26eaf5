"""Small exercises, and a class that hands them in."""

import io
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import nbformat

from coursekit.grading.intake.reader import read_submissions
from coursekit.grading.intake.submissions import Class, Submission
from tests.support.cells import graded

Files = dict[str, bytes]


def exercise(topic: str) -> nbformat.NotebookNode:
    """A student notebook; all have the same ids but for one, as those of the course nearly have."""
    cells = [
        nbformat.v4.new_markdown_cell(f"# Exercise: {topic}"),
        nbformat.v4.new_code_cell("seeds = 30", metadata={"tags": ["parameters"]}),
        graded("given", "given_1", f"import checks\ntopic = {topic!r}"),
        graded("solution", "network", "raise NotImplementedError()"),
        graded("check", "check_network", f"assert network() == {topic!r}", points=2),
        graded("answer", "conclusion", "YOUR ANSWER HERE", points=4),
    ]
    return nbformat.v4.new_notebook(cells=cells)


EXERCISES = {
    name: exercise(name)
    for name in ("dropout/grid_search", "dropout/max_norm", "noise/grid_search", "noise/tuning")
}


def handed_in(name: str, answer: str = "network = 1") -> bytes:
    notebook = nbformat.from_dict(EXERCISES[name])
    notebook.cells[3] = graded("solution", "network", answer)
    return nbformat.writes(notebook).encode()


MAX_NORM, GRID, NOISE = map(
    handed_in, ("dropout/max_norm", "dropout/grid_search", "noise/grid_search")
)


def write(folder: Path, files: Files) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def zipped(files: Files | Iterable[tuple[str | zipfile.ZipInfo, bytes]], **options: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
    return packed.getvalue()


_kept = tempfile.TemporaryDirectory()


def read(folder: Path, exercises: dict[str, nbformat.NotebookNode] = EXERCISES) -> Class:
    both = {name: (one, one) for name, one in exercises.items()}
    return read_submissions(folder, both, Path(_kept.name))


def handed(one: Submission) -> bytes:
    """The file as it was handed in; empty where it could not be read."""
    return one.original.read_bytes() if one.original else b""


def read_zip(folder: Path, files: Files | bytes) -> Class:
    path = folder / "class.zip"
    path.write_bytes(files if isinstance(files, bytes) else zipped(files))
    return read(path)


def pairs(found: Class) -> list[tuple[str, str]]:
    return [(one.student, one.exercise) for one in found.submissions]


def only(found: Class) -> Submission:
    assert len(found.submissions) == 1, found
    return found.submissions[0]

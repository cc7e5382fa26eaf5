"""Repositories for students on GitHub: the notebooks, and a workflow that runs their checks."""

import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from coursekit.pages.exercises import kind_of, student_path
from coursekit.pages.notebook import Page
from coursekit.problem import PageError

TEMPLATES = Path(__file__).with_name("templates")
PACKAGES = "requirements/colab.txt"  # what a notebook may use
README = """\
# {chapter}: exercises

Open the notebooks in Jupyter or Colab, and write into the cells that are meant for it. Keep the
files' names and places, and add cells instead of changing given ones. After each push, GitHub runs
the checks, and *Actions* shows the points. They are a first answer: grades come from checks that
see more, and from a person who reads your answers in words.
"""


def write_repository(pages: Iterable[Page], out: Path) -> list[Path]:
    """Write what a repository of exercises holds to the new folder ``out``; return its files.

    All of it may be seen by students: the checks are those that stand in their notebooks.

    Raises PageError where something is missing or the folder holds something else.
    """
    pages = list(pages)
    root = pages[0].root
    if out.exists() and any(out.iterdir()):
        raise PageError(f"{out} is not empty; name a new folder")
    notebooks = {
        page.name.removeprefix("solutions/"): student_path(page.notebook, root) for page in pages
    }
    for path in (*notebooks.values(), root / PACKAGES):
        if not path.exists():
            raise PageError(f"{path} is missing; run `course build`")
    own = out / ".github"
    (own / "workflows").mkdir(parents=True)
    told = {}
    for name, path in notebooks.items():
        (out / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, out / f"{name}.ipynb")
        told[name] = _told(nbformat.read(path, as_version=4))
    (own / "checks.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (own / "workflows/checks.yml").write_text(_workflow(notebooks), encoding="utf-8")
    chapter = next(iter(notebooks)).partition("/")[0].replace("_", " ").capitalize()
    (own / "README.md").write_text(README.format(chapter=chapter), encoding="utf-8")
    shutil.copyfile(TEMPLATES / "github_checks.py", own / "checks.py")
    shutil.copyfile(root / PACKAGES, own / "requirements.txt")
    return sorted(path for path in out.rglob("*") if path.is_file())


def _told(notebook: NotebookNode) -> dict[str, object]:
    """What the workflow must know of an exercise: its points, and the parameters of a short run."""
    points = {"check": {}, "answer": {}}
    for cell in notebook.cells:
        if (kind := kind_of(cell)) in points:
            points[kind][cell.metadata.nbgrader.grade_id] = cell.metadata.nbgrader.points
    return dict(
        parameters=dict(notebook.metadata.course.shortened),
        checks=points["check"],
        answers=sum(points["answer"].values()),
    )


def _workflow(names: Iterable[str]) -> str:
    text = (TEMPLATES / "github_workflow.yml").read_text(encoding="utf-8")
    listed = [f"- {name}" for name in names]
    return re.sub(r"( +)@EXERCISES@", lambda at: "\n".join(f"{at[1]}{one}" for one in listed), text)

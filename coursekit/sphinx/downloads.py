"""Sphinx: a page has a button that downloads its notebook; an exercise, the students' one."""

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from coursekit.pages.exercises import student_path
from coursekit.sphinx import PARALLEL


def offered_notebook(app: Sphinx, page: str) -> Path | None:
    """The notebook that a page offers: its own, or the student notebook if it is an exercise."""
    notebook = Path(app.srcdir, f"{page}.ipynb")
    if page.startswith("solutions/"):
        notebook = student_path(notebook, Path(app.srcdir))
    return notebook if notebook.exists() else None


def _offer_notebook(app: Sphinx, page: str, _: str, context: dict[str, Any], __: object) -> None:
    """Name the notebook where the theme looks for it."""
    if notebook := offered_notebook(app, page):
        context["ipynb_source"] = notebook.relative_to(app.srcdir).as_posix()


def _copy_notebooks(app: Sphinx, error: Exception | None) -> None:
    """Put the notebooks where the buttons point."""
    for page in app.env.found_docs if not error else ():
        if notebook := offered_notebook(app, page):
            copy = Path(app.outdir, "_sources", notebook.relative_to(app.srcdir))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(notebook, copy)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the button and the copies."""
    # Before the theme's own, which makes the buttons.
    app.connect("html-page-context", _offer_notebook, priority=400)
    app.connect("build-finished", _copy_notebooks)
    return PARALLEL

"""Sphinx: a page is shown with the outputs of the notebook beside it; nothing is executed."""

import re
from pathlib import Path

import nbformat
from docutils import nodes
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_nb.sphinx_ import Parser
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

from coursekit.mime import RECORDS
from coursekit.pages.exercises import kind_of, without_regions
from coursekit.pages.notebook import code_cells, is_setup
from coursekit.pages.prose import without_bindings
from coursekit.sphinx import PARALLEL
from coursekit.sphinx.sliders import add_folds


class StoredOutputsError(SphinxError):
    """The notebook beside a page is missing, holds other code than the page, or an error."""

    category = "Stored outputs"


def read_page(text: str, page: str) -> nbformat.NotebookNode:
    """Read the page ``text`` as a notebook, with the outputs of the one beside the file ``page``.

    Raises StoredOutputsError where there is none, where its code is not the page's, or where it
    holds an error.
    """
    text = without_bindings(text)
    notebook = read_myst_markdown_notebook(text, add_source_map=True, path=page)
    path = Path(page).with_suffix(".ipynb")
    if not path.exists():
        raise StoredOutputsError(f"{page} has no notebook; run `course build`")
    built = nbformat.read(path, as_version=4)
    # For the colours of code.
    notebook.metadata.language_info = built.metadata.language_info
    stored = [cell for cell in code_cells(built) if not is_setup(cell)]
    cells = code_cells(notebook)
    if [cell.source.strip() for cell in cells] != [cell.source.strip() for cell in stored]:
        raise StoredOutputsError(f"{path} holds other code than {page}; run `course build`")
    for cell, done in zip(cells, stored, strict=True):
        for output in done.outputs:
            if output.output_type == "error":
                raise StoredOutputsError(
                    f"{path} holds an error, {output.ename}: {output.evalue}; correct the page"
                )
            output.get("data", {}).pop(RECORDS, None)  # for programs, not for readers
        cell.outputs, cell.execution_count = add_folds(done.outputs), done.execution_count
    fold_solutions(notebook)
    return notebook


def fold_solutions(notebook: nbformat.NotebookNode) -> None:
    """Fold away what solves an exercise: solutions, answers, and what later cells show."""
    solved = False
    for cell in notebook.cells:
        kind = kind_of(cell)
        if kind == "answer":
            fence = ":" * 10  # longer than any in the answer
            cell.source = (
                f"{fence}{{admonition}} Solution\n:class: dropdown\n\n{cell.source}\n{fence}"
            )
        elif kind == "check":
            # What it prints, and what it tests in secret, is no reading.
            cell.source, cell.outputs = without_regions(cell.source, "HIDDEN TESTS").strip(), []
        elif kind == "solution":
            solved = True
            cell.source = re.sub(
                r"^ *### (?:BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.MULTILINE
            )
            _fold(cell, "hide-cell", "Solution")
        elif solved and cell.cell_type == "code" and cell.outputs:
            whole = "hide-input" in cell.metadata.get("tags", [])
            _fold(cell, "hide-cell" if whole else "hide-output", "Solution: what comes out")


def _fold(cell: nbformat.NotebookNode, tag: str, title: str) -> None:
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), tag]
    prompts = {"code_prompt_show": title, "code_prompt_hide": title}
    cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **prompts}


class PageParser(Parser):
    """myst-nb's parser, reading pages that run code with ``read_page``."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse a page; see ``read_page`` for the errors raised."""
        env = document.settings.env
        if not is_myst_markdown_notebook(inputstring):
            return super().parse(inputstring, document)
        page = env.doc2path(env.docname)
        env.note_dependency(str(Path(page).with_suffix(".ipynb")))
        config = env.mystnb_config
        env.mystnb_config = config.copy(
            custom_formats={
                ".md": ("coursekit.sphinx.stored_outputs.read_page", {"page": page}, False)
            }
        )
        try:
            super().parse(inputstring, document)
        finally:
            env.mystnb_config = config


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the parser in place of myst-nb's."""
    app.setup_extension("myst_nb")
    app.add_source_parser(PageParser, override=True)
    return PARALLEL

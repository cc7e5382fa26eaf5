"""Sphinx: the directive ``{all-runs}`` offers every run of every claim as one table to download."""

import zipfile
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coursekit.results.runs import CLAIM_COLUMNS, COLUMNS, claims_table, runs_table
from coursekit.sphinx import PARALLEL

PLACE = "_downloads/runs.zip"
TABLES = {"runs.csv": COLUMNS, "claims.csv": CLAIM_COLUMNS}
WHEN = (2000, 1, 1, 0, 0, 0)  # of every file within, so that equal runs make an equal download


class AllRunsDirective(SphinxDirective):
    """A link to the table, and what its columns mean."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Make the link and the list of columns; the table itself is written with the pages."""
        self.env.note_reread()
        up = "../" * self.env.docname.count("/")
        link = f'<p><a class="all-runs" href="{up}{PLACE}" download>All runs as one table</a>'
        form = " (a zip archive of two CSV files)</p>"
        made: list[nodes.Node] = [nodes.raw("", link + form, format="html")]
        for file, columns in TABLES.items():
            made.append(nodes.paragraph("", f"The columns of {file}:"))
            listed = nodes.definition_list()
            for name, meaning in columns.items():
                item = nodes.definition_list_item("", nodes.term("", "", nodes.literal("", name)))
                item += nodes.definition("", nodes.paragraph("", meaning))
                listed += item
            made.append(listed)
        return made


def write_runs(root: Path, path: Path) -> None:
    """Write both tables and what their columns mean into a zip archive.

    Raises PageError for a notebook that cannot be read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    words = "\n".join(
        "\n".join([f"{file}:", *(f"  {name}: {meaning}" for name, meaning in columns.items())])
        for file, columns in TABLES.items()
    )
    tables = {"runs.csv": runs_table(root), "claims.csv": claims_table(root)}
    files = {name: table.to_csv(index=False) for name, table in tables.items()}
    files["columns.txt"] = f"{words}\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, WHEN), text, zipfile.ZIP_DEFLATED)


def _write(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        write_runs(Path(app.srcdir), Path(app.outdir, PLACE))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and what it links to."""
    app.add_directive("all-runs", AllRunsDirective)
    app.connect("build-finished", _write)
    return PARALLEL

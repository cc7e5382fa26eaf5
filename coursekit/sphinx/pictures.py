"""Sphinx: ``{picture-of}`` shows a picture that a notebook stores, so no copy of it is kept.

Its argument is the page, its option ``shows`` the first words of the picture's alternative text,
its body a caption::

    ```{picture-of} chapters/noise
    :shows: Decision regions of three networks

    A caption.
    ```
"""

import hashlib
from base64 import b64decode
from os.path import relpath
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coursekit.pages.notebook import code_cells, read_notebook
from coursekit.problem import PageError
from coursekit.sphinx import PARALLEL
from coursekit.units import counted


def find_picture(path: Path, shows: str) -> tuple[bytes, str]:
    """Find the PNG in a notebook whose alternative text begins with ``shows``; give both.

    Raises PageError where the notebook is missing, or where not exactly one picture begins so.
    """
    notebook = read_notebook(path)
    if notebook is None:
        raise PageError(f"there is no notebook {path}; run `course build`")
    pictures = [
        (output.data["image/png"], cell.metadata.get("mystnb", {}).get("image", {}).get("alt", ""))
        for cell in code_cells(notebook)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    found = [(png, alt) for png, alt in pictures if alt.startswith(shows)]
    if len(found) != 1:
        begin = "\n".join(f"- {alt[:60]}" for _, alt in pictures)
        raise PageError(
            f"{path} has {counted(len(found), 'picture')} whose alternative text begins "
            f"with {shows!r}; name one, in `shows`, by the beginning of its text:\n{begin}"
        )
    ((png, alt),) = found
    return b64decode(png), alt


class PictureOfDirective(SphinxDirective):
    """A picture of another page, with a caption."""

    required_arguments = 1
    has_content: ClassVar[bool] = True
    option_spec: ClassVar[dict[str, Any]] = {"shows": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Make the figure; a picture that is not there is an error at the directive's line."""
        notebook = Path(self.env.srcdir, f"{self.arguments[0]}.ipynb")
        self.env.note_dependency(str(notebook))
        if "shows" not in self.options:
            raise self.error(
                "{picture-of} needs the option `shows`, the beginning of a picture's alternative "
                "text"
            )
        try:
            png, alt = find_picture(notebook, self.options["shows"])
        except PageError as error:
            raise self.error(str(error)) from error
        # Named and placed as by MyST-NB, so that the picture's own page and this one share a file.
        file = Path(self.env.mystnb_config.output_folder, f"{hashlib.sha256(png).hexdigest()}.png")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(png)
        figure = nodes.figure("", nodes.image(uri="/" + relpath(file, self.env.srcdir), alt=alt))
        if self.content:
            parts = nodes.Element()
            self.state.nested_parse(self.content, self.content_offset, parts)
            figure += nodes.caption(parts[0].rawsource, "", *parts[0].children)
            if parts[1:]:
                figure += nodes.legend("", *parts[1:])
        self.set_source_info(figure)
        return [figure]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    # Its folder of pictures is used here.
    app.setup_extension("myst_nb")
    app.add_directive("picture-of", PictureOfDirective)
    return PARALLEL

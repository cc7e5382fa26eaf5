"""Scripts and style sheets that only those pages load which hold what they are for."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def add_script(app: Sphinx, script: Path, mark: str = "", page: str = "") -> None:
    """Let each page whose HTML holds ``mark``, or that one page, load the file ``script``.

    A script runs once the page has been read; a style sheet is there before it is painted.
    """

    def copy(_: Sphinx, config: Config) -> None:
        config.html_static_path.append(str(script))

    def load(_: Sphinx, name: str, __: str, context: dict[str, Any], ___: object) -> None:
        if name != page and not (mark and mark in context.get("body", "")):
            return
        if script.suffix == ".css":
            app.add_css_file(script.name)
        else:
            app.add_js_file(script.name, loading_method="defer")

    app.connect("config-inited", copy)
    app.connect("html-page-context", load)

"""Sphinx: the search page tells the words around each find without an error of its script."""

from pathlib import Path

from sphinx.application import Sphinx

from coursekit.sphinx import PARALLEL
from coursekit.sphinx.scripts import add_script


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the script that mends Sphinx's own."""
    add_script(app, Path(__file__).with_suffix(".js"), page="search")
    return PARALLEL

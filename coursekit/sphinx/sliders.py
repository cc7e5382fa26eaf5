"""Sphinx: figures with a slider have a fold in which Vega draws them once it is opened.

``sliders.py`` stores such a figure as Vega-Lite beside its picture. Vega comes from the folder
``vendor``, so no page asks for anything elsewhere; it is loaded by the first fold that a reader
opens, and by no page that has none.
"""

import json
from pathlib import Path

from nbformat import NotebookNode, v4
from sphinx.application import Sphinx

from coursekit.mime import VEGA_LITE
from coursekit.sphinx import PARALLEL
from coursekit.sphinx.scripts import add_script

_FOLD = """\
<details class="slider">
<summary>Move a slider: {label}</summary>
<div class="slider-control"></div>
<div class="slider-figure"></div>
<script type="application/json">{specification}</script>
</details>"""


def add_folds(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Put each figure with a slider into a fold; the picture before it stays as it is."""
    return [_fold(output) if VEGA_LITE in output.get("data", {}) else output for output in outputs]


def _fold(output: NotebookNode) -> NotebookNode:
    specification = output.data[VEGA_LITE]
    label = specification["params"][0]["bind"]["name"].strip()
    text = json.dumps(specification, separators=(",", ":")).replace("</", "<\\/")
    html = _FOLD.format(label=label, specification=text)
    return v4.new_output("display_data", {"text/html": html})


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the script that draws what is in the folds."""
    add_script(app, Path(__file__).with_suffix(".js"), mark='<details class="slider">')
    return PARALLEL

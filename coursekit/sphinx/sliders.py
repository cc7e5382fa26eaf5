"""Figures with a slider, in the book: below their picture a fold, in which Vega draws them once it is opened.

``sliders.py`` stores such a figure as Vega-Lite beside its picture. Vega comes from the folder ``vendor``, so no page asks for
anything elsewhere; it is loaded by the first fold that a reader opens, and by no page that has none.
"""

import json
from pathlib import Path

from bs4 import BeautifulSoup
from nbformat import NotebookNode, v4

from coursekit.mime import VEGA_LITE

_LOADER = Path(__file__).with_name("sliders.js").read_text(encoding="utf-8")
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


def add_loader(page: BeautifulSoup) -> None:
    """Give a page with such folds the script that draws what is in them."""
    if page.select_one("details.slider") and not page.select_one("script.slider-loader"):
        script = page.new_tag("script", attrs={"class": "slider-loader"})
        script.string = _LOADER
        page.body.append(script)

"""Every picture says in words what it shows."""

import re
from collections.abc import Iterator

from coursekit.problem import Problem
from coursekit.rules.course import Built, shown

_WITHOUT_WORDS = re.compile(r"!\[\s*\]\(([^)]{0,40})")


def problems(built: Built) -> Iterator[Problem]:
    """Find pictures without alternative text, in a notebook's text and in its outputs."""
    for number, cell in built.cells("markdown"):
        for picture in _WITHOUT_WORDS.findall(cell.source):
            yield built.in_notebook(
                f"the picture {picture} has no alternative text; say in the source what it shows",
                number,
            )
    for number, cell in built.cells("code"):
        kinds = [kind for output, _ in shown(cell) for kind in output.get("data", {})]
        said = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip()
        if not said and any(kind.startswith("image/") for kind in kinds):
            yield built.in_notebook(
                "shows a picture without alternative text; add `mystnb: {image: {alt: …}}` to the "
                "cell in the source",
                number,
            )

"""A page has one cell of parameters, and values for them that shorten a proof."""

from collections.abc import Iterator

from coursekit.pages.notebook import code_cells, parameters
from coursekit.problem import Problem
from coursekit.rules.course import Built
from coursekit.units import counted


def problems(built: Built) -> Iterator[Problem]:
    """Find what the page's source lacks."""
    cells = code_cells(built.expected)
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        yield built.in_source(
            f"has {counted(len(tagged), 'cell')} tagged `parameters`; give it exactly one"
        )
        return
    shortened = built.expected.metadata.course.get("shortened")
    if not shortened:
        yield built.in_source(
            "has no shortened parameters; add `course: {shortened: {…}}` to its front matter"
        )
        return
    for name in sorted(set(shortened) - set(parameters(built.expected))):
        yield built.in_source(
            f"shortens {name!r}, which its parameters cell does not set; correct one of them"
        )

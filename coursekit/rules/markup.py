"""A notebook's text is plain Markdown, with no markup that only the book understands."""

from collections.abc import Iterator

from coursekit.pages.myst import raw_myst
from coursekit.problem import Problem
from coursekit.rules.course import REBUILD, Built


def problems(built: Built) -> Iterator[Problem]:
    """Find what looks like MyST markup."""
    for number, cell in built.cells("markdown"):
        for raw in raw_myst(cell.source):
            yield built.in_notebook(
                f"shows raw book markup {raw!r}; {REBUILD}, or write it in a form the converter "
                "knows",
                number,
            )

"""A chapter that was rewritten to the course's shape keeps it."""

from collections.abc import Iterator
from pathlib import Path

from coursekit.pages.book import load_book
from coursekit.pages.notebook import page_notebook, pages
from coursekit.pages.shape import LIMITS, load_shapes, shape
from coursekit.problem import PageError, Problem
from coursekit.rules.course import Built


def problems(built: Built) -> Iterator[Problem]:
    """Find what a page has far too much of."""
    try:
        shapes = load_shapes(built.page.root)
    except PageError as error:
        yield built.in_source(str(error))
        return
    own = shapes["pages"].get(built.page.name, {})
    if own.get("rewritten"):
        for limit in shape(built.expected, shapes["limits"], own["seconds"]):
            if limit.far_exceeded:
                yield built.in_source(f"asks too much, {limit}; shorten it ({LIMITS})")


def advice(root: Path) -> Iterator[Problem]:
    """Say how much each page has of what is limited.

    Raises PageError for a page or the limits if they cannot be read.
    """
    shapes, book = load_shapes(root), load_book(root)
    for page in pages(root):
        if own := shapes["pages"].get(page.name):
            found = shape(page_notebook(page, book), shapes["limits"], own["seconds"])
            marked = [f"{limit}{'' if limit.kept else ' (too many)'}" for limit in found]
            yield Problem(page.source.relative_to(root), "", "; ".join(marked))

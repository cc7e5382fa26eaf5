"""A chapter's words, cells, figures and minutes are counted and compared with their limits."""

import nbformat
import pytest

from coursekit.pages.shape import load_shapes, shape
from coursekit.problem import PageError
from coursekit.rules.check import check
from coursekit.rules.shape import advice
from tests.support.small_course import Course

LIMITS = {"words": 10, "cells": 2, "lines": 2, "figures": 1}
SHAPES = """
limits: {{words: {words}, cells: 9, lines: 9, figures: 9}}
pages:
  chapters/page: {{seconds: 60, rewritten: {rewritten}}}
"""


def found(*cells: nbformat.NotebookNode, seconds: float = 0) -> dict[str, float]:
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    return {limit.what.split(",")[0]: limit.found for limit in shape(notebook, LIMITS, seconds)}


def text(words: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(words)


def code(source: str, **metadata: object) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata=metadata)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("Three short words.", 3),
        ("It ends at 0.52, as [the book](https://example.org/a/b) says.", 8),
        ("# A heading\n\n| a | table |\n|---|---|\n\nOne", 1),
        ("A formula $a = b$ and\n\n$$\nx = y\n$$", 3),
        ("<details>\n<summary>Asked</summary>\n\nAnswered\n\n</details>", 2),
        ("Said (claim C15-one) so", 2),
    ],
)
def test_words_are_those_of_the_running_text(words: str, count: int) -> None:
    assert found(text(words))["words"] == count


def test_cells_lines_and_figures_are_counted_and_what_the_build_inserts_is_not() -> None:
    cells = [
        code("a\nb\nc", course={"setup": True}),
        code("a\nb"),
        code("a\nb\nc\nd", tags=["hide-input"], mystnb={"image": {"alt": "A curve."}}),
    ]
    counted = found(*cells)
    assert counted["code cells"] == 2
    assert counted["lines of the longest cell that is not folded"] == 2
    assert counted["figures"] == 1


def test_minutes_are_those_of_reading_looking_and_running() -> None:
    page = text("**Time:** about 30 minutes " + "word " * 395)
    figure = code("a", mystnb={"image": {"alt": "A curve."}})
    assert found(page, figure, seconds=60)["minutes"] == pytest.approx(399 / 200 + 2 + 1)
    assert "minutes" not in found(text("No time is announced."))


@pytest.mark.parametrize(
    ("words", "rewritten", "problems", "marked"),
    [
        (
            33,
            "true",
            1,
            True,
        ),  # the page has 40 words, the notes on its setup and its origin included
        (40, "true", 0, False),
        (34, "true", 0, True),
        (1, "false", 0, True),
    ],
)
def test_far_too_much_is_a_problem_of_a_rewritten_page_and_else_advice(
    course: Course, words: float, rewritten: str, problems: int, marked: bool
) -> None:
    course.pretend_built()
    shapes = SHAPES.format(words=words, rewritten=rewritten)
    (course.root / "chapters/shape.yml").write_text(shapes)
    counted = list(advice(course.root))
    assert len(counted) == 1
    assert ("too many" in counted[0].message) == marked
    told = [str(problem) for problem in check(course.root)]
    assert len(told) == problems
    assert all("asks too much, words" in problem for problem in told)


def test_limits_that_cannot_be_read_are_named(course: Course) -> None:
    path = course.root / "chapters/shape.yml"
    path.write_text("limits: {")
    with pytest.raises(PageError, match=r"shape\.yml"):
        load_shapes(course.root)

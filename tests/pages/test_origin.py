"""A notebook says where it comes from, to whoever has nothing but the file."""

import nbformat
import pytest

from coursekit.pages.book import load_book
from coursekit.pages.build import build
from coursekit.pages.notebook import Page, code_hash, page_notebook, pages
from tests.support.exercise import pretend_built, student
from tests.support.small_course import Course

CITATION = "title: Three things\n"
PUBLIC = f"{CITATION}repository-code: https://github.com/ann/three\n"


@pytest.mark.parametrize(
    ("citation", "words"),
    [
        (
            CITATION,
            "This notebook is made from the page `chapters/page.md` of the course *Three things*. "
            "A correction belongs in that page.",
        ),
        (
            PUBLIC,
            "This notebook is made from the page [`chapters/page.md`]"
            "(https://github.com/ann/three/blob/HEAD/chapters/page.md) of the course "
            "[Three things](https://github.com/ann/three). A correction belongs in that page.",
        ),
    ],
)
def test_the_last_cell_names_page_and_course(course: Course, citation: str, words: str) -> None:
    (course.root / "CITATION.cff").write_text(citation)
    last = page_notebook(course.page, load_book(course.root)).cells[-1]
    assert (last.cell_type, last.source) == ("markdown", words)


def test_an_exercise_names_its_course_but_not_its_solution(exercise: Page) -> None:
    (exercise.root / "CITATION.cff").write_text(PUBLIC)
    pretend_built(exercise)
    assert student(exercise).cells[-1].source == (
        "This is the exercise `chapter/exercise` of the course "
        "[Three things](https://github.com/ann/three)."
    )
    assert "solutions/" not in nbformat.writes(student(exercise))


def test_a_notebook_that_does_not_say_so_yet_keeps_its_outputs(course: Course) -> None:
    course.pretend_built()
    course.edit_notebook(lambda notebook: notebook.cells.pop())
    before = course.notebook()
    assert build(pages(course.root)).refreshed == ["chapters/page"]
    after = course.notebook()
    assert after.cells[:-1] == before.cells
    assert code_hash(after) == code_hash(before)

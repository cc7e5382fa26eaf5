"""The front page shows a picture that a notebook stores, and keeps no copy of it."""

import base64
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from coursekit.pages.notebook import code_cells
from coursekit.problem import PageError
from coursekit.sphinx.pictures import find_picture
from tests.support.books import build_page
from tests.support.small_course import Course


def png(color: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2), color).save(file, "PNG")
    return file.getvalue()


def draw(alt: str, color: str) -> Callable[[nbformat.NotebookNode], None]:
    """Make an edit of a notebook that adds a cell with a picture and its alternative text."""

    def edit(notebook: nbformat.NotebookNode) -> None:
        data = {"image/png": base64.b64encode(png(color)).decode()}
        output = nbformat.v4.new_output("display_data", data)
        metadata = {"mystnb": {"image": {"alt": alt}}}
        notebook.cells.append(
            nbformat.v4.new_code_cell("plot()", outputs=[output], metadata=metadata)
        )

    return edit


@pytest.fixture
def pictures(course: Course) -> Course:
    course.pretend_built()
    course.edit_notebook(draw("Two curves. They cross.", "red"))
    course.edit_notebook(draw("Two rings.", "blue"))
    return course


def test_a_picture_is_found_by_the_beginning_of_its_alternative_text(pictures: Course) -> None:
    found = find_picture(pictures.page.notebook, "Two curves")
    assert found == (png("red"), "Two curves. They cross.")


@pytest.mark.parametrize(
    ("shows", "message"),
    [
        ("Three", r"0 pictures .*'Three'(.|\n)*- Two curves. They cross.\n- Two rings."),
        ("Two", r"2 pictures .*'Two'"),
    ],
)
def test_a_picture_that_is_missing_or_in_doubt_is_refused_with_what_there_is(
    pictures: Course, shows: str, message: str
) -> None:
    with pytest.raises(PageError, match=message):
        find_picture(pictures.page.notebook, shows)


def test_a_page_without_a_notebook_has_no_picture(course: Course) -> None:
    with pytest.raises(PageError, match=r"there is no notebook .*page\.ipynb; run"):
        find_picture(course.page.notebook, "Two")


def test_the_picture_follows_the_notebook(pictures: Course) -> None:
    def redraw(notebook: nbformat.NotebookNode) -> None:
        code_cells(notebook)[-1].outputs[0].data["image/png"] = base64.b64encode(
            png("green")
        ).decode()

    pictures.edit_notebook(redraw)
    assert find_picture(pictures.page.notebook, "Two rings") == (
        png("green"),
        "Two rings.",
    )


PICTURE = """\
```{picture-of} chapters/page
:shows: Two rings

Rings of *one* page.

They do not touch.
```
"""


@pytest.mark.slow
def test_the_book_shows_the_picture_with_its_alternative_text_and_a_caption(
    pictures: Course,
) -> None:
    done = build_page(pictures.root, PICTURE, "pictures")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (pictures.root / "html/index.html").read_text()
    figure = re.search(r"<figure.*?</figure>", page, re.DOTALL).group()
    source = re.search(r'<img[^>]*src="([^"]+)"', figure).group(1)
    assert 'alt="Two rings."' in figure
    assert "Rings of <em>one</em> page." in figure
    assert "They do not touch." in figure
    assert Path(pictures.root, "html", source).read_bytes() == png("blue")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (":shows: Nothing", "0 pictures whose alternative text begins with 'Nothing'"),
        ("", "needs the option `shows`"),
    ],
)
def test_the_book_does_not_build_without_the_picture_and_names_the_line(
    pictures: Course, line: str, message: str
) -> None:
    done = build_page(pictures.root, PICTURE.replace(":shows: Two rings", line), "pictures")
    assert done.returncode != 0
    assert re.search(rf"index\.md:3: ERROR: .*{message}", done.stderr)

"""The book shows pages with their notebooks' outputs, and refuses what does not fit together."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from coursekit.pages.notebook import code_cells, is_setup, pages
from coursekit.paths import ROOT
from coursekit.sphinx.stored_outputs import StoredOutputsError, read_page
from tests.support.books import build_book
from tests.support.small_course import Course

LOADED_FROM_ELSEWHERE = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//[^"]+"|<link[^>]*\srel="(?:stylesheet|preload|modulepreload)"[^>]*\shref="(?:https?:)?//[^"]+\""""
)


@pytest.fixture
def built(course: Course) -> Course:
    course.pretend_built()
    return course


def test_a_page_gets_the_outputs_of_its_notebook(built: Course) -> None:
    notebook = read_page(built.source, str(built.page.source))
    parameters, last = code_cells(notebook)
    assert parameters.outputs == []
    # The record is for programs.
    assert last.outputs[0].data == {"text/plain": "a table"}
    assert not any(is_setup(cell) for cell in notebook.cells)
    assert notebook.metadata.language_info.name == "python"


def fail(notebook: nbformat.NotebookNode) -> None:
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
    code_cells(notebook)[-1].outputs = [error]


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (
            lambda course: course.page.notebook.unlink(),
            "has no notebook; run `course build`",
        ),
        (
            lambda course: setattr(course, "source", course.source.replace("= 30", "= 31")),
            "holds other code than .*; run `course build`",
        ),
        (
            lambda course: setattr(course, "source", course.source + "\n```{code-cell}\n1\n```\n"),
            "holds other code than",
        ),
        (lambda course: course.edit_notebook(fail), "holds an error, ValueError: no"),
    ],
)
def test_what_does_not_fit_the_page_is_refused(
    built: Course, break_it: Callable[[Course], object], message: str
) -> None:
    break_it(built)
    with pytest.raises(StoredOutputsError, match=message):
        read_page(built.source, str(built.page.source))


@pytest.fixture
def small_book(built: Course) -> Course:
    built.settle()
    (built.root / "pages/ledger.md").write_text("# Ledger\n\n```{ledger}\n```\n")
    # The book reads verdicts by the rule, whose module it takes from the engine's folder.
    for name in ("_config.yml", "coursekit", "lab/rule.py", "vendor", "pages/_static"):
        (built.root / name).symlink_to(ROOT / name)
    (built.root / "_toc.yml").write_text(
        "format: jb-book\nroot: index\n"
        "chapters: [{file: chapters/page}, {file: chapters/page_evidence}, {file: pages/ledger}]\n"
    )
    return built


@pytest.mark.slow
def test_a_small_book_shows_outputs_and_offers_the_standalone_notebook(small_book: Course) -> None:
    done = build_book(small_book.root)
    assert done.returncode == 0, done.stdout + done.stderr
    html = small_book.root / "_build/html"
    page = (html / "chapters/page.html").read_text()
    assert "a table" in page
    assert "%%writefile" not in page
    assert 'href="../_sources/chapters/page.ipynb"' in page
    offered = (html / "_sources/chapters/page.ipynb").read_text()
    assert offered == small_book.page.notebook.read_text()
    assert 'href="../pages/ledger.html#ledger-c14"' in page
    assert 'id="ledger-c14"' in (html / "pages/ledger.html").read_text()


@pytest.mark.slow
def test_a_book_whose_checkout_is_from_github_opens_its_notebooks_there(small_book: Course) -> None:
    for command in ("init", "remote add origin https://github.com/someone/course.git"):
        subprocess.run(["git", *command.split()], cwd=small_book.root, check=True)
    done = build_book(small_book.root)
    assert done.returncode == 0, done.stdout + done.stderr
    html = small_book.root / "_build/html"
    links = re.findall(
        r'href="(https://[^"]+page\.ipynb)"', (html / "chapters/page.html").read_text()
    )
    file = "someone/course/blob/main/chapters/page.ipynb"
    assert links == [
        f"https://colab.research.google.com/github/{file}",
        f"https://www.kaggle.com/kernels/welcome?src=https://github.com/{file}",
        "https://mybinder.org/v2/gh/someone/course/main?urlpath=lab%2Ftree%2Fchapters%2Fpage.ipynb",
    ]
    # It has no notebook.
    assert "launch-buttons" not in (html / "pages/ledger.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda course: course.edit_notebook(fail), "holds an error, ValueError: no"),
        (
            lambda course: setattr(course, "source", course.source + "\n{ref}`nowhere`\n"),
            "WARNING: .*nowhere",
        ),
    ],
)
def test_a_book_with_an_error_or_a_warning_does_not_build(
    small_book: Course, break_it: Callable[[Course], object], message: str
) -> None:
    break_it(small_book)
    done = build_book(small_book.root)
    assert done.returncode != 0
    assert re.search(message, done.stdout + done.stderr)


@pytest.mark.slow
def test_the_course_builds_without_warnings_and_network(book: Path) -> None:
    for page in pages(ROOT):
        html = (book / f"{page.name}.html").read_text()
        assert html.count("cell_output") >= 1
    # What a page loads lies beside it.
    for page in book.rglob("*.html"):
        assert not LOADED_FROM_ELSEWHERE.findall(page.read_text()), page.name
    assert not list(book.rglob("stray.html"))

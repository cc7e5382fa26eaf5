"""Solutions carry nbgrader's metadata, which makes student notebooks; nothing leaks."""

from collections.abc import Callable

import nbformat
import pytest

from coursekit.pages.book import load_book
from coursekit.pages.exercises import (
    kind_of,
    leaks,
    secrets,
    student_notebook,
    student_path,
)
from coursekit.pages.notebook import (
    Page,
    code_cells,
    page_notebook,
    pages,
    write_notebook,
)
from coursekit.problem import PageError
from coursekit.rules.check import check
from coursekit.sphinx.stored_outputs import read_page
from tests.support.exercise import EXERCISE, pretend_built, student


def test_cells_get_the_metadata_of_their_kind(exercise: Page) -> None:
    notebook = nbformat.read(exercise.notebook, as_version=4)
    kinds = {
        cell.metadata.nbgrader.grade_id: (kind_of(cell), cell.metadata.nbgrader.get("points"))
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    assert kinds == {
        "lab": ("given", None),
        "given_1": ("given", None),
        "prediction": ("answer", 1),
        "triple": ("solution", None),
        "check_triple": ("check", 2),
        "given_2": ("given", None),
    }
    assert all(
        cell.metadata.nbgrader.schema_version == 3
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("kind: check", "kind: test", "needs a kind"),
        ("id: triple}", "id: tri ple}", "an id of letters"),
        (", points: 2", "", "needs points"),
        ("id: triple}", "id: triple, points: 1}", "can have no points"),
        ("kind: solution", "kind: answer", "needs points"),
        ("points: 2}", "points: 2, hard: true}", "unknown settings hard"),
        ("id: check_triple", "id: triple", "several cells are called triple"),
        ('"kind": "answer"', '"kind": "check"', "wrong type"),
    ],
)
def test_a_short_form_that_cannot_be_understood_is_refused(
    exercise: Page, before: str, after: str, message: str
) -> None:
    exercise.source.write_text(EXERCISE.replace(before, after))
    with pytest.raises(PageError, match=message):
        page_notebook(exercise, load_book(exercise.root))


def test_the_student_notebook_has_stubs_no_hidden_tests_and_no_outputs(exercise: Page) -> None:
    cells = {
        cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in student(exercise).cells
    }
    assert (
        cells["triple"].source
        == "def triple(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert cells["prediction"].source == "YOUR ANSWER HERE"
    assert cells["check_triple"].source == "assert triple(1) == 3"
    assert cells["lab"].metadata.editable is False
    assert all(not cell.outputs for cell in code_cells(student(exercise)))
    assert check(exercise.root) == []


def test_a_student_may_read_an_amount_that_the_parameters_set(exercise: Page) -> None:
    amount = "30<!-- = parameters.seeds --> runs: what do you expect?"
    exercise.source.write_text(EXERCISE.replace("What do you expect?", amount))
    pretend_built(exercise)
    assert amount in "".join(cell.source for cell in student(exercise).cells)
    assert check(exercise.root) == []


def give_away(text: str) -> Callable[[nbformat.NotebookNode], object]:
    return lambda notebook: notebook.cells.append(nbformat.v4.new_markdown_cell(text, id="x"))


def add_output(notebook: nbformat.NotebookNode) -> None:
    code_cells(notebook)[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="1\n")]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (give_away("A word more."), "differs from what nbgrader makes of its solution"),
        (give_away("It is return double(x) + x, you know."), "gives away 'return double(x) + x'"),
        (give_away("assert triple(14) == 42"), "gives away 'assert triple(14) == 42'"),
        (give_away("Every number becomes *twice* as large."), "gives away 'Every number"),
        (give_away("the result is 15"), "gives away 'the result is 15'"),
        (add_output, "holds a stored output"),
        (give_away("It is 15 <!-- = epochs.median -->."), "shows a measured number"),
    ],
)
def test_the_check_finds_a_stale_student_notebook_and_what_it_gives_away(
    exercise: Page, edit: Callable[[nbformat.NotebookNode], object], message: str
) -> None:
    notebook = student(exercise)
    edit(notebook)
    write_notebook(notebook, student_path(exercise.notebook, exercise.root))
    assert any(message in str(problem) for problem in check(exercise.root))


def test_the_check_finds_missing_and_superfluous_student_notebooks(exercise: Page) -> None:
    path = student_path(exercise.notebook, exercise.root)
    path.rename(path.with_name("other.ipynb"))
    problems = "\n".join(map(str, check(exercise.root)))
    assert "exercise.ipynb: is missing" in problems
    assert "other.ipynb: has no page to be built from" in problems


def test_the_points_of_a_step_are_those_that_its_heading_announces(exercise: Page) -> None:
    exercise.source.write_text(EXERCISE.replace("Build (2 points)", "Build (3 points)"))
    pretend_built(exercise)
    (problem,) = check(exercise.root)
    assert "## Build (3 points): announces 3 points, its cells give 2" in str(problem)


def test_leaks_are_found_in_json_and_html(exercise: Page) -> None:
    hidden = {'print("a <b> & c", 1)'}
    assert leaks('{"source": "print(\\"a <b> & c\\", 1)"}', hidden)
    assert leaks('<span>print</span>(<b>"a &lt;b&gt; &amp; c"</b>, 1)', hidden)
    assert not leaks("print(2)", hidden)
    assert "return double(x) + x" in secrets(nbformat.read(exercise.notebook, as_version=4))


def test_a_phrase_that_stands_elsewhere_in_two_lines_is_no_secret(exercise: Page) -> None:
    notebook = nbformat.read(exercise.notebook, as_version=4)
    assert "return double(x) + x" not in secrets(notebook, ["We return\n  double(x) + x here."])


def test_the_book_folds_solutions_away_and_shows_no_hidden_tests(exercise: Page) -> None:
    notebook = read_page(exercise.source.read_text(), str(exercise.source))
    cells = {cell.metadata.get("nbgrader", {}).get("id"): cell for cell in notebook.cells}
    assert "hide-cell" in cells["triple"].metadata.tags
    assert cells["triple"].metadata.mystnb.code_prompt_show == "Solution"
    assert "SOLUTION" not in cells["triple"].source
    assert cells["check_triple"].source == "assert triple(1) == 3"
    assert "{admonition} Solution\n:class: dropdown" in cells["prediction"].source
    last = code_cells(notebook)[-1]
    assert last.outputs and "hide-output" in last.metadata.tags


def test_pages_are_chosen_by_the_end_of_their_path(exercise: Page) -> None:
    other = exercise.root / "solutions/other/exercise.md"
    other.parent.mkdir()
    other.write_text(EXERCISE)
    assert [page.name for page in pages(exercise.root, ["chapter/exercise"])] == [
        "solutions/chapter/exercise"
    ]
    with pytest.raises(PageError, match="2 pages exercise"):
        pages(exercise.root, ["exercise"])


def test_a_solution_that_nbgrader_refuses_is_reported(exercise: Page) -> None:
    exercise.source.write_text(EXERCISE.replace("    ### END SOLUTION\n", ""))
    notebook = page_notebook(exercise, load_book(exercise.root))
    with pytest.raises(PageError, match="nbgrader refuses it"):
        student_notebook(notebook, exercise.root)

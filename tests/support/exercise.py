"""An exercise in a small course, for the tests of what makes, checks and grades exercises."""

import nbformat
import pytest

from coursekit.pages.book import load_book
from coursekit.pages.exercises import student_path, write_student_notebook
from coursekit.pages.notebook import (
    Page,
    code_cells,
    code_hash,
    installed_versions,
    page_notebook,
    write_notebook,
)
from coursekit.paths import ROOT
from tests.support.small_course import FRONT_MATTER, Course

EXERCISE = (
    FRONT_MATTER
    + """\
# An exercise

```{code-cell} ipython3
:tags: [parameters]
seeds = 30
```

```{code-cell} ipython3
from lab import double
```

## Predict (1 point)

What do you expect?

+++ {"nbgrader": {"kind": "answer", "id": "prediction", "points": 1}}

Every number becomes *twice* as large.

+++

## Build (2 points)

Write `triple`.

```{code-cell} ipython3
:nbgrader: {kind: solution, id: triple}

def triple(x):
    ### BEGIN SOLUTION
    return double(x) + x
    ### END SOLUTION
```

```{code-cell} ipython3
:nbgrader: {kind: check, id: check_triple, points: 2}

assert triple(1) == 3
### BEGIN HIDDEN TESTS
assert triple(14) == 42
### END HIDDEN TESTS
```

```{code-cell} ipython3
print("the result is", triple(5))
```
"""
)
CHAPTER = """\
# The chapter

## Exercises

**[Triple](../solutions/chapter/exercise.md).** Three times as much.

## Summary

See [the exercise](../solutions/chapter/exercise.md).
"""


@pytest.fixture
def exercise(course: Course) -> Page:
    """An exercise in a small course, with the notebooks that a build would store."""
    course.pretend_built()
    (course.root / "nbgrader_config.py").symlink_to(ROOT / "nbgrader_config.py")
    page = Page(course.root / "solutions/chapter/exercise.md", course.root)
    page.source.parent.mkdir(parents=True)
    page.source.write_text(EXERCISE)
    (course.root / "chapters/chapter.md").write_text(CHAPTER)
    pretend_built(page)
    return page


def pretend_built(page: Page) -> None:
    notebook = page_notebook(page, load_book(page.root))
    for number, cell in enumerate(code_cells(notebook), start=1):
        cell.execution_count = number
    code_cells(notebook)[-1].outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="the result is 15\n")
    ]
    notebook.metadata.course.built = {
        "code": code_hash(notebook),
        "versions": installed_versions(),
    }
    write_notebook(notebook, page.notebook)
    write_student_notebook(notebook, page.notebook, page.root)


def student(page: Page) -> nbformat.NotebookNode:
    return nbformat.read(student_path(page.notebook, page.root), as_version=4)

"""A small course in a temporary folder, for the tests of the tools."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from course.book import load_book
from course.notebook import (
    Page,
    code_cells,
    code_hash,
    installed_versions,
    is_setup,
    page_notebook,
    write_notebook,
)

FRONT_MATTER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  name: python3
course:
  shortened:
    seeds: 2
---
"""
PAGE = (
    FRONT_MATTER
    + """\
# A page

It takes 15 <!-- = epochs.median --> epochs.

```{code-cell} ipython3
:tags: [parameters]
seeds = 30  # how many runs
```

```{code-cell} ipython3
from lab import double, record

record({"epochs": {"mean": 15.2, "sd": 1.0, "median": 15.0, "min": 12.0, "max": 18.0, "n": seeds}})
print(double(4))
```
"""
)
LAB = '''\
"""A stand-in for the engine."""

from IPython.display import display


def double(x):
    """Double."""
    # as it says
    return 2 * x


def record(numbers):
    """Show and keep numbers."""
    display({"application/vnd.lab.record+json": numbers, "text/plain": str(numbers)}, raw=True)
'''
BIB = r"""
@inproceedings{ioffe2015, author={Ioffe, Sergey and Szegedy, Christian}, title={Batch {N}ormalization},
  year=2015, booktitle={ICML}, eprint={1502.03167}}
@article{bishop1995, author={Bishop, Chris M.}, title={Training with Noise}, year=1995,
  journal={Neural Computation}, doi={10.1162/neco.1995.7.1.108}}
@inproceedings{santurkar2018, author={Santurkar, Shibani and Tsipras, Dimitris and M{\k{a}}dry, Aleksander},
  title={How?}, year=2018}
"""


@dataclass
class Course:
    """A course with one page, chapters/page.md."""

    root: Path

    @property
    def page(self) -> Page:
        return Page(self.root / "chapters/page.md", self.root)

    @property
    def source(self) -> str:
        return self.page.source.read_text(encoding="utf-8")

    @source.setter
    def source(self, text: str) -> None:
        self.page.source.write_text(text, encoding="utf-8")

    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.read(self.page.notebook, as_version=4)

    def edit_notebook(self, edit: Callable[[nbformat.NotebookNode], object]) -> None:
        notebook = self.notebook()
        edit(notebook)
        write_notebook(notebook, self.page.notebook)

    def pretend_built(self) -> None:
        """Store the notebook as a build would, with outputs made up instead of executed."""
        notebook = page_notebook(self.page, load_book(self.root))
        for number, cell in enumerate(code_cells(notebook), start=1):
            cell.execution_count = number
            if "record(" in cell.source and not is_setup(cell):
                numbers = {"epochs": dict(mean=15.2, sd=1.0, median=15.0, min=12.0, max=18.0, n=30)}
                data = {"application/vnd.lab.record+json": numbers, "text/plain": "a table"}
                cell.outputs = [nbformat.v4.new_output("display_data", data)]
        notebook.metadata.course.built = {
            "code": code_hash(notebook),
            "versions": installed_versions(),
        }
        write_notebook(notebook, self.page.notebook)


def make_course(folder: Path) -> Course:
    root = folder / "course"
    (root / "chapters").mkdir(parents=True)
    (root / "lab.py").write_text(LAB, encoding="utf-8")
    (root / "references.bib").write_text(BIB, encoding="utf-8")
    (root / "index.md").write_text("(front)=\n# The *course*\n", encoding="utf-8")
    (root / "chapters/page.md").write_text(PAGE, encoding="utf-8")
    return Course(root)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path)

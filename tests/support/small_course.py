"""A small course in a temporary folder, for the tests of the tools."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from coursekit.__main__ import main
from coursekit.mime import RECORDS
from coursekit.pages.book import load_book
from coursekit.pages.notebook import (
    Page,
    code_cells,
    code_hash,
    installed_versions,
    page_notebook,
    write_notebook,
)
from coursekit.results.records import Record

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
EPOCHS = dict(mean=15.2, sd=1.0, median=15.0, min=12.0, max=18.0, n=30)
LAB_INIT = '"""A stand-in for the engine."""\n\nfrom lab.engine import double, record\n'
LAB = '''\
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
@inproceedings{ioffe2015, author={Ioffe, Sergey and Szegedy, Christian},
  title={Batch {N}ormalization}, year=2015, booktitle={ICML}, eprint={1502.03167}}
@article{bishop1995, author={Bishop, Chris M.}, title={Training with Noise}, year=1995,
  journal={Neural Computation}, doi={10.1162/neco.1995.7.1.108}}
@inproceedings{santurkar2018,
  author={Santurkar, Shibani and Tsipras, Dimitris and M{\k{a}}dry, Aleksander},
  title={How?}, year=2018}
"""


EVIDENCE = (
    FRONT_MATTER
    + """\
# Evidence

(evidence-c14)=
## C14. After or before?

**Verdict: supported** <!-- = C14.verdict -->.
The difference is +0.10 <!-- = C14.fresh.first.mean -->.

```{code-cell} ipython3
:tags: [parameters]
seeds = 30
```

```{code-cell} ipython3
from lab import settle

settle("C14")
```
"""
)


def compared(
    mean: float = 0.1, half: float = 0.02, smallest: float = 0.01, verdict: str = "supported"
) -> Record:
    """A comparison as ``lab`` records it."""
    reading = {"supported": "larger", "opposite": "smaller"}.get(verdict, "unclear")
    return dict(
        mean=mean,
        low=mean - half,
        high=mean + half,
        n=30,
        smallest=smallest,
        needed=2,
        reading=reading,
        verdict=verdict,
    )


def settled(
    name: str = "C14",
    verdict: str = "supported",
    repeated: str = "",
    comparisons: dict[str, Record] | None = None,
    axis: str = "",
    sentence: str = "Later is better.",
    effect: str = "test accuracy, after minus before",
) -> dict[str, Record]:
    """A claim as ``lab.settle`` records it; keys are ``[condition.]data.first|second``."""
    both = {f"fresh.{seeds}": compared() for seeds in ("first", "second")}
    claim = dict(sentence=sentence, effect=effect, axis=axis, decides="fresh", verdict=verdict)
    return {
        name: claim | {"repeated": repeated or verdict},
        **{f"{name}.{key}": value for key, value in (comparisons or both).items()},
    }


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

    def command(self, *arguments: str) -> int:
        """Give the command ``course`` and return its exit status."""
        return main(["--root", str(self.root), *arguments], standalone_mode=False)

    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.read(self.page.notebook, as_version=4)

    def edit_notebook(self, edit: Callable[[nbformat.NotebookNode], object]) -> None:
        notebook = self.notebook()
        edit(notebook)
        write_notebook(notebook, self.page.notebook)

    def pretend_built(self) -> None:
        """Store the notebook as a build would, with outputs made up instead of executed."""
        self.store(self.page, {"epochs": EPOCHS})

    def store(self, page: Page, *groups: dict[str, Record]) -> None:
        """Store a page's notebook with groups of records as the outputs of its last cell."""
        notebook = page_notebook(page, load_book(self.root))
        for number, cell in enumerate(code_cells(notebook), start=1):
            cell.execution_count = number
        cell.outputs = [
            nbformat.v4.new_output("display_data", {RECORDS: group, "text/plain": "a table"})
            for group in groups
        ]
        notebook.metadata.course.built = {
            "code": code_hash(notebook),
            "versions": installed_versions(),
        }
        write_notebook(notebook, page.notebook)

    @property
    def evidence(self) -> Page:
        """A page that settles C14, once ``settle`` was called."""
        return Page(self.root / "chapters/page_evidence.md", self.root)

    def settle(self, *groups: dict[str, Record], source: str = EVIDENCE) -> None:
        """Write an evidence page with a notebook of these records, and mention C14 in the page."""
        self.source = self.source.replace("It takes", "Later is better {claim}`C14`. It takes")
        self.evidence.source.write_text(source, encoding="utf-8")
        self.pretend_built()
        self.store(self.evidence, *(groups or (settled(),)))


def make_course(folder: Path) -> Course:
    root = folder / "course"
    for name in ("chapters", "lab", "pages"):
        (root / name).mkdir(parents=True)
    (root / "lab/__init__.py").write_text(LAB_INIT, encoding="utf-8")
    (root / "lab/engine.py").write_text(LAB, encoding="utf-8")
    (root / "references.bib").write_text(BIB, encoding="utf-8")
    (root / "index.md").write_text("(front)=\n# The *course*\n", encoding="utf-8")
    (root / "chapters/page.md").write_text(PAGE, encoding="utf-8")
    return Course(root)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_course(tmp_path)

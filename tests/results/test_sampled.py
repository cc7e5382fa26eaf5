"""A sampled execution trains a few runs of a page anew and tells what alters any of them."""

import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from shutil import copytree

import nbformat
import pytest

from coursekit.pages.book import load_book
from coursekit.pages.build import RUNS, build, execute_alone
from coursekit.pages.notebook import Page, page_notebook, read_notebook
from coursekit.paths import ROOT
from coursekit.results.runs import conclusions, run_sample, sample, unlike
from tests.pages.test_registry import ENTRY, write
from tests.support.small_course import FRONT_MATTER

PAGE = (
    FRONT_MATTER
    + """\
# Evidence

```{code-cell} ipython3
:tags: [parameters]
most = 8
sample = {}
```

```{code-cell} ipython3
from lab import conclude, full_scale, paired_effect, record, sweep, until_narrow

import keras
from sklearn.datasets import make_circles

full_scale(most=(most, 8), sample=(sample, {}))


def rings(seed):
    x, y = make_circles(n_samples=230, noise=0.1, random_state=seed)
    x = x.astype("float32")
    return (x[:30], y[:30]), (x[30:], y[30:])


def network(units):
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((2,)), dense(units, "relu"), dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def arms(seeds):
    return sweep(network, {"units": [2, 64]}, rings, seeds=seeds, epochs=60, jobs=1)


def wide_against_narrow(runs):
    return runs.at(units=64).each("val_loss"), runs.at(units=2).each("val_loss")


def comparisons(runs):
    return [paired_effect(*wide_against_narrow(runs)[::-1], "loss")]


runs = until_narrow("rings", arms, comparisons, begin=4, most=most)
conclude("C1", wide_against_narrow(runs)[::-1])
record({"final": runs.at(units=64).each("val_accuracy")})
```
"""
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page of a course with the real engine, built."""
    root = tmp_path_factory.mktemp("course")
    copytree(ROOT / "lab", root / "lab")
    (root / "references.bib").write_text("")
    write(root, C1=ENTRY | {"page": "page_evidence", "measure": "loss", "most": 8})
    page = Page(root / "chapters/page_evidence.md", root)
    page.source.write_text(PAGE)
    result = build([page])
    assert result.errors == []
    return page


def sampled(page: Page, *changes: tuple[str, str]) -> nbformat.NotebookNode:
    stored = read_notebook(page.notebook)
    seeds = sample(stored, 1, Random(7))
    changed = nbformat.from_dict(stored)
    for cell in changed.cells:
        for old, new in changes:
            cell.source = cell.source.replace(old, new)
    assert not changes or changed != read_notebook(page.notebook)
    return run_sample(changed, seeds)


@pytest.mark.slow
def test_a_sample_of_the_stored_runs_comes_out_with_the_same_bits(page: Page) -> None:
    stored, new = read_notebook(page.notebook), sampled(page)
    assert unlike(stored, new, exact=True) == []
    (part,) = conclusions(new)["C1"]["parts"].values()
    assert part["n"] == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Adam(0.01)", "Adam(0.0101)", "2 of 2 runs came out differently"),
        ("random_state=seed", "random_state=seed + 1", "2 of 2 runs came out differently"),
        ("epochs=60", "epochs=59", "2 of 2 runs came out differently"),
        ('"measure": "loss"', '"measure": "accuracy"', "measured by"),
    ],
)
def test_a_planted_change_is_told(page: Page, old: str, new: str, told: str) -> None:
    found = unlike(read_notebook(page.notebook), sampled(page, (old, new)), exact=True)
    assert any(told in line for line in found), found


@pytest.mark.slow
def test_a_build_that_was_killed_goes_on_with_the_runs_it_had(page: Page) -> None:
    whole = read_notebook(page.notebook)
    command = [sys.executable, "-m", "coursekit", "--root", str(page.root), "build", "--force"]
    build_process = subprocess.Popen([*command], cwd=ROOT, start_new_session=True)
    kept = page.root / RUNS
    deadline = time.monotonic() + 600
    while not any(file.stat().st_size > 2000 for file in kept.rglob("*.runs")):
        assert time.monotonic() < deadline
        assert build_process.poll() is None
        time.sleep(0.05)
    os.killpg(build_process.pid, signal.SIGKILL)
    build_process.wait()
    (file,) = kept.rglob("*.runs")
    inode, size = file.stat().st_ino, file.stat().st_size
    trained = _runs_in(file)
    assert trained
    assert read_notebook(page.notebook) == whole
    notebook = page_notebook(page, load_book(page.root))
    execute_alone(notebook, runs=file.parent)
    again = _runs_in(file)
    assert file.stat().st_ino == inode
    assert file.stat().st_size > size
    assert again[: len(trained)] == trained
    assert len(set(again)) == len(again) == 8
    assert unlike(whole, notebook, exact=True) == []


def _runs_in(file: Path) -> list[tuple[int, int]]:
    """Setting and seed of each whole run in a file."""
    found = []
    with file.open("rb") as handle, suppress(EOFError, pickle.UnpicklingError):
        while True:
            index, seed, _ = pickle.load(handle)
            found.append((index, seed))
    return found

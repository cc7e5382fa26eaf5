"""Every page runs with any smaller parameters: the smallest, equal ones, rising ones.

What a page does with the numbers of a run is tested here, not the training: `fit` checks its
arguments and builds models as ever, but gives made-up logs in place of training, so that many
settings are tried in the time of one.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.pages.book import load_book
from coursekit.pages.exercises import kind_of
from coursekit.pages.notebook import Page, code_cells, is_setup, page_notebook, pages
from coursekit.pages.registry import carried_claims, load_registry
from coursekit.paths import ROOT
from tests.support.drawn import drawn

SECONDS = 1800  # for all settings of a page; the slowest takes a twentieth of it
# Parameters that count runs, not passes.
RUNS = ("seeds", "deep_seeds", "many", "few", "draws", "begin", "most", "slow", "pilots", "times")

UNTRAINED = r"""
import re
import sys
import zlib
sys.path.insert(0, {root!r})
import lab.loop
from lab import checks, sliders
from lab.hooks import create_variables, is_keras

import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from IPython.core.interactiveshell import InteractiveShell


class Untrained:
    def __init__(self, model, train, validation):
        self.names = list(model.get_metrics_result())
        if not is_keras(model):
            model.run_eagerly = True
            self.names = list(model.train_step(tuple(part[:2] for part in train)))
            model.run_eagerly = False
        if validation:
            self.names += [f"val_{{name}}" for name in model.get_metrics_result()]

    def run(self, model, data, seed, epochs, bar, start):
        if start and start.values:
            for variable, value in zip(lab.loop.state_of(model), start.values, strict=True):
                lab.loop.write(variable, value)
        # One seed gives one result, and another to another model.
        kind = re.sub(r"_\d+", "", repr(model.get_config())) if is_keras(model) else ""
        rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
        for variable in model.trainable_variables:  # as a training would leave them: changed
            variable.assign_add(0.01 * rng.normal(size=variable.shape))
        return rng.uniform(0.4, 0.9, (len(epochs), len(self.names)))


def untrained(model, train, validation, loop, start):
    create_variables(model, *(part[:2] for part in train))
    return Untrained(model, train, validation)


lab.loop._program = untrained
sys.modules.update(checks=checks, sliders=sliders)  # as notebooks import them
shell = InteractiveShell.instance()
shell.display_formatter.active_types = []
for name, given in {settings!r}.items():
    shell.reset(new_session=True)
    for number, source in enumerate({cells!r}):
        result = shell.run_cell(given if source is None else source, silent=True)
        plt.close("all")
        if not result.success:
            error = result.error_in_exec or result.error_before_exec
            sys.exit(f"with {{name}} ({{given}}), code cell {{number}}: {{error!r}}")
"""


def parameters(source: str) -> dict[str, int]:
    """The parameters of a page and the smallest value of each that it allows."""
    least = {}
    for name, words in re.findall(r"^(\w+) = \d+ *#?(.*)$", source, re.MULTILINE):
        said = re.search(r"(\d+) at least", words)
        least[name] = int(said[1]) if said else 2 if name in RUNS else 1
    return least


def settings(least: dict[str, int]) -> dict[str, str]:
    """Some small settings as code."""
    passes = [name for name in least if name not in RUNS]
    runs = {name: 2 for name in least if name in RUNS}
    values = {
        "the smallest": least,
        # The other way round, the first the largest, is how the shortened notebooks run.
        "rising ones": runs | {name: max(least[name], 3 + 4 * i) for i, name in enumerate(passes)},
    }
    if len({least[name] for name in passes}) > 1:  # otherwise the smallest are equal
        values["equal ones"] = runs | dict.fromkeys(passes, max(6, *least.values()))
    code: dict[str, str] = {}
    for name, chosen in values.items():
        given = "\n".join(f"{one} = {value}" for one, value in chosen.items())
        if given not in code.values():
            code[name] = given
    return code


@pytest.mark.slow
@pytest.mark.parametrize("page", drawn("parameters", pages(ROOT), 3), ids=lambda page: page.name)
def test_a_page_runs_with_any_small_parameters(page: Page, tmp_path: Path) -> None:
    notebook = page_notebook(page, load_book(ROOT))
    cells, given = [], ""
    for cell in code_cells(notebook):
        if "parameters" in cell.metadata.get("tags", []):
            given = cell.source
            cells += [given, None]
        elif not is_setup(cell) and kind_of(cell) != "check":
            # Checks judge trained networks.
            cells.append(cell.source)
    least = parameters(given)
    assert set(least) & set(RUNS)
    claims = carried_claims(page.source.stem, load_registry(ROOT))
    (tmp_path / "claims.json").write_text(claims, encoding="utf-8")
    script = tmp_path / "page.py"
    script.write_text(
        UNTRAINED.format(root=str(ROOT), settings=settings(least), cells=cells), encoding="utf-8"
    )
    # Other processes would train, since the made-up logs are only known here.
    environment = os.environ | {"LOKY_MAX_CPU_COUNT": "1", "LAB_PROGRESS": "0"}
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_the_smallest_parameters_are_what_the_page_says() -> None:
    source = "seeds = 30  # runs\nepochs = 100  # passes, 3 at least\nshort = 25  # passes"
    assert parameters(source) == {"seeds": 2, "epochs": 3, "short": 1}
    chosen = settings(parameters(source))
    assert chosen["the smallest"] == "seeds = 2\nepochs = 3\nshort = 1"
    assert chosen["equal ones"] == "seeds = 2\nepochs = 6\nshort = 6"
    assert chosen["rising ones"] == "seeds = 2\nepochs = 3\nshort = 7"


def test_the_same_settings_are_tried_once() -> None:
    # Those that rise are the smallest where a page asks for more of each.
    source = (
        "seeds = 30  # runs\nepochs = 100  # passes, 50 at least\nshort = 25  # passes, 10 at least"
    )
    assert list(settings(parameters(source))) == ["the smallest", "equal ones"]

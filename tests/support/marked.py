"""Submissions of a small exercise, marked in the sandbox."""

from dataclasses import replace

import nbformat

from coursekit.grading.marking import Task
from coursekit.grading.results import Result
from coursekit.grading.sandbox.limits import Limits
from coursekit.pages.exercises import KINDS
from coursekit.paths import ROOT
from coursekit.units import MIB

LIMITS = Limits(
    seconds=80, all_seconds=600, memory=1024 * MIB, disk=64 * MIB, output=200_000, processes=30
)
# For what never ends by itself; honest steps beside it need some seconds on a busy machine.
SHORT = replace(LIMITS, seconds=15)
SECRET = "the_secret_of_the_hidden_test"

GIVEN = "import checks\nfrom checks import expect\n\nimport keras\nimport numpy as np"
RIGHT = {
    "add": "def add(a, b):\n    return a + b",
    "network": """def network(rate):
    layers = [keras.layers.Dense(20), keras.layers.Dropout(rate), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile("adam", loss="mse")
    return model""",
    "twice": "def twice(change, x):\n    return change(change(x))",
    "centred": "def centred(x):\n    return x - x.mean(axis=0)",
}
CHECKS = {
    "add": f"""expect(add(1, 2) == 3, "One and two is three.")
print("It adds.")
### BEGIN HIDDEN TESTS
{SECRET} = np.arange(3.0)
expect(np.allclose(add({SECRET}, 1), [1, 2, 3]), "Arrays are added number by number.")
### END HIDDEN TESTS""",
    "network": """found = checks.disturbances(network(0.5), checks.points(200))
expect(len(found) == 1 and abs(found[0].rate - 0.5) < 0.05, "Half is dropped.")
inputs = checks.points(40)
before, after = checks.update(network(0.0), inputs, inputs[:, :1], times=2)
moved = [np.abs(new - old).max() for new, old in zip(after, before, strict=True)]
expect(min(moved) > 1e-4 and max(moved) < 0.01, "Two updates move each weight by at most 0.01.")""",
    "twice": """expect(twice(lambda x: x + 1, 3) == 5, "Twice one more is two more.")""",
    "centred": """kept = np.arange(6.0).reshape(3, 2)
given = kept.copy()
found = checks.table(centred(given), 3, 2)
expect(np.allclose(found.mean(axis=0), 0) and np.ptp(found) > 1, "Each column has the mean 0.")
expect(np.array_equal(given, kept), "The data given were changed.")""",
}


PASSED = {f"check_{name}": "passed" for name in CHECKS}


def cell(kind: str, name: str, source: str) -> nbformat.NotebookNode:
    """A cell with nbgrader's words about it."""
    metadata = {"schema_version": 3, "grade_id": name, **KINDS[kind]}
    if KINDS[kind]["grade"]:
        metadata["points"] = 2
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": metadata})


def task(walls: bool = True, limits: Limits = LIMITS, **cells: str) -> Task:
    """A submission with some cells changed; `extra` is a cell of its own, `last` one at the end."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [cell("given", "given_1", GIVEN)]
    if "extra" in cells:
        notebook.cells.append(nbformat.v4.new_code_cell(cells["extra"]))
    for name, source in RIGHT.items():
        notebook.cells.append(cell("solution", name, cells.get(name, source)))
        notebook.cells.append(cell("check", f"check_{name}", CHECKS[name]))
    if "last" in cells:
        notebook.cells.append(nbformat.v4.new_code_cell(cells["last"]))
    text, names = nbformat.writes(notebook), tuple(RIGHT)
    return Task("ada", "chapter/exercise", text, names, {}, str(ROOT), limits, walls)


def outputs(text: str) -> str:
    """All that the cells of a marked notebook show."""
    shown = []
    for one in nbformat.reads(text, as_version=4).cells:
        for output in one.get("outputs", []):
            shown += [output.get("text", ""), output.get("evalue", ""), str(output.get("data", ""))]
    return "\n".join(shown)


def marks(result: Result) -> dict[str, str]:
    """What became of each check."""
    return {mark.check: mark.outcome for mark in result.marks}


def lost(result: Result) -> set[str]:
    """The steps whose checks gave no points."""
    return {mark.check.removeprefix("check_") for mark in result.marks if mark.outcome != "passed"}

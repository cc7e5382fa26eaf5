"""nbval compares text exactly, numbers by their spread, each notebook in an empty folder."""

import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from xml.etree import ElementTree

import nbformat
import pytest

from coursekit.mime import RECORDS
from coursekit.pages.build import build
from coursekit.pages.notebook import code_cells, pages
from coursekit.paths import ROOT
from tests.support.processes import HANGS
from tests.support.small_course import make_course

pytestmark = pytest.mark.slow


Edit = Callable[[nbformat.NotebookNode], object]


def change_record(**fields: float) -> Edit:
    return lambda nb: code_cells(nb)[2].outputs[0].data[RECORDS]["epochs"].update(fields)


def change_table(nb: nbformat.NotebookNode) -> None:
    code_cells(nb)[2].outputs[0].data["text/plain"] = "another table"


def change_text(nb: nbformat.NotebookNode) -> None:
    code_cells(nb)[2].outputs[1].text = "9\n"


def rename_record(nb: nbformat.NotebookNode) -> None:
    data = code_cells(nb)[2].outputs[0].data
    data[RECORDS] = {"updates": data[RECORDS]["epochs"]}


def remove_record(nb: nbformat.NotebookNode) -> None:
    del code_cells(nb)[2].outputs[0]


def raise_error(nb: nbformat.NotebookNode) -> None:
    code_cells(nb)[2].source = "1 / 0"


PASS: dict[str, Edit] = {
    "as built": lambda nb: None,
    "mean within the spread": change_record(mean=16.5),  # 6 sd sqrt(2/30) = 1.55
    "another table of the same record": change_table,
}
FAIL: dict[str, tuple[Edit, str]] = {
    "mean outside the spread": (
        change_record(mean=16.9),
        "epochs.mean: 15.2 now, 16.9 stored, allowed difference 1.55",
    ),
    "another number of seeds": (change_record(n=29), "epochs.n: 30 now, 29 stored"),
    "another name": (rename_record, "recorded names differ: stored ['updates'], now ['epochs']"),
    "a record that was not there": (remove_record, "1 output with records now, 0 stored"),
    "another text": (change_text, "Cell outputs differ"),
    "an error": (raise_error, "ZeroDivisionError"),
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Run nbval once over all variants of one built notebook; list each variant's failures.

    The notebook's last cell prints what lies in its folder, so a run that is not alone in an empty
    one fails, too.
    """
    course = make_course(tmp_path_factory.mktemp("nbval"))
    # Python itself may put a __pycache__ there, unless it is told not to.
    look = "print(sorted({*os.listdir()} - {'__pycache__'}))"
    course.source += f"\n```{{code-cell}} ipython3\nimport os\n{look}\nos.name;\n```\n"
    # Returns lines with their addresses.
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 2])"
    course.source += f"\n```{{code-cell}} ipython3\n{plot}\n```\n"
    assert build(pages(course.root)).errors == []
    for name, edit in (PASS | {name: edit for name, (edit, _) in FAIL.items()}).items():
        variant = deepcopy(course.notebook())
        edit(variant)
        nbformat.write(variant, course.root / f"{name}.ipynb")
    course.page.notebook.unlink()
    report = course.root / "report.xml"
    command = [sys.executable, "-m", "pytest", "-p", "coursekit.pytest_notebooks", "--nbval", "-q"]
    command += ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(course.root)]
    subprocess.run([*command, f"--junitxml={report}", str(course.root)], cwd=ROOT, timeout=HANGS)
    found: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.attrib["classname"].removesuffix(".ipynb")
        found.setdefault(name, []).extend(failure.text or "" for failure in case.iter("failure"))
    return found


@pytest.mark.parametrize("name", PASS)
def test_what_a_new_run_may_change_passes(failures: dict[str, list[str]], name: str) -> None:
    assert failures[name] == []


@pytest.mark.parametrize("name", FAIL)
def test_any_other_difference_fails_in_its_cell(failures: dict[str, list[str]], name: str) -> None:
    assert len(failures[name]) == 1, failures[name]
    (failure,) = failures[name]
    assert FAIL[name][1] in failure
    assert "Cell 2" in failure

"""Each notebook runs from top to bottom, alone, where only what Colab has is installed.

`NOTEBOOK_ENVIRONMENT` names another environment than `.venv-colab`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
import yaml

from coursekit.pages.notebook import Page, code_cells, pages
from coursekit.paths import ROOT
from coursekit.results.records import notebook_records
from tests.support.drawn import drawn
from tests.support.processes import HANGS, ONE_CORE

ENVIRONMENT = os.environ.get("NOTEBOOK_ENVIRONMENT", ".venv-colab")
PYTHON = ROOT / ENVIRONMENT / "bin/python"
KERNEL = "colab-like"


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install a kernel that runs in the environment."""
    if not PYTHON.exists():
        pytest.fail(f"there is no {ENVIRONMENT}; run `make {ENVIRONMENT}/ready`, which makes it")
    folder = tmp_path_factory.mktemp("jupyter")
    (folder / "kernels" / KERNEL).mkdir(parents=True)
    command = [str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": [*command, "--log-level=ERROR"], "display_name": KERNEL, "language": "python"}
    (folder / "kernels" / KERNEL / "kernel.json").write_text(json.dumps(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.delenv("PYTHONPATH", raising=False)
        yield


def complaints(notebook: nbformat.NotebookNode) -> list[str]:
    """List errors, warnings and anything on stderr in a notebook's outputs."""
    found = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            text = output.get("text", "") or "\n".join(map(str, output.get("data", {}).values()))
            if output.output_type == "error" or output.get("name") == "stderr":
                found.append(f"{cell.source[:60]!r}: {output.get('evalue') or text}")
            elif re.search(r"\b(Deprecation|Future|PendingDeprecation)Warning\b", text):
                found.append(f"{cell.source[:60]!r}: {text}")
    return found


def run_shortened(page: Page, folder: Path) -> subprocess.CompletedProcess:
    """Execute a page's notebook in an empty folder, with its shortened parameters."""
    shortened = nbformat.read(page.notebook, as_version=4).metadata.course.shortened
    empty = folder / "empty"
    empty.mkdir()
    command = [sys.executable, "-m", "papermill", str(page.notebook), str(folder / "done.ipynb")]
    command += ["--parameters_yaml", yaml.safe_dump(dict(shortened)), "--cwd", str(empty)]
    command += ["--kernel", KERNEL, "--no-progress-bar"]
    environment = os.environ | ONE_CORE
    return subprocess.run(command, capture_output=True, text=True, timeout=HANGS, env=environment)


@pytest.fixture(scope="module")
def runs(
    kernel: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Future, Path]]]:
    """Shortened runs of the selected pages with their folders, as many at once as cores."""
    items = [item for item in request.session.items if "runs" in getattr(item, "fixturenames", ())]
    chosen = [item.callspec.params["page"] for item in items]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        folders = {page.name: tmp_path_factory.mktemp("alone") for page in chosen}
        yield {
            page.name: (pool.submit(run_shortened, page, folders[page.name]), folders[page.name])
            for page in chosen
        }
        pool.shutdown(cancel_futures=True)  # where the tests were interrupted


@pytest.mark.slow
@pytest.mark.parametrize("page", drawn("shortened", pages(ROOT), 3), ids=lambda page: page.name)
def test_a_notebook_runs_alone_with_shortened_parameters(
    page: Page, runs: dict[str, tuple[Future, Path]]
) -> None:
    run, folder = runs[page.name]
    assert run.result().returncode == 0, run.result().stderr[-3000:]
    stored = nbformat.read(page.notebook, as_version=4)
    done = nbformat.read(folder / "done.ipynb", as_version=4)
    assert complaints(done) == []
    said = [output.text for cell in code_cells(done) for output in cell.outputs if "text" in output]
    assert any(text.startswith("Shortened run") for text in said)
    assert names_without_numbers(done) == names_without_numbers(stored)


def names_without_numbers(notebook: nbformat.NotebookNode) -> list[str]:
    """Names of records; numbers in them may be settings that the parameters shorten."""
    return sorted(re.sub(r"\d+", "#", name) for name in notebook_records(notebook))


def test_complaints_names_errors_warnings_and_stderr_and_nothing_else() -> None:
    new = nbformat.v4.new_output
    outputs = [
        new("error", ename="E", evalue="failed", traceback=[]),
        new("stream", name="stderr", text="noise"),
        new("stream", name="stdout", text="x.py:1: FutureWarning: soon"),
        new("display_data", {"text/plain": "DeprecationWarning: old"}),
    ]
    fine = [
        new("stream", name="stdout", text="a warning in words"),
        new("display_data", {"text/plain": "1"}),
    ]
    for output in outputs:
        cell = nbformat.v4.new_code_cell("x", outputs=[output, *fine])
        assert len(complaints(nbformat.v4.new_notebook(cells=[cell]))) == 1
    cell = nbformat.v4.new_code_cell("x", outputs=fine)
    assert complaints(nbformat.v4.new_notebook(cells=[cell])) == []


@pytest.mark.slow
def test_the_environment_holds_nothing_that_colab_lacks(kernel: None) -> None:
    code = (
        "import importlib.util as u\n"
        "print([n for n in ('coursekit', 'lab', 'jupyter_book', 'nbval') if u.find_spec(n)])"
    )
    done = subprocess.run([PYTHON, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
@pytest.mark.skipif(ENVIRONMENT != ".venv-colab", reason="another environment than Colab's")
def test_the_environment_holds_what_colab_has_in_its_versions(kernel: None) -> None:
    code = (
        "from importlib.metadata import distributions as d\n"
        "print(*{f'{x.name}=={x.version}' for x in d()})"
    )
    done = subprocess.run([PYTHON, "-I", "-c", code], capture_output=True, text=True, check=True)
    installed = {name.lower().replace("_", "-") for name in done.stdout.split()}
    listed = (ROOT / "requirements/colab.txt").read_text(encoding="utf-8")
    everywhere, somewhere = (
        set(re.findall(rf"^[\w.-]+==[^\s;]+{end}", listed, re.MULTILINE)) for end in ("$", "(?= ;)")
    )
    assert everywhere <= installed <= everywhere | somewhere

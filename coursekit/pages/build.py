"""Build notebooks from pages: convert, execute what has to be executed, store."""

import base64
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from tqdm import tqdm

from coursekit.pages.book import load_book
from coursekit.pages.exercises import is_exercise, write_student_notebook
from coursekit.pages.notebook import (
    Page,
    code_cells,
    code_hash,
    installed_versions,
    is_sampled,
    is_setup,
    page_notebook,
    processor,
    read_notebook,
    set_ids,
    without_plot_values,
    write_notebook,
)
from coursekit.pages.pictures import smaller_png
from coursekit.pages.staleness import reasons
from coursekit.problem import PageError

CELL_SECONDS = 6 * 3600  # a cell that takes longer hangs
# A kernel that starts; 60 s are the library's own, and too few on a machine that others keep busy.
START_SECONDS = 600
RUNS = "_build/runs"  # trainings of a page whose execution has not come to its end


@dataclass
class Result:
    """What a build did: pages executed, refreshed (text only) and left alone, and the errors."""

    executed: list[str] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    # Whose student notebooks were written.
    exercises: list[str] = field(default_factory=list)


def build(
    chosen: Iterable[Page],
    force: bool = False,
    jobs: int = 1,
    tell: Callable[[str], object] = lambda line: None,
) -> Result:
    """Bring the notebooks of the chosen pages up to date, executing up to ``jobs`` of them at once.

    A notebook is executed if its code, lab.py's or a version changed, or if ``force`` is set; if
    only its text did, its outputs are kept. A page that fails leaves its old notebook as it was and
    is reported in ``Result.errors``. Before anything is executed, ``tell`` gets a line for each
    page that says what becomes of it, and why; afterwards one for each page that is done.

    Raises KeyboardInterrupt, after stopping all kernels, when interrupted.
    """
    result, to_execute = Result(), []
    chosen = list(chosen)
    if not chosen:
        return result
    book, versions = load_book(chosen[0].root), installed_versions()
    for page in chosen:
        try:
            new = page_notebook(page, book)
            old = None if force else read_notebook(page.notebook)
        except PageError as error:
            result.errors.append(str(error))
            continue
        new.metadata.course.built = {"code": code_hash(new), "versions": versions}
        if old is None:
            why = ["that was asked for" if force else "it has no notebook yet"]
        else:
            why = reasons(old, new, versions)
        if why:
            if is_sampled(new):
                new.metadata.course.built["processor"] = processor()
            to_execute.append((page, new))
            tell(f"{page.name}: to be executed, since {'; '.join(why)}")
        else:
            # Where only a sample is trained anew, other versions may have made what is kept.
            new.metadata.course.built = {**old.metadata.course.built, "code": code_hash(new)}
            keep_outputs(old, new)
            changed = nbformat.writes(new) != nbformat.writes(old)
            if changed:
                write_notebook(new, page.notebook)
            (result.refreshed if changed else result.unchanged).append(page.name)
            tell(f"{page.name}: {'text refreshed, outputs kept' if changed else 'up to date'}")
    _execute_all(to_execute, jobs, result, tell)
    _make_student_notebooks(chosen, result, tell)
    return result


def _make_student_notebooks(
    chosen: list[Page], result: Result, tell: Callable[[str], object]
) -> None:
    """Have nbgrader make the student notebooks of the solutions among the chosen pages."""
    for page in chosen:
        solution = read_notebook(page.notebook)
        if solution is None or not is_exercise(page.source, page.root):
            continue
        try:
            if write_student_notebook(solution, page.notebook, page.root):
                result.exercises.append(page.name)
                tell(f"{page.name}: student notebook written")
        except PageError as error:
            result.errors.append(f"{page.source}: {error}")


def keep_outputs(old: NotebookNode, new: NotebookNode) -> None:
    """Copy the outputs of a notebook to another that runs the same code."""
    for before, after in zip(code_cells(old), code_cells(new), strict=True):
        after.outputs = without_plot_values(before.outputs)
        after.execution_count = before.execution_count
        _describe_pictures(after)


def _execute_all(
    notebooks: list[tuple[Page, NotebookNode]],
    jobs: int,
    result: Result,
    tell: Callable[[str], object],
) -> None:
    cells = sum(len(code_cells(notebook)) for _, notebook in notebooks)
    clients: list[NotebookClient] = []
    # None: a log that is no terminal has no bar, whose every step would be a line there.
    hidden = None if notebooks else True
    with (
        tqdm(total=cells, unit="cell", desc="executing", disable=hidden, dynamic_ncols=True) as bar,
        ThreadPoolExecutor(max(1, jobs)) as pool,
    ):
        waiting = {
            pool.submit(_execute, page, notebook, clients, bar): (page, notebook)
            for page, notebook in notebooks
        }
        try:
            for done in as_completed(waiting):
                page, notebook = waiting[done]
                try:
                    done.result()
                except (
                    CellExecutionError,
                    CellControlSignal,
                    DeadKernelError,
                    TimeoutError,
                    RuntimeError,
                ) as error:
                    result.errors.append(_failure(page, notebook, error))
                    continue
                write_notebook(_clean(notebook), page.notebook)
                result.executed.append(page.name)
                tell(f"{page.name}: executed")
        except BaseException:  # an interruption: a worker ends when its kernel does
            while not all(future.cancel() or future.done() for future in waiting):
                for kernel in [client.km for client in clients]:
                    if kernel is not None and kernel.has_kernel:
                        run_sync(kernel.shutdown_kernel)(now=True)
                time.sleep(0.2)
            raise


def _execute(page: Page, notebook: NotebookNode, clients: list[NotebookClient], bar: tqdm) -> None:
    """Execute a page's notebook; long experiments go on with what an earlier try did."""
    if not is_sampled(notebook):
        execute_alone(notebook, clients, bar.update)
        return
    built = notebook.metadata.course.built
    name = f"{page.name.replace('/', '_')}-{built['code']}-{built['versions']['tensorflow']}"
    runs = page.root / RUNS / name
    execute_alone(notebook, clients, bar.update, runs)
    shutil.rmtree(runs, ignore_errors=True)


def execute_alone(
    notebook: NotebookNode,
    clients: list[NotebookClient] | None = None,
    advance: Callable[[], object] = lambda: None,
    runs: Path | None = None,
) -> None:
    """Execute a notebook in place, in an empty folder; ``advance`` is called after each cell.

    Each training of a sweep is kept in the folder ``runs``, from which an execution that was killed
    goes on.

    Raises what nbclient raises; the client, appended to ``clients``, can stop the kernel meanwhile.
    """
    # The second folder takes the place of the user's own IPython settings and history.
    temporary = tempfile.TemporaryDirectory
    with temporary(prefix="course-") as folder, temporary(prefix="ipython-") as profile:
        environment = {**os.environ, "LAB_PROGRESS": "0", "IPYTHONDIR": profile}
        environment.pop("PYTHONPATH", None)  # a notebook must bring what it imports
        environment |= {"LAB_RUNS": str(runs)} if runs else {}
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            startup_timeout=START_SECONDS,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
            on_cell_executed=lambda **_: advance(),
        )
        if clients is not None:
            clients.append(client)
        # What a kernel writes past its cells would only break the progress bar.
        client.execute(env=environment, stderr=subprocess.DEVNULL)


def _failure(page: Page, notebook: NotebookNode, error: Exception) -> str:
    """Name the file, cell and error of a failed execution, with the end of its traceback."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                trace = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.traceback)).splitlines()
                if len(trace) > 24:  # the page's own lines and the last ones tell most
                    trace[16:-8] = ["..."]
                where = f"{page.source}, code cell {number} ({_title(cell)})"
                return "\n    ".join([f"{where}: {output.ename}: {output.evalue}", *trace])
    run = [cell for cell in code_cells(notebook) if cell.execution_count is not None]
    return f"{page.source}, after {len(run)} code cells: {type(error).__name__}: {error}"


def _title(cell: NotebookNode) -> str:
    return "the setup cell" if is_setup(cell) else repr(cell.source.split("\n", 1)[0])


def _clean(notebook: NotebookNode) -> NotebookNode:
    """Take out of a notebook what would differ from run to run, and make its pictures small."""
    notebook.metadata.language_info = {"name": "python"}
    for cell in code_cells(notebook):
        cell.metadata.pop("execution", None)
        cell.outputs = [] if is_setup(cell) else without_plot_values(cell.outputs)
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                png = smaller_png(base64.b64decode(output.data["image/png"]))
                output.data["image/png"] = base64.b64encode(png).decode()
        _describe_pictures(cell)
    set_ids(notebook)
    return notebook


def _describe_pictures(cell: NotebookNode) -> None:
    """Give each picture in a cell's outputs the alternative text that the source states."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    for output in cell.outputs:
        if alt and "image/png" in output.get("data", {}):
            output.metadata["image/png"] = {**output.metadata.get("image/png", {}), "alt": alt}

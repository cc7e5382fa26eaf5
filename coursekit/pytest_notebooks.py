"""Pytest plugin: nbval runs each notebook in an empty folder and allows for spread in numbers.

nbval compares all outputs exactly. Outputs that hold records (see ``coursekit.results.records``)
are taken out of that comparison and compared by ``coursekit.results.records.differences`` instead;
everything else stays with nbval.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME
from nbval.plugin import IPyNbCell, IPyNbFile, RunningKernel

from coursekit.mime import RECORDS, VEGA_LITE
from coursekit.pages.notebook import without_plot_values
from coursekit.results.records import differences
from coursekit.units import counted


class NotebookCell(IPyNbCell):
    """A cell whose recorded numbers may differ within their spread."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Seconds; nbval's 5 can be too few on a busy machine.
        self.output_timeout = 600

    def compare_outputs(
        self, test: list[NotebookNode], ref: list[NotebookNode], skip_compare: tuple | None = None
    ) -> bool:
        """Compare new outputs (``test``) with the stored ones (``ref``)."""
        test, ref = without_plot_values(test), without_plot_values(ref)
        # As pictures.
        skip_compare = (*(skip_compare or self.parent.skip_compare), VEGA_LITE)
        same = super().compare_outputs(_without_records(test), _without_records(ref), skip_compare)
        old, new = _records(ref), _records(test)
        if len(old) != len(new):
            found = [f"{counted(len(new), 'output')} with records now, {len(old)} stored"]
        else:
            found = [line for pair in zip(old, new, strict=True) for line in differences(*pair)]
        self.comparison_traceback += found
        return same and not found


def _without_records(outputs: list[NotebookNode]) -> list[NotebookNode]:
    return [output for output in outputs if RECORDS not in output.get("data", {})]


def _records(outputs: list[NotebookNode]) -> list[dict[str, Any]]:
    return [output["data"][RECORDS] for output in outputs if RECORDS in output.get("data", {})]


class Kernel(RunningKernel):
    """A kernel that remembers its input, as notebook programs' do.

    A semicolon that hides a value works only so.
    """

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:
        """Send a cell to the kernel and return the message's id."""
        return self.kc.execute(cell_input, allow_stdin=allow_stdin, stop_on_error=False)


class Notebook(IPyNbFile):
    """A notebook whose kernel starts in an empty folder."""

    def setup(self) -> None:
        """Start the kernel."""
        self.folder = tempfile.TemporaryDirectory(prefix="course-")
        self.kernel = Kernel(CURRENT_ENV_KERNEL_NAME, cwd=self.folder.name)
        self.setup_sanitize_files()

    def teardown(self) -> None:
        """Stop the kernel and remove its folder."""
        super().teardown()
        self.folder.cleanup()

    def collect(self) -> Iterator[NotebookCell]:
        """Yield the notebook's code cells."""
        for cell in super().collect():
            yield NotebookCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )


# Keeps the user's own settings out.
_PROFILE = tempfile.TemporaryDirectory(prefix="ipython-")


def pytest_configure() -> None:
    """Set the environment of kernels as the build does."""
    os.environ |= {"LAB_PROGRESS": "0", "IPYTHONDIR": _PROFILE.name}


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Iterator[None]:
    """Put ``Notebook`` in the place of nbval's own collector."""
    collectors = yield
    return [
        Notebook.from_parent(parent, path=file_path) if isinstance(one, IPyNbFile) else one
        for one in collectors
    ]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the time that each file took."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "duration"):
                seconds[report.nodeid.split("::")[0]] += report.duration
    terminalreporter.section("time by file")
    for file, duration in sorted(seconds.items(), key=lambda item: -item[1]):
        terminalreporter.line(f"{duration:8.1f} s  {file}")

"""A notebook was executed as a whole, without an error."""

from collections.abc import Iterator

from coursekit.problem import Problem
from coursekit.rules.course import REBUILD, Built


def problems(built: Built) -> Iterator[Problem]:
    """Find code cells that were not executed, and errors in their outputs."""
    for number, cell in built.cells("code"):
        if cell.source.strip() and cell.execution_count is None:
            yield built.in_notebook(f"was not executed; {REBUILD}", number)
        for output in cell.outputs:
            if output.output_type == "error":
                said = f"{output.ename}: {output.evalue}"
                yield built.in_notebook(
                    f"ended in an error, {said}; correct the page and {REBUILD}", number
                )

"""A notebook follows from its page: inputs from its source, outputs from code and versions."""

from collections.abc import Iterator

from coursekit.pages.notebook import installed_versions
from coursekit.pages.staleness import reasons
from coursekit.problem import Problem
from coursekit.rules.course import REBUILD, Built
from coursekit.units import counted


def problems(built: Built) -> Iterator[Problem]:
    """Find a missing notebook, and where a stored one no longer is what a build would store."""
    stored, expected = built.notebook, built.expected
    if stored is None:
        yield built.in_source(f"has no notebook; {REBUILD}")
        return
    metadata = dict(stored.metadata.get("course", {}))
    metadata.pop("built", None)
    for why in reasons(stored, expected, installed_versions()):
        yield built.in_notebook(f"outputs are stale: {why}; {REBUILD}")
    if len(stored.cells) != len(expected.cells):
        yield built.in_notebook(
            f"has {counted(len(stored.cells), 'cell')}, its source gives {len(expected.cells)}; "
            f"{built.made}"
        )
    keys = ("cell_type", "source", "metadata", "id")
    for (number, cell), wanted in zip(built.cells(), expected.cells, strict=False):
        if any(cell.get(key) != wanted.get(key) for key in keys):
            yield built.in_notebook(f"differs from what its source gives; {built.made}", number)
            # The cells behind one that was added or left out all differ, too.
            return
    kernel = stored.metadata.get("kernelspec")
    if metadata != expected.metadata.course or kernel != expected.metadata.kernelspec:
        yield built.in_notebook(f"its metadata differ from what its source gives; {REBUILD}")

"""Every run that a conclusion rests on: read from the records, as one table, and compared."""

from base64 import b64decode
from collections.abc import Iterator
from copy import deepcopy
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any
from zlib import decompress

import nbformat
import numpy as np
import pandas as pd
from nbformat import NotebookNode

from coursekit.pages.build import execute_alone
from coursekit.pages.notebook import pages, read_notebook
from coursekit.results.records import record_groups
from coursekit.results.verdicts import load_verdicts
from coursekit.units import counted

# What the columns of ``runs_table`` mean, for whoever downloads it.
COLUMNS = {
    "claim": "what the course calls the claim",
    "page": "the page that settles it",
    "part": "the condition; empty where there is one only",
    "decides": "whether the verdict rests on it",
    "kind": "how the two values of a run are compared: difference, log ratio, sooner, success",
    "smallest": "δ, the smallest effect worth speaking of",
    "seed": "the seed that both values of a run come from; even is the first set, odd the second",
    "first": "the value that is larger, or with sooner smaller, if the claim holds",
    "second": "the value that it is compared with",
}


# What those of ``claims_table`` mean.
CLAIM_COLUMNS = {
    "claim": "what the course calls the claim",
    "sentence": "what it says",
    "verdict": "what the runs say of it",
    "same": "whether it says that two things are the same: yes, no, or at least (as much)",
    "axis": "what the verdict may depend on; empty where nothing",
    "between": "the two parts whose difference shows that",
}


def conclusions(notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    """What ``lab.conclude`` recorded in a notebook, by the claim's name."""
    return {
        name: record
        for group in record_groups(notebook)
        for name, record in group.items()
        if "parts" in record
    }


def unpacked(text: str) -> np.ndarray:
    """The 32-bit numbers that ``lab.records.packed`` made text of, shape (n,)."""
    return np.frombuffer(decompress(b64decode(text)), "<f4")


def runs_table(root: Path) -> pd.DataFrame:
    """One row for each run of each comparison in the course, with the columns ``COLUMNS``.

    Raises PageError for a notebook that cannot be read.
    """
    tables = [pd.DataFrame(columns=list(COLUMNS))]
    for page in pages(root):
        notebook = read_notebook(page.notebook)
        for claim, record in conclusions(notebook).items() if notebook else ():
            for where in ("parts", "beside"):
                for part, entry in record[where].items():
                    values = {name: unpacked(text) for name, text in entry["runs"].items()}
                    what = {"claim": claim, "page": page.name, "part": part}
                    what |= {"decides": where == "parts", "kind": record["measure"]["kind"]}
                    what |= {"smallest": record["measure"]["smallest"]}
                    what |= {"seed": values["seeds"].astype(int)}
                    what |= {name: values[name] for name in ("first", "second")}
                    tables.append(pd.DataFrame(what, columns=list(COLUMNS)))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def claims_table(root: Path) -> pd.DataFrame:
    """One row for each claim of ``runs_table``, with the columns ``CLAIM_COLUMNS``.

    Raises PageError for a notebook that cannot be read, and a claim that is not registered.
    """
    same = {False: "no", True: "yes"}
    rows = [
        {
            "claim": one.name,
            "sentence": one.entry.sentence,
            "verdict": one.verdict,
            "same": same.get(one.entry.same, one.entry.same),
            "axis": one.entry.axis or "",
            "between": "; ".join(one.entry.between or ()),
        }
        for one in load_verdicts(root)
        if one.parts
    ]
    return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))


def sample(notebook: NotebookNode, each: int, random: Random) -> dict[str, list[int]]:
    """Draw ``each`` seeds of both sets for every experiment of a notebook, by its name."""
    drawn = {}
    for group in record_groups(notebook):
        for name, record in group.items():
            if name.startswith("experiment."):
                seeds = range(record["first_seed"], record["first_seed"] + record["runs"])
                sets = ([seed for seed in seeds if seed % 2 == which] for which in (0, 1))
                chosen = [random.sample(one, min(each, len(one))) for one in sets]
                drawn[name.removeprefix("experiment.")] = sorted(chain(*chosen))
    return drawn


def run_sample(notebook: NotebookNode, seeds: dict[str, list[int]]) -> NotebookNode:
    """Execute a notebook anew with a sample of its runs; what it was given stays as it is.

    Raises what nbclient raises, and ValueError where no cell is tagged ``parameters``.
    """
    new = deepcopy(notebook)
    tagged = [
        number
        for number, cell in enumerate(new.cells)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    if not tagged:
        raise ValueError("no cell of the notebook is tagged `parameters`")
    new.cells.insert(tagged[0] + 1, nbformat.v4.new_code_cell(f"sample = {seeds!r}"))
    execute_alone(new)
    return new


def values_by_run(notebook: NotebookNode) -> dict[str, pd.DataFrame]:
    """All values that a notebook recorded by run: name of the record -> one row per seed."""
    found = {}
    for group in record_groups(notebook):
        for name, record in group.items():
            if "parts" in record:
                for part, entry in (record["parts"] | record["beside"]).items():
                    found[f"{name}.{part or 'all'}"] = _frame(entry["runs"])
            elif "runs" in record and isinstance(record["runs"], dict):
                found[name] = _frame(record["runs"])
    return found


def _frame(runs: dict[str, str]) -> pd.DataFrame:
    values = {name: unpacked(text) for name, text in runs.items()}
    return pd.DataFrame(values, index=values.pop("seeds").astype(int))


def unlike(stored: NotebookNode, new: NotebookNode, exact: bool) -> list[str]:
    """Say which runs of a sampled execution are not those that are stored.

    Args: stored: The notebook with all runs. new: The same notebook, executed with a sample of
        them. exact: Ask for equal bits, as a processor of the same kind gives them. Else, since a
        training run amplifies last bits, each value has to lie within six standard deviations of
        the stored one's, and their mean within six standard errors.
    """
    return list(_unlike(stored, new, exact))


def _unlike(stored: NotebookNode, new: NotebookNode, exact: bool) -> Iterator[str]:
    before, now = values_by_run(stored), values_by_run(new)
    if before.keys() != now.keys():
        yield f"recorded by run: stored {sorted(before)}, now {sorted(now)}"
        return
    for name, record in conclusions(new).items():
        if record["measure"] != conclusions(stored)[name]["measure"]:
            was = conclusions(stored)[name]["measure"]
            yield f"{name}: measured by {record['measure']} now, {was} stored"
    for name, frame in now.items():
        if strange := sorted(set(frame.index) - set(before[name].index)):
            yield f"{name}: the runs {strange} are not among those stored"
            continue
        for column in frame:
            old, fresh = before[name][column].loc[frame.index], frame[column]
            differing = ~((old == fresh) | (old.isna() & fresh.isna()))
            if exact and differing.any():
                seed = differing.idxmax()
                yield (
                    f"{name}, {column}: {differing.sum()} of {counted(len(frame), 'run')} came out "
                    f"differently; seed {seed} gave {fresh[seed]:.9g} now, {old[seed]:.9g} stored"
                )
            elif not exact:
                yield from _far(f"{name}, {column}", old, fresh, before[name][column])


def _far(name: str, old: pd.Series, new: pd.Series, all_stored: pd.Series) -> Iterator[str]:
    """Runs further away than luck brings them; infinite values stay infinite in most."""
    finite = np.isfinite(old) & np.isfinite(new)
    if (np.isfinite(old) != np.isfinite(new)).sum() > max(1, len(old) // 2):
        yield f"{name}: runs that ended are not those stored"
    spread = all_stored[np.isfinite(all_stored)].std()
    shift = (new - old)[finite]
    if (shift.abs() > 6 * spread + 1e-6).any():
        furthest = shift.abs()
        yield (
            f"{name}: seed {furthest.idxmax()} moved by {furthest.max():.3g}, spread {spread:.3g}"
        )
    elif len(shift) and abs(shift.mean()) > 6 * spread * np.sqrt(2 / len(shift)) + 1e-6:
        mean = shift.mean()
        runs = counted(len(shift), "run")
        yield f"{name}: {runs} moved by {mean:.3g} on average, spread {spread:.3g}"

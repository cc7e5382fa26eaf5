"""Every run that a conclusion rests on is read, gives the verdict again, and is compared."""

import json
from base64 import b64encode
from pathlib import Path
from random import Random
from zlib import compress

import nbformat
import numpy as np
import pytest
from scipy import stats

from coursekit.mime import RECORDS
from coursekit.results.records import differences, notebook_records
from coursekit.results.runs import COLUMNS, runs_table, sample, unlike
from tests.support.small_course import Course

MEASURE = {"kind": "difference", "smallest": 0.01, "words": "accuracy"}


def packed(values) -> str:
    return b64encode(compress(np.asarray(values, "<f4").tobytes())).decode()


def entry(seeds, gain=0.05, change=lambda first: first) -> dict:
    first = [0.8 + gain + 0.01 * np.random.default_rng(seed).normal() for seed in seeds]
    second = [0.8 + 0.01 * np.random.default_rng(seed + 10_000).normal() for seed in seeds]
    runs = {"seeds": packed(seeds), "first": packed(change(first)), "second": packed(second)}
    effects = np.float32(first) - np.float32(second)
    low, high = stats.t.interval(0.95, len(seeds) - 1, effects.mean(), stats.sem(effects))
    numbers = {"mean": effects.mean(), "low": low, "high": high, "n": len(seeds), "smallest": 0.01}
    numbers = json.loads(json.dumps(numbers, default=float))
    return numbers | {
        "reading": "yes",
        "words": "yes",
        "p": 0.0,
        "needed": 4,
        "sets": [],
        "runs": runs,
    }


def notebook(
    seeds=range(2000, 2060), measure=MEASURE, beside=(), **options
) -> nbformat.NotebookNode:
    claim = {"verdict": "supported", "measure": measure, "same": False, "axis": "", "between": []}
    claim |= {"contrast": None, "pooled": None, "parts": {"rings": entry(seeds, **options)}}
    claim |= {"beside": {name: entry(seeds, 0.0) for name in beside}}
    records = {"C1": claim, "experiment.rings": {"first_seed": 2000, "runs": 60, "most": 960}}
    values = {"mean": 0.1, "sd": 0.2, "median": 0.1, "min": 0, "max": 1, "n": len(seeds)}
    runs = {"seeds": packed(seeds), "values": packed(np.sin(seeds))}
    records["loss"] = values | {"runs": runs}
    output = nbformat.v4.new_output("display_data", {RECORDS: records, "text/plain": "…"})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])


# ------------------------------------------------------------------------------------------ reading


def test_a_text_can_name_the_parts_of_a_conclusion_and_no_values_by_run() -> None:
    records = notebook_records(notebook(beside=["split"]))
    assert records["C1"] == {"verdict": "supported", "axis": ""}
    assert records["C1.rings"]["mean"] == pytest.approx(0.05, abs=0.01)
    assert "C1.split" in records
    assert not any("runs" in record for name, record in records.items() if "exper" not in name)


def test_the_table_of_all_runs_gives_each_interval_again(course: Course) -> None:
    stored = notebook(beside=["split"])
    nbformat.write(stored, course.page.notebook)
    table = runs_table(course.root)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 120
    assert set(table.loc[table.decides, "part"]) == {"rings"}
    rings = table[table.part == "rings"]
    records = notebook_records(stored)["C1.rings"]
    found = stats.ttest_rel(rings["first"], rings["second"]).confidence_interval()
    assert (found.low, found.high) == pytest.approx((records["low"], records["high"]), rel=1e-4)
    assert list(rings.seed) == list(range(2000, 2060))


def test_a_course_without_conclusions_has_an_empty_table(tmp_path: Path) -> None:
    assert list(runs_table(tmp_path).columns) == list(COLUMNS)


# ----------------------------------------------------------------------------------------- sampling


def test_a_sample_has_as_many_seeds_of_either_set_and_another_one_each_time() -> None:
    drawn = [sample(notebook(), 3, Random(number))["rings"] for number in range(20)]
    for seeds in drawn:
        assert set(seeds) <= set(range(2000, 2060))
        assert sum(seed % 2 for seed in seeds) == 3 == len(seeds) - 3
    assert len({tuple(seeds) for seeds in drawn}) == 20


def test_the_same_runs_in_a_sample_are_alike() -> None:
    assert unlike(notebook(), notebook([2003, 2010, 2017, 2048]), exact=True) == []
    assert unlike(notebook(), notebook([2003, 2010, 2017, 2048]), exact=False) == []


def test_a_run_that_differs_in_its_last_bit_is_told_where_bits_must_agree() -> None:
    def last_bit(first):
        return np.nextafter(np.float32(first), np.float32(2))

    (found,) = unlike(notebook(), notebook([2003, 2010], change=last_bit), exact=True)
    assert found.startswith("C1.rings, first: 2 of 2 runs came out differently; seed 2003")
    assert unlike(notebook(), notebook([2003, 2010], change=last_bit), exact=False) == []


@pytest.mark.parametrize("exact", [True, False])
def test_runs_that_are_better_throughout_are_told_on_any_processor(exact: bool) -> None:
    seeds = list(range(2000, 2024))
    (found,) = unlike(notebook(), notebook(seeds, gain=0.08), exact=exact)
    assert "C1.rings, first" in found


def test_runs_of_other_seeds_are_told() -> None:
    found = unlike(notebook(range(2000, 2010)), notebook([2003, 2011]), exact=True)
    assert "C1.rings: the runs [2011] are not among those stored" in found


def test_a_swapped_seed_is_told() -> None:
    def swapped(first):
        return [first[1], first[0], *first[2:]]

    found = unlike(notebook(), notebook([2003, 2010, 2017], change=swapped), exact=True)
    assert found and "2 of 3 runs came out differently" in found[0]


def test_another_smallest_effect_is_told() -> None:
    other = notebook([2003, 2010], MEASURE | {"smallest": 0.005})
    (found,) = unlike(notebook(), other, exact=False)
    assert found.startswith("C1: measured by") and "0.005" in found


def test_conclusions_that_are_missing_are_told() -> None:
    assert "recorded by run" in unlike(notebook(), nbformat.v4.new_notebook(), exact=True)[0]


def test_a_full_run_may_turn_a_verdict_only_where_an_end_of_an_interval_was_near() -> None:
    def records(low, high, reading, verdict):
        part = entry([2000, 2001]) | {"mean": (low + high) / 2, "low": low, "high": high}
        claim = {"verdict": verdict, "axis": "", "beside": {}, "contrast": None, "pooled": None}
        return {"C1": claim | {"parts": {"": part | {"reading": reading, "words": reading}}}}

    stored = records(0.0101, 0.0200, "yes", "supported")
    assert differences(stored, records(0.0099, 0.0198, "undecided", "undecided")) == []
    far = records(0.0150, 0.0200, "yes", "supported")
    assert differences(far, records(0.0099, 0.0198, "undecided", "undecided"))

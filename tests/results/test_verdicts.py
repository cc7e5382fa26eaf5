"""The ledger's verdicts follow from the registry, the records and the engine's rule."""

import json
from pathlib import Path

from lab.conclusions import Conclusion, Part

import numpy as np
import pytest

from coursekit.pages.registry import Entry
from coursekit.paths import ROOT
from coursekit.problem import PageError
from coursekit.results.verdicts import MARKS, Verdict, load_verdicts, rule, survivors
from tests.pages.test_registry import ENTRY, write
from tests.support.small_course import Course

ACCURACY = rule.measure_of("accuracy")


def concluded(entry: dict, **means: float) -> dict:
    """The record of a conclusion, as the engine makes it, whose parts have these effects."""
    import pandas as pd

    def part(mean: float, seed: int) -> Part:
        noise = np.random.default_rng(seed).normal(size=(2, 120))
        first, second = (pd.Series(0.01 * one, range(10_000, 10_120)) for one in noise)
        return Part(first + mean, second, ACCURACY)

    parts = {name: part(mean, seed) for seed, (name, mean) in enumerate(means.items())}
    options = {name: entry[name] for name in ("same", "axis") if name in entry}
    options |= {"between": tuple(entry["between"])} if "between" in entry else {}
    return json.loads(json.dumps(Conclusion("C1", ACCURACY, parts, **options).record()))


def verdict(extra: dict | None = None, name: str = "C1", **means: float) -> Verdict:
    entry = ENTRY | (extra or {})
    return Verdict(name, "chapters/page", Entry(**entry), concluded(entry, **means))


def test_each_kind_of_verdict_has_a_mark_of_its_own() -> None:
    assert len(set(MARKS.values())) == len(MARKS)
    parts = {"parts": ["a", "b"]}
    axis = parts | {"axis": "it", "between": ["a", "b"]}
    found = [
        verdict(all=0.05),
        verdict(parts, a=0.05, b=0.0),
        verdict(axis, a=0.05, b=0.0),
        verdict(all=0.0),
        verdict(all=-0.05),
        verdict(all=0.01),
    ]
    assert [one.kind for one in found] == list(MARKS)
    assert [one.mark for one in found] == list(MARKS.values())


def test_the_verdict_at_another_smallest_effect_is_read_by_the_same_rule() -> None:
    one = verdict(all=0.015)
    assert (one.at(0.5), one.at(1), one.at(2)) == (
        "supported",
        one.verdict,
        "too small to matter here",
    )
    at_least = verdict({"same": "at least"}, all=-0.008)
    assert at_least.at(2) == "supported"
    assert at_least.at(0.5) == "undecided"
    contrast = verdict({"parts": ["a", "b"], "axis": "it", "between": ["a", "b"]}, a=0.05, b=0.0)
    assert contrast.at(1) == "depends on it"
    assert contrast.at(8) == "too small to matter here"


@pytest.mark.parametrize("means", [{"all": 0.05}, {"all": 0.0101}, {"all": 0.0}])
def test_at_the_registered_smallest_effect_it_is_what_the_notebook_says(means: dict) -> None:
    one = verdict(**means)
    assert one.at(1) == one.verdict


def test_holm_asks_claims_of_one_measure_together_and_mechanics_not_at_all() -> None:
    sure = verdict(name="C1", all=0.05)
    undecided = verdict(name="C2", all=0.01)
    exact = Verdict("C3", "chapters/page", Entry(**ENTRY, mechanics=True), {"cases": 3})
    assert survivors([sure, undecided, exact]) == {"C1"}


def test_a_verdict_of_parts_is_as_sure_as_the_least_sure_of_them() -> None:
    both = verdict({"parts": ["a", "b"]}, a=0.05, b=0.018)
    assert both.level == max(one.p for one in both.parts.values())


def test_sets_of_seeds_that_read_differently_are_told() -> None:
    assert verdict(all=0.05).replicates
    one = verdict(all=0.05)
    one.record["parts"]["all"]["sets"][1]["reading"] = "undecided"
    assert not one.replicates


def store(course: Course, *names: str) -> None:
    course.store(course.page, *({name: concluded(ENTRY, **{"": 0.05})} for name in names))


def test_verdicts_come_with_what_the_registry_says(course: Course) -> None:
    write(course.root, C1=ENTRY)
    store(course, "C1")
    (one,) = load_verdicts(course.root)
    assert (one.name, one.page, one.verdict) == ("C1", "chapters/page", "supported")
    assert one.entry.sentence == ENTRY["sentence"]


def test_a_claim_that_is_not_registered_is_refused(course: Course) -> None:
    store(course, "C1")
    with pytest.raises(PageError, match=r"page\.md: C1 is settled but not registered"):
        load_verdicts(course.root)


def test_a_claim_that_is_settled_twice_is_refused(course: Course) -> None:
    write(course.root, C1=ENTRY)
    store(course, "C1", "C1")
    with pytest.raises(PageError, match="C1 is settled on chapters/page, too"):
        load_verdicts(course.root)


def test_what_the_course_has_settled_is_what_its_registry_names() -> None:
    """Every entry has an experiment, and every experiment an entry, once a page is converted."""
    for one in load_verdicts(ROOT):
        assert Path(one.page).name == one.entry.page

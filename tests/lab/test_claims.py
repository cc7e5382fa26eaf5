"""`compare`, `settle` and `record`: what a comparison says and what is kept of it."""

import json

import lab
from lab import records

import numpy as np
import pytest
from scipy import stats


def test_compare_gives_the_interval_of_the_paired_t_test():
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.5, 1, 30), rng.normal(0, 1, 30)
    comparison = lab.compare(first, second, smallest=0.1)
    interval = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert comparison.mean == pytest.approx((first - second).mean())
    assert (comparison.low, comparison.high) == pytest.approx((interval.low, interval.high))
    assert comparison.n == 30


@pytest.mark.parametrize(
    ("differences", "smallest", "verdict"),
    [
        ([0.9, 1.0, 1.1], 0.5, "supported"),
        ([-0.9, -1.0, -1.1], 0.5, "opposite"),
        ([0.09, 0.1, 0.11], 0.5, "not supported here"),
        ([-5.0, 1.0, 7.0], 0.5, "not supported here"),
    ],
)
def test_verdicts(differences, smallest, verdict):
    comparison = lab.compare(np.array(differences), np.zeros(3), smallest)
    assert comparison.verdict == verdict
    assert verdict in str(comparison)


@pytest.mark.parametrize(
    ("first", "second", "smallest", "message"),
    [
        (np.ones(3), np.ones(4), 0.1, "paired"),
        (np.ones((3, 2)), np.ones((3, 2)), 0.1, "one value per run"),
        (np.ones(1), np.ones(1), 0.1, "at least two"),
        (np.ones(3), np.ones(3), 0, "above 0"),
        (np.array([1, np.inf]), np.ones(2), 0.1, "NaN or infinite"),
    ],
)
def test_compare_refuses_what_cannot_be_compared(first, second, smallest, message):
    with pytest.raises(ValueError, match=message):
        lab.compare(first, second, smallest)


def shown(monkeypatch):
    """Catch what `record` and `settle` show."""
    caught = []
    monkeypatch.setattr(records, "show", lambda thing: caught.append(thing._repr_mimebundle_()))
    return caught


def paired(mean, runs=60, sd=1.0, seed=0):
    """Differences whose two halves both have exactly this mean and standard deviation."""
    half = np.random.default_rng(seed).normal(size=runs // 2)
    half = (half - half.mean()) / half.std(ddof=1) * sd + mean
    return np.concatenate([half, half])


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        (paired(0.0, sd=0.01), "supported"),
        (paired(0.08, sd=0.01), "supported"),
        (paired(0.08, sd=1.0), "not supported here"),  # the interval reaches beyond 0.1
        (paired(0.5, sd=0.01), "not supported here"),
    ],
)
def test_a_comparison_can_ask_for_equality(differences, verdict):
    assert lab.compare(differences, 0, 0.1, equal=True).verdict == verdict


def test_readings_tell_too_small_from_unclear():
    readings = [
        lab.compare(paired(mean, sd=sd), 0, 0.1).reading
        for mean, sd in ((0.5, 0.1), (-0.5, 0.1), (0.01, 0.05), (0.05, 3.0))
    ]
    assert readings == ["larger", "smaller", "about equal", "unclear"]


def test_the_number_of_pairs_needed_finds_the_smallest_difference_four_times_in_five():
    needed = lab.compare(paired(0.0, sd=1.0, runs=60), 0, smallest=0.5).needed
    rng = np.random.default_rng(0)
    found = [stats.ttest_1samp(rng.normal(0.5, 1.0, needed), 0).pvalue < 0.05 for _ in range(4000)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_a_claim_is_judged_by_the_last_data_and_repeated_with_the_second_half_of_the_runs(
    monkeypatch,
):
    shown(monkeypatch)
    first, second = paired(0.5, 30, 0.1), paired(0.0, 30, 0.1)
    results = {"split": (paired(0.0), 0), "fresh": (np.concatenate([first, second]), 0.0)}
    claim = lab.settle("C1", "It helps.", "accuracy", 0.02, results)
    assert (claim.decides, claim.verdict, claim.repeated) == (
        "fresh",
        "supported",
        "not supported here",
    )
    expected = lab.compare(first, 0, 0.02)
    assert claim.comparisons["", "fresh", "first"] == expected


@pytest.mark.parametrize(
    ("means", "axis", "verdict"),
    [
        ([0.5, 0.5], "", "supported"),
        ([0.5, 0.0], "", "not supported here"),
        ([0.5, -0.5], "the rate", "depends on the rate"),
        ([0.5, 0.5], "the rate", "supported"),
        ([0.0, -0.5], "the rate", "not supported here"),
    ],
)
def test_conditions_all_have_to_hold_unless_they_lie_along_an_axis(
    monkeypatch, means, axis, verdict
):
    shown(monkeypatch)
    pairs = {name: (paired(mean, sd=0.1), 0) for name, mean in zip("ab", means, strict=True)}
    assert lab.settle("C2", "So.", "loss", 0.02, {"fresh": pairs}, axis).verdict == verdict


def test_a_claim_records_its_sentence_verdicts_and_comparisons(monkeypatch):
    caught = shown(monkeypatch)
    pairs = {"at 0.1": (paired(0.5), 0), "at 1": (paired(0.0), 0)}
    lab.settle(
        "C2", "So <it> is.", "loss", {"at 0.1": 0.02, "at 1": 0.3}, {"fresh": pairs}, "noise"
    )
    record = caught[0][lab.RECORD_TYPE]
    assert record["C2"] == {
        "sentence": "So <it> is.",
        "effect": "loss",
        "axis": "noise",
        "decides": "fresh",
        "verdict": "depends on noise",
        "repeated": "depends on noise",
    }
    assert record["C2.at_1.fresh.second"]["smallest"] == 0.3
    assert len(record) == 5
    assert json.loads(json.dumps(record)) == record
    assert "C2: depends on noise (loss)" in caught[0]["text/html"]


def test_a_claim_needs_two_sets_of_seeds_of_the_same_size():
    with pytest.raises(ValueError, match=r"C3 needs two sets .* 7 runs"):
        lab.settle("C3", "So.", "loss", 0.1, {"fresh": (np.ones(7), 0)})


def test_a_record_carries_unrounded_numbers_that_json_can_hold(monkeypatch):
    shown = []
    monkeypatch.setattr(records, "show", shown.append)
    values = np.array([1.0, 2.0, np.inf])
    lab.record(
        {
            "epochs": values,
            "single": 1 / 3,
            "effect": lab.compare(np.array([1.0, 2, 4]), np.zeros(3), 0.1),
        }
    )
    bundle = shown[0]._repr_mimebundle_()
    numbers = json.loads(json.dumps(bundle[lab.RECORD_TYPE], allow_nan=False))
    assert numbers["epochs"] == {
        "mean": "inf",
        "sd": "nan",
        "median": 2.0,
        "min": 1.0,
        "max": "inf",
        "n": 3,
    }
    assert numbers["single"] == {"value": 1 / 3, "tolerance": 1e-5}
    assert numbers["effect"]["verdict"] == "not supported here"
    assert set(bundle) == {"text/plain", "text/html", lab.RECORD_TYPE}
    assert "0.3333" in bundle["text/plain"]

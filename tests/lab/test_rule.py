"""The rule by which claims are settled: readings, intervals, number of runs, verdicts, Holm."""

from itertools import combinations
from math import inf, log, nan

from lab import rule
from lab.rule import Effect, Measure, holm, paired_effect, until_enough, verdict_of

import numpy as np
import pytest
from scipy import stats

from coursekit.pages import registry

ONE = Measure("difference", 1.0, "anything, smallest effect 1")


def draws(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


# ---------------------------------------------------------------------------- what an interval says


@pytest.mark.parametrize(
    ("low", "high", "reading", "words"),
    [
        (1.0, 3.0, "yes", "yes"),
        (0.9, 3.0, "undecided", "undecided (positive, size open)"),
        (0.1, 0.9, "too small to matter", "too small to matter"),
        (-0.9, 0.9, "too small to matter", "too small to matter"),
        (-0.9, 1.0, "undecided", "undecided"),
        (-1.0, 0.9, "undecided", "undecided"),
        (-3.0, -0.9, "undecided", "undecided (negative, size open)"),
        (-3.0, -1.0, "the opposite", "the opposite"),
    ],
)
def test_a_reading_is_where_the_whole_interval_lies(low, high, reading, words):
    found = Effect((low + high) / 2, low, high, 60, 1.0)
    assert (found.reading, found.words) == (reading, words)


def test_the_mean_alone_decides_nothing():
    assert Effect(5.0, 0.9, 9.1, 60, 1.0).reading == "undecided"


def test_a_reading_can_be_asked_for_another_smallest_effect():
    found = Effect(1.5, 1.2, 1.8, 60, 1.0)
    assert [found.reading_at(at) for at in (0.5, 1.0, 2.0)] == ["yes", "yes", "too small to matter"]


def test_an_interval_of_the_width_of_the_smallest_effect_needs_no_more_runs():
    assert Effect(0.0, -0.5, 0.5, 60, 1.0).narrow
    assert not Effect(0.0, -0.51, 0.5, 60, 1.0).narrow
    assert Effect(7.0, 6.0, 8.0, 60, 1.0).needed == 240


def test_the_number_of_runs_needed_makes_the_interval_as_wide_as_the_smallest_effect():
    needed = paired_effect(3 * draws(60), 0.0, ONE).needed
    width = 2 * stats.t.ppf(0.975, needed - 1) * 3 * draws(60).std(ddof=1) / np.sqrt(needed)
    assert width == pytest.approx(1.0, rel=0.03)


# --------------------------------------------------------------------------------------- intervals


def test_the_interval_of_a_difference_is_the_paired_t_interval():
    first, second = draws(60), 0.3 + draws(60, 1)
    found = paired_effect(first, second, "accuracy")
    expected = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(np.mean(first - second))
    assert (found.n, found.smallest) == (60, 0.01)


def test_losses_are_compared_by_the_logarithm_of_their_ratio():
    first, second = np.exp(draws(60)), np.exp(draws(60, 1))
    found = paired_effect(first, second, "loss")
    expected = stats.ttest_rel(np.log(first), np.log(second)).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.smallest == pytest.approx(log(1.1))


def test_who_gets_there_sooner_is_counted_ties_half_and_never_is_last():
    found = paired_effect([1, 2, 3, inf], [2, 2, inf, inf], "updates")
    assert found.mean == pytest.approx((2 + 2 / 2) / 4 - 1 / 2)
    assert paired_effect([2, inf], [1, 5], "updates").mean == -0.5


def test_the_interval_of_paired_shares_is_bonett_and_prices():
    only_first, only_second, neither_or_both = 25, 10, 65
    first = np.repeat([1, 0, 1], [only_first, only_second, neither_or_both])
    second = np.repeat([0, 1, 1], [only_first, only_second, neither_or_both])
    one, other = (only_first + 1) / 102, (only_second + 1) / 102
    half = stats.norm.ppf(0.975) * np.sqrt((one + other - (one - other) ** 2) / 102)
    found = paired_effect(first, second, "success")
    assert found.mean == pytest.approx(0.15)
    assert (found.low, found.high) == pytest.approx((one - other - half, one - other + half))


def test_runs_that_all_say_the_same_leave_an_interval_with_a_width():
    found = paired_effect(np.ones(60), np.zeros(60), "success")
    assert found.mean == found.high == 1.0
    assert 0.85 < found.low < 0.96
    assert paired_effect(np.ones(60), np.full(60, 2.0), "updates").reading == "yes"


@pytest.mark.parametrize("share", [0.5, 0.6, 0.8, 0.97])
def test_the_interval_of_shares_holds_the_true_one_about_95_times_of_100(share):
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(1000):
        first, second = generator.random((2, 60)) < np.array([[share], [0.5]])
        found = paired_effect(first, second, "success")
        held += found.low <= share - 0.5 <= found.high
    assert stats.binomtest(held, 1000, 0.95, "less").pvalue > 1e-3


@pytest.mark.parametrize(
    ("first", "second", "measure", "named"),
    [
        ([0.1, 0.2], [0.1], "accuracy", "paired"),
        ([[0.1, 0.2]], [[0.1, 0.3]], "accuracy", "paired"),
        ([0.1], [0.2], "accuracy", "at least two"),
        ([0.1, nan], [0.1, 0.2], "accuracy", "NaN"),
        ([1, nan], [1, 2], "updates", "NaN"),
        ([0.1, inf], [0.1, 0.2], "loss", "infinite"),
        ([0.1, 0.0], [0.1, 0.2], "loss", "above 0"),
        ([0, 1], [0.5, 1], "success", "true or false"),
        ([0, 1], [0, 1], "speed", "No measure 'speed'; there are accuracy"),
        ([0, 1], [0, 1], Measure("ratio", 1, ""), "No kind of measure 'ratio'"),
        ([0, 1], [0, 1], Measure("difference", 0, ""), "above 0"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(first, second, measure, named):
    with pytest.raises(ValueError, match=named):
        paired_effect(first, second, measure)


# -------------------------------------------------------------------------- how often the rule errs


def readings(effect: float, spread: float, draw, times: int = 300) -> dict[str, float]:
    """Shares of readings when the whole rule, doubling of the runs included, is applied."""
    generator = np.random.default_rng(round(1000 * (10 + effect) + spread))
    found = []
    for _ in range(times):
        runs = effect + spread * draw(generator, rule.MOST)
        (last,) = until_enough(lambda n, runs=runs: [paired_effect(runs[:n], 0.0, ONE)])
        found.append(last.reading)
    return {reading: found.count(reading) / times for reading in set(found)}


def bell(generator, n):
    return generator.standard_normal(n)


def heavy_tails(generator, n):
    return generator.standard_t(4, n) / np.sqrt(2)


def lopsided(generator, n):
    return generator.exponential(size=n) - 1


@pytest.mark.parametrize("draw", [bell, heavy_tails, lopsided])
@pytest.mark.parametrize("spread", [0.5, 2, 5, 7.5])
def test_the_rule_errs_as_seldom_as_it_says(spread, draw):
    # 4 % of 300 would be 12; more than 21 of 300 come up once in a hundred then.
    for effect in (0.0, 0.5, 1.0):
        assert readings(effect, spread, draw).get("yes", 0) <= 21 / 300
    assert readings(2.0, spread, draw).get("yes", 0) >= 0.9
    assert readings(-2.0, spread, draw).get("the opposite", 0) >= 0.9
    assert readings(0.25, spread, draw).get("too small to matter", 0) >= 0.8


def test_runs_double_for_all_comparisons_alike_until_each_is_narrow():
    asked = []

    def draw(n):
        asked.append(n)
        return [paired_effect(draws(n), 0.0, ONE), paired_effect(4 * draws(n), 0.0, ONE)]

    comparisons = until_enough(draw)
    assert asked == [60, 120, 240, 480][: len(asked)]
    assert all(one.narrow for one in comparisons)
    assert len(asked) > 1


def test_runs_end_at_the_most_whatever_the_width():
    (last,) = until_enough(lambda n: [paired_effect(100 * draws(n), 0.0, ONE)], most=240)
    assert (last.n, last.narrow) == (240, False)


def test_whether_runs_stop_does_not_depend_on_the_mean():
    for shift in (0.0, 1.0, 50.0):
        (last,) = until_enough(
            lambda n, shift=shift: [paired_effect(shift + 3 * draws(n), 0.0, ONE)]
        )
        assert last.n == 240


# ----------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (["yes"], "supported"),
        (["yes", "yes"], "supported"),
        (["the opposite"], "the opposite"),
        (["too small to matter", "too small to matter"], "too small to matter here"),
        (["undecided"], "undecided"),
        (["yes", "undecided"], "partly"),
        (["yes", "the opposite"], "partly"),
        (["the opposite", "too small to matter"], "too small to matter here"),
        (["the opposite", "undecided"], "undecided"),
    ],
)
def test_a_claim_is_supported_only_where_all_of_its_parts_hold(found, verdict):
    assert verdict_of(found) == verdict


def test_that_two_things_are_the_same_is_supported_by_a_difference_too_small_to_matter():
    assert verdict_of(["too small to matter"], same=True) == "supported"
    assert verdict_of(["yes"], same=True) == "the opposite"
    assert verdict_of(["the opposite"], same=True) == "the opposite"
    assert verdict_of(["undecided"], same=True) == "undecided"


def test_a_claim_without_parts_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        verdict_of([])


# --------------------------------------------------------------------------------------------- Holm


def test_a_comparison_says_something_exactly_where_its_level_is_below_5_percent():
    for mean in np.linspace(-3, 3, 101):
        found = paired_effect(mean + draws(60) * 2, 0.0, ONE)
        assert (found.p < 0.05) == (found.reading != "undecided")


def test_the_level_of_a_yes_is_that_of_a_t_test_against_the_smallest_effect():
    runs = 2 + draws(60)
    assert paired_effect(runs, 0.0, ONE).p == pytest.approx(stats.ttest_1samp(runs, 1.0).pvalue)


def test_holm_rejects_what_testing_all_combinations_by_bonferroni_would():
    generator = np.random.default_rng(4)
    for _ in range(200):
        levels = dict(zip("abcde", 0.06 * generator.random(5) ** 2, strict=True))
        for name, survives in holm(levels).items():
            others = [other for other in levels if other != name]
            closed = all(
                min(levels[one] for one in (name, *more)) <= 0.05 / (1 + len(more))
                for size in range(5)
                for more in combinations(others, size)
            )
            assert survives == closed


def test_the_registry_of_claims_knows_the_same_measures():
    assert set(registry.MEASURES) == set(rule.MEASURES)
    assert set(registry.KINDS) == set(rule.KINDS)

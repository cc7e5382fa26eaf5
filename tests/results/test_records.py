"""A new run's records may differ from the stored ones by their spread, and no further."""

import pytest

from coursekit.results.records import Record, differences, visible_from
from tests.support.small_course import compared, settled

# 6 sd sqrt(2/n) = 1.2.
OVER_SEEDS = dict(mean=15.0, sd=1.0, median=15.0, min=12.0, max=18.0, n=50)
COMPARED = dict(mean=0.1, low=0.08, high=0.12, n=30, smallest=0.01, verdict="supported")
VALUE = dict(value=0.5, tolerance=0.01)


@pytest.mark.parametrize(
    ("stored", "change"),
    [
        (OVER_SEEDS, {}),
        (OVER_SEEDS, {"mean": 16.19, "median": 13.81, "min": 3.0, "max": 30.0, "sd": 2.0}),
        (VALUE, {"value": 0.509}),
        (COMPARED, {"mean": 0.18, "low": 0.16, "high": 0.2}),
        (OVER_SEEDS | {"median": "nan"}, {"median": "nan"}),
        (OVER_SEEDS | {"mean": "inf", "sd": "nan"}, {"mean": "inf"}),
    ],
)
def test_a_run_within_the_spread_passes(stored: dict, change: dict) -> None:
    assert differences({"a": stored}, {"a": stored | change}) == []


@pytest.mark.parametrize(
    ("stored", "change", "message"),
    [
        (OVER_SEEDS, {"mean": 16.21}, "a.mean: 16.21 now, 15.0 stored"),
        (OVER_SEEDS, {"median": 13.79}, "a.median"),
        (OVER_SEEDS, {"median": "nan"}, "a.median"),
        (OVER_SEEDS, {"n": 49}, "a.n: 49 now, 50 stored"),
        (OVER_SEEDS | {"sd": 0.0}, {"mean": 15.00001}, "a.mean"),
        (VALUE, {"value": 0.511}, "a.value"),
        (VALUE, {"tolerance": 1.0}, "a.tolerance"),
        (COMPARED, {"mean": 0.19}, "a.mean"),
        (COMPARED, {"verdict": "not supported here"}, "a.verdict"),
    ],
)
def test_a_run_outside_the_spread_is_reported(stored: dict, change: dict, message: str) -> None:
    (found,) = differences({"a": stored}, {"a": stored | change})
    assert found.startswith(message)


def test_other_names_or_fields_are_reported() -> None:
    assert "names differ" in differences({"a": VALUE}, {"b": VALUE})[0]
    assert "names differ" in differences({"a": VALUE}, {})[0]
    assert "fields differ" in differences({"a": VALUE}, {"a": OVER_SEEDS})[0]


# The interval's half width is two standard errors, so a boundary is near within 2 sqrt(2) / 2 =
# 1.41 half widths.
def turned(stored: Record, **change: float | str) -> list[str]:
    return differences({"a": stored}, {"a": stored | change})


@pytest.mark.parametrize(
    ("mean", "half", "now", "verdict"),
    [
        (0.011, 0.002, 0.009, "not supported here"),  # mean 0.5 half widths from smallest
        (0.015, 0.012, 0.011, "not supported here"),  # interval's end 0.25 half widths from 0
        (0.0129, 0.0021, 0.0099, "not supported here"),  # mean 1.38 half widths from smallest
    ],
)
def test_a_borderline_verdict_may_turn(mean: float, half: float, now: float, verdict: str) -> None:
    stored = compared(mean, half)
    change = compared(now, half, verdict=verdict)
    assert turned(stored, **change) == []


@pytest.mark.parametrize(
    ("mean", "half", "now"),
    [
        (0.0131, 0.0021, 0.0099),  # mean 1.48 half widths from smallest
        (0.03, 0.01, 0.009),  # far from both
        (0.1, 0.02, 0.1),  # nothing moved, so nothing may have turned
    ],
)
def test_a_clear_verdict_may_not_turn(mean: float, half: float, now: float) -> None:
    found = turned(compared(mean, half), **compared(now, half, verdict="not supported here"))
    assert [line.split(":")[0] for line in found] == ["a.reading", "a.verdict"]
    assert "`course build`" in found[0]


def test_a_borderline_claim_of_equality_may_turn_and_a_clear_one_may_not() -> None:
    def equal(high: float) -> Record:
        reading = "about equal" if high < 0.01 else "unclear"
        verdict = "supported" if high < 0.01 else "not supported here"
        return compared(high - 0.004, 0.004) | {"reading": reading, "verdict": verdict}

    assert turned(equal(0.0095), **equal(0.0105)) == []
    assert len(turned(equal(0.004), **equal(0.0105))) == 2


def test_how_many_runs_are_needed_follows_from_the_spread_and_may_differ() -> None:
    assert turned(compared(), needed=90) == []
    assert turned(compared(), smallest=0.02)[0].startswith("a.smallest")
    assert turned(compared(), n=60)[0].startswith("a.n")


NEAR, ACROSS = compared(0.011, 0.004), compared(0.009, 0.004, verdict="not supported here")
CLEAR, OTHER = compared(), compared(0.1, verdict="not supported here")


def claim(first: Record, second: Record, **words: str) -> dict[str, Record]:
    records = settled(comparisons={"fresh.first": first, "fresh.second": second})
    records["C14"] |= words
    return records


TURNED = "not supported here"


def test_a_claim_may_turn_with_a_borderline_comparison_of_the_same_seeds() -> None:
    stored = claim(NEAR, NEAR)
    assert differences(stored, claim(ACROSS, NEAR, verdict=TURNED)) == []
    assert differences(stored, claim(NEAR, ACROSS, repeated=TURNED)) == []
    assert differences(stored, claim(ACROSS, ACROSS, verdict=TURNED, repeated=TURNED)) == []


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (
            claim(NEAR, ACROSS, verdict=TURNED),
            "C14.verdict: not supported here now, supported stored",
        ),
        (claim(ACROSS, NEAR, repeated=TURNED), "C14.repeated: not supported here now"),
        (claim(NEAR, NEAR, verdict=TURNED), "C14.verdict"),
        (claim(NEAR, NEAR, sentence="Sooner is better."), "C14.sentence: Sooner is better. now"),
        (claim(NEAR, NEAR, effect="loss"), "C14.effect"),
        (claim(NEAR, NEAR, axis="the rate"), "C14.axis"),
        (claim(NEAR, NEAR, decides="split"), "C14.decides"),
    ],
)
def test_a_claim_may_not_turn_otherwise(new: dict[str, Record], message: str) -> None:
    (found,) = differences(claim(NEAR, NEAR), new)
    assert found.startswith(message)


def test_a_claim_turned_by_a_clear_comparison_is_reported_with_it() -> None:
    found = differences(claim(CLEAR, CLEAR), claim(OTHER, CLEAR, verdict=TURNED))
    names = ["C14.verdict", "C14.fresh.first.reading", "C14.fresh.first.verdict"]
    assert [line.split(":")[0] for line in found] == names


def test_what_the_source_s_data_say_does_not_turn_a_claim() -> None:
    def both(split: Record, **words: str) -> dict[str, Record]:
        names = [f"{data}.{seeds}" for data in ("split", "fresh") for seeds in ("first", "second")]
        records = settled(comparisons=dict.fromkeys(names, NEAR) | {"split.first": split})
        records["C14"] |= words
        return records

    assert differences(both(NEAR), both(ACROSS)) == []
    (found,) = differences(both(NEAR), both(ACROSS, verdict=TURNED))
    assert found.startswith("C14.verdict")


def test_what_an_exercise_records_is_visible_in_its_own_page_only() -> None:
    records = {"chapters/a": {"x": VALUE}, "solutions/a/b": {"x": OVER_SEEDS, "y": VALUE}}
    assert visible_from("chapters/c", records) == {"x": VALUE}
    assert visible_from("solutions/a/b", records) == {"x": OVER_SEEDS, "y": VALUE}


def test_parameters_are_visible_in_their_own_page_only() -> None:
    records = {"chapters/a": {"x": VALUE, "parameters": {"seeds": 30}}, "chapters/b": {}}
    assert visible_from("chapters/a", records) == records["chapters/a"]
    assert visible_from("chapters/b", records) == {"x": VALUE}

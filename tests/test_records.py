"""Recorded numbers are compared by their spread; numbers in prose must equal their records."""

import pytest

from course.records import binding_problem, bindings, differences, without_bindings

OVER_SEEDS = dict(mean=15.0, sd=1.0, median=15.0, min=12.0, max=18.0, n=50)  # 6 sd sqrt(2/n) = 1.2
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


RECORDS = {"bn.epochs": OVER_SEEDS | {"median": 14.6, "mean": 1234.5}, "gap": {"value": -0.0512}}


@pytest.mark.parametrize(
    "text",
    [
        "15 <!-- = bn.epochs.median -->",
        "**14.6** <!-- = bn.epochs.median -->",
        "1,234.5 <!-- = bn.epochs.mean -->",
        "−0.05 <!-- = gap -->",
        "-0.051 <!-- = gap.value -->",
        "−5 % <!-- = gap -->",
        "in 2015, 15<!-- = bn.epochs.median -->",
    ],
)
def test_a_bound_number_equals_its_record_as_far_as_it_shows(text: str) -> None:
    (binding,) = bindings(text)
    assert binding_problem(binding, RECORDS) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("16 <!-- = bn.epochs.median -->", "the text says 16, bn.epochs.median is 14.6"),
        ("14 <!-- = bn.epochs.median -->", "the text says 14"),
        ("15.0 <!-- = bn.epochs.median -->", "the text says 15.0"),
        ("5 % <!-- = gap -->", "the text says 5 %, gap is -5.12 %"),
        ("15 <!-- = bn.median -->", "names no recorded number; recorded are: bn.epochs, gap"),
        ("15 <!-- = bn.epochs.mode -->", "names no recorded number"),
        ("many <!-- = bn.epochs.median -->", "no number stands before"),
    ],
)
def test_a_bound_number_that_differs_is_reported(text: str, message: str) -> None:
    (binding,) = bindings(text)
    assert message in binding_problem(binding, RECORDS)


def test_bindings_are_found_with_their_line_and_only_in_text() -> None:
    text = "a <!-- b -->\n\n```\n1 <!-- = code -->\n```\n\n`2 <!-- = code -->`\n3 <!-- = c -->"
    assert [(binding.path, binding.line) for binding in bindings(text)] == [("c", 8)]


def test_readers_see_no_gap_where_a_number_is_bound():
    text = "It ends at 0.8 <!-- = a.mean -->. Code, `x <!-- y -->`, stays."
    assert without_bindings(text) == "It ends at 0.8. Code, `x <!-- y -->`, stays."

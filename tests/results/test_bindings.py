"""Numbers and words in prose must equal their records."""

import pytest

from coursekit.pages.prose import without_bindings
from coursekit.results.bindings import binding_problem, bindings
from tests.support.small_course import EPOCHS, compared, settled

RECORDS = {"bn.epochs": EPOCHS | {"median": 14.6, "mean": 1234.5}, "gap": {"value": -0.0512}}


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
        "15\n<!-- = bn.epochs.median -->",
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
        ("15 <!-- = bn.median -->", "names nothing recorded; recorded are: bn.epochs, gap"),
        ("15 <!-- = bn.epochs.mode -->", "names nothing recorded; bn.epochs has the fields mean,"),
        (
            "many <!-- = bn.epochs.median -->",
            "no number stands before the comment '= bn.epochs.median', but 'many'",
        ),
        ("C15 <!-- = bn.epochs.median -->", "no number stands before"),
        ("16 <!-- = bn.epochs.median -->", "run `course numbers`"),
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


@pytest.mark.parametrize(
    "text",
    [
        "```{note}\nIt takes 3 <!-- = c --> epochs.\n```",
        "```{figure} a.png\n:alt: A line.\n\nIt takes 3 <!-- = c --> epochs.\n```",
        "```{code-cell} python\n---\nmystnb: {image: {alt: To 3 <!-- = c -->.}}\n---\nx = 1\n```",
        "::::{tip}\n```python\n1 <!-- = code -->\n```\n3 <!-- = c -->\n::::",
    ],
)
def test_captions_boxes_and_alternative_texts_are_text(text: str) -> None:
    (binding,) = bindings(text)
    assert (binding.number, binding.path) == ("3", "c")
    assert text[binding.start] == "3"


CLAIM = settled("C14", "not supported here", "supported") | settled(
    "C4", "depends on the learning rate", axis="the learning rate"
)
CLAIM["C4.fresh.first"] = compared() | {"reading": "about equal"}


@pytest.mark.parametrize(
    "text",
    [
        "**not supported here** <!-- = C14.verdict -->",
        "**Verdict: not supported here** <!-- = C14.verdict -->.",
        "Not supported here <!-- = C14.verdict -->, but again: supported <!-- = C14.repeated -->",
        "a line ends in **not\nsupported here** <!-- = C14.verdict -->",
        "**Verdict: depends on the\nlearning rate** <!-- = C4.verdict -->",
        "It depends on the *learning rate* <!-- = C4.verdict -->",
        "The two are about equal <!-- = C4.fresh.first.reading -->",
        "**Claim.** Later is better. <!-- = C14.sentence -->",
    ],
)
def test_bound_words_are_those_recorded(text: str) -> None:
    assert [binding_problem(binding, CLAIM) for binding in bindings(text) if binding] == [""] * (
        text.count("<!--")
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "It was seen. **Verdict: supported** <!-- = C14.verdict -->",
            "the text says 'supported', C14.verdict is 'not supported here'; rewrite the sentence",
        ),
        (
            "**not supported** <!-- = C14.repeated -->",
            "says 'not supported', C14.repeated is 'supported'",
        ),
        ("It is hardly supported <!-- = C14.repeated -->", "the text says 'hardly supported'"),
        ("It is unsupported <!-- = C14.repeated -->", "C14.repeated is 'supported'"),
        (
            "depends on the amount <!-- = C4.verdict -->",
            "says 'depends on the amount', C4.verdict is",
        ),
        ("It holds <!-- = C14.repeated -->", "the text says 'It holds'"),
        ("<!-- = C14.verdict -->", "no words stand before the comment '= C14.verdict'"),
        ("15 <!-- = C14.verdict -->", "the number 15 is bound to C14.verdict, which is words"),
        ("supported <!-- = C14.fresh.first.mean -->", "no number stands before"),
        (
            "supported <!-- = C15.verdict -->",
            "'= C15.verdict' names nothing recorded; recorded are: C14,",
        ),
    ],
)
def test_bound_words_that_differ_are_reported(text: str, message: str) -> None:
    (binding,) = bindings(text)
    assert message in binding_problem(binding, CLAIM)


def test_an_unknown_name_among_many_is_told_the_nearest() -> None:
    records = {f"series_{number}.accuracy": EPOCHS for number in range(40)}
    (binding,) = bindings("1 <!-- = series_7.acuracy.mean -->")
    message = binding_problem(binding, records)
    assert "of 40 records the nearest names are: series_7.accuracy, " in message
    assert len(message) < 300

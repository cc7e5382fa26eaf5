"""Numbers that look like results but carry no record are listed as advice, and little else is."""

import pytest

from coursekit.results.advice import advice, result_like, settings
from tests.support.small_course import Course


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It ends at 0.84.", ["0.84"]),
        ("It loses −0.012 against +1.5.", ["−0.012", "+1.5"]),
        ("It gains 12 % of it.", ["12 %"]),
        ("It takes 26 epochs, not 1,400 updates.", ["26", "1,400"]),
        ("That is 15 times as long.", ["15"]),
        ("| ReLU | 0.84 |", ["0.84"]),
        ("```{figure} a.png\n:alt: A.\n\nIt ends at 0.84.\n```", ["0.84"]),
        ("```{code-cell} python\n---\nmystnb: {image: {alt: Up to 0.84.}}\n---\nx\n```", ["0.84"]),
        ("As {cite:t}`bishop1995` says, 0.84. Here it is 0.85.", ["0.85"]),
    ],
)
def test_what_looks_like_a_result_is_found(text: str, numbers: list[str]) -> None:
    found = list(result_like(text, set()))
    assert [number for _, number in found] == numbers
    assert all(text[position:].startswith(number) for position, number in found)


@pytest.mark.parametrize(
    "text",
    [
        "It ends at 0.84 <!-- = a.mean -->, **12 %** <!-- = b -->.",
        "Two rings of 500 points, in 2015, in 3 panels.",
        "With a rate of 0.4 for 4,000 epochs.",  # settings: see below
        "A rate of 40 %.",
        "Its 95 % interval, and 100 % of the rest.",
        "`x = 0.84` and ``{0.84}``",
        "```python\nx = 0.84\n```",
        "```{code-cell} python\nx = 0.84\n```",
        "$p = 0.84$ and\n\n$$ q = 0.84 $$ (an-equation)",
        "## At 0.84",
        "(evidence-0.84)=",
        "[0.84](https://example.org/0.84) and https://example.org/1.5",
        "{term}`0.84` and {ref}`at 0.84 <place>`",
        "TensorFlow 2.21 and version 3.15.1",
        "The paper has 0.84 {cite}`bishop1995`.",
        "1. first\n2. second",
        "<!-- was 0.84 -->",
        "---\nrate: 0.84\n---\n",
    ],
)
def test_what_is_something_else_is_left_alone(text: str) -> None:
    assert list(result_like(text, settings("rate = 0.40\nepochs = 4_000"))) == []


def test_advice_is_counted_by_the_check_listed_on_demand_and_fails_nothing(
    course: Course, capsys: pytest.CaptureFixture
) -> None:
    course.source += "\nIt ends at 0.84, or 0.8449 <!-- old -->\nelsewhere.\n"
    course.pretend_built()
    assert course.command("check") == 0
    *_, sound, last = capsys.readouterr().out.splitlines()
    assert sound == "1 page checked, no problems"
    assert last.startswith("no record is bound to 2 numbers that may be measured; `course check")
    assert course.command("check", "--advice") == 0
    line = course.source[: course.source.index("It ends")].count("\n") + 1
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == (
        f"advice: chapters/page.md, line {line}: 0.84 in “It ends at 0.84, or 0.8449 elsewhere.”"
    )
    assert f"line {line}: 0.8449 in" in second


def test_pages_that_run_nothing_get_no_advice_but_the_ledger_does(course: Course) -> None:
    (course.root / "index.md").write_text("# Front\n\nIt ends at 0.84.\n")
    (course.root / "pages/ledger.md").write_text(
        "# Ledger\n\nIt ends at 0.84.\n\n```{ledger}\n```\n"
    )
    assert [str(one.file) for one in advice(course.root)] == ["pages/ledger.md"]

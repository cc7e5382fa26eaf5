"""Stale numbers are rewritten in the form they have; words are left to a person."""

import pytest

from coursekit.pages.build import build
from coursekit.pages.notebook import pages
from coursekit.problem import PageError
from coursekit.results.bindings import bindings, mended
from coursekit.results.numbers import rewrite_numbers
from coursekit.rules.check import check
from tests.support.small_course import EPOCHS, Course, compared, settled


@pytest.mark.parametrize(
    ("written", "value", "new"),
    [
        ("16", 14.6, "15"),
        ("0.80", 0.8449, "0.84"),
        ("0.8 %", 0.0129, "1.3"),
        ("80 %", 0.8449, "84"),
        ("**3.0**", 2.94, "2.9"),
        ("+0.012", 0.0198, "+0.020"),
        ("+0.012", -0.0198, "−0.020"),
        ("−0.012", -0.0198, "−0.020"),
        ("-0.012", -0.0198, "-0.020"),
        ("−0.012", 0.0198, "0.020"),
        ("−0.012", -0.0001, "0.000"),
        ("+0.012", -0.0001, "+0.000"),
        ("0.012", -0.0198, "−0.020"),
        ("1,234", 2345.6, "2,346"),
        ("1234", 2345.6, "2346"),
        ("900", 1234.0, "1,234"),
        ("1,234.5", 987.65, "987.6"),
        (".5", 0.7, ".7"),
        ("1.2e-05", 3.456e-7, "3.5e-07"),
        ("1.2E5", 345600.0, "3.5E5"),
    ],
)
def test_a_number_keeps_its_form(written: str, value: float, new: str) -> None:
    text = f"It is {written} <!-- = a --> now."
    (binding,) = bindings(text)
    assert mended(binding, {"a": {"value": value}}) == new
    (binding,) = bindings(text.replace(binding.number, new))
    # Right as it is written now.
    assert mended(binding, {"a": {"value": value}}) is None


@pytest.mark.parametrize("value", [14.6, 15.4, "inf", "nan"])
def test_a_number_that_is_right_or_has_no_value_is_left(value: float | str) -> None:
    (binding,) = bindings("15 <!-- = a -->")
    assert mended(binding, {"a": {"value": value}}) is None


STALE = (
    "It takes 12 <!-- = epochs.mean --> to 18 <!-- = epochs.max -->, **9 %**\n"
    "<!-- = epochs.sd -->, "
    "`1 <!-- = epochs.sd -->` and 15 words.\n"
)


def test_only_stale_numbers_change_and_each_change_is_shown(
    course: Course, capsys: pytest.CaptureFixture
) -> None:
    course.source += STALE
    course.pretend_built()
    before = course.source
    assert course.command("numbers") == 0
    assert course.source == before.replace("12 <!--", "15 <!--").replace("**9 %**", "**100 %**")
    line = before[: before.index("It takes 12")].count("\n") + 1
    assert capsys.readouterr().out.splitlines() == [
        f"chapters/page.md, line {line}: 12 -> 15, epochs.mean",
        f"chapters/page.md, line {line + 1}: 9 -> 100, epochs.sd",
        "2 numbers rewritten; now run `course build`, which executes nothing",
    ]
    assert course.command("numbers") == 0
    assert capsys.readouterr().out == "no number is stale\n"


def test_after_a_text_only_build_the_check_passes(course: Course) -> None:
    course.source = course.source.replace("It takes 15", "It takes 12")
    course.pretend_built()
    rewrite_numbers(course.root)
    assert build(pages(course.root)).refreshed == ["chapters/page"]
    assert check(course.root) == []


def test_an_amount_among_the_parameters_is_bound_like_a_result(course: Course) -> None:
    course.source += "\nEach of 20 <!-- = parameters.seeds --> runs.\n"
    course.pretend_built()
    (problem,) = check(course.root)
    assert problem.message == "the text says 20, parameters.seeds is 30; run `course numbers`"
    assert [change.new for change in rewrite_numbers(course.root).changes] == ["30"]
    build(pages(course.root))
    assert check(course.root) == []


def test_an_amount_of_another_pages_parameters_cannot_be_named(course: Course) -> None:
    course.pretend_built()
    (course.root / "index.md").write_text("# Front\n\n30 <!-- = parameters.seeds --> runs.\n")
    (problem,) = check(course.root)
    assert problem.message.startswith("'= parameters.seeds' names nothing recorded")


def test_a_turned_sign_is_pointed_out(course: Course) -> None:
    course.source += "It is −3 <!-- = epochs.mean -->.\n"
    course.pretend_built()
    (change,) = rewrite_numbers(course.root).changes
    assert str(change).endswith("−3 -> 15, epochs.mean (its sign turned)")


def test_words_are_never_changed_and_turned_verdicts_fail(
    course: Course, capsys: pytest.CaptureFixture
) -> None:
    course.settle(settled("C14", "not supported here") | {"C14.fresh.first": compared(0.003)})
    before = course.evidence.source.read_text()
    assert course.command("numbers") == 1
    assert course.evidence.source.read_text() == before.replace("+0.10", "+0.00")
    out = capsys.readouterr().out
    assert "page_evidence.md, line 19: +0.10 -> +0.00, C14.fresh.first.mean" in out
    assert "For a person to put right:" in out
    assert "line 18: the text says 'supported', C14.verdict is 'not supported here'; rewrite" in out


def test_an_unknown_record_is_left_and_fails(course: Course, capsys: pytest.CaptureFixture) -> None:
    course.source = course.source.replace("epochs.median", "updates.median")
    course.pretend_built()
    assert course.command("numbers") == 1
    assert "'= updates.median' names nothing recorded" in capsys.readouterr().out


def test_only_the_chosen_pages_change_and_may_name_others_records(course: Course) -> None:
    (course.root / "index.md").write_text("# Front\n\nIt takes 12 <!-- = epochs.mean -->.\n")
    course.source += STALE
    course.pretend_built()
    (change,) = rewrite_numbers(course.root, ["index"]).changes
    assert (str(change.file), change.new) == ("index.md", "15")
    changed = rewrite_numbers(course.root, ["chapters/page.md"]).changes
    assert {str(change.file) for change in changed} == {"chapters/page.md"}


def test_an_unknown_page_is_refused_with_the_known_ones(
    course: Course, capsys: pytest.CaptureFixture
) -> None:
    assert course.command("numbers", "pgae") == 1
    assert capsys.readouterr().err == "no page pgae; there are: chapters/page, index\n"


def test_records_of_the_page_itself_come_first(course: Course) -> None:
    (course.root / "chapters/other.md").write_text(course.source)
    course.pretend_built()
    other = pages(course.root)[0]
    course.store(other, {"epochs": EPOCHS | {"median": 7.0}})
    (change,) = rewrite_numbers(course.root).changes
    assert (str(change.file), change.new) == ("chapters/other.md", "7")


def test_a_page_is_chosen_by_as_much_of_its_path_as_tells_it_apart(course: Course) -> None:
    (course.root / "solutions/more").mkdir(parents=True)
    (course.root / "solutions/more/page.md").write_text(
        "# More\n\nIt takes 12 <!-- = epochs.mean -->.\n"
    )
    course.pretend_built()
    with pytest.raises(PageError, match="2 pages page"):
        rewrite_numbers(course.root, ["page.md"])
    (change,) = rewrite_numbers(course.root, ["more/page.md"]).changes
    assert str(change.file) == "solutions/more/page.md"

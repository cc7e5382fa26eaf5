"""The page about a class."""

from coursekit.grading.reports.overview import checks, masked, misconceptions
from coursekit.grading.reports.overview import page as overview_page
from coursekit.grading.reports.pages import steps
from coursekit.grading.results import Mark
from tests.support.harmless import EVIL, Elements, is_harmless
from tests.support.small_grades import SOLUTIONS, result, solution


def test_equal_mistakes_count_together_whatever_their_numbers() -> None:
    said = ["A share of 0.41 is dropped.", "A share of 3e-05 is dropped.", "It is no model."]
    records = [result(f"s{i}", said=text) for i, text in enumerate(said)]
    assert misconceptions(records) == [
        ("check_mean", "A share of … is dropped.", 2),
        ("check_mean", "It is no model.", 1),
    ]
    assert masked("conv2d of shape (500, 2): -1.5 and 1,000") == "conv2d of shape (…, …): … and …"


def test_the_overview_counts_checks_by_step() -> None:
    late = (Mark("check_mean", 0, 2, "not run"), Mark("check_type", 1, 1, "passed"))
    records = [
        result("ada", passed=True),
        result("bo"),
        result("cy", status="timed out", marks=late),
    ]
    first, second = checks(records, steps(solution()))
    assert (first["step"], first["passed"], first["failed"], first["not_run"]) == (
        "1. Build",
        1,
        1,
        1,
    )
    assert (second["check"], second["share"]) == ("check_type", 1.0)


def test_the_overview_lists_what_a_person_must_look_at_and_runs_nothing() -> None:
    records = [
        result("ada", passed=True),
        result(EVIL, said=EVIL, flags=(EVIL,)),
        result("bo", status="timed out", message=EVIL),
        result("cy", status="missing", marks=()),
    ]
    html = overview_page(records, SOLUTIONS)
    page = Elements(html)
    assert is_harmless(html)
    assert (
        page.text.count("<script>alert('evil')</script>") == 4
    )  # student, flag, what happened, mistake
    for said in ("timed out", "missing", "bo", "cy"):
        assert said in page.text
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(pictures) == 3 and all(picture["alt"] for picture in pictures)


def test_the_overview_of_an_empty_class_is_a_page() -> None:
    assert "Nothing is flagged" in overview_page([], {})

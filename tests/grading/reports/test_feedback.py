"""Feedback for a student: all that is theirs, nothing that is hidden, nothing that runs."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from coursekit.grading.reports.feedback import hidden_lines
from coursekit.grading.reports.feedback import page as feedback_page
from coursekit.grading.reports.gradebook import ByHand
from coursekit.grading.results import Result
from tests.support.harmless import EVIL, Elements, is_harmless
from tests.support.small_grades import (
    HIDDEN_LINE,
    MODEL_ANSWER,
    PNG,
    SOLUTION_LINE,
    SOLUTIONS,
    enter,
    failed,
    graded,
    printed,
    result,
    solution,
    store,
    write_feedback,
    write_gradebook,
)


def feedback(record: Result, notebook: NotebookNode | None, hand: ByHand | None = None) -> str:
    return feedback_page(record, notebook, hidden_lines(solution()), hand, "means")


def test_feedback_shows_the_message_of_a_failed_check_and_neither_hidden_tests_nor_solution() -> (
    None
):
    html = feedback(result("ada"), graded())
    text = Elements(html).text
    assert "The mean of 7 and 9 is 8." in text and "1 of 7 points, 4 more wait for a person" in text
    assert "The mean of 1 and 3 is 2." in text  # of the visible part of the check
    for hidden in ("mean([7, 9])", "HIDDEN", SOLUTION_LINE, MODEL_ANSWER):
        assert hidden not in text


@pytest.mark.parametrize("line", [HIDDEN_LINE, SOLUTION_LINE, MODEL_ANSWER])
def test_feedback_withholds_what_a_submission_found_out(line: str) -> None:
    stolen = Elements(feedback(result("ada", said=line), graded(output=printed(f"x {line}")))).text
    assert line not in stolen
    assert stolen.count("holds parts of the solution") == 3  # output, table, check


def test_feedback_shows_a_student_who_found_the_same_solution_their_own_code_and_errors() -> None:
    mine = f"def mean(values):\n    {SOLUTION_LINE}\n"
    error = failed("division by zero", f"----> 2 {SOLUTION_LINE}")
    text = Elements(feedback(result("ada"), graded(mine, output=error))).text
    assert text.count(SOLUTION_LINE) == 2 and "holds parts" not in text


def test_nothing_of_a_submission_is_run_or_fetched_on_the_page() -> None:
    shown = new_output(
        "display_data",
        data={
            "text/html": EVIL,
            "image/svg+xml": EVIL,
            "text/plain": EVIL,
            "application/javascript": "1",
        },
    )
    answer = (
        f"Text {EVIL} ![x](http://example.org/x.png) [y](javascript:alert(1)) $\\text{{{EVIL}}}$"
    )
    notebook = graded(code=f"'{EVIL}'", answer=answer, output=shown, message=EVIL)
    record = result(EVIL, said=EVIL, status="crashed", message=EVIL, notes=(EVIL,))
    html = feedback(record, notebook, ByHand(comments={"conclusion": EVIL}))
    assert is_harmless(html)
    assert Elements(html).text.count("<script>alert('evil')</script>") >= 6  # shown as text


def test_pictures_are_shown_if_they_are_small_pngs() -> None:
    def shown(data: str) -> str:
        output = new_output("display_data", data={"image/png": data, "text/plain": "<Figure>"})
        return feedback(result("ada"), graded(output=output))

    assert f"data:image/png;base64,{PNG}" in shown(PNG)
    for bad in ('"><script>', "aGVsbG8=", PNG + "A" * 2_000_000):
        assert "no PNG" in shown(bad) and is_harmless(shown(bad))


def test_a_picture_attached_to_an_answer_is_shown_with_its_alternative_text() -> None:
    notebook = graded(answer="See ![a *red* line](attachment:picture-1.png) ![](attachment:none).")
    notebook.cells[-1].attachments = {"picture-1.png": {"image/png": PNG}}
    html = feedback(result("ada"), notebook)
    assert f'<img src="data:image/png;base64,{PNG}" alt="a red line">' in html
    assert "[picture: without a description]" in html
    notebook.cells[-1].attachments = {"picture-1.png": {"image/png": f'"><script>{PNG}'}}
    assert "[picture: a" in feedback(result("ada"), notebook)
    assert is_harmless(feedback(result("ada"), notebook))


def test_a_long_answer_is_cut_and_says_so() -> None:
    html = feedback(result("ada"), graded(answer="spam " * 20_000 + "."))
    assert "Not shown: 50,001 more characters." in html


def test_a_long_output_is_cut() -> None:
    html = feedback(result("ada"), graded(output=printed("spam " * 1_000_000)))
    assert len(html) < 100_000 and " more characters." in html


def test_feedback_says_what_a_status_means_and_keeps_the_points() -> None:
    html = Elements(feedback(result("ada", status="timed out", message="cell mean"), graded())).text
    assert (
        "Not graded in full: timed out" in html and "1 of 7 points" in html and "cell mean" in html
    )
    nothing = Elements(feedback(result("ada", status="missing", marks=()), None)).text
    assert "Nothing was handed in" in nothing


def test_feedback_shows_points_and_comments_of_a_person() -> None:
    hand = ByHand(points={"conclusion": 3.5}, comments={"conclusion": "Well said."})
    text = Elements(feedback(result("ada"), graded(), hand)).text
    assert "4.5 of 7 points" in text and "wait for a person" not in text and "Well said." in text


def test_headings_of_feedback_go_down_one_level_at_a_time() -> None:
    notebook = graded(answer="###### deep\n\n# high\n\n#### lower")
    levels = [int(tag[1]) for tag, _ in Elements(feedback(result("ada"), notebook)).elements if re.fullmatch(r"h\d", tag)]  # fmt: skip
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_feedback_is_written_again_only_where_something_changed(folder: Path) -> None:
    records = [store(folder, result(name), graded()) for name in ("ada", "bo")]
    write_gradebook(folder, records, SOLUTIONS)
    assert write_feedback(folder, records, SOLUTIONS) == 2
    assert write_feedback(folder, [replace(one, seconds=7.0) for one in records], SOLUTIONS) == 0
    enter(folder, "ada", 2.0, "More, please.")
    assert write_feedback(folder, records, SOLUTIONS) == 1
    page = (folder / "feedback/ada/statistics/means.html").read_text(encoding="utf-8")
    assert "More, please." in page

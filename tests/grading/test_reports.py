"""What is made of the records of graded submissions: table, gradebook, feedback, overview."""

import csv
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from coursekit.grading.feedback import hidden_lines, write_feedback
from coursekit.grading.feedback import page as feedback_page
from coursekit.grading.gradebook import ByHand, read_by_hand, write_gradebook
from coursekit.grading.grades_csv import write_csv
from coursekit.grading.overview import checks, masked, misconceptions
from coursekit.grading.overview import page as overview_page
from coursekit.grading.pages import steps
from coursekit.grading.reports import write_reports
from coursekit.grading.results import Mark, Result, read_results
from coursekit.problem import PageError
from tests.support.small_grades import (  # fmt: skip
    HIDDEN_LINE,
    MODEL_ANSWER,
    PNG,
    SOLUTION_LINE,
    failed,
    graded,
    printed,
    result,
    solution,
    store,
)

MEANS = "statistics/means"
SOLUTIONS = {MEANS: solution()}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook without submissions: nbgrader takes seconds to make one."""
    folder = tmp_path_factory.mktemp("empty")
    write_gradebook(folder, [], SOLUTIONS)
    return folder / "gradebook.db"


@pytest.fixture
def folder(tmp_path: Path, empty: Path) -> Path:
    shutil.copy(empty, tmp_path)
    return tmp_path


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def contents(folder: Path) -> dict[str, object]:
    """Files with their bytes and times, and all rows of the gradebook."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".db":
            found[str(path.relative_to(folder))] = path.read_bytes(), path.stat().st_mtime_ns
    return found | database(folder)


def database(folder: Path) -> dict[str, object]:
    with sqlite3.connect(folder / "gradebook.db") as connection:
        tables = connection.execute("select name from sqlite_master where type='table'").fetchall()
        return {
            name: sorted(connection.execute(f"select * from {name}"), key=repr)
            for (name,) in tables
        }


def grades(folder: Path) -> dict[tuple[str, str], tuple]:
    """Points of checks and of a person, and whether a person must look, by student and cell."""
    query = """
        select submitted_assignment.student_id, base_cell.name, auto_score, manual_score, needs_manual_grade
        from grade join base_cell on base_cell.id = grade.cell_id
        join submitted_notebook on submitted_notebook.id = grade.notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id"""
    with sqlite3.connect(folder / "gradebook.db") as connection:
        return {(student, cell): tuple(rest) for student, cell, *rest in connection.execute(query)}


def enter(folder: Path, student: str, points: float, comment: str) -> None:
    """Give points and a comment for the answer as the form grader does."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("conclusion", "means", "statistics", student)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.find_comment(
            "conclusion", "means", "statistics", student
        ).manual_comment = comment
        gradebook.db.commit()


# ----------------------------------------------------------------------------------------- table


def test_the_table_has_a_row_for_each_submission(tmp_path: Path) -> None:
    records = [
        result("ada", passed=True),
        result(
            "bo", status="timed out", message="cell mean", flags=("prints a mark", "patches numpy")
        ),
    ]
    write_csv(tmp_path / "grades.csv", records)
    assert rows_of(tmp_path / "grades.csv") == [
        dict(student="ada", exercise=MEANS, score="3", maximum="3", status="graded", seconds="2.5", message="", flags=""),
        dict(student="bo", exercise=MEANS, score="1", maximum="3", status="timed out", seconds="2.5", message="cell mean", flags="prints a mark; patches numpy"),
    ]  # fmt: skip


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_cell_of_the_table_is_a_formula(tmp_path: Path, evil: str) -> None:
    write_csv(tmp_path / "grades.csv", [result(evil, message=evil, flags=(evil,))])
    (row,) = rows_of(tmp_path / "grades.csv")
    assert [row[name][0] for name in ("student", "message", "flags")] == ["'"] * 3


def test_the_table_says_that_it_is_utf8_only_where_a_spreadsheet_must_know(tmp_path: Path) -> None:
    write_csv(tmp_path / "plain.csv", [result("ada")])
    write_csv(tmp_path / "names.csv", [result("Šárka")])
    assert (tmp_path / "plain.csv").read_bytes()[:7] == b"student"
    assert (tmp_path / "names.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    assert rows_of(tmp_path / "names.csv")[0]["student"] == "Šárka"


# ------------------------------------------------------------------------------------- gradebook


def test_answers_wait_for_a_person_and_checks_do_not(folder: Path) -> None:
    record = store(folder, result("ada"), graded())
    assert write_gradebook(folder, [record], SOLUTIONS) == 1
    assert grades(folder) == {
        ("ada", "check_mean"): (0.0, None, 0),
        ("ada", "check_type"): (1.0, None, 0),
        ("ada", "conclusion"): (None, None, 1),
    }


def test_nothing_changes_when_called_again(folder: Path) -> None:
    records = [store(folder, result(name), graded()) for name in ("ada", "bo")]
    write_gradebook(folder, records, SOLUTIONS)
    before = contents(folder)
    slower = [replace(one, seconds=9.0) for one in records]
    assert write_gradebook(folder, slower, SOLUTIONS) == 0
    assert contents(folder) == before


def test_a_regraded_submission_leaves_the_others(folder: Path) -> None:
    records = [store(folder, result(name), graded()) for name in ("ada", "bo")]
    write_gradebook(folder, records, SOLUTIONS)
    before = contents(folder)
    better = store(folder, result("ada", passed=True), graded(passed=True))
    assert write_gradebook(folder, [better, records[1]], SOLUTIONS) == 1
    after = contents(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert grades(folder)["ada", "check_mean"] == (2.0, None, 0)
    assert grades(folder)["bo", "check_mean"] == (0.0, None, 0)
    assert {name for name in changed if "bo" in name} == set()


def test_what_a_person_entered_survives_regrading(folder: Path) -> None:
    record = store(folder, result("ada"), graded())
    write_gradebook(folder, [record], SOLUTIONS)
    enter(folder, "ada", 3.5, "Well said.")
    again = store(folder, result("ada", passed=True), graded(passed=True))
    write_gradebook(folder, [again], SOLUTIONS)
    assert grades(folder)["ada", "conclusion"] == (None, 3.5, 0)
    (entered,) = read_by_hand(folder).values()
    assert (entered.points, entered.comments, entered.waiting) == (
        {"conclusion": 3.5},
        {"conclusion": "Well said."},
        {},
    )


def test_points_of_a_person_are_looked_at_again_when_the_answer_changed(folder: Path) -> None:
    record = store(folder, result("ada"), graded())
    write_gradebook(folder, [record], SOLUTIONS)
    enter(folder, "ada", 3.5, "Well said.")
    again = store(folder, result("ada"), graded(answer="Something else."))
    write_gradebook(folder, [again], SOLUTIONS)
    assert grades(folder)["ada", "conclusion"] == (None, 3.5, 1)


def test_a_missing_submission_is_not_in_the_gradebook(folder: Path) -> None:
    nothing = store(folder, result("ada", status="missing", marks=()))
    record = store(folder, result("bo"), graded())
    write_gradebook(folder, [nothing, record], SOLUTIONS)
    assert {student for student, _ in grades(folder)} == {"bo"}
    gone = store(folder, result("bo", status="missing", marks=()))
    write_gradebook(folder, [nothing, gone], SOLUTIONS)
    assert grades(folder) == {}
    assert list(folder.glob("autograded/*/*/*")) == []


def test_what_went_wrong_stands_on_top_of_the_graded_notebook(folder: Path) -> None:
    marks = (Mark("check_mean", 2, 2, "passed"), Mark("check_type", 0, 1, "not run", "timed out"))
    record = result(
        "ada", status="timed out", message="cell 3", marks=marks, flags=("patches numpy",)
    )
    store(folder, record, graded())
    write_gradebook(folder, [record], SOLUTIONS)
    notebook = nbformat.read(folder / "autograded/ada/statistics/means.ipynb", as_version=4)
    said = notebook.cells[0].outputs[0].text
    assert all(part in said for part in ("timed out", "cell 3", "--seconds", "patches numpy"))
    assert grades(folder)["ada", "check_mean"][0] == 2.0
    with sqlite3.connect(folder / "gradebook.db") as connection:
        assert connection.execute("select flagged from submitted_notebook").fetchall() == [(1,)]


def test_an_unreadable_submission_waits_for_a_person_without_a_line_of_the_solution(
    folder: Path,
) -> None:
    record = store(folder, result("ada", status="unreadable", marks=()))
    write_gradebook(folder, [record], SOLUTIONS)
    assert grades(folder)["ada", "conclusion"] == (None, None, 1)
    notebook = nbformat.read(folder / "autograded/ada/statistics/means.ipynb", as_version=4)
    assert "unreadable" in notebook.cells[0].outputs[0].text
    mine = [
        cell.source for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")
    ]
    assert mine == ["", ""]


def test_a_changed_exercise_is_refused_by_name(folder: Path) -> None:
    record = store(folder, result("ada"), graded())
    write_gradebook(folder, [record], SOLUTIONS)
    other = solution()
    del other.cells[4]
    with pytest.raises(PageError, match=r"statistics/means.*other cells"):
        write_gradebook(folder, [record], {MEANS: other})


def killed_after(seconds: float, folder: Path) -> bool:
    """Write the gradebook in a process that the system ends after that time; tell whether it was ended."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends it at once, wherever it is
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            write_gradebook(folder, read_results(folder / "results"), SOLUTIONS)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.slow
def test_killed_at_any_moment_the_next_call_completes_it(
    tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coursekit.grading.gradebook.BATCH", 3)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        for number in range(60):
            passed = number % 2 == 0
            store(folder, result(f"s{number}", passed=passed), graded(passed=passed))
    shutil.copy(empty, whole)
    write_gradebook(whole, read_results(whole / "results"), SOLUTIONS)
    assert killed_after(0.4, cut)  # while the gradebook itself is made
    if not (cut / "gradebook.db").exists():
        shutil.copy(empty, cut)
    kills = 0
    while killed_after(0.05 + 0.07 * kills, cut):
        kills += 1
    assert kills >= 3
    assert grades(cut) == grades(whole)
    tables = {name: len(rows) for name, rows in database(cut).items()}
    assert tables == {name: len(rows) for name, rows in database(whole).items()}
    for place in ("autograded", "submitted", "source"):
        made, wanted = (
            {
                path.relative_to(one): path.read_bytes()
                for path in one.glob(f"{place}/**/[!.]*.ipynb")
            }
            for one in (cut, whole)
        )
        assert made == wanted


def test_nothing_of_a_submission_runs_in_the_form_grader(folder: Path) -> None:
    from nbconvert.exporters import HTMLExporter

    shown = new_output(
        "display_data",
        data={"text/html": EVIL, "image/png": f'">{EVIL}', "application/javascript": "1"},
        metadata={"image/png": {"width": f'">{EVIL}'}},
    )
    notebook = graded(code=f"'{EVIL}'", answer=f"Text {EVIL}", output=shown, message=EVIL)
    notebook.cells[0].metadata.tags = [f'">{EVIL}']
    notebook.cells[1].id = f'">{EVIL}'
    notebook.metadata.language_info = {"name": "python", "pygments_lexer": EVIL}
    record = store(folder, result("ada", status="crashed", message=EVIL))
    path = folder / "results/ada/statistics/means.ipynb"
    path.write_text(nbformat.v4.writes(notebook), encoding="utf-8")
    write_gradebook(folder, [record], SOLUTIONS)
    made = folder / "autograded/ada/statistics/means.ipynb"
    html, _ = HTMLExporter(template_name="basic").from_filename(str(made))
    assert "alert('evil')" in _Elements(html).text
    assert not [tag for tag, attributes in _Elements(html).elements if tag == "script" or "onerror" in attributes]  # fmt: skip


@pytest.mark.slow
def test_nbgrader_exports_the_points_and_makes_feedback(tmp_path: Path) -> None:
    records = [
        store(tmp_path, result("ada"), graded()),
        store(tmp_path, result("bo", passed=True), graded(passed=True)),
    ]
    write_gradebook(tmp_path, records, SOLUTIONS)
    enter(tmp_path, "ada", 3.5, "Well said.")
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin",
        "HOME": str(tmp_path),
    }

    def nbgrader(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment,
        )  # fmt: skip

    done = nbgrader("export", "--to=points.csv")
    assert done.returncode == 0, done.stderr
    points = {
        row["student_id"]: (row["score"], row["max_score"])
        for row in rows_of(tmp_path / "points.csv")
    }
    assert points == {"ada": ("4.5", "7.0"), "bo": ("3.0", "7.0")}
    done = nbgrader("generate_feedback", "statistics")
    assert done.returncode == 0, done.stderr
    assert "Well said." in (tmp_path / "feedback/ada/statistics/means.html").read_text()
    refused = nbgrader("autograde", "statistics", "--force")
    assert refused.returncode != 0 and "course grade" in refused.stderr


# -------------------------------------------------------------------------------------- feedback

EVIL = "<script>alert('evil')</script><img src=x onerror=alert(1)>"


def feedback(record: Result, notebook: NotebookNode | None, hand: ByHand | None = None) -> str:
    return feedback_page(record, notebook, hidden_lines(solution()), hand, "means")


class _Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


def is_harmless(html: str) -> bool:
    """No script, and nothing that is fetched or run."""
    found = _Elements(html).elements
    active = {
        "script",
        "iframe",
        "object",
        "embed",
        "svg",
        "link",
        "form",
        "base",
        "audio",
        "video",
    }
    fetched = [attributes.get("src") for _, attributes in found if "src" in attributes]
    links = [attributes.get("href") or "" for _, attributes in found if "href" in attributes]
    handlers = [name for _, attributes in found for name in attributes if name.startswith("on")]
    return (
        not active & {tag for tag, _ in found}
        and all(source and source.startswith("data:image/") for source in fetched)
        and all(re.match(r"#|https?:|mailto:", link) for link in links)
        and not handlers
    )


def test_feedback_shows_the_message_of_a_failed_check_and_neither_hidden_tests_nor_solution() -> (
    None
):
    html = feedback(result("ada"), graded())
    text = _Elements(html).text
    assert "The mean of 7 and 9 is 8." in text and "1 of 7 points, 4 more wait for a person" in text
    assert "The mean of 1 and 3 is 2." in text  # of the visible part of the check
    for hidden in ("mean([7, 9])", "HIDDEN", SOLUTION_LINE, MODEL_ANSWER):
        assert hidden not in text


@pytest.mark.parametrize("line", [HIDDEN_LINE, SOLUTION_LINE, MODEL_ANSWER])
def test_feedback_withholds_what_a_submission_found_out(line: str) -> None:
    stolen = _Elements(feedback(result("ada", said=line), graded(output=printed(f"x {line}")))).text
    assert line not in stolen
    assert stolen.count("holds parts of the solution") == 3  # output, table, check


def test_feedback_shows_a_student_who_found_the_same_solution_their_own_code_and_errors() -> None:
    mine = f"def mean(values):\n    {SOLUTION_LINE}\n"
    error = failed("division by zero", f"----> 2 {SOLUTION_LINE}")
    text = _Elements(feedback(result("ada"), graded(mine, output=error))).text
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
    assert _Elements(html).text.count("<script>alert('evil')</script>") >= 6  # shown as text


def test_pictures_are_shown_if_they_are_small_pngs() -> None:
    def shown(data: str) -> str:
        output = new_output("display_data", data={"image/png": data, "text/plain": "<Figure>"})
        return feedback(result("ada"), graded(output=output))

    assert f"data:image/png;base64,{PNG}" in shown(PNG)
    for bad in ('"><script>', "aGVsbG8=", PNG + "A" * 2_000_000):
        assert "no PNG" in shown(bad) and is_harmless(shown(bad))


def test_a_long_output_is_cut() -> None:
    html = feedback(result("ada"), graded(output=printed("spam " * 1_000_000)))
    assert len(html) < 100_000 and "more characters are not shown" in html


def test_feedback_says_what_a_status_means_and_keeps_the_points() -> None:
    html = _Elements(
        feedback(result("ada", status="timed out", message="cell mean"), graded())
    ).text
    assert (
        "Not graded in full: timed out" in html and "1 of 7 points" in html and "cell mean" in html
    )
    nothing = _Elements(feedback(result("ada", status="missing", marks=()), None)).text
    assert "Nothing was handed in" in nothing


def test_feedback_shows_points_and_comments_of_a_person() -> None:
    hand = ByHand(points={"conclusion": 3.5}, comments={"conclusion": "Well said."})
    text = _Elements(feedback(result("ada"), graded(), hand)).text
    assert "4.5 of 7 points" in text and "wait for a person" not in text and "Well said." in text


def test_headings_of_feedback_go_down_one_level_at_a_time() -> None:
    notebook = graded(answer="###### deep\n\n# high\n\n#### lower")
    levels = [int(tag[1]) for tag, _ in _Elements(feedback(result("ada"), notebook)).elements if re.fullmatch(r"h\d", tag)]  # fmt: skip
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


# -------------------------------------------------------------------------------------- overview


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
    page = _Elements(html)
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


def test_all_reports_are_written_and_named(folder: Path) -> None:
    store(folder, result("ada"), graded())
    said: list[str] = []
    write_reports(folder, SOLUTIONS, say=said.append)
    made = ["grades.csv", "gradebook.db", "feedback", "overview.html"]
    assert [Path(line.split(":")[0]).name for line in said] == made
    assert all((folder / name).exists() for name in made)
    before = contents(folder)
    write_reports(folder, SOLUTIONS, say=said.append)
    after = contents(folder)
    again = {"grades.csv", "overview.html"}  # written anew, with the same content
    assert {name: value for name, value in after.items() if name not in again} == {
        name: value for name, value in before.items() if name not in again
    }
    assert {name: after[name][0] for name in again} == {name: before[name][0] for name in again}


def test_a_record_of_an_unknown_exercise_is_refused_by_name(tmp_path: Path) -> None:
    store(tmp_path, result("ada", exercise="statistics/modes"))
    with pytest.raises(PageError, match="statistics/modes"):
        write_reports(tmp_path)

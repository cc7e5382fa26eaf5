"""nbgrader's gradebook and folders, made from the records."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output

from coursekit.grading.reports.gradebook import read_by_hand
from coursekit.grading.results import Mark, read_results
from coursekit.problem import PageError
from tests.support.harmless import EVIL, Elements, is_harmless
from tests.support.small_grades import (
    MEANS,
    PNG,
    SOLUTIONS,
    contents,
    database,
    enter,
    graded,
    grades,
    result,
    rows_of,
    solution,
    store,
    write_gradebook,
)


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
    monkeypatch.setattr("coursekit.grading.reports.gradebook.BATCH", 3)
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
    assert "alert('evil')" in Elements(html).text
    assert not [tag for tag, attributes in Elements(html).elements if tag == "script" or "onerror" in attributes]  # fmt: skip


RUNS = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<a href='java\tscript:alert(1)' onclick=alert(1)>x</a>",
    "<form action=http://example.org><button>x</button></form>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
]
FETCHES = [
    "![x](http://example.org/x.png)",
    "<img src=//example.org/x.png>",
    "![x][1]\n\n[1]: http://example.org/x.png",
    "![x](attachment:other.png)",
    "<picture><source srcset=http://example.org/x.png></picture>",
    "<div style='background: url(http://example.org/x.png)'>x</div>",
]
BLOCKS = [
    "    [x](javascript:alert(1))\n\n[y](javascript:alert(1))",
    "```\n</div>\n\n[x](javascript:alert(1))\n```",
    "<div>\n\n[x](javascript:alert(1))\n\n</div>",
    "$$\n\\href{javascript:alert(1)}{x}\n$$",
    "\\(\\href{javascript:alert(1)}{x}\\)",
]


def in_form_grader(folder: Path, notebook: nbformat.NotebookNode) -> str:
    from nbconvert.exporters import HTMLExporter

    record = store(folder, result("ada"), notebook)
    write_gradebook(folder, [record], SOLUTIONS)
    made = folder / "autograded/ada/statistics/means.ipynb"
    return HTMLExporter(template_name="basic").from_filename(str(made))[0]


def test_no_text_of_a_student_runs_or_fetches_anything_in_the_form_grader(folder: Path) -> None:
    notebook = graded(answer=RUNS[0])
    for text in (*RUNS, *FETCHES, *BLOCKS):
        notebook.cells.append(nbformat.v4.new_markdown_cell(text))
        notebook.cells.append(nbformat.v4.new_raw_cell(text))
    html = in_form_grader(folder, notebook)
    assert is_harmless(html)
    # MathJax, which that page loads, knows links of its own.
    ignored = r'<div class="tex2jax_ignore mathjax_ignore">.*?</div>'
    assert "\\href" in html and "\\href" not in re.sub(ignored, "", html, flags=re.DOTALL)


def test_an_answer_reads_in_the_form_grader_as_it_was_written(folder: Path) -> None:
    answer = "It **rises**, see [here](https://example.org):\n\n- $\\bar x$\n\n```\na\n\n  b\n```\n\n![mine](attachment:picture-1.png)"
    notebook = graded(answer=answer)
    notebook.cells[-1].attachments = {"picture-1.png": {"image/png": PNG}}
    html = in_form_grader(folder, notebook)
    assert "<strong>rises</strong>" in html and 'href="https://example.org"' in html
    assert "<math" in html and "<li>" in html
    images = [attributes for tag, attributes in Elements(html).elements if tag == "img"]
    assert images == [{"alt": "mine", "src": f"data:image/png;base64,{PNG}"}]
    assert re.search("a<br/?><br/?>  b", html)
    assert is_harmless(html)


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
            cwd=tmp_path, capture_output=True, text=True, timeout=1200, env=environment,
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

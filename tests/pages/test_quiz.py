"""A self-check question is read, shown folded, and refused where nobody could answer it."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from coursekit.pages.myst import MystError, blocks, raw_myst
from coursekit.pages.quiz import read_quiz
from coursekit.rules.check import check
from tests.support.books import build_page
from tests.support.small_course import Course, make_course

QUIZ = """\
```{quiz} Why does the test curve jump?

- The rate $\\eta < 1$ is
  *too* high, says `fit`.

  **No.** The training curve would jump, too.

  It does not, see {term}`batch`.

- The averages are young.

  **Yes.** They are:

  - early ones weigh most;
  - later ones weigh less.
```
"""


def read(text: str):
    (block,) = (block for block in blocks(text) if block.kind == "directive")
    return read_quiz(block.argument, block.lines, block.line)


def test_a_question_is_read_with_its_answers_and_their_explanations() -> None:
    quiz = read("Before.\n\n" + QUIZ)
    assert (quiz.question.text, quiz.question.line) == ("Why does the test curve jump?", 3)
    first, second = quiz.options
    assert first.answer.text == "The rate $\\eta < 1$ is\n*too* high, says `fit`."
    assert first.explanation.text == (
        "**No.** The training curve would jump, too.\n\nIt does not, see {term}`batch`."
    )
    assert second.explanation.text == (
        "**Yes.** They are:\n\n- early ones weigh most;\n- later ones weigh less."
    )
    assert [option.right for option in quiz.options] == [False, True]
    assert [(o.answer.line, o.explanation.line) for o in quiz.options] == [(5, 8), (12, 14)]


def options(*pairs: tuple[str, str]) -> str:
    items = "\n\n".join(f"- {answer}\n\n  {why}" for answer, why in pairs)
    return f"```{{quiz}} Why?\n\n{items}\n```"


YES, NO = ("A", "**Yes.** So it is."), ("B", "**No.** It is not.")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("```{quiz} Why?\n```", 1, "has 0 options"),
        ("```{quiz} Why?\n\nBecause.\n```", 3, "one bullet list of options and nothing else"),
        (options(YES), 1, "has 1 option; give it 2 to 5"),
        (options(YES, NO, NO, NO, NO, NO), 1, "has 6 options; give it 2 to 5"),
        (options(NO, NO), 1, "no option .* is explained by \\*\\*Yes"),
        (options(YES, YES), 1, "no option .* is explained by \\*\\*No"),
        ("```{quiz} Why?\n\n- A\n\n- B\n\n  **No.** C.\n```", 3, "'A' has no explanation"),
        (options(YES, ("B", "It is not.")), 9, "'B' does not begin with"),
        (options(YES, ("B", "**No.**")), 9, "'B' does not begin with .* and a reason"),
        (options(YES, ("B", "No. It is not.")), 9, "'B' does not begin with"),
        (options(YES, NO) + "\n", 1, ""),
        (options(YES, NO).replace("{quiz} Why?", "{quiz}"), 1, "needs its question"),
        (options(YES, NO).replace("\n```", "\n\nMore.\n```"), 11, "nothing else"),
        (options(YES, NO).replace("  **No.**", "**No.**"), 9, "nothing else"),
        (options(YES, ("{term}`B`", NO[1])), 7, "holds a link or role, '{term}`'"),
        (options(YES, ("[B](b.md)", NO[1])), 7, "holds a link or role"),
        (options(YES, ("$\\sigma^2$", NO[1])), 7, "is a formula without a word"),
        (options(YES, ("The penalty $\\sigma^2$", NO[1])), 1, ""),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_at_its_line(
    text: str, line: int, message: str
) -> None:
    if not message:
        assert read(text)
        return
    with pytest.raises(MystError, match=message) as refused:
        read(text)
    assert refused.value.line == line


def test_code_in_a_question_needs_a_fence_that_markdown_reads() -> None:
    question = options(YES, NO).replace("Why?", "Why `fit`?")
    with pytest.raises(MystError, match="open and close it with :::"):
        read(question)
    assert read(question.replace("```", ":::")).question.text == "Why `fit`?"


def test_a_notebook_folds_each_explanation_under_its_answer(course: Course) -> None:
    course.source += "\n" + QUIZ
    course.pretend_built()
    shown = course.notebook().cells[-2].source  # the last says where it comes from
    assert raw_myst(shown) == []
    assert shown.startswith("**Why does the test curve jump?**\n\n<details>\n<summary>The rate")
    first, second = re.findall(r"<summary>(.*?)</summary>(.*?)</details>", shown, re.DOTALL)
    assert first[0] == "The rate $\\eta \\lt  1$ is\n<em>too</em> high, says <code>fit</code>."
    assert first[1].strip().endswith("It does not, see batch.")
    assert second[1] == (
        "\n\n**Yes.** They are:\n\n- early ones weigh most;\n- later ones weigh less.\n\n"
    )
    assert re.sub(r"<details>.*?</details>", "", shown, flags=re.DOTALL).split() == (
        "**Why does the test curve jump?**".split()
    )


def test_the_check_names_page_and_line_of_a_bad_question(course: Course) -> None:
    course.source += "\n" + QUIZ.replace("**Yes.**", "Yes,")
    line = 1 + course.source[: course.source.index("Yes,")].count("\n")
    (problem,) = check(course.root)
    assert str(problem).startswith(f"chapters/page.md: line {line}: the explanation of 'The aver")


# ---------------------------------------------------------------------------------- in the book


@pytest.mark.slow
def test_the_book_shows_numbered_questions_with_answers_that_open(tmp_path: Path) -> None:
    root = make_course(tmp_path).root
    done = build_page(root, QUIZ + "\n" + options(YES, NO) + "\n", "quiz")
    assert done.returncode == 0, done.stdout + done.stderr
    page = (root / "html/index.html").read_text()
    groups = [
        ElementTree.fromstring(group)
        for group in re.findall(r'<div [^>]*class="quiz".*?</details>\s*</div>', page, re.DOTALL)
    ]
    assert len(groups) == 2
    for number, group in enumerate(groups, start=1):
        question = group.find("p")
        assert (group.get("role"), group.get("aria-labelledby")) == ("group", question.get("id"))
        assert "".join(question.itertext()).startswith(f"Question {number}. Why")
        assert [child.tag for child in group] == ["p", "details", "details"]
        for details in group.findall("details"):
            assert details.get("open") is None
            assert details[0].tag == "summary"
            assert details[1][0].text in ("Yes.", "No.")
    answer, _, more = groups[0].find("details")
    assert " ".join("".join(answer.itertext()).split()) == (
        r"The rate \(\eta < 1\) is too high, says fit."
    )
    assert more.find("a").get("href") == "#term-batch"


@pytest.mark.slow
def test_the_book_does_not_build_with_a_bad_question_and_names_its_line(tmp_path: Path) -> None:
    root = make_course(tmp_path).root
    done = build_page(root, options(YES, ("B", "Perhaps.")) + "\n", "quiz")
    assert done.returncode != 0
    assert re.search(r"index\.md:11: ERROR: the explanation of 'B'", done.stderr)

"""Which submissions have similar code: copies are found however they are dressed up, and nobody is accused."""

import random
import time
from pathlib import Path

import nbformat
import pytest

from coursekit.grading.exercise import load_exercise
from coursekit.grading.reports.similar_page import write_similar
from coursekit.grading.reports.similarity import (
    Code,
    Comparison,
    compare,
    given_away,
    own_code,
    runs,
)
from coursekit.grading.results import OWN_CELL, Result, read_results
from coursekit.pages.notebook import Page
from tests.support.harmless import EVIL, Elements, is_harmless
from tests.support.small_course import Course
from tests.support.small_grades import store

# Different ways to the same: each student's is put together of one of each.
BEGINNINGS = [
    "total = 0\n    for value in values:\n        total += value ** 2 + abs(value)",
    "total = sum(value * value + abs(value) for value in values)",
    "squares = [value ** 2 for value in values]\n    total = sum(squares) + sum(map(abs, values))",
    "values = np.asarray(values)\n    total = (values ** 2).sum() + np.abs(values).sum()",
    "total, place = 0, 0\n    while place < len(values):\n        total += values[place] ** 2 + abs(values[place])\n"
    "        place += 1",
]
MIDDLES = [
    "mean = total / len(values)\n    spread = max(values) - min(values)",
    "count = len(values)\n    mean = total / count if count else 0\n    spread = np.ptp(values)",
    "ordered = sorted(values)\n    spread = ordered[-1] - ordered[0]\n    mean = total / len(ordered)",
    "spread = float(np.max(values)) - float(np.min(values))\n    mean = np.divide(total, np.size(values))",
]
ENDS = [
    "return mean / spread if spread > 0 else mean",
    "if spread == 0:\n        return mean\n    return mean / spread",
    "try:\n        return mean / spread\n    except ZeroDivisionError:\n        return mean",
    "return np.where(spread > 0, mean / spread, mean).item()",
    "result = mean\n    if spread:\n        result = result / spread\n    return result",
]


def answer(*parts: int, name: str = "triple") -> str:
    chosen = [some[one] for some, one in zip((BEGINNINGS, MIDDLES, ENDS), parts, strict=True)]
    return "\n    ".join([f"def {name}(values):", *chosen]) + "\n"


def class_of(count: int, seed: int = 0) -> dict[str, str]:
    """A class in which nobody has all of another's code, and no two functions come from the same parts."""
    draw = random.Random(seed)
    every = [(a, b, c) for a in range(5) for b in range(4) for c in range(5)]
    chosen = draw.sample(every, count)
    return {f"s{n:03}": answer(*one) for n, one in enumerate(chosen)}


def disguised(code: str) -> str:
    """The same with other names, numbers, texts, comments, layout and line breaks."""
    names = {"total": "x", "values": "data", "value": "v", "mean": "m", "spread": "width"}
    for old, new in names.items():
        code = code.replace(old, new)
    code = (
        code.replace("    ", "  ")
        .replace("0", "0.0")
        .replace("(data):", '(\n  data,\n):\n  """Mine."""')
    )
    return "\n".join(f"{line}  # step {n}" for n, line in enumerate(code.split("\n")))


def comparison(texts: dict[str, str], given: str = "", least: float = 0.7) -> Comparison:
    codes = [Code(name, text, runs(text)) for name, text in texts.items()]
    return compare(codes, runs(given), 10, least)


def students(found: Comparison) -> list[set[str]]:
    return [{one.first.student, one.second.student} for one in found.pairs]


def test_names_numbers_texts_comments_and_layout_change_nothing() -> None:
    for n in range(4):
        code = answer(n, n, n)
        assert disguised(code) != code and runs(disguised(code)).keys() == runs(code).keys()


def test_other_functions_arguments_and_operators_are_other_code() -> None:
    code = "model.fit(x, y, epochs=40, batch_size=20, shuffle=True, validation_data=held_out)\n"
    for old, new in (("fit", "evaluate"), ("batch_size", "verbose"), ("True", "not True")):
        assert runs(code).keys() != runs(code.replace(old, new)).keys()


def test_a_disguised_copy_stands_before_all_others() -> None:
    texts = class_of(40)
    texts["copy"] = disguised(texts["s003"])
    found = comparison(texts)
    assert students(found)[0] == {"copy", "s003"} and found.pairs[0].similarity > 0.99
    assert found.pairs[1].similarity < 0.7


def test_a_copy_in_another_order_stands_before_all_others() -> None:
    texts = class_of(40)
    other = answer(4, 3, 3, name="other")
    texts["s003"] += other
    texts["copy"] = disguised(other + texts["s003"].removesuffix(other))
    assert students(comparison(texts))[0] == {"copy", "s003"}


def test_a_group_is_told_once_and_a_chain_is_none() -> None:
    texts = class_of(40)
    texts |= {f"copy{n}": disguised(texts["s003"]) for n in range(3)}
    found = comparison(texts)
    (group,) = found.groups
    assert set(group.students) == {"s003", "copy0", "copy1", "copy2"} and group.least > 0.99
    assert sum(pair <= set(group.students) for pair in students(found)) == 1
    halves = [answer(n, n, n, name=f"f{n}") for n in range(4)]
    chain = {f"c{n}": halves[n] + halves[n + 1] for n in range(3)}
    assert comparison(chain, least=0.2).groups == []


def test_what_many_wrote_counts_less_than_what_two_did() -> None:
    def own(student: str) -> str:
        return "".join(f"library.{student}_{n}(x)\n" for n in range(10))

    texts = {f"usual{n}": answer(0, 0, 0) + own(f"usual{n}") for n in range(12)}
    texts |= {f"rare{n}": answer(4, 3, 3) + own(f"rare{n}") for n in range(2)}
    found = comparison(texts)
    assert students(found)[0] == {"rare0", "rare1"}
    assert found.pairs[0].similarity > 2 * found.pairs[1].similarity > 0


def test_what_students_were_given_is_not_compared() -> None:
    given = answer(0, 0, 0)
    found = comparison({"ada": given, "ben": given, "cem": answer(1, 1, 1)}, given)
    assert found.pairs == [] and found.nothing == ["ada", "ben"]


def test_code_in_the_notebook_in_its_texts_and_in_the_chapter_is_given() -> None:
    text = nbformat.v4.new_markdown_cell("Try this:\n\n```python\nin_a_text()\n```\n")
    student = nbformat.v4.new_notebook(cells=[text, nbformat.v4.new_code_cell("in_a_cell()")])
    chapter = "# A chapter\n\n```{code-cell} ipython3\nin_the_chapter()\n```\n"
    assert [one.strip() for one in given_away(student, chapter)] == [
        "in_a_text()",
        "in_a_cell()",
        "in_the_chapter()",
    ]


def test_only_the_students_own_cells_are_compared(exercise: Page) -> None:
    notebook = load_exercise("chapter/exercise", exercise.root).solution
    notebook.cells.append(nbformat.v4.new_code_cell("mine = 1", id=f"{OWN_CELL}1"))
    code = own_code(notebook)
    assert "def triple(x)" in code and "mine = 1" in code
    assert "assert" not in code and "seeds = 30" not in code and "the result is" not in code


@pytest.mark.parametrize("code", ["def broken(:\n    x = 'abc\n", "\x00\ud800 £", "", "(" * 5000])
def test_code_that_is_no_python_is_read_as_far_as_it_can_be(code: str) -> None:
    assert isinstance(runs(code), dict)


def test_three_hundred_submissions_are_compared_in_seconds() -> None:
    draw = random.Random(0)
    texts = {f"s{n}": "".join(answer(*map(draw.randrange, (5, 4, 5))) for _ in range(5)) for n in range(300)}  # fmt: skip
    codes = [Code(name, text, runs(text)) for name, text in texts.items()]
    start = time.process_time()
    assert len(compare(codes, (), 20, 0.7).nearest) == 300
    assert time.process_time() - start < 10


# ---------------------------------------------------------------------------------------- the page


def graded(folder: Path, exercise: Page, **answers: str) -> None:
    """Store what grading leaves of these answers to the small exercise."""
    for student, code in answers.items():
        notebook = load_exercise("chapter/exercise", exercise.root).solution
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "triple":
                cell.source = code
        store(folder, Result(student, "chapter/exercise", "graded"), notebook)


def test_the_page_shows_pairs_beside_each_other_and_accuses_nobody(
    exercise: Page, tmp_path: Path
) -> None:
    code = answer(0, 0, 0)
    graded(tmp_path, exercise, ada=code, ben=disguised(code), cem=answer(1, 1, 1) + f"# {EVIL}")
    store(tmp_path, Result("dan", "chapter/exercise", "missing"))
    page = tmp_path / "similar.html"
    said: list[str] = []
    write_similar(
        page, tmp_path, read_results(tmp_path / "results"), exercise.root, 20, 0.7, said.append
    )
    assert said == ["chapter/exercise: 3 submissions compared, 100 % similar at most"]
    html = page.read_text(encoding="utf-8")
    text = Elements(html).text
    assert is_harmless(html) and "100 %: ada and ben" in text and "dan" not in text
    assert "for value in values" in text and "for v in data" in text
    assert "It does not say why they are alike" in text
    for word in ("plagiari", "cheat", "copied", "suspic", "dishonest"):
        assert word not in text.lower()


def test_a_submission_that_takes_too_long_to_read_is_named_and_all_others_are_compared(
    exercise: Page, tmp_path: Path
) -> None:
    long = "".join(f"f{n}(x{n})\n" for n in range(20_000))
    graded(tmp_path, exercise, ada=answer(0, 0, 0), ben=answer(0, 0, 1), long=long)
    records = read_results(tmp_path / "results")
    (tmp_path / "results/eve/chapter").mkdir(parents=True)
    (tmp_path / "results/eve/chapter/exercise.ipynb").write_text("[" * 100_000)
    records.append(Result("eve", "chapter/exercise", "graded"))
    write_similar(
        tmp_path / "similar.html", tmp_path, records, exercise.root, 20, 0.7, lambda _: None
    )
    text = Elements((tmp_path / "similar.html").read_text(encoding="utf-8")).text
    assert "These could not be read: eve" in text and "very long code: long" in text
    assert "ada and ben" in text


def test_the_command_writes_the_page_and_refuses_what_it_cannot_compare(
    course: Course, exercise: Page, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    grades = tmp_path / "grades"
    grades.mkdir()
    assert course.command("similar", str(grades)) == 1
    assert "holds no grades" in capsys.readouterr().err
    graded(grades, exercise, ada=answer(0, 0, 0), ben=answer(0, 0, 0))
    assert course.command("similar", str(grades), "--exercise", "noise/*") == 1
    assert "no exercise noise/*" in capsys.readouterr().err
    assert course.command("similar", str(grades), "--exercise", "chapter/*") == 0
    assert f"{grades / 'similar.html'}: open it in a browser" in capsys.readouterr().out
    assert (grades / "similar.html").exists()

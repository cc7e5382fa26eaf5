"""Each kind of problem is found, named with its file and cell, and nothing else is reported."""

import importlib
import io
import json
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from coursekit import rules
from coursekit.pages.notebook import Page, code_cells
from coursekit.paths import EXAMPLES, PICTURES, PLAYGROUND, RECORDED
from coursekit.rules.check import OF_A_PAGE, OF_THE_COURSE, check
from tests.support.small_course import EVIDENCE, Course, settled

NOTEBOOK, SOURCE = Path("chapters/page.ipynb"), Path("chapters/page.md")
PICTURE = nbformat.v4.new_output(
    "display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
)


@pytest.fixture
def built(course: Course) -> Course:
    course.pretend_built()
    return course


def test_a_sound_course_has_no_problems(built: Course, capsys: pytest.CaptureFixture) -> None:
    assert check(built.root) == []
    assert built.command("check") == 0
    assert "1 page checked, no problems" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_how_far_it_is_is_shown_on_a_terminal_and_not_in_a_log(
    built: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, log = Terminal(), io.StringIO()
    for file in (terminal, log):
        monkeypatch.setattr(sys, "stderr", file)
        assert built.command("check") == 0
    assert f"0/{1 + len(OF_THE_COURSE)} [" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")  # the bar is gone in the end
    assert log.getvalue() == ""


def test_no_rule_is_forgotten() -> None:
    found = {
        module
        for one in pkgutil.iter_modules(rules.__path__)
        for module in [importlib.import_module(f"coursekit.rules.{one.name}")]
        if hasattr(module, "problems")
    }
    assert found == {*OF_A_PAGE, *OF_THE_COURSE}
    assert len(found) == len(OF_A_PAGE) + len(OF_THE_COURSE)


def show(text: str, name: str = "stdout") -> Callable[[nbformat.NotebookNode], object]:
    """Add an output to the notebook's last code cell, cell 5."""
    output = nbformat.v4.new_output("stream", text=text, name=name)
    return lambda notebook: code_cells(notebook)[-1].outputs.append(output)


def add(output: nbformat.NotebookNode) -> Callable[[nbformat.NotebookNode], object]:
    return lambda notebook: code_cells(notebook)[-1].outputs.append(output)


ERROR = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
ADDRESS = nbformat.v4.new_output(
    "execute_result", {"text/plain": "<Dense at 0x7f0a11c0d390>"}, execution_count=3
)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (add(ERROR), "ended in an error, ValueError: no"),
        (show("careful\n", "stderr"), "wrote to stderr, 'careful'"),
        (show("a.py:1: DeprecationWarning: old\n"), "shows a warning, 'DeprecationWarning: old'"),
        (show("WARNING:tensorflow: slow\n"), "shows a warning"),
        (show("saved to /home/ann/x\n"), "shows a path of one machine, '/home/ann/x'"),
        (show("in /tmp/ab12\n"), "shows a path of one machine"),
        (show("in /root/x\n"), "shows a path of one machine"),
        (show(r"in C:\Users\ann" + "\n"), "shows a path of one machine"),
        (show("10%\r20%\n"), "shows progress"),
        (show("16/16 ━━━━ 0s 2ms/step\n"), "shows progress"),
        (show("Epoch 1/100\n"), "shows progress, 'Epoch 1/100'"),
        (show("40%|####  | 4/10 [00:01, 3.5it/s]\n"), "shows progress"),
        (add(ADDRESS), "shows a memory address"),
        (add(PICTURE), "shows a picture without alternative text"),
        (lambda nb: code_cells(nb)[-1].update(execution_count=None), "was not executed"),
    ],
)
def test_a_bad_output_is_found(built: Course, edit: Callable, message: str) -> None:
    built.edit_notebook(edit)
    (problem,) = check(built.root)
    assert (problem.file, problem.where) == (NOTEBOOK, "cell 5 ('from lab import double, record')")
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import torch", "is not standalone: imports 'torch'"),
        (
            "from coursekit.pages.book import cite",
            "is not standalone: imports 'coursekit.pages.book'",
        ),
        ("from . import tools", "is not standalone: imports '.'"),
        (
            "import pandas\npandas.read_csv('data.csv')",
            "is not standalone: read_csv('data.csv') reads a file",
        ),
        (
            "with open('notes.txt') as file:\n    file.read()",
            "is not standalone: open('notes.txt')",
        ),
        ("!ls", "is not standalone: it calls the shell ('ls')"),
        ("%pip install x", "is not standalone: the magic %pip"),
        ("%%bash\nls", "is not standalone: the magic %bash"),
        ("folder = '/home/ann/data'", "names a path of one machine, '/home/ann'"),
        ("x = = 1", "is not Python"),
    ],
)
def test_code_that_would_not_run_elsewhere_is_found(
    course: Course, code: str, message: str
) -> None:
    course.source += f"\n```{{code-cell}} ipython3\n{code}\n```\n"
    course.pretend_built()
    (problem,) = check(course.root)
    assert problem.file == NOTEBOOK
    assert problem.where.startswith("cell 6 (")
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    "code",
    [
        "import os, json, sklearn.datasets",
        "import numpy as np\nnp.save('runs.npy', [1])\nnp.load('runs.npy')",
        "%matplotlib inline",
        "url = 'https://keras.io/home/x'",
    ],
)
def test_code_that_runs_anywhere_is_left_alone(course: Course, code: str) -> None:
    course.source += f"\n```{{code-cell}} ipython3\n{code}\n```\n"
    course.pretend_built()
    assert check(course.root) == []


@pytest.mark.parametrize(
    "text",
    ["┏━━━━━┳━━━━━┓\n┃ a/b ┃ 1/2 ┃\n", "Epoch 3 of 100 was best\n", "see https://keras.io/tmp/x\n"],
)
def test_an_ordinary_output_is_left_alone(built: Course, text: str) -> None:
    built.edit_notebook(show(text))
    assert check(built.root) == []


def test_tensorflow_imported_before_the_engine_is_found(course: Course) -> None:
    course.source = course.source.replace("from lab", "import numpy\nimport keras\nfrom lab")
    course.pretend_built()
    (problem,) = check(course.root)
    assert problem.where == "cell 5 ('import numpy')"
    assert problem.message.startswith("imports keras before lab")


def test_a_picture_with_an_alternative_text_is_left_alone(course: Course) -> None:
    cell = "```{code-cell} ipython3\n---\nmystnb: {image: {alt: A line.}}\n---\nprint()\n```\n"
    course.source += f"\n{cell}"
    course.pretend_built()
    course.edit_notebook(add(PICTURE))
    assert check(course.root) == []


@pytest.mark.parametrize(
    ("old", "new", "where", "message"),
    [
        ("It takes", "It took", "cell 1 (", "differs from what its source gives"),
        ("# how many runs", "# runs", "cell 4 (", "differs from what its source gives"),
        (":tags: [parameters]", ":tags: [parameters, hide-input]", "cell 4 (", "differs from"),
        ("seeds: 2", "seeds: 3", "", "its metadata differ from"),
        ("double(4)", "double(5)", "", "outputs are stale: the page's code changed; run"),
    ],
)
def test_a_notebook_older_than_its_source_is_found(
    built: Course, old: str, new: str, where: str, message: str
) -> None:
    built.source = built.source.replace(old, new)
    problem = check(built.root)[0]
    assert problem.file == NOTEBOOK
    assert problem.where.startswith(where)
    assert problem.message.startswith(message)
    assert "run `course build`" in problem.message


def test_a_change_of_a_notebook_is_told_where_it_belongs(built: Course) -> None:
    built.edit_notebook(lambda nb: nb.cells[0].update(source="# A page, mended"))
    (problem,) = check(built.root)
    assert problem.message.endswith(
        "what was changed in the notebook belongs in chapters/page.md, since a build overwrites "
        "it; then run `course build`"
    )


def test_outputs_older_than_the_engine_are_found(built: Course) -> None:
    lab = built.root / "lab/engine.py"
    lab.write_text(lab.read_text().replace("return 2 * x", "return x + x"))
    (stale, _) = check(built.root)
    assert stale.message.startswith("outputs are stale: lab.py, made of lab/, changed; run")


def test_a_comment_or_docstring_of_the_engine_makes_inputs_stale_but_not_outputs(
    built: Course,
) -> None:
    lab = built.root / "lab/engine.py"
    lab.write_text(
        lab.read_text().replace("# as it says", "# twice").replace('"""Double."""', '"""Twice."""')
    )
    (problem,) = check(built.root)
    assert problem.where == "cell 3 ('%%writefile lab.py')"
    assert problem.message.startswith("differs from what its source gives")


def test_outputs_of_another_version_are_found(built: Course) -> None:
    built.edit_notebook(lambda nb: nb.metadata.course.built.versions.update(keras="2.0"))
    (problem,) = check(built.root)
    assert "made with keras 2.0, installed is" in problem.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":tags: [parameters]\n", "", "has 0 cells tagged `parameters`"),
        ("  shortened:\n    seeds: 2\n", "  other: 1\n", "has no shortened parameters"),
        (
            "    seeds: 2\n",
            "    runs: 2\n",
            "shortens 'runs', which its parameters cell does not set",
        ),
        ("It takes 15", "It takes 16", "the text says 16, epochs.median is 15"),
        ("= epochs.median", "= updates.median", "'= updates.median' names nothing recorded"),
    ],
)
def test_a_fault_of_the_source_is_found(course: Course, old: str, new: str, message: str) -> None:
    assert old in course.source
    course.source = course.source.replace(old, new)
    course.pretend_built()
    (problem,) = check(course.root)
    assert problem.file == SOURCE
    assert problem.message.startswith(message)


def test_a_course_that_settles_and_mentions_its_claims_has_no_problems(course: Course) -> None:
    course.settle()
    assert check(course.root) == []


EVIDENCE_FILE = Path("chapters/page_evidence.md")
AGAIN = settled("C14", "supported", "not supported here")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(evidence-c14)=\n", "", "settles C14 without a label; put `(evidence-c14)=` above"),
        (
            " <!-- = C14.verdict -->",
            "",
            "settles C14 without saying `supported <!-- = C14.verdict -->`",
        ),
        (
            "**Verdict: supported**",
            "**Verdict: unclear**",
            "the text says 'unclear', C14.verdict is",
        ),
        (
            "+0.10 <!--",
            "+0.12 <!--",
            "the text says +0.12, C14.fresh.first.mean is 0.1; run `course numbers`",
        ),
    ],
)
def test_an_evidence_page_that_breaks_a_rule_is_found(
    course: Course, old: str, new: str, message: str
) -> None:
    assert old in EVIDENCE
    course.settle(source=EVIDENCE.replace(old, new))
    (problem,) = check(course.root)
    assert problem.file == EVIDENCE_FILE
    assert problem.message.startswith(message)


def test_a_second_set_of_seeds_that_disagrees_has_to_be_in_the_text(course: Course) -> None:
    course.settle(AGAIN)
    (problem,) = check(course.root)
    assert problem.message.startswith(
        "settles C14 without saying `not supported here <!-- = C14.repeated -->`, where the second"
    )
    said = (
        "**Verdict: supported** <!-- = C14.verdict -->, not supported here <!-- = C14.repeated -->"
    )
    course.evidence.source.write_text(
        EVIDENCE.replace("**Verdict: supported** <!-- = C14.verdict -->", said)
    )
    course.store(course.evidence, AGAIN)
    assert check(course.root) == []


def test_a_claim_that_no_chapter_mentions_is_found(course: Course) -> None:
    course.settle(source=EVIDENCE.replace("The difference", "{claim}`C14`. The difference"))
    course.source = course.source.replace(" {claim}`C14`", "")
    course.pretend_built()
    (problem,) = check(course.root)  # its own page's mention is no chapter's
    assert problem.file == EVIDENCE_FILE
    assert problem.message.startswith("settles C14, which no chapter mentions; put {claim}`C14` at")


def test_a_mention_of_a_claim_that_nobody_settles_is_found(course: Course) -> None:
    course.settle()
    course.source = course.source.replace("{claim}`C14`", "{claim}`C14` and {claim}`C99`")
    course.pretend_built()
    (problem,) = check(course.root)
    assert (problem.file, problem.where) == (SOURCE, "line 15")
    assert problem.message == "mentions the claim 'C99', which no page settles; settled are: C14"


@pytest.mark.parametrize("place", ["one page", "two pages"])
def test_a_claim_settled_twice_is_found(course: Course, place: str) -> None:
    course.settle(*[settled()] * (2 if place == "one page" else 1))
    if place == "two pages":
        other = Page(course.root / "chapters/second_evidence.md", course.root)
        other.source.write_text(EVIDENCE.replace("(evidence-c14)=\n", ""))
        course.store(other, settled())
    (problem,) = check(course.root)
    assert problem.message == "settles C14, as does chapters/page_evidence.md; settle it once"


def test_what_an_unbuilt_page_settles_may_be_mentioned(course: Course) -> None:
    course.settle()
    course.evidence.notebook.unlink()
    (problem,) = check(course.root)
    assert problem.message.startswith("has no notebook")


@pytest.mark.parametrize("file", ["chapters/page.md", "chapters/text.md", "pages/thanks.md"])
def test_what_a_template_asks_for_is_found_in_its_line(built: Course, file: str) -> None:
    path = built.root / file
    text = path.read_text() if path.exists() else "# A page\n"
    path.write_text(f"{text}\nTODO: say what was seen.\n")
    problem = check(built.root)[-1]
    assert (problem.file, problem.where) == (
        Path(file),
        f"line {len(path.read_text().splitlines())}",
    )
    assert problem.message == "is still to be written, after TODO: say what was seen."


@pytest.mark.parametrize("text", ["A to-do list.", "The method TODOS.", "todo"])
def test_other_words_are_no_placeholder(built: Course, text: str) -> None:
    (built.root / "pages/thanks.md").write_text(f"# Thanks\n\n{text}\n")
    assert check(built.root) == []


NAMED_IN_CHAPTER = "**[Triple](../solutions/chapter/exercise.md).** Three times as much."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            NAMED_IN_CHAPTER,
            "None yet.",
            "does not name solutions/chapter/exercise; add [its title](../sol",
        ),
        ("## Exercises", "## Tasks", "has no section `## Exercises`; add one"),
    ],
)
def test_an_exercise_that_its_chapter_does_not_name_is_found(
    exercise: Page, old: str, new: str, message: str
) -> None:
    path = exercise.root / "chapters/chapter.md"
    assert check(exercise.root) == []
    path.write_text(path.read_text().replace(old, new))
    (problem,) = check(exercise.root)
    assert problem.file == Path("chapters/chapter.md")
    assert problem.message.startswith(message)


def test_an_exercise_that_the_playground_lacks_is_found(exercise: Page) -> None:
    page, examples = (exercise.root / file for file in (f"{PLAYGROUND}.md", EXAMPLES))
    examples.parent.mkdir(parents=True)
    page.write_text("# Playground\n\n```{playground-examples} chapter\n```\n")
    examples.write_text('[{"name": "triple", "page": "solutions/chapter/exercise"}]')
    (exercise.root / RECORDED).write_text('{"triple": {}}')
    (exercise.root / PICTURES).mkdir()
    (exercise.root / PICTURES / "triple.png").write_text("a picture")
    assert check(exercise.root) == []
    page.write_text("# Playground\n\n```{playground-examples} chapters\n```\n")
    examples.write_text('[{"name": "triple", "page": "chapters/chapter"}]')
    assert [str(problem) for problem in check(exercise.root)] == [
        f"{EXAMPLES}: has no example with which to start solutions/chapter/exercise; add one, then "
        "`make playground-record ONLY=…`, with its name",
        f"{PLAYGROUND}.md: does not show the examples of chapter; add {{playground-examples}} "
        "chapter",
    ]


def test_markup_without_a_plain_form_is_found(built: Course) -> None:
    built.source = built.source.replace("It takes", "{novel}`It` takes")
    (problem,) = check(built.root)
    assert problem.file == SOURCE
    assert problem.message == "line 15: no plain Markdown is known for the role {novel}"


def test_raw_markup_in_a_notebook_is_found(built: Course) -> None:
    built.edit_notebook(lambda nb: nb.cells[0].update(source="See {term}`batch`."))
    stale, raw = check(built.root)
    assert stale.message.startswith("differs from what its source gives")
    assert raw.message.startswith("shows raw book markup '{term}'")


def test_a_picture_in_the_text_without_alternative_text_is_found(built: Course) -> None:
    built.edit_notebook(lambda nb: nb.cells[0].update(source="![](data:image/png;base64,cG5n)"))
    assert "has no alternative text" in check(built.root)[1].message


def test_a_page_without_notebook_and_a_notebook_without_page_are_found(built: Course) -> None:
    built.page.notebook.rename(built.root / "chapters/other.ipynb")
    missing, orphan = check(built.root)
    assert missing.file == SOURCE
    assert missing.message.startswith("has no notebook; run")
    assert orphan.file == Path("chapters/other.ipynb")
    assert orphan.message.startswith("has no page to be built from")


def test_a_broken_bibliography_is_found(built: Course) -> None:
    (built.root / "references.bib").write_text("@article{a, title={unclosed}")
    (problem,) = check(built.root)
    assert "references.bib" in problem.message


def test_a_file_that_is_no_notebook_is_found(built: Course) -> None:
    built.page.notebook.write_text("{")
    assert "not a notebook" in str(check(built.root)[0])


def test_all_problems_are_reported_together_and_fail_the_command(
    built: Course, capsys: pytest.CaptureFixture
) -> None:
    built.edit_notebook(show("/home/ann/x\n"))
    built.edit_notebook(add(PICTURE))
    built.source = built.source.replace("It takes 15", "It takes 16")
    assert built.command("check") == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[-1] == "4 problems"
    assert sum(line.startswith("chapters/page.ipynb, cell 5 (") for line in lines) == 2


def test_a_setup_cell_is_part_of_every_notebook_that_uses_the_engine(built: Course) -> None:
    setup = code_cells(built.notebook())[0]
    assert setup.source.startswith("%%writefile lab.py\n")
    assert "def double(x):" in setup.source
    assert setup.metadata.editable is False
    assert setup.metadata.jupyter.source_hidden is True
    assert json.dumps(built.notebook()).count("%%writefile") == 1

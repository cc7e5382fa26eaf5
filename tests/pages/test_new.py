"""A new page and a new exercise stand where they belong, run, and say what is left to write."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from coursekit.__main__ import main
from coursekit.pages.new import TEMPLATES, new_exercise, new_page
from coursekit.paths import ROOT
from coursekit.problem import PageError
from coursekit.rules import placeholders
from tests.support.processes import HANGS, ONE_CORE


@pytest.fixture
def contents(tmp_path: Path) -> Path:
    (tmp_path / "_toc.yml").write_text((ROOT / "_toc.yml").read_text())
    for name in ("batch_normalization", "dropout", "noise"):
        (tmp_path / f"chapters/{name}.md").parent.mkdir(exist_ok=True)
        (tmp_path / f"chapters/{name}.md").write_text(f"# {name}\n")
    return tmp_path


def files(root: Path) -> list[str]:
    """All pages of a table of contents, in order."""
    parts = yaml.safe_load((root / "_toc.yml").read_text())["parts"]
    return [page["file"] for part in parts for page in part["chapters"]]


def test_a_page_stands_last_in_its_folder_and_nothing_else_changes(contents: Path) -> None:
    before = files(contents)
    written = new_page("chapters/early_stopping", "Early stopping", contents)
    assert [path.relative_to(contents).as_posix() for path in written] == [
        "chapters/early_stopping.md",
        "_toc.yml",
    ]
    after = files(contents)
    place = after.index("chapters/early_stopping")
    assert after[:place] + after[place + 1 :] == before
    assert after[place - 1] == [name for name in before if name.startswith("chapters/")][-1]
    assert "\n# Early stopping\n" in written[0].read_text()
    assert "TITLE" not in written[0].read_text()


def test_an_exercise_stands_behind_the_last_of_its_chapter(contents: Path) -> None:
    new_exercise("noise/wider", "wider layers", contents)
    after = files(contents)
    others = [name for name in after if name.startswith("solutions/noise/")]
    assert others[-1] == "solutions/noise/wider"
    assert after.index("solutions/noise/wider") == after.index(others[-2]) + 1


def test_the_first_exercise_of_a_chapter_stands_behind_it(contents: Path) -> None:
    new_page("chapters/early_stopping", "Early stopping", contents)
    new_exercise("early_stopping/patience", "patience", contents)
    after = files(contents)
    place = after.index("chapters/early_stopping")
    assert after[place + 1] == "solutions/early_stopping/patience"


@pytest.mark.parametrize(
    ("make", "name", "title", "words"),
    [
        (new_page, "early_stopping", "x", "chapters/NAME"),
        (new_page, "chapters/Early", "x", "small letters"),
        (new_page, "chapters/../x", "x", "small letters"),
        (new_page, "chapters/dropout", "x", "already"),
        (new_page, "chapters/new", " ", "title"),
        (new_page, "chapters/new", "two\nlines", "title"),
        (new_exercise, "max_norm", "x", "CHAPTER/NAME"),
        (new_exercise, "gradients/clip", "x", "no chapter"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    contents: Path, make, name: str, title: str, words: str
) -> None:
    before = {path: path.read_text() for path in contents.rglob("*.*") if path.is_file()}
    with pytest.raises(PageError, match=words):
        make(name, title, contents)
    assert before == {path: path.read_text() for path in contents.rglob("*.*") if path.is_file()}


def said(root: Path, *arguments: str) -> list[str]:
    done = CliRunner().invoke(main, ["--root", str(root), *arguments])
    assert done.exit_code == 0
    return done.output.splitlines()


def test_the_program_says_what_it_wrote_and_what_is_left_to_write(contents: Path) -> None:
    assert said(contents, "new-page", "pages/thanks", "Thanks") == [
        "written: pages/thanks.md",
        "written: _toc.yml",
        "left to do, as `course check` says until it is done:",
        "  pages/thanks.md, line 3: is still to be written, after TODO: say in two sentences what "
        "this page is for and who needs it.",
        "  pages/thanks.md, line 5: is still to be written, after TODO: a heading that says what "
        "the section tells",
        "  pages/thanks.md, line 7: is still to be written, after TODO: one thought a section.",
        'CONTRIBUTING.md, "Add a page", says how to go on',
    ]


def test_the_program_says_where_a_new_exercise_has_to_be_named(contents: Path) -> None:
    (contents / "chapters/noise.md").write_text("# Noise\n\n## Exercises\n\n## Summary\n")
    for file in ("playground/src/examples.json", "pages/playground.md"):
        (contents / file).parent.mkdir(parents=True)
        (contents / file).write_text((ROOT / file).read_text())
    lines = said(contents, "new-exercise", "noise/wider", "wider layers")
    assert [line for line in lines if line.startswith("  ") and "TODO" not in line] == [
        "  chapters/noise.md, under Exercises: does not name solutions/noise/wider; add "
        "[its title](../solutions/noise/wider.md)",
        "  playground/src/examples.json: has no example with which to start solutions/noise/wider; "
        "add one, then `make playground-record ONLY=…`, with its name",
    ]
    assert sum("solutions/noise/wider.md, line" in line for line in lines) == 4


def test_each_template_asks_for_something(contents: Path) -> None:
    for template in TEMPLATES.glob("*.md"):
        assert list(placeholders.of_page(template)), template.name


EXERCISES = """
## Exercises

The [playground](../pages/playground.md) has the starting point.

**[Wider](../solutions/early_stopping/wider.md).** Does it help?
"""


@pytest.mark.slow
def test_what_is_left_to_write_is_all_that_the_check_finds_and_the_proof_of_an_exercise_holds(
    tmp_path: Path,
) -> None:
    root = tmp_path / "course"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)

    def course(*arguments: str, status: int = 0) -> str:
        command = [sys.executable, "-m", "coursekit", "--root", str(root), *arguments]
        environment = os.environ | ONE_CORE | {"PYTHONPATH": str(root)}
        done = subprocess.run(
            command,
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=HANGS,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    told = course("new-page", "chapters/early_stopping", "Early stopping")
    told += course("new-page", "pages/thanks", "Thanks")
    told += course("new-exercise", "early_stopping/wider", "wider layers")
    new = ("early_stopping", "early_stopping/wider")
    assert "early_stopping: executed" in course("build", *new)
    left = {line.strip() for line in told.splitlines() if line.startswith("  ")}
    found = course("check", status=1).splitlines()
    assert {line for line in found if "TODO" in line or "early_stopping" in line} == left

    chapter = root / "chapters/early_stopping.md"
    for path in (chapter, root / "pages/thanks.md", root / "solutions/early_stopping/wider.md"):
        path.write_text(re.sub(r"\bTODO[:,] ", "", path.read_text()))
    chapter.write_text(chapter.read_text() + EXERCISES)
    examples = root / "playground/src/examples.json"
    example = json.loads(examples.read_text())[0] | {"page": "solutions/early_stopping/wider"}
    examples.write_text(json.dumps([*json.loads(examples.read_text()), example]))
    with (root / "pages/playground.md").open("a") as file:
        file.write("\n```{playground-examples} early_stopping\n```\n")
    assert "early_stopping: text refreshed, outputs kept" in course("build", *new)
    assert "14 submissions, 0 with wrong marks" in course("prove", "early_stopping/wider")
    # The example has the name of one that is recorded; to bundle it needs npm's packages.
    assert course("check", status=1).splitlines()[:2] == [
        "vendor/playground: is older than playground/src/examples.json; run `make playground`",
        "1 problem",
    ]

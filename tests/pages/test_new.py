"""A new page and a new exercise stand where they belong and pass every check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from coursekit.__main__ import main
from coursekit.pages.new import new_exercise, new_page
from coursekit.paths import ROOT
from coursekit.problem import PageError
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


def test_the_program_says_what_it_wrote_and_what_comes_next(contents: Path) -> None:
    arguments = ["--root", str(contents), "new-page", "pages/thanks", "Thanks"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "written: pages/thanks.md",
        "written: _toc.yml",
        "now run: course check",
    ]


@pytest.mark.slow
def test_new_pages_pass_every_check_and_the_proof_of_a_new_exercise_holds(tmp_path: Path) -> None:
    root = tmp_path / "course"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)

    def course(*arguments: str) -> str:
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
        assert done.returncode == 0, done.stdout
        return done.stdout

    course("new-page", "chapters/early_stopping", "Early stopping")
    course("new-page", "pages/thanks", "Thanks")
    course("new-exercise", "early_stopping/wider", "wider layers")
    assert "early_stopping: executed" in course("build", "early_stopping", "early_stopping/wider")
    assert "18 pages checked, no problems" in course("check")
    assert "14 submissions, 0 with wrong marks" in course("prove", "early_stopping/wider")

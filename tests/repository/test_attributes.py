"""What git and its host are told about files."""

import subprocess

import pytest

from coursekit.paths import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout")


def git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def attribute(name: str, *patterns: str) -> dict[str, str]:
    files = git("ls-files", "--", *patterns)
    assert files
    return dict(line.split(f": {name}: ") for line in git("check-attr", name, "--", *files))


def test_every_notebook_and_lock_counts_as_generated() -> None:
    found = attribute(
        "linguist-generated", "*.ipynb", "requirements/lock.txt", "*package-lock.json"
    )
    assert set(found.values()) == {"set"}


def test_pages_and_code_do_not_count_as_generated() -> None:
    assert set(attribute("linguist-generated", "*.md", "*.py").values()) == {"unspecified"}


def test_vendored_files_count_as_such_and_keep_their_bytes() -> None:
    assert set(attribute("linguist-vendored", "vendor").values()) == {"set"}
    assert set(attribute("text", "vendor").values()) == {"unset"}


def test_no_line_ends_in_a_carriage_return() -> None:
    ends = [line.split(maxsplit=1)[0] for line in git("ls-files", "--eol", "--", ":!vendor")]
    assert set(ends) <= {"i/lf", "i/none", "i/-text"}

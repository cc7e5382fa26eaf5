"""A file that a person writes can be taken in at once; each longer one has a reason."""

import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from coursekit.paths import ROOT

LONGEST = 600
# What git's attributes call generated or vendored is not asked. Of the rest, these may be longer.
MAY_BE_LONGER = {
    "chapters/*.md": "a chapter is one page and one notebook, and so is its evidence",
    "chapters/claims/*.yml": "all claims of a chapter, looked up one at a time",
    "solutions/batch_normalization/on_the_input.md": "an exercise is one page, too",
}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.quotepath=off", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def too_long(folder: Path) -> dict[str, int]:
    """The text files that a person writes and that are too long, with how many lines they have."""
    asked = [".", ":(exclude,attr:linguist-generated)", ":(exclude,attr:linguist-vendored)"]
    counts = git(folder, "grep", "-I", "--count", "", "--", *asked).splitlines()
    lengths = ((name, int(count)) for name, _, count in (line.rpartition(":") for line in counts))
    return {name: length for name, length in lengths if length > LONGEST}


@pytest.fixture(scope="module")
def found() -> dict[str, int]:
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    return too_long(ROOT)


def test_no_file_is_too_long_without_a_reason(found: dict[str, int]) -> None:
    unexplained = [
        f"{name} has {length} lines, more than {LONGEST}: split it by what its parts are about"
        for name, length in found.items()
        if not any(fnmatch(name, pattern) for pattern in MAY_BE_LONGER)
    ]
    assert not unexplained, "\n".join(unexplained)


@pytest.mark.parametrize("pattern", MAY_BE_LONGER)
def test_no_reason_outlives_the_long_file(found: dict[str, int], pattern: str) -> None:
    assert any(fnmatch(name, pattern) for name in found)


def test_long_text_is_found_unless_it_is_generated_vendored_or_no_text(tmp_path: Path) -> None:
    (tmp_path / "just.py").write_text("x = 1\n" * LONGEST)
    (tmp_path / "picture.png").write_bytes(b"\0\n" * (LONGEST + 1))
    for name in ("long.py", "style.css", "made.txt", "copied.js"):
        (tmp_path / name).write_text("\n" * (LONGEST + 1))
    (tmp_path / ".gitattributes").write_text(
        "made.txt linguist-generated\ncopied.js linguist-vendored\n"
    )
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    assert too_long(tmp_path) == {"long.py": LONGEST + 1, "style.css": LONGEST + 1}

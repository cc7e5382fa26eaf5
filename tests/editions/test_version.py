"""The course's version is one: changelog, citation and tag say it after pyproject.toml."""

import datetime
from pathlib import Path

import pytest

from coursekit.editions.version import problems, set_version, version
from coursekit.paths import ROOT
from coursekit.problem import PageError

DAY = datetime.date(2027, 1, 2)
FILES = {
    "pyproject.toml": '[tool]\nversion = "9"\n\n[project]\nname = "x"\nversion = "1.0.0"\n',
    "CITATION.cff": 'cff-version: 1.2.0\nversion: 1.0.0\ndate-released: "2026-12-01"\ntitle: x\n',
    "CHANGELOG.md": "# C\n\n## Unreleased\n\n- New.\n\n## 1.0.0 (2026-12-01)\n\n- First.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_changelog_and_citation_say_the_courses_own_version() -> None:
    assert problems(ROOT) == []


def test_a_new_version_is_written_everywhere_and_takes_what_was_unreleased(folder: Path) -> None:
    set_version(folder, "1.0.10", DAY)
    assert version(folder) == "1.0.10"
    assert problems(folder, "v1.0.10") == []
    heading = "## Unreleased\n\n## 1.0.10 (2027-01-02)\n\n- New.\n\n## 1.0.0 "
    assert heading in (folder / "CHANGELOG.md").read_text()
    assert 'version: 1.0.10\ndate-released: "2027-01-02"\n' in (folder / "CITATION.cff").read_text()
    assert (folder / "CITATION.cff").read_text().startswith("cff-version: 1.2.0\n")
    assert '[tool]\nversion = "9"' in (folder / "pyproject.toml").read_text()


def test_a_version_without_a_word_on_what_changed_is_refused(folder: Path) -> None:
    set_version(folder, "1.0.1", DAY)
    with pytest.raises(PageError, match="write what changed"):
        set_version(folder, "1.1.0", DAY)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("1.0", "no version"),
        ("v1.1.0", "no version"),
        ("1.0.0", "not above 1.0.0"),
        ("0.9.9", "not above"),
    ],
)
def test_what_is_no_next_version_is_refused_and_changes_nothing(
    folder: Path, new: str, message: str
) -> None:
    with pytest.raises(PageError, match=message):
        set_version(folder, new, DAY)
    assert {name: (folder / name).read_text() for name in FILES} == FILES


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("CHANGELOG.md", "## 1.0.0 (", "## 0.9.0 (", "begins with 0.9.0, but this is 1.0.0"),
        ("CHANGELOG.md", "## 1.0.0 (2026-12-01)", "## 1.0.0", "begins with no version"),
        ("CITATION.cff", "\nversion: 1.0.0", "\nversion: 1.0.1", "cites 1.0.1 of 2026-12-01"),
        ("CITATION.cff", "2026-12-01", "2026-12-02", "cites 1.0.0 of 2026-12-02, but"),
    ],
)
def test_what_says_another_version_is_found(
    folder: Path, name: str, old: str, new: str, message: str
) -> None:
    assert old in FILES[name]
    (folder / name).write_text(FILES[name].replace(old, new))
    found = problems(folder)
    assert any(problem.file.name == name and message in problem.message for problem in found)


def write_changes(folder: Path, unreleased: str) -> None:
    changes = FILES["CHANGELOG.md"].replace("- New.\n\n", unreleased)
    (folder / "CHANGELOG.md").write_text(changes)


def test_a_tag_of_another_version_is_found(folder: Path) -> None:
    write_changes(folder, "")
    assert problems(folder, "v1.0.0") == []
    assert "the tag is v1.0.1" in problems(folder, "v1.0.1")[0].message


def test_a_tag_while_changes_are_unreleased_is_found(folder: Path) -> None:
    (problem,) = problems(folder, "v1.0.0")
    assert "begin a release with `make version NEW=…`" in problem.message

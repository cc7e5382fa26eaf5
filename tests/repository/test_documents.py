"""What README and its neighbours tell a newcomer is there: files, commands, folders."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from coursekit.__main__ import main
from coursekit.pages.notebook import pages
from coursekit.paths import ROOT

# Pages of the book are checked when that is built.
DOCUMENTS = [
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob(".github/*.md")]
    if path.name not in ("index.md", "genindex.md")
]
FILES = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
PARTS = [file.split("/") for file in FILES]
FOLDERS = {f"{first}/" for first, *rest in PARTS if rest} - {"coursekit/"}
FOLDERS |= {f"coursekit/{parts[1]}/" for parts in PARTS if parts[0] == "coursekit" and parts[2:]}
# A list of modules leaves out the folder in which all of them are.
BESIDE = ("", "coursekit/grading")
MADE = ("_build/", "playground/node_modules/")
PLACEHOLDERS = re.compile(r"OWNER|CHAPTER|wider|early_stopping|\.html$")


def spoken_of(pattern: str) -> Iterator[tuple[str, str]]:
    """What documents say that the pattern matches, with the document's name."""
    for path in DOCUMENTS:
        for found in re.findall(pattern, path.read_text(encoding="utf-8")):
            yield path.name, found


def test_links_within_the_repository_lead_somewhere() -> None:
    links = [*spoken_of(r"\]\((?!https?:)([^)#\s]+)")]
    dead = [(name, link) for name, link in links if not (ROOT / link).exists()]
    assert links and not dead


def test_files_that_are_named_exist() -> None:
    named = [*spoken_of(r"`((?:[\w.-]+/)+[\w.-]*)`")]
    gone = [
        (name, file)
        for name, file in named
        if not any((ROOT / folder / file).exists() for folder in BESIDE)
        and not file.startswith(MADE)
        and not PLACEHOLDERS.search(file)
    ]
    assert named and not gone


def test_commands_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    calls = [*spoken_of(r"`make ((?:[a-z-]+ ?)+)")]
    assert calls and [call for call in calls if not targets.issuperset(call[1].split())] == []
    given = [*spoken_of(r"`course ([a-z][a-z-]*)")]
    assert given and [one for one in given if one[1] not in main.commands] == []


def test_pages_that_are_named_to_be_built_are_pages() -> None:
    named = [*spoken_of(r"`course\s+build (?:--force )?([\w/]+)`")]
    assert named
    for _, name in named:
        assert len(pages(ROOT, [name])) == 1


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_each_folder_has_its_line_in_the_architecture(folder: str) -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert f"\n| `{folder}` |" in text


HEADINGS = re.findall(r"^## (.*)$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)


def test_who_sends_readers_to_a_part_of_contributing_names_one_that_there_is() -> None:
    speaking = [*ROOT.glob("coursekit/**/*.py"), *ROOT.glob(".github/*.md")]
    texts = [path.read_text(encoding="utf-8") for path in speaking]
    pattern = r'CONTRIBUTING\.md,\s+"([^"]+)"|CONTRIBUTING\.md lists under \*([^*]+)\*'
    named = {"".join(found) for text in texts for found in re.findall(pattern, text)}
    assert named == {"Add a page", "Before a change is published"} & set(HEADINGS)


def test_links_within_contributing_lead_to_its_headings() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    anchors = {heading.lower().replace(" ", "-") for heading in HEADINGS}
    linked = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert linked and linked <= anchors

"""Everything says the same of the terms on which it may be used."""

import re
from pathlib import Path

import nbformat
import pytest
import yaml

from coursekit.pages.exercises import is_exercise, student_path
from coursekit.pages.notebook import LICENSES, pages
from coursekit.paths import ROOT

NAMES = {"MIT": "MIT", "CC-BY-4.0": "CC BY 4.0"}
NOTEBOOKS = [page.notebook for page in pages(ROOT)]
NOTEBOOKS += [
    student_path(one.notebook, ROOT) for one in pages(ROOT) if is_exercise(one.source, ROOT)
]


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "CITATION.cff"])
def test_a_file_about_the_whole_course_names_both_licences(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert all(NAMES[licence] in text for licence in LICENSES.values())


def test_every_page_of_the_book_names_both_licences_and_links_to_them() -> None:
    footer = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["extra_footer"]
    linked = re.findall(r'<a rel="license" href="(https://[^"]+)">([^<]+)</a>', footer)
    assert {name for _, name in linked} == {NAMES[licence] for licence in LICENSES.values()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_notebook_carries_both_licences(path: Path) -> None:
    assert nbformat.read(path, as_version=4).metadata.get("license") == LICENSES

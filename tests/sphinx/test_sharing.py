"""What a link to a page shows where it is shared, and what visitors of a wrong address see."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image

from coursekit.paths import ROOT
from tests.support.books import build_small
from tests.support.small_course import make_course

ADDRESS = "https://owner.github.io/name/"
MAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
LONG = "It is about *this* & that. " + "It goes on and on. " * 20


def build(folder: Path, **settings: str) -> Path:
    """Build a book of two pages with Sphinx alone, which takes a few seconds."""
    root = make_course(folder).root
    contents = "```{note}\nBe kind.\n```\n\nIt has **pages**.\n\n```{toctree}\npages/new\n```\n"
    (root / "index.md").write_text(f"# A book\n\n{contents}")
    (root / "pages/new.md").write_text(f"# A *new* page\n\n{LONG}\n")
    settings = {"html_title": "A book", "course_card": "card.png"} | settings
    done = build_small(root, "sharing", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("published"), html_baseurl=ADDRESS)


@pytest.fixture(scope="module")
def unpublished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("unpublished"))


def card(file: Path) -> dict[str, str]:
    page = BeautifulSoup(file.read_text("utf-8"), "html.parser")
    tags = page.select("head meta[content]")
    return {tag.get("property") or tag.get("name"): tag["content"] for tag in tags}


def test_a_page_says_its_title_and_what_it_is_about_in_whole_sentences(published: Path) -> None:
    said = card(published / "pages/new.html")
    assert said["og:title"] == "A new page"
    assert said["og:site_name"] == "A book"
    assert said["og:type"] == "article"
    assert said["description"] == said["og:description"]
    assert said["description"].startswith("It is about this & that. It goes on and on.")
    assert said["description"].endswith("on and on.") and 150 < len(said["description"]) <= 200


def test_the_first_page_is_called_as_the_book_once(published: Path) -> None:
    said = card(published / "index.html")
    assert said["description"] == "It has pages."
    assert said["og:type"] == "website"
    assert "og:site_name" not in said
    titles = [
        BeautifulSoup((published / file).read_text("utf-8"), "html.parser").title.get_text()
        for file in ("index.html", "pages/new.html")
    ]
    assert titles == ["A book", "A new page — A book"]


def test_once_the_address_is_known_cards_have_a_picture_and_the_book_a_map(published: Path) -> None:
    said = card(published / "pages/new.html")
    assert said["og:image"] == f"{ADDRESS}card.png"
    assert said["og:url"] == f"{ADDRESS}pages/new.html"
    sitemap = ElementTree.parse(published / "sitemap.xml")
    assert [one.text for one in sitemap.iter(f"{{{MAPS}}}loc")] == [
        f"{ADDRESS}index.html",
        f"{ADDRESS}pages/new.html",
    ]


def test_without_an_address_nothing_needs_one(unpublished: Path) -> None:
    assert not {"og:image", "og:url"} & card(unpublished / "index.html").keys()
    assert not (unpublished / "sitemap.xml").exists()


def test_a_wrong_address_is_told_with_ways_on_from_wherever_it_is_seen(
    published: Path, unpublished: Path
) -> None:
    for html, book in ((published, ADDRESS), (unpublished, "")):
        page = BeautifulSoup((html / "404.html").read_text("utf-8"), "html.parser")
        assert page.h1.get_text() == "There is no such page"
        links = [link["href"] for link in page.select("a")]
        assert links == [f"{book}index.html", f"{book}search.html"]
        for link in links:
            assert (html / link.removeprefix(book)).exists()


def test_the_picture_of_the_books_cards_is_there_in_the_size_that_messengers_show() -> None:
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    with Image.open(ROOT / "pages" / settings["sphinx"]["config"]["course_card"]) as picture:
        assert picture.size == (1200, 630)

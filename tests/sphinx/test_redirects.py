"""Old addresses of the book's pages lead to where the pages lie now."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from sphinx.errors import ConfigError

from coursekit.paths import ROOT
from coursekit.results.ledger import toc_order
from coursekit.sphinx.redirects import write_redirects
from tests.support.books import build_small
from tests.support.small_course import make_course

REDIRECTS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"][
    "course_redirects"
]
MOVED = "bibliography engine glossary instructors laboratory ledger notation".split()


@pytest.mark.parametrize("old", MOVED)
def test_an_old_address_leads_to_a_page_of_the_book(old: str) -> None:
    pages = toc_order(ROOT)
    assert old not in pages
    assert REDIRECTS[old] in pages
    assert (ROOT / f"{REDIRECTS[old]}.md").exists()


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a book of two pages with Sphinx alone, which takes a few seconds."""
    root = make_course(tmp_path_factory.mktemp("redirects")).root
    redirects = {"old": "pages/new", "more/old": "pages/new", "gone": "pages/left-out"}
    (root / "index.md").write_text("# Book\n\n```{toctree}\npages/new\n```\n")
    (root / "pages/new.md").write_text("# A *new* & page\n")
    done = build_small(root, "redirects", course_redirects=redirects)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "html"


@pytest.mark.parametrize(
    ("old", "new"), [("old", "pages/new.html"), ("more/old", "../pages/new.html")]
)
def test_the_page_at_an_old_address_leads_on_with_a_script_and_without(
    html: Path, old: str, new: str
) -> None:
    text = (html / f"{old}.html").read_text()
    assert f'location.replace("{new}" + location.search + location.hash);' in text
    assert f'<noscript><meta http-equiv="refresh" content="0; url={new}"></noscript>' in text
    assert f'<a href="{new}">' in text
    assert "<title>A new &amp; page</title>" in text
    assert (html / old).parent.joinpath(new).exists()


def test_an_edition_without_the_page_has_no_page_at_its_old_address(html: Path) -> None:
    assert not (html / "gone.html").exists()


def test_a_page_of_the_book_is_not_replaced() -> None:
    app = SimpleNamespace(
        builder=SimpleNamespace(format="html"),
        config=SimpleNamespace(course_redirects={"index": "pages/new"}),
        env=SimpleNamespace(found_docs={"index", "pages/new"}),
    )
    with pytest.raises(ConfigError, match="index is a page of the book"):
        write_redirects(app, None)

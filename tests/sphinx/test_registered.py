"""A page of the book shows what the registry says of a claim."""

import pytest
from bs4 import BeautifulSoup

from tests.pages.test_registry import ENTRY, write
from tests.support.books import build_page


@pytest.mark.slow
def test_the_entry_is_shown_in_full(tmp_path) -> None:
    sentence = "Where $p > 0$ later is better."
    write(tmp_path, C1=ENTRY | {"sentence": sentence})
    done = build_page(tmp_path, "```{registered} C1\n```\n", "registered")
    assert done.returncode == 0, done.stderr
    page = BeautifulSoup((tmp_path / "html/index.html").read_text(), "html.parser")
    (box,) = page.select(".registered")
    assert box.select(".math")
    for words in ("The text, section 2.", "late: after", "two rings", "small"):
        assert words in box.get_text()


@pytest.mark.slow
def test_a_claim_without_an_entry_fails_the_build(tmp_path) -> None:
    done = build_page(tmp_path, "```{registered} C9\n```\n", "registered")
    assert done.returncode
    assert "says nothing of the claim 'C9'" in done.stderr

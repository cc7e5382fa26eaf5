"""The ledger shows each claim in a line, everything else one fold away, and mentions lead there."""

import re

import pytest
from bs4 import BeautifulSoup, Tag

from coursekit.paths import ROOT
from coursekit.results.verdicts import MARKS
from tests.pages.test_registry import ENTRY, write
from tests.results.test_verdicts import concluded
from tests.support.books import build_small
from tests.support.small_course import make_course

pytestmark = pytest.mark.slow

BOTH = {"parts": ["rings", "digits"]}
ENTRIES = {
    "C1": ENTRY | {"sentence": "Later `x` is < better.", "short": "Later is better."},
    "C2": ENTRY | BOTH,
    "C3": ENTRY | BOTH | {"axis": "the problem", "between": ["rings", "digits"]},
    "C4": ENTRY | {"mechanics": True},
}
RECORDS = {
    "C1": concluded(ENTRIES["C1"], **{"": 0.05}),
    "C2": concluded(ENTRIES["C2"], rings=0.05, digits=0.0),
    "C3": concluded(ENTRIES["C3"], rings=0.05, digits=-0.05),
    "C4": {"cases": 3, "largest": 1e-9, "within": 1e-7, "verdict": "verified"},
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BeautifulSoup]:
    """The ledger and a chapter, built with Sphinx alone, which takes a few seconds."""
    course = make_course(tmp_path_factory.mktemp("forest"))
    entries = {name: one | {"page": "page_evidence"} for name, one in ENTRIES.items()}
    write(course.root, "page_evidence", **entries)
    course.source = course.source.replace("It takes", "{claim}`C2` {claim}`C1` {claim}`C2` It")
    course.settle({name: dict(one) for name, one in RECORDS.items()})
    (course.root / "pages/ledger.md").write_text("# Ledger\n\n```{forest}\n```\n")
    (course.root / "index.md").write_text(
        "# Book\n\n```{toctree}\nchapters/page\nchapters/page_evidence\npages/ledger\n```\n"
    )
    only = dict(exclude_patterns=["**/*.ipynb"], html_theme="basic")
    done = build_small(course.root, "ledger", "forest", **only)
    assert done.returncode == 0, done.stdout + done.stderr
    html = course.root / "html"
    return {
        name: BeautifulSoup((html / f"{name}.html").read_text(), "html.parser")
        for name in ("pages/ledger", "chapters/page")
    }


def line(pages: dict[str, BeautifulSoup], name: str) -> Tag:
    return pages["pages/ledger"].select_one(f"details#ledger-{name}")


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def test_a_line_has_mark_name_short_sentence_picture_and_verdict(pages: dict) -> None:
    summary = line(pages, "c1").summary
    assert words(summary) == f"{MARKS['supported']} C1 Later is better. supported"
    (picture,) = summary.select("svg")
    assert picture["aria-hidden"] == "true"  # what it shows is in the fold, in words
    assert len(picture.select("circle")) == 1
    assert len(line(pages, "c2").summary.select("circle")) == 2


def test_the_fold_has_the_sentence_the_parts_and_all_that_the_registry_says(pages: dict) -> None:
    fold = words(line(pages, "c2"))
    assert re.search(r"rings: \+0\.05\d* \(.* to .*\), 120 runs: yes", fold)
    assert re.search(r"digits: .* runs: too small", fold)
    for term in ("Measured", "Sensitivity", "Two sets of seeds", "All claims at once", "Source"):
        assert term in fold
    assert words(line(pages, "c1").code) == "x"


def test_a_line_leads_to_the_evidence_and_to_the_sentence_that_claims_it(pages: dict) -> None:
    places = [link["href"] for link in line(pages, "c2").select(".ledger-links a")]
    evidence, chapter = "page_evidence.html#evidence-c2", "page.html#claim-c2"
    assert places == [f"../chapters/{evidence}", f"../chapters/{chapter}"]


def test_a_mention_shows_the_mark_and_says_the_verdict(pages: dict) -> None:
    links = pages["chapters/page"].select("a.claim")
    assert [words(one) for one in links] == [
        f"claim C2 {MARKS['partly']} : partly",
        f"claim C1 {MARKS['supported']} : supported",
        f"claim C2 {MARKS['partly']} : partly",
    ]
    assert links[0]["href"] == "../pages/ledger.html#ledger-c2"
    assert [one.get("id") for one in links] == ["claim-c2", "claim-c1", None]


def test_the_tally_counts_each_kind_and_leaves_mechanics_out(pages: dict) -> None:
    counts = pages["pages/ledger"].select_one(".ledger-counts")
    assert words(counts) == ("3 claims: 1 supported, 1 partly supported, 1 depends on something.")
    assert len(pages["pages/ledger"].select(".claim-strip a")) == 3
    assert words(pages["pages/ledger"].select_one("#ledger-mechanics-verified-not-judged h2"))
    assert "verified" in words(line(pages, "c4").summary)


def test_filters_are_labelled_groups_that_the_style_sheet_knows(pages: dict) -> None:
    groups = pages["pages/ledger"].select("fieldset.ledger-filter")
    assert [words(group.legend) for group in groups] == [
        "Show claims by verdict",
        "Show claims by chapter",
    ]
    style = (ROOT / "pages/_static/ledger.css").read_text()
    for group in groups:
        for button in group.select("input"):
            assert button.parent.name == "label"
            if button["value"] != "all":
                assert f'[name="{button["name"]}"][value="{button["value"]}"]:checked' in style

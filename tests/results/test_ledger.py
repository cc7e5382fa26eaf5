"""The ledger is built from the notebooks' records, and the course's claims are all in it."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from coursekit.paths import ROOT
from coursekit.results.ledger import claims, interval, load_ledger, mentions, toc_order
from coursekit.results.verdicts import load_verdicts
from coursekit.rules.check import check
from tests.support.books import build_small
from tests.support.small_course import Course, compared, make_course, settled

# Of the source text; the only list of them that is typed.
CLAIMS = """
    C1 C2 C3 C4 C5 C5b C6 C6b C7 C8 C9 C10 C11 C12 C13 C14
    C15 C16 C16b C17 C18 C19 C20 C21
    C22 C23 C24 C25-activations C25-weights C25-gradients C25-labels C26 C27 C27b C28 C28b C29
"""


def test_the_course_settles_all_its_claims_and_mentions_each() -> None:
    ledger = load_ledger(ROOT)
    settled = {claim.name for claim in ledger.claims} | {one.name for one in load_verdicts(ROOT)}
    assert set(CLAIMS.split()) <= settled
    assert [name for name in CLAIMS.split() if ledger.first_mention(name) is None] == []


@pytest.mark.slow
def test_the_course_has_no_problems() -> None:
    problems = [str(problem) for problem in check(ROOT)]
    assert not problems, "\n".join(problems)


# ---------------------------------------------------------------------------------- reading it


def test_a_claim_is_read_with_its_conditions_in_order_and_the_data_that_decide_first() -> None:
    names = [
        f"{condition}.{data}.{seeds}"
        for condition in ("rate_10", "rate_0.5", "rate_2")
        for data in ("split", "fresh")
        for seeds in ("second", "first")
    ]
    records = settled("C5", "depends on the rate", axis="the rate") | settled("C5b")
    records |= {f"C5.{name}": compared(number) for number, name in enumerate(names)}
    del records["C5.fresh.first"], records["C5.fresh.second"]
    claim, other = claims(records, "chapters/page")
    assert (claim.kind, claim.agrees, claim.seeds) == ("depends", True, [(30, 30)])
    assert [(r.condition, r.data) for r in claim.results] == [
        (condition, data)
        for data in ("fresh", "split")
        for condition in ("rate 0.5", "rate 2", "rate 10")
    ]
    first = claim.results[0]
    assert (first.first["mean"], first.second["mean"]) == (7, 6)
    assert [(r.condition, r.data) for r in other.results] == [("", "fresh")]


@pytest.mark.parametrize(
    ("mean", "half", "shown"),
    [
        (0.01873, 0.00712, "+0.0187 (+0.0116 to +0.0258)"),  # two digits of the half width
        (-0.0519, 0.0212, "−0.052 (−0.073 to −0.031)"),
        (0.0004, 0.0123, "0.000 (−0.012 to +0.013)"),
        (15.23, 3.31, "+15.2 (+11.9 to +18.5)"),
        (0.5, 0.0123, "+0.500 (+0.488 to +0.512)"),  # but three of the number
        (0.5, 0.000314, "+0.5000 (+0.4997 to +0.5003)"),  # unless the interval were a point
        (1234.0, 56.0, "+1,234 (+1,178 to +1,290)"),
        (-120.4, 33.0, "−120 (−153 to −87)"),
        (2.0, 0.0, "+2.00 (+2.00 to +2.00)"),
        (0.0, 0.0, "0 (0 to 0)"),
        (1.234e-7, 2.1e-8, "+1.23 (+1.02 to +1.44) × 10⁻⁷"),
    ],
)
def test_a_difference_shows_the_digits_that_its_interval_bears(
    mean: float, half: float, shown: str
) -> None:
    assert interval(compared(mean, half)) == shown


def test_mentions_are_found_in_text_only() -> None:
    text = (
        "a {claim}`C1`\n\n```\n{claim}`C2`\n```\n\n"
        "`{claim}` and {claim}`C3`\n\n:::{note}\n{claim}`C4`\n:::"
    )
    assert [(mention.name, mention.line) for mention in mentions("page", text)] == [
        ("C1", 1),
        ("C3", 7),
        ("C4", 10),
    ]


def test_pages_come_in_the_order_of_the_book(course: Course) -> None:
    toc = "root: index\nparts:\n- {chapters: [{file: chapters/z}, {file: chapters/a.md}]}\n"
    (course.root / "_toc.yml").write_text(toc)
    assert toc_order(course.root) == ["index", "chapters/z", "chapters/a"]
    for page in "az":
        (course.root / f"chapters/{page}.md").write_text("# Page\n\n{claim}`C1`\n")
    assert load_ledger(course.root).first_mention("C1") == ("chapters/z", "C1")
    assert load_ledger(course.root).first_mention("C1-loss") == ("chapters/z", "C1")


# ---------------------------------------------------------------------------------- showing it

CONDITIONS = {
    f"{condition}.fresh.{seeds}": compared(mean, 0.004, verdict=verdict)
    for condition, mean, verdict in (("ReLU", 0.0212, "supported"), ("tanh", -0.03, "opposite"))
    for seeds in ("first", "second")
}
GROUPS = (
    settled(sentence="Later `x` is < better."),
    settled("C4", "depends on the activation", comparisons=CONDITIONS, axis="the activation"),
    settled("C9", "not supported here", "supported"),
)


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the ledger, a chapter and its evidence with Sphinx alone, which takes a few seconds."""
    course = make_course(tmp_path_factory.mktemp("ledger"))
    course.source = course.source.replace(
        "It takes", "{claim}`C14` {claim}`C9` {claim}`C4` It takes"
    )
    course.settle(*GROUPS)
    (course.root / "pages/ledger.md").write_text("# Ledger\n\n```{ledger}\n```\n")
    (course.root / "index.md").write_text(
        "# Book\n\n```{toctree}\nchapters/page\nchapters/page_evidence\npages/ledger\n```\n"
    )
    done = build_small(course.root, "ledger", exclude_patterns=["**/*.ipynb"], html_theme="basic")
    assert done.returncode == 0, done.stdout + done.stderr
    return course.root / "html"


def element(html: Path, page: str, pattern: str) -> ElementTree.Element:
    """Read the first element that a pattern of its source finds."""
    text = (html / page).read_text()
    return ElementTree.fromstring(re.search(pattern, text, re.DOTALL)[0])


def words(node: ElementTree.Element) -> str:
    return " ".join("".join(node.itertext()).split())


def row(html: Path, name: str) -> ElementTree.Element:
    return element(html, "pages/ledger.html", rf'<tr [^>]*id="ledger-{name}".*?</tr>')


@pytest.mark.slow
def test_a_row_says_all_about_a_claim_and_links_to_its_evidence_and_sentence(html: Path) -> None:
    claim, verdict, effect, seeds = row(html, "c14")
    assert (claim.tag, claim.get("scope"), verdict.tag) == ("th", "row", "td")
    assert words(claim).startswith("C14 Later x is < better.")
    assert words(verdict) == "supported second seeds: the same"
    assert words(effect) == (
        "test accuracy, after minus before fresh data (smallest effect 0.01) "
        "first seeds, supported: ✓+0.100 (+0.080 to +0.120); "
        "second seeds, supported: ✓+0.100 (+0.080 to +0.120)"
    )
    assert words(seeds) == "30 + 30"
    assert [(a.get("href"), words(a)) for a in claim.iter("a")] == [
        ("../chapters/page_evidence.html#evidence-c14", "evidence for C14"),
        ("../chapters/page.html#claim-c14", "chapter that states C14"),
    ]
    assert 'id="evidence-c14"' in (html / "chapters/page_evidence.html").read_text()
    assert (html / "chapters/page.html").read_text().count('id="claim-c14"') == 1


def test_a_row_shows_each_condition_and_a_disagreement(html: Path) -> None:
    _, verdict, effect, _ = row(html, "c4")
    assert words(verdict).startswith("depends on the activation")
    assert [words(item).split(" (")[0] for item in effect.iter("li")] == [
        "ReLU: first seeds, supported: ✓+0.0212",
        "tanh: first seeds, opposite: ✗−0.0300",
    ]
    assert words(row(html, "c9")[1]) == "not supported here second seeds: supported"


def test_the_table_has_a_caption_and_column_headings_and_counts_above_it(html: Path) -> None:
    text = (html / "pages/ledger.html").read_text()
    assert "3 claims: 1 supported, 1 depending on something, 1 not supported here." in text
    assert "For 1 of them the second set of seeds gives another verdict." in text
    caption = element(html, "pages/ledger.html", "<caption.*?</caption>")
    assert words(caption).startswith("The claims of A page")
    assert [
        words(cell) for cell in element(html, "pages/ledger.html", "<thead>.*?</thead>").iter("th")
    ] == [
        "Claim",
        "Verdict",
        "Effect, with its 95 % interval",
        "Seeds",
    ]
    assert text.count('scope="col"') == 4


def test_the_filter_is_a_labelled_group_of_radio_buttons_that_the_style_sheet_knows(
    html: Path,
) -> None:
    text = (html / "pages/ledger.html").read_text()
    form = re.search("<fieldset.*?</fieldset>", text, re.DOTALL)[0]
    assert "<legend>" in form
    values = re.findall(r'<label><input type="radio" name="ledger-verdict" value="([\w-]+)"', form)
    assert values == ["all", "supported", "depends", "not-supported-here", "disagree"]
    style = (ROOT / "pages/_static/ledger.css").read_text()
    shown = dict(
        re.findall(r'ledger-filter \[value="([\w-]+)"\]:checked\).*?:not\(\.([\w-]+)\)', style)
    )
    assert shown == {value: f"verdict-{value}" for value in values[1:]}
    assert all(f'class="{name}' in text or f" {name}" in text for name in shown.values())


def test_a_mention_is_a_link_that_says_the_verdict(html: Path) -> None:
    text = (html / "chapters/page.html").read_text()
    links = [ElementTree.fromstring(a) for a in re.findall(r"<a [^>]*ledger-c\d+.*?</a>", text)]
    assert [(words(a), a.get("href")) for a in links] == [
        ("claim C14: supported", "../pages/ledger.html#ledger-c14"),
        ("claim C9: not supported here, second seeds disagree", "../pages/ledger.html#ledger-c9"),
        ("claim C4: depends on the activation", "../pages/ledger.html#ledger-c4"),
        ("claim C14: supported", "../pages/ledger.html#ledger-c14"),
    ]

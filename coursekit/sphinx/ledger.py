"""Sphinx: ``{ledger}`` shows all claims and their verdicts, ``{claim}`` links a sentence there."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.writers.html5 import HTML5Translator

from coursekit.pages.book import load_book
from coursekit.paths import LEDGER
from coursekit.problem import PageError
from coursekit.results.ledger import (
    DEPENDS,
    NOT_SUPPORTED,
    SUPPORTED,
    Claim,
    Ledger,
    Result,
    interval,
    load_ledger,
)
from coursekit.results.verdicts import Verdict, load_verdicts
from coursekit.sphinx import PARALLEL
from coursekit.units import counted

SOURCES = {"split": "the source’s data", "fresh": "fresh data"}
MARKS = {"supported": "✓", "opposite": "✗"}  # of a comparison; anything else has none
# Kinds of verdict that have another name in the style sheet.
KINDS = {"too small to matter here": "small", "the opposite": "opposite"}
COLUMNS = ("Claim", "Verdict", "Effect, with its 95 % interval", "Seeds")
FILTERS = (
    (SUPPORTED, "supported"),
    (DEPENDS, "depends on something"),
    (NOT_SUPPORTED, "not supported here"),
    ("disagree", "the two sets of seeds disagree"),
)


class LedgerError(SphinxError):
    """What the notebooks recorded cannot be read."""

    category = "Ledger"


class to_place(nodes.reference):
    """A link to a place of the book, the id ``place`` in ``page``; its address comes in writing."""


class claim_row(nodes.row):
    """A table row that a link can lead to."""


class claim_cell(nodes.entry):
    """A table cell; with ``scope`` a heading of its row or column. ``label`` names its column."""


class ClaimRole(SphinxRole):
    """``{claim}`C14` `` becomes a small link to the claim's row, which shows the verdict."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Make the link; the first one of a claim in a page is what the ledger links back to."""
        name = self.text.strip()
        if one := self.env.app.course_verdicts.get(name):
            self.env.note_dependency(str(Path(self.env.srcdir, f"{one.page}.ipynb")))
            words = nodes.inline("", f": {one.verdict}", classes=["claim-words"])
            shown = [_hidden("claim "), nodes.Text(f"{name} {one.mark}"), words]
            return [self.link(name, shown, verdict_classes(one))], []
        claim = _ledger(self.env.app).find(name)
        if claim is None:
            self.env.note_reread()
            message = f"nobody settles the claim {name!r}; run `course check`"
            return [nodes.inline("", name)], [
                self.inliner.reporter.warning(message, line=self.lineno)
            ]
        self.env.note_dependency(str(Path(self.env.srcdir, f"{claim.page}.ipynb")))
        verdict = claim.verdict if claim.agrees else f"{claim.verdict}, second seeds disagree"
        shown = [_hidden("claim "), nodes.Text(f"{name}: {verdict}")]
        return [self.link(name, shown, _classes(claim))], []

    def link(self, name: str, shown: list[nodes.Node], classes: list[str]) -> to_place:
        """Make the link, with an anchor if it is the first one of its page."""
        place = row_id(name)
        link = to_place("", "", *shown, page=LEDGER, place=place, classes=["claim", *classes])
        anchor = mention_id(name)
        if anchor not in self.inliner.document.ids:
            link["ids"].append(anchor)
            self.inliner.document.ids[anchor] = link
        return link


class LedgerDirective(SphinxDirective):
    """Counts by verdict, a filter, and for each chapter a table, all from the records."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Make the nodes, at each build, since any notebook may have settled something."""
        self.env.note_reread()
        ledger, book = _ledger(self.env.app), self.env.app.course_book
        made = [_counts(ledger), nodes.raw("", _filter_form(ledger), format="html")]
        for page in dict.fromkeys(claim.page for claim in ledger.claims):
            own = [claim for claim in ledger.claims if claim.page == page]
            title = book.titles.get(page.removesuffix("_evidence"), book.titles.get(page, page))
            kinds = sorted({name for claim in own for name in _classes(claim)})
            classes = ["ledger-part", *kinds]
            section = nodes.section(ids=[nodes.make_id(f"ledger {title}")], classes=classes)
            self.state.document.note_explicit_target(section)
            section += nodes.title("", "", *self.inline(title))
            section += self.table(title, own, ledger)
            made.append(section)
        return made

    def inline(self, text: str) -> list[nodes.Node]:
        """Read a sentence's own markup: code and formulas."""
        return self.state.inline_text(text, self.lineno)[0]

    def table(self, title: str, own: list[Claim], ledger: Ledger) -> nodes.table:
        """Make the table of a chapter's claims."""
        group = nodes.tgroup(cols=len(COLUMNS))
        group += [nodes.colspec(colwidth=width) for width in (35, 17, 40, 8)]
        head = nodes.row()
        head += [claim_cell("", nodes.paragraph("", name), scope="col") for name in COLUMNS]
        body = nodes.tbody("", *(self.row(claim, ledger) for claim in own))
        group += [nodes.thead("", head), body]
        caption = nodes.title("", "", nodes.Text("The claims of "), *self.inline(title))
        return nodes.table("", caption, group, classes=["ledger"])

    def row(self, claim: Claim, ledger: Ledger) -> nodes.row:
        """Make a claim's row."""
        sentence = nodes.paragraph("", "", nodes.strong("", claim.name), nodes.Text(" "))
        sentence += self.inline(claim.sentence)
        links = nodes.paragraph(classes=["ledger-links"])
        links += _link("evidence", f" for {claim.name}", claim.page, claim.evidence)
        if mention := ledger.first_mention(claim.name):
            page, name = mention
            links += nodes.Text(" · ")
            links += _link("chapter", f" that states {claim.name}", page, mention_id(name))
        effect = [nodes.paragraph("", "", *self.inline(claim.effect)), *_results(claim)]
        cells = zip(
            COLUMNS, ([sentence, links], _verdict(claim), effect, _seeds(claim)), strict=True
        )
        row = claim_row(ids=[row_id(claim.name)], classes=_classes(claim))
        for number, (column, content) in enumerate(cells):
            row += claim_cell("", *content, label=column, **({} if number else {"scope": "row"}))
        return row


def row_id(name: str) -> str:
    """Give the anchor of a claim's row in the ledger."""
    return f"ledger-{name.lower()}"


def mention_id(name: str) -> str:
    """Give the anchor of the first sentence of a page that mentions a claim."""
    return f"claim-{name.lower()}"


def _classes(claim: Claim) -> list[str]:
    """Give the classes that colour and filter go by."""
    kind = f"verdict-{nodes.make_id(claim.kind)}"
    return [kind] if claim.agrees else [kind, "verdict-disagree"]


def verdict_classes(one: Verdict) -> list[str]:
    """Give the classes that colour and filter go by."""
    return [f"verdict-{KINDS.get(one.kind, one.kind)}"]


def _ledger(app: Sphinx) -> Ledger:
    return app.course_ledger


def _hidden(text: str) -> nodes.inline:
    """Make text for screen readers only."""
    return nodes.inline("", text, classes=["visually-hidden"])


def _link(words: str, more: str, page: str, place: str) -> to_place:
    return to_place("", "", nodes.Text(words), _hidden(more), page=page, place=place)


def _count(ledger: Ledger, which: str) -> int:
    return sum(
        not claim.agrees if which == "disagree" else claim.kind == which for claim in ledger.claims
    )


def _counts(ledger: Ledger) -> nodes.paragraph:
    count = {which: _count(ledger, which) for which, _ in FILTERS}
    text = (
        f"{counted(len(ledger.claims), 'claim')}: {count[SUPPORTED]} supported, {count[DEPENDS]} "
        f"depending on something, {count[NOT_SUPPORTED]} not supported here. For "
        f"{count['disagree'] or 'none'} of them the second set of seeds gives another verdict."
    )
    return nodes.paragraph("", text, classes=["ledger-counts"])


def _filter_form(ledger: Ledger) -> str:
    """Make the filter: a radio button for each verdict, which ledger.css does the rest for."""
    options = [("all", "all", len(ledger.claims))]
    options += [(nodes.make_id(which), label, _count(ledger, which)) for which, label in FILTERS]
    buttons = "\n".join(
        f'<label><input type="radio" name="ledger-verdict" value="{value}"'
        f"{' checked' if value == 'all' else ''}> {label} ({count})</label>"
        for value, label, count in options
    )
    return (
        '<fieldset class="ledger-filter">\n<legend>Show claims by'
        f" verdict</legend>\n{buttons}\n</fieldset>"
    )


def _verdict(claim: Claim) -> list[nodes.Node]:
    """Say what both sets of seeds say."""
    badge = nodes.inline("", claim.verdict, classes=["verdict", *_classes(claim)])
    made = [nodes.paragraph("", "", badge)]
    if claim.agrees:
        made.append(nodes.paragraph("", "second seeds: the same", classes=["ledger-again"]))
    else:
        again = nodes.strong("", f"second seeds: {claim.repeated}")
        made.append(nodes.paragraph("", "", again, classes=["ledger-again"]))
    return made


def _seeds(claim: Claim) -> list[nodes.Node]:
    return [nodes.paragraph("", f"{first} + {second}") for first, second in claim.seeds]


def _results(claim: Claim) -> Iterable[nodes.Node]:
    """List what was measured, the data that decide first, with a line for each condition."""
    for data in dict.fromkeys(result.data for result in claim.results):
        own = [result for result in claim.results if result.data == data]
        sizes = sorted({float(result.first["smallest"]) for result in own})
        name = SOURCES.get(data, data)
        decides = data == claim.decides.replace("_", " ")
        if decides:
            smallest = " to ".join(f"{size:g}" for size in dict.fromkeys((sizes[0], sizes[-1])))
            name = f"{name} (smallest effect {smallest})"
        yield nodes.paragraph("", name, classes=["ledger-data"])
        lines = (nodes.list_item("", _result_line(result)) for result in own)
        classes = ["ledger-results", *([] if decides else ["ledger-aside"])]
        yield nodes.bullet_list("", *lines, classes=classes)


def _result_line(result: Result) -> nodes.paragraph:
    line = nodes.paragraph()
    if result.condition:
        line += nodes.inline("", result.condition, classes=["ledger-condition"])
        line += _hidden(": ")
    for seeds, comparison in (("first", result.first), ("second", result.second)):
        mean, _, ends = interval(comparison).partition(" ")
        verdict = str(comparison["verdict"])
        value = nodes.inline(classes=["ledger-value", f"ledger-{seeds}"])
        value += _hidden(f"{seeds} seeds, {verdict}: ")
        value += nodes.inline("", MARKS.get(verdict, "–"), classes=["ledger-mark"])
        value += nodes.inline("", mean, classes=["ledger-mean"])
        value += nodes.Text(f" {ends}")
        line += [value, _hidden("; " if seeds == "first" else "")]
    return line


# ------------------------------------------------------------------------------------- writing


def _visit_row(self: HTML5Translator, node: claim_row) -> None:
    self.body.append(self.starttag(node, "tr", ""))
    node.column = 0


def _visit_cell(self: HTML5Translator, node: claim_cell) -> None:
    scope = node.get("scope", "")
    tag = "th" if scope else "td"
    attributes = {"scope": scope} if scope else {}
    if "label" in node:
        attributes["data-label"] = node["label"]
    self.body.append(self.starttag(node, tag, "", **attributes))
    self.context.append(f"</{tag}>\n")


def _depart_cell(self: HTML5Translator, _: claim_cell) -> None:
    self.body.append(self.context.pop())


def _depart_row(self: HTML5Translator, _: claim_row) -> None:
    self.body.append("</tr>\n")


def _fill_in_links(app: Sphinx, doctree: nodes.document, page: str) -> None:
    for link in doctree.findall(to_place):
        if link["page"] in app.env.found_docs:
            address = app.builder.get_relative_uri(page, link["page"])
            link["refuri"], link["internal"] = f"{address}#{link['place']}", True
        else:
            link.replace_self(nodes.inline("", "", *link.children, classes=link["classes"]))


def _read_ledger(app: Sphinx) -> None:
    try:
        root = Path(app.srcdir)
        app.course_ledger, app.course_book = load_ledger(root), load_book(root)
        app.course_verdicts = {one.name: one for one in load_verdicts(root)}
    except PageError as error:
        raise LedgerError(str(error)) from error


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role, the directive and what they need."""
    app.connect("builder-inited", _read_ledger)
    app.connect("doctree-resolved", _fill_in_links)
    app.add_node(claim_row, html=(_visit_row, _depart_row))
    app.add_node(claim_cell, html=(_visit_cell, _depart_cell))
    app.add_role("claim", ClaimRole())
    app.add_directive("ledger", LedgerDirective)
    return PARALLEL

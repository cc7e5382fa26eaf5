"""Sphinx: the directive ``{forest}`` shows every claim in a line: verdict, and effects against δ.

Each line is a native ``<details>``, in which everything else stands: parts, conditions, runs, what
could mislead. It works without scripts and is read aloud in order. The filters are radio buttons
that ledger.css acts upon.
"""

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from coursekit.pages.book import load_book
from coursekit.results.ledger import interval, load_ledger
from coursekit.results.verdicts import MARKS, Verdict, load_verdicts, survivors
from coursekit.sphinx import PARALLEL
from coursekit.sphinx.ledger import KINDS, mention_id, row_id, to_place, verdict_classes
from coursekit.sphinx.scripts import add_script
from coursekit.units import counted

REACH = 4  # how many δ a line shows to either side
WORDS = {  # of the tally and the filter
    "supported": "supported",
    "partly": "partly supported",
    "depends": "depends on something",
    "too small to matter here": "too small to matter here",
    "the opposite": "the opposite",
    "undecided": "undecided",
}


class claim_line(nodes.Element):
    """A claim: a line, which opens, and what it opens to."""


class claim_summary(nodes.TextElement):
    """What of a claim is always shown."""


class ForestDirective(SphinxDirective):
    """Tally, filters, and a list of claims for each chapter."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Make the nodes, anew at each build, since any notebook may have settled something."""
        self.env.note_reread()
        root = Path(self.env.srcdir)
        verdicts, book = load_verdicts(root), load_book(root)
        if not verdicts:
            return []
        self.ledger, self.survivors = load_ledger(root), survivors(verdicts)
        settled = [one for one in verdicts if one.kind != "mechanics"]
        made: list[nodes.Node] = [nodes.raw("", _tally(settled), format="html")]
        titles = {
            one.page: book.titles.get(one.page.removesuffix("_evidence"), one.page)
            for one in verdicts
        }
        made.append(nodes.raw("", _filters(settled, titles), format="html"))
        for number, (page, title) in enumerate(titles.items()):
            own = [one for one in settled if one.page == page]
            made.append(self.section(title, own, f"forest-{number}"))
        if mechanics := [one for one in verdicts if one.kind == "mechanics"]:
            made.append(self.section("Mechanics: verified, not judged", mechanics, "forest-exact"))
        return made

    def section(self, title: str, own: list[Verdict], name: str) -> nodes.section:
        """Make the list of a chapter's claims under its title."""
        section = nodes.section(ids=[nodes.make_id(f"ledger {title}")], classes=["forest", name])
        self.state.document.note_explicit_target(section)
        section += nodes.title("", "", *self.inline(title))
        section += nodes.raw("", _scale(), format="html")
        section += [self.line(one) for one in own]
        return section

    def inline(self, text: str) -> list[nodes.Node]:
        """Read a sentence's own markup: code and formulas."""
        return self.state.inline_text(text, self.lineno)[0]

    def line(self, one: Verdict) -> claim_line:
        """Make a claim's line and what it opens to."""
        line = claim_line(ids=[row_id(one.name)], classes=["claim-line", *verdict_classes(one)])
        # The book's search finds what stands in the index, with its place.
        entry = ("single", one.name, row_id(one.name), "", None)
        line += addnodes.index(entries=[entry])
        summary = claim_summary()
        summary += nodes.inline("", one.mark, classes=["claim-mark"])
        summary += nodes.strong("", one.name)
        short = one.entry.short or one.entry.sentence
        summary += nodes.inline("", "", *self.inline(short), classes=["claim-short"])
        summary += nodes.raw("", _picture(one), format="html")
        summary += nodes.inline("", one.verdict, classes=["claim-verdict"])
        line += summary
        line += self.details(one)
        return line

    def details(self, one: Verdict) -> list[nodes.Node]:
        """Everything about a claim that its line has no room for."""
        entry = one.entry
        sentence = nodes.paragraph("", "", *self.inline(entry.sentence))
        links = nodes.paragraph(classes=["ledger-links"])
        links += to_place(
            "", "", nodes.Text("evidence"), page=one.page, place=f"evidence-{one.name.lower()}"
        )
        if mention := self.ledger.first_mention(one.name):
            page, name = mention
            links += nodes.Text(" · ")
            links += to_place("", "", nodes.Text("chapter"), page=page, place=mention_id(name))
        made: list[nodes.Node] = [sentence, links]
        if one.parts:
            made += [_effects(one.parts, "ledger-results"), _effects(one.beside, "ledger-aside")]
        facts = nodes.definition_list()
        for term, text in self.facts(one):
            item = nodes.definition_list_item("", nodes.term("", term))
            item += nodes.definition("", nodes.paragraph("", "", *self.inline(text)))
            facts += item
        return [*made, facts]

    def facts(self, one: Verdict) -> Iterator[tuple[str, str]]:
        """What is said of a claim, name by name."""
        entry = one.entry
        if one.parts:
            measure = one.record["measure"]
            yield "Measured", f"{measure['words']}; smallest effect {measure['smallest']:.3g}"
            half, double = one.at(0.5), one.at(2)
            yield "Sensitivity", f"at half that effect: {half}; at twice that effect: {double}"
            again = "read the same" if one.replicates else "do not read the same in every part"
            yield "Two sets of seeds", f"They {again}."
            holds = "holds" if one.name in self.survivors else "does not hold"
            yield "All claims at once", f"By Holm's correction the verdict {holds}."
        else:
            yield (
                "Largest deviation",
                f"{one.record['largest']:.2g}, {one.record['within']:.2g} allowed",
            )
        yield "For and against", f"{entry.supports} {entry.refutes}"
        yield "Conditions", entry.conditions
        yield "Rival explanation", entry.rival
        yield "What could mislead", " ".join(entry.threats)
        yield "Source", entry.source


def _effects(effects: dict[str, Any], name: str) -> nodes.bullet_list:
    """A list of effects with their intervals, as a person writes them."""
    made = nodes.bullet_list(classes=[name])
    for part, one in effects.items():
        shown = interval({"mean": one.mean, "low": one.low, "high": one.high})
        text = f"{part}: " if part else ""
        made += nodes.list_item(
            "", nodes.paragraph("", f"{text}{shown}, {counted(one.n, 'run')}: {one.words}")
        )
    return made


def _tally(settled: Iterable[Verdict]) -> str:
    """How many claims there are of each kind, as a strip of marks with its words below."""
    settled = sorted(settled, key=lambda one: list(MARKS).index(one.kind))
    marks = "".join(
        f'<a class="{verdict_classes(one)[0]}" href="#{row_id(one.name)}" '
        f'title="{escape(one.name)}: {escape(one.verdict)}" tabindex="-1">{one.mark}</a>'
        for one in settled
    )
    counts = [
        f"{sum(one.kind == kind for one in settled)} {words}"
        for kind, words in WORDS.items()
        if any(one.kind == kind for one in settled)
    ]
    text = f"{counted(len(settled), 'claim')}: {', '.join(counts)}."
    strip = f'<p class="claim-strip" aria-hidden="true">{marks}</p>'
    return f'{strip}\n<p class="ledger-counts">{text}</p>'


def _filters(settled: list[Verdict], titles: dict[str, str]) -> str:
    """Two groups of radio buttons: by verdict and by chapter."""
    verdicts = [("all", f"all ({len(settled)})")]
    for kind, words in WORDS.items():
        number = sum(one.kind == kind for one in settled)
        name = KINDS.get(kind, kind)
        verdicts += [(name, f"{MARKS[kind]} {words} ({number})")] if number else []
    chapters = [
        ("all", "all chapters"),
        *((f"{n}", title) for n, title in enumerate(titles.values())),
    ]
    return _group("verdict", "Show claims by verdict", verdicts) + _group(
        "chapter", "Show claims by chapter", chapters
    )


def _group(name: str, legend: str, options: list[tuple[str, str]]) -> str:
    buttons = "\n".join(
        f'<label><input type="radio" name="forest-{name}" value="{value}"'
        f"{' checked' if value == 'all' else ''}> {escape(label)}</label>"
        for value, label in options
    )
    return f'<fieldset class="ledger-filter">\n<legend>{legend}</legend>\n{buttons}\n</fieldset>\n'


def _scale() -> str:
    """The head of the column of intervals: where δ and 0 lie in all lines below."""
    ticks = "".join(
        f'<text x="{_place(value):.1f}" y="9">{label}</text>'
        for value, label in (
            (-REACH, f"−{REACH}δ"),
            (-1, "−δ"),
            (0, "0"),
            (1, "δ"),
            (REACH, f"{REACH}δ"),
        )
    )
    return (
        '<div class="forest-scale" aria-hidden="true">'
        f'<svg viewBox="0 0 160 12" width="160" height="12">{ticks}</svg></div>'
    )


def _place(effect: float) -> float:
    """Where an effect, in δ, lies in a line's picture, 160 wide; the edge stands for all beyond."""
    return 80 + 72 * max(-REACH, min(REACH, effect)) / REACH


def _picture(one: Verdict) -> str:
    """A line's intervals: one for each part, against the band of what is too small to matter."""
    effects = one.decisive if one.parts else []
    if one.record.get("pooled"):
        effects = list(one.parts.values())
    step = 20 / (len(effects) + 1)
    drawn = []
    for number, part in enumerate(effects, start=1):
        low, mean, high = (
            _place(value / part.smallest) for value in (part.low, part.mean, part.high)
        )
        y = number * step
        drawn.append(f'<path d="M{low:.1f} {y:.1f}H{max(high, low + 0.5):.1f}"/>')
        drawn.append(f'<circle cx="{mean:.1f}" cy="{y:.1f}" r="{2.4 if step > 4 else 1.6}"/>')
    band = f'<rect x="{_place(-1):.1f}" width="{_place(1) - _place(-1):.1f}" height="20"/>'
    return (
        '<svg class="claim-picture" aria-hidden="true" viewBox="0 0 160 20" width="160" '
        'height="20">'
        f'{band}<path class="zero" d="M80 0V20"/>{"".join(drawn)}</svg>'
    )


# ------------------------------------------------------------------------------------- writing


def _visit_line(self: HTML5Translator, node: claim_line) -> None:
    self.body.append(self.starttag(node, "details", ""))


def _depart_line(self: HTML5Translator, _: claim_line) -> None:
    self.body.append("</details>\n")


def _visit_summary(self: HTML5Translator, node: claim_summary) -> None:
    self.body.append(self.starttag(node, "summary", ""))


def _depart_summary(self: HTML5Translator, _: claim_summary) -> None:
    self.body.append("</summary>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its nodes; links to places are filled in by ``ledger``."""
    app.add_node(claim_line, html=(_visit_line, _depart_line))
    app.add_node(claim_summary, html=(_visit_summary, _depart_summary))
    app.add_directive("forest", ForestDirective)
    add_script(app, Path(__file__).with_suffix(".js"), mark='class="claim-line ')
    return PARALLEL

"""Sphinx: what the book's first page shows beside its text.

``{versus}`` puts two networks side by side that train in the browser and differ in one knob, which
a slider turns for the second one alone::

    ```{versus}
    :setting: network.width=100&epochs=1000
    :knob: dropout.hidden=0.3
    :most: 0.8
    :name: Dropout rate

    What is said beside them.
    ```

``{claim-marks}`` is the tally of verdicts as a strip with one mark for each claim, which leads to
its line in the ledger. ``{licence}`` says whose the book is and what one may do with it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coursekit.paths import LEDGER, PLAYGROUND
from coursekit.results.ledger import DEPENDS, NOT_SUPPORTED, SUPPORTED
from coursekit.results.verdicts import MARKS
from coursekit.sphinx import PARALLEL
from coursekit.sphinx.forest import WORDS
from coursekit.sphinx.ledger import KINDS, row_id, to_place, verdict_classes
from coursekit.sphinx.scripts import add_script
from coursekit.units import counted

# Of the earlier rule: hollow, so that nobody takes its marks for the present one's.
EARLIER = {
    SUPPORTED: ("△", "supported"),
    DEPENDS: ("◇", "depending on something"),
    NOT_SUPPORTED: ("–", "not supported here"),
}
# Where the keyboard goes on behind the strip.
BEHIND = "behind-the-claims"
# What both networks came to beforehand, taken by `make picture`: seen until they train.
STILLS = {side: f"_static/versus-{side}.webp" for side in "ab"}
STILL_SIDE = 440  # pixels, as of the playground's own pictures
STEP = 0.05  # of the slider


@dataclass(frozen=True)
class Mark:
    """A claim on the strip: its sentence, what came of it in words, and how that is drawn."""

    name: str
    sentence: str
    verdict: str
    sign: str
    classes: list[str]


class MarksDirective(SphinxDirective):
    """A strip with a mark for each claim, and below it how many there are of each kind."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Make the nodes, anew at each build, since any notebook may have settled something."""
        self.env.note_reread()
        app = self.env.app
        settled = [one for one in app.course_verdicts.values() if one.kind != "mechanics"]
        settled.sort(key=lambda one: list(MARKS).index(one.kind))
        earlier = sorted(
            app.course_ledger.claims, key=lambda claim: list(EARLIER).index(claim.kind)
        )
        marks = [
            Mark(
                one.name,
                one.entry.short or one.entry.sentence,
                one.verdict,
                one.mark,
                verdict_classes(one),
            )
            for one in settled
        ]
        old = [
            Mark(
                claim.name,
                claim.sentence,
                claim.verdict if claim.agrees else f"{claim.verdict}, second seeds disagree",
                EARLIER[claim.kind][0],
                [f"verdict-{nodes.make_id(claim.kind)}", "claim-earlier"],
            )
            for claim in earlier
        ]
        if not (marks or old):
            return []
        kinds = Counter(one.kind for one in settled), Counter(claim.kind for claim in earlier)
        named = [
            (kind, MARKS[kind], words, f"verdict-{KINDS.get(kind, kind)}")
            for kind, words in WORDS.items()
        ]
        named_old = [
            (kind, *words, f"verdict-{nodes.make_id(kind)}") for kind, words in EARLIER.items()
        ]
        box = nodes.container("", classes=["claim-marks-box"])
        box += _html(f'<a class="front-skip" href="#{BEHIND}">Skip the marks of all claims</a>')
        for own, lead, counts in (
            (marks, f"{counted(len(marks), 'claim')} put to the test:", (kinds[0], named)),
            (old, f"{len(old)} more, judged by an earlier rule:", (kinds[1], named_old)),
        ):
            if own:
                box += _counts(lead, *counts)
                box += nodes.bullet_list("", *map(self.item, own), classes=["claim-marks"])
        hint = "Each mark is a claim: point at it to read it, follow it to see how it was tested."
        box += nodes.paragraph("", hint, classes=["claim-hint"])
        return [box, _html(f'<span id="{BEHIND}" tabindex="-1"></span>')]

    def item(self, mark: Mark) -> nodes.list_item:
        """Make a claim's mark; its words are read aloud, and seen where one points at it."""
        sign = f'<span aria-hidden="true">{escape(mark.sign)}</span>'
        earlier = ", by the earlier rule" if "claim-earlier" in mark.classes else ""
        sentence = "".join(
            part.astext() for part in self.state.inline_text(mark.sentence, self.lineno)[0]
        )
        words = nodes.inline(classes=["mark-words"])
        words += [nodes.strong("", mark.name), nodes.Text(f" {sentence} ")]
        words += nodes.emphasis("", f"{mark.verdict}{earlier}")
        shown = [nodes.raw("", sign, format="html"), words]
        link = to_place("", "", *shown, page=LEDGER, place=row_id(mark.name), classes=mark.classes)
        return nodes.list_item("", nodes.paragraph("", "", link))


def _counts(
    lead: str, kinds: Counter[str], named: Iterable[tuple[str, str, str, str]]
) -> nodes.paragraph:
    """Say how many claims there are of each kind that there is, with the mark of each."""
    made = nodes.paragraph("", lead, classes=["claim-counts"])
    for kind, sign, words, name in named:
        if kinds[kind]:
            made += nodes.Text(" ")
            part = nodes.inline(classes=["claim-count"])
            part += [nodes.inline("", sign, classes=[name]), nodes.Text(f" {kinds[kind]} {words}")]
            made += part
    return made


class VersusDirective(SphinxDirective):
    """Two networks that differ in one knob, with a slider for it."""

    has_content: ClassVar[bool] = True
    option_spec: ClassVar[dict[str, Any]] = dict.fromkeys(
        ("setting", "knob", "most", "name"), directives.unchanged_required
    )

    def run(self) -> list[nodes.Node]:
        """Make both places; an option that is missing is an error at the directive's line."""
        if missing := [name for name in self.option_spec if name not in self.options]:
            raise self.error(f"{{versus}} needs the options {', '.join(missing)}")
        pairs = parse_qsl(self.options["knob"])
        if len(pairs) != 1:
            raise self.error(
                f"the option knob is {self.options['knob']!r}; give one part of a setting with its "
                "value, such as dropout.hidden=0.3"
            )
        ((knob, value),) = pairs
        name, most = escape(self.options["name"]), escape(self.options["most"])
        here = "../" * self.env.docname.count("/")
        address = escape(f"{self.options['setting']}&b.{knob}={value}")
        alt = "Decision region of {}, trained to its end, with the points that it was trained on"
        sides = "\n".join(
            f'<figure class="versus-{side}"><figcaption><strong>{side.upper()}</strong> '
            f"{words}</figcaption>\n"
            f'<img class="versus-picture" src="{here}{STILLS[side]}" width="{STILL_SIDE}" '
            f'height="{STILL_SIDE}" alt="{alt.format(side.upper())}">\n'
            '<p class="versus-score"></p></figure>'
            for side, words in (
                ("a", f"{name.lower()} 0"),
                ("b", f'{name.lower()} <output for="versus-knob">{escape(value)}</output>'),
            )
        )
        opening = (
            f'<div class="playground-versus" role="group" aria-label="Two networks, side by side" '
            f'data-address="{address}" data-knob="{escape(knob)}" data-pages="{here}">\n'
            f'{sides}\n<div class="versus-beside">'
        )
        closing = (
            f'<div class="versus-controls"><label for="versus-knob">{name} of B</label>\n'
            f'<input id="versus-knob" type="range" min="0" max="{most}" step="{STEP}" '
            f'value="{escape(value)}" autocomplete="off">\n'
            '<button type="button">Train</button> <span class="versus-now"></span></div>\n'
            f'<p class="versus-end"><span role="status"></span> <a class="versus-link" '
            f'href="{here}{PLAYGROUND}.html">Repeat it over many seeds</a></p>\n'
            "</div></div>"
        )
        beside = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, beside)
        return [_html(opening), *beside.children, _html(closing)]


class LicenceDirective(SphinxDirective):
    """Whose the book is and what one may do with it, as its footer says."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Take both from the book's settings, where they are written once."""
        config = self.config
        terms = config.html_theme_options.get("extra_footer", "")
        return [
            _html(f'<div class="front-licence"><p>By {escape(config.author)}.</p> {terms}</div>')
        ]


def _html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and their style sheet."""
    # What marks need of the verdicts.
    app.setup_extension("coursekit.sphinx.ledger")
    add_script(app, Path(__file__).with_suffix(".css"), mark='class="playground-versus"')
    app.add_directive("claim-marks", MarksDirective)
    app.add_directive("versus", VersusDirective)
    app.add_directive("licence", LicenceDirective)
    return PARALLEL

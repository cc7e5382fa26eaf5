"""What the pages about grades share: templates, untrusted Markdown and code made harmless, formulas without scripts."""

import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mistune
import nh3
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from latex2mathml.converter import convert as to_mathml
from markupsafe import Markup, escape
from mistune.plugins.math import math as formulas
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from coursekit.grading.results import OWN_CELL
from coursekit.pages.exercises import kind_of
from coursekit.units import counted

TEMPLATES = Path(__file__).with_name("templates")
LONGEST_TEXT = (
    50_000  # characters of Markdown that are read as such; longer texts are shown as they are
)
LONGEST_FORMULA = 500
TAGS = set(
    "a b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i kbd li ol p pre q s span strong sub summary sup "
    "table tbody td th thead tr ul".split()
)
# Our own HTML in a text: formulas and pictures. No more digits than a number of them can have.
_OURS = re.compile(r"\ue000(\d{1,6})\ue001")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@functools.cache
def environment() -> Environment:
    """The templates; everything that comes into them is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["points"] = points
    made.globals["code_style"] = Markup(_code_style())
    return made


@functools.cache
def templates_digest() -> str:
    """Changes when a template or one of these modules does."""
    files = [*sorted(TEMPLATES.iterdir()), Path(__file__), Path(__file__).with_name("feedback.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def points(number: float) -> str:
    """A number of points: 3, 2.5."""
    return f"{round(number, 2):g}"


def _code_style() -> str:
    """Colors for code that can be read in light and in dark."""
    light = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".code")
    dark = HtmlFormatter(style="a11y-high-contrast-dark").get_style_defs(".code")
    rules = {
        name: "\n".join(line for line in text.splitlines() if re.match(r"\.code \.\w+ \{", line))
        for name, text in (("light", light), ("dark", dark))
    }
    return f"{rules['light']}\n@media (prefers-color-scheme: dark) {{\n{rules['dark']}\n}}"


@functools.lru_cache(maxsize=1024)  # most cells are the same in all submissions
def code(source: str) -> Markup:
    """Python with colors; everything in it is escaped."""
    if len(source) > LONGEST_TEXT:
        return escape(source)
    return Markup(highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)))


class _Renderer(mistune.HTMLRenderer):
    """Renders Markdown below a heading of the page: headings go down by at most one level at a time."""

    def __init__(self, top: int) -> None:
        super().__init__(escape=False)  # nh3 cleans all of it
        self.top = self.last = top
        self.ours: list[str] = []
        self.pictures: Mapping[str, Mapping[str, str]] = {}

    def heading(self, text: str, level: int, **_: Any) -> str:
        self.last = min(level + self.top, self.last + 1, 6)
        return f"<h{self.last}>{text}</h{self.last}>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        known = self.pictures.get(url.removeprefix("attachment:"), {})
        for kind in ("image/png", "image/jpeg"):
            if _BASE64.fullmatch(known.get(kind, "")):
                said = escape(Markup(text).striptags() or "Picture that the student attached")
                return self._own(f'<img src="data:{kind};base64,{known[kind]}" alt="{said}">')
        return f"<em>[picture: {text or 'without a description'}]</em>"

    def inline_math(self, text: str) -> str:
        return self._formula(text, "inline")

    def block_math(self, text: str) -> str:
        return f"<p>{self._formula(text, 'block')}</p>"

    def _formula(self, text: str, display: str) -> str:
        return self._own(formula(text, display))

    def _own(self, html: str) -> str:
        """A mark for HTML that is ours, which comes in after the cleaning."""
        self.ours.append(html)
        return f"\ue000{len(self.ours) - 1}\ue001"


class Text:
    """Renders the Markdown cells of one notebook, which nobody has checked, below a heading of level ``top``."""

    def __init__(self, top: int) -> None:
        self.renderer = _Renderer(top)
        self.parse = mistune.Markdown(self.renderer, plugins=[formulas])
        mistune.plugins.import_plugin("table")(self.parse)

    def html(self, source: str, pictures: Mapping[str, Mapping[str, str]] | None = None) -> Markup:
        """A cell's Markdown as HTML without scripts, styles or anything from elsewhere.

        Of pictures it shows those among ``pictures``, the cell's attachments, which grading itself wrote.
        """
        source = source.replace("\ue000", "").replace("\ue001", "")
        if len(source) > LONGEST_TEXT:
            return self.verbatim(source)
        self.renderer.ours, self.renderer.pictures = [], pictures or {}
        try:
            made = self.parse(source)
        # A parser may fail on a text made for that.
        except Exception:
            return self.verbatim(source)
        clean = nh3.clean(
            made,
            tags=TAGS,
            attributes={"a": {"href", "title"}},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer",
        )
        # Our own MathML and pictures come in after the cleaning, so that it need not let any of theirs through.
        known = self.renderer.ours
        return Markup(
            _OURS.sub(lambda at: known[int(at[1])] if int(at[1]) < len(known) else "", clean)
        )

    def verbatim(self, source: str) -> Markup:
        """A text as it was written, up to a length."""
        left = len(source) - LONGEST_TEXT
        more = f"\n… Not shown: {counted(left, 'more character')}." if left > 0 else ""
        return Markup("<pre>{}{}</pre>").format(source[:LONGEST_TEXT], more)


@functools.lru_cache(maxsize=4096)
def formula(text: str, display: str = "inline") -> str:
    """A formula as MathML, which browsers show without scripts; as it was written where that fails."""
    written = str(Markup("<code>{}</code>").format(text.strip()))
    if len(text) > LONGEST_FORMULA:
        return written
    try:
        # latex2mathml escapes what it does not know, but that is not for us to trust.
        made = to_mathml(text.strip(), display=display)
    except Exception:  # it raises many kinds of errors on formulas that are none
        return written
    allowed = nh3.clean(
        made,
        tags=MATHML,
        attributes={"*": {"display", "mathvariant", "stretchy", "form", "fence", "accent"}},
    )
    return allowed if allowed.startswith("<math") else written


MATHML = set(
    "math mi mn mo ms mtext mrow msup msub msubsup mfrac msqrt mroot mover munder munderover mstyle mspace mtable mtr mtd "
    "mpadded menclose mphantom".split()
)


def steps(notebook: NotebookNode) -> dict[str, str]:
    """The heading above each check and answer, by cell, without its points."""
    found, heading = {}, "Before the first step"
    for cell in notebook.cells:
        official = not cell.get("id", "").startswith(OWN_CELL)
        if cell.cell_type == "markdown" and not kind_of(cell) and official:
            for line in cell.source.splitlines():
                if line.startswith("##") and line.lstrip("#").startswith(" "):
                    heading = re.sub(r"\(\d+ points?\)$", "", line.lstrip("#").strip()).rstrip()
        if kind_of(cell) in ("check", "answer"):
            found[cell.metadata.nbgrader.grade_id] = heading
    return found


def title(exercise: str, solutions: Mapping[str, NotebookNode]) -> str:
    """An exercise's own title, such as "a bound on the weights"."""
    for cell in solutions[exercise].cells if exercise in solutions else []:
        if found := re.search(r"^# +(?:Exercise: *)?(.+?)\s*$", cell.source, re.MULTILINE):
            return found[1] if cell.cell_type == "markdown" else exercise
    return exercise

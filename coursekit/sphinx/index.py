"""Sphinx: the index leads from each term of the glossary to its first use in each page.

Sphinx itself enters the glossary's terms. The rest follows from the links to them, so nobody keeps
a second list.
"""

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms import SphinxTransform

from coursekit.pages.terms import load_terms
from coursekit.problem import PageError
from coursekit.sphinx import PARALLEL


class GlossaryError(SphinxError):
    """The glossary cannot be read."""

    category = "Glossary"


class FirstUses(SphinxTransform):
    """Enter a page's first link to each term into the index, under the page's title."""

    default_priority: ClassVar[int] = 800  # before Sphinx collects the entries, at 850

    def apply(self, **_: object) -> None:
        """Put an entry and its place before each first link."""
        title = next(self.document.findall(nodes.title), None)
        if title is None:
            return
        seen = set()
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link.get("reftype") != "term" or isinstance(link.parent, nodes.title):
                continue
            name = self.app.course_terms.get(link["reftarget"].casefold())
            if name is None or name in seen:  # Sphinx warns of unknown terms
                continue
            seen.add(name)
            place = nodes.make_id(f"use of {name}")
            target = nodes.target("", "", ids=[place])
            self.document.note_explicit_target(target)
            entry = ("single", f"{name}; {title.astext()}", place, "", None)
            at = link.parent.index(link)
            link.parent[at:at] = [addnodes.index(entries=[entry]), target]


def _read_terms(app: Sphinx) -> None:
    try:
        terms = load_terms(Path(app.srcdir))
    except PageError as error:
        raise GlossaryError(str(error)) from error
    app.course_terms = {name.casefold(): term.names[0] for term in terms for name in term.names}


def _lead_back(app: Sphinx, page: str, _: str, context: dict[str, Any], __: object) -> None:
    """Give the index the link to the page before it, which pages without a source lack."""
    if page == "genindex" and not context.get("prev"):
        before = next(
            (name for name, (_, _, after) in app.env.collect_relations().items() if after == page),
            None,
        )
        if before:
            title = app.builder.render_partial(app.env.titles[before])["title"]
            context["prev"] = {"link": app.builder.get_relative_uri(page, before), "title": title}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what enters first uses."""
    app.connect("builder-inited", _read_terms)
    app.connect("html-page-context", _lead_back, priority=400)  # before the theme's own
    app.add_transform(FirstUses)
    return PARALLEL

"""Sphinx: what a link to a page shows where it is shared, and what visitors of a wrong address see.

Each page says its title and, by its first paragraph, what it is about. A card's picture and the map
of the book for search engines need its public address, ``baseurl`` in _config.yml, and are left out
while that is not set.
"""

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from coursekit.sphinx import PARALLEL

# Characters that a description has at most; more is cut off where it is shown.
LONGEST = 200
_CARD = '<meta name="{name}" content="{content}">'
_LOST = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>No such page: {title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 36rem; margin: 15vh auto; padding: 0 1rem; font: 1.1rem/1.6 sans-serif; }}
</style>
</head>
<body>
<main>
<h1>There is no such page</h1>
<p>The book has no page at this address. It may have moved, or the address has a slip.</p>
<p><a href="{book}index.html">To the book's first page</a>, or
<a href="{book}search.html">search the book</a>.</p>
</main>
</body>
</html>
"""


def describe(doctree: nodes.document) -> str:
    """Give a page's first paragraph, up to the end of the last sentence that fits."""
    for paragraph in doctree.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.section):
            continue
        words = " ".join(paragraph.astext().split())
        if len(words) <= LONGEST:
            return words
        end = max(words.rfind(mark, 0, LONGEST) for mark in (". ", "? "))
        return words[: end + 1] if end > 0 else f"{words[: LONGEST - 1]}…"
    return ""


def _add_card(
    app: Sphinx, name: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None:
        return
    first = name == app.config.root_doc
    if first:
        # The page is called as the book is, which is said once.
        context["docstitle"] = ""
        context["theme_logo"] = {**(context.get("theme_logo") or {}), "text": app.config.html_title}
    title, address = app.env.titles[name].astext(), app.config.html_baseurl
    card = {"og:type": "website" if first else "article", "og:title": title}
    if app.config.html_title != title:
        card["og:site_name"] = app.config.html_title
    if words := describe(doctree):
        card |= {"description": words, "og:description": words}
    if address:
        card["og:url"] = address + app.builder.get_target_uri(name)
        if app.config.course_card:
            card |= {
                "og:image": address + app.config.course_card,
                "twitter:card": "summary_large_image",
            }
    tags = (
        _CARD.format(name=name, content=escape(content)).replace(
            "name=", "property=" if name.startswith("og:") else "name=", 1
        )
        for name, content in card.items()
    )
    context["metatags"] = "\n".join([context.get("metatags", ""), *tags])


def _write_files(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    address, out = app.config.html_baseurl, Path(app.outdir)
    # A server shows it at any address, so that its links have to be whole.
    page = _LOST.format(
        language=app.config.language, title=escape(app.config.html_title), book=escape(address)
    )
    (out / "404.html").write_text(page, encoding="utf-8")
    if not address:
        return
    places = "".join(
        f"<url><loc>{escape(address + app.builder.get_target_uri(name))}</loc></url>\n"
        for name in sorted(app.env.found_docs)
    )
    (out / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n',
        encoding="utf-8",
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register ``course_card``, a picture in the built book, and what writes all this."""
    app.add_config_value("course_card", "", "html", [str])
    app.connect("html-page-context", _add_card)
    app.connect("build-finished", _write_files)
    return PARALLEL

"""Sphinx: old addresses lead to where pages lie now, and keep what follows ``#`` or ``?``.

``course_redirects`` in _config.yml says which. A script does it, since browsers drop a fragment
when a page is left by ``<meta http-equiv="refresh">``, which is for those without scripts. A page
that an edition of the book lacks has no such page.
"""

from html import escape
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from coursekit.sphinx import PARALLEL

_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="canonical" href="{address}">
<script>location.replace("{address}" + location.search + location.hash);</script>
<noscript><meta http-equiv="refresh" content="0; url={address}"></noscript>
</head>
<body><p>This page lies <a href="{address}">elsewhere</a> now.</p></body>
</html>
"""


def write_redirects(app: Sphinx, error: Exception | None) -> None:
    """Write the pages at old addresses.

    Raises ConfigError for one that is a page of the book.
    """
    if error or app.builder.format != "html":
        return
    for old, new in app.config.course_redirects.items():
        if old in app.env.found_docs:
            raise ConfigError(f"course_redirects: {old} is a page of the book, so it leads nowhere")
        if new not in app.env.found_docs:
            continue
        page = _PAGE.format(
            language=app.config.language,
            title=escape(app.env.titles[new].astext()),
            address=app.builder.get_relative_uri(old, new),
        )
        file = Path(app.outdir, f"{old}.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the setting and what writes the pages."""
    app.add_config_value("course_redirects", {}, "html", [dict])
    app.connect("build-finished", write_redirects)
    return PARALLEL

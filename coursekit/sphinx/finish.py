"""Sphinx: what the theme's HTML lacks to be valid, accessible and light.

Pages are finished once more after Sphinx has written them, since much of what is mended comes from
templates and stored outputs. Finishing a finished page changes nothing.
"""

import re
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from PIL import Image
from sphinx.application import Sphinx

from coursekit.sphinx import PARALLEL

# Scripts of the theme that nothing here uses: Thebe, which runs cells on a server found through a
# CDN; icons as SVG, which the icon font of the style sheet shows as well; and folds, which are the
# browser's own here.
_UNUSED_SCRIPTS = re.compile(r"thebe|/fontawesome\.js|togglebutton", re.IGNORECASE)
_UNUSED_SCRIPT_TEXT = re.compile(r"thebe|toggleHint|toggleOpenOnPrint|togglebutton|kernelName")
# Files that no browser asks for: maps for debugging the theme, and fonts for browsers older than
# 2016.
_UNUSED_FILES = ("_static/**/*.map", "_static/**/*.ttf", "_static/scripts/fontawesome.js*")
_HTML5 = HTMLFormatter(
    entity_substitution=EntitySubstitution.substitute_xml, void_element_close_prefix=None
)


def finish(html: str, folder: Path) -> str:
    """Mend a page of the book; ``folder`` is where it lies, from which its images are found."""
    page = BeautifulSoup(html, "html.parser")
    for mend in (_scripts, _head, _folds, _tables, _lists, _controls):
        mend(page)
    _images(page, folder)
    return page.decode(formatter=_HTML5)


def _scripts(page: BeautifulSoup) -> None:
    """Only what a page uses is loaded: without formulas no MathJax, larger than all the rest."""
    unused, text = _UNUSED_SCRIPTS, _UNUSED_SCRIPT_TEXT
    if not page.select_one("main .math"):
        unused = re.compile(f"{unused.pattern}|/mathjax/", re.IGNORECASE)
        text = re.compile(rf"{text.pattern}|window\.MathJax")
    for script in page.find_all(["script", "link"]):
        address = f"{script.get('src') or script.get('href') or ''} {script.get('type') or ''}"
        if unused.search(address) or text.search(script.string or ""):
            script.decompose()


def _head(page: BeautifulSoup) -> None:
    for repeated in page.find_all("meta", attrs={"name": "viewport"})[1:]:
        repeated.decompose()


def _folds(page: BeautifulSoup) -> None:
    """Folds are the browser's own, named by their visible words, and open without scripts."""
    for fold in page.select("div.admonition.dropdown"):
        fold.name = "details"
        fold["class"] = ["admonition", "fold"]
        fold.find("p", class_="admonition-title").name = "summary"
    for summary in page.select("details > summary"):
        del summary["aria-label"]
        for words in summary.find_all("p"):  # a paragraph is not allowed there
            words.name = "span"


def _tables(page: BeautifulSoup) -> None:
    """Wide tables scroll inside themselves, by keyboard, too; an empty corner is no heading."""
    # pandas brings rules for each table with it, in a form that HTML has given up.
    for rules in page.select("main style[scoped]"):
        rules.decompose()
    for number, table in enumerate(page.select("main table"), start=1):
        for corner in table.find_all("th"):
            if not corner.get_text(strip=True):
                corner.name = "td"
        for head in table.select("thead th"):
            head["scope"] = "col"
        for head in table.select("tbody th"):
            head["scope"] = "row"
        if "ledger" in table.get("class", []):
            continue  # ledger.css folds it into cards instead
        box = table.parent
        if "pst-scrollable-table-container" not in box.get("class", []):
            box = table.wrap(page.new_tag("div", attrs={"class": "pst-scrollable-table-container"}))
        caption = table.find("caption")
        about = caption or table.find_previous(["h1", "h2", "h3", "h4"])
        words = about.get_text().strip().removesuffix("#") if about else ""
        box.attrs.update(tabindex="0", role="region")
        box["aria-label"] = f"Table {number}: {' '.join(words.split())}"


def _lists(page: BeautifulSoup) -> None:
    """Works are items of a list; ``doc-biblioentry`` has been withdrawn from ARIA."""
    for entry in page.select("[role=doc-biblioentry]"):
        entry["role"] = "listitem"


def _controls(page: BeautifulSoup) -> None:
    # All content lies in a landmark.
    if sidebar := page.find("div", id="pst-primary-sidebar"):
        sidebar.attrs.update({"role": "complementary", "aria-label": "The book"})
    for icon in page.select("i[class*=fa-], span[class*=fa-]"):
        icon["aria-hidden"] = "true"


def _images(page: BeautifulSoup, folder: Path) -> None:
    """Images get their size, so that nothing jumps, load when near, and become smaller."""
    for number, image in enumerate(page.select("main img")):
        path = folder / str(image["src"])
        if not path.is_file() or path.suffix not in (".png", ".webp"):
            continue
        path = lighter(path)
        image["src"] = str(Path(image["src"]).with_name(path.name).as_posix())
        with Image.open(path) as opened:
            image["width"], image["height"] = map(str, opened.size)
        if number:
            image["loading"] = "lazy"


def lighter(path: Path) -> Path:
    """Give the lossless WebP of a PNG, made beside it, or the PNG itself where that is smaller."""
    webp = path.with_suffix(".webp")
    stale = not webp.exists() or webp.stat().st_mtime < path.stat().st_mtime
    if path.suffix == ".png" and stale:
        with Image.open(path) as image:
            image.save(webp, lossless=True, quality=100, method=4)
    return min(webp, path, key=lambda file: file.stat().st_size) if webp.exists() else path


def _finish_book(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for pattern in _UNUSED_FILES:
        for file in out.glob(pattern):
            file.unlink()
    for page in [*app.env.found_docs, "search", "genindex"]:
        file = out / f"{page}.html"
        if file.exists():
            file.write_text(finish(file.read_text("utf-8"), file.parent), "utf-8")
    for image in (out / "_images").glob("*.png"):
        if lighter(image) != image:  # its page shows the other one
            image.unlink()
        else:
            image.with_suffix(".webp").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the finish, which comes after all else that writes files."""
    app.connect("build-finished", _finish_book, priority=900)
    return PARALLEL

"""Every page of the built book in a real browser: on a desktop and on a phone, light and dark."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from coursekit.browser import DESKTOP, PHONE, start
from coursekit.paths import LEDGER
from tests.support.books import PAGES
from tests.support.browsing import AXE, RULES, ask_axe, need_chromium
from tests.support.looks import (
    COUNT_SHIFTS,
    LOAD_ALL_IMAGES,
    SEEN,
    Looks,
    judge,
    wait_until_done,
    watch,
)

pytestmark = pytest.mark.slow

COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# Where a phone shows other colours than a desktop. Elsewhere contrast, which takes axe longest, is
# looked at once for each theme.
OTHER_COLOURS_ON_A_PHONE = [LEDGER]
# Bytes that a server sends for a page with all it loads; servers compress text.
HEAVIEST = 1_500_000
NOT_WEIGHED = ("mathjax/", "vega/", "searchindex.js")


@pytest.fixture(scope="module")
def looks(book: Path, site: str) -> Looks:
    """Look at every page in every look, with two browsers side by side."""
    need_chromium()
    found, waiting = Looks(), SimpleQueue()
    sizes = {page: (book / f"{page}.html").stat().st_size for page in PAGES}
    for page in sorted(PAGES, key=sizes.get, reverse=True):
        waiting.put(page)
    with ThreadPoolExecutor(2) as pool:
        job = partial(look_at_pages, book, site, waiting, found)
        for work in [pool.submit(job) for _ in range(2)]:
            work.result()
    return found


def look_at_pages(book: Path, site: str, waiting: SimpleQueue, found: Looks):
    with sync_playwright() as playwright:
        browser = start(playwright)
        contexts = {
            theme: browser.new_context(color_scheme=theme, reduced_motion="reduce")
            for theme in ("light", "dark")
        }
        for context in contexts.values():
            context.add_init_script(COUNT_SHIFTS)
        while True:
            try:
                name = waiting.get_nowait()
            except Empty:
                break
            for theme, context in contexts.items():
                look_at(name, theme, context, book, site, found)
        browser.close()


# For contrast alone, which takes minutes with ten thousand elements: of the coloured words of
# listings one of each kind stays, the others become plain text, and formulas, whose glyphs are no
# text, go.
THIN_OUT = """() => {
  const kinds = new Set();
  for (const word of document.querySelectorAll("pre span")) {
    const place = [word.parentElement.className, !!word.closest(".cell_output")];
    const kind = [word.className, ...place].join("|");
    if (kinds.has(kind)) word.replaceWith(word.textContent);
    kinds.add(kind);
  }
  for (const formula of document.querySelectorAll("mjx-container")) formula.replaceChildren();
}"""


def look_at(
    name: str, theme: str, context: BrowserContext, book: Path, site: str, found: Looks
) -> None:
    """Look at a page in one theme, on a desktop and on a phone."""
    page = context.new_page()
    watch(page, f"{name}, {theme}", site, found)
    for viewport in (DESKTOP, PHONE):
        where = f"{name}, {theme}, {viewport['width']} wide"
        page.set_viewport_size(viewport)
        page.goto(f"{site}{name}.html")
        wait_until_done(page)
        seen = page.evaluate(SEEN)
        judge(seen, where, found)
        page.evaluate(LOAD_ALL_IMAGES)
        if (viewport, theme) == (DESKTOP, "light"):
            found.weights[name] = weigh(page, book, site)
        page.evaluate(AXE + ";0")
        if theme == "light":  # the other theme differs in nothing but colours
            off = {rule: {"enabled": False} for rule in COLOUR_RULES}
            found.axe += ask_axe(page, where, {"runOnly": RULES, "rules": off})
        if viewport == DESKTOP or name in OTHER_COLOURS_ON_A_PHONE:
            page.evaluate(THIN_OUT)
            found.axe += ask_axe(page, where, {"runOnly": COLOUR_RULES})
        found.looked_at.add((name, theme, viewport["width"]))
    page.close()


def weigh(page: Page, book: Path, site: str) -> int:
    """Give the bytes that a server sends for a page and all that it loaded."""
    loaded = {unquote(urlsplit(url).path).lstrip("/") for url in page.evaluate(SEEN)["loaded"]}
    loaded.add(page.url.removeprefix(site))
    weighed = [book / name for name in loaded if not any(part in name for part in NOT_WEIGHED)]
    text = (".html", ".css", ".js", ".svg")
    return sum(
        len(gzip.compress(path.read_bytes(), 6)) if path.suffix in text else path.stat().st_size
        for path in weighed
    )


def test_every_page_is_looked_at_in_every_look(looks: Looks) -> None:
    assert len(looks.looked_at) == 4 * len(PAGES)


@pytest.mark.parametrize("kind", Looks.KINDS)
def test_no_page_has_findings_about_its(looks: Looks, kind: str) -> None:
    findings = getattr(looks, kind)
    assert not findings, "\n".join(findings[:40])


def test_there_are_formulas_to_render(looks: Looks) -> None:
    assert looks.formulas > 100


def test_no_page_is_heavy(looks: Looks) -> None:
    heavy = {page: weight for page, weight in looks.weights.items() if weight > HEAVIEST}
    assert looks.weights and not heavy

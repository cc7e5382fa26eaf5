"""The built book in Firefox and in Safari's engine, served and as files."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from coursekit.browser import serve
from coursekit.paths import LEDGER, PLAYGROUND
from tests.support.books import CHAPTER, PAGES, TOC
from tests.support.drawn import drawn
from tests.support.engines import Engine, firefox, webkit
from tests.support.looks import LOAD_ALL_IMAGES, SEEN, Looks, judge, wait_until_done

pytestmark = pytest.mark.slow

# With formulas, sliders, live runs, the marks and the forest: all that differs between pages.
KINDS = [TOC["root"], CHAPTER, LEDGER, PLAYGROUND, "search"]
# What goes wrong on a page from its first script on, which WebDriver does not tell.
NOTE = """<script>
window.noted = [];
addEventListener("error", ({message, target}) =>
  noted.push(message ?? `no ${target.src ?? target.href}`), true);
addEventListener("unhandledrejection", e => noted.push(String(e.reason)));
for (const kind of ["error", "warn"]) console[kind] = (...said) => noted.push(said.join(" "));
</script>"""
REGION = "document.querySelector(\"canvas[aria-label^='Decision region after']\")"
STATUS = "document.querySelector('.playground-status').textContent"
DRAWN = f"""() => {{
  const {{data}} = {REGION}.getContext("2d").getImageData(0, 0, 40, 40);
  return new Set(new Uint32Array(data.buffer)).size;
}}"""


@pytest.fixture(scope="module")
def noting(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, whose pages note what goes wrong on them."""
    copy = tmp_path_factory.mktemp("noting") / "book"
    shutil.copytree(book, copy, copy_function=os.link)
    for name in PAGES:
        page = copy / f"{name}.html"
        text, places = re.subn("<head>", f"<head>{NOTE}", page.read_text("utf-8"), count=1)
        assert places == 1
        page.unlink()
        page.write_text(text, "utf-8")
    return copy


@pytest.fixture(scope="module", params=[firefox, webkit], ids=["firefox", "webkit"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with request.param() as opened:
        yield opened


@pytest.fixture(scope="module", params=["http", "file"])
def root(request: pytest.FixtureRequest, noting: Path) -> Iterator[str]:
    """The address of the book: where it is served, and where it lies."""
    with serve(noting) as site:
        yield site if request.param == "http" else f"{noting.as_uri()}/"


def test_pages_show_everything_without_an_error(engine: Engine, root: str) -> None:
    found = Looks()
    for name in drawn(f"{type(engine).__name__} {root[:4]}", PAGES, 4, always=KINDS):
        engine.goto(f"{root}{name}.html")
        wait_until_done(engine)
        engine.evaluate(LOAD_ALL_IMAGES)
        seen = engine.evaluate(SEEN)
        judge(seen, name, found)
        found.requests += [f"{name}: {url}" for url in seen["loaded"] if not url.startswith(root)]
        found.console += [f"{name}: {text}" for text in engine.evaluate("noted")]
    assert found.formulas > 10  # of the chapter, whatever else was drawn
    assert {kind: getattr(found, kind) for kind in Looks.KINDS if getattr(found, kind)} == {}


def test_the_playground_trains(engine: Engine, root: str) -> None:
    engine.goto(f"{root}{PLAYGROUND}.html")
    engine.wait_for("document.querySelector('.playground-options button')")
    engine.click(".playground-options button")  # a prediction, which trains
    engine.wait_for("document.querySelector('.playground-page').playground.epochs() > 20")
    engine.click(".playground-play")
    engine.wait_for(f"/^Epoch [0-9,]+: test accuracy .*0[.][0-9]+/.test({STATUS})")
    assert engine.evaluate(DRAWN) > 1
    assert engine.evaluate("noted") == []


def test_a_worked_example_trains_in_its_chapter(engine: Engine, root: str) -> None:
    engine.goto(f"{root}chapters/dropout.html")
    engine.click("details[data-example=dropout] > summary")
    engine.wait_for("document.querySelector('.playground-options button')")
    engine.click(".playground-options button")
    engine.wait_for(REGION)
    assert engine.evaluate(DRAWN) > 1
    assert engine.evaluate("noted") == []


def test_search_finds_a_word_without_an_error(engine: Engine, root: str) -> None:
    engine.goto(f"{root}search.html?q=dropout")
    items = "document.querySelectorAll('#search-results ul.search li')"
    engine.wait_for(f"{items}.length > 10 && !document.querySelector('#search-progress')")
    engine.wait_for("document.querySelector('.search-summary').textContent.includes('found')")
    if root.startswith("http"):
        engine.wait_for(f"[...{items}].every(one => one.querySelector('p.context'))")
    assert engine.evaluate("noted") == []

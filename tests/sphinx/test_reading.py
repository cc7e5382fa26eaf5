"""What a reader does with the built book in a real browser, served and as files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from coursekit.browser import DESKTOP
from coursekit.paths import GLOSSARY, LEDGER, PLAYGROUND, ROOT
from tests.support.books import CHAPTER, EXERCISE, IN_ORDER, PAGES
from tests.support.looks import LOAD_ALL_IMAGES, SEEN, Looks, judge, wait_until_done, watch

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a desktop in the light theme."""
    context = browser.new_context(viewport=DESKTOP, color_scheme="light", reduced_motion="reduce")
    yield context.new_page()
    context.close()


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


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize(
    ("old", "new", "asked", "seen"),
    [
        # The playground writes out the setting of an example that it is asked for.
        ("laboratory", PLAYGROUND, "?a=1#try-dropout", "?a=1#example=dropout"),
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
    root, found = site if scheme == "http" else f"{book.as_uri()}/", Looks()
    watch(page, "search", root, found)
    page.goto(f"{root}index.html")
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input").fill("momentum")
    page.keyboard.press("Enter")
    page.get_by_text("Search finished, found").wait_for()
    results = page.locator("#search-results ul.search li")
    if scheme == "http":  # a page opened as a file may not read others
        page.wait_for_function(
            "[...document.querySelectorAll('#search-results ul.search li')]"
            ".every(one => one.querySelector('p.context')?.textContent.trim())"
        )
    assert results.count() > 10
    assert (found.console, found.requests) == ([], [])
    first = results.locator("a").first
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


def test_without_scripts_text_and_folds_are_there(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}{EXERCISE}.html")
    fold = page.locator("details.admonition.fold").first
    fold.locator("> summary").click()
    assert fold.locator("> :not(summary)").first.is_visible()
    assert page.locator("main article h1").is_visible()
    context.close()

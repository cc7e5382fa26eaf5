"""Figures with a slider, in the built book and a real browser."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from coursekit.browser import DESKTOP, PHONE
from tests.support.browsing import AXE, RULES, ask_axe
from tests.support.looks import SEEN, Looks, judge, wait_until_done, watch

pytestmark = pytest.mark.slow

SLIDERS = {"chapters/batch_normalization": 1, "chapters/dropout": 2, "chapters/noise": 2}
FIGURE = """figure => [...figure.querySelectorAll("image, path")].map(
  part => part.getAttribute("href") ?? part.getAttribute("d")).join()"""
ANOTHER = f"([figure, before]) => ({FIGURE})(figure) !== before"


@pytest.mark.parametrize(
    ("scheme", "viewport", "theme"), [("http", DESKTOP, "light"), ("file", PHONE, "dark")]
)
@pytest.mark.parametrize(("name", "count"), SLIDERS.items())
def test_sliders_move_their_figures_by_keyboard(
    browser: Browser,
    book: Path,
    site: str,
    name: str,
    count: int,
    scheme: str,
    viewport: dict,
    theme: str,
) -> None:
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
        figure, slider = fold.locator(".slider-figure"), fold.locator("input[type=range]")
        figure.locator("svg").wait_for()
        seen = [figure.evaluate(FIGURE)]
        for key in ("Home", "ArrowRight", "End"):
            slider.press(key)
            page.wait_for_function(ANOTHER, arg=[figure.element_handle(), seen[-1]])
            seen.append(figure.evaluate(FIGURE))
        assert len(set(seen[1:])) == 3
        assert len(seen[0]) > 100
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


def test_without_scripts_their_pictures_are_there_and_nothing_that_cannot_work(
    browser: Browser, site: str
) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    for name, count in SLIDERS.items():
        page.goto(f"{site}{name}.html")
        sliders = page.locator("details.slider")
        assert sliders.count() == count
        for slider in sliders.all():
            assert not slider.is_visible()
            assert slider.locator(
                "xpath=ancestor::div[contains(@class, 'cell_output')]//img"
            ).is_visible()
    context.close()

"""The playground in the built book and a real browser: on its page, and in the chapters."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from coursekit.browser import DESKTOP, PHONE
from coursekit.paths import PLAYGROUND, ROOT
from coursekit.sphinx.playground import read_examples
from tests.support.browsing import AXE, RULES, ask_axe
from tests.support.looks import SEEN, Looks, judge, wait_until_done, watch

pytestmark = pytest.mark.slow

LIVE = {"chapters/batch_normalization": 5, "chapters/dropout": 3, "chapters/noise": 4}
WAITING = ".playground canvas[aria-label='Decision region before training']"
TRAINED = ".playground canvas[aria-label^='Decision region after']"
LOADED = "() => [...document.scripts, ...document.styleSheets].filter(one => /playground\\//.test(one.src ?? one.href)).length"
# Where the playground is seen once nothing moves any more; the theme scrolls slowly.
TOP_AT_REST = """() => new Promise(done => {
  let before;
  const look = () => {
    const {top} = document.querySelector(".playground-page").getBoundingClientRect();
    if (document.readyState === "complete" && top === before) return done(top);
    before = top;
    setTimeout(look, 500);
  };
  look();
})"""
both_ways = pytest.mark.parametrize(
    ("scheme", "viewport", "theme"), [("http", DESKTOP, "light"), ("file", PHONE, "dark")]
)


@both_ways
def test_the_playground_trains_on_its_page_by_keyboard(
    browser: Browser, book: Path, site: str, scheme: str, viewport: dict, theme: str
) -> None:  # fmt: skip
    root, found, name = site if scheme == "http" else f"{book.as_uri()}/", Looks(), PLAYGROUND
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    watch(page, name, root, found)
    page.goto(f"{root}{name}.html")
    page.wait_for_selector(WAITING)  # for a prediction; nobody has asked it to train
    assert page.evaluate(LOADED) == 2
    page.get_by_label("Example").press("End")  # the last example
    page.get_by_label("Example").select_option("after-activation")
    # Its 100 epochs would else be over before the pause.
    page.get_by_label("Speed").select_option("1 epoch a second")
    page.locator(".playground-options button").first.press("Enter")  # a prediction, which trains
    page.wait_for_selector(TRAINED)
    page.get_by_role("button", name="Pause", exact=True).press("Enter")
    page.locator(".playground-all > summary").press("Enter")
    page.get_by_label("Seeds in a row", exact=True).fill("2")
    page.get_by_role("button", name="One epoch").press("Enter")
    page.locator(".playground-status", has_text="mean of 2 seeds").wait_for()
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
    browser: Browser, book: Path, site: str, name: str, count: int, scheme: str, viewport: dict, theme: str
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
        fold.locator(".playground-status", has_text=re.compile(r"Epoch 1[:,]")).wait_for()
        example = fold.get_attribute("data-example")
        link = fold.get_by_role("link", name="Open it in the playground")
        assert link.get_attribute("href").endswith(f"{PLAYGROUND}.html#example={example}")
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
    summary, train = fold.locator("> summary"), fold.locator(".playground-play")
    summary.click()
    page.wait_for_selector(WAITING)
    fold.locator(".playground-options button").first.click()
    page.wait_for_selector(TRAINED)
    assert train.text_content() == "Pause"
    summary.click()  # closed, it does not train on
    page.wait_for_function(
        "document.querySelector('[data-example=dropout] .playground-play').textContent === 'Train'"
    )
    summary.click()
    fold.get_by_role("link", name="Open it in the playground").click()
    page.wait_for_selector(WAITING)
    assert page.get_by_label("Example").input_value() == "dropout"
    assert page.get_by_label("Dropout rate after hidden layers", exact=True).input_value() == "0"
    page.get_by_role("button", name="A", exact=True).click()
    assert page.get_by_label("Dropout rate after hidden layers", exact=True).input_value() == "0.4"
    page.get_by_role("button", name="One epoch").click()
    page.wait_for_selector(TRAINED)
    page.evaluate(
        "() => { window.first = new WeakRef(document.querySelector('.playground-page').playground.bench.pairs[0].a); }"
    )
    for example in ("false-lag", "overfit", "false-lag", "overfit"):
        page.locator(f"a.playground-run[href='#try-{example}']").click()
        page.wait_for_function(
            f"document.querySelector('.playground select').value === '{example}'"
        )
        page.wait_for_selector(WAITING)
        page.get_by_role("button", name="One epoch").click()
        page.wait_for_selector(TRAINED)
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    # What trained before is gone.
    assert page.evaluate("first.deref() === undefined")
    context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_address_that_asks_for_a_run_leads_to_where_it_is_seen(
    browser: Browser, book: Path, viewport: dict
) -> None:
    """The example of this name lies further down, and its pictures let the page grow while it loads."""
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.goto(f"{(book / f'{PLAYGROUND}.html').as_uri()}#try-noise-on-both")
    page.wait_for_selector(WAITING)
    assert 0 <= page.evaluate(TOP_AT_REST) < 100
    assert page.get_by_label("Example").input_value() == "noise-on-both"
    context.close()


@pytest.mark.parametrize(
    ("address", "example", "said"),
    [
        ("#try-dropuot", "", "There is no example dropuot."),
        ("#data.kind=circles&noise.input=2", "", "noise.input goes from 0 to 1, not 2"),
        ("#dropout.hidden=0.5", "", ""),
        ("#what-you-see", "dropout", ""),
        ("", "dropout", ""),
    ],
)
def test_what_is_wrong_with_an_address_is_said_and_stays(
    browser: Browser, site: str, address: str, example: str, said: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{site}{PLAYGROUND}.html{address}")
    page.wait_for_selector(WAITING)
    wait_until_done(page)
    status = page.inner_text(".playground-status")
    assert said in status and bool(status) == bool(said)
    assert page.get_by_label("Example").input_value() == example
    assert page.get_by_role("button", name="Train", exact=True).is_visible()
    if not said:  # A place on the page stays in the address, and so does nothing.
        assert page.url == f"{site}{PLAYGROUND}.html{address}"
    context.close()


def test_a_playground_that_could_not_be_loaded_can_be_asked_for_again(browser: Browser, site: str) -> None:  # fmt: skip
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    context.route("**/playground/playground.js", lambda route: route.abort(), times=1)
    page.goto(f"{site}{PLAYGROUND}.html")
    page.get_by_text("The playground could not be loaded.").wait_for()
    context.unroute_all()
    page.get_by_role("button", name="Start the playground").click()
    page.wait_for_selector(WAITING)
    context.route("**/playground/playground.js", lambda route: route.abort(), times=1)
    page.goto(f"{site}chapters/dropout.html")
    fold = page.locator("details.playground-fold").first
    fold.locator("summary").click()
    fold.get_by_text("The playground could not be loaded.").wait_for()
    # So is one that a browser loads and cannot run.
    context.route("**/playground/playground.js", lambda route: route.fulfill(body="throw 1"), times=1)  # fmt: skip
    for _ in range(2):
        fold.locator("> summary").click()
    fold.get_by_text("The playground could not be loaded.").wait_for()
    for _ in range(2):
        fold.locator("> summary").click()
    page.wait_for_selector(WAITING)
    assert fold.get_by_text("could not be loaded").count() == 0
    context.close()


def test_without_scripts_the_page_shows_what_keras_recorded_and_nothing_that_cannot_work(
    browser: Browser, site: str
) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}chapters/dropout.html")
    assert not page.locator("details.playground-fold").first.is_visible()
    page.goto(f"{site}{PLAYGROUND}.html#try-dropout")
    assert page.get_by_text("Training needs scripts").is_visible()
    assert not page.get_by_role("button", name="Start the playground").is_visible()
    assert page.locator("img[alt*='runs of']").count() == len(read_examples(ROOT))
    recorded = page.locator("section#example-dropout details")
    assert not recorded.locator("img").is_visible()  # since it is the answer
    recorded.locator("summary").click()
    assert recorded.locator("img").is_visible()
    context.close()

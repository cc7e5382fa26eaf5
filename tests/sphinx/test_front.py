"""The book's first page: two networks that train there, a mark for each claim, and ways on."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from coursekit.browser import PHONE
from coursekit.paths import LEDGER, PLAYGROUND, ROOT
from coursekit.results.ledger import load_ledger
from coursekit.results.verdicts import load_verdicts
from coursekit.sphinx.front import STILLS
from tests.support.books import build_page
from tests.support.browsing import AXE, RULES, ask_axe
from tests.support.looks import COUNT_SHIFTS, SEEN, Looks, judge, wait_until_done, watch

pytestmark = pytest.mark.slow

FIRST_SCREEN, PHONE_SCREEN = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
LAST = ".front-licence"  # of what has to be seen at once
ENDED = ".versus-end [role=status]:has-text('B against A')"
BUNDLE = "playground/playground.js"
VERSUS = "document.querySelector('.playground-versus').versus"
# The weights of a side, layer by layer, in one list.
WEIGHTS = "versus.{}.run.layers.flatMap(layer => layer.kernel ? [...layer.kernel] : [])"


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def visit(browser: Browser, address: str, **options: object) -> Page:
    page = browser.new_context(**({"viewport": FIRST_SCREEN} | options)).new_page()
    page.goto(f"{address}index.html")
    return page


# ------------------------------------------------------------------------------ the claims


@pytest.fixture(scope="module")
def marks(book: Path) -> list[Tag]:
    page = BeautifulSoup((book / "index.html").read_text(encoding="utf-8"), "html.parser")
    return page.select(".claim-marks a")


def test_each_claim_of_the_ledger_has_a_mark_that_leads_to_its_line(
    book: Path, marks: list[Tag]
) -> None:
    ledger = BeautifulSoup((book / f"{LEDGER}.html").read_text(encoding="utf-8"), "html.parser")
    mechanics = {line["id"] for line in ledger.select(".forest-exact details")}
    lines = {line["id"] for line in ledger.select("details.claim-line, table.ledger tbody tr")}
    places = [mark["href"].partition("#") for mark in marks]
    assert {page for page, _, _ in places} == {f"{LEDGER}.html"}
    assert sorted(place for _, _, place in places) == sorted(lines - mechanics)
    assert len(lines) > 30 and mechanics


def test_a_mark_says_what_is_claimed_and_what_came_of_it_by_which_rule(marks: list[Tag]) -> None:
    said = {mark.strong.text: words(mark) for mark in marks}
    for one in load_verdicts(ROOT):
        if one.kind != "mechanics":
            assert said[one.name].startswith(f"{one.mark} {one.name} ")
            assert said[one.name].endswith(f" {one.verdict}")
    for claim in load_ledger(ROOT).claims:
        assert claim.verdict in said[claim.name]
        assert ("second seeds disagree" in said[claim.name]) != claim.agrees
        assert said[claim.name].endswith(", by the earlier rule")
    assert all(mark.span["aria-hidden"] == "true" for mark in marks)  # its shape is not read aloud


def test_verdicts_differ_in_shape_as_well_as_in_colour(marks: list[Tag]) -> None:
    looks = {(mark.span.text, *mark["class"]) for mark in marks}
    signs = [look[0] for look in looks]
    assert len(signs) == len(set(signs)) > 5


def test_pointing_at_a_mark_shows_its_words_and_a_click_opens_its_line(
    browser: Browser, site: str
) -> None:
    page = visit(browser, site, reduced_motion="reduce")
    mark, other = page.locator(".claim-marks a").nth(3), page.locator(".claim-marks a").nth(4)
    shown = "one => getComputedStyle(one).clipPath === 'none'"
    seen = mark.locator(".mark-words"), other.locator(".mark-words")
    assert [one.evaluate(shown) for one in seen] == [False, False]
    mark.hover()
    assert [one.evaluate(shown) for one in seen] == [True, False]
    mark.focus()
    page.keyboard.press("Tab")
    assert seen[1].evaluate(shown)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{LEDGER}.html#*")
    line = page.locator(f"details[id='{page.url.partition('#')[2]}']")
    assert line.get_attribute("open") is not None
    assert line.locator("dl").is_visible()
    page.context.close()


def test_no_words_of_a_mark_are_cut_off(browser: Browser, site: str) -> None:
    page = visit(browser, site, reduced_motion="reduce")
    cut = page.locator(".mark-words").evaluate_all(
        "all => all.filter(one => one.scrollHeight > one.clientHeight + 1)"
        ".map(one => one.textContent)"
    )
    assert cut == []
    page.context.close()


def test_the_keyboard_can_pass_the_marks_by(browser: Browser, site: str) -> None:
    page = visit(browser, site, reduced_motion="reduce")
    skip = page.get_by_role("link", name="Skip the marks of all claims")
    skip.focus()
    assert skip.is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(".front-ways :focus").inner_text() == "Play"
    page.context.close()


# ------------------------------------------------------------------------------ the networks


def loaded(page: Page) -> bool:
    names = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    return any(BUNDLE in name for name in names)


@pytest.fixture
def trained(browser: Browser, site: str) -> Iterator[Page]:
    """The first page where motion is welcome, when both networks have come to their end."""
    page = visit(browser, site, reduced_motion="no-preference")
    page.wait_for_selector(ENDED)
    yield page
    page.context.close()


def test_both_networks_train_by_themselves_from_the_same_first_weights(trained: Page) -> None:
    scores = trained.locator(".versus-score").all_inner_texts()
    assert all("test accuracy 0." in score and "test loss" in score for score in scores)
    assert trained.locator("canvas[aria-label^='Decision region after']").count() == 2
    differences = trained.evaluate(
        f"""() => {{
          const versus = {VERSUS};
          const trained = [{WEIGHTS.format("a")}, {WEIGHTS.format("b")}];
          for (const side of versus.sides()) side.begin(side.run.setting);
          const first = [{WEIGHTS.format("a")}, {WEIGHTS.format("b")}];
          return [trained, first].map(
            ([a, b]) => Math.max(...a.map((value, at) => Math.abs(value - b[at]))));
        }}"""
    )
    assert differences[0] > 0.01 and differences[1] == 0


def test_the_slider_changes_b_and_leaves_a_as_it_is(trained: Page) -> None:
    trained.evaluate(f"() => {{ window.before = {VERSUS}.a.run; }}")
    a, b = trained.locator(".versus-score").all_inner_texts()
    picture = trained.locator(".versus-a canvas").evaluate("one => one.toDataURL()")
    trained.locator("#versus-knob").press("End")
    trained.wait_for_selector(ENDED)
    assert trained.evaluate(f"{VERSUS}.a.run === before")
    assert trained.locator(".versus-a canvas").evaluate("one => one.toDataURL()") == picture
    assert trained.locator(".versus-score").all_inner_texts()[0] == a
    assert trained.locator(".versus-score").all_inner_texts()[1] != b
    assert trained.evaluate(f"{VERSUS}.b.run.setting.dropout.hidden") == 0.8
    assert trained.inner_text("output") == "0.8"


def test_the_slider_back_at_zero_gives_the_network_of_a(trained: Page) -> None:
    trained.locator("#versus-knob").press("Home")
    trained.wait_for_selector(ENDED)
    a, b = trained.locator(".versus-score").all_inner_texts()
    assert a == b
    assert "accuracy +0.00, loss +0.00" in trained.inner_text(".versus-end")


def test_training_pauses_and_goes_on_and_begins_again(trained: Page) -> None:
    button = trained.locator(".versus-controls button")
    assert button.inner_text() == "Train again"
    button.click()
    trained.get_by_text("Pause", exact=True).click()
    trained.get_by_text("Train", exact=True).wait_for()
    epochs = trained.evaluate(f"{VERSUS}.sides().map(({{run}}) => run.epochs)")
    trained.wait_for_timeout(300)
    assert trained.evaluate(f"{VERSUS}.sides().map(({{run}}) => run.epochs)") == epochs
    assert min(epochs) < 1000
    button.click()
    trained.wait_for_selector(ENDED)


def test_the_link_opens_both_settings_in_the_playground_over_several_seeds(trained: Page) -> None:
    trained.locator("#versus-knob").press("ArrowRight")
    trained.get_by_role("link", name="Repeat it over many seeds").click()
    trained.wait_for_url(f"**/{PLAYGROUND}.html#*")
    trained.wait_for_selector(".playground canvas[aria-label='Decision region before training']")
    found = trained.evaluate(
        "(({a, b}) => [a.dropout.hidden, b.dropout.hidden, a.seeds, a.network.width])"
        "(document.querySelector('.playground-page').playground)"
    )
    assert found == [0, 0.35, 10, 100]


def test_the_pictures_seen_before_show_what_the_training_comes_to(trained: Page) -> None:
    for side, still in STILLS.items():
        shot = trained.locator(f".versus-{side} canvas").evaluate("""async one => {
          const blob = await new Promise(done => one.toBlob(done));
          return [...new Uint8Array(await blob.arrayBuffer())];
        }""")
        now = np.asarray(Image.open(BytesIO(bytes(shot))).convert("RGB"), dtype=float)
        kept = np.asarray(Image.open(ROOT / "pages" / still).convert("RGB"), dtype=float)
        assert np.abs(now - kept).mean() < 4, f"{still} is stale; run `make picture`"


def test_where_motion_is_unwelcome_nothing_loads_or_moves_until_asked(
    browser: Browser, site: str
) -> None:
    page = visit(browser, site, reduced_motion="reduce")
    wait_until_done(page)
    page.wait_for_timeout(1500)
    assert not loaded(page) and page.locator("canvas").count() == 0
    assert page.locator("img.versus-picture").count() == 2
    page.get_by_role("button", name="Train", exact=True).press("Enter")
    page.wait_for_selector(ENDED)
    page.context.close()


def test_where_motion_is_unwelcome_the_slider_begins_with_its_value(
    browser: Browser, site: str
) -> None:
    page = visit(browser, site, reduced_motion="reduce")
    wait_until_done(page)
    page.locator("#versus-knob").press("Home")
    page.wait_for_selector(ENDED)
    assert page.evaluate(f"{VERSUS}.b.run.setting.dropout.hidden") == 0
    page.context.close()


def test_networks_that_could_not_be_loaded_can_be_asked_for_again(
    browser: Browser, site: str
) -> None:
    context = browser.new_context(viewport=FIRST_SCREEN, reduced_motion="no-preference")
    context.route(f"**/{BUNDLE}", lambda route: route.abort(), times=1)
    page = context.new_page()
    page.goto(f"{site}index.html")
    page.get_by_text("The networks could not be loaded.").wait_for()
    context.unroute_all()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_selector(ENDED)
    context.close()


# ------------------------------------------------------------------------------ the page


def test_without_scripts_the_pictures_the_claims_and_the_ways_on_are_there(
    browser: Browser, site: str
) -> None:
    page = visit(browser, site, java_script_enabled=False)
    for image in page.locator("img.versus-picture").all():
        assert image.is_visible()
        assert image.evaluate("one => one.complete && one.naturalWidth") == 440
    assert not page.locator("#versus-knob").is_visible()
    assert not page.get_by_role("button", name="Train").is_visible()
    assert not page.get_by_text("Repeat it over many seeds").is_visible()
    page.locator(".claim-marks a").first.hover()
    shown = page.locator(".mark-words").first.evaluate(
        "one => [getComputedStyle(one).clipPath, getComputedStyle(one).backgroundColor]"
    )
    assert shown == ["none", "rgb(255, 255, 255)"]
    assert not page.locator(".versus-live").is_visible()
    ways = page.locator(".front-ways strong a").all_inner_texts()
    assert ways == ["Play", "Read", "Verdicts", "Teach"]
    page.locator(".claim-marks a").first.click()
    page.wait_for_url(f"**/{LEDGER}.html#*")
    page.context.close()


@pytest.mark.parametrize(("viewport", "screens"), [(FIRST_SCREEN, 1), (PHONE_SCREEN, 2)])
def test_all_that_can_be_done_fits_the_first_screens(
    browser: Browser, site: str, viewport: dict, screens: int
) -> None:
    page = visit(browser, site, viewport=viewport, reduced_motion="no-preference")
    page.wait_for_selector(ENDED)
    for part in ("article h1", ".playground-versus", ".claim-marks-box", ".front-ways", LAST):
        box = page.locator(f"main {part}").first.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= screens * viewport["height"], part
        assert box["x"] + box["width"] <= viewport["width"], part
    page.context.close()


def test_a_card_leads_where_its_first_word_does_and_links_in_it_elsewhere(
    browser: Browser, site: str
) -> None:
    page = visit(browser, site, reduced_motion="reduce")
    page.locator(".front-ways li").nth(3).click(position={"x": 100, "y": 80})
    page.wait_for_url("**/pages/instructors.html")
    page.go_back()
    page.locator(".front-ways li").nth(1).get_by_role("link", name="noise").click()
    page.wait_for_url("**/chapters/noise.html")
    page.context.close()


@pytest.mark.parametrize(
    ("scheme", "viewport", "theme"),
    [
        ("http", FIRST_SCREEN, "light"),
        ("http", PHONE, "light"),
        ("file", FIRST_SCREEN, "dark"),
        ("file", PHONE, "dark"),
    ],
)
def test_while_it_trains_nothing_is_logged_asked_elsewhere_moved_or_hard_to_use(
    browser: Browser, book: Path, site: str, scheme: str, viewport: dict, theme: str
) -> None:
    root, found = site if scheme == "http" else f"{book.as_uri()}/", Looks()
    context: BrowserContext = browser.new_context(
        viewport=viewport, color_scheme=theme, reduced_motion="no-preference"
    )
    context.add_init_script(COUNT_SHIFTS)
    page = context.new_page()
    watch(page, theme, root, found)
    page.goto(f"{root}index.html")
    page.wait_for_selector(ENDED)
    seen = page.evaluate(SEEN)
    judge(seen, theme, found)
    page.evaluate(AXE + ";0")
    found.axe += ask_axe(page, theme, {"runOnly": RULES})
    assert seen["shifted"] < 0.02
    problems = [getattr(found, kind) for kind in Looks.KINDS]
    assert problems == [[] for _ in Looks.KINDS]
    context.close()


# ------------------------------------------------------------------------------ what is refused


OTHERS = ":setting: epochs=10\n:most: 1\n:name: Rate"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "needs the options knob"),
        (":knob: dropout\n", "is 'dropout'; give one part"),
    ],
)
def test_networks_that_differ_in_nothing_are_refused(
    tmp_path: Path, options: str, message: str
) -> None:
    done = build_page(tmp_path, f"```{{versus}}\n{options}{OTHERS}\n```\n", "front")
    assert done.returncode != 0
    assert message in done.stderr
    assert "index.md:3" in done.stderr

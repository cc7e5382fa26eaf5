"""The playground's page asks for predictions, shows units and curves, and works on a phone and by keyboard."""

import re

import pytest
from playwright.sync_api import Page

from tests.support.browsing import AXE, RULES, ask_axe
from tests.support.playing import QUICK, fill, go, lines, middle, press, settle, shorten, status

pytestmark = pytest.mark.slow

SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll('.playground *')]
  .filter(one => one.checkVisibility() && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
  .map(one => one.getScreenCTM ? one.getScreenCTM().a * parseFloat(getComputedStyle(one).fontSize) : parseFloat(getComputedStyle(one).fontSize)))"""


# ------------------------------------------------------------------------------ examples


def test_an_example_waits_for_a_prediction_and_shows_no_answer_before(opened: Page) -> None:
    shorten(opened, "max-norm", 40)
    go(opened, "try-max-norm")
    question = opened.locator(".playground-question")
    assert opened.evaluate("playground.epochs()") == 0
    why = "A unit has two incoming weights here"
    assert why not in opened.content()
    assert list(lines(opened)) == ["A, test", "A, training", "B, test", "B, training"]
    question.get_by_role("button", name="more than 0.05").click()
    settle(opened)
    assert "You said “more than 0.05”." in question.inner_text()
    assert "The test accuracies of A and B are at most 0.000 apart." in question.inner_text()
    assert question.get_by_role("button", name="not at all ✓").is_disabled()
    question.locator("summary").click()
    assert why in question.inner_text()
    where = question.get_by_role("link", name="Where the book has it")
    assert (
        where.get_attribute("href")
        == "solutions/dropout/max_norm.html#exercise-a-bound-on-the-weights"
    )
    question.get_by_role("button", name="Next question").click()
    assert opened.get_by_label("Example").input_value() == "dropout-repeated"


def test_the_example_stays_when_its_knobs_are_turned_and_marks_what_was_changed(opened: Page) -> None:  # fmt: skip
    go(opened, "try-after-activation")
    assert opened.url.endswith("#example=after-activation")
    asked = opened.locator(".playground-asked").inner_text()
    # What "The false lag" is about.
    fill(opened, "Momentum of the moving averages", "0.9")
    assert opened.get_by_label("Example").input_value() == "after-activation"
    assert opened.url.endswith("#example=after-activation&normalization.momentum=0.9")
    assert opened.locator(".playground-asked").inner_text() == asked
    changed = opened.locator(".playground-field.playground-changed")
    assert changed.count() == 1
    opened.get_by_role("button", name="Momentum of the moving averages: back to 0.99").click()
    assert changed.count() == 0
    assert opened.url.endswith("#example=after-activation")
    fill(opened, "Momentum of the moving averages", "0.9")
    press(opened, "Back to it")
    assert opened.url.endswith("#example=after-activation")


def test_after_the_answer_a_change_is_measured_by_the_same_question(opened: Page) -> None:
    shorten(opened, "max-norm", 40)
    go(opened, "try-max-norm")
    opened.locator(".playground-options button").first.click()
    settle(opened)
    now = opened.locator(".playground-again")
    assert now.text_content() == ""
    opened.get_by_role("button", name="A", exact=True).click()
    fill(opened, "Max-norm of hidden units (0: none)", "0.1")  # trains at once
    opened.wait_for_function("playground.epochs() === 40")
    settle(opened)
    apart = re.fullmatch(
        r"As it is set now: The test accuracies of A and B are at most (0\.\d{3}) apart\.",
        now.inner_text(),
    )
    assert float(apart[1]) > 0
    opened.get_by_label("Speed").select_option("1")
    fill(opened, "Max-norm of hidden units (0: none)", "0.2")
    assert now.text_content() == ""  # what was measured is of another setting
    opened.get_by_label("Speed").select_option("0")
    settle(opened)


def test_a_setting_like_another_example_does_not_become_it(opened: Page) -> None:
    opened.get_by_label("Example").select_option("no-noise")  # has the setting of another example
    assert opened.get_by_label("Example").input_value() == "no-noise"
    opened.get_by_label("Example").select_option("")
    assert opened.get_by_label("Example").input_value() == ""
    fill(opened, "Units in each", "20")
    assert opened.url.endswith("#network.width=20")
    assert "Dense(20," in opened.locator(".playground-code code").text_content()


@pytest.mark.parametrize("how", ["keys", "pointer"])
def test_a_curve_is_sketched_as_a_prediction_and_laid_over_the_result(opened: Page, how: str) -> None:  # fmt: skip
    shorten(opened, "baseline", 20)
    go(opened, "try-baseline")
    press(opened, "or sketch the test curve")
    plot = opened.locator(".playground-sketching")
    if how == "keys":
        plot.press("Home")
        for key in ["ArrowUp"] * 5 + ["ArrowRight"] * 25 + ["ArrowUp"] * 5:
            plot.press(key)
    else:
        box = middle(plot)
        opened.mouse.move(box["x"] + 70, box["y"] + 120)
        opened.mouse.down()
        opened.mouse.move(box["x"] + 280, box["y"] + 40, steps=8)
        opened.mouse.up()
    settle(opened)
    drawn = lines(opened)["your sketch"]
    assert len(drawn) >= 2 and drawn[-1] > drawn[0]
    press(opened, "Train")
    settle(opened)
    assert "Your sketch is 0." in opened.locator(".playground-result").inner_text()
    assert lines(opened)["your sketch"] == drawn


@pytest.mark.parametrize(
    ("address", "said", "units"),
    [
        ("try-dropuot", "There is no example dropuot.", "500"),
        ("noise.input=2", "noise.input goes from 0 to 1, not 2: Keras' GaussianNoise", "500"),
        ("network.layers=4&data.points=4000&data.train=0.9&batch=4000", "Below is “The baseline” instead.", "50"),
    ],
)  # fmt: skip
def test_an_address_that_asks_for_what_cannot_be_is_told_so(opened: Page, address: str, said: str, units: str) -> None:  # fmt: skip
    go(opened, address)
    assert said in status(opened)
    assert opened.get_by_label("Units in each", exact=True).input_value() == units
    assert opened.evaluate("playground.refused")
    go(opened, "try-dropout")
    assert not opened.evaluate("playground.refused")
    assert status(opened) == ""


# ------------------------------------------------------------------------------ inside


def test_units_are_pictures_whose_part_of_the_output_is_seen_when_pointed_at(opened: Page) -> None:
    go(opened, f"{QUICK}&network.layers=2")
    opened.locator(".playground-look > summary").click()  # folded on a phone
    press(opened, "Train")
    settle(opened)
    units, words = opened.locator(".playground-unit"), opened.locator(".playground-close p")
    assert units.count() == 12
    assert "6 of the 20 units of layer 1 and 6 of the 20 units of layer 2" in opened.inner_text(".playground-note")  # fmt: skip
    assert words.inner_text().startswith("The output: the sum of all parts")
    opened.keyboard.press("Tab")
    units.nth(8).focus()
    assert re.match(r"Layer 2, unit \d+: its part of the output", words.inner_text())
    units.nth(0).hover()
    assert re.match(r"Layer 1, unit \d+: what it gives to the next layer", words.inner_text())
    assert opened.locator(".playground-edges path").count() == 2 * 6 + 6 * 6 + 6
    assert opened.locator(".playground-histograms svg").count() == 3


def test_one_switch_shows_the_network_as_training_sees_it(opened: Page) -> None:
    go(opened, "network.width=20&epochs=30&dropout.hidden=0.8&noise.input=0.3")
    opened.locator(".playground-look > summary").click()
    press(opened, "Train")
    settle(opened)
    dropped = opened.locator(".playground-unit.playground-dropped")
    # Of its pixels, the share that is seen to differ from before: some edges do whenever it is drawn.
    opened.evaluate(
        """() => { const canvas = document.querySelector(".playground-region"), {width, height} = canvas;
          const copy = Object.assign(document.createElement("canvas"), {width, height}).getContext("2d", {willReadFrequently: true});
          const pixels = () => { copy.drawImage(canvas, 0, 0); return copy.getImageData(0, 0, width, height).data; }, before = pixels();
          window.differs = () => pixels().filter((value, at) => Math.abs(value - before[at]) > 40).length / before.length; }"""
    )
    assert dropped.count() == 0
    opened.get_by_role("button", name="training mode").click()
    settle(opened)
    units = opened.evaluate(
        "playground.layout.inside.look.columns[0].units.map(({dropped}) => dropped)"
    )
    assert dropped.count() == sum(units) > 0
    assert opened.evaluate("differs()") > 0.01  # points lie where noise put them
    opened.get_by_role("button", name="inference mode").click()
    settle(opened)
    assert opened.evaluate("differs()") < 0.001
    assert dropped.count() == 0


def test_loss_and_gradient_along_the_next_step_are_drawn_for_both(opened: Page) -> None:
    go(opened, "network.width=10&epochs=10&normalization.place=before&b.normalization.place=none")
    opened.get_by_text("Along the next step: is the loss smooth?").click()
    press(opened, "Train")
    settle(opened)
    loss, change = opened.evaluate(
        "[playground.layout.ahead.loss, playground.layout.ahead.change].map(({lines}) => lines.map(({name, x, y}) => [name, x.length, y[0]]))"
    )
    assert loss == [["A", 13, 1], ["B", 13, 1]]
    assert change == [["A", 13, 0], ["B", 13, 0]]


# ------------------------------------------------------------------------------ charts


def test_curves_tell_their_values_to_pointer_and_keys_and_are_zoomed_together(opened: Page) -> None:
    press(opened, "Train")
    settle(opened)
    plot = opened.get_by_label("Accuracy, values along the curves")
    plot.press("Home")
    for _ in range(20):
        plot.press("ArrowRight")
    test = lines(opened)["test"]
    assert f"epoch 12: test {test[11]:.3g}".rstrip("0") in plot.get_attribute("aria-valuetext")
    over = plot.locator(".u-over")
    box = middle(over)
    opened.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    assert "epoch 15" in opened.locator(".playground-where").first.inner_text()
    plot.press("+")
    plot.press("+")
    assert opened.evaluate("playground.layout.zoom.range.map(Math.round)") == [11, 19]
    shown = "[...document.querySelectorAll('.playground-chart')].map(one => one.querySelector('button').checkVisibility())"
    assert opened.evaluate(shown)[:2] == [True, True]
    press(opened, "All epochs")
    assert opened.evaluate("playground.layout.zoom.range") is None
    box = middle(over)
    opened.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 50)
    opened.mouse.down()
    opened.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
    opened.mouse.up()
    low, high = opened.evaluate("playground.layout.zoom.range")
    assert (low, high) == (pytest.approx(6, abs=0.3), pytest.approx(18, abs=0.3))
    plot.press("Escape")
    assert opened.evaluate("playground.layout.zoom.range") is None


def test_axes_are_fixed_to_what_is_planned(opened: Page) -> None:
    go(opened, "network.width=20")
    press(opened, "One epoch")
    settle(opened)
    axes = "[playground.layout.accuracy, playground.layout.loss].map(({plot}) => [plot.scales.x.max, plot.scales.y.min, plot.scales.y.max])"
    assert opened.evaluate(axes) == [[4000, 0.4, 1], [4000, 0, 0.8]]
    for _ in range(3):
        press(opened, "One epoch")
    settle(opened)
    assert opened.evaluate(axes) == [[4000, 0.4, 1], [4000, 0, 0.8]]


def test_curves_that_are_not_asked_for_are_not_shown(opened: Page) -> None:
    press(opened, "Train")
    settle(opened)
    assert list(lines(opened)) == ["test", "training", "training, as Keras reports it"]
    opened.get_by_role("button", name="training", exact=True).click()
    settle(opened)
    assert list(lines(opened)) == ["test", "training, as Keras reports it"]


# ------------------------------------------------------------------------------ the page


def test_two_playgrounds_of_a_page_take_turns(opened: Page) -> None:
    opened.evaluate(
        """() => { const place = document.createElement("div"); place.className = "playground"; document.body.append(place);
          window.other = Playground.open(place, {address: "try-false-lag", small: true, knobs: ["normalization.momentum"]}); }"""
    )
    go(opened, "network.width=50")
    opened.evaluate("playground.toggle(); other.toggle()")
    assert opened.evaluate("[playground.playing, other.playing]") == [False, True]
    opened.evaluate("other.pause()")
    opened.wait_for_function("playground.loop.timer === undefined && other.loop.timer === undefined")  # fmt: skip
    assert opened.get_by_label("Momentum of the moving averages", exact=True).count() == 2
    assert opened.evaluate("new Set([...document.querySelectorAll('[id]')].map(one => one.id)).size") == opened.locator("[id]").count()  # fmt: skip


def test_in_a_chapter_a_knob_turns_what_is_compared_in_a_and_all_else_in_both(opened: Page) -> None:
    opened.evaluate(
        """() => { const root = document.getElementById("root");
          window.playground = Playground.open(root, {address: "try-before-activation", small: true, knobs: ["network.layers", "normalization.place"]}); }"""
    )
    settle(opened)
    fill(opened, "Hidden layers", "2")
    opened.get_by_label("Batch normalization", exact=True).select_option("after")
    assert opened.evaluate(
        "[playground.a, playground.b].map(({network, normalization}) => [network.layers, normalization.place])"
    ) == [[2, "after"], [2, "none"]]
    assert opened.locator(".playground-chips li").count() == 1


def test_on_a_phone_regions_and_scores_stay_in_sight_while_a_knob_is_turned(opened: Page) -> None:
    go(opened, f"{QUICK}&b.dropout.hidden=0")
    press(opened, "Train")
    settle(opened)
    fill(opened, "Learning rate", "0.002")
    settle(opened)
    assert opened.evaluate("scrollY") > 300
    for mini in opened.locator(".playground-minis canvas").all():
        box = mini.bounding_box()
        assert 0 <= box["y"] < 150 and box["width"] >= 40
    assert 0 <= opened.locator(".playground-status").bounding_box()["y"] < 150
    assert "test accuracy A 0." in status(opened)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1400])
def test_the_playground_is_accessible_fits_and_is_legible(opened: Page, theme: str, width: int) -> None:  # fmt: skip
    opened.set_viewport_size({"width": width, "height": 900})
    opened.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    if theme == "dark":  # as the book's theme
        opened.add_style_tag(
            content=":root { --pst-color-text-base: #ced6dd; --pst-color-background: #14181e; --pst-color-surface: #29313d; "
            "--pst-color-text-muted: #9ca4af; --pst-color-border: #48566b; --pst-color-primary: #3fb1c5; --pst-color-on-primary: #000; "
            "--pst-color-link: #8ab4f8 } body { background: #14181e; color: #ced6dd }"
        )
    go(opened, f"{QUICK}&b.dropout.hidden=0&data.kind=drawn&data.drawn=gAgBrAgBgArBrArA")
    press(opened, "Train")
    settle(opened)
    press(opened, "Pin A")
    for fold in opened.locator(".playground details > summary").all():
        fold.click()
    settle(opened)
    # As the book's theme does, which may look at the listing before it is seen.
    opened.evaluate("document.querySelector('.playground-code pre').tabIndex = -1")
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert opened.evaluate(SMALLEST_TEXT) >= 12
    opened.evaluate(AXE + ";0")
    assert ask_axe(opened, "playground", {"runOnly": RULES}) == []


def test_tab_leads_through_all_controls_in_their_order(opened: Page) -> None:
    opened.get_by_label("Example").select_option("before-activation")
    expected = opened.evaluate(
        """() => [...document.querySelectorAll('.playground :is(a, button, select, input, summary, [tabindex])')]
          .filter(one => one.checkVisibility() && !one.disabled).map((one, index) => { one.dataset.place = index; return String(index); })"""
    )
    assert len(expected) > 30
    walked = []
    opened.keyboard.press("Tab")
    while (place := opened.evaluate("document.activeElement.dataset.place")) is not None:
        walked.append(place)
        assert opened.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        opened.keyboard.press("Tab")
    assert walked == expected

"""The playground's page does what its reader asks for, by mouse, touch and keyboard, and says what cannot be."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.support.browsing import AXE, RULES, ask_axe

pytestmark = pytest.mark.slow

# A small network that is quick to train: none of the book's examples.
QUICK = "network.width=20&dropout.hidden=0.4&epochs=30"
DROPOUT = "Dropout rate after hidden layers"
SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll('.playground *')]
  .filter(one => one.checkVisibility() && [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
  .map(one => one.getScreenCTM ? one.getScreenCTM().a * parseFloat(getComputedStyle(one).fontSize) : parseFloat(getComputedStyle(one).fontSize)))"""


@pytest.fixture
def opened(file: Path, browser: Browser) -> Iterator[Page]:
    """The playground, opened on a phone from a file."""
    context = browser.new_context(viewport={"width": 375, "height": 800}, has_touch=True)
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))
    page.goto(f"{file.as_uri()}#{QUICK}")
    page.evaluate(
        """() => {
          const root = document.getElementById('root');
          root.classList.add('playground-page');
          window.playground = Playground.open(root, {address: location.hash.slice(1), follow: true});
        }"""
    )
    settle(page)
    yield page
    assert page.errors == []
    context.close()


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    if not field.is_visible():
        page.locator(".playground-all > summary").click()
    field.fill(value)
    field.press("Tab")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def middle(it: Locator) -> dict[str, float]:
    """Scroll to it so that nothing that stays in sight covers it; give where it is."""
    it.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    return it.bounding_box()


def settle(page: Page) -> None:
    """Wait until all is trained and drawn."""
    page.wait_for_function("playground.loop.timer === undefined")


def go(page: Page, address: str) -> None:
    page.evaluate("address => playground.go(address)", address)
    settle(page)


def shorten(page: Page, name: str, epochs: int) -> None:
    """Let an example have fewer epochs than in the book."""
    page.evaluate(
        """([name, epochs]) => { const {a, b} = Playground.EXAMPLES.find(one => one.name === name);
          for (const setting of b ? [a, b] : [a]) setting.epochs = epochs; }""",
        [name, epochs],
    )


def status(page: Page) -> str:
    return page.locator(".playground-status").inner_text()


def lines(page: Page, chart: str = "accuracy") -> dict[str, list[float]]:
    """The values of the lines of a chart, by their names."""
    return page.evaluate(
        "chart => Object.fromEntries(playground.layout[chart].lines.map(({name, y}) => [name, y]))",
        chart,
    )


# ------------------------------------------------------------------------------ training


def test_it_trains_pauses_and_is_reset(opened: Page) -> None:
    press(opened, "One epoch")
    settle(opened)
    assert status(opened).startswith("Epoch 1: test accuracy 0.")
    go(opened, f"{QUICK}&epochs=20000")
    opened.get_by_role("button", name="Train", exact=True).press("Enter")
    opened.wait_for_function("playground.epochs() > 20")
    opened.get_by_role("button", name="Pause").press("Enter")
    settle(opened)
    epoch = opened.evaluate("playground.epochs()")
    assert status(opened).startswith(f"Epoch {epoch:,}:")
    press(opened, "Reset")
    settle(opened)
    assert status(opened) == ""
    assert opened.locator(".playground-now").inner_text() == "Not trained yet."
    for _ in range(2):
        press(opened, "One epoch")
    settle(opened)
    assert opened.evaluate("playground.epochs()") == 2


@pytest.mark.parametrize(
    "act", ["pause()", "step()", "try('seeds', 10)", "try('data.noise', 0.2)", "compare(true)", "redraw()", "toggle()", "reset()"]
)  # fmt: skip
def test_what_a_reader_asks_for_is_done_in_slices(opened: Page, act: str) -> None:
    """An epoch of 1,000 updates of five runs would keep the page from answering for seconds."""
    go(opened, "data.points=2000&data.train=0.5&batch=1&seeds=5&network.width=20")
    opened.evaluate("playground.train()")
    opened.wait_for_function(
        "playground.bench.pairs[0].a.middle && playground.bench.pairs[0].a.updates.step > 20"
    )
    updates = opened.evaluate(
        f"""() => {{
          const {{advance}} = Playground.Training.prototype;
          let count = 0;
          Playground.Training.prototype.advance = function () {{ count++; return advance.call(this); }};
          playground.{act};
          Playground.Training.prototype.advance = advance;
          return count;
        }}"""
    )
    assert updates == 0
    opened.evaluate("playground.root.remove()")


def test_a_pause_in_an_epoch_ends_it_for_both_and_shows_the_regions_of_its_end(opened: Page) -> None:  # fmt: skip
    go(opened, "batch=3&network.layers=2&network.width=100&b.dropout.hidden=0.5")
    opened.evaluate("playground.train()")
    opened.wait_for_function(
        "playground.epochs() > 3 && playground.bench.pairs[0].b.middle && !playground.bench.pairs[0].a.middle"
    )
    press(opened, "Pause")
    settle(opened)
    epochs, shown, looked = opened.evaluate(
        """() => { const {a, b} = playground.bench.pairs[0];
          return [[a.epochs, b.epochs],
                  [["a", a], ["b", b]].map(([side, run]) => playground.layout.regions[side].shown.updates === run.updates.step),
                  [a, b].map(({history}) => history.epochs.at(-1))]; }"""
    )
    assert epochs[0] == epochs[1]
    assert looked == epochs
    assert shown == [True, True]
    for region in opened.locator(".playground-region").all():
        words = region.get_attribute("aria-label")
        assert words.startswith(f"Decision region after {epochs[0]} epochs")


def test_training_that_diverges_is_said_to(opened: Page) -> None:
    go(
        opened,
        "optimizer.kind=sgd&optimizer.rate=10&network.layers=4&network.width=50&network.initial=normal&network.spread=5&epochs=20",
    )
    opened.evaluate("playground.train()")
    settle(opened)
    assert "training has diverged" in status(opened)
    assert all(
        np.isfinite(np.array(values, float)).all() for values in lines(opened, "loss").values()
    )


def test_it_ends_where_the_example_ends_and_goes_on_when_told(opened: Page) -> None:
    press(opened, "Train")
    settle(opened)
    assert status(opened).startswith("Epoch 30:")
    press(opened, "Train")
    opened.wait_for_function("playground.epochs() > 35")
    press(opened, "Pause")
    settle(opened)
    assert opened.evaluate("playground.layout.accuracy.end % 30") == 0


def test_a_knob_turned_after_a_run_has_ended_starts_the_next(opened: Page) -> None:
    fill(opened, DROPOUT, "0.3")
    settle(opened)
    assert opened.evaluate("playground.epochs()") == 0
    press(opened, "Train")
    settle(opened)
    fill(opened, DROPOUT, "0.5")
    opened.wait_for_function("playground.epochs() === 30 && playground.a.dropout.hidden === 0.5")


def test_at_a_fixed_speed_it_takes_its_time(opened: Page) -> None:
    seconds = {}
    for pace, epochs in (("10", 20), ("1", 3)):
        opened.get_by_label("Speed").select_option(pace)
        press(opened, "Reset")
        seconds[pace] = opened.evaluate(
            """epochs => new Promise(done => {
              const begun = performance.now();
              playground.train();
              const look = () => playground.epochs() >= epochs ? done((performance.now() - begun) / 1000) : setTimeout(look, 5);
              look();
            })""",
            epochs,
        )
        opened.evaluate("playground.pause()")
        settle(opened)
    # The first epoch begins at once; a busy machine may be late, but never early.
    assert seconds["10"] > 1.85 and seconds["1"] > 1.95
    assert seconds["10"] / 19 < seconds["1"] / 2


def test_while_it_trains_it_shows_where_it_stands_and_reads_out_only_the_end(opened: Page) -> None:
    now, said = opened.locator(".playground-now"), opened.locator(".playground-status")
    opened.get_by_label("Speed").select_option("10")
    press(opened, "Train")
    opened.wait_for_function(
        "/^Epoch \\d+: test accuracy 0\\.\\d{3}/.test(document.querySelector('.playground-now').innerText)"
    )
    assert said.text_content() == ""
    assert now.evaluate("one => one.closest('[role], [aria-live]')") is None
    opened.get_by_label("Speed").select_option("0")
    settle(opened)
    assert said.inner_text().startswith("Epoch 30:")
    assert not now.is_visible()


# ------------------------------------------------------------------------------ knobs


def test_a_slider_and_its_number_say_the_same(opened: Page) -> None:
    number = opened.get_by_label(DROPOUT, exact=True)
    slider = opened.get_by_label(f"{DROPOUT}, slider")
    assert slider.input_value() == "0.4"
    slider.press("ArrowRight")
    assert number.input_value() == "0.45"
    assert "dropout.hidden=0.45" in opened.url
    fill(opened, DROPOUT, "0.2")
    assert slider.input_value() == "0.2"
    fill(opened, DROPOUT, "0.95")  # the number goes further
    assert slider.input_value() == "0.9"
    assert "dropout.hidden=0.95" in opened.url


def test_an_example_shows_the_knobs_that_matter_and_all_others_in_a_fold(opened: Page) -> None:
    go(opened, "try-false-lag")
    few = opened.locator(".playground-few label")
    assert few.all_inner_texts() == [
        "Batch normalization", "Momentum of the moving averages", "Activation", "Hidden layers",
    ]  # fmt: skip
    assert not opened.get_by_label("Batch size", exact=True).is_visible()
    opened.locator(".playground-all > summary").click()
    assert opened.get_by_label("Batch size", exact=True).is_visible()
    labels = opened.locator(".playground-controls label").all_inner_texts()
    assert len(labels) == len(set(labels)) == 28


def test_knobs_without_effect_are_disabled_and_say_why(opened: Page) -> None:
    opened.locator(".playground-all > summary").click()
    momentum = opened.get_by_label("Momentum of the moving averages", exact=True)
    why = opened.locator(f"#{momentum.get_attribute('aria-describedby')}")
    assert momentum.is_disabled()
    assert why.inner_text() == "No effect: there is no batch normalization."
    opened.get_by_label("Batch normalization", exact=True).select_option("after")
    assert momentum.is_enabled() and why.inner_text() == ""


def test_steps_of_a_spinner_throw_no_finished_run_away(opened: Page) -> None:
    press(opened, "Train")
    settle(opened)
    kept = opened.locator(".playground-shelf > li")
    assert kept.count() == 0
    number = opened.get_by_label(DROPOUT, exact=True)
    opened.get_by_label("Speed").select_option("1")
    for _ in range(6):  # each begins a run that does not come to its end
        number.press("ArrowUp")
    assert kept.count() == 1
    assert "Dropout rate after hidden layers: 0.4" in kept.inner_text()
    assert "after 30 epochs" in kept.inner_text()
    opened.get_by_label("Speed").select_option("0")
    settle(opened)
    assert opened.evaluate("playground.a.dropout.hidden") == pytest.approx(0.7)


def test_what_keras_refuses_is_refused_with_the_reason(opened: Page) -> None:
    label = "Noise in hidden layers"
    fill(opened, label, "1.5")
    noise = opened.get_by_label(label, exact=True)
    why = opened.locator(f"#{noise.get_attribute('aria-describedby')}")
    assert "Keras' GaussianNoise takes a standard deviation from 0 to 1 only" in why.inner_text()
    assert noise.get_attribute("aria-invalid") == "true"
    assert "noise.hidden" not in opened.url
    fill(opened, label, "")
    assert why.inner_text().startswith("A number is missing")
    fill(opened, label, "0.5")
    assert why.inner_text() == "" and "noise.hidden=0.5" in opened.url


def test_what_would_freeze_the_page_is_refused_beside_its_control(opened: Page) -> None:
    fill(opened, "Units in each", "500")
    fill(opened, "Hidden layers", "4")
    layers = opened.get_by_label("Hidden layers", exact=True)
    why = opened.locator(f"#{layers.get_attribute('aria-describedby')}")
    assert "would freeze the page" in why.inner_text()
    assert "network.layers" not in opened.url


# ------------------------------------------------------------------------------ comparing


def test_two_settings_are_compared_and_what_differs_is_said_with_undo(opened: Page) -> None:
    press(opened, "Compare with a second setting")
    compared = opened.locator(".playground-compared")
    assert "nothing yet. Change one thing." in compared.inner_text()
    fill(opened, DROPOUT, "0")
    chips = opened.locator(".playground-chips li")
    assert chips.inner_text().startswith("Dropout rate after hidden layers: 0.4 → 0")
    assert "b.dropout.hidden=0" in opened.url
    fill(opened, "Batch size", "8")
    assert chips.count() == 2
    assert "2 things differ" in compared.inner_text()
    opened.get_by_role("button", name="Undo: Batch size").click()
    assert chips.count() == 1
    press(opened, "Train")
    settle(opened)
    assert list(lines(opened)) == ["A, test", "A, training", "B, test", "B, training"]
    assert len({len(values) for values in lines(opened).values()}) == 1
    assert opened.locator(".playground-region:visible").count() == 2
    a = lines(opened)["A, test"]
    press(opened, "Swap A and B")
    settle(opened)
    assert lines(opened)["B, test"] == a
    press(opened, "End the comparison")
    settle(opened)
    assert "B, test" not in lines(opened)
    assert opened.locator(".playground-region:visible").count() == 1
    # What was compared with is kept.
    assert opened.locator(".playground-shelf > li").count() == 1


def test_points_seed_and_epochs_are_those_of_both(opened: Page) -> None:
    go(opened, f"{QUICK}&b.dropout.hidden=0")
    fill(opened, "Seed", "7")
    fill(opened, "Epochs", "4")
    opened.get_by_role("button", name="Two moons").click()
    assert opened.evaluate(
        "[playground.a, playground.b].map(({seed, epochs, data}) => [seed, epochs, data.kind])"
    ) == 2 * [[7, 4, "moons"]]
    assert opened.locator(".playground-chips li").count() == 1
    fill(opened, "Points", "60")
    opened.get_by_label("New points for each seed", exact=True).check()
    data = "[playground.a, playground.b].map(({data}) => [data.points, data.redraw])"
    assert opened.evaluate(data) == 2 * [[60, True]]
    # Where it is what is compared, it is turned in one of them.
    go(opened, f"{QUICK}&b.data.points=50")
    fill(opened, "Points", "60")
    assert opened.evaluate("[playground.a, playground.b].map(({data}) => data.points)") == [100, 60]


def test_over_ten_seeds_the_paired_difference_grows_and_is_read_by_the_rule(opened: Page) -> None:
    go(opened, "network.width=8&epochs=4&b.dropout.hidden=0.9&data.points=40")
    press(opened, "Repeat it over 10 seeds")
    words = opened.locator(".playground-seeds [role=status]")
    opened.wait_for_function(
        "playground.bench.arrived() > 2 || playground.loop.timer === undefined"
    )
    settle(opened)
    differences = opened.evaluate(
        "playground.bench.pairs.map(({a, b}) => b.history.test.accuracy.at(-1) - a.history.test.accuracy.at(-1))"
    )
    assert len(differences) == 10
    mean, half = np.mean(differences), 2.26216 * np.std(differences, ddof=1) / np.sqrt(10)
    said = words.inner_text().replace("−", "-")
    found = [float(one) for one in re.findall(r"[+-]\d\.\d+", said)]
    assert found[:3] == pytest.approx([mean, mean - half, mean + half], abs=6e-4)
    assert "By the course's rule: " in said
    assert opened.locator(".playground-differences circle").count() == 10


def test_before_ten_pairs_are_there_nothing_is_read(opened: Page) -> None:
    go(opened, "network.width=8&epochs=2&b.dropout.hidden=0.9&seeds=3")
    press(opened, "Train")
    settle(opened)
    said = opened.locator(".playground-seeds [role=status]").inner_text()
    assert "3 of 3 seeds" in said and "It is read when 10 pairs are there" in said


def test_several_seeds_have_a_mean_and_a_band(opened: Page) -> None:
    fill(opened, "Seeds in a row", "3")
    for _ in range(3):
        press(opened, "One epoch")
    settle(opened)
    assert status(opened).startswith("Epoch 3, mean of 3 seeds: ")
    assert "seeds=3" in opened.url
    band, each = opened.evaluate(
        """() => [playground.layout.loss.bands[0], playground.bench.pairs.map(({a}) => a.history.test.loss)]"""
    )
    assert lines(opened, "loss")["test"] == pytest.approx(np.mean(each, axis=0))
    assert band["low"] == pytest.approx(np.min(each, axis=0))
    assert band["high"] == pytest.approx(np.max(each, axis=0))
    assert len({tuple(losses) for losses in each}) == 3


def test_a_run_is_pinned_under_a_name_and_comes_back_from_the_address(opened: Page) -> None:
    press(opened, "Train")
    settle(opened)
    press(opened, "Pin this run")
    name = opened.get_by_label("Name of run 1")
    name.fill("mild")
    name.press("Enter")
    assert "name%3Dmild" in opened.url and "after%3D30" in opened.url
    settle(opened)  # until the curve of that name is drawn
    before = lines(opened)["1 mild"]
    address = opened.url.split("#")[1]
    go(opened, "try-overfit")
    assert opened.locator(".playground-shelf > li").count() == 0
    go(opened, address)
    kept = opened.locator(".playground-shelf > li")
    assert "after 30 epochs" in kept.inner_text()
    assert [values for name, values in lines(opened).items() if name.endswith("mild")] == [before]
    opened.get_by_role("button", name=re.compile("as B")).click()
    settle(opened)
    assert opened.evaluate("playground.b.dropout.hidden") == 0.4
    kept.get_by_role("button", name=re.compile("Remove")).click()
    assert "pin=" not in opened.url


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


# ------------------------------------------------------------------------------ data


@pytest.mark.parametrize("how", ["mouse", "touch", "keys"])
def test_points_are_drawn_by_hand(opened: Page, how: str) -> None:
    opened.get_by_role("button", name="Your own").click()
    settle(opened)
    drawn = "playground.a.data.drawn.length / 4"
    assert opened.evaluate(drawn) == 90  # to begin with, those that were there
    bar = opened.get_by_role("group", name="Draw points")
    bar.get_by_role("button", name="Clear").click()
    canvas = opened.locator(".playground-pad canvas")
    for tool, (x, y) in (("● Circles", (0.25, 0.25)), ("■ Squares", (0.75, 0.75)), ("■ Squares", (0.75, 0.3))):  # fmt: skip
        bar.get_by_role("button", name=tool).click()
        box = middle(canvas)
        place = (box["x"] + x * box["width"], box["y"] + y * box["height"])
        if how == "mouse":
            opened.mouse.click(*place)
        elif how == "touch":
            opened.touchscreen.tap(*place)
        else:
            canvas.press("ArrowLeft" if x < 0.5 else "ArrowRight")
            for _ in range(6):
                canvas.press("ArrowUp" if y < 0.5 else "ArrowDown")
            canvas.press("Enter")
    settle(opened)
    assert opened.evaluate(drawn) == 3
    assert "data.drawn=" in opened.url
    assert "x = np.array([[" in opened.locator(".playground-code code").text_content()
    press(opened, "Train")
    settle(opened)
    assert status(opened).startswith("Epoch 30:")


def test_the_world_is_redrawn_and_twenty_borders_lie_over_one_another(opened: Page) -> None:
    go(opened, "network.width=30&epochs=120&data.noise=0.05&optimizer.rate=0.02&b.network.width=5")
    press(opened, "Redraw the world: 20 draws")
    settle(opened)
    worlds = opened.locator(".playground-world")
    assert worlds.count() == 2
    ink = worlds.evaluate_all(
        """all => all.map(one => one.getContext("2d").getImageData(0, 0, one.width, one.height).data.filter((_, at) => at % 4 === 3).reduce((sum, alpha) => sum + (alpha > 0), 0))"""
    )
    assert min(ink) > 2000  # pixels of lines
    assert "20 draws, 120 epochs each." in opened.get_by_role("region", name="Redraw the world").inner_text()  # fmt: skip
    fill(opened, "Points", "60")
    assert worlds.count() == 0


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

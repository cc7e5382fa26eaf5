"""The playground's page does what its reader asks for, by mouse and by keyboard, and says what cannot be."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsing import AXE, RULES, ask_axe

pytestmark = pytest.mark.slow


@pytest.fixture
def opened(file: Path, browser: Browser) -> Iterator[Page]:
    """The playground, opened on a phone from a file."""
    context = browser.new_context(viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))
    page.goto(file.as_uri() + "#dropout.hidden=0.4&network.width=50")
    page.evaluate(
        """() => {
          window.playground = Playground.open(document.getElementById('root'), {address: location.hash.slice(1), follow: true});
        }"""
    )
    yield page
    assert page.errors == []
    context.close()


def epoch_of(page: Page) -> int:
    return int(page.inner_text(".playground-status").split()[1].strip(".").replace(",", ""))


def fill(page: Page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).fill(value)
    page.get_by_label(label, exact=True).press("Tab")


def settle(page: Page) -> None:
    """Wait until all is trained and drawn."""
    page.wait_for_function("!playground.timer")


def test_it_trains_pauses_and_is_reset(opened: Page) -> None:
    opened.get_by_role("button", name="One epoch").click()
    settle(opened)
    assert epoch_of(opened) == 1
    opened.get_by_role("button", name="Train").press("Enter")
    opened.wait_for_function("playground.epochs() > 20")
    opened.get_by_role("button", name="Pause").press("Enter")
    settle(opened)
    epoch = epoch_of(opened)
    assert epoch > 20
    assert opened.evaluate("playground.epochs()") == epoch
    lines = opened.locator("figure svg path.playground-line-1")
    assert len(lines.nth(0).get_attribute("d")) > 50
    opened.get_by_role("button", name="Reset").click()
    assert opened.inner_text(".playground-status") == ""
    for _ in range(2):
        opened.get_by_role("button", name="One epoch").click()
    settle(opened)
    assert epoch_of(opened) == 2


@pytest.mark.parametrize(
    "act", ["pause()", "step()", "try('seeds', 10)", "try('data.noise', 0.2)", "set(playground.setting)", "toggle()"]
)  # fmt: skip
def test_what_a_reader_asks_for_is_done_in_slices(opened: Page, act: str) -> None:
    """An epoch of 1,000 updates of five runs would keep the page from answering for seconds."""
    opened.evaluate(
        "playground.go('data.points=2000&data.train=0.5&batch=1&seeds=5&network.width=20')"
    )
    opened.evaluate("playground.train()")
    opened.wait_for_function("playground.middle && playground.runs[0].updates.step > 20")
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
    opened.evaluate("playground.set(playground.setting); playground.hold(0)")


def test_a_pause_in_an_epoch_ends_it_for_all_runs_and_shows_the_region_of_its_end(opened: Page) -> None:  # fmt: skip
    opened.evaluate("playground.go('seeds=3&batch=3&network.layers=2&network.width=100')")
    opened.evaluate(
        """() => { const {region} = playground, draw = region.draw.bind(region);
          region.draw = (probability, ...rest) => { window.drawn = [...probability]; draw(probability, ...rest); }; }"""
    )
    opened.evaluate("playground.train()")
    opened.wait_for_function("playground.turn === 1 && playground.middle")
    opened.get_by_role("button", name="Pause").click()
    settle(opened)
    drawn, shown, epochs = opened.evaluate(
        """() => {
          const asking = playground.runs[0].probabilities(playground.region.grid(playground.reach()));
          let answer;
          do answer = asking.next(); while (!answer.done);
          return [drawn, [...answer.value], playground.runs.map(run => run.history.test.loss.length)];
        }"""
    )
    assert drawn == shown
    assert len(set(epochs)) == 1
    words = opened.locator(".playground-region").get_attribute("aria-label")
    assert words.startswith(f"Decision region after {epochs[0]} epochs")


def test_training_that_diverges_is_said_to(opened: Page) -> None:
    opened.evaluate(
        "playground.go('optimizer.kind=sgd&optimizer.rate=10&network.layers=4&network.width=50&network.initial=normal&network.spread=5&epochs=20')"
    )
    opened.evaluate("playground.train()")
    settle(opened)
    assert "training has diverged" in opened.inner_text(".playground-status")
    for path in opened.locator(".playground figure path[class^=playground-]").all():
        assert "NaN" not in path.get_attribute("d")


def test_it_ends_where_the_example_ends_and_goes_on_when_told(opened: Page) -> None:
    fill(opened, "Epochs", "30")
    opened.get_by_role("button", name="Train").click()
    settle(opened)
    assert opened.inner_text(".playground-status").startswith("Epoch 30.")
    opened.get_by_role("button", name="Train").click()
    opened.wait_for_function("playground.epochs() > 35")
    opened.get_by_role("button", name="Pause").click()


def test_a_knob_turned_after_a_run_has_ended_starts_the_next(opened: Page) -> None:
    fill(opened, "Epochs", "5")
    assert not opened.evaluate("playground.playing")
    opened.get_by_role("button", name="Train").click()
    opened.wait_for_function("playground.epochs() === 5 && !playground.playing")
    fill(opened, "Dropout rate after hidden layers", "0.5")
    opened.wait_for_function(
        "playground.epochs() === 5 && playground.setting.dropout.hidden === 0.5"
    )


def test_at_a_fixed_speed_it_takes_its_time(opened: Page) -> None:
    seconds = {}
    for pace, epochs in (("10", 20), ("1", 3)):
        opened.get_by_label("Speed").select_option(pace)
        opened.get_by_role("button", name="Reset").click()
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
    # The first epoch begins at once; a busy machine may be late, but never early.
    assert 1.85 < seconds["10"] < 40
    assert 1.95 < seconds["1"] < 40


def test_a_slider_and_its_number_say_the_same(opened: Page) -> None:
    label = "Dropout rate after hidden layers"
    number = opened.get_by_label(label, exact=True)
    slider = opened.get_by_label(f"{label}, slider")
    assert slider.input_value() == "0.4"
    slider.press("ArrowRight")
    assert number.input_value() == "0.45"
    assert "dropout.hidden=0.45" in opened.url
    fill(opened, label, "0.2")
    assert slider.input_value() == "0.2"
    fill(opened, label, "0.95")  # the number goes further
    assert slider.input_value() == "0.9"
    assert "dropout.hidden=0.95" in opened.url
    opened.get_by_label("Example").select_option("overfit")
    assert [slider.input_value(), number.input_value()] == ["0", "0"]


def test_while_it_trains_it_shows_where_it_stands_and_reads_out_only_the_end(opened: Page) -> None:
    fill(opened, "Epochs", "40")
    now, status = opened.locator(".playground-now"), opened.locator(".playground-status")
    opened.get_by_label("Speed").select_option("10")
    opened.get_by_role("button", name="Train").click()
    opened.wait_for_function(
        "/^Epoch \\d+\\. Seed 1: accuracy 0\\.\\d{3} on/.test(document.querySelector('.playground-now').innerText)"
    )
    assert status.text_content() == ""
    assert now.evaluate("one => one.closest('[role], [aria-live]')") is None
    opened.get_by_label("Speed").select_option("fast")
    settle(opened)
    assert status.inner_text().startswith("Epoch 40.")
    assert not now.is_visible()
    opened.get_by_role("button", name="Reset").click()
    assert [now.text_content(), status.text_content()] == ["", ""]


def test_earlier_runs_stay_as_faint_curves_until_forgotten(opened: Page) -> None:
    faint = opened.locator("g[opacity] path.playground-line-1")
    assert faint.count() == 0
    for count in (1, 2, 3, 3):
        opened.evaluate("for (let epoch = 0; epoch < 3; epoch++) playground.step()")
        settle(opened)
        opened.get_by_role("button", name="Reset").click()
        settle(opened)
        assert faint.count() == 3 * count  # in accuracy, loss and norms
    opened.get_by_role("button", name="Forget earlier curves").click()
    settle(opened)
    assert faint.count() == 0


def test_several_runs_have_a_mean_and_a_band(opened: Page) -> None:
    fill(opened, "Runs at once, each from another seed", "3")
    opened.evaluate("for (let epoch = 0; epoch < 3; epoch++) playground.step()")
    settle(opened)
    assert opened.inner_text(".playground-status").startswith("Epoch 3. Mean of 3 runs")
    assert opened.locator("path.playground-band-1").count() == 2
    assert "seeds=3" in opened.url
    curves, bands, each = opened.evaluate(
        """() => { const {curves, bands} = playground.curves("loss");
          return [curves[1].y, [bands[1].low, bands[1].high], playground.runs.map(run => run.history.test.loss)]; }"""
    )
    assert curves == pytest.approx(np.mean(each, axis=0))
    assert bands == [pytest.approx(np.min(each, axis=0)), pytest.approx(np.max(each, axis=0))]
    assert len({tuple(losses) for losses in each}) == 3


def test_the_address_holds_the_setting_and_examples_are_chosen(opened: Page) -> None:
    assert (
        opened.get_by_label("Dropout rate after hidden layers", exact=True).input_value() == "0.4"
    )
    opened.get_by_label("Example").select_option("noise-before")
    assert opened.url.endswith("#example=noise-before&data.kind=circles&noise.hidden=0.1")
    assert opened.get_by_role("link", name="Where the book has it").get_attribute("href") == "chapters/noise.html"  # fmt: skip
    opened.get_by_label("Example").select_option("no-noise")  # has the setting of another example
    assert opened.get_by_label("Example").input_value() == "no-noise"
    fill(opened, "Units in each", "20")
    assert "network.width=20" in opened.url and "example" not in opened.url
    assert opened.get_by_label("Example").input_value() == ""
    assert "Dense(20," in opened.locator(".playground-code code").text_content()


@pytest.mark.parametrize(
    ("address", "said", "units"),
    [
        ("try-dropuot", "There is no example dropuot.", "500"),
        ("noise.input=2", "noise.input goes from 0 to 1, not 2: Keras' GaussianNoise", "500"),
        (
            "network.layers=4&data.points=4000&data.train=0.9&batch=4000",
            "Below is “The baseline” instead.",
            "50",
        ),
    ],
)
def test_an_address_that_asks_for_what_cannot_be_is_told_so(opened: Page, address: str, said: str, units: str) -> None:  # fmt: skip
    opened.evaluate("address => playground.go(address)", address)
    settle(opened)
    assert said in opened.inner_text(".playground-status")
    assert opened.get_by_label("Units in each").input_value() == units
    assert opened.evaluate("playground.refused")
    opened.evaluate("playground.go('try-dropout')")
    assert not opened.evaluate("playground.refused")


def test_what_keras_refuses_is_refused_with_the_reason(opened: Page) -> None:
    label = "Noise in hidden layers (standard deviation)"
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


def test_two_playgrounds_of_a_page_take_turns(opened: Page) -> None:
    opened.evaluate(
        """() => { const place = document.createElement("div"); place.className = "playground"; document.body.append(place);
          window.other = Playground.open(place, {address: "try-false-lag", small: true, knobs: ["normalization.momentum"]}); }"""
    )
    opened.evaluate("playground.toggle(); other.toggle()")
    assert opened.evaluate("[playground.playing, other.playing]") == [False, True]
    opened.evaluate("other.pause()")
    opened.wait_for_function("!playground.timer && !other.timer")
    assert opened.get_by_label("Momentum", exact=True).count() == 2
    assert opened.evaluate("new Set([...document.querySelectorAll('[id]')].map(one => one.id)).size") == opened.locator("[id]").count()  # fmt: skip


def test_tab_leads_through_all_controls_in_their_order(opened: Page) -> None:
    opened.get_by_label("Example").select_option("before-activation")
    expected = opened.evaluate(
        """() => [...document.querySelectorAll('.playground :is(a, button, select, input, summary, [tabindex])')]
          .filter(one => one.checkVisibility()).map((one, index) => { one.dataset.place = index; return String(index); })"""
    )
    assert len(expected) > 30
    walked = []
    opened.keyboard.press("Tab")
    while (place := opened.evaluate("document.activeElement.dataset.place")) is not None:
        walked.append(place)
        assert opened.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        opened.keyboard.press("Tab")
    assert walked == expected


def test_the_playground_is_accessible_and_fits_a_phone(opened: Page) -> None:
    opened.locator(".playground-code summary").click()
    # As the book's theme does, which may look at the listing before it is seen.
    opened.evaluate("document.querySelector('.playground-code pre').tabIndex = -1")
    assert opened.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    opened.evaluate(AXE + ";0")
    assert ask_axe(opened, "playground", {"runOnly": RULES}) == []

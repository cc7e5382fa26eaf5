"""A reader of the playground trains, turns knobs, compares and draws points, and is told what cannot be."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.support.playing import DROPOUT, QUICK, fill, go, lines, middle, press, settle, status

pytestmark = pytest.mark.slow


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

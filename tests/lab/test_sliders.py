"""A figure with a slider is valid Vega-Lite beside its picture, and holds what was computed."""

import io
import json
from collections.abc import Iterator

from lab import sliders
from lab.sliders import Curves, Region, region, show_with_slider

import jsonschema
import keras
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from coursekit.mime import VEGA_LITE
from coursekit.paths import NODE_MODULES
from coursekit.sphinx.sliders import add_folds

POINTS = np.array([[-1, -1], [1, 1], [0.5, -0.5]], "float32"), np.array([0, 1, 0])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list]:
    """What cells of a notebook show: figures, and data by type."""
    seen = []
    monkeypatch.setattr(sliders, "display", lambda thing, **_: seen.append(thing))
    yield seen
    plt.close("all")


def half_plane() -> keras.Model:
    """A model that says 1 where the first input is above 0."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.set_weights([np.array([[100], [0]]), np.array([0])])
    return model


def some_curves(label: str = "epoch") -> Curves:
    y = {"varies": np.arange(12).reshape(3, 4) / 12, "stays": np.linspace(0, 1, 4)}
    return Curves([1, 2, 3, 4], y, xlabel=label, title="Accuracy")


def painted() -> Region:
    return region(half_plane(), POINTS[0], steps=20)


def test_a_region_is_red_where_a_model_says_one_and_blue_where_it_says_zero() -> None:
    pixels = np.asarray(Image.open(io.BytesIO(painted().png)).convert("RGB")).astype(int)
    assert pixels.shape == (20, 20, 3)
    left, right, border = pixels[:, 3], pixels[:, 16], pixels[:, 10]
    assert (left[:, 2] > left[:, 0] + 50).all() and (right[:, 0] > right[:, 2] + 50).all()
    assert (border == 0).all()
    assert painted().extent == pytest.approx((-1.3, 1.3, -1.3, 1.3))


def test_the_top_of_a_region_is_where_the_second_input_is_large() -> None:
    model = half_plane()
    model.set_weights([np.array([[0], [100]]), np.array([0])])
    pixels = np.asarray(Image.open(io.BytesIO(region(model, POINTS[0]).png)).convert("RGB"))
    assert pixels[5, 50, 0] > pixels[5, 50, 2] and pixels[-5, 50, 0] < pixels[-5, 50, 2]


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_figure_is_valid_vega_lite(shown: list[dict], count: int) -> None:
    path = NODE_MODULES / "vega-lite/build/vega-lite-schema.json"
    if not path.exists():
        pytest.fail("no schema of Vega-Lite; install it: make environments")
    regions = {f"model {number}": [painted()] * 3 for number in range(count)}
    show_with_slider(plt.figure(), "epoch", [10, 20, 30], regions, some_curves(), POINTS)
    picture, data = shown
    assert isinstance(picture, plt.Figure)
    specification = json.loads(json.dumps(data[VEGA_LITE]))
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(specification)
    assert specification["params"][0]["value"] == 30


def test_the_picture_is_not_shown_twice(shown: list[dict]) -> None:
    show_with_slider(plt.figure(), "epoch", [1, 2, 3], curves=some_curves())
    assert plt.get_fignums() == []


def test_where_vega_lite_is_not_drawn_words_say_what_is_missing(shown: list[dict]) -> None:
    show_with_slider(plt.figure(), "epoch", [1, 2, 3], curves=some_curves())
    assert shown[1]["text/plain"] == "(Here JupyterLab and the book show a slider: epoch.)"


def test_a_line_marks_the_value_only_where_the_curves_run_along_it(shown: list[dict]) -> None:
    for label in ("epoch", "rate"):
        show_with_slider(plt.figure(), label, [1, 2, 3], curves=some_curves())
    marks = [
        [layer["mark"]["type"] for layer in one[VEGA_LITE]["vconcat"][-1]["layer"]]
        for one in shown[1::2]
    ]
    assert marks == [["line", "rule"], ["line"]]


@pytest.mark.parametrize("values", [[1], [1, 2, 4], [3, 2, 1], [1, 1, 1]])
def test_values_that_a_slider_cannot_have_are_named(shown: list[dict], values: list) -> None:
    with pytest.raises(ValueError, match="must rise in equal steps, not \\["):
        show_with_slider(plt.figure(), "epoch", values, curves=some_curves())


def test_regions_and_curves_that_do_not_fit_the_values_are_named(shown: list[dict]) -> None:
    with pytest.raises(ValueError, match="'one' has 2 regions for 3 values"):
        show_with_slider(plt.figure(), "epoch", [1, 2, 3], {"one": [painted()] * 2})
    with pytest.raises(ValueError, match=r"'varies' has shape \(3, 4\), not \(4,\) or \(2, 4\)"):
        show_with_slider(plt.figure(), "epoch", [1, 2], curves=some_curves())
    assert shown == []


def test_a_figure_with_a_slider_becomes_a_fold(shown: list) -> None:
    title = {"</script><b>": [painted()] * 3}
    show_with_slider(plt.figure(), "epoch", [1, 2, 3], title, some_curves())
    picture = nbformat.v4.new_output("display_data", {"image/png": "picture"})
    figure = nbformat.v4.new_output("display_data", shown[1])
    kept, fold = add_folds([picture, figure])
    assert kept == picture and list(fold.data) == ["text/html"]
    page = BeautifulSoup(f"<html><body>{fold.data['text/html']}</body></html>", "html.parser")
    assert page.select("b") == []
    assert json.loads(page.select_one("details.slider script").string) == shown[1][VEGA_LITE]
    assert page.summary.get_text() == "Move a slider: epoch"


def test_the_type_is_the_one_that_the_book_looks_for() -> None:
    assert sliders.VEGA_LITE == VEGA_LITE

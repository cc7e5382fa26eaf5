"""The course's figures show what they are given."""

import lab
from lab import records

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

X = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("float32")
DATA = (X[:40], Y[:40]), (X[40:], Y[40:])


def build(rate=0.2, learning_rate=0.01):
    model = keras.Sequential(
        [keras.Input((2,)), layers.Dense(8, "relu"), layers.Dropout(rate), layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse", metrics=["mae"])
    return model


def shown(monkeypatch):
    """Catch what `record` and `settle` show."""
    caught = []
    monkeypatch.setattr(records, "show", lambda thing: caught.append(thing._repr_mimebundle_()))
    return caught


def paired(mean, runs=60, sd=1.0, seed=0):
    """Differences whose two halves both have exactly this mean and standard deviation."""
    half = np.random.default_rng(seed).normal(size=runs // 2)
    half = (half - half.mean()) / half.std(ddof=1) * sd + mean
    return np.concatenate([half, half])


def test_figures_of_shortened_runs_say_so(capsys):
    lab.full_scale(seeds=(30, 30))
    assert capsys.readouterr().out == ""
    assert lab.panels()[0].get_suptitle() == ""
    lab.full_scale(seeds=(2, 30), epochs=(100, 100))
    assert "Shortened run (seeds 2 instead of 30)" in capsys.readouterr().out
    assert lab.panels()[0].get_suptitle() == "Shortened run: seeds 2 instead of 30"
    lab.full_scale(seeds=(30, 30))
    plt.close("all")


def test_plots_show_what_they_are_given():
    model = build()
    history = lab.fit(model, *DATA[0], epochs=3, validation_data=DATA[1])
    runs = lab.repeat(build, DATA, seeds=3, epochs=3)
    figure, axes = lab.panels(2, 3)
    points, single, band, regions, forest, along = axes.ravel()
    lab.plot_points(points, X, Y)
    assert sum(len(scatter.get_offsets()) for scatter in points.collections) == 60
    lab.plot_history(single, history, "Adam", metric="mae")
    assert [line.get_ydata().tolist() for line in single.lines] == [
        history.history["mae"],
        history.history["val_mae"],
    ]
    assert f"{history.history['val_mae'][-1]:.3f}" in single.get_legend().get_texts()[1].get_text()
    assert "one run" in single.get_title()
    lab.plot_runs(band, runs, "val_loss", "test")
    np.testing.assert_allclose(band.lines[0].get_ydata(), runs["val_loss"].mean(axis=0))
    lab.plot_regions(regions, model, X, Y, steps=20)
    comparison = lab.compare(np.array([1.0, 2, 4]), np.zeros(3), 0.1)
    lab.plot_comparisons(forest, {"one": comparison}, "difference")
    assert forest.lines[0].get_xdata().tolist() == [comparison.low, comparison.high]
    sweep = lab.sweep(build, {"rate": [0.1, 0.5]}, DATA, seeds=3, epochs=3, jobs=1)
    lab.plot_setting(along, sweep, "rate", "val_loss", "test", last=2)
    assert along.lines[0].get_xdata().tolist() == [0.1, 0.5]
    expected = [runs.final("val_loss", last=2).mean() for runs in sweep]
    np.testing.assert_allclose(along.lines[0].get_ydata(), expected)
    figure.canvas.draw()
    plt.close("all")


def test_a_claims_picture_shows_every_interval_and_the_verdict(monkeypatch):
    shown(monkeypatch)
    results = {data: {"a": (paired(0.5), 0), "b": (paired(0.0), 0)} for data in ("split", "fresh")}
    claim = lab.settle("C2", "So.", "loss", 0.1, results, axis="the rate")
    figure, ax = lab.panels()
    lab.plot_claim(ax, claim)
    intervals = [list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    for comparison in claim.comparisons.values():
        assert [comparison.low, comparison.high] in intervals
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "a, split",
        "b, split",
        "a, fresh",
        "b, fresh",
    ]
    assert ax.get_title() == "C2: depends on the rate"
    figure.canvas.draw()
    plt.close("all")


def test_a_painted_region_has_its_border_where_the_prediction_turns():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid", use_bias=False)])
    model.set_weights([np.array([[1.0], [0.0]])])  # class 1 is on the right
    points = np.array([[-1.0, -2.0], [1.0, 2.0]])
    region = lab.paint_region(model, points, margin=0.5, steps=31)
    assert region.extent == (-1.5, 1.5, -2.5, 2.5)
    assert region.colors.shape == (31, 31, 3)
    black = (region.colors == 0).all(axis=2)
    assert (black.sum(axis=1) == 1).all()
    assert set(black.argmax(axis=1)) == {16}
    blue, red = region.colors[0, 0], region.colors[0, -1]
    assert blue[2] > blue[0]
    assert red[0] > red[2]

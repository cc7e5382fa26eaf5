"""The course's figures: each draws into the axes it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from lab.arrays import Array
from lab.claims import Claim, Comparison
from lab.conclusions import Conclusion
from lab.kept import kept
from lab.rule import OPPOSITE, SMALL, UNDECIDED, YES
from lab.runs import Runs

import keras
import matplotlib.pyplot as plt
import numpy as np

# Okabe & Ito's colours, told apart by readers with any colour vision, each with a line style.
plt.rcParams.update(
    {
        "axes.prop_cycle": plt.cycler(
            color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000"],
            linestyle=["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))],
        ),
        "axes.grid": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.constrained_layout.use": True,
        "figure.dpi": 100,
        "figure.facecolor": "white",
        "font.size": 10,
        "grid.alpha": 0.3,
        "legend.framealpha": 0.9,
    }
)


READING_STYLES = {  # colour and mark, so that either is enough
    YES: ("#009E73", "^"),
    OPPOSITE: ("#D55E00", "X"),
    SMALL: ("#0072B2", "s"),
    UNDECIDED: ("#555555", "o"),
}


def full_scale(**parameters: tuple[Any, Any]) -> None:
    """Declare a page's full settings as ``name=(used, full)``; figures of shorter runs say so.

    ``sample=({"experiment": seeds}, {})`` runs only these seeds of each experiment.
    """
    kept.sample = dict(parameters.get("sample", ({},))[0])
    kept.shortened[:] = [
        f"{name} {used} instead of {full}"
        for name, (used, full) in parameters.items()
        if used != full
    ]
    if kept.shortened:
        print(
            f"Shortened run ({', '.join(kept.shortened)}): numbers and figures differ from the text."
        )


def panels(
    rows: int = 1,
    columns: int = 1,
    width: float = 7.0,
    height: float | None = None,
    **arguments: Any,
) -> tuple[plt.Figure, Any]:
    """``plt.subplots`` in the course's size (in inches); marks figures of shortened runs."""
    height = height or rows * (3.6 if columns == 1 else 0.9 * width / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), **arguments)
    if kept.shortened:
        figure.suptitle(f"Shortened run: {', '.join(kept.shortened)}", color="#B00000", fontsize=9)
    return figure, axes


def plot_points(ax: plt.Axes, x: Array, y: Array, size: float = 18) -> None:
    """Scatter two-dimensional points, shape (samples, 2), with a colour and marker per class."""
    for label, marker, color in zip(
        np.unique(y), "os^D", ("#0072B2", "#D55E00", "#009E73", "#000000"), strict=False
    ):
        points = x[np.asarray(y).ravel() == label]
        ax.scatter(
            *points.T,
            s=size,
            marker=marker,
            color=color,
            edgecolor="white",
            linewidth=0.4,
            label=f"class {label}",
        )
    ax.set(xlabel="first input", ylabel="second input", aspect="equal")
    ax.legend(loc="upper right")


def plot_history(
    ax: plt.Axes, history: keras.callbacks.History, title: str, metric: str = "accuracy"
) -> None:
    """One run's metric on train and test data per epoch; final values in the legend."""
    for name, label in ((metric, "train"), (f"val_{metric}", "test")):
        values = history.history[name]
        ax.plot(np.arange(1, len(values) + 1), values, label=f"{label}, ends at {values[-1]:.3f}")
    seconds = getattr(history, "seconds", None)
    took = f" (one run, {seconds:.2g} s)" if seconds else " (one run)"
    ax.set(xlabel="epoch", ylabel=metric, title=title + took)
    ax.legend()


def plot_runs(
    ax: plt.Axes, runs: Runs, name: str, label: str, single: bool = True, **style: Any
) -> None:
    """A log per epoch: mean over runs, band from the 5th to the 95th percentile, and one run."""
    values = runs[name]
    epochs = np.arange(1, values.shape[1] + 1)
    seen = ~np.isnan(values).all(axis=0)
    mean = values[:, seen].mean(axis=0)
    low, high = np.percentile(values[:, seen], [5, 95], axis=0)
    (line,) = ax.plot(epochs[seen], mean, label=f"{label}, ends at {mean[-1]:.3f}", **style)
    ax.fill_between(epochs[seen], low, high, color=line.get_color(), alpha=0.18, linewidth=0)
    if single:
        ax.plot(
            epochs[seen],
            values[0, seen],
            color=line.get_color(),
            linewidth=0.6,
            linestyle="-",
            alpha=0.7,
        )
    ax.set(xlabel="epoch", ylabel=name.removeprefix("val_"))
    ax.legend()


@dataclass(frozen=True)
class Region:
    """What a two-class model predicts over a part of the plane, as a picture.

    Attributes:
        extent: Left, right, bottom and top end.
        colors: Shape (rows, columns, 3), from 0 to 1, the lowest row first: red where class 1 is
            predicted and blue where class 0 is, in ten steps of probability, the border black.
    """

    extent: tuple[float, float, float, float]
    colors: Array


def paint_region(model: keras.Model, x: Array, margin: float = 0.3, steps: int = 150) -> Region:
    """Paint what a two-class model predicts around points, shape (samples, 2)."""
    (left, bottom), (right, top) = x.min(axis=0) - margin, x.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(left, right, steps), np.linspace(bottom, top, steps))
    plane = np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32)
    probability = np.asarray(model(plane, training=False)).reshape(across.shape)
    levels = (np.clip(np.floor(probability * 10), 0, 9) + 0.5) / 10
    colors = 0.6 * plt.get_cmap("RdBu_r")(levels)[..., :3] + 0.4
    one = probability > 0.5
    border = np.zeros_like(one)
    border[1:] |= one[1:] != one[:-1]
    border[:, 1:] |= one[:, 1:] != one[:, :-1]
    colors[border] = 0
    return Region(tuple(map(float, (left, right, bottom, top))), colors)


def plot_regions(
    ax: plt.Axes, model: keras.Model, x: Array, y: Array, margin: float = 0.3, steps: int = 300
) -> None:
    """Shade what a two-class model predicts over the plane, with the points on top."""
    region = paint_region(model, x, margin, steps)
    ax.imshow(region.colors, extent=region.extent, origin="lower")
    ax.grid(visible=False)
    plot_points(ax, x, y)
    ax.get_legend().remove()


def _plot_interval(
    ax: plt.Axes, row: float, comparison: Comparison, color: str, marker: str, filled: bool = True
) -> None:
    ends = [comparison.low, comparison.high]
    ax.plot(ends, [row, row], color=color, linestyle="-", linewidth=1.8)
    face = color if filled else "white"
    ax.plot(comparison.mean, row, marker, color=color, markerfacecolor=face)


def plot_comparisons(ax: plt.Axes, comparisons: Mapping[str, Comparison], xlabel: str) -> None:
    """Each mean difference with its 95 % interval; the band is too small to speak of."""
    names = list(comparisons)
    for row, comparison in enumerate(comparisons.values()):
        _plot_interval(ax, row, comparison, "#0072B2", "o")
    smallest = max(comparison.smallest for comparison in comparisons.values())
    ax.axvspan(-smallest, smallest, color="grey", alpha=0.15, linewidth=0)
    ax.axvline(0, color="black", linewidth=0.8, linestyle="-")
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel=xlabel)
    ax.invert_yaxis()


def plot_claim(ax: plt.Axes, claim: Claim) -> None:
    """A claim's mean differences with their 95 % intervals, two sets of seeds for each.

    The grey band is too small to speak of. Filled marks are the data that decide.
    """
    styles = {"first": ("#0072B2", "o", -0.13), "second": ("#D55E00", "s", 0.13)}
    rows: dict[str, float] = {}  # label -> smallest difference worth speaking of
    for (condition, data, seeds), comparison in claim.comparisons.items():
        label = ", ".join(filter(None, (condition, data)))
        rows[label] = comparison.smallest
        color, marker, shift = styles[seeds]
        row = list(rows).index(label) + shift
        _plot_interval(ax, row, comparison, color, marker, filled=data == claim.decides)
    for row, smallest in enumerate(rows.values()):
        band = [row - 0.5, row + 0.5]
        ax.fill_betweenx(band, -smallest, smallest, color="grey", alpha=0.15, linewidth=0)
    ax.axvline(0, color="black", linewidth=0.8, linestyle="-")
    ax.set(yticks=range(len(rows)), yticklabels=rows, xlabel=claim.effect)
    ax.set(title=str(claim), ylim=(len(rows) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    for seeds, (color, marker, _) in styles.items():
        ax.plot([], [], marker, color=color, label=f"{seeds} set of seeds")
    if len({data for _, data, _ in claim.comparisons}) > 1:
        ax.plot([], [], "o", color="grey", markerfacecolor="white", label="does not decide")
    ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)


def plot_conclusion(ax: plt.Axes, conclusion: Conclusion) -> None:
    """A claim's effects with their 95 % intervals; the grey band, up to δ, is too small to matter.

    Filled marks decide. A triangle is a yes, a cross the opposite, a square too small to matter, a
    circle undecided. The thin marks below each are the two sets of seeds.
    """
    rows = [(name or "all runs", part, True) for name, part in conclusion.parts.items()]
    rows += [(name, part, False) for name, part in conclusion.beside.items()]
    effects = [(name, part.effect, decides, part.replications) for name, part, decides in rows]
    if conclusion.contrast:
        effects.append((" minus\n".join(conclusion.between), conclusion.contrast, True, []))
    if conclusion.pooled:
        effects.append(("mean of all", conclusion.pooled, True, []))
    for row, (_, effect, decides, replications) in enumerate(effects):
        color, marker = READING_STYLES[effect.reading]
        _plot_interval(ax, row, effect, color, marker, filled=decides)
        for number, one in enumerate(replications):
            place = row + 0.22 + 0.12 * number
            ax.plot([one.low, one.high], [place, place], color="grey", linewidth=0.8, linestyle="-")
            ax.plot(one.mean, place, marker="|", markersize=4, color="grey")
    smallest = conclusion.measure.smallest
    ax.axvspan(-smallest, smallest, color="grey", alpha=0.15, linewidth=0)
    ax.axvline(0, color="black", linewidth=0.8, linestyle="-")
    names = [name if "\n" in name else fill(name, 36) for name, *_ in effects]
    ax.set(yticks=range(len(effects)), yticklabels=names)
    ax.set(xlabel=conclusion.measure.words, title=f"{conclusion.name}: {conclusion.verdict}")
    ax.set(ylim=(len(effects) - 0.4, -0.6))
    # Long names leave these axes narrow, where more numbers would run into each other.
    ax.locator_params(axis="x", nbins=5)
    ax.grid(axis="y", visible=False)


def plot_setting(
    ax: plt.Axes, runs: Iterable[Runs], setting: str, name: str, label: str, last: int = 1
) -> None:
    """A measure, or the mean of a log's ``last`` epochs, against one setting of a sweep.

    Mean over runs, and a band from the 5th to the 95th percentile.
    """
    runs = list(runs)
    along = [one.setting[setting] for one in runs]
    values = [one.final(name, last) if name in one.history else one[name] for one in runs]
    (line,) = ax.plot(along, [v.mean() for v in values], marker="o", markersize=4, label=label)
    low, high = np.array([np.percentile(v, [5, 95]) for v in values]).T
    ax.fill_between(along, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    ax.set(xlabel=setting, ylabel=name.removeprefix("val_"))
    ax.legend()

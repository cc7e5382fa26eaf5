"""Figures with a slider: what a network does at each of many epochs, rates, or amounts, from runs done beforehand.

Such a figure is a picture and, below it, the same in Vega-Lite, which the course's book and JupyterLab draw; it can be moved by
mouse and by keyboard. Elsewhere there is the picture alone. Nothing is trained while a slider moves.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lab

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

VEGA_LITE = "application/vnd.vegalite.v5+json"  # what JupyterLab draws without a network
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]
DASHES = [[1, 0], [6, 3], [6, 2, 1, 2], [1, 2]]
WIDTH = 260  # of the curves, in pixels, so that all fits on a phone


@dataclass(frozen=True)
class Region:
    """What one model predicts over the plane; made by ``region``."""

    extent: tuple[float, float, float, float]  # left, right, bottom, top
    png: bytes


@dataclass(frozen=True)
class Curves:
    """Curves below the regions.

    Attributes:
        x: Shape (n,), the same for all curves.
        y: Label -> shape (n,), or (values of the slider, n) for a curve that depends on it.
        xlabel, ylabel: The axes. Where ``xlabel`` is the slider's label, a line marks its value.
        title: What is seen, such as how many runs.
        ylim: The range of the y axis.
    """

    x: Sequence[float]
    y: Mapping[str, np.ndarray]
    xlabel: str
    title: str
    ylabel: str = "accuracy"
    ylim: tuple[float, float] = (0, 1)


def region(model: keras.Model, points: np.ndarray, margin: float = 0.3, steps: int = 150) -> Region:
    """What a two-class model predicts around points, shape (samples, 2), painted as ``plot_regions`` does."""
    painted, file = lab.paint_region(model, points, margin, steps), io.BytesIO()
    plt.imsave(file, painted.colors[::-1], format="png", pil_kwargs={"optimize": True})
    return Region(painted.extent, file.getvalue())


def show_with_slider(
    picture: plt.Figure,
    label: str,
    values: Sequence[float],
    regions: Mapping[str, Sequence[Region]] | None = None,
    curves: Curves | None = None,
    points: tuple[np.ndarray, np.ndarray] | None = None,
    start: float | None = None,
) -> None:
    """Show a picture and, below it, a figure with a slider.

    Args:
        picture: The picture, which is closed.
        label: What the slider sets, with its unit.
        values: The values it can be set to, at equal distances.
        regions: Title -> one region for each value.
        curves: Curves below the regions, or alone.
        points: Inputs, shape (samples, 2), and classes, shape (samples,), drawn on the regions.
        start: The value shown first; the last one if None.

    Raises:
        ValueError: The values are not evenly spaced, or regions or curves do not fit to them.
    """
    values = np.asarray(values, float)
    steps = np.diff(values)
    if len(values) < 2 or not np.allclose(steps, steps[0]) or steps[0] <= 0:
        raise ValueError(f"values must rise in equal steps, not {values.tolist()}.")
    for title, painted in (regions or {}).items():
        if len(painted) != len(values):
            raise ValueError(f"{title!r} has {len(painted)} regions for {len(values)} values.")
    specification = _specification(label, values, regions or {}, curves, points)
    specification["params"][0]["value"] = float(values[-1] if start is None else start)
    display(picture)
    plt.close(picture)  # which would be shown again at the end of the cell
    words = f"(Here JupyterLab and the book show a slider: {label}.)"
    display({VEGA_LITE: specification, "text/plain": words}, raw=True)


def _specification(
    label: str,
    values: np.ndarray,
    regions: Mapping[str, Sequence[Region]],
    curves: Curves | None,
    points: tuple[np.ndarray, np.ndarray] | None,
) -> dict[str, Any]:
    step = float(values[1] - values[0])
    slider = {"input": "range", "name": f"{label} ", "step": round(step, 6)}
    slider |= {"min": float(values[0]), "max": float(values[-1])}
    chosen = f"abs(datum.value - chosen) < {step / 2:g}"
    alone = len(regions) == 1
    maps = [
        _map(
            title, values, painted, points, chosen, size=230 if alone else 128, left=not number % 2
        )
        for number, (title, painted) in enumerate(regions.items())
    ]
    pairs = [
        {"hconcat": maps[first : first + 2], "spacing": 10} for first in range(0, len(maps), 2)
    ]
    rows: list[dict[str, Any]] = [{"vconcat": pairs, "spacing": 10}] if maps else []
    if curves:
        rows.append(_graph(label, values, curves, chosen))
    shortened = lab.kept.shortened
    notes = {"title": f"Shortened run: {', '.join(shortened)}"} if shortened else {}
    seen = [*regions, *([curves.title] if curves else [])]
    return {
        **notes,
        "description": f"For the chosen {label}: {', '.join(seen)}.",
        "params": [{"name": "chosen", "bind": slider}],
        "vconcat": rows,
        "spacing": 14,
        "resolve": {
            "scale": dict.fromkeys(("color", "shape", "strokeDash"), "independent"),
            "legend": {"color": "independent", "shape": "independent"},
        },
        "background": "white",
        "padding": 6,
        "config": {
            "axis": {
                "gridOpacity": 0.5,
                "labelFontSize": 11,
                "titleFontSize": 11,
                "titleFontWeight": "normal",
            },
            "legend": {"labelFontSize": 11},
            "title": {"fontSize": 12},
            "view": {"stroke": None},
        },
    }


def _map(
    title: str,
    values: np.ndarray,
    painted: Sequence[Region],
    points: tuple[np.ndarray, np.ndarray] | None,
    chosen: str,
    size: int,
    left: bool,
) -> dict[str, Any]:
    names = ("left", "right", "bottom", "top")
    edges = dict(zip(names, painted[0].extent, strict=True))
    width, height = edges["right"] - edges["left"], edges["top"] - edges["bottom"]
    rows = [
        {
            "value": float(value),
            "url": f"data:image/png;base64,{base64.b64encode(one.png).decode()}",
        }
        for value, one in zip(values, painted, strict=True)
    ]

    def axis(low: str, high: str, words: str | None) -> dict[str, Any]:
        scale = {"domain": [edges[low], edges[high]], "nice": False, "zero": False}
        return {"type": "quantitative", "scale": scale, "axis": {"title": words, "tickCount": 4}}

    x = axis("left", "right", "first input")
    y = axis("bottom", "top", "second input" if left else None)
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": rows},
            "transform": [
                {"filter": chosen},
                *({"calculate": f"{place:.4f}", "as": name} for name, place in edges.items()),
            ],
            "mark": {"type": "image", "aspect": False},
            "encoding": {
                "x": {**x, "field": "left"},
                "x2": {"field": "right"},
                "y": {**y, "field": "top"},
                "y2": {"field": "bottom"},
                "url": {"field": "url", "type": "nominal"},
            },
        }
    ]
    if points:
        kinds = [f"class {label}" for label in np.unique(points[1])]
        places = [
            {"x": round(float(x), 3), "y": round(float(y), 3), "class": f"class {label}"}
            for (x, y), label in zip(*points, strict=True)
        ]
        legend = {"orient": "bottom", "title": None}
        color = {"domain": kinds, "range": COLORS[: len(kinds)]}
        shape = {"domain": kinds, "range": ["circle", "square", "triangle-up", "diamond"][: len(kinds)]}  # fmt: skip
        kind = {"field": "class", "type": "nominal", "legend": legend}
        layers.append(
            {
                "data": {"values": places},
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 45,
                    "opacity": 1,
                    "stroke": "white",
                    "strokeWidth": 0.7,
                },
                "encoding": {
                    "x": {**x, "field": "x"},
                    "y": {**y, "field": "y"},
                    "color": {**kind, "scale": color},
                    "shape": {**kind, "scale": shape},
                },
            }
        )
    shape = {"width": size, "height": round(size * height / width)}
    return {"title": title, **shape, "layer": layers}


def _graph(label: str, values: np.ndarray, curves: Curves, chosen: str) -> dict[str, Any]:
    x = [float(f"{one:.4g}") for one in curves.x]
    rows = []
    for name, y in curves.y.items():
        y = np.asarray(y, float).round(3)
        if y.shape not in ((len(x),), (len(values), len(x))):
            raise ValueError(f"The curve {name!r} has shape {y.shape}, not ({len(x)},) or ({len(values)}, {len(x)}).")  # fmt: skip
        for value, line in zip(values, y, strict=True) if y.ndim == 2 else [(None, y)]:
            where = {} if value is None else {"value": float(value)}
            rows.append({**where, "curve": name, "x": x, "y": line.tolist()})
    names = list(curves.y)
    columns = 2 if max(map(len, names)) < 18 else 1
    legend = {"orient": "bottom", "title": None, "columns": columns, "labelLimit": 300}
    legend |= {"symbolSize": 500, "symbolStrokeWidth": 2}
    scale = {"domain": [min(x), max(x)], "nice": False}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": rows},
            "transform": [
                {"filter": f"!isValid(datum.value) || {chosen}"},
                {"flatten": ["x", "y"]},
            ],
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {
                "x": {
                    "field": "x",
                    "type": "quantitative",
                    "scale": scale,
                    "axis": {"title": curves.xlabel, "tickCount": 5},
                },
                "y": {
                    "field": "y",
                    "type": "quantitative",
                    "title": curves.ylabel,
                    "scale": {"domain": list(curves.ylim)},
                },
                "color": {
                    "field": "curve",
                    "type": "nominal",
                    "legend": legend,
                    "scale": {"domain": names, "range": COLORS[: len(names)]},
                },
                "strokeDash": {
                    "field": "curve",
                    "type": "nominal",
                    "legend": legend,
                    "scale": {"domain": names, "range": DASHES[: len(names)]},
                },
            },
        }
    ]
    if curves.xlabel == label:
        mark = {"type": "rule", "color": "black", "strokeWidth": 1, "aria": False}
        place = {"x": {"datum": {"expr": "chosen"}, "type": "quantitative"}}
        layers.append({"data": {"values": [{}]}, "mark": mark, "encoding": place})
    return {"title": curves.title, "width": WIDTH, "height": 150, "layer": layers}

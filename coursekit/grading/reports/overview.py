"""A page about a class: how far it got, which checks it failed and why, and what a person should look at."""

import base64
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from nbformat import NotebookNode

from coursekit.grading.reports.pages import environment, points, steps, title
from coursekit.grading.results import GRADED, STATUSES, Result, write_atomically

MOST_MESSAGES = 10  # of an exercise
LONGEST_MESSAGE = 300
BLUE, DARK = "#2f6fb0", "#1b1b1f"
STYLE = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "path",  # the same on every machine
    "svg.hashsalt": "overview",  # and in every run
    "text.parse_math": False,  # a dollar in a name is a dollar
}
_NUMBER = re.compile(r"(?<![A-Za-z_])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?")


def write_overview(
    path: Path, results: Sequence[Result], solutions: Mapping[str, NotebookNode]
) -> None:
    """Write the page about all records."""
    write_atomically(path, page(results, solutions))


def page(results: Sequence[Result], solutions: Mapping[str, NotebookNode]) -> str:
    """The page, as HTML."""
    by_exercise: dict[str, list[Result]] = defaultdict(list)
    for result in sorted(results, key=lambda one: (one.exercise, one.student)):
        by_exercise[result.exercise].append(result)
    counts = Counter(result.status for result in results)
    statuses = [(name, counts[name]) for name in [*STATUSES, *sorted(set(counts) - set(STATUSES))]]
    exercises = [_exercise(name, some, solutions) for name, some in by_exercise.items()]
    with matplotlib.rc_context(STYLE):
        pictures = dict(
            statuses=_bars([(n, c) for n, c in statuses if c], "submissions") if results else "",
            scores=_boxes([(one["name"], one["shares"]) for one in exercises if one["shares"]]),
        )
        for one in exercises:
            shares = [(check["check"], 100 * check["share"]) for check in one["checks"]]
            one["picture"] = _exercise_picture(one["shares"], shares) if one["shares"] else ""
    return environment().get_template("overview.html").render(
        students=len({result.student for result in results}),
        results=results,
        statuses=[(name, count, STATUSES.get(name, "")) for name, count in statuses],
        pictures=pictures,
        exercises=exercises,
        flagged=[one for one in results if one.flags],
        not_graded=[(one, STATUSES.get(one.status, "")) for one in results if one.status != GRADED],
        waiting=sum(one.manual_maximum for one in results if one.status != "missing"),
    )  # fmt: skip


def _exercise(
    name: str, results: Sequence[Result], solutions: Mapping[str, NotebookNode]
) -> dict[str, Any]:
    """What the page says about one exercise."""
    handed_in = [one for one in results if one.status != "missing"]
    shares = [100 * one.score / one.maximum for one in handed_in if one.maximum]
    scores = [one.score for one in handed_in]
    low, middle, high = quantiles(scores, n=4, method="inclusive") if len(scores) > 1 else scores * 3 or [0.0] * 3  # fmt: skip
    return dict(
        name=name,
        anchor=re.sub(r"\W+", "-", name),
        title=title(name, solutions),
        submissions=len(handed_in),
        missing=len(results) - len(handed_in),
        maximum=max((one.maximum for one in handed_in), default=0.0),
        mean=points(mean(scores)) if scores else "–",
        low=points(low),
        middle=points(middle),
        high=points(high),
        shares=shares,
        checks=checks(handed_in, steps(solutions[name]) if name in solutions else {}),
        messages=misconceptions(handed_in)[:MOST_MESSAGES],
    )


def checks(results: Iterable[Result], headings: Mapping[str, str]) -> list[dict[str, Any]]:
    """For each check: its step, and how many submissions passed it, failed it, or did not get there."""
    found: dict[str, Counter[str]] = {}
    maxima: dict[str, float] = {}
    for result in results:
        for mark in result.marks:
            found.setdefault(mark.check, Counter())[mark.outcome] += 1
            maxima[mark.check] = mark.maximum
    order = {name: place for place, name in enumerate(headings)}
    rows = []
    for name in sorted(found, key=lambda name: order.get(name, -1)):
        count = found[name]
        rows.append(
            dict(
                check=name,
                step=headings.get(name, ""),
                maximum=maxima[name],
                passed=count["passed"],
                failed=count["failed"],
                not_run=count["not run"],
                share=count["passed"] / count.total(),
            )
        )
    return rows


def misconceptions(results: Iterable[Result]) -> list[tuple[str, str, int]]:
    """Messages of failed checks, the most frequent first: the check, the message with its numbers masked, the count."""
    counts = Counter(
        (mark.check, masked(mark.message))
        for result in results
        for mark in result.marks
        if mark.outcome == "failed" and mark.message
    )
    return [(check, text, count) for (check, text), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]  # fmt: skip


def masked(message: str) -> str:
    """A message without its numbers, so that the same mistake reads the same in all submissions."""
    text = _NUMBER.sub("…", " ".join(message.split()))
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} …"


# --------------------------------------------------------------------------------------- pictures


def _bars(counts: Sequence[tuple[str, float]], unit: str) -> str:
    figure = Figure(figsize=(7, 0.7 + 0.36 * len(counts)), layout="constrained")
    ax = figure.add_subplot()
    drawn = ax.barh([name for name, _ in counts], [count for _, count in counts], color=BLUE)
    ax.bar_label(drawn, padding=3)
    ax.set(xlabel=unit)
    ax.margins(x=0.1)
    ax.invert_yaxis()
    ax.xaxis.get_major_locator().set_params(integer=True)
    return picture_data(figure)


def _boxes(shares: Sequence[tuple[str, Sequence[float]]]) -> str:
    if not shares:
        return ""
    figure = Figure(figsize=(7, 0.9 + 0.42 * len(shares)), layout="constrained")
    ax = figure.add_subplot()
    ax.boxplot(
        [values for _, values in shares],
        orientation="horizontal",
        widths=0.6,
        patch_artist=True,
        boxprops=dict(facecolor="#cfe0f2", edgecolor=BLUE),
        medianprops=dict(color=DARK, linewidth=2),
        flierprops=dict(marker=".", markersize=5, markeredgecolor=BLUE),
    )
    ax.set_yticklabels([name for name, _ in shares])
    ax.set(xlim=(-3, 103), xlabel="% of the points that checks give")
    ax.invert_yaxis()
    return picture_data(figure)


def _exercise_picture(scores: Sequence[float], passed: Sequence[tuple[str, float]]) -> str:
    figure = Figure(figsize=(7, 1.5 + max(1.2, 0.33 * len(passed))), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.hist(scores, bins=range(0, 101, 10), color=BLUE, edgecolor="white")
    left.set(title="Scores", xlabel="% of the points that checks give", ylabel="submissions")
    left.yaxis.get_major_locator().set_params(integer=True)
    right.barh([name for name, _ in passed], [share for _, share in passed], color=BLUE)
    right.set(title="Passed", xlim=(0, 100), xlabel="% of submissions")
    right.invert_yaxis()
    return picture_data(figure)


def picture_data(figure: Figure) -> str:
    """A figure as an address that a page can show."""
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()

"""A page with the submissions whose code is most similar, beside each other, for a person to read. It accuses nobody."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from coursekit.grading.exercise import load_exercise
from coursekit.grading.limited import FailedError, Limited
from coursekit.grading.reports.overview import BLUE, STYLE, picture_data
from coursekit.grading.reports.pages import environment, title
from coursekit.grading.reports.similarity import (
    RUN,
    Code,
    Comparison,
    Pair,
    Reader,
    compare,
    given_away,
    runs,
)
from coursekit.grading.results import Result, graded_text, write_atomically
from coursekit.units import counted

LONGEST_SHOWN = 1000  # lines of a submission


def write_similar(
    path: Path,
    folder: Path,
    results: Iterable[Result],
    root: Path,
    most: int,
    least: float,
    say: Callable[[str], object] = print,
) -> None:
    """Compare the code of graded submissions in ``folder``, exercise by exercise, and write the page.

    It shows the ``most`` most similar pairs, and groups in which every two are at least ``least`` similar.

    Raises PageError for an exercise that the course does not have.
    """
    by_exercise: dict[str, list[Result]] = {}
    for result in results:
        by_exercise.setdefault(result.exercise, []).append(result)
    exercises = []
    with Limited(Reader) as ask:
        for name, some in sorted(by_exercise.items()):
            exercise = load_exercise(name, root)
            chapter = root / "chapters" / f"{name.partition('/')[0]}.md"
            text = chapter.read_text(encoding="utf-8") if chapter.exists() else ""
            given = {run for source in given_away(exercise.student, text) for run in runs(source)}
            codes, failed = _read(folder, some, ask)
            found = compare(codes, given, most, least)
            heading = title(name, {name: exercise.solution})
            exercises.append(_shown(name, heading, codes, failed, found))
            highest = (
                f", {_percent(found.pairs[0].similarity)} similar at most" if found.pairs else ""
            )
            say(f"{name}: {counted(len(found.nearest), 'submission')} compared{highest}")
    page = environment().get_template("similar.html")
    write_atomically(path, page.render(exercises=exercises, least=_percent(least), run=RUN))


def _read(folder: Path, results: Iterable[Result], ask: Limited) -> tuple[list[Code], list[str]]:
    """The code of all submissions that have some, and whose could not be read."""
    codes, failed = [], []
    for result in results:
        if not (text := graded_text(folder, result)):
            continue
        try:
            source, found, whole = ask("read", text)
            codes.append(Code(result.student, source, found, whole))
        except FailedError as error:
            failed.append(f"{result.student} ({error})")
    return codes, failed


# --------------------------------------------------------------------------------------- the page


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _shown(
    name: str, heading: str, codes: list[Code], failed: list[str], found: Comparison
) -> dict[str, Any]:
    """What the page says about an exercise."""
    return dict(
        name=name,
        anchor=re.sub(r"\W+", "-", name),
        title=heading,
        compared=len(found.nearest),
        nothing=found.nothing,
        cut=[one.student for one in codes if not one.whole],
        failed=failed,
        groups=[dict(students=one.students, least=_percent(one.least)) for one in found.groups],
        pairs=[_pair(one) for one in found.pairs],
        picture=_histogram(found.nearest) if len(found.nearest) > 1 else "",
    )


def _pair(pair: Pair) -> dict[str, Any]:
    sides = [
        dict(student=one.student, lines=_lines(one.text, marked), marked=len(marked))
        for one, marked in zip((pair.first, pair.second), pair.lines, strict=True)
    ]
    return dict(sides=sides, similarity=_percent(pair.similarity))


def _lines(text: str, marked: frozenset[int]) -> list[Mapping[str, Any]]:
    lines = text.split("\n")
    shown = [dict(text=line, same=at in marked) for at, line in enumerate(lines[:LONGEST_SHOWN])]
    if more := len(lines) - LONGEST_SHOWN:
        shown += [dict(text=f"… {more:,} more lines", same=False)] * (more > 0)
    return shown


def _histogram(nearest: list[float]) -> str:
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 2.4), layout="constrained")
        ax = figure.add_subplot()
        ax.hist(
            [100 * one for one in nearest], bins=range(0, 101, 5), color=BLUE, edgecolor="white"
        )
        ax.set(xlim=(0, 100), xlabel="similarity to the most similar other one, in %")
        ax.set(ylabel="submissions")
        ax.yaxis.get_major_locator().set_params(integer=True)
        return picture_data(figure)

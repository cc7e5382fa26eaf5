"""An experiment of an evidence page: more and more runs of all its arms, until they tell enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from lab.kept import kept
from lab.records import Record, show
from lab.rule import BEGIN, MOST, Effect, enough
from lab.runs import Runs, Sweep

import pandas as pd

Arms = TypeVar("Arms", Runs, Sweep, dict)
Setting = TypeVar("Setting")

FIRST_SEED = (
    10_000  # pilot runs use seeds below 1,000, those of earlier editions of the pages others below
)


def until_narrow(
    name: str,
    arms: Callable[[Sequence[int]], Arms],
    comparisons: Callable[[Arms], Sequence[Effect]],
    *,
    begin: int = BEGIN,
    most: int = MOST,
) -> Arms:
    """Run all arms with seeds 10,000, 10,001, …, doubling their number until it is enough.

    Enough are runs whose comparisons have intervals at most δ wide, or ``most`` of them. Only
    widths are looked at. Even seeds are the first set, odd ones the second. In a sampled run,
    ``full_scale(sample=…)``, the arms run with the seeds of the sample alone.

    Args:
        name: What the page calls the experiment.
        arms: Seeds -> the runs of every arm: ``Runs``, a ``Sweep``, or a dictionary of them.
        comparisons: Such runs -> what will be read off them.
        begin, most: Numbers of runs, even, of each arm.

    Raises:
        ValueError: ``begin`` or ``most`` is odd or below 2.
    """
    for number in (begin, most):
        if number < 2 or number % 2:
            raise ValueError(f"Two sets of seeds need an even number of runs from 2 on: {number}.")
    if kept.sample:
        return arms(sorted(kept.sample[name])) if name in kept.sample else arms(_seeds(0, begin))
    n = min(begin, most)
    found = arms(_seeds(0, n))
    while not enough(comparisons(found), most):
        more = min(2 * n, most)
        found, n = joined(found, arms(_seeds(n, more))), more
    _tell(name, n, most, comparisons(found))
    return found


def _tell(name: str, runs: int, most: int, comparisons: Sequence[Effect]) -> None:
    """Show how many runs it took, and record it for whoever draws a sample of them."""
    widest = max(((one.high - one.low) / one.smallest for one in comparisons), default=0.0)
    row = {"experiment": name, "runs of each arm": runs, "widest interval, in δ": f"{widest:.2f}"}
    numbers = {"first_seed": FIRST_SEED, "runs": runs, "most": most}
    caption = f"Seeds {FIRST_SEED} to {FIRST_SEED + runs - 1}"
    show(Record({f"experiment.{name}": numbers}, pd.DataFrame([row]), caption))


def _seeds(first: int, end: int) -> list[int]:
    return list(range(FIRST_SEED + first, FIRST_SEED + end))


def joined(one: Arms, more: Arms) -> Arms:
    """Runs, sweeps, or dictionaries of them, with the runs of both.

    Raises:
        ValueError: As ``Runs.joined``, or the dictionaries have other keys.
    """
    if not isinstance(one, Mapping):
        return one.joined(more)
    if one.keys() != more.keys():
        raise ValueError(f"The arms are {list(one)} and {list(more)}.")
    return {key: joined(value, more[key]) for key, value in one.items()}


def chosen(name: str, setting: Setting, choose: Callable[[], Setting]) -> Setting:
    """A setting that pilot runs chose, as it stands in the page; a full run makes them again.

    Args:
        name: What is chosen, for the message.
        setting: What the page says that they chose.
        choose: Makes the pilot runs, with seeds below 1,000, and gives the setting. A sampled run
            leaves them out; a shortened one makes them and goes on with the page's setting.

    Raises:
        ValueError: The pilot runs of a full run choose another one.
    """
    if kept.sample:
        return setting
    found = choose()
    if found != setting and not kept.shortened:
        raise ValueError(f"{name}: the pilot runs choose {found!r}, the page says {setting!r}.")
    return setting

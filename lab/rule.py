"""The course's rule: what a comparison says, how many runs it needs, and when a claim is supported.

A comparison is read off its 95 % interval against the smallest effect worth speaking of, δ, which
its measure fixes beforehand. Only an interval that lies wholly to one side of δ or -δ, or wholly
between them, says something. How many runs there are depends on the interval's width alone, never
on where it lies, so that stopping favours no reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from scipy import stats

YES, OPPOSITE, SMALL, UNDECIDED = "yes", "the opposite", "too small to matter", "undecided"
AT_LEAST = "at least"  # a claim that the first is as large as the second, up to δ
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Measure:
    """A kind of result, how two of them are compared, and the smallest effect worth speaking of.

    Attributes:
        kind: ``difference`` (first minus second), ``log ratio`` (natural logarithm of first over
            second, for what is heavy-tailed), ``sooner`` (share of pairs in which the first is the
            smaller, ties half, less one half) or ``success`` (difference of two shares of runs).
        smallest: δ, in the unit of the effect.
        words: What is measured.
    """

    kind: str
    smallest: float
    words: str


MEASURES = {
    "accuracy": Measure("difference", 0.01, "accuracy on new data, difference"),
    "loss": Measure("log ratio", log(1.1), "loss on new data, logarithm of the ratio"),
    "updates": Measure("sooner", 0.1, "share of pairs that get there sooner, above one half"),
    "norm": Measure("log ratio", log(1.1), "size of weights or spread, logarithm of the ratio"),
    "success": Measure("success", 0.1, "share of runs that succeed, difference"),
    "calibration": Measure("difference", 0.01, "calibration error, difference"),
}
KINDS = ("difference", "log ratio", "sooner", "success")


@dataclass(frozen=True)
class Effect:
    """An effect over ``n`` paired runs, and what it says.

    Attributes:
        mean: The effect; ``low`` and ``high`` end its 95 % interval.
        n: Number of pairs.
        smallest: δ, the smallest effect worth speaking of, declared beforehand.
    """

    mean: float
    low: float
    high: float
    n: int
    smallest: float

    @property
    def reading(self) -> str:
        """``yes``, ``the opposite``, ``too small to matter`` or ``undecided``.

        By where the whole interval lies: from δ up, from -δ down, between the two, or elsewhere.
        """
        return self.reading_at(self.smallest)

    def reading_at(self, smallest: float) -> str:
        """What it would say if ``smallest`` were δ."""
        if self.low >= smallest:
            return YES
        if self.high <= -smallest:
            return OPPOSITE
        return SMALL if -smallest < self.low and self.high < smallest else UNDECIDED

    @property
    def at_least(self) -> str:
        """``yes`` if the first is as large as the second, up to δ; ``the opposite`` or ``undecided``."""
        if self.low > -self.smallest:
            return YES
        return OPPOSITE if self.high <= -self.smallest else UNDECIDED

    @property
    def words(self) -> str:
        """The reading, with the sign of an undecided effect whose interval leaves 0 out."""
        if self.reading != UNDECIDED or self.low <= 0 <= self.high:
            return self.reading
        return f"{UNDECIDED} ({'positive' if self.low > 0 else 'negative'}, size open)"

    @property
    def narrow(self) -> bool:
        """Whether the interval is at most δ wide, so that no more runs are needed."""
        return self.high - self.low <= self.smallest

    @property
    def needed(self) -> int:
        """About how many runs make the interval δ wide, going by the spread of these."""
        return int(np.ceil(self.n * ((self.high - self.low) / self.smallest) ** 2))

    @property
    def p(self) -> float:
        """Level of a test, on both sides, of what the mean suggests: that the effect is beyond δ, or
        within it. At most 0.05 exactly where the reading is not ``undecided``.
        """
        half = (self.high - self.low) / 2
        if half == 0:
            return float(self.reading == UNDECIDED)
        spread = stats.t(self.n - 1)
        errors = spread.ppf((1 + CONFIDENCE) / 2) * abs(abs(self.mean) - self.smallest) / half
        return float(2 * spread.sf(errors))

    def __str__(self) -> str:
        return (
            f"{self.mean:+.3g}, 95 % interval {self.low:+.3g} to {self.high:+.3g} "
            f"({self.n} pairs, smallest effect {self.smallest:.3g}): {self.words}"
        )


def paired_effect(
    first: Sequence[float], second: Sequence[float] | float, measure: str | Measure
) -> Effect:
    """The effect of ``first`` against ``second``, with its 95 % interval, over paired runs.

    The interval of a mean difference is Student's t interval. For ``sooner`` and ``success`` each
    pair counts 1, 0 or -1, and one pair of either sign is added before a normal interval is taken
    (Bonett & Price 2012, Journal of Educational and Behavioral Statistics 37, 479-488), so that
    runs that all say the same do not give an interval without width.

    Args:
        first, second: One value per run, shape (n,), paired: same seeds in the same order.
            ``second`` may be one number. Infinite for ``sooner`` where a run never gets there;
            true or false for ``success``.
        measure: One of ``MEASURES``, or another with the reason for its δ in the text.

    Raises:
        ValueError: The values do not pair up, are too few, or are none of this measure's.
    """
    measure = measure_of(measure)
    return summary_of(effects_of(first, second, measure), measure)


def summary_of(effects: Sequence[float], measure: str | Measure) -> Effect:
    """The mean of effects, shape (n,), one for each pair of runs, with its interval."""
    measure, effects = measure_of(measure), np.asarray(effects, float)
    n, mean, scale = len(effects), effects.mean(), 1.0
    if measure.kind in ("sooner", "success"):
        scale = 0.5 if measure.kind == "sooner" else 1.0
        smoothed = np.append(effects, [1.0, -1.0])
        half = stats.norm.ppf((1 + CONFIDENCE) / 2) * smoothed.std() / np.sqrt(n + 2)
        most = max(1.0, np.abs(effects).max())
        low = min(mean, max(-most, smoothed.mean() - half))
        high = max(mean, min(most, smoothed.mean() + half))
    else:
        half = stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * effects.std(ddof=1) / np.sqrt(n)
        low, high = mean - half, mean + half
    return Effect(*(float(scale * one) for one in (mean, low, high)), n, measure.smallest)


def measure_of(measure: str | Measure) -> Measure:
    """The measure of that name.

    Raises:
        ValueError: There is none, its kind is unknown, or δ is not above 0.
    """
    if isinstance(measure, str):
        if measure not in MEASURES:
            raise ValueError(f"No measure {measure!r}; there are {', '.join(MEASURES)}.")
        measure = MEASURES[measure]
    if measure.kind not in KINDS:
        raise ValueError(f"No kind of measure {measure.kind!r}; there are {', '.join(KINDS)}.")
    if not measure.smallest > 0:
        raise ValueError(f"The smallest effect must be above 0, not {measure.smallest!r}.")
    return measure


def effects_of(
    first: Sequence[float], second: Sequence[float] | float, measure: str | Measure
) -> np.ndarray:
    """Each pair's effect, shape (n,); arguments and errors as ``paired_effect``'s."""
    measure = measure_of(measure)
    first, second = np.asarray(first, float), np.asarray(second, float)
    if second.ndim == 0:
        second = np.full(first.shape, second)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(
            f"an effect needs one value per run, paired: shapes are {first.shape}, {second.shape}."
        )
    if len(first) < 2:
        raise ValueError("an effect needs at least two pairs of runs.")
    if np.isnan(first).any() or np.isnan(second).any():
        raise ValueError("an effect cannot use NaN (runs that diverged): count them as failures.")
    if measure.kind == "sooner":
        return (first < second) - (first > second).astype(float)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError(
            "an effect cannot use infinite values (runs that never reached a level): compare which "
            "run is sooner, or how many succeed."
        )
    if measure.kind == "log ratio":
        if min(first.min(), second.min()) <= 0:
            raise ValueError("The logarithm of a ratio needs values above 0.")
        return np.log(first / second)
    if measure.kind == "success" and not np.isin([first, second], [0, 1]).all():
        raise ValueError("The share of runs that succeed needs true or false for each run.")
    return first - second


SUPPORTED, SMALL_HERE, PARTLY = "supported", "too small to matter here", "partly"
VERDICTS = {YES: SUPPORTED, OPPOSITE: OPPOSITE, SMALL: SMALL_HERE, UNDECIDED: UNDECIDED}


def verdict_of(readings: Sequence[str], same: bool = False) -> str:
    """The verdict of a claim whose parts must all hold, by what each of them reads.

    ``partly`` if some parts hold and others do not. If none holds and they read differently,
    ``undecided`` if any of them is, and else ``too small to matter here``.

    Args:
        readings: Of one comparison or more.
        same: The claim is that two things are the same: it holds where the difference is too
            small to matter, and any other that is certain is ``the opposite``.

    Raises:
        ValueError: There is no reading.
    """
    if not readings:
        raise ValueError("A verdict needs at least one reading.")
    if same:
        turned = {SMALL: YES, YES: OPPOSITE}
        readings = [turned.get(reading, reading) for reading in readings]
    different = set(readings)
    if len(different) == 1:
        return VERDICTS[different.pop()]
    if YES in different:
        return PARTLY
    return UNDECIDED if UNDECIDED in different else SMALL_HERE


def holm(levels: Mapping[str, float], at: float = 1 - CONFIDENCE) -> dict[str, bool]:
    """Which of several tests still say something when all of them together err in at most ``at``.

    Holm's procedure (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).
    """
    survives, still = {}, True
    for passed, name in enumerate(sorted(levels, key=levels.__getitem__)):
        still = still and levels[name] <= at / (len(levels) - passed)
        survives[name] = still
    return {name: survives[name] for name in levels}


BEGIN, MOST, MOST_SLOW = 60, 960, 240  # runs; the last where one takes over a second


def enough(comparisons: Sequence[Effect], most: int = MOST) -> bool:
    """Whether runs may stop: every interval is at most δ wide, or there are ``most`` of them."""
    return all(one.narrow or one.n >= most for one in comparisons)


def until_enough(
    draw: Callable[[int], Sequence[Effect]], begin: int = BEGIN, most: int = MOST
) -> Sequence[Effect]:
    """Double the number of runs, for all comparisons alike, until it is enough.

    Args:
        draw: Number of runs -> comparisons over so many.
    """
    n = begin
    while not enough(comparisons := draw(n), most):
        n = min(2 * n, most)
    return comparisons

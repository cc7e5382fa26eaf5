"""What a comparison of two ways to train says, and how a claim is settled by several of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.arrays import Array

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Comparison:
    """A mean paired difference over ``n`` runs and what it says.

    Attributes:
        mean: Mean of the differences; ``low`` and ``high`` end its 95 % interval.
        n: Number of pairs.
        smallest: The smallest mean difference worth speaking of, declared beforehand.
        equal: Whether the question is "are they equal?" in place of "is the first larger?".
    """

    mean: float
    low: float
    high: float
    n: int
    smallest: float
    equal: bool = False

    @property
    def verdict(self) -> str:
        """``supported``, ``opposite`` or ``not supported here``.

        ``supported`` if the first is larger: interval above 0, mean at least ``smallest``.
        ``opposite`` if that holds the other way round; ``not supported here`` otherwise, whether
        the difference is too small to matter or too uncertain to call. Asked for equality:
        ``supported`` if the whole interval lies within ``smallest`` of 0.
        """
        if self.equal:
            return "supported" if self.reading == "about equal" else "not supported here"
        return {"larger": "supported", "smaller": "opposite"}.get(
            self.reading, "not supported here"
        )

    @property
    def reading(self) -> str:
        """``larger``, ``smaller``, ``about equal`` (interval within ``smallest`` of 0), ``unclear``."""
        if max(-self.low, self.high) < self.smallest:
            return "about equal"
        if self.low > 0 and self.mean >= self.smallest:
            return "larger"
        if self.high < 0 and self.mean <= -self.smallest:
            return "smaller"
        return "unclear"

    @property
    def needed(self) -> int:
        """Pairs needed to find a difference of ``smallest``, four times out of five.

        Power calculation of the paired t test with the standard deviation of these differences,
        ``((1.96 + 0.84) sd / smallest) ** 2 + 1.96 ** 2 / 2`` (normal approximation with the
        correction for small samples of Guenther 1981, The American Statistician 35).
        """
        quantile = stats.t.ppf(0.975, self.n - 1)
        sd = (self.high - self.low) / 2 / quantile * np.sqrt(self.n)
        return int(np.ceil((2.8 * sd / self.smallest) ** 2 + 1.92))

    def __str__(self) -> str:
        return (
            f"difference {self.mean:+.3g}, 95 % interval {self.low:+.3g} to {self.high:+.3g} "
            f"({self.n} pairs): {self.verdict}"
        )


def compare(
    first: Array, second: Array | float, smallest: float, equal: bool = False
) -> Comparison:
    """Is ``first`` larger than ``second``, run by run?

    The interval is Student's t interval of the mean of ``first - second``.

    Args:
        first, second: One value per run, shape (n,), paired: same seeds in the same order.
            ``second`` may be one number.
        smallest: The smallest difference worth speaking of; decide it before looking.
        equal: Ask whether the two are equal, to within ``smallest``.

    Raises:
        ValueError: The arrays do not pair up, hold NaN or infinite values, or are too short.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    if second.ndim == 0:
        second = np.full(first.shape, second)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(
            f"compare needs one value per run, paired: shapes are {first.shape}, {second.shape}."
        )
    if len(first) < 2:
        raise ValueError("compare needs at least two pairs of runs.")
    if not smallest > 0:
        raise ValueError(f"smallest must be above 0, not {smallest!r}.")
    differences = first - second
    if not np.isfinite(differences).all():
        raise ValueError(
            "compare cannot use NaN or infinite values (runs that diverged or never reached a "
            "level): count or cap them first."
        )
    mean, n = differences.mean(), len(differences)
    half = stats.t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n)
    return Comparison(float(mean), float(mean - half), float(mean + half), n, smallest, equal)


Pair = tuple[Array, Array | float]  # what `compare` takes first: one value per run each


@dataclass(frozen=True)
class Claim:
    """A sentence put to the test with two disjoint sets of seeds; what ``settle`` returns.

    Attributes:
        name: What the course calls it, such as ``C14``.
        sentence: What is claimed.
        effect: What the differences are differences of, with its unit.
        axis: What the conditions vary, or "" if all of them have to hold.
        comparisons: (condition, data, ``first`` or ``second`` set of seeds) -> Comparison. The
            condition is "" where there is one only.
    """

    name: str
    sentence: str
    effect: str
    axis: str
    comparisons: dict[tuple[str, str, str], Comparison]

    @property
    def decides(self) -> str:
        """The data that the verdict rests on: the last ones given."""
        return list(self.comparisons)[-1][1]

    @property
    def verdict(self) -> str:
        """The verdict of the first set of seeds: ``supported``, ``not supported here``, or
        ``depends on …`` where some of the conditions along an axis support it and others not."""
        return self._verdict("first")

    @property
    def repeated(self) -> str:
        """The verdict of the second set of seeds."""
        return self._verdict("second")

    def _verdict(self, which: str) -> str:
        held = [
            comparison.verdict == "supported"
            for (_, data, seeds), comparison in self.comparisons.items()
            if (data, seeds) == (self.decides, which)
        ]
        if all(held):
            return "supported"
        return f"depends on {self.axis}" if self.axis and any(held) else "not supported here"

    def __str__(self) -> str:
        again = "" if self.repeated == self.verdict else f"; second set of seeds: {self.repeated}"
        return f"{self.name}: {self.verdict}{again}"


def judge(
    name: str,
    sentence: str,
    effect: str,
    smallest: float | Mapping[str, float],
    results: Mapping[str, Pair | Mapping[str, Pair]],
    axis: str = "",
    equal: bool = False,
) -> Claim:
    """Compare what was measured, for each data, condition and set of seeds; arguments as `settle`'s.

    Raises:
        ValueError: As ``compare``, or the number of runs is odd.
    """
    comparisons = {}
    for data, measured in results.items():
        conditions = measured if isinstance(measured, Mapping) else {"": measured}
        for condition, (first, second) in conditions.items():
            enough = smallest[condition] if isinstance(smallest, Mapping) else smallest
            half, odd = divmod(len(first), 2)
            if odd:
                raise ValueError(
                    f"{name} needs two sets of seeds of the same size, but there are {len(first)} "
                    "runs: an odd number."
                )
            second = np.broadcast_to(np.asarray(second, float), np.shape(first))
            for seeds, part in (("first", slice(half)), ("second", slice(half, None))):
                result = compare(np.asarray(first)[part], second[part], enough, equal)
                comparisons[condition, data, seeds] = result
    return Claim(name, sentence, effect, axis, comparisons)

"""From what a reader downloads, by SciPy and the words of the ledger, comes each verdict."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from scipy import stats

from coursekit.paths import ROOT
from coursekit.results.verdicts import load_verdicts
from coursekit.sphinx.all_runs import PLACE, write_runs
from tests.pages.test_registry import ENTRY, write
from tests.results.test_verdicts import concluded
from tests.support.books import build_page
from tests.support.small_course import Course

EFFECTS = {
    "difference": lambda first, second: first - second,
    "success": lambda first, second: first - second,
    "log ratio": lambda first, second: np.log(first / second),
    "sooner": lambda first, second: np.sign(second - first),
}


def reading(effects: np.ndarray, kind: str, smallest: float) -> str:
    """What the 95 % interval of these effects says against δ."""
    if kind in ("sooner", "success"):
        scale = 0.5 if kind == "sooner" else 1.0
        smoothed = np.append(effects, [1.0, -1.0])
        normal = stats.norm(smoothed.mean(), smoothed.std() / np.sqrt(len(smoothed)))
        low, high = (scale * end for end in normal.interval(0.95))
        low, high = min(low, scale * effects.mean()), max(high, scale * effects.mean())
    else:
        low, high = stats.ttest_1samp(effects, 0).confidence_interval(0.95)
    if low >= smallest:
        return "yes"
    if high <= -smallest:
        return "the opposite"
    return "too small" if -smallest < low and high < smallest else "undecided"


VERDICTS = {"yes": "supported", "too small": "too small to matter here"}


def verdict(claim: pd.Series, runs: pd.DataFrame) -> str:
    """A claim's verdict by the rule as the ledger page tells it."""
    runs = runs[runs.decides & (runs.claim == claim.claim)]
    kind, smallest = runs.kind.iloc[0], runs.smallest.iloc[0]
    effects = {
        part: EFFECTS[kind](one["first"].to_numpy(float), one["second"].to_numpy(float))
        for part, one in runs.groupby("part", sort=False, dropna=False)
    }
    if claim.axis:
        one, other = (effects[part] for part in claim["between"].split("; "))
        n = min(len(one), len(other))
        if reading(one[:n] - other[:n], kind, smallest) in ("yes", "the opposite"):
            return f"depends on {claim.axis}"
        n = min(map(len, effects.values()))
        effects = {"": np.mean([values[:n] for values in effects.values()], axis=0)}
    if claim["same"] == "at least":
        readings = [at_least(values, smallest) for values in effects.values()]
    else:
        readings = [reading(values, kind, smallest) for values in effects.values()]
    if claim["same"] == "yes":
        turned = {"too small": "yes", "yes": "the opposite"}
        readings = [turned.get(one, one) for one in readings]
    if len(set(readings)) == 1:
        return VERDICTS.get(readings[0], readings[0])
    if "yes" in readings:
        return "partly"
    return "undecided" if "undecided" in readings else "too small to matter here"


def at_least(effects: np.ndarray, smallest: float) -> str:
    """What they say of a claim of at least as much."""
    low, high = stats.ttest_1samp(effects, 0).confidence_interval(0.95)
    if low > -smallest:
        return "yes"
    return "the opposite" if high <= -smallest else "undecided"


def read(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs and claims of a download."""
    with zipfile.ZipFile(path) as archive:
        assert "decides: whether the verdict rests on it" in archive.read("columns.txt").decode()
        with archive.open("runs.csv") as runs, archive.open("claims.csv") as claims:
            return tuple(pd.read_csv(file, keep_default_na=False) for file in (runs, claims))


@pytest.mark.parametrize("mean", [0.05, 0.0, -0.05, 0.01])
def test_the_download_alone_gives_a_verdict_again(course: Course, mean: float) -> None:
    write(course.root, C1=ENTRY)
    course.store(course.page, {"C1": concluded(ENTRY, **{"": mean})})
    write_runs(course.root, course.root / PLACE)
    runs, claims = read(course.root / PLACE)
    assert len(runs) == 120
    assert [verdict(claim, runs) for _, claim in claims.iterrows()] == list(claims.verdict)
    assert list(claims.verdict) == [one.verdict for one in load_verdicts(course.root)]


def test_equal_runs_make_an_equal_download(course: Course) -> None:
    write(course.root, C1=ENTRY)
    course.store(course.page, {"C1": concluded(ENTRY, **{"": 0.05})})
    files = [course.root / name for name in ("one.zip", "other.zip")]
    for file in files:
        write_runs(course.root, file)
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.fixture(scope="module")
def download(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    path = tmp_path_factory.mktemp("runs") / "runs.zip"
    write_runs(ROOT, path)
    return read(path)


def test_the_download_of_the_course_gives_every_verdict_again(download: tuple) -> None:
    runs, claims = download
    assert set(claims.claim) == {one.name for one in load_verdicts(ROOT) if one.parts}
    differing = {
        claim.claim: (found, claim.verdict)
        for _, claim in claims.iterrows()
        if (found := verdict(claim, runs)) != claim.verdict
    }
    assert differing == {}


@pytest.mark.slow
def test_a_page_offers_it(tmp_path: Path) -> None:
    done = build_page(tmp_path, "```{all-runs}\n```\n", "all_runs")
    assert done.returncode == 0, done.stderr
    page = BeautifulSoup((tmp_path / "html/index.html").read_text(), "html.parser")
    link = page.select_one("a.all-runs")
    assert (tmp_path / "html" / link["href"]).exists()
    assert "the value that it is compared with" in page.get_text()

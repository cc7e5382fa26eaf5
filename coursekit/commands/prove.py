"""``course prove``: prove that the checks of an exercise tell right from wrong."""

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import click

from coursekit.grading.proofs import (
    Outcome,
    is_meant,
    load_submissions,
    prove_graded,
)
from coursekit.grading.proofs import prove as prove_exercise
from coursekit.pages.bundle import write_carried
from coursekit.paths import ROOT
from coursekit.units import counted


@click.command(short_help="prove that the checks of an exercise tell right from wrong")
@click.argument("exercise")
@click.argument("only", nargs=-1, metavar="[NAME]...")
@click.option("--graded", is_flag=True, help="grade them as a class, in the sandbox")
def prove(exercise: str, only: tuple[str, ...], graded: bool) -> None:
    """Prove that the checks of an exercise tell right from wrong.

    The submissions in tests/proofs/<chapter>/<exercise>.py are graded, right and wrong ones, and
    each must get the marks that are said there. EXERCISE is such as dropout/max_norm; NAME is a
    part of the names of submissions (default: all).
    """
    failed = _prove_graded(exercise, only) if graded else _prove(exercise, only)
    sys.stdout.flush()
    # Python would take ten seconds to take apart what TensorFlow has compiled.
    os._exit(failed)


def _prove_graded(exercise: str, only: Iterable[str]) -> bool:
    chosen = [one for one in load_submissions(exercise) if is_meant(one.name, only)]
    with tempfile.TemporaryDirectory(prefix="proofs-") as folder:
        outcomes = prove_graded({exercise: chosen}, Path(folder))
    for outcome in outcomes:
        _show(outcome)
    return any(outcome.problems for outcome in outcomes) or not outcomes


def _prove(exercise: str, only: Iterable[str]) -> bool:
    # What notebooks carry, and none of the user's own settings.
    temporary = tempfile.TemporaryDirectory
    with temporary(prefix="proofs-") as modules, temporary(prefix="ipython-") as profile:
        write_carried(Path(modules), ROOT)
        sys.path.insert(0, modules)
        os.environ |= {"LAB_PROGRESS": "0", "MPLBACKEND": "agg", "IPYTHONDIR": profile}
        start = time.perf_counter()
        import checks  # noqa: F401 - starts TensorFlow, whose seconds count apart

        started = time.perf_counter() - start
        outcomes = prove_exercise(exercise, only, _show)
    failed = [outcome for outcome in outcomes if outcome.problems]
    seconds = sum(outcome.seconds for outcome in outcomes)
    click.echo(
        f"{counted(len(outcomes), 'submission')}, {len(failed)} with wrong marks, {seconds:.1f} s "
        f"beside {started:.1f} s to start"
    )
    return bool(failed) or not outcomes


def _show(outcome: Outcome) -> None:
    points = " ".join(f"{name}={value:g}" for name, value in outcome.points.items())
    good = "ok  " if not outcome.problems else "FAIL"
    print(f"{good} {outcome.seconds:5.1f} s  {outcome.name}: {points}", flush=True)
    for problem in outcome.problems:
        print(f"       {problem}")

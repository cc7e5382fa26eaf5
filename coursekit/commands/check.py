"""``course check``: list all problems."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from coursekit.pages.notebook import pages
from coursekit.problem import PageError
from coursekit.results.advice import advice as numbers_without_record
from coursekit.rules.check import check as find_problems
from coursekit.rules.shape import advice as shapes
from coursekit.units import counted


@click.command(short_help="list all problems of pages and notebooks")
@click.option(
    "--advice",
    is_flag=True,
    help="also list how much each chapter asks of its reader, and numbers that look like results "
    "but carry no record; they are no problems",
)
@click.pass_obj
def check(root: Path, advice: bool) -> int:
    """List all problems.

    These are stale or missing notebooks, what would not run elsewhere, errors, warnings, machine
    paths and progress bars in outputs, pictures without alternative text, numbers and verdicts in
    the text that differ from what was measured, claims that are not settled, not mentioned, or
    settled twice, exercises that their chapter does not name, and what a template still asks for.
    Nothing is executed or changed.
    """
    problems = find_problems(root, _follow)
    for problem in problems:
        click.echo(problem)
    try:
        unbound, measured = numbers_without_record(root), list(shapes(root))
    except PageError:  # among the problems already
        unbound, measured = [], []
    if advice:
        for one in [*measured, *unbound]:
            click.echo(f"advice: {one}")
    click.echo(
        counted(len(problems), "problem")
        if problems
        else f"{counted(len(pages(root)), 'page')} checked, no problems"
    )
    if unbound:
        click.echo(
            f"no record is bound to {counted(len(unbound), 'number')} that may be measured; "
            + (
                "bind those that are: `15 <!-- = name.mean -->`"
                if advice
                else "`course check --advice` lists them"
            )
        )
    return 1 if problems else 0


def _follow(steps: list[Any]) -> Iterable[Any]:
    # None: no bar in a log that is no terminal, where each of its states would be a line.
    return tqdm(steps, desc="checking", unit="step", leave=False, disable=None, dynamic_ncols=True)

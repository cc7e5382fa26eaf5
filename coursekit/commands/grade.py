"""``course grade``: grade what a class handed in."""

from collections import Counter
from dataclasses import fields
from pathlib import Path

import click

from coursekit.grading.sandbox.limits import Limits
from coursekit.units import MIB, counted

_DEFAULTS = {one.name: one.default for one in fields(Limits)}


def _doctor(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Say which protections hold here, and end: with 1 if one does not that a submission could
    use.
    """
    if not wanted:
        return
    from coursekit.grading.sandbox.doctor import examine

    holding = True
    for found in examine(context.obj):
        says = "holds   " if found.holds else "missing " if found.needed else "not here"
        words = f" ({found.words})" if found.words else ""
        click.echo(f"{says}  {found.protection}{words}")
        holding &= found.holds or not found.needed
    context.exit(0 if holding else 1)


@click.command(short_help="grade what a class handed in")
@click.option(
    "--doctor",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_doctor,
    help="try the sandbox, say which of its protections hold on this machine, and grade nothing",
)
@click.argument("submitted", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="GRADES",
    help="folder for all results",
)
@click.option(
    "--student", multiple=True, help="grade only this one (repeat; * and ? match)", metavar="NAME"
)
@click.option(
    "--exercise",
    multiple=True,
    metavar="NAME",
    help="grade only this one, such as dropout/max_norm or 'noise/*' (repeat)",
)
@click.option("--again", is_flag=True, help="grade again what has its grades already")
@click.option("--jobs", type=int, default=-1, help="submissions at once (default: one per core)")
@click.option(
    "--cluster",
    default="",
    metavar="ADDRESS",
    help="a Dask scheduler whose workers do the grading",
)
@click.option(
    "--seconds",
    type=float,
    default=_DEFAULTS["seconds"],
    show_default=True,
    help="that a cell or a check may take",
)
@click.option(
    "--memory",
    type=int,
    default=_DEFAULTS["memory"] // MIB,
    show_default=True,
    metavar="MIB",
    help="that a submission may take",
)
@click.option(
    "--due",
    multiple=True,
    metavar="CHAPTER=TIME",
    help="when a chapter was due, as in 'dropout=2026-01-31 23:59 CET' (UTC without zone; repeat)",
)
@click.option(
    "--no-sandbox",
    is_flag=True,
    help="run submissions with all rights that you have; only for work that you trust",
)
@click.pass_obj
def grade(
    root: Path,
    submitted: Path,
    out: Path,
    student: tuple[str, ...],
    exercise: tuple[str, ...],
    again: bool,
    jobs: int,
    cluster: str,
    seconds: float,
    memory: int,
    due: tuple[str, ...],
    no_sandbox: bool,
) -> int:
    """Grade what a class handed in: each submission in a sandbox of its own, several at once.

    SUBMITTED is nbgrader's folder submitted/<student>/<chapter>/<exercise>.ipynb, a zip of it, or a
    folder or zip as Canvas, Moodle, Blackboard and Teams export it. GRADES gets grades.csv,
    overview.html, feedback for each submission, and nbgrader's gradebook for points that a person
    gives. A grading that was stopped goes on where it was when the command is given again.
    """
    # A second to import, which only this command needs.
    from coursekit.grading.grade import Options
    from coursekit.grading.grade import grade as grade_class
    from coursekit.grading.reports.late import parse_due

    limits = Limits(seconds=seconds, all_seconds=max(5 * seconds, 60), memory=memory * MIB)
    dates = {chapter: parse_due(time) for chapter, _, time in (one.partition("=") for one in due)}
    settings = Options(student, exercise, again, jobs, cluster, not no_sandbox, limits, dates)
    outcome = grade_class(root, submitted, out, settings)
    for message in outcome.left_out:
        click.echo(f"left out: {message}")
    counts = Counter(result.status for result in outcome.results)
    click.echo(
        f"{outcome.marked} graded now, {outcome.kept} before: "
        + ", ".join(f"{n} {status}" for status, n in counts.most_common())
    )
    if flagged := [result for result in outcome.results if result.flags]:
        submissions = counted(len(flagged), "submission")
        click.echo(f"a person should look at {submissions}; the overview says which")
    return 0

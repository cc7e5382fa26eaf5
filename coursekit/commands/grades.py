"""``course grades``: put points into the table that a platform exported."""

from pathlib import Path

import click

from coursekit.problem import PageError
from coursekit.units import counted

PLATFORMS = ("canvas", "moodle", "blackboard")


@click.command(short_help="put points into a platform's own table")
@click.argument("grades", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--for", "platform", type=click.Choice(PLATFORMS), required=True, help="the platform")
@click.option(
    "--export",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    metavar="FILE",
    help="the table that the platform exported",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="the table with points (default: in GRADES, under the platform's name)",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="CHAPTER=HEADING",
    help="the column for a chapter, where it does not hold the chapter's name (repeat)",
)
@click.option("--scale", is_flag=True, help="convert points where the platform has other maxima")
@click.option(
    "--unfinished",
    is_flag=True,
    help="also students whose answers wait for a person; these count as 0",
)
def grades(
    grades: Path,
    platform: str,
    export: Path,
    out: Path | None,
    columns: tuple[str, ...],
    scale: bool,
    unfinished: bool,
) -> int:
    """Put the points of a class into the table that your platform exported, ready to be uploaded.

    GRADES is the folder that `course grade` wrote. FILE is what the platform gives: Canvas'
    exported gradebook, Moodle's grading worksheet of an assignment, Blackboard's grade center for
    work offline. The points are those of checks and those that a person gave. All else in the table
    stays as it is.
    """
    # A second to import, which only this command needs.
    from coursekit.grading.reports.platforms import PLATFORMS as KNOWN
    from coursekit.grading.reports.platforms import fill
    from coursekit.grading.reports.totals import read_totals

    wanted = dict(column.partition("=")[::2] for column in columns)
    if not all(wanted.values()):
        raise PageError("--column needs a chapter and a heading: --column dropout='Homework 2'")
    if not (totals := read_totals(grades)):
        raise PageError(f"{grades} holds no grades; `course grade` writes them")
    filled = fill(KNOWN[platform], export.read_bytes(), totals, wanted, scale, unfinished)
    out = out or grades / f"{platform}{export.suffix}"
    if out.resolve() == export.resolve():
        raise PageError(f"{out} is the export itself; name another file")
    out.write_bytes(filled.data)
    for message in filled.told:
        click.echo(message)
    click.echo(f"{out}: {counted(filled.count, 'point')}, ready to be uploaded")
    return 0

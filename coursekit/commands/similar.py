"""``course similar``: show which submissions have similar code."""

from fnmatch import fnmatchcase
from pathlib import Path

import click

from coursekit.problem import PageError


@click.command(short_help="show which submissions have similar code")
@click.argument("grades", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--exercise",
    multiple=True,
    metavar="NAME",
    help="compare only this one, such as dropout/max_norm or 'noise/*' (repeat)",
)
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="shown of each exercise, the most similar first",
)
@click.option(
    "--least",
    type=click.FloatRange(0, 100, min_open=True),
    default=70,
    show_default=True,
    metavar="PERCENT",
    help="similarity of every two in a group",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="the page (default: similar.html in GRADES)",
)
@click.pass_obj
def similar(
    root: Path, grades: Path, exercise: tuple[str, ...], pairs: int, least: float, out: Path | None
) -> int:
    """Show the submissions whose code is most similar, two beside each other, and groups of them.

    GRADES is the folder that `course grade` wrote. Names, numbers, comments and layout do not
    count, and neither does code that students were given. The page accuses nobody: whether similar
    code means anything, a person has to judge.
    """
    # Seconds to import, which only this command needs.
    from coursekit.grading.reports.similar_page import write_similar
    from coursekit.grading.results import read_results

    if not (results := read_results(grades / "results")):
        raise PageError(f"{grades} holds no grades; `course grade` writes them")
    names = sorted({one.exercise for one in results})
    for pattern in exercise:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise PageError(f"no exercise {pattern} in {grades}; there are: {', '.join(names)}")
    chosen = [
        one
        for one in results
        if not exercise or any(fnmatchcase(one.exercise, pattern) for pattern in exercise)
    ]
    out = out or grades / "similar.html"
    write_similar(out, grades, chosen, root, pairs, least / 100, click.echo)
    click.echo(f"{out}: open it in a browser")
    return 0

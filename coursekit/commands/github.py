"""``course github``: make a repository for students on GitHub."""

from pathlib import Path

import click

from coursekit.editions.github import write_repository
from coursekit.pages.exercises import is_exercise
from coursekit.pages.notebook import pages
from coursekit.problem import PageError


@click.command(short_help="make a repository for students on GitHub")
@click.argument("chapter")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="a new folder for it  [default: _build/github/CHAPTER]",
)
@click.pass_obj
def github(root: Path, chapter: str, out: Path | None) -> int:
    """Write what a repository of the exercises of CHAPTER holds, such as dropout.

    It is the notebooks for students and a workflow, which runs their visible checks after each push
    and shows the points. Nothing of a solution and no hidden test is in it.
    """
    exercises = [page for page in pages(root) if is_exercise(page.source, root)]
    chosen = [page for page in exercises if page.source.parent.name == chapter]
    if not chosen:
        chapters = sorted({page.source.parent.name for page in exercises})
        raise PageError(f"no chapter {chapter}; there are: {', '.join(chapters) or 'none'}")
    out = out or Path("_build/github") / chapter
    for path in write_repository(chosen, out):
        click.echo(path)
    return 0

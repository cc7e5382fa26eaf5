"""``course release``: make the student edition."""

from pathlib import Path

import click

from coursekit.editions.release import release as release_course


@click.command(short_help="make the student edition")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("_build/release"),
    show_default=True,
    help="a new folder for it",
)
@click.option("--no-pdf", is_flag=True, help="without the PDF, which Chromium prints")
@click.pass_obj
def release(root: Path, out: Path, no_pdf: bool) -> int:
    """Make the student edition in a new folder.

    It is a zip of student notebooks for each chapter, and the book without solutions. What was made
    is searched for anything of a solution first.
    """
    for path in release_course(root, out, not no_pdf):
        click.echo(path)
    return 0

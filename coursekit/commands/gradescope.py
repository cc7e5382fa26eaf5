"""``course gradescope``: make autograders for Gradescope."""

from pathlib import Path

import click

from coursekit.editions.gradescope import write_autograder
from coursekit.pages.exercises import is_exercise
from coursekit.pages.notebook import choose, pages


@click.command(short_help="make autograders for Gradescope")
@click.argument("exercises", nargs=-1, metavar="[EXERCISE]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("_build/gradescope"),
    show_default=True,
    help="the folder for them",
)
@click.option(
    "--no-sandbox",
    is_flag=True,
    help="have submissions run unprotected, where Gradescope allows no sandbox",
)
@click.pass_obj
def gradescope(root: Path, exercises: tuple[str, ...], out: Path, no_sandbox: bool) -> int:
    """Make an autograder for Gradescope of each EXERCISE, such as dropout/max_norm (default: all).

    It is a zip to be uploaded in Gradescope, Configure Autograder. There it gives the marks that
    `course grade` gives. It holds the solution and the hidden tests, so keep it to yourself.
    """
    found = {page.name: page for page in pages(root) if is_exercise(page.source, root)}
    for name in choose(found, exercises, root) if exercises else found:
        click.echo(write_autograder(found[name], out, not no_sandbox))
    if no_sandbox:
        click.echo(
            "without a sandbox, a submission can read the hidden tests and write its own points"
        )
    return 0

"""``course numbers``: put new results into the text."""

from pathlib import Path

import click

from coursekit.results.numbers import rewrite_numbers
from coursekit.units import counted


@click.command(short_help="rewrite numbers in the text that a new run made stale")
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@click.pass_obj
def numbers(root: Path, pages: tuple[str, ...]) -> int:
    """Rewrite stale numbers in the text.

    Every bound number in the text that differs from its record is rewritten, in the form it has,
    and each change is shown. Words are never changed: verdicts that turned are listed, for a person
    to rewrite the sentences, and make the command fail.

    PAGE is such as batch_normalization or index (default: all).
    """
    result = rewrite_numbers(root, pages)
    for change in result.changes:
        click.echo(change)
    if result.left:
        click.echo("\n  ".join(["\nFor a person to put right:", *map(str, result.left)]))
    count = len(result.changes)
    click.echo(
        f"{counted(count, 'number')} rewritten; now run `course build`, which executes nothing"
        if count
        else "no number is stale"
    )
    return 1 if result.left else 0

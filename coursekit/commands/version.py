"""``course version``: say the course's version, or set the next one."""

import datetime
from pathlib import Path

import click

from coursekit.editions.version import problems, set_version
from coursekit.editions.version import version as version_of


@click.command(short_help="say the version, or set the next one")
@click.argument("new", required=False)
@click.option("--tag", default="", help="a release's tag, such as v1.0.0, which has to agree")
@click.pass_obj
def version(root: Path, new: str | None, tag: str) -> int:
    """Say which version this is, and whether changelog and citation say the same.

    With NEW, such as 1.1.0, make it that version: from today on, what the changelog lists as
    unreleased belongs to it.
    """
    if new:
        set_version(root, new, datetime.date.today())
    found = problems(root, tag)
    for problem in found:
        click.echo(problem)
    click.echo(version_of(root))
    return 1 if found else 0

"""``course build``: bring notebooks up to date."""

import os
from pathlib import Path

import click
from tqdm import tqdm

from coursekit.pages.build import build as build_notebooks
from coursekit.pages.notebook import pages as find_pages
from coursekit.units import counted


@click.command(short_help="bring notebooks up to date with their pages")
@click.argument("pages", nargs=-1, metavar="[PAGE]...")
@click.option("--force", is_flag=True, help="execute even what has not changed")
@click.option(
    "--jobs",
    type=int,
    default=os.cpu_count() or 1,
    show_default=True,
    help="notebooks to execute at once",
)
@click.pass_obj
def build(root: Path, pages: tuple[str, ...], force: bool, jobs: int) -> int:
    """Bring notebooks up to date.

    A notebook is executed only if its code, lab.py's code or the version of a library changed; if
    only text changed, its outputs are kept. What will be executed, and why, is said first. A page
    that fails leaves its old notebook alone.

    PAGE is such as batch_normalization (default: all pages).
    """
    chosen = find_pages(root, list(pages))
    result = build_notebooks(chosen, force=force, jobs=jobs, tell=_tell)
    for error in result.errors:
        click.echo(f"\n{error}", err=True)
    if result.errors:
        failed = counted(len(result.errors), "page")
        click.echo(f"\n{failed} failed; notebooks of failed pages are as they were", err=True)
    return 1 if result.errors else 0


def _tell(line: str) -> None:
    # Between two states of the progress bar, and at once, even where the output is a log.
    with tqdm.external_write_mode():
        click.echo(line)

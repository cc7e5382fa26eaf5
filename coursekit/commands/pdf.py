"""``course pdf``: print the book."""

from pathlib import Path

import click

from coursekit.editions.pdf import write_pdf
from coursekit.units import MIB, counted


@click.command(short_help="print the built book to one PDF")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("_build/book.pdf"),
    show_default=True,
    help="the file to write",
)
@click.pass_obj
def pdf(root: Path, out: Path) -> int:
    """Print the built book (make book) to one PDF, with Chromium.

    It has static figures, open folds, an outline, and links within the book that lead to its pages.
    """
    count = write_pdf(root / "_build/html", root, out)
    click.echo(f"{out}: {counted(count, 'page')}, {out.stat().st_size / MIB:.1f} MiB")
    return 0

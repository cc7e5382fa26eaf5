"""``course new-page`` and ``course new-exercise``: begin a page that passes every check."""

from pathlib import Path

import click

from coursekit.pages.new import new_exercise as write_exercise
from coursekit.pages.new import new_page as write_page


@click.command(short_help="begin a page")
@click.argument("page")
@click.argument("title")
@click.pass_obj
def new_page(root: Path, page: str, title: str) -> int:
    """Write a page with a small experiment, or one of text, that passes every check.

    PAGE is chapters/NAME for one with code, pages/NAME for one of text. It stands last among the
    pages of its folder; move its line in _toc.yml to where it belongs.

    \b
      course new-page chapters/early_stopping "Early stopping"
    """
    _say(write_page(page, title, root), root)
    folder, _, name = page.partition("/")
    click.echo(f"now run: {f'course build {name} && ' if folder == 'chapters' else ''}course check")
    return 0


@click.command(short_help="begin an exercise with checks and their proof")
@click.argument("exercise")
@click.argument("title")
@click.pass_obj
def new_exercise(root: Path, exercise: str, title: str) -> int:
    """Write an exercise with two checks, an answer, and the proof of its checks, all of which pass.

    EXERCISE is CHAPTER/NAME. It stands last among the exercises of its chapter.

    \b
      course new-exercise dropout/wider "wider layers"
    """
    _say(write_exercise(exercise, title, root), root)
    click.echo(f"now run: course build {exercise} && course prove {exercise} && course check")
    return 0


def _say(paths: list[Path], root: Path) -> None:
    for path in paths:
        click.echo(f"written: {path.relative_to(root)}")

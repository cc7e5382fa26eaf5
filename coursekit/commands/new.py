"""``course new-page`` and ``course new-exercise``: begin a page, and say what is left to write."""

from collections.abc import Iterable
from pathlib import Path

import click

from coursekit.pages.new import new_exercise as write_exercise
from coursekit.pages.new import new_page as write_page
from coursekit.problem import Problem
from coursekit.rules import named, placeholders


@click.command(short_help="begin a page")
@click.argument("page")
@click.argument("title")
@click.pass_obj
def new_page(root: Path, page: str, title: str) -> int:
    """Write a page with a small experiment, or one of text.

    It runs as it is. What is left to write is listed here, and by `course check` until it is done.
    CONTRIBUTING.md, "Add a page", has all steps.

    PAGE is chapters/NAME for one with code, pages/NAME for one of text. It stands last among the
    pages of its folder; move its line in _toc.yml to where it belongs.

    \b
      course new-page chapters/early_stopping "Early stopping"
    """
    written = write_page(page, title, root)
    _say(written, placeholders.of_page(written[0]), root)
    return 0


@click.command(short_help="begin an exercise with checks and their proof")
@click.argument("exercise")
@click.argument("title")
@click.pass_obj
def new_exercise(root: Path, exercise: str, title: str) -> int:
    """Write an exercise with two checks, an answer, and the proof of its checks.

    It runs as it is, and its proof holds. What is left to write, and where to name the exercise, is
    listed here, and by `course check` until it is done. CONTRIBUTING.md, "Add a page", has all
    steps.

    EXERCISE is CHAPTER/NAME. It stands last among the exercises of its chapter.

    \b
      course new-exercise dropout/wider "wider layers"
    """
    written = write_exercise(exercise, title, root)
    left = [*placeholders.of_page(written[0]), *named.of_exercise(exercise, root)]
    _say(written, left, root)
    return 0


def _say(written: list[Path], left: Iterable[Problem], root: Path) -> None:
    for path in written:
        click.echo(f"written: {path.relative_to(root)}")
    click.echo("left to do, as `course check` says until it is done:")
    for problem in left:
        click.echo(f"  {problem.seen_from(root)}")
    click.echo('CONTRIBUTING.md, "Add a page", says how to go on')

"""``course canary``: try the newest releases."""

import click

from coursekit.canary import STEPS, try_newest


@click.command(short_help="try the newest releases of everything and say what broke")
@click.argument("steps", nargs=-1, metavar="[STEP]...", type=click.Choice(list(STEPS)))
def canary(steps: tuple[str, ...]) -> int:
    """Try the newest releases of all packages that are not held, and say what broke.

    They are installed into .venv-canary; the locked versions stay as they are. What each step says
    is kept in _build/canary.

    STEP is 'fast tests', 'tests against Keras', 'shortened notebooks' or book (default: all).
    """
    return 0 if try_newest(steps or STEPS) else 1

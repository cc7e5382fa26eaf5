"""The program ``course``: what its commands have in common, and how each ends."""

from pathlib import Path

import click

from coursekit.commands.build import build
from coursekit.commands.canary import canary
from coursekit.commands.check import check
from coursekit.commands.github import github
from coursekit.commands.grade import grade
from coursekit.commands.grades import grades
from coursekit.commands.gradescope import gradescope
from coursekit.commands.new import new_exercise, new_page
from coursekit.commands.numbers import numbers
from coursekit.commands.pdf import pdf
from coursekit.commands.prove import prove
from coursekit.commands.release import release
from coursekit.commands.similar import similar
from coursekit.commands.version import version
from coursekit.paths import ROOT
from coursekit.problem import PageError

INTERRUPTED = {  # what that leaves
    "build": "notebooks not yet finished are as they were",
    "grade": "what was graded is kept; run the same command again to go on",
}


class Course(click.Group):
    """Commands whose exit status tells what became of them.

    It is 0 if all is well, 1 if not, 2 for what is no command, 130 if interrupted.
    """

    def invoke(self, context: click.Context) -> None:
        """Carry out a command, which returns its status."""
        try:
            status = super().invoke(context)
        except PageError as error:
            click.echo(error, err=True)
            status = 1
        except KeyboardInterrupt:
            left = INTERRUPTED.get(context.invoked_subcommand, "nothing was changed")
            click.echo(f"\ninterrupted; {left}", err=True)
            status = 130
        context.exit(status or 0)


@click.group(
    cls=Course,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=ROOT,
    help="the course's folder (default: this)",
)
@click.pass_context
def main(context: click.Context, root: Path) -> None:
    """Build the course's notebooks from its pages, check them, and grade.

    A page is chapters/<page>.md. The notebook beside it, chapters/<page>.ipynb, is built from it
    and never edited: the same text and code, made standalone, executed, with all outputs stored.
    The book shows the page with those outputs; `make book` builds it.

    CONTRIBUTING.md says which commands change a sentence or an experiment, and add a page.
    """
    context.obj = root.resolve()


COMMANDS = (
    build,
    check,
    numbers,
    new_page,
    new_exercise,
    pdf,
    release,
    grade,
    grades,
    similar,
    gradescope,
    github,
    prove,
    canary,
    version,
)
for _command in COMMANDS:
    main.add_command(_command)

if __name__ == "__main__":
    main()

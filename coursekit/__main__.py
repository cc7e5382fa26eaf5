"""The command line: ``python -m course build``, ``check``, ``numbers``, ``release`` and ``grade``."""

import argparse
import os
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

from coursekit.editions.pdf import write_pdf
from coursekit.editions.release import release
from coursekit.grading.sandbox import Limits
from coursekit.pages.build import build
from coursekit.pages.notebook import pages
from coursekit.paths import ROOT
from coursekit.problem import PageError
from coursekit.results.advice import advice
from coursekit.results.numbers import rewrite_numbers
from coursekit.rules.check import check

DESCRIPTION = """\
Build the course's notebooks from its pages, and check them.

A page is chapters/<page>.md. The notebook beside it, chapters/<page>.ipynb, is built from it and never edited:
the same text and code, made standalone, executed, with all outputs stored. The book shows the page with those outputs.

  change a page      ->  python -m course build  ->  python -m course check  ->  make book
  change a result    ->  python -m course build  ->  python -m course numbers  ->  build again (text only), check
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 if all is well, 1 if not, 130 if interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m course",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=ROOT,
        help="the course's folder (default: this)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    builder = commands.add_parser(
        "build",
        help="bring notebooks up to date with their pages",
        description="Bring notebooks up to date. A notebook is executed only if its code, lab.py's code or the version of "
        "a library changed; if only text changed, its outputs are kept. A page that fails leaves its old notebook alone.",
    )
    builder.add_argument(
        "pages", nargs="*", metavar="PAGE", help="such as batch_normalization (default: all pages)"
    )
    builder.add_argument("--force", action="store_true", help="execute even what has not changed")
    builder.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="notebooks to execute at once (%(default)s)",
    )
    checker = commands.add_parser(
        "check",
        help="list all problems of pages and notebooks",
        description="List all problems: stale or missing notebooks, what would not run elsewhere, errors, warnings, machine "
        "paths and progress bars in outputs, pictures without alternative text, numbers and verdicts in the text that differ "
        "from what was measured, and claims that are not settled, not mentioned, or settled twice. Nothing is executed or "
        "changed.",
    )
    checker.add_argument(
        "--advice",
        action="store_true",
        help="also list numbers that look like results but carry no record; they are no problems",
    )
    writer = commands.add_parser(
        "numbers",
        help="rewrite numbers in the text that a new run made stale",
        description="Rewrite every bound number in the text that differs from its record, in the form it has, and show each "
        "change. Words are never changed: verdicts that turned are listed, for a person to rewrite the sentences, and make "
        "the command fail.",
    )
    writer.add_argument(
        "pages",
        nargs="*",
        metavar="PAGE",
        help="such as batch_normalization or index (default: all)",
    )
    releaser = commands.add_parser(
        "release",
        help="make the student edition",
        description="Make the student edition in a new folder: a zip of student notebooks for each chapter, and the book without "
        "solutions. What was made is searched for anything of a solution first.",
    )
    releaser.add_argument("--out", type=Path, default=Path("_build/release"), help="(%(default)s)")
    releaser.add_argument(
        "--no-pdf", action="store_true", help="without the PDF, which Chromium prints"
    )
    printer = commands.add_parser(
        "pdf",
        help="print the built book to one PDF",
        description="Print the built book (make book) to one PDF, with Chromium: static figures, folds open, an outline, and "
        "links within the book that lead to its pages.",
    )
    printer.add_argument("--out", type=Path, default=Path("_build/book.pdf"), help="(%(default)s)")
    _add_grading(commands)
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        by_name = dict(
            build=_build, check=_check, numbers=_numbers, release=_release, pdf=_pdf, grade=_grade
        )
        return by_name[options.command](root, options)
    except PageError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        again = "run the same command again to go on"
        done = {
            "build": "notebooks not yet finished are as they were",
            "grade": f"what was graded is kept; {again}",
        }
        print(f"\ninterrupted; {done.get(options.command, 'nothing was changed')}", file=sys.stderr)
        return 130


def _add_grading(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    limits = {one.name: one.default for one in fields(Limits)}
    grader = commands.add_parser(
        "grade",
        help="grade what a class handed in",
        description="Grade what a class handed in: each submission in a sandbox of its own, several at once. SUBMITTED is nbgrader's "
        "folder submitted/<student>/<chapter>/<exercise>.ipynb, a zip of it, or a folder or zip as Canvas and Moodle export it. GRADES "
        "gets grades.csv, overview.html, feedback for each submission, and nbgrader's gradebook for points that a person gives. A "
        "grading that was stopped goes on where it was when the command is given again.",
    )
    grader.add_argument(
        "submitted", type=Path, metavar="SUBMITTED", help="folder or zip of what was handed in"
    )
    grader.add_argument(
        "--out", type=Path, required=True, metavar="GRADES", help="folder for all results"
    )
    grader.add_argument(
        "--student", action="append", default=[], help="grade only this one (repeat; * and ? match)"
    )
    grader.add_argument(
        "--exercise",
        action="append",
        default=[],
        help="grade only this one, such as dropout/max_norm or 'noise/*' (repeat)",
    )
    grader.add_argument(
        "--again", action="store_true", help="grade again what has its grades already"
    )
    grader.add_argument(
        "--jobs", type=int, default=-1, help="submissions at once (default: one per core)"
    )
    grader.add_argument(
        "--cluster",
        default="",
        metavar="ADDRESS",
        help="a Dask scheduler whose workers do the grading",
    )
    grader.add_argument(
        "--seconds",
        type=float,
        default=limits["seconds"],
        help="that a cell or a check may take (%(default)g)",
    )
    grader.add_argument(
        "--memory",
        type=int,
        default=limits["memory"] // 2**20,
        metavar="MIB",
        help="that a submission may take (%(default)s MiB)",
    )
    grader.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run submissions with all rights that you have; only for work that you trust",
    )


def _grade(root: Path, options: argparse.Namespace) -> int:
    from coursekit.grading.grade import Options, grade  # imports nbgrader, which takes a second

    limits = Limits(
        seconds=options.seconds,
        all_seconds=max(5 * options.seconds, 60),
        memory=options.memory * 2**20,
    )
    settings = Options(
        tuple(options.student),
        tuple(options.exercise),
        options.again,
        options.jobs,
        options.cluster,
        not options.no_sandbox,
        limits,
    )
    outcome = grade(root, options.submitted, options.out, settings)
    for message in outcome.left_out:
        print(f"left out: {message}")
    counts = Counter(result.status for result in outcome.results)
    print(
        f"{outcome.marked} graded now, {outcome.kept} before: "
        + ", ".join(f"{n} {status}" for status, n in counts.most_common())
    )
    if flagged := [result for result in outcome.results if result.flags]:
        print(f"{len(flagged)} want a look by a person; the overview lists them")
    return 0


def _build(root: Path, options: argparse.Namespace) -> int:
    result = build(pages(root, options.pages), force=options.force, jobs=options.jobs)
    for did, names in (
        ("executed", result.executed),
        ("text refreshed, outputs kept", result.refreshed),
        ("up to date", result.unchanged),
        ("student notebook written", result.exercises),
    ):
        for name in sorted(names):
            print(f"{name}: {did}")
    for error in result.errors:
        print(f"\n{error}", file=sys.stderr)
    if result.errors:
        print(
            f"\n{len(result.errors)} of the pages failed; their notebooks are as they were",
            file=sys.stderr,
        )
    return 1 if result.errors else 0


def _check(root: Path, options: argparse.Namespace) -> int:
    problems = check(root)
    for problem in problems:
        print(problem)
    try:
        unbound = advice(root)
    except PageError:  # among the problems already
        unbound = []
    if options.advice:
        for one in unbound:
            print(f"advice: {one}")
    print(
        f"{len(problems)} problems"
        if problems
        else f"{len(pages(root))} pages checked, no problems"
    )
    if unbound:
        print(
            f"{len(unbound)} numbers look like results but carry no record; "
            + (
                "bind those that are: `15 <!-- = name.mean -->`"
                if options.advice
                else "`python -m course check --advice` lists them"
            )
        )
    return 1 if problems else 0


def _release(root: Path, options: argparse.Namespace) -> int:
    for path in release(root, options.out, not options.no_pdf):
        print(path)
    return 0


def _pdf(root: Path, options: argparse.Namespace) -> int:
    count = write_pdf(root / "_build/html", root, options.out)
    print(f"{options.out}: {count} pages, {options.out.stat().st_size / 2**20:.1f} MiB")
    return 0


def _numbers(root: Path, options: argparse.Namespace) -> int:
    result = rewrite_numbers(root, options.pages)
    for change in result.changes:
        print(change)
    if result.left:
        print("\nFor a person to put right:", *result.left, sep="\n  ")
    count = len(result.changes)
    print(f"{count} numbers rewritten" if count else "no number is stale", end="")
    print("; now run `python -m course build`, which executes nothing" if count else "")
    return 1 if result.left else 0


if __name__ == "__main__":
    sys.exit(main())

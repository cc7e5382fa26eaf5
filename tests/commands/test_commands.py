"""The command ``course``: its help, and the status with which it ends."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

from coursekit.__main__ import main
from coursekit.commands import check as check_module
from coursekit.paths import ROOT
from coursekit.problem import PageError


def run(*arguments: str) -> int:
    """Give the command and return its exit status."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


@pytest.mark.slow
def test_the_help_says_what_a_newcomer_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for word in ("build", "check", "chapters/<page>.md", "never edited", "make book"):
        assert word in done.stdout


@pytest.mark.parametrize("name", main.commands)
def test_each_command_has_its_own_help(name: str, capsys: pytest.CaptureFixture) -> None:
    assert run(name, "--help") == 0
    command, said = main.commands[name], capsys.readouterr().out
    assert command.short_help and command.help.split(".")[0].split()[0] in said
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_the_installed_program_is_this_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"].keys() == {"course"}
    assert EntryPoint("course", project["scripts"]["course"], "console_scripts").load() is main


@pytest.mark.parametrize(
    ("happens", "status", "said"),
    [
        (lambda root: [], 0, ""),
        (lambda root: [f"{root}: wrong"], 1, ""),
        (PageError("page.md: no"), 1, "page.md: no\n"),
        (KeyboardInterrupt(), 130, "\ninterrupted; nothing was changed\n"),
    ],
)
def test_the_exit_status_says_how_it_ended(
    happens: object,
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    def find_problems(root: Path, follow: object) -> list[str]:
        if isinstance(happens, BaseException):
            raise happens
        return happens(root)

    monkeypatch.setattr(check_module, "find_problems", find_problems)
    assert run("--root", str(tmp_path), "check") == status
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("arguments", [["chekc"], ["check", "--advise"], ["grade", "submitted"]])
def test_what_is_no_command_is_refused(arguments: list[str], capsys: pytest.CaptureFixture) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith("Usage: ")

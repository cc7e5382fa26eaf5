"""Limits of time in tests end what hangs: no machine is so busy that it runs into one."""

import ast

import pytest

from coursekit.paths import ROOT

# Seconds. The shortest of what is waited for takes a few on a machine of its own.
SHORTEST = 600
WAITING = {"run", "communicate", "wait", "check_output", "check_call"}


def short_limits(source: str) -> list[int]:
    """The lines of a test file that wait for a process, but not for long."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", "")) in WAITING | {"dict"}
        for given in call.keywords
        if given.arg == "timeout"
        and isinstance(given.value, ast.Constant)
        and given.value.value < SHORTEST
    ]


def test_no_test_waits_for_a_process_only_shortly() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "tests").rglob("*.py")
        if (lines := short_limits(path.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("subprocess.run(command, timeout=60)", [1]),
        ("\nprocess.communicate(timeout=5)", [2]),
        ("options = dict(cwd=ROOT, timeout=300)", [1]),
        ("subprocess.run(command, timeout=HANGS)", []),
        ("subprocess.run(command, timeout=3600)", []),
        ("socket.create_connection(place, timeout=2)", []),
    ],
)
def test_a_short_limit_is_found(source: str, found: list[int]) -> None:
    assert short_limits(source) == found

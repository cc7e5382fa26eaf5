"""Work that takes too much ends by itself, is told, and costs nothing but its own turn."""

import os
import sys
import time
from pathlib import Path

import pytest

from coursekit.grading.limited import FailedError, Limited


class Worker:
    """Does all that it should not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls = 0

    def greet(self, whom: str) -> list[str]:
        self.calls += 1
        return [f"{self.name} greets {whom}", str(self.calls)]

    def never_end(self) -> None:
        while True:
            pass

    def sleep(self) -> None:
        time.sleep(10_000)

    def eat(self) -> None:
        held = []
        while True:
            held.append(bytearray(10 * 2**20))

    def leave(self) -> None:
        os._exit(7)

    def kill(self) -> None:
        os.kill(os.getpid(), 11)

    def nest(self) -> list:
        made: list = []
        for _ in range(100_000):
            made = [made]
        return made

    def raise_half(self) -> None:
        raise ValueError("half of \ud800\n<b>")

    def give_half(self) -> str:
        return "\ud800"

    def weigh(self, data: bytes) -> int:
        return len(data)


@pytest.fixture(scope="module")
def limited() -> Limited:
    with Limited(Worker, "Ada", seconds=2, memory=200 * 2**20) as made:
        yield made


def test_methods_are_called_on_one_thing_that_lives_elsewhere(limited: Limited) -> None:
    assert limited("greet", "Bo") == ["Ada greets Bo", "1"]
    assert limited("greet", "Cy") == ["Ada greets Cy", "2"]
    assert limited("weigh", b"0" * (50 * 2**20)) == 50 * 2**20


TOO_FAR = {
    "never_end": "it took more than 2 seconds",
    "leave": "it broke the program that works on it (exit code 7)",
    "kill": "it broke the program that works on it (SIGSEGV)",
    "nest": "it is nested too deeply",
    "raise_half": r"ValueError: half of \ud800\n<b>",
}
if sys.platform.startswith("linux"):
    TOO_FAR["eat"] = "it took more than 200 MiB of memory"


@pytest.mark.parametrize("method", TOO_FAR)
def test_what_goes_too_far_is_told_and_the_next_call_works(method: str, limited: Limited) -> None:
    with pytest.raises(FailedError) as caught:
        limited(method)
    assert str(caught.value) == TOO_FAR[method]
    assert limited("greet", "Bo")[0] == "Ada greets Bo"


def test_a_process_that_waits_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coursekit.grading.limited.WAIT", 0.5)
    with Limited(Worker, "Ada", seconds=2) as limited, pytest.raises(FailedError, match="seconds"):
        limited("greet", "Bo")
        limited("sleep")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system limits no memory")
def test_more_than_the_process_can_take_in_is_told(limited: Limited) -> None:
    with pytest.raises(FailedError, match="200 MiB of memory"):
        limited("weigh", b"0" * (400 * 2**20))
    assert limited("weigh", b"0") == 1


def test_half_a_character_comes_back_as_it_is(limited: Limited) -> None:
    assert limited("give_half") == "\ud800"


def test_nothing_is_left_of_a_closed_one() -> None:
    limited = Limited(Worker, "Ada")
    limited("greet", "Bo")
    process = limited._process.pid
    limited.close()
    assert not Path(f"/proc/{process}").exists()

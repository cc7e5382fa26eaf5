"""Which of many alike the tests try."""

import pytest

from tests.support import drawn as module
from tests.support.drawn import drawn

MANY = [f"page {n}" for n in range(30)]


@pytest.fixture(autouse=True)
def one_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_ALL", raising=False)
    monkeypatch.setattr(module, "DRAW", "1")


def test_a_share_is_drawn_in_order_and_again_the_same() -> None:
    chosen = drawn("pages", MANY, 3)
    assert len(chosen) == 10
    assert chosen == sorted(chosen, key=MANY.index)
    assert chosen == drawn("pages", MANY, 3)


def test_another_run_and_another_test_draw_others(monkeypatch: pytest.MonkeyPatch) -> None:
    first = drawn("pages", MANY, 3)
    assert drawn("browsers", MANY, 3) != first
    monkeypatch.setattr(module, "DRAW", "2")
    assert drawn("pages", MANY, 3) != first


def test_each_is_drawn_before_long(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()
    for number in range(25):
        monkeypatch.setattr(module, "DRAW", str(number))
        seen |= set(drawn("pages", MANY, 3))
    assert seen == set(MANY)


def test_some_are_always_tried_and_one_at_least() -> None:
    assert {"page 4", "page 20"} < set(drawn("pages", MANY, 30, always=["page 4", "page 20"]))
    assert len(drawn("pages", MANY, 30, always=["page 4", "page 20"])) == 3
    assert len(drawn("pages", MANY[:2], 5)) == 1
    assert drawn("pages", MANY[:1], 5, always=MANY[:1]) == MANY[:1]


def test_all_are_tried_if_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_ALL", "1")
    assert drawn("pages", MANY, 3) == MANY

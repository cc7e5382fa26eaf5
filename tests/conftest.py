"""Fixtures that tests of several folders use, and the order of the files."""

import os

import pytest

from tests.support.books import book, site
from tests.support.browsing import browser
from tests.support.drawn import DRAW
from tests.support.exercise import exercise
from tests.support.small_course import course

__all__ = ["book", "browser", "course", "exercise", "site"]

# They begin first, so that both cores are busy to the end.
LONGEST = """
pages/test_shortened.py results/test_evidence.py pages/test_parameters.py lab/test_colab.py
grading/test_proofs.py
""".split()


def pytest_report_header() -> str:
    return f"drawn with TEST_DRAW={DRAW}" + " (TEST_ALL: everything)" * ("TEST_ALL" in os.environ)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        names = [n for n, name in enumerate(LONGEST) if str(item.path).endswith(name)]
        return names[0] if names else len(LONGEST)

    items.sort(key=place)

"""Fixtures that tests of several folders use."""

from tests.support.browsing import browser
from tests.support.exercise import exercise
from tests.support.small_course import course

__all__ = ["browser", "course", "exercise"]

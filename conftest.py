"""Pytest's plugins: how notebooks are run, and a small course for the tests of the tools."""

pytest_plugins = ["course.pytest_notebooks", "tests.small_course"]

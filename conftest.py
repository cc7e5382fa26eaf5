"""Pytest's plugins: how notebooks are run, and a small course for the tests of the tools."""

pytest_plugins = ["coursekit.pytest_notebooks", "tests.small_course"]

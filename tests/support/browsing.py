"""A browser for tests, and what axe says of a page in it."""

import os
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from coursekit.browser import INSTALL, chromium, start

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = "wcag2a wcag2aa wcag21a wcag21aa wcag22aa best-practice".split()


def need(it: object, what: str) -> None:
    """Skip where a program is missing; fail in CI, where everything must run."""
    if not it:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


def need_chromium() -> None:
    need(chromium(), f"no Chromium; install it: {INSTALL}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need_chromium()
    with sync_playwright() as playwright:
        opened = start(playwright)
        yield opened
        opened.close()


def ask_axe(page: Page, where: str, options: dict, within: str = "html") -> list[str]:
    """Give the violations that axe finds in a part of the page."""
    options = {**options, "resultTypes": ["violations"], "preload": False}
    script = "([within, options]) => axe.run(within, options)"
    found = page.evaluate(script, [within, options])["violations"]
    return [
        f"{where}: {violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found
        for node in violation["nodes"]
    ]

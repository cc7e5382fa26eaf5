"""The playground's script in a browser, without the book."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from playground.parity import playground_page


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return playground_page(tmp_path_factory.mktemp("playground"))


@pytest.fixture(scope="module")
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """A page with the playground's script."""
    opened = browser.new_page()
    opened.goto(file.as_uri())
    yield opened
    opened.close()

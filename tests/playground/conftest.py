"""The playground's script in a browser, without the book."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from playground.parity import playground_page
from tests.support.playing import QUICK, settle


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


@pytest.fixture
def opened(file: Path, browser: Browser) -> Iterator[Page]:
    """The playground, opened on a phone from a file."""
    context = browser.new_context(viewport={"width": 375, "height": 800}, has_touch=True)
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))
    page.goto(f"{file.as_uri()}#{QUICK}")
    page.evaluate(
        """() => {
          const root = document.getElementById('root');
          root.classList.add('playground-page');
          window.playground = Playground.open(root, {address: location.hash.slice(1), follow: true});
        }"""
    )
    settle(page)
    yield page
    assert page.errors == []
    context.close()

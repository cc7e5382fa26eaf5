"""The playground's script in a browser, without the book."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from coursekit.browser import serve
from playground.parity import playground_page


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return playground_page(tmp_path_factory.mktemp("playground"))


@pytest.fixture(scope="module", params=["wasm", "cpu"])
def page(request: pytest.FixtureRequest, browser: Browser, file: Path) -> Iterator[Page]:
    """A page with the playground's script: served, with WebAssembly, and as a file, without."""
    with serve(file.parent) as address:
        opened = browser.new_page()
        opened.goto(address + file.name if request.param == "wasm" else file.as_uri())
        assert opened.evaluate("Playground.start('./')") == request.param
        yield opened
        opened.close()

"""Chromium, which prints the book and opens it for tests and benchmarks, and a server for it."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
INSTALL = "make packages, on Debian or Ubuntu"
# Milliseconds that a page may take for what it is asked; where much else runs, Playwright's half
# minute is too short.
PATIENCE = 300_000
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 800}


def chromium() -> str:
    """The path of Chromium; empty where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "")


def start(playwright: Any) -> Any:
    """Start Chromium; give Playwright's browser, whose pages wait for ``PATIENCE``."""
    browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)

    def patient(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(**options: Any) -> Any:
            one = make(**options)
            one.set_default_timeout(PATIENCE)
            return one

        return made

    browser.new_context, browser.new_page = map(patient, (browser.new_context, browser.new_page))
    return browser


class Quiet(SimpleHTTPRequestHandler):
    """A static server that says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(folder: Path, handler: type[SimpleHTTPRequestHandler] = Quiet) -> Iterator[str]:
    """Serve a folder; give its address, which ends in a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()

"""Firefox and WebKit, Safari's engine, for tests: the few things that they are asked to do.

Playwright brings builds of its own of both, which no registry of packages holds. These are the
system's, by their standard protocols: WebDriver BiDi, which Firefox speaks itself, and WebDriver.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import websocket

from coursekit.browser import DESKTOP, INSTALL, PATIENCE
from tests.support.browsing import need

SECONDS = PATIENCE / 1000
# Expressions are those of Playwright: one that is a function is called.
CALL = "Promise.resolve(typeof (value = ({})) === 'function' ? value() : value)"
# The middle of an element once it rests there and nothing covers it, since pages grow and scroll.
MIDDLE = """() => new Promise(done => {
  let before;
  const look = () => {
    const element = document.querySelector(%s);
    element.scrollIntoView({block: "center", behavior: "instant"});
    const {x, y, width, height} = element.getBoundingClientRect();
    const middle = [Math.round(x + width / 2), Math.round(y + height / 2)];
    const seen = element.contains(document.elementFromPoint(...middle));
    if (seen && String(before) === String(middle)) return done(middle);
    before = middle;
    setTimeout(look, 100);
  };
  look();
})"""


class Engine(ABC):
    """A browser with one page."""

    @abstractmethod
    def goto(self, address: str) -> None:
        """Open a page, and wait until it was loaded."""

    @abstractmethod
    def evaluate(self, expression: str) -> Any:
        """Give the value of an expression of JavaScript, once it is there."""

    @abstractmethod
    def act(self, actions: list[dict]) -> None:
        """Carry out what a reader's hand does, as both protocols say it."""

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        x, y = self.evaluate(MIDDLE % json.dumps(selector))
        clicks = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.act([{"type": "pointer", "id": "mouse", "actions": clicks}])

    def wait_for(self, condition: str) -> None:
        """Wait until an expression is true."""
        wait_until(lambda: self.evaluate(f"Boolean({condition})"), condition)


def wait_until(there: Callable[[], Any], what: str) -> Any:
    """Give what is there at last."""
    end = time.monotonic() + SECONDS
    while not (it := there()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {SECONDS:.0f} s in vain for {what}")
        time.sleep(0.05)
    return it


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen]:
    """Run a program in the background; end it afterwards."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


class Firefox(Engine):
    """Firefox over WebDriver BiDi."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket
        self.asked = 0
        self.send("session.new", capabilities={})
        self.page = self.send("browsingContext.getTree")["contexts"][0]["context"]
        self.send("browsingContext.setViewport", context=self.page, viewport=DESKTOP)

    def send(self, method: str, **parameters: Any) -> Any:
        """Give what Firefox answers; events aside, of which none were asked for."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.asked:
            pass
        assert answer["type"] == "success", f"{method}: {answer}"
        return answer["result"]

    def goto(self, address: str) -> None:
        # Another part of the same page is not loaded anew.
        self.send("browsingContext.navigate", context=self.page, url="about:blank", wait="complete")
        self.send("browsingContext.navigate", context=self.page, url=address, wait="complete")

    def evaluate(self, expression: str) -> Any:
        script = f"{{ let value; {CALL.format(expression)}.then(JSON.stringify) }}"
        target = {"context": self.page}
        told = self.send("script.evaluate", expression=script, target=target, awaitPromise=True)
        assert told["type"] == "success", f"{expression}: {told['exceptionDetails']['text']}"
        return json.loads(told["result"].get("value", "null"))

    def act(self, actions: list[dict]) -> None:
        self.send("input.performActions", context=self.page, actions=actions)


@contextmanager
def firefox() -> Iterator[Firefox]:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    need(program, f"no Firefox; install it: {INSTALL}")
    with TemporaryDirectory() as profile:
        command = [program, "--headless", "--remote-debugging-port", "0", "--profile", profile]
        with running(*command, stdout=subprocess.DEVNULL):
            told = Path(profile, "WebDriverBiDiServer.json")
            text = wait_until(lambda: told.exists() and told.read_text(), "Firefox")
            address = "ws://{ws_host}:{ws_port}/session".format(**json.loads(text))
            # No origin: Firefox lets no page of the web lead it.
            opened = websocket.create_connection(address, SECONDS, suppress_origin=True)
            yield Firefox(opened)
            opened.close()


class WebKit(Engine):
    """WebKit's MiniBrowser over WebDriver."""

    def __init__(self, address: str) -> None:
        self.address = f"{address}/session"
        session = self.send("", capabilities={})["sessionId"]
        self.address += f"/{session}"
        patience = {"script": PATIENCE, "pageLoad": PATIENCE}
        self.send("/timeouts", **patience)
        self.send("/window/rect", x=0, y=0, **DESKTOP)

    def send(self, path: str, method: str = "POST", **parameters: Any) -> Any:
        request = urllib.request.Request(self.address + path, method=method)
        request.data = json.dumps(parameters).encode()
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from error

    def goto(self, address: str) -> None:
        self.send("/url", url="about:blank")
        self.send("/url", url=address)

    def evaluate(self, expression: str) -> Any:
        script = f"let value; return {CALL.format(expression)}.then(JSON.stringify)"
        told = self.send("/execute/sync", script=script, args=[])
        return json.loads(told or "null")

    def act(self, actions: list[dict]) -> None:
        self.send("/actions", actions=actions)


@contextmanager
def webkit() -> Iterator[WebKit]:
    for program in ("WebKitWebDriver", "Xvfb"):
        need(shutil.which(program), f"no {program}; install it: {INSTALL}")
    with ExitStack() as stack:
        # It draws on a screen, and so gets one of its own.
        size = "{width}x{height}x24".format(**DESKTOP)
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"]
        screen = stack.enter_context(running(*command, stdout=subprocess.PIPE, text=True))
        number = screen.stdout.readline().strip()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # Where no language is set, WebKit names none that there is.
        environment = {**os.environ, "DISPLAY": f":{number}", "LC_ALL": "C"}
        command = ["WebKitWebDriver", "--host=127.0.0.1", f"--port={port}"]
        stack.enter_context(running(*command, stdout=subprocess.DEVNULL, env=environment))
        wait_until(lambda: listens(port), "WebKitWebDriver")
        page = WebKit(f"http://127.0.0.1:{port}")
        yield page
        page.send("", method="DELETE")


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0

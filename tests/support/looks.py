"""What is looked at on a page of the book in a browser, and what of that is wrong."""

from dataclasses import dataclass, field
from typing import ClassVar

from playwright.sync_api import Page

# Messages of a browser's console that are let pass: (a part of the message, why).
KNOWN_MESSAGES: list[tuple[str, str]] = []
SEEN = """() => {
  const main = document.querySelector("main");
  const seen = element => element.checkVisibility({visibilityProperty: true});
  return {
    formulas: main.querySelectorAll(".math").length,
    unset: [...main.querySelectorAll(".math")].filter(math => !math.querySelector("mjx-container"))
      .map(math => math.textContent),
    wrong: [...main.querySelectorAll("mjx-merror")].map(error => error.textContent),
    wide: [...main.querySelectorAll("div.math")]
      .filter(math => math.querySelector("mjx-math")?.offsetWidth > math.clientWidth)
      .map(math => `${math.id} does not fit the column`),
    headings: [...main.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen)
      .map(heading => [Number(heading.tagName[1]), heading.textContent.trim()]),
    figures: [...main.querySelectorAll("img")]
      .map(image => [image.getAttribute("src"), image.getAttribute("alt")]),
    sideways: document.documentElement.scrollWidth - window.innerWidth,
    shifted: window.shifted ?? 0,
    loaded: performance.getEntriesByType("resource").map(entry => entry.name),
  };
}"""
# Run before a page; ``SEEN`` then says by how much what is read has moved.
COUNT_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
LOAD_ALL_IMAGES = """async () => {
  for (const image of document.images) { image.loading = "eager"; await image.decode(); }
}"""


@dataclass
class Looks:
    """What was found on all pages in all looks; each finding names its page and look."""

    looked_at: set[tuple[str, str, int]] = field(default_factory=set)
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    overflow: list[str] = field(default_factory=list)
    axe: list[str] = field(default_factory=list)
    mathematics: list[str] = field(default_factory=list)
    formulas: int = 0
    figures: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    shifts: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)

    KINDS: ClassVar = "console requests overflow axe mathematics figures headings shifts".split()


def wait_until_done(page: Page) -> None:
    """Wait for formulas, and for the theme, which lets the keyboard reach what scrolls."""
    page.evaluate("() => window.MathJax?.startup?.promise.then(() => true)")
    # In the page, where what the theme has put off for less comes first, however busy it is.
    page.evaluate("() => new Promise(done => setTimeout(done, 500))")


def watch(page: Page, where: str, site: str, found: Looks) -> None:
    """Note what the page logs, what it asks other places for, and what it does not get."""

    def log(kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(part in text for part, _ in KNOWN_MESSAGES):
            found.console.append(f"{where}: {text}")

    def ask(url: str) -> None:
        if not url.startswith((site, "data:", "blob:")):
            found.requests.append(f"{where}: asks for {url}")

    page.on("console", lambda message: log(message.type, message.text))
    page.on("pageerror", lambda error: log("error", str(error)))
    page.on("request", lambda request: ask(request.url))
    page.on("requestfailed", lambda request: found.requests.append(f"{where}: no {request.url}"))
    page.on(
        "response",
        lambda response: (
            response.status < 400
            or found.requests.append(f"{where}: {response.status} for {response.url}")
        ),
    )


def judge(seen: dict, where: str, found: Looks) -> None:
    """Note what is wrong with what a page shows."""
    found.formulas += seen["formulas"]
    found.mathematics += [
        f"{where}: {text}" for text in seen["unset"] + seen["wrong"] + seen["wide"]
    ]
    for source, alternative in seen["figures"]:
        if len((alternative or "").split()) < 3:
            found.figures.append(f"{where}: {source} has the alternative text {alternative!r}")
    levels = [level for level, _ in seen["headings"]]
    if levels.count(1) != 1 or levels[0] != 1:
        found.headings.append(f"{where}: not one first heading, {seen['headings']}")
    for before, (level, title) in zip(levels, seen["headings"][1:], strict=False):
        if level > before + 1:
            found.headings.append(f"{where}: {title!r}, of level {level}, follows one of {before}")
    if seen["sideways"] > 0:
        found.overflow.append(f"{where}: scrolls sideways by {seen['sideways']} pixels")
    if seen["shifted"] > 0.1:
        found.shifts.append(f"{where}: what was read moves by {seen['shifted']:.2f}")

"""The picture of the playground in README, taken anew: ``make picture``.

One example is trained to its end in the built book, at one and a quarter times the resolution.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from coursekit.browser import serve, start  # noqa: E402
from coursekit.pages.pictures import smaller_png  # noqa: E402

BOOK = ROOT / "_build/html"
PICTURE = ROOT / ".github/playground.png"
EXAMPLE = "two-modes"
MINUTES = 10  # a slow machine included


def take(width: int = 1000, height: int = 760) -> None:
    """Train the example in Chromium, and keep what the page's playground shows of it, ``height`` pixels of it."""
    with sync_playwright() as playwright, serve(BOOK) as address:
        browser = start(playwright)
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=1.25)  # fmt: skip
        page.set_default_timeout(MINUTES * 60_000)
        page.goto(f"{address}pages/playground.html")
        page.get_by_label("Example").select_option(EXAMPLE)
        page.locator(".playground-options button").first.click()
        page.locator(".playground-status", has_text="Here the example ends").wait_for()
        page.evaluate("document.activeElement.blur(); scrollTo({top: 0, behavior: 'instant'})")
        clip = page.locator(".playground").first.bounding_box() | {"height": height}
        PICTURE.write_bytes(smaller_png(page.screenshot(full_page=True, clip=clip)))
        browser.close()


if __name__ == "__main__":
    take()

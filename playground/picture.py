"""Pictures of the playground, taken anew: in README, and for cards of links to the book: ``make picture``.

One example is trained to its end in the built book, at a higher resolution than on a screen.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from coursekit.browser import serve, start  # noqa: E402
from coursekit.pages.pictures import smaller_png  # noqa: E402

BOOK = ROOT / "_build/html"
# Each with its width and height on the page, and how many pixels one of these has. Wider pages have a
# column with the contents.
PICTURES = {
    ".github/playground.png": (960, 760, 1.25),
    "pages/_static/card.png": (960, 504, 1.25),  # 1200 x 630, as messengers show it
}
EXAMPLE = "two-modes"
MARGIN = 12
MINUTES = 10  # a slow machine included


def take(picture: Path, width: int, height: int, sharpness: float) -> None:
    """Train the example in Chromium, and keep the upper part of what the page's playground shows of it."""
    with sync_playwright() as playwright, serve(BOOK) as address:
        browser = start(playwright)
        page = browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=sharpness)  # fmt: skip
        page.set_default_timeout(MINUTES * 60_000)
        page.goto(f"{address}pages/playground.html")
        page.get_by_label("Example").select_option(EXAMPLE)
        page.locator(".playground-options button").first.click()
        page.locator(".playground-status", has_text="Here the example ends").wait_for()
        page.evaluate("document.activeElement.blur(); scrollTo({top: 0, behavior: 'instant'})")
        top = page.locator(".playground").first.bounding_box()["y"] - MARGIN
        clip = {"x": 0, "y": top, "width": width, "height": height}
        picture.write_bytes(smaller_png(page.screenshot(full_page=True, clip=clip)))
        browser.close()


if __name__ == "__main__":
    for name, size in PICTURES.items():
        take(ROOT / name, *size)

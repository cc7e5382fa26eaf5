"""Pictures of the playground, taken anew: in README, for cards of links to the book, and for its first page: ``make picture``.

One example is trained to its end in the built book, at a higher resolution than on a screen; so are the two networks of the
first page, whose pictures are seen there until they train.
"""

import sys
from base64 import b64decode
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from coursekit.browser import serve, start  # noqa: E402
from coursekit.pages.pictures import smaller_png  # noqa: E402
from coursekit.sphinx.front import STILLS  # noqa: E402

BOOK = ROOT / "_build/html"
# In README it begins with the question; a card shows the regions alone, in the size that messengers ask for.
IN_README, OF_CARDS = ROOT / ".github/playground.png", ROOT / "pages/_static/card.jpg"
CARD = (1200, 630)
EXAMPLE = "before-activation"
MARGIN = 12
MINUTES = 10  # a slow machine included


def take() -> None:
    """Train the example in Chromium, and keep what the page's playground shows of it."""
    with sync_playwright() as playwright, serve(BOOK) as address:
        browser = start(playwright)
        page = browser.new_page(viewport={"width": 1400, "height": 900}, device_scale_factor=1.25)
        page.set_default_timeout(MINUTES * 60_000)
        page.goto(f"{address}pages/playground.html")
        page.get_by_label("Example").select_option(EXAMPLE)
        page.locator(".playground-options button").nth(1).click()
        page.locator(".playground-status", has_text="Here the example ends").wait_for()
        page.evaluate("document.activeElement.blur(); scrollTo({top: 0, behavior: 'instant'})")
        names = ("question", "pair", "main")
        boxes = {name: page.locator(f".playground-{name}").first.bounding_box() for name in names}
        question, pair, main = (boxes[name] for name in names)
        end = pair["y"] + pair["height"] + MARGIN
        whole = question | {"height": end - question["y"]}
        part = {
            "x": main["x"] - MARGIN,
            "y": pair["y"] - MARGIN,
            "width": main["width"] + 2 * MARGIN,
        }
        part["height"] = part["width"] * CARD[1] / CARD[0]
        IN_README.write_bytes(smaller_png(page.screenshot(full_page=True, clip=whole)))
        card = Image.open(BytesIO(page.screenshot(full_page=True, clip=part))).resize(CARD)
        card.convert("RGB").save(OF_CARDS, quality=85)
        page.goto(f"{address}index.html")
        page.locator(".versus-end [role=status]", has_text="accuracy").wait_for()
        for side, still in STILLS.items():
            canvas = page.locator(f".versus-{side} canvas")
            url = canvas.evaluate("canvas => canvas.toDataURL('image/webp', 0.8)")
            (ROOT / "pages" / still).write_bytes(b64decode(url.partition(",")[2]))
        browser.close()


if __name__ == "__main__":
    take()

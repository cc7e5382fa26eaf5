"""What a reader does in the playground's page, and what it shows then."""

from playwright.sync_api import Locator, Page

# A small network that is quick to train: none of the book's examples.
QUICK = "network.width=20&dropout.hidden=0.4&epochs=30"
DROPOUT = "Dropout rate after hidden layers"


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    if not field.is_visible():
        page.locator(".playground-all > summary").click()
    field.fill(value)
    field.press("Tab")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def middle(it: Locator) -> dict[str, float]:
    """Scroll to it so that nothing that stays in sight covers it; give where it is."""
    it.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    return it.bounding_box()


def settle(page: Page) -> None:
    """Wait until all is trained and drawn."""
    page.wait_for_function("playground.loop.timer === undefined")


def go(page: Page, address: str) -> None:
    page.evaluate("address => playground.go(address)", address)
    settle(page)


def shorten(page: Page, name: str, epochs: int) -> None:
    """Let an example have fewer epochs than in the book."""
    page.evaluate(
        """([name, epochs]) => { const {a, b} = Playground.EXAMPLES.find(one => one.name === name);
          for (const setting of b ? [a, b] : [a]) setting.epochs = epochs; }""",
        [name, epochs],
    )


def status(page: Page) -> str:
    return page.locator(".playground-status").inner_text()


def lines(page: Page, chart: str = "accuracy") -> dict[str, list[float]]:
    """The values of the lines of a chart, by their names."""
    return page.evaluate(
        "chart => Object.fromEntries(playground.layout[chart].lines.map(({name, y}) => [name, y]))",
        chart,
    )

"""Whether a page runs or fetches anything."""

import re
from html.parser import HTMLParser

EVIL = "<script>alert('evil')</script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


def is_harmless(html: str) -> bool:
    """No script, and nothing that is fetched or run."""
    found = Elements(html).elements
    active = {
        "script",
        "iframe",
        "object",
        "embed",
        "svg",
        "link",
        "form",
        "base",
        "audio",
        "video",
    }
    fetched = [attributes.get("src") for _, attributes in found if "src" in attributes]
    links = [attributes.get("href") or "" for _, attributes in found if "href" in attributes]
    handlers = [name for _, attributes in found for name in attributes if name.startswith("on")]
    return (
        not active & {tag for tag, _ in found}
        and all(source and source.startswith("data:image/") for source in fetched)
        and all(re.match(r"#|https?:|mailto:", link) for link in links)
        and not handlers
    )

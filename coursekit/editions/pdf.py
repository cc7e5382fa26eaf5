"""The whole book as one PDF: Chromium prints its pages, and one file is made of them."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from warnings import catch_warnings

import pikepdf
import yaml
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf
from tqdm import tqdm

from coursekit.browser import INSTALL, chromium, start
from coursekit.problem import PageError

A4 = dict(format="A4", scale=0.8, margin=dict(top="18mm", bottom="18mm", left="16mm", right="16mm"))
FOOTER = (
    '<div style="font-size: 8px; width: 100%; text-align: center">'
    '{title} · <span class="pageNumber"></span></div>'
)
# Without page numbers an index leads nowhere on paper.
LEFT_OUT = ("genindex", "search")


@dataclass(frozen=True)
class _Part:
    """A page in the table of contents: the caption it stands under, its file without suffix."""

    caption: str
    file: str


def write_pdf(html: Path, root: Path, out: Path) -> int:
    """Print the built book in the folder ``html`` to the file ``out``; return the number of pages.

    ``root`` is the folder of the book's sources, whose _toc.yml gives the order and _config.yml the
    title. Links between pages of the book lead to pages of the PDF.

    Raises PageError where there is no browser or no built book.
    """
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    parts = [part for part in _parts(root / "_toc.yml") if part.file not in LEFT_OUT]
    if lacking := [part.file for part in parts if not (html / f"{part.file}.html").exists()]:
        raise PageError(f"{html} lacks {', '.join(lacking)}; build the book first: make book")
    with tempfile.TemporaryDirectory(prefix="course-pdf-") as folder:
        printed = _print(html, parts, Path(folder))
        with Pdf.new() as book:
            _gather(book, html, printed)
            with book.open_metadata() as metadata:
                metadata["dc:title"] = settings["title"]
                metadata["dc:creator"] = [settings["author"]]
                metadata["dc:language"] = ["en"]
            book.Root.Lang = "en"
            book.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
            book.Root.PageMode = Name.UseOutlines
            out.parent.mkdir(parents=True, exist_ok=True)
            new = out.with_name(f".{out.name}")
            book.save(
                new, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True
            )
            new.replace(out)
            return len(book.pages)


def _parts(toc: Path) -> Iterator[_Part]:
    contents = yaml.safe_load(toc.read_text(encoding="utf-8"))
    yield _Part("", contents["root"])
    for part in contents.get("parts", []):
        yield from (_Part(part["caption"], chapter["file"]) for chapter in part["chapters"])


def _print(html: Path, parts: list[_Part], folder: Path) -> list[tuple[_Part, str, Path]]:
    """Print each page to a file of its own; give the page, its title and the file."""
    from playwright.sync_api import sync_playwright

    if not chromium():
        raise PageError(f"the PDF is printed by Chromium, which is not installed: {INSTALL}")
    printed = []
    with sync_playwright() as playwright:
        browser = start(playwright)
        # What would train by itself is printed as it is seen before.
        page = browser.new_page(color_scheme="light", reduced_motion="reduce", offline=True)
        for number, part in enumerate(
            tqdm(parts, desc="printing", unit="page", dynamic_ncols=True, disable=None)
        ):
            page.goto((html / f"{part.file}.html").resolve().as_uri())
            page.emulate_media(media="print", color_scheme="light")
            page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
            page.evaluate(
                "document.querySelectorAll('details:not(.slider)').forEach(one => one.open = true)"
            )
            page.evaluate("window.MathJax?.startup?.promise")
            page.evaluate(
                "Promise.all([...document.images].map(one => one.decode().catch(() => 0)))"
            )
            page.evaluate("document.fonts.ready")
            heading = page.locator("h1").first.inner_text().rstrip("#\u00b6 ")
            path = folder / f"{number}.pdf"
            footer = FOOTER.format(title=heading.replace("&", "&amp;").replace("<", "&lt;"))
            page.pdf(
                path=str(path),
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=footer,
                **A4,
            )
            printed.append((part, heading, path))
        browser.close()
    return printed


def _gather(book: Pdf, html: Path, printed: list[tuple[_Part, str, Path]]) -> None:
    """Put the printed pages into one PDF with an outline; links within the book become its own."""
    first: dict[str, int] = {}  # number of the first page, by file
    places: dict[tuple[str, str], Array] = {}  # by file and anchor
    owner: list[str] = []
    with book.open_outline() as outline:
        under: dict[str, OutlineItem] = {}
        for part, heading, path in printed:
            with Pdf.open(path) as pdf:
                start = first[part.file] = len(book.pages)
                numbers = {page.objgen: start + n for n, page in enumerate(pdf.pages)}
                anchors = _anchors(pdf)
                with catch_warnings(action="ignore", category=pikepdf.PageCopyWarning):
                    # Named places are lost, and replaced below.
                    book.pages.extend(pdf.pages)
                owner += [part.file] * (len(book.pages) - start)
            for name, (page, top) in anchors.items():
                if page in numbers:
                    target = book.pages[numbers[page]].obj
                    places[part.file, name] = Array([target, Name.XYZ, 0, top, 0])
            item = OutlineItem(heading, first[part.file])
            if part.caption and part.caption not in under:
                under[part.caption] = OutlineItem(part.caption, first[part.file])
                outline.root.append(under[part.caption])
            (under[part.caption].children if part.caption else outline.root).append(item)
    root = html.resolve()
    for number, page in enumerate(book.pages):
        kept = []
        for link in page.get("/Annots", []):
            if place := _place(link, owner[number], root, first, places, book):
                if "/A" in link:
                    del link["/A"]
                link.Dest = place
            elif _address(link).startswith("file:"):
                # A notebook's download, say: paper has none, and no path of this machine belongs in
                # it.
                continue
            kept.append(link)
        if "/Annots" in page:
            page.Annots = Array(kept)


def _anchors(pdf: Pdf) -> dict[str, tuple[tuple[int, int], float]]:
    """Page and height of each named place of a PDF."""
    found = {}
    for name, place in dict(pdf.Root.get("/Dests", {})).items():
        page, _, _, top = (*list(place)[:4], 0, 0)[:4]
        found[unquote(name.lstrip("/"))] = (page.objgen, float(top or 0))
    return found


def _address(link: Dictionary) -> str:
    return str(link.get("/A", Dictionary()).get("/URI", ""))


def _place(
    link: Dictionary,
    file: str,
    root: Path,
    first: dict[str, int],
    places: dict[tuple[str, str], Array],
    book: Pdf,
) -> Array | None:
    """Where a link leads within the book; None for others."""
    anchor = ""
    if "/Dest" in link and isinstance(link.Dest, Name | pikepdf.String):
        anchor = unquote(str(link.Dest).lstrip("/"))
    elif uri := _address(link):
        address = urlsplit(uri)
        path = Path(unquote(address.path))
        if address.scheme != "file" or not path.is_relative_to(root):
            return None
        file, anchor = path.relative_to(root).with_suffix("").as_posix(), unquote(address.fragment)
    else:
        return None
    if (file, anchor) in places:
        return places[file, anchor]
    return Array([book.pages[first[file]].obj, Name.Fit]) if file in first else None

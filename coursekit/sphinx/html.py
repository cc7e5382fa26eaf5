"""Sphinx extension: what the theme's HTML lacks to be valid, accessible, light, and open to Colab, Kaggle and Binder.

Pages are finished once more after Sphinx has written them, since much of what is mended comes from templates and
stored outputs. Finishing a finished page changes nothing.
"""

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bs4 import BeautifulSoup
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from PIL import Image
from sphinx.application import Sphinx
from sphinx.errors import ConfigError

from coursekit.sphinx.ext import offered_notebook
from coursekit.sphinx.playground import add_playground
from coursekit.sphinx.sliders import add_loader

# What `repository.url` holds where _config.yml does not set it.
_NOT_SET = "https://github.com/executablebooks/jupyter-book"
_GITHUB = re.compile(
    r"(?:https://(?:[^@/]+@)?|git@|ssh://git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?"
)
# Scripts of the theme that nothing here uses: Thebe, which runs cells on a server found through a CDN; icons as SVG,
# which the icon font of the style sheet shows as well; and folds, which are the browser's own here.
_UNUSED_SCRIPTS = re.compile(r"thebe|/fontawesome\.js|togglebutton", re.IGNORECASE)
_UNUSED_SCRIPT_TEXT = re.compile(r"thebe|toggleHint|toggleOpenOnPrint|togglebutton|kernelName")
# Files that no browser asks for: maps for debugging the theme, and fonts for browsers older than 2016.
_UNUSED_FILES = ("_static/**/*.map", "_static/**/*.ttf", "_static/scripts/fontawesome.js*")
_HTML5 = HTMLFormatter(
    entity_substitution=EntitySubstitution.substitute_xml, void_element_close_prefix=None
)


# ------------------------------------------------------------------------------ launch buttons


def repository(setting: str, folder: Path) -> tuple[str, str] | None:
    """Give owner and name of the book's GitHub repository: the setting's, else that of git's origin, else None.

    Raises ConfigError where the setting names anything but a GitHub repository.
    """
    if setting and setting != _NOT_SET:
        if not (named := _GITHUB.fullmatch(setting)):
            raise ConfigError(
                f"_config.yml: repository.url is {setting!r}; Colab, Kaggle and Binder open notebooks from "
                "https://github.com/OWNER/NAME only. Name such a repository or leave the setting out."
            )
        return named.group(1), named.group(2)
    named = _GITHUB.fullmatch(_git(folder, "remote", "get-url", "origin"))
    return (named.group(1), named.group(2)) if named else None


def _git(folder: Path, *arguments: str) -> str:
    """Ask git something about the folder; empty where there is no git, no repository or no answer."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def launch_links(owner: str, name: str, branch: str, notebook: str) -> dict[str, str]:
    """Give the addresses that open a notebook of a GitHub repository, by the name of the service."""
    file = f"{owner}/{name}/blob/{quote(branch)}/{quote(notebook)}"
    return {
        "Colab": f"https://colab.research.google.com/github/{file}",
        "Kaggle": f"https://www.kaggle.com/kernels/welcome?src=https://github.com/{file}",
        "Binder": f"https://mybinder.org/v2/gh/{owner}/{name}/{quote(branch, safe='')}"
        f"?urlpath={quote('lab/tree/' + notebook, safe='')}",
    }


def _find_repository(app: Sphinx) -> None:
    """Find out once where the notebooks are published."""
    options = app.config.html_theme_options
    setting, root = options.get("repository_url", ""), Path(app.srcdir)
    app.course_repository = repository(setting, root)
    published = _git(root, "rev-parse", "--abbrev-ref", "origin/HEAD").removeprefix("origin/")
    chosen = options.get("repository_branch") if setting not in ("", _NOT_SET) else ""
    app.course_branch = chosen or published or "main"
    app.course_prefix = _git(root, "rev-parse", "--show-prefix")  # where the book is a subfolder


def _add_launch_buttons(app: Sphinx, pagename: str, _: str, context: dict[str, Any], *__: Any):
    notebook = offered_notebook(app, pagename)
    if not (app.course_repository and notebook):
        return
    path = app.course_prefix + notebook.relative_to(app.srcdir).as_posix()
    links = launch_links(*app.course_repository, app.course_branch, path)
    buttons = [
        dict(type="link", url=url, text=service, tooltip=f"Open the notebook in {service}")
        for service, url in links.items()
    ]
    group = dict(type="group", tooltip="Run this page", icon="fas fa-rocket", buttons=buttons)
    context["header_buttons"].insert(0, {**group, "label": "launch-buttons"})


# ------------------------------------------------------------------------------ finishing pages


def finish(html: str, folder: Path) -> str:
    """Mend a page of the book; ``folder`` is where it lies, from which its images are found."""
    page = BeautifulSoup(html, "html.parser")
    for mend in (_scripts, _head, _folds, _tables, _lists, _controls):
        mend(page)
    _images(page, folder)
    add_loader(page)
    add_playground(page)
    return page.decode(formatter=_HTML5)


def _scripts(page: BeautifulSoup) -> None:
    """Only what a page uses is loaded: no formula, no MathJax, which is larger than all the rest."""
    unused, text = _UNUSED_SCRIPTS, _UNUSED_SCRIPT_TEXT
    if not page.select_one("main .math"):
        unused = re.compile(f"{unused.pattern}|/mathjax/", re.IGNORECASE)
        text = re.compile(rf"{text.pattern}|window\.MathJax")
    for script in page.find_all(["script", "link"]):
        address = f"{script.get('src') or script.get('href') or ''} {script.get('type') or ''}"
        if unused.search(address) or text.search(script.string or ""):
            script.decompose()


def _head(page: BeautifulSoup) -> None:
    for repeated in page.find_all("meta", attrs={"name": "viewport"})[1:]:
        repeated.decompose()


def _folds(page: BeautifulSoup) -> None:
    """Folds are the browser's own, with their visible words as their name, and open without scripts."""
    for fold in page.select("div.admonition.dropdown"):
        fold.name = "details"
        fold["class"] = ["admonition", "fold"]
        fold.find("p", class_="admonition-title").name = "summary"
    for summary in page.select("details > summary"):
        del summary["aria-label"]
        for words in summary.find_all("p"):  # a paragraph is not allowed there
            words.name = "span"


def _tables(page: BeautifulSoup) -> None:
    """Wide tables scroll inside themselves, by keyboard, too; an empty corner is no heading."""
    for number, table in enumerate(page.select("main table"), start=1):
        for corner in table.find_all("th"):
            if not corner.get_text(strip=True):
                corner.name = "td"
        for head in table.select("thead th"):
            head["scope"] = "col"
        for head in table.select("tbody th"):
            head["scope"] = "row"
        if "ledger" in table.get("class", []):
            continue  # course.css folds it into cards instead
        box = table.parent
        if "pst-scrollable-table-container" not in box.get("class", []):
            box = table.wrap(page.new_tag("div", attrs={"class": "pst-scrollable-table-container"}))
        caption = table.find("caption")
        about = caption or table.find_previous(["h1", "h2", "h3", "h4"])
        words = about.get_text().strip().removesuffix("#") if about else ""
        box.attrs.update(tabindex="0", role="region")
        box["aria-label"] = f"Table {number}: {' '.join(words.split())}"


def _lists(page: BeautifulSoup) -> None:
    """Entries of a list of works are items of a list; ``doc-biblioentry`` has been withdrawn from ARIA."""
    for entry in page.select("[role=doc-biblioentry]"):
        entry["role"] = "listitem"


def _controls(page: BeautifulSoup) -> None:
    if sidebar := page.find("div", id="pst-primary-sidebar"):  # all content lies in a landmark
        sidebar.attrs.update({"role": "complementary", "aria-label": "The book"})
    for icon in page.select("i[class*=fa-], span[class*=fa-]"):
        icon["aria-hidden"] = "true"


def _images(page: BeautifulSoup, folder: Path) -> None:
    """Images get their size, so that nothing jumps, and load when they come near; smaller ones replace theirs."""
    for number, image in enumerate(page.select("main img")):
        path = folder / str(image["src"])
        if not path.is_file() or path.suffix not in (".png", ".webp"):
            continue
        path = lighter(path)
        image["src"] = str(Path(image["src"]).with_name(path.name).as_posix())
        with Image.open(path) as opened:
            image["width"], image["height"] = map(str, opened.size)
        if number:
            image["loading"] = "lazy"


def lighter(path: Path) -> Path:
    """Give the lossless WebP of a PNG, made beside it, or the PNG itself where that is smaller."""
    webp = path.with_suffix(".webp")
    stale = not webp.exists() or webp.stat().st_mtime < path.stat().st_mtime
    if path.suffix == ".png" and stale:
        with Image.open(path) as image:
            image.save(webp, lossless=True, quality=100, method=4)
    return min(webp, path, key=lambda file: file.stat().st_size) if webp.exists() else path


def _finish_book(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for pattern in _UNUSED_FILES:
        for file in out.glob(pattern):
            file.unlink()
    for page in [*app.env.found_docs, "search", "genindex"]:
        file = out / f"{page}.html"
        if file.exists():
            file.write_text(finish(file.read_text("utf-8"), file.parent), "utf-8")
    for image in (out / "_images").glob("*.png"):
        if lighter(image) != image:  # its page shows the other one
            image.unlink()
        else:
            image.with_suffix(".webp").unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the buttons and the finish, which comes after all else that writes files."""
    app.setup_extension("coursekit.sphinx.ext")
    app.connect("builder-inited", _find_repository)
    app.connect("html-page-context", _add_launch_buttons, priority=900)  # after the theme's own
    app.connect("build-finished", _finish_book, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

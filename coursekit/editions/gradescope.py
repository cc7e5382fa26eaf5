"""Autograders for Gradescope: zips with all that grades an exercise as ``course grade`` does."""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import coursekit
from coursekit.pages.book import SOURCES
from coursekit.pages.exercises import CONFIG
from coursekit.pages.notebook import Page
from coursekit.pages.registry import REGISTRY
from coursekit.problem import PageError

TEMPLATES = Path(__file__).with_name("templates")
LOCK = "requirements/lock.txt"
# What the notebook of an exercise is made of, and its checks with it; other solutions stay away.
NEEDED = (
    *(name for name in SOURCES if not name.startswith("solutions/")),
    *(f"{REGISTRY}/*.yml", "lab/*.py", CONFIG, LOCK),
)
BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)  # so that the same exercise gives the same zip


def write_autograder(page: Page, out: Path, walls: bool = True) -> Path:
    """Write ``<chapter>-<exercise>.zip`` for the solution's page to the folder ``out``.

    Without ``walls``, submissions run unprotected, as with ``course grade --no-sandbox``.

    Raises PageError where the course lacks the list of versions that the autograder installs.
    """
    if not (page.root / LOCK).exists():
        raise PageError(f"{page.root / LOCK} is missing; the autograder installs what it lists")
    scripts = {
        "@PYTHON@": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "@OPTIONS@": "" if walls else "--no-sandbox",
    }
    path = out / f"{page.name.removeprefix('solutions/').replace('/', '-')}.zip"
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("setup.sh", "run_autograder"):
            text = (TEMPLATES / f"gradescope_{name}").read_text(encoding="utf-8")
            for word, value in scripts.items():
                text = text.replace(word, value)
            _add(file, name, text.encode(), 0o755)
        for name, source in _files(page):
            _add(file, f"course/{name}", source.read_bytes(), 0o644)
    return path


def _files(page: Page) -> Iterator[tuple[str, Path]]:
    """All that the autograder needs: the names that it has there, and where it lies."""
    tools = Path(coursekit.__file__).parent
    for path in sorted(tools.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"coursekit/{path.relative_to(tools).as_posix()}", path
    for path in sorted({path for name in NEEDED for path in page.root.glob(name)} | {page.source}):
        yield path.relative_to(page.root).as_posix(), path


def _add(file: zipfile.ZipFile, name: str, data: bytes, mode: int) -> None:
    entry = zipfile.ZipInfo(name, BEGINNING_OF_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100000 | mode) << 16
    file.writestr(entry, data)

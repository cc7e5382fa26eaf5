"""Books built for tests: as readers build them, and small ones with Sphinx alone."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from coursekit.browser import serve
from coursekit.paths import ROOT
from tests.support.processes import HANGS

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
IN_ORDER = [TOC["root"], *(entry["file"] for part in TOC["parts"] for entry in part["chapters"])]
# All that readers see.
PAGES = [*IN_ORDER, "search"] + ["genindex"] * ("genindex" not in IN_ORDER)
CHAPTER, EXERCISE = "chapters/batch_normalization", "solutions/dropout/max_norm"


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole book, built once for all tests from a copy without a repository."""
    folder = tmp_path_factory.getbasetemp()
    # Processes that test side by side share the folder above theirs.
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    copy, said = folder / "book", folder / "book.said"
    with (folder / "book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            copy_course(copy)
            done = build_book(copy)
            said.write_text(done.stdout + done.stderr if done.returncode else "")
    assert not said.read_text(), said.read_text()
    return copy / "_build/html"


def copy_course(copy: Path) -> None:
    """Copy the course without what is built or installed, and with Markdown that is no page."""
    ignored = shutil.ignore_patterns("_build", "node_modules", ".venv*", ".git", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored)
    (copy / ".cache").mkdir(exist_ok=True)
    for stray in (".cache/README.md", "benchmarks/stray.md"):
        (copy / stray).write_text("# Not in the book\n")


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    """The address at which the whole book is served."""
    with serve(book) as address:
        yield address


def build_book(folder: Path) -> subprocess.CompletedProcess:
    """Build a book with warnings as errors, without a network where the system can take it away."""
    alone = ["unshare", "--map-root-user", "--net"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*alone, "true"], capture_output=True).returncode
    ):
        alone = []
    command = [*alone, str(Path(sys.executable).with_name("jupyter-book"))]
    return subprocess.run(
        [*command, "build", ".", "--all", "-W", "--keep-going"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS,
    )


def build_small(root: Path, *extensions: str, **settings: object) -> subprocess.CompletedProcess:
    """Build a book of a few pages to ``html/`` with Sphinx alone, which takes a few seconds.

    Of the course's extensions it has what reads pages and those named.
    """
    names = [f"coursekit.sphinx.{name}" for name in ("stored_outputs", *extensions)]
    usual = {"exclude_patterns": ["chapters"], "nb_execution_mode": "off"}
    settings = {"extensions": names, **usual, **settings}
    lines = [f"{name} = {value!r}\n" for name, value in settings.items()]
    (root / "conf.py").write_text("".join(lines))
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html", ".", "html"],
        cwd=root,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )


def build_page(root: Path, text: str, *extensions: str) -> subprocess.CompletedProcess:
    """Build a book of one page with Sphinx alone."""
    (root / "index.md").write_text(f"# Book\n\n{text}\n```{{glossary}}\nbatch\n  Some.\n```\n")
    return build_small(root, *extensions, myst_enable_extensions=["dollarmath"])

"""Books built for tests: as readers build them, and small ones with Sphinx alone."""

import shutil
import subprocess
import sys
from pathlib import Path

from coursekit.paths import ROOT


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
        timeout=300,
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

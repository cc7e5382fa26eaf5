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


def build_page(root: Path, text: str) -> subprocess.CompletedProcess:
    """Build a book of one page with Sphinx alone, which takes a few seconds."""
    (root / "index.md").write_text(f"# Book\n\n{text}\n```{{glossary}}\nbatch\n  Some.\n```\n")
    (root / "conf.py").write_text(
        "extensions, exclude_patterns = ['coursekit.sphinx.ext'], ['chapters']\n"
        "myst_enable_extensions, nb_execution_mode = ['dollarmath'], 'off'\n"
    )
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html", ".", "html"]
    return subprocess.run(
        command,
        cwd=root,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )

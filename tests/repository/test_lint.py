"""What looks at the repository before a commit is content, and not with a mistake."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from coursekit.paths import ROOT
from tests.support.processes import HANGS

CONFIG = ROOT / ".pre-commit-config.yaml"
LINTERS = {
    hook["id"]: hook["name"]
    for repo in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["repos"]
    for hook in repo["hooks"]
}
MISTAKES = {
    "format": ("a.py", "x = 'y'\n"),
    "style": ("b.py", "import os\n"),
    "spelling": ("c.md", "Teh batch.\n"),  # codespell:ignore teh
    "citation": ("CITATION.cff", "cff-version: 1.2.0\ntitle: No authors\nmessage: x\n"),
    "forms": (".github/ISSUE_TEMPLATE/a.yml", "name: No body\ndescription: x\n"),
    "form-chooser": (".github/ISSUE_TEMPLATE/config.yml", "blank_issues_enabled: perhaps\n"),
    "dependabot": (".github/dependabot.yml", "version: 2\nupdates: [{package-ecosystem: pip}]\n"),
    "actionlint": (
        ".github/workflows/a.yml",
        "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: make, if: githu.ref}]}}\n",
    ),
    "zizmor": (
        ".github/workflows/b.yml",
        "on: push\npermissions: write-all\n"
        "jobs: {a: {runs-on: ubuntu-24.04, steps: [{uses: actions/checkout@v7}]}}\n",
    ),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="linters need a git checkout"),
]


def lint(folder: Path, cache: Path) -> tuple[dict[str, str], str]:
    """Run all linters; give what became of each, and all that they said."""
    done = subprocess.run(
        [ROOT / ".venv/bin/pre-commit", "run", "--all-files"],
        cwd=folder,
        env=os.environ | {"PRE_COMMIT_HOME": str(cache), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    became = {
        linter: line.removeprefix(name).lstrip(".")
        for linter, name in LINTERS.items()
        for line in done.stdout.splitlines()
        if line.startswith(f"{name}.")
    }
    return became, done.stdout + done.stderr


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    return lint(ROOT, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def linted_mistakes(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    folder = tmp_path_factory.mktemp("planted")
    for name, text in MISTAKES.values():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for path in (CONFIG, ROOT / "pyproject.toml"):
        shutil.copy(path, folder)
    for command in ("init --quiet", "add ."):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    for installed in (".venv", "playground"):
        (folder / installed).symlink_to(ROOT / installed)
    return lint(folder, tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("linter", LINTERS)
def test_the_repository_is_without_mistakes(linter: str, linted: tuple[dict, str]) -> None:
    became, said = linted
    assert became.get(linter) == "Passed", said


@pytest.mark.parametrize("linter", LINTERS)
def test_a_mistake_is_found(linter: str, linted_mistakes: tuple[dict, str]) -> None:
    became, said = linted_mistakes
    assert became.get(linter) == "Failed", said
    assert MISTAKES[linter][0].rpartition("/")[2] in said

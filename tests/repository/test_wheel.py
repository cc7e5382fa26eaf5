"""The installed tools hold all that they read from their own folder."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from coursekit.paths import ROOT


@pytest.mark.slow
def test_a_wheel_of_the_tools_holds_every_file_of_theirs(tmp_path: Path) -> None:
    copy = tmp_path / "copy"  # since building leaves files behind
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "coursekit", copy / "coursekit", ignore=leave)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(tmp_path), str(copy)]
    subprocess.run(command, check=True, timeout=600)
    (wheel,) = tmp_path.glob("coursekit-*.whl")
    with zipfile.ZipFile(wheel) as file:
        packed = {name for name in file.namelist() if name.startswith("coursekit/")}
        licence = [name for name in file.namelist() if name.endswith("/LICENSE")]
    files = [path for path in (copy / "coursekit").rglob("*") if path.is_file()]
    own = {path.relative_to(copy).as_posix() for path in files}
    assert packed == own
    assert any("/templates/" in name for name in packed)
    assert licence

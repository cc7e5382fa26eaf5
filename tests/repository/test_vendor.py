"""What the book's pages load is, byte by byte, what npm's packages hold, or made of them."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from coursekit.paths import BUNDLE, NODE_MODULES, ROOT

VENDOR = ROOT / "vendor"


def files(folder: Path) -> dict[str, bytes]:
    """Content of all files in a folder, by their paths in there."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.slow
def test_all_that_is_vendored_is_made_of_the_packages_and_modules(tmp_path: Path) -> None:
    if not NODE_MODULES.exists():
        pytest.fail("no packages to compare with; install them: make environments")
    subprocess.run([ROOT / "playground/vendor.sh", tmp_path], check=True)
    made, shipped = files(tmp_path), files(VENDOR)
    assert sorted(made) == sorted(shipped)
    stale = [name for name in made if made[name] != shipped[name]]
    assert not stale, f"{stale} are not what packages and modules give now; run: make vendor"


def test_all_packages_are_installed_by_their_checksums() -> None:
    lock = json.loads((ROOT / "playground/package-lock.json").read_text())["packages"]
    packages = {name: one for name, one in lock.items() if name}
    assert packages
    assert [n for n, one in packages.items() if not one["integrity"].startswith("sha512-")] == []


def test_checksums_of_the_playground_are_those_of_its_files() -> None:
    found = files(ROOT / BUNDLE)
    sums = (line.split() for line in found.pop("SHA256SUMS").decode().splitlines())
    assert {name: hashlib.sha256(content).hexdigest() for name, content in found.items()} == {
        name: sum for sum, name in sums
    }


@pytest.mark.parametrize("folder", sorted(path.name for path in VENDOR.iterdir()))
def test_a_vendored_package_comes_with_its_licence(folder: str) -> None:
    assert (VENDOR / folder / "LICENSE").stat().st_size > 1000

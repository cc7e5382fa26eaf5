"""What the book's pages load is, byte by byte, what npm's packages hold, or made of them."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from coursekit.paths import NODE_MODULES, ROOT

SHIPPED = {
    "mathjax": ["mathjax/es5"],
    "vega": [f"{one}/build" for one in ("vega", "vega-lite", "vega-embed")],
}
FILES = [
    path
    for folder in SHIPPED
    for path in (ROOT / "vendor" / folder).rglob("*")
    if path.is_file() and path.name != "LICENSE"
]
BUILT = ROOT / "vendor/playground"


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_vendored_file_is_its_packages(path: Path) -> None:
    folder, *inside = path.relative_to(ROOT / "vendor").parts
    packages = [NODE_MODULES / package for package in SHIPPED[folder]]
    if not any(package.exists() for package in packages):
        pytest.fail("no packages to compare with; install them: make environments")
    theirs = [package.joinpath(*inside) for package in packages]
    assert [one.read_bytes() for one in theirs if one.exists()] == [path.read_bytes()]


@pytest.mark.slow
def test_the_playground_is_what_its_modules_build(tmp_path: Path) -> None:
    subprocess.run([ROOT / "playground/build.sh", tmp_path / "built"], check=True)
    built, shipped = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (tmp_path / "built", BUILT)
    )
    assert sorted(built) == sorted(shipped)
    stale = [name for name in built if built[name] != shipped[name]]
    assert not stale, f"{stale} are not built of the modules as they are now; run: make playground"


def test_checksums_of_the_playground_are_those_of_its_files() -> None:
    sums = (line.split() for line in (BUILT / "SHA256SUMS").read_text().splitlines())
    found = {path.name: path for path in BUILT.iterdir() if path.name != "SHA256SUMS"}
    assert {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()
    } == {name: sum for sum, name in sums}


def test_everything_vendored_is_compared_with_something() -> None:
    assert {path.name for path in (ROOT / "vendor").iterdir()} == {*SHIPPED, BUILT.name}


@pytest.mark.parametrize("folder", [*SHIPPED, BUILT.name])
def test_a_vendored_package_comes_with_its_licence(folder: str) -> None:
    assert (ROOT / "vendor" / folder / "LICENSE").stat().st_size > 1000

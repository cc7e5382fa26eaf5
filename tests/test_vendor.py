"""What the book's pages load is, byte by byte, what the npm packages hold that package.json names."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = {
    "mathjax": ["mathjax/es5"],
    "vega": [f"{one}/build" for one in ("vega", "vega-lite", "vega-embed")],
}
FILES = [path for path in (ROOT / "vendor").rglob("*") if path.is_file() and path.name != "LICENSE"]


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_vendored_file_is_its_packages(path: Path) -> None:
    folder, *inside = path.relative_to(ROOT / "vendor").parts
    packages = [ROOT / "node_modules" / package for package in SHIPPED[folder]]
    if not any(package.exists() for package in packages):
        pytest.fail("no packages to compare with; install them: make node_modules/ready")
    theirs = [package.joinpath(*inside) for package in packages]
    assert [one.read_bytes() for one in theirs if one.exists()] == [path.read_bytes()]


@pytest.mark.parametrize("folder", SHIPPED)
def test_a_vendored_package_comes_with_its_licence(folder: str) -> None:
    assert (ROOT / "vendor" / folder / "LICENSE").stat().st_size > 1000

"""A page loads the script of an extension where it holds what that is for, and nowhere else."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output

from coursekit.mime import VEGA_LITE
from coursekit.pages.notebook import code_cells
from coursekit.paths import ROOT
from coursekit.sphinx import EXTENSIONS
from tests.support.books import build_small
from tests.support.small_course import make_course

SLIDER = new_output("display_data", {VEGA_LITE: {"params": [{"bind": {"name": "epoch"}}]}})


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with a figure with a slider, a playground, and neither."""
    course = make_course(tmp_path_factory.mktemp("scripts"))
    course.pretend_built()
    course.edit_notebook(lambda notebook: code_cells(notebook)[-1].outputs.extend([SLIDER, SLIDER]))
    pages = ["chapters/page", "pages/live"]
    (course.root / "index.md").write_text("\n".join(["# Book", "```{toctree}", *pages, "```\n"]))
    (course.root / "pages/live.md").write_text("# Live\n\n```{playground}\n```\n")
    done = build_small(
        course.root, "sliders", "playground", exclude_patterns=["**/*.ipynb"], html_theme="basic"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return course.root / "html"


def loaded(html: Path, page: str) -> list[Path]:
    """The course's scripts that a page loads, each of which waits until the page was read."""
    path = html / f"{page}.html"
    scripts = BeautifulSoup(path.read_text(), "html.parser").select("script[defer]")
    return [(path.parent / script["src"].partition("?")[0]).resolve() for script in scripts]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "script"), [("chapters/page", "sliders"), ("pages/live", "playground")]
)
def test_a_page_with_one_loads_its_script_once(html: Path, page: str, script: str) -> None:
    (path,) = loaded(html, page)
    assert path == (html / f"_static/{script}.js").resolve()
    assert path.exists()


@pytest.mark.slow
def test_a_page_without_any_loads_nothing(html: Path) -> None:
    assert loaded(html, "index") == []


def test_every_extension_is_loaded() -> None:
    folder = ROOT / "coursekit/sphinx"
    extensions = [path.stem for path in folder.glob("*.py") if "def setup(" in path.read_text()]
    assert sorted(EXTENSIONS) == sorted(set(extensions) - {"__init__"})

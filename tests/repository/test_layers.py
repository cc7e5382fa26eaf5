"""What imports what goes one way, as the packages' own lists of layers say, and without a circle.

A package whose docstring has such a list is held to it; the engine, the tools, the playground and
the benchmarks never import what tests hold.
"""

import ast
import re
import shutil
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from coursekit.paths import ROOT

NEVER = {
    "coursekit": "tests benchmarks playground lab",
    "lab": "tests benchmarks playground coursekit",
    "playground": "tests benchmarks",
    "benchmarks": "tests",
}


class Package:
    """The modules of a package below the folder ``root``, by their whole names."""

    def __init__(self, root: Path, name: str = "coursekit") -> None:
        self.name = name
        self.paths = {
            ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
            for path in sorted((root / name).rglob("*.py"))
        }
        self.trees = {
            name: ast.parse(path.read_text(encoding="utf-8")) for name, path in self.paths.items()
        }
        self.layered = [name for name in self.paths if self.layers(name)]

    def layers(self, name: str) -> list[list[str]]:
        """What a module says in its own words about what lies above what, from the top down."""
        said = ast.get_docstring(self.trees[name]) or ""
        lines = [line.partition(":")[0] for line in said.splitlines() if line.startswith("- ``")]
        return [found for line in lines if (found := re.findall(r"``(\w+)``", line))]

    def below(self, name: str) -> list[str]:
        """The modules in a package, at any depth."""
        return [module for module in self.paths if module.startswith(f"{name}.")]

    def misnamed(self) -> list[str]:
        """Lists of layers that lack something, or name what is not there or is there already."""
        wrong = []
        for package in self.layered:
            depth = package.count(".") + 1
            there = {module.split(".")[depth] for module in self.below(package)}
            listed = [name for names in self.layers(package) for name in names]
            wrong += [f"{package}: {name}" for name in there ^ set(listed)]
            wrong += [f"{package}: {name}" for name in listed if listed.count(name) > 1]
        return wrong

    def upwards(self) -> list[str]:
        """Imports of what does not lie below."""
        wrong = []
        for package in self.layered:
            depth = package.count(".") + 1
            height = {name: -at for at, names in enumerate(self.layers(package)) for name in names}
            for module in self.below(package):
                for other in self.imports(module):
                    if not other.startswith(f"{package}."):
                        continue
                    mine, theirs = module.split(".")[depth], other.split(".")[depth]
                    if mine != theirs and height[theirs] >= height[mine]:
                        wrong.append(f"{module} imports {other}")
        return wrong

    def circle(self) -> list[str]:
        """Modules that import each other around, or nothing."""
        graph = {
            module: [other for other in self.imports(module) if other in self.paths]
            for module in self.paths
        }
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            return error.args[1]
        return []

    def imports(self, module: str) -> Iterator[str]:
        """What a module imports, wherever in it: modules by their whole names."""
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{module}, line {node.lineno}: name the whole module"
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield whole if whole in self.paths else node.module


def intruders(root: Path) -> list[str]:
    """What imports a folder that it never may."""
    return [
        f"{module} imports {other}"
        for folder, others in NEVER.items()
        for package in [Package(root, folder)]
        for module in package.paths
        for other in package.imports(module)
        if other.split(".")[0] in others.split()
    ]


def test_a_list_of_layers_names_everything_and_nothing_else() -> None:
    package = Package(ROOT)
    grading = ("coursekit.grading", "coursekit.grading.sandbox", "coursekit.grading.sandbox.inside")
    assert {"coursekit", *grading} <= set(package.layered)
    assert package.misnamed() == []


def test_modules_import_what_lies_below_them() -> None:
    assert Package(ROOT).upwards() == []


def test_no_modules_import_each_other() -> None:
    assert Package(ROOT).circle() == []


def test_only_tests_import_tests_and_the_engine_imports_no_tools() -> None:
    assert intruders(ROOT) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in NEVER:
        for path in (ROOT / folder).rglob("*.py"):
            copied = tmp_path / path.relative_to(ROOT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
    return tmp_path


def plant(copy: Path, module: str, line: str) -> None:
    path = copy / module
    path.write_text(f"{path.read_text(encoding='utf-8')}\n\ndef planted():\n    {line}\n")


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        (
            "coursekit/pages/book.py",
            "from coursekit.results import records",
            "coursekit.pages.book imports coursekit.results.records",
        ),
        (
            "coursekit/problem.py",
            "import coursekit.__main__",
            "coursekit.problem imports coursekit.__main__",
        ),
        (
            "coursekit/sphinx/quiz.py",
            "from coursekit.editions.pdf import write_pdf",
            "coursekit.sphinx.quiz imports coursekit.editions.pdf",
        ),
    ],
)
def test_an_import_upwards_or_sideways_is_found(
    copy: Path, module: str, line: str, said: str
) -> None:
    plant(copy, module, line)
    assert Package(copy).upwards() == [said]


def test_a_circle_within_a_folder_is_found_and_told(copy: Path) -> None:
    plant(copy, "coursekit/pages/myst.py", "from coursekit.pages.markdown import to_markdown")
    circle = Package(copy).circle()
    assert {"coursekit.pages.myst", "coursekit.pages.markdown"} <= set(circle)
    assert circle[0] == circle[-1]


def test_a_module_that_no_list_names_is_found(copy: Path) -> None:
    (copy / "coursekit/novel.py").write_text('"""Novel."""\n', encoding="utf-8")
    assert Package(copy).misnamed() == ["coursekit: novel"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("benchmarks/engine.py", "from tests.support.books import build_book"),
        ("playground/parity.py", "import tests.support.books"),
        ("lab/runs.py", "from coursekit.paths import ROOT"),
        ("coursekit/paths.py", "import benchmarks.engine"),
    ],
)
def test_an_import_of_what_tests_hold_is_found(copy: Path, module: str, line: str) -> None:
    plant(copy, module, line)
    (found,) = intruders(copy)
    assert found.startswith(f"{module.removesuffix('.py').replace('/', '.')} imports ")

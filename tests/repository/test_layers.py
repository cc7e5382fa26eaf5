"""What imports what: within the tools only downwards, and from the engine, the tools and the benchmarks never what tests hold."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from coursekit.paths import ROOT

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "coursekit").rglob("*.py"))
}


def layers(package: str) -> list[list[str]]:
    """What a package says in its own words about what lies above what; nothing where it does not say it."""
    said = ast.get_docstring(ast.parse(MODULES[package].read_text(encoding="utf-8"))) or ""
    lines = [line.partition(":")[0] for line in said.splitlines() if line.startswith("- ``")]
    return [re.findall(r"``(\w+)``", line) for line in lines]


LAYERED = [name for name, path in MODULES.items() if path.stem == "__init__" and layers(name)]


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}, line {node.lineno}: name the whole module"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else node.module


def test_the_large_packages_say_what_lies_above_what() -> None:
    inside = "coursekit.grading.sandbox.inside"
    assert {"coursekit", "coursekit.grading", "coursekit.grading.sandbox", inside} <= set(LAYERED)


@pytest.mark.parametrize("package", LAYERED)
def test_a_list_of_layers_names_everything_and_nothing_else(package: str) -> None:
    depth = package.count(".") + 1
    there = {name.split(".")[depth] for name in MODULES if name.startswith(f"{package}.")}
    named = [name for names in layers(package) for name in names]
    assert sorted(named) == sorted(there)


@pytest.mark.parametrize("package", LAYERED)
def test_modules_import_what_lies_below_them(package: str) -> None:
    depth = package.count(".") + 1
    height = {name: -at for at, names in enumerate(layers(package)) for name in names}
    wrong = [
        f"{name} imports {other}"
        for name, path in MODULES.items()
        if name.startswith(f"{package}.")
        for other in imported(path)
        if other.startswith(f"{package}.")
        for mine, theirs in [(name.split(".")[depth], other.split(".")[depth])]
        if mine != theirs and height[theirs] >= height[mine]
    ]
    assert wrong == []


def test_no_modules_import_each_other() -> None:
    graph = {name: [one for one in imported(path) if one in MODULES] for name, path in MODULES.items()}  # fmt: skip
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_only_tests_import_tests_and_the_engine_imports_no_tools() -> None:
    for folder, others in {
        "coursekit": "tests benchmarks playground lab",
        "lab": "tests benchmarks playground coursekit",
        "playground": "tests benchmarks",
        "benchmarks": "tests",
    }.items():
        for path in (ROOT / folder).rglob("*.py"):
            found = {name.split(".")[0] for name in imported(path)} & set(others.split())
            assert not found, f"{path.relative_to(ROOT)} imports {', '.join(found)}"

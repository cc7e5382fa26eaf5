"""What imports what: within the tools only downwards, and from the engine, the tools and the benchmarks never what tests hold."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import coursekit
from coursekit.paths import ROOT

# Written once, in the package's own words.
LAYERS = [
    re.findall(r"``(\w+)``", line.partition(":")[0])
    for line in coursekit.__doc__.splitlines()
    if line.startswith("- ``")
]
HEIGHT = {name: -number for number, names in enumerate(LAYERS) for name in names}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "coursekit").rglob("*.py"))
}


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


def test_the_list_of_layers_names_everything_and_nothing_else() -> None:
    there = {name.split(".")[1] for name in MODULES if "." in name}
    assert set(HEIGHT) == there
    assert sum(map(len, LAYERS)) == len(HEIGHT), "something is named twice"


def test_modules_import_what_lies_below_them() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, path in MODULES.items()
        for other in imported(path)
        if other.startswith("coursekit.") and name != "coursekit"
        for mine, theirs in [(name.split(".")[1], other.split(".")[1])]
        if mine != theirs and HEIGHT[theirs] >= HEIGHT[mine]
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

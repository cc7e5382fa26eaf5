"""What a notebook carries of the folder ``lab/``: the engine as one file, and other modules.

The engine is a package of small modules. A notebook gets them as one ``lab.py``: imports first,
then each module's code under a heading that says what it is. Names are the same in both, so each
may stand in one module only. ``checks.py`` and ``sliders.py``, which lie in the same folder, are
carried as they are, by the notebooks that import them.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from coursekit.problem import PageError

SETUP = {  # modules that a notebook brings along, with what they are
    "lab": "the course's experiment engine",
    "checks": "what the checks of the exercises measure",
    "sliders": "figures with a slider",
}


@dataclass(frozen=True)
class _Module:
    name: str
    words: str  # its docstring
    # Of other packages: module, and a name in it or nothing.
    imports: list[tuple[str, str]]
    needs: list[str]  # modules of the same package, in the order of their imports
    code: str


def carried(name: str, root: Path) -> str:
    """Give the source of the module ``name``, one of ``SETUP``, as notebooks of ``root`` carry it.

    Raises PageError where the engine cannot become one file.
    """
    if name == "lab":
        return bundle(root / "lab", apart=set(SETUP) - {"lab"})
    return (root / "lab" / f"{name}.py").read_text(encoding="utf-8").rstrip()


def write_carried(folder: Path, root: Path, names: Iterable[str] = SETUP) -> None:
    """Write the modules that notebooks carry into a folder, to be imported as in a notebook."""
    for name in names:
        (folder / f"{name}.py").write_text(carried(name, root), encoding="utf-8")


def bundle(package: Path, apart: Collection[str] = ()) -> str:
    """Join the modules of a package, those ``apart`` left out, each after those that it imports.

    The one that ``__init__`` imports as a whole comes even before the imports of other packages.
    Raises PageError for a name that two modules define, an import that is renamed, and modules that
    import each other.
    """
    files = [path for path in sorted(package.glob("*.py")) if path.stem not in apart]
    modules = {path.stem: _read(path, package.name) for path in files}
    start = modules.pop("__init__")
    order: list[str] = []
    for name in start.needs:
        _place(name, modules, order, ())
    unused = set(modules) - set(order)
    if unused:
        raise PageError(f"{package}: nothing imports {', '.join(sorted(unused))}")
    _refuse_names_given_twice(package, modules)
    first, *rest = [modules[name] for name in order]
    imported = {
        one for module in (first, *rest) for one in module.imports if one[0] != "__future__"
    }
    standard = {one for one in imported if re.split(r"[. ]", one[0])[0] in sys.stdlib_module_names}
    parts = [
        f'"""{start.words}"""',
        "from __future__ import annotations",
        _statements(standard),
        _headed(first),
        _statements(imported - standard),
        *map(_headed, rest),
    ]
    return "\n\n".join(part for part in parts if part).rstrip()


def _read(path: Path, package: str) -> _Module:
    source = path.read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    imports, needs, dropped = [], [], set()
    for number, node in enumerate(tree.body):
        place = range(node.lineno - 1, node.end_lineno)
        if number == 0 and isinstance(node, ast.Expr):
            dropped |= set(place)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            dropped |= set(place)
            origin = getattr(node, "module", None) or node.names[0].name
            if origin.split(".")[0] == package:
                if any(alias.asname for alias in node.names):
                    raise PageError(
                        f"{path}, line {node.lineno}: give names of {package} no others"
                    )
                needs.append(origin.split(".")[1])
                continue
            for alias in node.names:
                name = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
                imports.append((name, "") if isinstance(node, ast.Import) else (origin, name))
    code = "\n".join(line for number, line in enumerate(lines) if number not in dropped)
    words = ast.get_docstring(tree, clean=False) or ""
    return _Module(path.stem, words, imports, needs, re.sub(r"\n{4,}", "\n\n\n", code).strip())


def _place(
    name: str, modules: dict[str, _Module], order: list[str], above: tuple[str, ...]
) -> None:
    if name in above:
        raise PageError(f"{' imports '.join([*above, name])}: these modules import each other")
    if name not in order:
        for needed in modules[name].needs:
            _place(needed, modules, order, (*above, name))
        order.append(name)


def _refuse_names_given_twice(package: Path, modules: dict[str, _Module]) -> None:
    given: dict[str, str] = {}
    for module in modules.values():
        for name in _names(module.code):
            if given.setdefault(name, module.name) != module.name:
                raise PageError(f"{package}: {given[name]} and {module.name} both define {name}")


def _names(code: str) -> set[str]:
    names = set()
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _statements(imported: set[tuple[str, str]]) -> str:
    lines = [f"import {module}" for module, name in sorted(imported) if not name]
    for module in sorted({module for module, name in imported if name}):
        names = sorted(name for origin, name in imported if origin == module and name)
        line = f"from {module} import {', '.join(names)}"
        lines.append(
            line
            if len(line) <= 100
            else line.replace("import ", "import (\n    ").replace(", ", ",\n    ") + ",\n)"
        )
    return "\n".join(lines)


def _headed(module: _Module) -> str:
    """The module's code below a ruler with its name, its docstring as a comment."""
    ruler = f"# {'-' * (98 - len(module.name) - 1)} {module.name}"
    words = "\n".join(f"# {line}".rstrip() for line in module.words.strip().splitlines())
    return f"\n{ruler}\n#\n{words}\n\n{module.code}" if words else f"\n{ruler}\n\n{module.code}"

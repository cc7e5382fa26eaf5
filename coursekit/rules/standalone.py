"""A notebook runs anywhere: Python, what Colab has, and no file that only one machine has."""

import ast
import functools
import re
import sys
from collections.abc import Iterator

from coursekit.pages.notebook import is_setup
from coursekit.problem import Problem
from coursekit.rules.code import parsed, python
from coursekit.rules.course import Built

COLAB_MODULES = frozenset(
    "IPython checks joblib keras lab matplotlib numpy pandas scipy sklearn sliders "
    "tensorflow".split()
)
READERS = frozenset(
    "open load loadtxt genfromtxt fromfile read_csv read_excel read_json read_parquet read_pickle "
    "read_table imread read_text read_bytes load_model load_weights load_img".split()
)
MAGICS = frozenset("matplotlib config time timeit".split())


def problems(built: Built) -> Iterator[Problem]:
    """Find code that would not run elsewhere."""
    code = "\n".join(cell.source for _, cell in built.cells("code"))
    for number, cell in built.cells("code"):
        # What the setup cells' modules call is the engine's business.
        for message in _messages(python(cell), "" if is_setup(cell) else code):
            yield built.in_notebook(message, number)


@functools.lru_cache(maxsize=1000)  # the engine, long to parse, is part of every notebook
def _messages(source: str, code: str) -> tuple[str, ...]:
    try:
        tree = parsed(source)
    except SyntaxError as error:
        return (f"is not Python: {error.msg}, line {error.lineno}; correct it",)
    messages: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            messages += _import_messages(node)
        elif isinstance(node, ast.Call) and (message := _call_message(node, code)):
            messages.append(f"is not standalone: {message}")
    return tuple(messages)


def _import_messages(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        names = ["." * node.level + (node.module or "")]
    for name in names:
        top = name.split(".")[0]
        if top not in COLAB_MODULES and top not in sys.stdlib_module_names:
            yield (
                f"is not standalone: imports {name!r}, which Colab may lack; "
                f"use only {', '.join(sorted(COLAB_MODULES))}"
            )


def _call_message(call: ast.Call, code: str) -> str:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    if name in ("run_line_magic", "run_cell_magic") and first not in MAGICS:
        return f"the magic %{first} may do something else elsewhere; use plain Python"
    if name in ("system", "getoutput") and isinstance(call.func, ast.Attribute):
        return f"it calls the shell ({first!r}); use plain Python"
    if name in READERS and isinstance(first, str) and code and not _written_too(first, code):
        return (
            f"{name}({first!r}) reads a file that only this machine has; make the data in the "
            "notebook"
        )
    return ""


def _written_too(path: str, code: str) -> bool:
    """Tell whether a notebook names a file that it reads a second time, where it writes it."""
    return len(re.findall(rf"['\"]{re.escape(path)}['\"]", code)) > 1

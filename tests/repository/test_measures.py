"""CONTRIBUTING lists all that an exercise's check can use of ``lab/checks.py``, as it is there."""

import ast
import re

import pytest

from coursekit.paths import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("| from `checks` |")[2].partition("\n\n")[0]
LISTED = {
    name: arguments.split(", ")
    for name, arguments in re.findall(r"^\| `(\w+)\((.*?)\)` \| \S.* \|$", TABLE, re.MULTILINE)
}
MODULE = ast.parse((ROOT / "lab/checks.py").read_text(encoding="utf-8"))
DEFINED = {
    one.name: one
    for one in MODULE.body
    if isinstance(one, ast.FunctionDef | ast.ClassDef) and not one.name.startswith("_")
}
FUNCTIONS = {name: one for name, one in DEFINED.items() if isinstance(one, ast.FunctionDef)}


def test_all_measures_are_listed_and_nothing_else() -> None:
    assert FUNCTIONS and sorted(LISTED) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", LISTED)
def test_a_measure_is_listed_with_its_arguments(name: str) -> None:
    asked = FUNCTIONS[name].args
    needed = asked.args[: len(asked.args) - len(asked.defaults)]
    names = [one.arg for one in asked.args] + ([f"*{asked.vararg.arg}"] if asked.vararg else [])
    assert LISTED[name] == names[: len(LISTED[name])]
    assert {one.arg for one in needed} <= set(LISTED[name])


def test_what_measures_return_is_named_beside_them() -> None:
    classes = set(DEFINED) - set(FUNCTIONS)
    assert classes == {name.removesuffix("s") for name in re.findall(r"A list of `(\w+)`s", TABLE)}

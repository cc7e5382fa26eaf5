"""What messages count has the right ending: ``1 page``, ``2 pages``."""

import ast
from collections.abc import Iterator
from itertools import pairwise

import pytest

from coursekit.paths import ROOT
from coursekit.units import counted

FILES = sorted(ROOT.glob("coursekit/**/*.py"))


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 pages"), (1, "1 page"), (1.0, "1 page"), (0.5, "0.5 pages"), (1500, "1,500 pages")],
)
def test_one_of_a_kind_has_no_plural(count: float, said: str) -> None:
    assert counted(count, "page") == said


def units(tree: ast.AST) -> Iterator[str]:
    """The words that code hands to ``counted``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "counted":
            yield ast.literal_eval(node.args[1]).split()[-1]


def by_hand(tree: ast.AST, words: set[str]) -> Iterator[str]:
    """Where a text puts one of the words, in its plural, behind a value; a constant never is 1."""
    for node in ast.walk(tree):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for value, text in pairwise(parts):
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                name = ast.unparse(value.value)
                word = text.value.split(maxsplit=1)[0].strip(".,;:") if text.value.strip() else ""
                if text.value.startswith(" ") and word in words and not is_constant(name):
                    yield f"line {value.lineno}: {{{name}}} {word}"


def is_constant(name: str) -> bool:
    return name.rpartition(".")[2].isupper() or name.startswith("self.limits.")


def test_no_message_puts_a_plural_behind_a_number_by_hand() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
    words = {f"{word}s" for tree in trees.values() for word in units(tree)}
    assert {"pages", "problems", "points"} <= words
    found = [
        f"{path.relative_to(ROOT)}, {place}"
        for path, tree in trees.items()
        for place in by_hand(tree, words)
    ]
    assert found == []


def test_a_plural_by_hand_is_seen() -> None:
    seen = 'f"{len(x)} pages"\nf"{n} pages, {m} of them"\nf"{MOST} pages"\nf"{n} page"\nf"{n}pages"'
    assert list(by_hand(ast.parse(seen), {"pages"})) == [
        "line 1: {len(x)} pages",
        "line 2: {n} pages",
    ]

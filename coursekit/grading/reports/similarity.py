"""How similar the code of submissions to one exercise is, in a form that names and layout do not change.

Code is compared by its runs of ``RUN`` tokens. All names but those of Python and of libraries count as the same, and so do all
numbers and all texts; comments and layout count nothing. Runs that students were given are left out, and one that many wrote
counts less than one that only two did.
"""

import json
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from nbformat import NotebookNode
from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, Number, String, Text
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array
from scipy.spatial.distance import squareform

from coursekit.grading.results import OWN_CELL
from coursekit.pages.exercises import kind_of

RUN = 16  # tokens in a row that are compared, two or three lines of code
FEW = 20  # two submissions that have less than so many runs together count as if they had so many
LONGEST_CODE = (
    100_000  # characters of a submission that are compared; the solutions have up to 6,000
)
_CELL = "# ----"  # between cells, where code is shown
_FENCED = re.compile(r"^```\{?(?:code-cell|python)\b[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Code:
    """What a student wrote for an exercise: the text, and its runs of tokens with the lines that each lies on."""

    student: str
    text: str
    runs: Mapping[str, Sequence[tuple[int, int]]] = field(repr=False)
    whole: bool = True


@dataclass(frozen=True)
class Pair:
    """Two submissions, how similar they are, from 0 to 1, and which of their lines have runs that both have."""

    first: Code
    second: Code
    similarity: float
    shared: int
    lines: tuple[frozenset[int], frozenset[int]]


@dataclass(frozen=True)
class Group:
    """Three students or more, of whom every two are at least ``least`` similar."""

    students: tuple[str, ...]
    least: float


@dataclass(frozen=True)
class Comparison:
    """What the comparison of all submissions to an exercise gave.

    ``nearest`` is, for each submission that has code to compare, how similar the most similar other one is. ``pairs`` are the most
    similar, of each group only one. ``nothing`` are the students who wrote no code beyond what was given.
    """

    pairs: list[Pair]
    groups: list[Group]
    nearest: list[float]
    nothing: list[str]


class Reader:
    """Reads code of notebooks. It works on what nobody has looked at, so it belongs into a process with limits."""

    def read(self, text: str) -> tuple[str, dict[str, list[tuple[int, int]]], bool]:
        """Of a graded notebook's text: the student's own code, its runs, and whether that is all of it."""
        code = own_code(json.loads(text))
        return code[:LONGEST_CODE], runs(code[:LONGEST_CODE]), len(code) <= LONGEST_CODE


def own_code(notebook: Mapping[str, Any]) -> str:
    """The code in a graded notebook that is the student's: solutions, and cells of their own."""
    kept = []
    for cell in notebook["cells"]:
        source = cell["source"]
        source = source if isinstance(source, str) else "".join(source)
        own = str(cell.get("id", "")).startswith(OWN_CELL)
        graded = NotebookNode(metadata=NotebookNode(cell["metadata"]))
        if cell["cell_type"] == "code" and (own or kind_of(graded) == "solution"):
            kept.append(source.strip("\n"))
    return f"\n{_CELL}\n".join(filter(None, kept))


def given_away(student: NotebookNode, chapter: str = "") -> list[str]:
    """All code that students were given: that of the official notebook, and of the chapter's page."""
    given = []
    for cell in student.cells:
        given += [cell.source] if cell.cell_type == "code" else _FENCED.findall(cell.source)
    return given + _FENCED.findall(chapter)


def runs(source: str) -> dict[str, list[tuple[int, int]]]:
    """All runs of tokens in code, with the first and the last line of each place where they stand."""
    tokens = list(_tokens(source))
    found: dict[str, list[tuple[int, int]]] = {}
    for place in range(len(tokens) - RUN + 1):
        some = tokens[place : place + RUN]
        key = " ".join(value for value, _ in some)
        found.setdefault(key, []).append((some[0][1], some[-1][1]))
    return found


def _tokens(source: str) -> Iterator[tuple[str, int]]:
    """The tokens that are compared, each with its line.

    Of names, those after a dot, of arguments and of imports stay: a library's, which students do not choose.
    """
    line, depth, before = 0, 0, ""
    pending: int | None = None  # the line of a name, until what follows tells whether it stays
    name = ""
    for kind, value in PythonLexer(ensurenl=False, stripnl=False).get_tokens(source):
        here, line = line, line + value.count("\n")
        if kind in Comment or kind in String.Doc or kind in Text or not value.strip():
            continue
        if pending is not None:
            yield (name if value == "=" and depth else "name"), pending
            pending = None
        if kind in String:
            if before != "text":
                yield "text", here
            before = "text"
            continue
        depth = max(0, depth + (value in "([{") - (value in ")]}"))
        if value == ",":
            continue
        if kind in Number:
            value = "number"
        elif kind in Name and not (
            kind in Name.Builtin
            or kind in Name.Namespace
            or before == "."
            or keyword.iskeyword(value)
        ):
            pending, name, before = here, value, value
            continue
        yield value, here
        before = value
    if pending is not None:
        yield "name", pending


# --------------------------------------------------------------------------------------- comparing


def compare(codes: Sequence[Code], given: Iterable[str], most: int, least: float) -> Comparison:
    """Compare every two submissions to an exercise.

    ``given`` are the runs that were given away. Gives the ``most`` most similar pairs, and groups in which every two are at least
    ``least`` similar.
    """
    given = frozenset(given)
    own = [one.runs.keys() - given for one in codes]
    some = [one for one, mine in zip(codes, own, strict=True) if mine]
    nothing = [one.student for one, mine in zip(codes, own, strict=True) if not mine]
    if len(some) < 2:
        return Comparison([], [], [0.0] * len(some), nothing)
    similar, shared = _similarities([mine for mine in own if mine])
    groups = _groups(similar, least)
    named = [
        Group(tuple(some[i].student for i in one), float(similar[np.ix_(one, one)].min()))
        for one in groups
    ]
    pairs = [
        _pair(some[i], some[j], float(similar[i, j]), int(shared[i, j]), given)
        for i, j in _most_similar(similar, groups, most)
    ]
    np.fill_diagonal(similar, 0)
    return Comparison(pairs, named, similar.max(axis=1).tolist(), nothing)


def _similarities(own: Sequence[Iterable[str]]) -> tuple[np.ndarray, np.ndarray]:
    """How similar every two are, and how many runs they share.

    It is the share of the runs of both that both have, where a run weighs 1 if only two submissions have it, and less the more
    have it, down to nothing where all of a large class do.
    """
    places = {run: place for place, run in enumerate(sorted(set().union(*own)))}
    columns = [places[run] for mine in own for run in mine]
    ends = np.concatenate([[0], np.cumsum([len(mine) for mine in own])])
    has = csr_array((np.ones(len(columns)), columns, ends), shape=(len(own), len(places)))
    weight = np.minimum(1, np.log((len(own) + 1) / has.sum(axis=0)) / np.log((len(own) + 1) / 2))
    both = ((has * weight) @ has.T).toarray()
    sizes = both.diagonal()
    similar = both / np.maximum(np.add.outer(sizes, sizes) - both, FEW)
    np.fill_diagonal(similar, 1)
    return similar, (has @ has.T).toarray()


def _groups(similar: np.ndarray, least: float) -> list[list[int]]:
    """Groups of three and more, the largest first, in which every two are at least so similar."""
    # Complete linkage: a chain of pairs, whose ends have nothing in common, makes no group.
    tree = linkage(squareform(1 - similar, checks=False), method="complete")
    labels = fcluster(tree, 1 - least, criterion="distance")
    found = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    return sorted((one for one in found if len(one) > 2), key=len, reverse=True)


def _most_similar(
    similar: np.ndarray, groups: Iterable[Sequence[int]], most: int
) -> list[tuple[int, int]]:
    """The most similar pairs, of each group only the first."""
    group_of = {i: number for number, one in enumerate(groups) for i in one}
    first, second = np.triu_indices(len(similar), k=1)
    values = similar[first, second]
    pairs: list[tuple[int, int]] = []
    seen = set()
    for place in np.argsort(-values, kind="stable"):
        i, j = int(first[place]), int(second[place])
        if len(pairs) == most or values[place] <= 0:
            break
        if i in group_of and group_of[i] == group_of.get(j):
            if group_of[i] in seen:
                continue
            seen.add(group_of[i])
        pairs.append((i, j))
    return pairs


def _pair(first: Code, second: Code, similarity: float, shared: int, given: frozenset[str]) -> Pair:
    both = (first.runs.keys() & second.runs.keys()) - given
    lines = tuple(
        frozenset(
            line for run in both for begin, end in one.runs[run] for line in range(begin, end + 1)
        )
        for one in (first, second)
    )
    return Pair(first, second, similarity, shared, lines)

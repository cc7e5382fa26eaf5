"""The notebook to grade: the official cells, with what the student wrote in the places meant for it."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from coursekit.grading.intake.answers import let_answers_wait
from coursekit.grading.intake.magics import without_front_end
from coursekit.grading.intake.names import shown
from coursekit.grading.intake.notebooks import grade_id
from coursekit.grading.intake.parts import distinct, joined_code, joined_text, plain
from coursekit.grading.intake.pictures import Pictures
from coursekit.grading.results import OWN_CELL
from coursekit.pages.bundle import SETUP
from coursekit.pages.exercises import kind_of, without_regions
from coursekit.pages.notebook import is_setup

_WRITES = re.compile(
    rf"\s*%%(?:writefile|file)\s+(?:-a\s+)?[\"']?(?:\./)*({'|'.join(SETUP)})\.py\b"
)
_NOUNS = {
    "given": "the given cell",
    "solution": "the solution cell",
    "check": "the check",
    "answer": "the answer",
}


@dataclass
class _Sorted:
    """A submission's cells, by what becomes of them.

    ``parts`` are those of official cells by nbgrader's name, ``extra`` the student's own by the place of the official cell that
    they follow, ``order`` the places of the official ones as they came.
    """

    parts: dict[str, list[NotebookNode]] = field(default_factory=lambda: defaultdict(list))
    extra: dict[int, list[NotebookNode]] = field(default_factory=lambda: defaultdict(list))
    order: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def official_notebook(
    submission: NotebookNode, solution: NotebookNode, released: NotebookNode | None = None
) -> tuple[NotebookNode, list[str]]:
    """Put a submission's solutions and answers into the official notebook; return it, and notes on what was restored.

    The order, the given cells, checks, parameters and modules, and all metadata are those of ``solution``, the instructor's
    notebook. A cell that the student added stays behind the official one that it followed, without its metadata.
    With ``released``, the notebook that students got, cells to write in get its checksums, by which nbgrader knows that an
    answer is untouched.
    """
    official = deepcopy(solution)
    untouched = {grade_id(one): one for one in (released.cells if released else [])}
    for cell in official.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        theirs = untouched.get(grade_id(cell))
        if (
            kind_of(cell) in ("solution", "answer")
            and theirs
            and "checksum" in theirs.metadata.nbgrader
        ):
            cell.metadata.nbgrader.checksum = theirs.metadata.nbgrader.checksum
    found = _sorted(submission, official)
    notes = found.notes
    for place, cell in enumerate(official.cells):
        if name := grade_id(cell):
            if cell.cell_type == "code" and "results" in cell.metadata.get("tags", []):
                cell.outputs = [
                    one for part in found.parts[name] for one in part.get("outputs", [])
                ]
            text = plain(untouched[name].source) if name in untouched else ""
            theirs = found.parts[name]
            more, said = _restored(cell, theirs, text)
            notes += said
            found.extra[place] = _arranged(found.extra[place], theirs, more)
    if found.order != sorted(found.order):
        notes.append("cells were put into another order; the official one was used")
    notes += _kernel(submission, official)
    notes += _take_pictures(official, found.extra)
    notes += let_answers_wait(official, found.extra, untouched)

    cells = []
    number = 0
    for place in range(-1, len(official.cells)):
        cells += official.cells[place : place + 1] if place >= 0 else []
        for cell in found.extra[place]:
            number += 1
            cells.append(_own(cell, f"{OWN_CELL}{number}"))
    official.cells = cells
    for cell in cells:
        if cell.cell_type == "code" and kind_of(cell) in ("", "solution"):
            cell.source = without_front_end(cell.source)
    return official, list(dict.fromkeys(notes))


def _sorted(submission: NotebookNode, official: NotebookNode) -> _Sorted:
    """Tell official cells, by name or text, from the student's own."""
    places = {name: i for i, cell in enumerate(official.cells) if (name := grade_id(cell))}
    texts: dict[str, int] = {}
    for i, cell in enumerate(official.cells):
        if not grade_id(cell):
            texts.setdefault(plain(cell.source), i)
    parameters = _parameters(submission, official)
    found, after = _Sorted(), -1
    for cell in submission.cells:
        name = grade_id(cell)
        if name in places:
            after = places[name]
            found.parts[name].append(cell)
            if len(found.parts[name]) == 1:
                found.order.append(after)
            elif kind_of(official.cells[after]) == "solution":
                # Where it stands among the student's own cells, should it have to be one.
                found.extra[after].append(cell)
        elif id(cell) in parameters:
            after = parameters[id(cell)]
            if added := _added(cell.source, official.cells[after].source):
                found.extra[after].append(_code(added))
        elif not name and plain(cell.source) in texts:
            after = texts[plain(cell.source)]
        elif match := _WRITES.match(cell.source):
            found.notes.append(f"an added cell that writes {match[1]}.py was left out")
        elif cell.source.strip() or cell.get("attachments"):
            found.extra[after].append(cell)
            if name:
                found.notes.append(
                    f"a cell with the unknown id {shown(name)!r} counts as the student's own"
                )
    return found


def _restored(
    cell: NotebookNode, theirs: list[NotebookNode], untouched: str
) -> tuple[list[NotebookNode], list[str]]:
    """Put the student's source into an official cell that is meant for it.

    Gives what of it must stand in cells of its own behind that, and tells what differs.
    """
    name, kind = cell.metadata.nbgrader.grade_id, kind_of(cell)
    what = f"{name}.py" if is_setup(cell) else f"{_NOUNS.get(kind, 'the cell')} {name}"
    writable = kind in ("solution", "answer")
    if not theirs:
        if writable:
            cell.source = ""
            return [], [f"{what} was deleted; it counts as empty"]
        return [], [f"{what} was deleted; it was put back"]
    more, notes = [], []
    if writable:
        more, notes = _written(cell, theirs, what, untouched)
    elif not is_setup(cell) and kind == "given":
        more, notes = _given(cell, theirs, what)
    elif any(plain(one.source) not in _released(cell) for one in theirs) and not _is_split(
        cell, theirs
    ):
        notes.append(f"{what} was changed; the official one was used")
    elif any(one.cell_type != cell.cell_type for one in theirs):
        notes.append(f"{what} was no code cell any more; the official one was used")
    if len(theirs) > 1 and not writable:
        notes.append(f"{what} is there {len(theirs)} times; the official one was used once")
    official = cell.metadata.nbgrader
    for one in theirs:
        points = one.metadata.nbgrader.get("points", 0)
        if points != official.get("points", 0):
            notes.append(
                f"the points of {name} were changed to {shown(repr(points))}; "
                f"it has {official.get('points', 0):g}"
            )
        if kind_of(one) != kind:
            notes.append(f"the kind of cell that {name} is was changed; it is a {kind} cell")
    return more, list(dict.fromkeys(notes))


def _arranged(
    extra: list[NotebookNode], parts: list[NotebookNode], kept: list[NotebookNode]
) -> list[NotebookNode]:
    """The student's own cells behind an official one, with those parts of it that are ``kept`` among them."""
    gone = set(map(id, parts)) - set(map(id, kept))
    stay = [one for one in extra if id(one) not in gone]
    there = set(map(id, stay))
    return [one for one in kept if id(one) not in there] + stay


def _written(
    cell: NotebookNode, theirs: list[NotebookNode], what: str, untouched: str
) -> tuple[list[NotebookNode], list[str]]:
    """Put what the student wrote, in however many parts, into a cell meant for it."""
    notes, more = [], []
    parts = distinct(theirs, untouched)
    if len(theirs) > 1:
        count = "all of them count" if len(parts) > 1 else "what was written counts once"
        notes.append(f"{what} is there {len(theirs)} times, split or copied; {count}")
    same = [one for one in parts if one.cell_type == cell.cell_type]
    if not same or (cell.cell_type == "markdown" and len(same) < len(parts)):
        kinds = sorted({one.cell_type for one in parts} - {cell.cell_type})
        notes.append(f"{what} was turned into a {' and '.join(kinds)} cell and back")
        same = parts
    if cell.cell_type == "markdown":
        cell.source = joined_text(same)
        attachments = {}
        for one in same:
            attachments |= one.get("attachments", {})
        if attachments:
            cell.attachments = NotebookNode(attachments)
    else:
        first, *rest = joined_code(same)
        cell.source = first.source
        # A text among the code stays a text.
        more = [*rest, *(one for one in parts if id(one) not in set(map(id, same)))]
    for source in (cell.source, *(one.source for one in more)):
        if match := _WRITES.match(source):
            notes.append(f"{what} writes {match[1]}.py")
    return more, notes


def _given(
    cell: NotebookNode, theirs: list[NotebookNode], what: str
) -> tuple[list[NotebookNode], list[str]]:
    """Keep a given cell as it is; what a student added to it counts as a cell of the student's own behind it."""
    if any(plain(one.source) in _released(cell) for one in theirs) or _is_split(cell, theirs):
        turned = any(one.cell_type != cell.cell_type for one in theirs)
        said = f"{what} was no code cell any more; the official one was used"
        return [], [said] if turned else []
    texts = (_added(one.source, cell.source, binding=True) for one in theirs)
    note = f"{what} was changed; the official one was used"
    if added := "\n".join(filter(None, texts)):
        return [_code(added)], [f"{note}, with what was added to it in a cell behind it"]
    return [], [note]


def _added(source: str, official: str, binding: bool = False) -> str:
    """What stands in a student's version of an official cell beside that, and sets none of its names.

    With ``binding``, only what defines or imports something.
    """
    source = without_front_end(source)
    try:
        theirs, ours = ast.parse(source), ast.parse(official)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    known = {name for statement in ours.body for name in _bound(statement)}
    given = {ast.dump(statement) for statement in ours.body}
    kept = []
    for one in theirs.body:
        names = set(_bound(one))
        if isinstance(one, ast.Pass) or names & known or (binding and not names):
            continue
        if ast.dump(one) not in given:
            kept.append(ast.get_source_segment(source, one) or ast.unparse(one))
    return "\n".join(kept)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The global names that a statement sets."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((one.asname or one.name).split(".")[0] for one in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _released(cell: NotebookNode) -> set[str]:
    """How a locked cell may look in a submission: as students got it, without hidden tests."""
    return {plain(cell.source), plain(without_regions(cell.source))}


def _is_split(cell: NotebookNode, theirs: list[NotebookNode]) -> bool:
    """Whether the parts of a locked cell give what it was."""
    lines = [line for one in theirs for line in plain(one.source).splitlines() if line]
    wanted = [[line for line in form.splitlines() if line] for form in _released(cell)]
    return len(theirs) > 1 and lines in wanted


def _parameters(submission: NotebookNode, official: NotebookNode) -> dict[int, int]:
    """Which of the student's cells is the one of parameters, and its place.

    Students may change the values; grading sets its own. The cell is told by its id, or by its tag where that was lost.
    """
    found = {}
    for i, cell in enumerate(official.cells):
        if "parameters" not in cell.metadata.get("tags", []):
            continue
        free = [one for one in submission.cells if one.cell_type == "code" and not grade_id(one)]
        same = [one for one in free if one.get("id") == cell.get("id")]
        same += [one for one in free if "parameters" in one.metadata.get("tags", [])]
        if same:
            found[id(same[0])] = i
    return found


def _kernel(submission: NotebookNode, official: NotebookNode) -> list[str]:
    given = submission.metadata.get("kernelspec", {})
    given = given.get("name", "") if isinstance(given, dict) else given
    right = official.metadata.get("kernelspec", {}).get("name", "")
    if given and given != right:
        return [f"it asks for the kernel {shown(str(given))!r}; {right!r} was used"]
    return []


def _take_pictures(official: NotebookNode, extra: dict[int, list[NotebookNode]]) -> list[str]:
    """Write the pictures in the student's texts anew; tell of those that were taken out."""
    pictures, notes = Pictures(), []
    answers = [cell for cell in official.cells if kind_of(cell) == "answer"]
    for cell in (*answers, *(one for some in extra.values() for one in some)):
        if cell.cell_type != "markdown":
            continue
        cell.source, kept, lost = pictures.take(cell.source, cell.pop("attachments", {}))
        if kept:
            cell.attachments = nbformat.from_dict(kept)
        if lost:
            where = f"the answer {grade_id(cell)}" if kind_of(cell) else "a text of the student's"
            notes.append(
                f"{lost} picture{'s' * (lost > 1)} in {where} {'were' if lost > 1 else 'was'} taken out: no PNG or JPEG, or too "
                "large; the file as it was handed in has them"
            )
    return notes


def _code(source: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source)


def _own(cell: NotebookNode, name: str) -> NotebookNode:
    """A student's own cell, called ``name``; its metadata could say anything, so it gets none."""
    make = dict(
        code=nbformat.v4.new_code_cell,
        markdown=nbformat.v4.new_markdown_cell,
        raw=nbformat.v4.new_raw_cell,
    )
    made = make[cell.cell_type](cell.source, id=name)
    if cell.get("attachments"):
        made.attachments = cell.attachments
    return made

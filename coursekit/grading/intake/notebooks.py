"""Notebooks that were handed in: of any version, from any tool, and not trusted."""

import json
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursekit.grading.intake import bounds
from coursekit.grading.intake.bounds import UnreadableError
from coursekit.grading.intake.names import shown
from coursekit.units import MIB, counted


def parse_notebook(data: bytes) -> NotebookNode:
    """Read a notebook of any version from its bytes: its cells, of outputs their plain texts and pictures, and its kernel.

    Raises UnreadableError for all else.
    """
    if not data.strip():
        raise UnreadableError("the file is empty")
    try:
        raw = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError(f"it is not UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise UnreadableError("its JSON is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(f"it is no JSON, or cut off: {shown(str(error))}") from error
    try:
        return _clean(raw)
    except (UnreadableError, MemoryError):
        raise
    # nbformat trips in many ways over what is no notebook of an old version.
    except Exception as error:
        raise UnreadableError(
            f"it is no notebook that nbformat can read ({type(error).__name__})"
        ) from error


def _clean(raw: Any) -> NotebookNode:
    version = raw.get("nbformat") if isinstance(raw, dict) else None
    if not isinstance(version, int) or not {"cells", "worksheets"} & set(raw):
        raise UnreadableError("it is JSON, but no notebook")
    if not 1 <= version <= 4:
        raise UnreadableError(f"it is a notebook of the unknown format {version}")
    sheets = raw["worksheets"] if version < 4 else [raw]
    if (count := sum(len(sheet["cells"]) for sheet in sheets)) > bounds.CELLS:
        raise UnreadableError(f"it has {counted(count, 'cell')}, more than {bounds.CELLS:,}")
    if version < 4:
        raw = _of_today(raw)
    given, metadata = raw["cells"], raw.get("metadata", {})
    if not isinstance(given, list) or not isinstance(metadata, dict):
        raise UnreadableError("it is JSON, but no notebook")
    made = nbformat.v4.new_notebook()
    ids: set[str] = set()
    room, size = bounds.OUTPUT_BYTES, 0
    for number, cell in enumerate(given, start=1):
        made.cells.append(_clean_cell(cell, number, ids))
        size += len(made.cells[-1].source) + _size(made.cells[-1].get("attachments", {}))
        if size > bounds.NOTEBOOK_BYTES:
            limit = bounds.NOTEBOOK_BYTES // MIB
            raise UnreadableError(f"without its stored outputs it is larger than {limit} MiB")
        # The graded cells' own: what the student's full runs showed, which are not run again.
        if made.cells[-1].cell_type == "code" and grade_id(made.cells[-1]):
            made.cells[-1].outputs = _outputs(cell.get("outputs"), room)
            room -= sum(map(_size, made.cells[-1].outputs))
    kernel = metadata.get("kernelspec")
    if isinstance(kernel, dict) and isinstance(name := kernel.get("name"), str):
        name = _writable(name)
        made.metadata.kernelspec = {"name": name, "display_name": name}
    return made


def _of_today(raw: dict) -> dict:
    """A notebook of an old format in that of today."""
    for sheet in raw["worksheets"]:
        for cell in sheet["cells"]:
            if not isinstance(cell, dict):
                continue
            if cell.get("cell_type") == "code":
                cell["outputs"] = []
            elif isinstance(level := cell.get("level"), int):
                # nbformat writes so many #.
                cell["level"] = min(max(level, 1), 6)
    return nbformat.convert(nbformat.reader.reads(json.dumps(raw)), 4)


def _writable(text: str) -> str:
    """A text without lone halves of characters, as "\\ud800" in JSON, which could be written to no file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _size(thing: Any) -> int:
    return len(json.dumps(thing))


def _outputs(given: Any, room: int) -> list[NotebookNode]:
    """Of stored outputs the plain texts and PNG pictures, the first of them as far as there is ``room``, in bytes."""
    kept: list[NotebookNode] = []
    for output in given if isinstance(given, list) else ():
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        if output.get("output_type") == "stream":
            text = _text(output.get("text"))
            new = nbformat.v4.new_output("stream", name="stdout", text=text)
        elif isinstance(data, dict) and data.keys() & {"text/plain", "image/png"}:
            kinds = [kind for kind in ("text/plain", "image/png") if kind in data]
            new = nbformat.v4.new_output(
                "display_data", {kind: _text(data[kind]) for kind in kinds}
            )
        else:
            continue
        room -= _size(new)
        if room < 0:
            break
        kept.append(new)
    return kept


def _text(given: Any) -> str:
    """A text as a notebook's file has it, which may be a list of its lines; empty for anything else."""
    if isinstance(given, list) and all(isinstance(line, str) for line in given):
        given = "".join(given)
    return _writable(given) if isinstance(given, str) else ""


def _clean_cell(cell: Any, number: int, ids: set[str]) -> NotebookNode:
    """A valid cell of what matters of one: its type, source and id, nbgrader's metadata, and tags."""
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if kind not in ("code", "markdown", "raw"):
        raise UnreadableError(f"its cell {number} is of no known type")
    source, metadata = cell.get("source", ""), cell.get("metadata")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise UnreadableError(f"the text of its cell {number} is no text")
    kept = NotebookNode()
    if isinstance(metadata, dict):
        graded, tags = metadata.get("nbgrader"), metadata.get("tags")
        if isinstance(graded, dict) and isinstance(graded.get("grade_id"), str):
            kept.nbgrader = nbformat.from_dict(graded)
        if isinstance(tags, list):
            kept.tags = sorted(
                {tag for tag in tags if isinstance(tag, str) and re.fullmatch("[^,]+", tag)}
            )
    name = cell.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,64}", name, re.ASCII) or name in ids:
        name = f"cell-{number}"
    ids.add(name)
    made = NotebookNode(id=name, cell_type=kind, metadata=kept, source=_writable(source))
    if kind == "code":
        made.update(outputs=[], execution_count=None)
    elif attached := _attached(cell.get("attachments")):
        made.attachments = attached
    return made


def _attached(given: Any) -> NotebookNode:
    """What is attached to a cell, as far as it has the form that it must have."""
    kept = NotebookNode()
    for name, kinds in given.items() if isinstance(given, dict) else ():
        texts = {}
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if isinstance(data, list) and all(isinstance(line, str) for line in data):
                data = "".join(data)
            if isinstance(data, str):
                texts[_writable(kind)] = _writable(data)
        if texts:
            kept[_writable(name)] = NotebookNode(texts)
    return kept


def grade_id(cell: NotebookNode) -> str:
    """The name that a cell has for nbgrader, or nothing."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")

"""A page and its notebook: what it holds before it is run, and what its outputs depend on."""

import ast
import functools
import hashlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from coursekit.pages.book import Book
from coursekit.pages.bundle import SETUP, carried
from coursekit.pages.exercises import add_nbgrader_metadata, is_exercise
from coursekit.pages.markdown import to_markdown
from coursekit.pages.myst import MystError
from coursekit.pages.prose import without_bindings
from coursekit.pages.registry import carried_claims, load_registry
from coursekit.problem import PageError
from coursekit.units import counted

VERSIONED = ("tensorflow", "keras", "numpy", "scikit-learn", "matplotlib")
# Under which terms a notebook may be used, by SPDX's names; the words are in the file LICENSE.
LICENSES = {"code": "MIT", "content": "CC-BY-4.0"}
SETUP_NOTE = (
    "*The folded cell{s} below write{v} {files}, which the other cells import. Run {it} first.*"
)


@dataclass(frozen=True)
class Page:
    """A page of the book that runs code: its source and the notebook built from it."""

    source: Path
    root: Path

    @property
    def notebook(self) -> Path:
        """The notebook beside the source."""
        return self.source.with_suffix(".ipynb")

    @property
    def name(self) -> str:
        """The page's path in the book, without suffix."""
        return self.source.relative_to(self.root).with_suffix("").as_posix()


def pages(root: Path, chosen: list[str] | None = None) -> list[Page]:
    """List the chapters and solutions that run code, all or those chosen by name or path.

    Raises PageError for a choice that is no such page, or several.
    """
    sources = [*sorted(root.glob("chapters/*.md")), *sorted(root.glob("solutions/*/*.md"))]
    found = [Page(path, root) for path in sources if _has_code(path)]
    if not chosen:
        return found
    by_name = {page.name: page for page in found}
    return [by_name[name] for name in choose(by_name, chosen, root)]


def choose(names: Iterable[str], chosen: Iterable[str], root: Path) -> list[str]:
    """Choose pages by the end of their name, with or without its ending, or by their path.

    Raises PageError for a choice that is no page, or several.
    """
    names, result, wrong = list(names), [], []
    for choice in chosen:
        path = Path(choice).with_suffix("")
        if path.is_absolute() and path.is_relative_to(root):
            path = path.relative_to(root)
        matches = [name for name in names if f"/{name}".endswith(f"/{path.as_posix()}")]
        if len(matches) == 1:
            result += matches
        else:
            wrong.append(
                f"{counted(len(matches), 'page')} {choice}" if matches else f"no page {choice}"
            )
    if wrong:
        raise PageError(f"{', '.join(wrong)}; there are: {', '.join(names) or 'none'}")
    return list(dict.fromkeys(result))


def _has_code(path: Path) -> bool:
    return bool(
        re.match(
            r"---\n(?:.*\n)*?\s+format_name: myst\n(?:.*\n)*?---\n",
            path.read_text(encoding="utf-8"),
        )
    )


def read_source(page: Page) -> NotebookNode:
    """Read a page's source as a notebook, its MyST markup untouched.

    Raises PageError where it cannot be read.
    """
    try:
        return jupytext.read(page.source, fmt="md:myst")
    except Exception as error:  # jupytext passes on whatever its parsers raise
        raise PageError(f"{page.source}: {error}") from error


def page_notebook(page: Page, book: Book) -> NotebookNode:
    """Make the notebook of a page, without outputs: plain, standalone, with stable cell ids.

    Raises PageError for markup that has no plain form and for a page that cannot be read.
    """
    source = read_source(page)
    text = page.source.read_text(encoding="utf-8")
    notebook = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "course": deepcopy(source.metadata.get("course", {})),
            "license": dict(LICENSES),
        }
    )
    position = 0
    for cell in source.cells:
        position = max(text.find(cell.source, position), 0)
        if cell.cell_type == "markdown":
            try:
                markdown = to_markdown(cell.source, page.name, book)
            except MystError as error:
                line = text.count("\n", 0, position) + error.line
                raise PageError(f"{page.source}, line {line}: {error}") from error
            if markdown:
                notebook.cells.append(
                    nbformat.v4.new_markdown_cell(markdown, metadata=cell.metadata)
                )
        elif cell.cell_type == "code":
            notebook.cells.append(
                nbformat.v4.new_code_cell(cell.source, metadata=_unbound(cell.metadata))
            )
        position += len(cell.source)
    _insert_setup(notebook, page)
    if is_exercise(page.source, page.root):
        add_nbgrader_metadata(notebook, page.source)
    notebook.cells.append(nbformat.v4.new_markdown_cell(_origin(page, book)))
    set_ids(notebook)
    return notebook


def _origin(page: Page, book: Book) -> str:
    """Say where a notebook comes from, for whoever has only the file, and wants to correct it."""
    course = f"[{book.title}]({book.repository})" if book.repository else f"*{book.title}*"
    if is_exercise(page.source, page.root):
        # Its page is the solution, to which no student's notebook should lead.
        return (
            f"This is the exercise `{page.name.removeprefix('solutions/')}` of the course {course}."
        )
    file = page.source.relative_to(page.root).as_posix()
    # HEAD stands for the branch that GitHub shows first, whatever its name.
    link = f"[`{file}`]({book.repository}/blob/HEAD/{file})" if book.repository else f"`{file}`"
    return (
        f"This notebook is made from the page {link} of the course {course}. A correction belongs "
        "in that page."
    )


def _unbound(metadata: Any) -> Any:
    """Take the comments that bind numbers out of a cell's options: captions, alternative texts."""
    if isinstance(metadata, dict):
        return {key: _unbound(value) for key, value in metadata.items()}
    return without_bindings(metadata) if isinstance(metadata, str) else metadata


def _insert_setup(notebook: NotebookNode, page: Page) -> None:
    """Make the notebook standalone: its first code cells write what it uses of the course."""
    files = {
        f"{module}.py": (SETUP[module], f"# @title {module}.py, {SETUP[module]}\n")
        for module in SETUP
        if _mentions(notebook, rf"^\s*(?:from|import) {module}\b")
    }
    contents = {name: carried(Path(name).stem, page.root) for name in files}
    if _mentions(notebook, r"\bconclude\("):
        files["claims.json"] = ("what the course says of its claims before they are run", "")
        entries = load_registry(page.root)
        contents["claims.json"] = carried_claims(page.source.stem, entries)
    if not files:
        return
    cells = [
        nbformat.v4.new_code_cell(
            f"%%writefile {name}\n{title}{contents[name]}",
            metadata={
                "cellView": "form",
                "course": {"setup": True},
                "deletable": False,
                "editable": False,
                "jupyter": {"source_hidden": True},
                "tags": ["hide-input", "nbval-ignore-output"],
            },
        )
        for name, (_, title) in files.items()
    ]
    first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    named = " and ".join(f"`{name}`, {words}" for name, (words, _) in files.items())
    words = dict(s="", v="s", it="it") if len(files) == 1 else dict(s="s", v="", it="them")
    note = SETUP_NOTE.format(files=named, **words)
    notebook.cells[first:first] = [nbformat.v4.new_markdown_cell(note), *cells]


def _mentions(notebook: NotebookNode, pattern: str) -> bool:
    return any(re.search(pattern, cell.source, re.MULTILINE) for cell in code_cells(notebook))


def is_setup(cell: NotebookNode) -> bool:
    """Tell whether a cell is one that the build inserted."""
    return bool(cell.metadata.get("course", {}).get("setup"))


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """List a notebook's code cells in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parameters(notebook: NotebookNode) -> dict[str, Any]:
    """Give what the cells tagged ``parameters`` set: name -> value, None where that is computed."""
    found: dict[str, Any] = {}
    for cell in code_cells(notebook):
        if "parameters" not in cell.metadata.get("tags", []):
            continue
        with suppress(SyntaxError):  # reported by the check
            for statement in ast.parse(cell.source).body:
                for target in statement.targets if isinstance(statement, ast.Assign) else ():
                    if isinstance(target, ast.Name):
                        found[target.id] = _plain(statement.value)
    return found


def _plain(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None


def without_plot_values(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Leave out what a cell returned beside its picture, such as a legend or a list of labels.

    It tells a reader nothing, and its address would differ in every run.
    """
    if not any("image/png" in output.get("data", {}) for output in outputs):
        return outputs
    return [
        output
        for output in outputs
        if output.output_type != "execute_result" or set(output.data) != {"text/plain"}
    ]


def set_ids(notebook: NotebookNode) -> None:
    """Derive each cell's id from its content, so that unchanged cells keep theirs."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        # The file it writes.
        content = cell.source.split()[1] if is_setup(cell) else cell.source
        digest = hashlib.sha256(f"{cell.cell_type}\n{content}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def code_hash(notebook: NotebookNode) -> str:
    """Hash the code that a notebook runs, lab.py's included, but for comments and docstrings."""
    code = [essence(cell.source) for cell in code_cells(notebook)]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=1000)  # the engine, long to parse, is part of every notebook
def essence(code: str) -> str:
    """Leave of a cell's source what it does: no comments, and of a setup cell no docstrings."""
    head, _, body = code.partition("\n")
    prefix, python = (head, body) if head.startswith("%%writefile") else ("", code)
    try:
        tree = ast.parse(python)
    except SyntaxError:  # magics
        return code
    if prefix:
        _drop_docstrings(tree)
    return prefix + ast.dump(tree)


def _drop_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]


def installed_versions() -> dict[str, str]:
    """Give the versions of the packages that outputs depend on.

    Raises ``importlib.metadata.PackageNotFoundError`` where one is not installed.
    """
    return {name: _version(name) for name in VERSIONED}


def processor() -> str:
    """Name the kind of processor, on which the last bits of what is computed depend."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
        facts = {
            name.strip(): value.strip() for name, _, value in (s.partition(":") for s in lines)
        }
        return " ".join(facts[name] for name in ("vendor_id", "cpu family", "model"))
    except (OSError, KeyError):  # no Linux, or one whose processors are described otherwise
        return f"{platform.system()} {platform.machine()} {platform.processor()}"


def is_sampled(notebook: NotebookNode | None) -> bool:
    """Whether a notebook's experiments run by hours, so that tests only train a sample anew."""
    cells = code_cells(notebook) if notebook else []
    return any("until_narrow(" in cell.source for cell in cells if not is_setup(cell))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        if name != "tensorflow":
            raise
        return importlib.metadata.version("tensorflow-cpu")


def read_notebook(path: Path) -> NotebookNode | None:
    """Read a built notebook; None where there is none.

    Raises PageError for a file that is no notebook.
    """
    if not path.exists():
        return None
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises its own and json's errors
        raise PageError(f"{path}: not a notebook ({error}); run `course build --force`") from error


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in one step, so that an interruption leaves the old one whole."""
    text = nbformat.writes(notebook, version=4)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    temporary.replace(path)

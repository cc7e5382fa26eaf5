"""Find everything that is wrong with the built notebooks, and say what to do about it."""

import ast
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from coursekit.pages.book import Book, load_book
from coursekit.pages.exercises import (
    announced_points,
    is_exercise,
    leaks,
    secrets,
    student_notebook,
    student_path,
)
from coursekit.pages.markdown import raw_myst
from coursekit.pages.myst import MystError
from coursekit.pages.notebook import (
    Page,
    code_cells,
    code_hash,
    installed_versions,
    is_setup,
    page_notebook,
    pages,
    read_notebook,
)
from coursekit.pages.terms import load_terms, unlinked
from coursekit.problem import PageError, Problem
from coursekit.results.bindings import binding_problem, bindings
from coursekit.results.ledger import Ledger, evidence_label, load_ledger
from coursekit.results.records import Record, notebook_records, visible_from

REBUILD = "run `course build`"
COLAB_MODULES = frozenset(
    "IPython checks joblib keras lab matplotlib numpy pandas scipy sklearn sliders tensorflow".split()
)
READERS = frozenset(
    "open load loadtxt genfromtxt fromfile read_csv read_excel read_json read_parquet read_pickle read_table "
    "imread read_text read_bytes load_model load_weights load_img".split()
)
MAGICS = frozenset("matplotlib config time timeit".split())

_MACHINE_PATH = re.compile(
    r"(?<![\w.~/])/(?:home|root|Users|tmp|var|private|opt|usr)/[\w.-]+|\b[A-Z]:\\\\?(?:Users|Windows)\b"
)
_PROGRESS = re.compile(
    r"\r(?!\n)|\x08|\d+/\d+ +[━=\[]|\d+%\||\d+(?:ms|s|us)/step|^Epoch \d+/\d+|\d(?:it/s|s/it)\b",
    re.MULTILINE,
)
_WARNING = re.compile(
    r"\b\w*Warning: |^(?:WARNING|W0000|E0000|I0000)[: ]|\bDeprecationWarning\b|\bFutureWarning\b",
    re.MULTILINE,
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


def check(root: Path) -> list[Problem]:
    """List all problems of the course in the folder ``root``."""
    try:
        book, versions = load_book(root), installed_versions()
    except PageError as error:
        return [Problem(root, "", str(error))]
    found, problems = pages(root), []
    records: dict[str, dict[str, Record]] = {}
    for page in found:
        try:
            notebook = read_notebook(page.notebook)
            if notebook is not None:
                records[page.name] = notebook_records(notebook)
            expected = page_notebook(page, book)
        except PageError as error:
            problems.append(Problem(page.source, "", str(error).removeprefix(f"{page.source}, ")))
            continue
        problems += source_problems(page, expected)
        if notebook is None:
            problems.append(Problem(page.source, "", f"has no notebook; {REBUILD}"))
            continue
        problems += freshness_problems(page, notebook, expected, versions)
        problems += notebook_problems(page.notebook, notebook)
        if is_exercise(page.source, root):
            problems += student_problems(page, notebook)
    sources = {page.notebook for page in found}
    built = {*root.glob("chapters/*.ipynb"), *root.glob("solutions/*/*.ipynb")}
    students = {student_path(path, root) for path in sources if is_exercise(path, root)}
    for path in sorted({*built, *root.glob("exercises/*/*.ipynb")} - sources - students):
        problems.append(
            Problem(path, "", "has no page to be built from; write the .md beside it or remove it")
        )
    unbuilt = {page.name for page in found} - set(records)  # what they will record is not known
    problems += binding_problems(root, set(book.titles) - unbuilt, records)
    with suppress(PageError):  # a notebook that cannot be read is among the problems already
        problems += claim_problems(book, load_ledger(root), unbuilt)
    problems += term_problems(root)
    return [Problem(_relative(p.file, root), p.where, p.message) for p in problems]


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def source_problems(page: Page, expected: NotebookNode) -> Iterator[Problem]:
    """Find what the page's source lacks: a parameters cell and shortened values for it."""
    tagged = [
        cell for cell in code_cells(expected) if "parameters" in cell.metadata.get("tags", [])
    ]
    if len(tagged) != 1:
        yield Problem(
            page.source, "", f"has {len(tagged)} cells tagged `parameters`; give it exactly one"
        )
        return
    shortened = expected.metadata.course.get("shortened")
    if not shortened:
        yield Problem(
            page.source,
            "",
            "has no shortened parameters; add `course: {shortened: {…}}` to its front matter",
        )
        return
    assigned = {
        target.id
        for statement in _parsed(tagged[0].source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for name in sorted(set(shortened) - assigned):
        yield Problem(
            page.source,
            "",
            f"shortens {name!r}, which its parameters cell does not set; correct one of them",
        )


def freshness_problems(
    page: Page, stored: NotebookNode, expected: NotebookNode, versions: dict
) -> Iterator[Problem]:
    """Find where a notebook no longer follows from its source (inputs) or from its code and versions (outputs)."""
    file, built = page.notebook, stored.metadata.get("course", {}).get("built", {})
    if built.get("code") != code_hash(expected):
        yield Problem(
            file,
            "",
            f"outputs are stale: the page's code or lab.py changed since they were made; {REBUILD}",
        )
    for name, version in versions.items():
        if built.get("versions", {}).get(name) != version:
            made_with = built.get("versions", {}).get(name, "none")
            yield Problem(
                file,
                "",
                f"outputs are stale: made with {name} {made_with}, installed is {version}; {REBUILD}",
            )
    if len(stored.cells) != len(expected.cells):
        yield Problem(
            file,
            "",
            f"has {len(stored.cells)} cells, its source gives {len(expected.cells)}; {REBUILD}",
        )
    for number, (cell, wanted) in enumerate(
        zip(stored.cells, expected.cells, strict=False), start=1
    ):
        if any(
            cell.get(key) != wanted.get(key) for key in ("cell_type", "source", "metadata", "id")
        ):
            yield Problem(
                file, _place(number, cell), f"differs from what its source gives; {REBUILD}"
            )
            return
    metadata = {
        key: value for key, value in stored.metadata.get("course", {}).items() if key != "built"
    }
    if (
        metadata != expected.metadata.course
        or stored.metadata.get("kernelspec") != expected.metadata.kernelspec
    ):
        yield Problem(file, "", f"its metadata differ from what its source gives; {REBUILD}")


def student_problems(page: Page, solution: NotebookNode) -> Iterator[Problem]:
    """Find a student notebook that is missing or stale, and what it must not hold."""
    for heading, said, points in announced_points(solution):
        if said != points:
            yield Problem(
                page.source, heading, f"announces {said:g} points, its cells give {points:g}"
            )
    path = student_path(page.notebook, page.root)
    if not path.exists():
        yield Problem(path, "", f"is missing; {REBUILD}")
        return
    text = path.read_text(encoding="utf-8")
    try:
        if text != student_notebook(solution, page.root):
            yield Problem(path, "", f"differs from what nbgrader makes of its solution; {REBUILD}")
    except PageError as error:
        yield Problem(page.source, "", str(error))
    for line in leaks(text, secrets(solution)):
        yield Problem(
            path, "", f"gives away {line[:60]!r}, which belongs to the solution; {REBUILD}"
        )
    student = read_notebook(path)
    for number, cell in enumerate(student.cells, start=1):
        if cell.get("outputs"):
            yield Problem(path, _place(number, cell), f"holds a stored output; {REBUILD}")
        if cell.cell_type == "markdown" and any(bindings(cell.source)):
            yield Problem(
                path,
                _place(number, cell),
                "shows a measured number; in the source, move it into an answer",
            )


def notebook_problems(file: Path, notebook: NotebookNode) -> Iterator[Problem]:
    """Find what no built notebook may hold, whatever its source."""
    code = [cell.source for cell in code_cells(notebook)]
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            messages = _markdown_messages(cell)
        else:
            messages = [*_code_messages(cell, code), *_output_messages(cell)]
        for message in messages:
            yield Problem(file, _place(number, cell), message)
    for number, message in _engine_messages(notebook):
        yield Problem(file, _place(number, notebook.cells[number - 1]), message)


def _engine_messages(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Find imports of TensorFlow ahead of lab's, which sets TensorFlow up; with the cell's number."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or is_setup(cell):
            continue
        for name in _imported(cell.source):
            if name == "lab":
                return
            if name in ("tensorflow", "keras"):
                yield (
                    number,
                    f"imports {name} before lab, which sets TensorFlow up; import from lab first",
                )
                return


def _imported(source: str) -> Iterator[str]:
    try:
        statements = _parsed(source).body
    except SyntaxError:  # reported on its own
        return
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name.split(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield (statement.module or "").split(".")[0]


def _place(number: int, cell: NotebookNode) -> str:
    return f"cell {number} ({cell.source.split(chr(10), 1)[0][:40]!r})"


def _markdown_messages(cell: NotebookNode) -> Iterator[str]:
    for raw in raw_myst(cell.source):
        yield f"shows raw book markup {raw!r}; {REBUILD}, or write it in a form the converter knows"
    for picture in re.findall(r"!\[\s*\]\(([^)]{0,40})", cell.source):
        yield f"the picture {picture} has no alternative text; say in the source what it shows"


def _code_messages(cell: NotebookNode, code: list[str]) -> Iterator[str]:
    if cell.source.strip() and cell.execution_count is None:
        yield f"was not executed; {REBUILD}"
    if not is_setup(cell) and (path := _MACHINE_PATH.search(cell.source)):
        yield f"names a path of one machine, {path.group()!r}; take it out"
    source = cell.source.partition("\n")[2] if is_setup(cell) else cell.source
    try:
        tree = _parsed(source)
    except SyntaxError as error:
        yield f"is not Python: {error.msg}, line {error.lineno}; correct it"
        return
    for node in ast.walk(tree):
        yield from _import_messages(node)
        if isinstance(node, ast.Call):
            yield from _call_messages(node, "" if is_setup(cell) else "\n".join(code))


def _parsed(source: str) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(source))


def _import_messages(node: ast.AST) -> Iterator[str]:
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = ["." * node.level + (node.module or "")]
    for name in names:
        top = name.split(".")[0]
        if top not in COLAB_MODULES and top not in sys.stdlib_module_names:
            yield f"is not standalone: imports {name!r}, which Colab may lack; use only {', '.join(sorted(COLAB_MODULES))}"


def _call_messages(call: ast.Call, code: str) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    if name in ("run_line_magic", "run_cell_magic") and first not in MAGICS:
        yield f"is not standalone: the magic %{first} may do something else elsewhere; use plain Python"
    elif name in ("system", "getoutput") and isinstance(call.func, ast.Attribute):
        yield f"is not standalone: it calls the shell ({first!r}); use plain Python"
    elif name in READERS and isinstance(first, str) and code and not _written_too(first, code):
        yield f"is not standalone: {name}({first!r}) reads a file that only this machine has; make the data in the notebook"


def _written_too(path: str, code: str) -> bool:
    """Tell whether a file that a notebook reads is named a second time in it, where it is written."""
    return len(re.findall(rf"['\"]{re.escape(path)}['\"]", code)) > 1


def _output_messages(cell: NotebookNode) -> Iterator[str]:
    has_picture = False
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"ended in an error, {output.ename}: {output.evalue}; correct the page and {REBUILD}"
            continue
        has_picture |= any(kind.startswith("image/") for kind in output.get("data", {}))
        text = output.get("text") or "\n".join(
            value for kind, value in output.get("data", {}).items() if kind.startswith("text/")
        )
        if output.get("name") == "stderr":
            yield f"wrote to stderr, {_excerpt(text)}; remove the cause"
        elif _WARNING.search(text):
            yield f"shows a warning, {_excerpt(text, _WARNING)}; remove its cause"
        if _MACHINE_PATH.search(text):
            yield f"shows a path of one machine, {_excerpt(text, _MACHINE_PATH)}; print something else"
        if _PROGRESS.search(text):
            yield f"shows progress, {_excerpt(text, _PROGRESS)}; use `verbose=0` or lab.fit"
        if _ADDRESS.search(text):
            yield f"shows a memory address, {_excerpt(text, _ADDRESS)}, which changes with every run; print something else"
    if has_picture and not cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip():
        yield "shows a picture without alternative text; add `mystnb: {image: {alt: …}}` to the cell in the source"


def _excerpt(text: str, pattern: re.Pattern[str] | None = None) -> str:
    start = pattern.search(text).start() if pattern else 0
    return repr(text[start : start + 60].strip("\n").split("\n")[0])


def binding_problems(
    root: Path, names: set[str], records: dict[str, dict[str, Record]]
) -> Iterator[Problem]:
    """Find numbers and words in the text of the named pages that their records do not bear out.

    A page's own records come before those of other pages.
    """
    for name in sorted(names):
        source, visible = root / f"{name}.md", visible_from(name, records)
        for binding in bindings(source.read_text(encoding="utf-8")):
            if message := binding_problem(binding, visible):
                yield Problem(source, f"line {binding.line}", message)


def claim_problems(book: Book, ledger: Ledger, unbuilt: set[str]) -> Iterator[Problem]:
    """Find breaches of the ledger's rules.

    A claim is settled once; the page that does has its label and says the verdict in its text, and the second set's where
    that differs; a chapter mentions it; and no page mentions a claim that nobody settles. What the pages named in
    ``unbuilt`` settle is not known.
    """
    bound = {
        page: {binding.path for binding in bindings((book.root / f"{page}.md").read_text("utf-8"))}
        for page in {claim.page for claim in ledger.claims}
    }
    seen: dict[str, str] = {}
    for claim in ledger.claims:
        file, name = book.root / f"{claim.page}.md", claim.name
        if name in seen:
            yield Problem(file, "", f"settles {name}, as does {seen[name]}.md; settle it once")
            continue
        seen[name] = claim.page
        labelled = book.labels.get(claim.evidence)
        if labelled is None or labelled.page != claim.page:
            yield Problem(
                file,
                "",
                f"settles {name} without a label; put `({claim.evidence})=` above its heading",
            )
        for field, verdict, why in (
            ("verdict", claim.verdict, ""),
            ("repeated", claim.repeated, ", where the second set of seeds disagrees"),
        ):
            needed = field == "verdict" or not claim.agrees
            if needed and f"{name}.{field}" not in bound[claim.page]:
                words = f"`{verdict} <!-- = {name}.{field} -->`"
                yield Problem(file, "", f"settles {name} without saying {words}{why}; add that")
        if ledger.first_mention(name) is None:
            yield Problem(
                file,
                "",
                f"settles {name}, which no chapter mentions; put {{claim}}`{name}` at the sentence that claims it",
            )
    for mention in ledger.mentions:
        label = book.labels.get(evidence_label(mention.name))
        if mention.name not in seen and not (label and label.page in unbuilt):
            yield Problem(
                book.root / f"{mention.page}.md",
                f"line {mention.line}",
                f"mentions the claim {mention.name!r}, which no page settles; settled are: {', '.join(seen) or 'none'}",
            )


def term_problems(root: Path) -> Iterator[Problem]:
    """Find terms of the glossary that a chapter uses for the first time without a link; evidence comes after it."""
    try:
        terms = load_terms(root)
    except PageError as error:
        yield Problem(root, "", str(error))
        return
    for path in sorted(root.glob("chapters/*.md")):
        if path.stem.endswith("_evidence"):
            continue
        with suppress(MystError):  # reported where the page is read
            for use in unlinked(path.read_text(encoding="utf-8"), terms):
                words, name = " ".join(use.words.split()), use.term.names[0]
                role = words if words == name else f"{words} <{name}>"
                yield Problem(
                    path,
                    f"line {use.line}",
                    f"{words!r} is a glossary term; link its first use: {{term}}`{role}`",
                )

"""The student edition: zips of the student notebooks and a book without solutions."""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat

from coursekit.editions.pdf import write_pdf
from coursekit.pages.exercises import (
    is_exercise,
    kind_of,
    leaks,
    secrets,
    shown_to_students,
    student_path,
)
from coursekit.pages.notebook import Page, code_cells, pages, read_notebook, read_source
from coursekit.paths import INSTRUCTORS, texts
from coursekit.problem import PageError

NOT_IN_THE_BOOK = (
    "_build node_modules .venv* .git .ci __pycache__ .pytest_cache .ruff_cache solutions tests"
)
PDF = "book.pdf"
PLACE_FOR_PDF = "% Here a release links to the book as a PDF."  # a comment in index.md
LINK_TO_PDF = (
    '<p class="only-on-screen">You can also take the '
    f'<a href="{PDF}">whole book as a PDF</a> with you.</p>'
)
NO_TEXT = (".woff", ".woff2", ".ttf", ".png", ".webp", ".ico")
# Of zip files, so that two releases of the same notebooks are equal.
BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)


def release(root: Path, out: Path, pdf: bool = True) -> list[Path]:
    """Write the student edition of the course in ``root`` to ``out``; return what was written.

    With ``pdf`` the book is there as a PDF as well, linked from its front page.

    Raises PageError where a student notebook is missing, the book does not build, or anything of a
    solution is found in what was made; then nothing is left in ``out``.
    """
    if out.exists() and any(out.iterdir()):
        raise PageError(f"{out} is not empty; name a new folder")
    solutions = [page for page in pages(root) if is_exercise(page.source, root)]
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        made = Path(folder) / "made"
        made.mkdir()
        zip_notebooks(solutions, made)
        source = Path(folder) / "source"
        build_book(root, solutions, source, made / "book", pdf)
        if found := leaks_in(made, root, solutions):
            raise PageError("\n".join(["the student edition would give away:", *found]))
        if pdf:
            write_pdf(made / "book", source, made / "book" / PDF)
        shutil.copytree(made, out, dirs_exist_ok=True)
    return sorted(out.iterdir())


def zip_notebooks(solutions: list[Page], out: Path) -> None:
    """Pack the student notebooks of each chapter into ``<chapter>.zip``."""
    for page in solutions:
        path = student_path(page.notebook, page.root)
        if not path.exists():
            raise PageError(f"{path} is missing; run `course build`")
        with zipfile.ZipFile(out / f"{path.parent.name}.zip", "a", zipfile.ZIP_DEFLATED) as file:
            entry = zipfile.ZipInfo(f"{path.parent.name}/{path.name}", BEGINNING_OF_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, path.read_bytes())


def build_book(root: Path, solutions: list[Page], copy: Path, out: Path, pdf: bool = False) -> None:
    """Build the book from a copy without solutions; with ``pdf``, with a link to its PDF."""
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*NOT_IN_THE_BOOK.split()))
    # Which tells, among other things, what can be forged.
    _without_page(copy, INSTRUCTORS)
    if pdf:
        index = copy / "index.md"
        text = index.read_text(encoding="utf-8").replace(PLACE_FOR_PDF, LINK_TO_PDF)
        index.write_text(text, encoding="utf-8")
    for page in solutions:
        target = copy / page.source.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(student_page(page), encoding="utf-8")
        shutil.copyfile(student_path(page.notebook, root), target.with_suffix(".ipynb"))
    command = [str(Path(sys.executable).with_name("jupyter-book"))]
    done = subprocess.run(
        [*command, "build", ".", "--all", "-W", "--keep-going"],
        cwd=copy,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).splitlines()
        wrong = [line for line in said if re.search("WARNING|ERROR|CRITICAL|Error", line)]
        raise PageError("\n".join(["the book does not build:", *(wrong or said[-20:])]))
    shutil.copytree(copy / "_build/html", out)


def _without_page(copy: Path, name: str) -> None:
    """Take a page out of a copy of the book, with its line in the contents and links to it."""
    (copy / f"{name}.md").unlink(missing_ok=True)
    contents = copy / "_toc.yml"
    lines = contents.read_text(encoding="utf-8").splitlines(keepends=True)
    contents.write_text(
        "".join(line for line in lines if line.strip() != f"- file: {name}"), encoding="utf-8"
    )
    own = name.rpartition("/")[2]
    link = re.compile(rf"\]\((?:\.\./)*(?:{name}|{own})\.md|\{{doc\}}`[^`]*\b{own}>?`")
    for path in texts(copy):
        parts = path.read_text(encoding="utf-8").split("\n\n")
        kept = [part for part in parts if not link.search(part)]
        if kept != parts:
            path.write_text("\n\n".join(kept), encoding="utf-8")


def student_page(page: Page) -> str:
    """The page of an exercise as students see it, with the cells of the student notebook."""
    student = nbformat.read(student_path(page.notebook, page.root), as_version=4)
    theirs = {
        cell.metadata.nbgrader.grade_id: cell.source for cell in student.cells if kind_of(cell)
    }
    notebook = read_source(page)
    for cell in notebook.cells:
        short = cell.metadata.pop("nbgrader", None)
        cell.metadata.pop("mystnb", None)
        if short:
            cell.source = theirs[short["id"]]
            if short["kind"] == "answer":
                cell.source = f"*{cell.source.capitalize()}.*"
    return jupytext.writes(notebook, fmt="md:myst")


def leaks_in(folder: Path, root: Path, solutions: list[Page]) -> list[str]:
    """Search all files in a folder, zips included, for what belongs to solutions."""
    public = []
    for path in [*texts(root), *root.glob("chapters/*.md"), *root.glob("lab/*.py")]:
        public.append(path.read_text(encoding="utf-8"))
    for path in root.glob("chapters/*.ipynb"):
        for cell in code_cells(nbformat.read(path, as_version=4)):
            for output in cell.outputs:
                public += [output.get("text", ""), *map(str, output.get("data", {}).values())]
    notebooks = [notebook for page in solutions if (notebook := read_notebook(page.notebook))]
    # A line hidden in one exercise may be part of a visible check in another.
    for notebook in notebooks:
        public += shown_to_students(notebook)
    hidden = {line for notebook in notebooks for line in secrets(notebook, public)}
    found = []
    for name, text in _texts(folder):
        found += [f"{name}: {line[:80]!r}" for line in leaks(text, hidden)]
    return found


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Give the name and text of every file in a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as file:
                for name in file.namelist():
                    yield f"{path.name}/{name}", file.read(name).decode("utf-8", "ignore")
        elif path.is_file() and path.suffix not in NO_TEXT:
            yield path.relative_to(folder).as_posix(), path.read_text("utf-8", "ignore")

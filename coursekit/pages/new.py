"""New pages and exercises, made from ``templates/``: they run; TODO marks what is left to write."""

import re
from pathlib import Path

from coursekit.paths import ROOT
from coursekit.problem import PageError

TEMPLATES = Path(__file__).parent / "templates"
CONTENTS = "_toc.yml"
_NAME = r"[a-z][a-z0-9_]*"


def new_page(name: str, title: str, root: Path = ROOT) -> list[Path]:
    """Write a page, ``chapters/NAME`` with code or ``pages/NAME`` without, and enter it.

    It stands last among the pages of its folder. Returns the files written and changed. Raises
    PageError, with nothing written, for a name or title that cannot be, and for a page that exists.
    """
    match = re.fullmatch(rf"(chapters|pages)/{_NAME}", name)
    if not match:
        raise PageError(
            f"{name!r} is no name for a page: give chapters/NAME for one with code, pages/NAME for "
            "one without; NAME of small letters, digits and underscores"
        )
    template = "chapter.md" if match[1] == "chapters" else "text.md"
    return _write(root, {f"{name}.md": template}, name, title)


def new_exercise(name: str, title: str, root: Path = ROOT) -> list[Path]:
    """Write an exercise, CHAPTER/NAME: its solution and the proof of its checks, and enter it.

    It stands last among the exercises of its chapter. Returns the files written and changed. Raises
    PageError, with nothing written, for a name or title that cannot be, a chapter that is not
    there, and an exercise that exists.
    """
    match = re.fullmatch(rf"({_NAME})/{_NAME}", name)
    if not match:
        raise PageError(
            f"{name!r} is no name for an exercise: give CHAPTER/NAME, each of small letters, digits"
            " and underscores, such as dropout/max_norm"
        )
    if not (root / f"chapters/{match[1]}.md").exists():
        raise PageError(f"there is no chapter chapters/{match[1]}.md for the exercise {name!r}")
    files = {f"solutions/{name}.md": "exercise.md", f"tests/proofs/{name}.py": "proof.py.txt"}
    return _write(root, files, f"solutions/{name}", title)


def _write(root: Path, files: dict[str, str], page: str, title: str) -> list[Path]:
    if not title.strip() or "\n" in title:
        raise PageError(f"{title!r} is no title: give one line of words")
    for file in files:
        if (root / file).exists():
            raise PageError(f"there is a {file} already; choose another name")
    contents = _entered((root / CONTENTS).read_text(encoding="utf-8"), page)
    for file, template in files.items():
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        text = text.replace("TITLE", title.strip()).replace("NAME", page.removeprefix("solutions/"))
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, encoding="utf-8")
    (root / CONTENTS).write_text(contents, encoding="utf-8")
    return [root / file for file in (*files, CONTENTS)]


def _entered(contents: str, page: str) -> str:
    """The table of contents with a line for a page behind the last one of its folder.

    The first exercise of a chapter comes behind the chapter.
    """
    folder = page.rpartition("/")[0]
    before = [folder, f"chapters/{folder.removeprefix('solutions/')}"]
    patterns = (rf"{before[0]}/\w+", before[1])
    for pattern in patterns:
        found = list(re.finditer(rf"^( *- file: ){pattern} *\n", contents, re.MULTILINE))
        if found:
            end = found[-1].end()
            return f"{contents[:end]}{found[-1][1]}{page}\n{contents[end:]}"
    raise PageError(
        f"{CONTENTS} has no page of {folder}/, so it is not clear where {page} belongs: enter it by"
        " hand"
    )

"""What the book has of the playground is what its examples and modules give; else, what to run."""

import hashlib
import json
from pathlib import Path

import pytest

from coursekit.paths import BUNDLE, EXAMPLES, PICTURES, RECORDED, ROOT
from coursekit.rules.check import check
from tests.support.small_course import Course

MODULE = "playground/src/index.js"


@pytest.fixture
def built(course: Course) -> Path:
    """A small course with a playground of one example, recorded and bundled."""
    course.pretend_built()
    root = course.root
    files = {
        EXAMPLES: json.dumps([{"name": "overfit", "page": "chapters/page"}]),
        RECORDED: json.dumps({"overfit": {}}),
        f"{PICTURES}/overfit.png": "a picture",
        MODULE: "train();\n",
        f"{BUNDLE}/SOURCES": "",
    }
    for file, text in files.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    bundle(root)
    return root


def bundle(root: Path) -> None:
    """Note what the script is made of, as ``playground/build.sh`` does."""
    lines = (
        f"{hashlib.sha256((root / file).read_bytes()).hexdigest()}  {file}\n"
        for file in (MODULE, EXAMPLES, RECORDED)
    )
    (root / BUNDLE / "SOURCES").write_text("".join(lines))


def found(root: Path) -> list[str]:
    return [str(problem) for problem in check(root)]


def test_a_playground_that_is_recorded_and_built_has_no_problems(built: Path) -> None:
    assert found(built) == []


def test_an_example_that_was_not_recorded_is_found(built: Path) -> None:
    examples = [*json.loads((built / EXAMPLES).read_text()), {"name": "moons", "page": "x"}]
    (built / EXAMPLES).write_text(json.dumps(examples))
    bundle(built)
    message = "Keras has not recorded the example moons; run `make playground-record ONLY=moons`"
    assert found(built) == [f"{RECORDED}: {message}"]
    (built / RECORDED).write_text(json.dumps({"overfit": {}, "moons": {}}))
    bundle(built)
    assert found(built) == [f"{PICTURES}/moons.png: {message}"]


@pytest.mark.parametrize("file", [MODULE, EXAMPLES, RECORDED])
def test_a_script_older_than_what_it_is_made_of_is_found(built: Path, file: str) -> None:
    with (built / file).open("a") as opened:
        opened.write("\n")
    assert found(built) == [f"{BUNDLE}: is older than {file}; run `make playground`"]


def test_a_module_that_is_gone_makes_the_script_old(built: Path) -> None:
    (built / MODULE).unlink()
    assert found(built) == [f"{BUNDLE}: is older than {MODULE}; run `make playground`"]


def test_a_script_without_a_note_of_its_sources_is_found(built: Path) -> None:
    (built / BUNDLE / "SOURCES").unlink()
    assert found(built) == [f"{BUNDLE}/SOURCES: is missing; run `make playground`"]


def test_the_script_notes_every_module() -> None:
    lines = (ROOT / BUNDLE / "SOURCES").read_text().splitlines()
    noted = {line.split()[1] for line in lines}
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("playground/src/*")}
    assert modules and modules <= noted

"""The book has of the playground what its examples and modules give now."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from coursekit.paths import BUNDLE, EXAMPLES, PICTURES, RECORDED
from coursekit.problem import Problem
from coursekit.rules.course import Course


def problems(course: Course) -> Iterator[Problem]:
    """Find examples of which nothing is recorded, and a script older than its modules."""
    yield from _unrecorded(course.root)
    yield from _stale(course.root)


def _unrecorded(root: Path) -> Iterator[Problem]:
    recorded, pictures = root / RECORDED, root / PICTURES
    kept = json.loads(recorded.read_text(encoding="utf-8")) if recorded.exists() else {}
    for name in _examples(root):
        picture = pictures / f"{name}.png"
        for path, there in ((recorded, name in kept), (picture, picture.exists())):
            if not there:
                yield Problem(
                    path,
                    "",
                    f"Keras has not recorded the example {name}; run `make playground-record "
                    f"ONLY={name}`",
                )
                break


def _examples(root: Path) -> list[str]:
    path = root / EXAMPLES
    examples = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [example["name"] for example in examples]


def _stale(root: Path) -> Iterator[Problem]:
    """Compare what the script was made of, by its checksums, with what is there now."""
    sources = root / BUNDLE / "SOURCES"
    if not sources.parent.exists():
        return
    made_of = sources.read_text(encoding="utf-8").splitlines() if sources.exists() else []
    for digest, file in map(str.split, made_of):
        path = root / file
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield Problem(root / BUNDLE, "", f"is older than {file}; run `make playground`")
            return
    if not made_of:
        yield Problem(sources, "", "is missing; run `make playground`")

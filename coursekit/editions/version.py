"""The course's version: ``pyproject.toml`` says it, changelog and citation after it."""

import datetime
import re
import tomllib
from pathlib import Path

from packaging.version import Version

from coursekit.problem import PageError, Problem

PROJECT, CITATION, CHANGES = "pyproject.toml", "CITATION.cff", "CHANGELOG.md"
UNRELEASED = "## Unreleased\n"


def version(root: Path) -> str:
    """Give the version of the course in ``root``, such as ``1.0.0``."""
    return tomllib.loads(_read(root / PROJECT))["project"]["version"]


def problems(root: Path, tag: str = "") -> list[Problem]:
    """List what says another version than ``pyproject.toml``.

    That may be the changelog, the citation and, if given, the tag of a release.
    """
    now, found = version(root), []
    heading = re.search(r"^## (\d\S*) \((\S+)\)$", _read(root / CHANGES), re.MULTILINE)
    newest, day = heading.groups() if heading else ("no version", "")
    if newest != now:
        found.append(Problem(root / CHANGES, "", f"begins with {newest}, but this is {now}"))
    cited = dict(re.findall(r'^(version|date-released): "?([^"\n]+)', _read(root / CITATION), re.M))
    if cited != {"version": now, "date-released": day}:
        said = " of ".join(cited.values()) or "no version"
        found.append(Problem(root / CITATION, "", f"cites {said}, but this is {now} of {day}"))
    if tag and tag != f"v{now}":
        found.append(Problem(root / PROJECT, "", f"says {now}, but the tag is {tag}"))
    if tag and _unreleased(_read(root / CHANGES)):
        message = (
            f"has changes below {UNRELEASED.strip()}: begin a release with `make version NEW=…`"
        )
        found.append(Problem(root / CHANGES, "", message))
    return found


def set_version(root: Path, new: str, day: datetime.date) -> None:
    """Give the course a new version, to which belongs from ``day`` on what stood as unreleased.

    Raises PageError for what is no version, is not above the present one, or has no changes written
    down.
    """
    now, changes = version(root), _read(root / CHANGES)
    if not re.fullmatch(r"\d+\.\d+\.\d+", new):
        raise PageError(f"{new} is no version; name one such as 1.2.0")
    if Version(new) <= Version(now):
        raise PageError(f"{new} is not above {now}, the version that {PROJECT} names")
    if not _unreleased(changes):
        raise PageError(f"{CHANGES} says nothing below {UNRELEASED.strip()}; write what changed")
    dated = changes.replace(UNRELEASED, f"{UNRELEASED}\n## {new} ({day})\n", 1)
    cited = re.sub(r"^version: .*$", f"version: {new}", _read(root / CITATION), flags=re.M)
    cited = re.sub(r"^date-released: .*$", f'date-released: "{day}"', cited, flags=re.M)
    project = _read(root / PROJECT).replace(f'\nversion = "{now}"\n', f'\nversion = "{new}"\n', 1)
    for name, text in {PROJECT: project, CITATION: cited, CHANGES: dated}.items():
        (root / name).write_text(text, encoding="utf-8")


def _unreleased(changes: str) -> str:
    return changes.partition(UNRELEASED)[2].partition("\n## ")[0].strip()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")

"""The requirements files agree with each other."""

import re

import pytest

from coursekit.paths import ROOT


def requirements(name: str) -> dict[str, str]:
    """Read package -> pinned version (empty if none) from a requirements file."""
    text = re.sub(r"#.*", "", (ROOT / name).read_text(encoding="utf-8"))
    return dict(re.findall(r"^([A-Za-z][\w.-]*)(?:==([^\s;]+))?", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements/dev.txt"])
def test_each_version_is_the_locked_one(name: str) -> None:
    locked = requirements("requirements/lock.txt")
    named = {package: version for package, version in requirements(name).items() if package != "r"}
    assert named.items() <= locked.items()


def test_binder_installs_what_colab_has_in_locked_versions() -> None:
    on_binder = requirements(".binder/requirements.txt")
    assert on_binder.keys() <= requirements("requirements/lock.txt").keys()
    assert on_binder.keys() <= requirements("requirements/colab.txt").keys()
    assert not any(on_binder.values())


def test_each_version_of_colab_and_kaggle_is_pinned() -> None:
    colab, kaggle = (requirements(f"requirements/{name}.txt") for name in ("colab", "kaggle"))
    assert all(colab.values()) and all(kaggle.values())
    assert kaggle.keys() <= colab.keys()
    assert not kaggle.items() & colab.items(), "the file lists only what differs"


def test_the_lock_names_no_index_and_no_path() -> None:
    assert not re.search(r"://|--|file:|(?<![\w.])/", (ROOT / "requirements/lock.txt").read_text())

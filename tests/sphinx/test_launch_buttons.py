"""Where launch buttons lead: to the notebook in the repository that the book is made from."""

import subprocess
from pathlib import Path

import pytest
from sphinx.errors import ConfigError

from coursekit.sphinx.launch_buttons import launch_links, repository


def with_origin(folder: Path, address: str) -> Path:
    for command in (["init", "--quiet"], ["remote", "add", "origin", address]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/someone/a-course",
        "https://github.com/someone/a-course.git",
        "https://someone:word@github.com/someone/a-course.git",
        "git@github.com:someone/a-course.git",
        "ssh://git@github.com/someone/a-course",
    ],
)
def test_the_repository_is_that_of_the_checkouts_origin(tmp_path: Path, address: str) -> None:
    assert repository("", with_origin(tmp_path, address)) == ("someone", "a-course")


@pytest.mark.parametrize("address", ["/somewhere/else", "https://example.org/someone/a-course"])
def test_an_origin_elsewhere_is_no_repository_to_open_from(tmp_path: Path, address: str) -> None:
    assert repository("", with_origin(tmp_path, address)) is None


def test_a_folder_without_git_has_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert repository("", tmp_path) is None


def test_the_setting_goes_before_the_origin(tmp_path: Path) -> None:
    folder = with_origin(tmp_path, "https://github.com/fork/a-course")
    assert repository("https://github.com/someone/a-course", folder) == ("someone", "a-course")


def test_a_setting_that_names_no_github_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"repository\.url is 'https://example\.org/x'.*OWNER"):
        repository("https://example.org/x", tmp_path)


def test_launch_links_open_the_notebook_of_the_branch() -> None:
    assert launch_links("someone", "course", "main", "chapters/a.ipynb") == {
        "Colab": "https://colab.research.google.com/github/someone/course/blob/main/chapters/a.ipynb",
        "Kaggle": "https://www.kaggle.com/kernels/welcome"
        "?src=https://github.com/someone/course/blob/main/chapters/a.ipynb",
        "Binder": "https://mybinder.org/v2/gh/someone/course/main?urlpath=lab%2Ftree%2Fchapters%2Fa.ipynb",
    }

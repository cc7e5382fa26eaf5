"""A folder of grades that holds an empty gradebook."""

import shutil
from pathlib import Path

import pytest

from tests.support.small_grades import SOLUTIONS, write_gradebook


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook without submissions: nbgrader takes seconds to make one."""
    folder = tmp_path_factory.mktemp("empty")
    write_gradebook(folder, [], SOLUTIONS)
    return folder / "gradebook.db"


@pytest.fixture
def folder(tmp_path: Path, empty: Path) -> Path:
    shutil.copy(empty, tmp_path)
    return tmp_path

"""The student edition holds the exercises and nothing of their solutions."""

import zipfile
from pathlib import Path

import pytest

from coursekit.editions.release import leaks_in, release, student_page, zip_notebooks
from coursekit.pages.exercises import is_exercise, student_path
from coursekit.pages.notebook import Page, pages
from coursekit.paths import ROOT
from coursekit.problem import PageError


def test_a_students_page_has_stubs_in_place_of_solutions(exercise: Page) -> None:
    text = student_page(exercise)
    assert "raise NotImplementedError()" in text
    assert "*Your answer here.*" in text
    assert "assert triple(1) == 3" in text
    for secret in ("return double(x)", "triple(14)", "twice", "nbgrader"):
        assert secret not in text


def test_zips_hold_the_student_notebooks_and_are_equal_each_time(
    exercise: Page,
    tmp_path: Path,
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        zip_notebooks([exercise], tmp_path / name)
    first, second = (tmp_path / name / "chapter.zip" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as file:
        stored = student_path(exercise.notebook, exercise.root)
        assert file.read("chapter/exercise.ipynb") == stored.read_bytes()


def test_leaks_are_found_in_files_and_zips(exercise: Page, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "page.html").write_text("<p>nothing here</p>")
    assert leaks_in(out, exercise.root, [exercise]) == []
    (out / "page.html").write_text("<b>return</b> double(<i>x</i>) + x")
    with zipfile.ZipFile(out / "a.zip", "w") as file:
        file.writestr("notebook.ipynb", "the result is 15")
    found = leaks_in(out, exercise.root, [exercise])
    assert [line.split(":")[0] for line in found] == ["a.zip/notebook.ipynb", "page.html"]


def test_a_folder_that_is_in_use_is_left_alone(exercise: Page, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PageError, match="is not empty"):
        release(exercise.root, tmp_path, pdf=False)


@pytest.mark.slow
def test_the_course_is_released_without_its_solutions(tmp_path: Path) -> None:
    out = tmp_path / "release"
    release(ROOT, out, pdf=False)
    exercises = [page for page in pages(ROOT) if is_exercise(page.source, ROOT)]
    assert leaks_in(out, ROOT, exercises) == []
    for page in exercises:
        name = page.source.stem
        with zipfile.ZipFile(out / f"{page.source.parent.name}.zip") as file:
            assert f"{page.source.parent.name}/{name}.ipynb" in file.namelist()
        html = (out / f"book/{page.name}.html").read_text()
        assert "Your answer here." in html
        assert "Rubric" not in html
        offered = out / "book/_sources" / student_path(page.notebook, ROOT).relative_to(ROOT)
        assert offered.read_bytes() == student_path(page.notebook, ROOT).read_bytes()

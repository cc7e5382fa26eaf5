"""Every notebook has a page that it is built from."""

from collections.abc import Iterator

from coursekit.pages.exercises import is_exercise, student_path
from coursekit.problem import Problem
from coursekit.rules.course import Course


def problems(course: Course) -> Iterator[Problem]:
    """Find notebooks that nothing makes."""
    root, made = course.root, {page.notebook for page in course.pages}
    made |= {student_path(path, root) for path in made if is_exercise(path, root)}
    folders = ("chapters/*.ipynb", "solutions/*/*.ipynb", "exercises/*/*.ipynb")
    for path in sorted({path for folder in folders for path in root.glob(folder)} - made):
        yield Problem(
            path, "", "has no page to be built from; write the .md beside it or remove it"
        )

"""What is done with the bytes of a notebook: read it, tell its exercise, make the notebook to grade of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import nbformat

from coursekit.grading.intake.bounds import UnreadableError
from coursekit.grading.intake.identity import Exercises
from coursekit.grading.intake.notebooks import parse_notebook
from coursekit.grading.intake.official import official_notebook
from coursekit.grading.intake.platforms import Place


@dataclass(frozen=True)
class Taken:
    """What became of a notebook.

    ``exercise`` is empty where it could not be told, ``official`` the text of the notebook to grade, ``problem`` why there is
    none.
    """

    exercise: str
    problem: str = ""
    notes: tuple[str, ...] = ()
    official: str = ""


class Desk:
    """Takes notebooks in. It works on what nobody has looked at, so it belongs into a process with limits."""

    def __init__(self, exercises: Mapping[str, tuple[str, str]]) -> None:
        """``exercises`` are the texts of the solution and of what students get, by ``<chapter>/<exercise>``."""
        read = nbformat.v4.reads
        self.solutions = {name: read(solution) for name, (solution, _) in exercises.items()}
        self.released = {name: read(student) for name, (_, student) in exercises.items()}
        self.exercises = Exercises(self.released)

    def take_in(self, data: bytes, place: Place) -> tuple[str, str, list[str], str]:
        """Make the notebook to grade from a file's bytes. Gives the fields of ``Taken``."""
        try:
            notebook = parse_notebook(data)
        except UnreadableError as error:
            return self.exercises.called(place), str(error), [], ""
        exercise, problem, note = self.exercises.identify(place, notebook)
        notes = [note] if note else []
        if problem or not exercise:
            return exercise, problem, notes, ""
        made, said = official_notebook(notebook, self.solutions[exercise], self.released[exercise])
        return exercise, "", notes + said, nbformat.v4.writes(made)

"""What was handed in: one submission for each student and exercise, and what was left out."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Submission:
    """What a student handed in for an exercise.

    ``student`` is a safe folder name, ``name`` what was given, where that differs. ``exercise`` is ``<chapter>/<exercise>``.
    ``original`` is where the file lies as it was handed in, None where it could not be read at all. ``notebook`` is the text
    of the notebook to grade, empty where ``problem`` says why there is none. ``notes`` are for a person. ``when`` it was handed in is told in seconds
    since 1970, where anything but the file's own time tells it.
    """

    student: str
    exercise: str
    original: Path | None
    notebook: str = field(default="", repr=False)
    problem: str = ""
    notes: tuple[str, ...] = ()
    name: str = ""
    when: float | None = None


@dataclass(frozen=True)
class Class:
    """All that a class handed in: one submission for each student and exercise, and what was ``left_out`` and why.

    ``began`` are the students and chapters of all that was found, also where nothing of it could be taken.
    """

    submissions: list[Submission]
    left_out: list[str]
    exercises: tuple[str, ...]
    began: frozenset[tuple[str, str]]

    def missing(self) -> list[tuple[str, str]]:
        """Each student and exercise not handed in, of the chapters of which the student handed in something."""
        seen = {(one.student, one.exercise) for one in self.submissions}
        return [
            (student, exercise)
            for student, chapter in sorted(self.began)
            for exercise in sorted(self.exercises)
            if exercise.split("/")[0] == chapter and (student, exercise) not in seen
        ]

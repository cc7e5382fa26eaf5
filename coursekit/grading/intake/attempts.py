"""Of all that a student handed in for an exercise: what counts."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coursekit.grading.intake.desk import Taken
from coursekit.grading.intake.identity import Exercises
from coursekit.grading.intake.names import safe_names, shown
from coursekit.grading.intake.platforms import AGAIN, Place, stem
from coursekit.grading.intake.submissions import Submission

LeaveOut = Callable[[tuple[str, ...], str], None]


@dataclass
class Attempt:
    """A notebook as it was found: where, its ``digest`` and ``original`` if it could be read, and what became of it."""

    place: Place
    parts: tuple[str, ...]
    modified: float
    digest: str
    original: Path | None
    taken: Taken
    exercise: str = ""

    def __post_init__(self) -> None:
        """The exercise is what the notebook told, until others beside it tell it."""
        self.exercise = self.taken.exercise

    @property
    def shown(self) -> str:
        """Where it was found, for a person."""
        return shown("/".join(self.parts))


class Attempts:
    """Gathers what was found, and makes one submission for each student and exercise of it."""

    def __init__(self, exercises: Exercises) -> None:
        self.exercises = exercises
        self.all: list[Attempt] = []
        self.places: set[Place] = set()
        self.unknown: dict[tuple[str, ...], list[tuple[str, Place | None]]] = defaultdict(list)
        self.timestamps: dict[tuple[str, ...], str] = {}

    def result(self, leave_out: LeaveOut) -> tuple[list[Submission], frozenset[tuple[str, str]]]:
        """One submission for each student and exercise; and the students and chapters of all that was found."""
        self._infer_chapters(leave_out)
        known = [one for one in self.all if one.exercise]
        folders = safe_names(map(self._person, self.places))
        grouped = defaultdict(list)
        for one in known:
            grouped[self._person(one.place), one.exercise].append(one)
        began = {(folders[person], exercise.split("/")[0]) for person, exercise in grouped}
        for place in self.places:
            chapters = {place.chapter} if place.chapter else self.beside[place.above]
            if len(chapters) == 1:
                began.add((folders[self._person(place)], *chapters))
        extra = self._leave_out_unknown(leave_out)
        submissions = []
        for (person, exercise), attempts in grouped.items():
            taken, notes = self._latest(attempts)
            chapter = exercise.split("/")[0]
            notes += extra.get((person, chapter), []) + extra.get((person, ""), [])
            name = shown(person)
            submissions.append(
                Submission(
                    folders[person],
                    exercise,
                    taken.original,
                    taken.taken.official,
                    taken.taken.problem,
                    tuple(dict.fromkeys(notes)),
                    "" if name == folders[person] else name,
                    self._told_time(taken),
                )
            )
        submissions.sort(key=lambda one: (one.exercise, one.student))
        return submissions, frozenset(began)

    def _person(self, place: Place) -> str:
        if place.number and place.student in self.namesakes:
            return f"{place.student}_{place.number}"
        return place.student

    def _infer_chapters(self, leave_out: LeaveOut) -> None:
        """Tell unreadable notebooks whose name stands in several chapters by those that lie beside them."""
        self.beside: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for one in self.all:
            if one.exercise:
                self.beside[one.place.above].add(one.exercise.split("/")[0])
        numbers = defaultdict(set)
        for place in self.places:
            numbers[place.above, place.student].add(place.number)
        self.namesakes = {student for (_, student), found in numbers.items() if len(found) > 1}
        for one in self.all:
            if one.exercise:
                continue
            chapters = self.beside[one.place.above]
            named = [
                name for name in self.exercises.named(one.place) if name.split("/")[0] in chapters
            ]
            if len(named) == 1:
                one.exercise = named[0]
            else:
                which = (
                    " or ".join(self.exercises.named(one.place))
                    or "which exercise, its name does not tell"
                )
                leave_out(one.parts, f"{one.taken.problem} ({which})")

    def _leave_out_unknown(self, leave_out: LeaveOut) -> dict[tuple[str, str], list[str]]:
        notes = defaultdict(list)
        for folder, files in sorted(self.unknown.items()):
            names = [shown(name) for name, _ in files]
            more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
            leave_out(folder, f"{', '.join(names[:5])}{more}: only notebooks are read")
            for _, place in files[:5]:
                if place:
                    key = (self._person(place), place.chapter)
                    notes[key].append(f"an unknown file {shown(place.file)} was left out")
        return notes

    def _latest(self, attempts: list[Attempt]) -> tuple[Attempt, list[str]]:
        """The attempt that counts, and notes on the others. One that cannot be graded counts if no other can."""
        attempts = sorted(attempts, key=self._order, reverse=True)
        taken = attempts[0]
        notes = list(taken.taken.notes)
        for other in attempts[1:]:
            if other.digest == taken.digest and other.digest:
                continue
            why = f" ({other.taken.problem})" if other.taken.problem else ""
            notes.append(f"handed in twice: {taken.shown} was taken, {other.shown} was not{why}")
        return taken, notes

    def _order(self, one: Attempt) -> tuple:
        again = AGAIN.search(stem(one.place.file))
        number = int(again[1] or again[2]) if again and one.place.upload else 0
        return (
            not one.taken.problem,
            -one.place.depth,
            one.place.upload,
            number,
            self._time(one),
            one.parts,
        )

    def _time(self, one: Attempt) -> float:
        told = self._told_time(one)
        return one.modified if told is None else told

    def _told_time(self, one: Attempt) -> float | None:
        """When it was handed in, in seconds since 1970, as far as nbgrader or a platform says; files' own times may be those of
        a download."""
        if text := self.timestamps.get(one.parts[:-1], "").strip():
            # It takes a second to import.
            from nbgrader.utils import parse_utc

            with suppress(ValueError, OverflowError, TypeError):
                return parse_utc(text).replace(tzinfo=UTC).timestamp()
        if one.place.when:
            # Blackboard names no zone; it is the school's, and so most likely this machine's.
            with suppress(ValueError, OverflowError, OSError):
                return datetime.strptime(one.place.when, "%Y-%m-%d-%H-%M-%S").timestamp()
        return None

"""Which exercise a notebook is of."""

import re
from collections import Counter
from collections.abc import Mapping

from nbformat import NotebookNode

from coursekit.grading.intake.names import shown
from coursekit.grading.intake.notebooks import grade_id
from coursekit.grading.intake.platforms import AGAIN, Place, stem
from coursekit.pages.exercises import kind_of


class Exercises:
    """The exercises of the course, told by name and by their cells."""

    def __init__(self, exercises: Mapping[str, NotebookNode]) -> None:
        self.names = tuple(sorted(exercises))
        self._fingerprints = _Fingerprints(exercises)

    def called(self, place: Place) -> str:
        """The exercise that a path means, where it means one."""
        named = self.named(place)
        return named[0] if len(named) == 1 else ""

    def identify(self, place: Place, notebook: NotebookNode) -> tuple[str, str, str]:
        """The exercise of a notebook, what is wrong with it, and a note."""
        named = self.named(place)
        alone = self.called(place)
        certain = alone if place.chapter else ""
        if not any(grade_id(cell) for cell in notebook.cells):
            lost = "none of its cells has nbgrader's id; it is not the notebook handed out, or has lost its metadata"
            return alone, lost, ""
        likeness = self._fingerprints.likeness(notebook)
        best = max(likeness, key=lambda name: (likeness[name], name in named))
        if likeness[best] < 0.05:
            return alone, "it has hardly a cell of any exercise", ""
        if certain:
            if likeness[best] > 2 * likeness[certain]:
                return certain, f"this is the notebook of {best}, handed in as {certain}", ""
            return certain, "", ""
        near = [name for name in likeness if likeness[name] > 0.5 * likeness[best]]
        if len(near) > 1:
            near = [name for name in near if name in named] or near
        if len(near) > 1 and likeness[near[0]] == likeness[near[1]]:
            return "", f"it may be of {' or '.join(near)}", ""
        best = max(near, key=likeness.__getitem__)
        told = best in named or (not named and not place.chapter)
        note = "" if told else f"handed in as {shown(place.file)}; its cells are those of {best}"
        if place.chapter and not best.startswith(f"{place.chapter}/"):
            note = f"handed in for {place.chapter}; its cells are those of {best}"
        return best, "", note

    def named(self, place: Place) -> list[str]:
        """The exercises that a file's name and chapter may mean."""
        called = AGAIN.sub("", stem(place.file)).casefold()
        chapter = [
            name for name in self.names if not place.chapter or name.startswith(f"{place.chapter}/")
        ]
        return [name for name in chapter if name.split("/")[1] == called] or [
            name
            for name in chapter
            if re.search(rf"(?<![^\W_]){name.split('/')[1]}(?![^\W_])", called)
        ]


class _Fingerprints:
    """Tell an exercise by its cells: nbgrader's ids, and the texts of all cells that students do not write."""

    def __init__(self, exercises: Mapping[str, NotebookNode]) -> None:
        self._marks = {name: _marks(notebook) for name, notebook in exercises.items()}
        self._count = Counter(mark for marks in self._marks.values() for mark in marks)

    def likeness(self, notebook: NotebookNode) -> dict[str, float]:
        """How much of each exercise a notebook holds, from 0 to 1; what several exercises share counts less."""
        mine = _marks(notebook)
        weight = {mark: 1 / count for mark, count in self._count.items()}
        return {
            name: sum(weight[mark] for mark in marks & mine)
            / (sum(weight[mark] for mark in marks) or 1)
            for name, marks in self._marks.items()
        }


def _marks(notebook: NotebookNode) -> set[tuple[str, str]]:
    marks = set()
    for cell in notebook.cells:
        if name := grade_id(cell):
            marks.add(("id", name))
        if kind_of(cell) not in ("solution", "answer") and not cell.source.startswith("%%"):
            marks.add(("text", " ".join(cell.source.split())))
    return marks

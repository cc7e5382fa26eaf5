"""Answers in words: which are empty, and which only seem to be."""

from collections.abc import Mapping

from nbformat import NotebookNode

from coursekit.grading.intake.names import shown
from coursekit.grading.intake.notebooks import grade_id
from coursekit.grading.intake.parts import plain
from coursekit.pages.exercises import kind_of

QUOTED = 3  # texts near an answer that a note shows


def let_answers_wait(
    official: NotebookNode,
    extra: Mapping[int, list[NotebookNode]],
    untouched: Mapping[str, NotebookNode],
) -> list[str]:
    """Have an answer that nothing was written into wait for a person where a text of the student's stands near it.

    Near is what lies between the cells before and behind it that students write in or that check them: an own cell of text,
    a changed question; and of code what follows the heading. nbgrader takes an answer for empty by its checksum. Gives a
    note with the texts for each such answer.
    """
    notes = []
    for place, cell in enumerate(official.cells):
        name = grade_id(cell)
        placeholder = untouched[name].source if name in untouched else ""
        written = plain(cell.source) not in ("", plain(placeholder)) or cell.get("attachments")
        if kind_of(cell) != "answer" or written:
            continue
        # So that a deleted answer and an emptied one are empty to nbgrader, too.
        cell.source = placeholder
        if not (near := _near(official, extra, place)):
            continue
        cell.metadata.nbgrader.pop("checksum", None)
        more = f", and {len(near) - QUOTED} more" if len(near) > QUOTED else ""
        texts = ", ".join(shown(one) for one in near[:QUOTED])
        notes.append(
            f"nothing was written into the answer {name}, but near it stands: {texts}{more}; "
            "a person must read it"
        )
    return notes


def _near(official: NotebookNode, extra: Mapping[int, list[NotebookNode]], place: int) -> list[str]:
    """The beginnings of the student's own texts near an answer."""
    graded = [i for i, cell in enumerate(official.cells) if kind_of(cell) not in ("", "given")]
    before = max((i for i in graded if i < place), default=-1)
    behind = min((i for i in graded if i > place), default=len(official.cells))
    heading = max(
        (
            i
            for i in range(before + 1, place)
            if official.cells[i].cell_type == "markdown"
            and official.cells[i].source.lstrip().startswith("#")
        ),
        default=before,
    )
    found = []
    for i in range(before, behind):
        for cell in extra.get(i, ()):
            if cell.cell_type != "code" or i >= heading:
                found.append(" ".join(cell.source.split()) or "(a picture)")
    return found

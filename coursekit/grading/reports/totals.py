"""The points of each student in each chapter, those of a person included, as nbgrader adds them up."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from coursekit.grading.reports.gradebook import ByHand, read_by_hand
from coursekit.grading.results import GRADED, Result, read_results


@dataclass(frozen=True)
class Total:
    """A student's points in a chapter.

    ``waiting`` are points of answers that no person has read yet. ``look_at`` names the exercises whose status asks for a
    person.
    """

    student: str
    chapter: str
    points: float
    maximum: float
    waiting: float
    look_at: tuple[str, ...]


def read_totals(folder: Path) -> list[Total]:
    """Add up all records in a folder of grades, by chapter and student."""
    entered = read_by_hand(folder)
    grouped: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in read_results(folder / "results"):
        grouped[result.exercise.split("/")[0], result.student].append(result)
    totals = []
    for (chapter, student), results in sorted(grouped.items()):
        hands = [entered.get((one.student, one.exercise), ByHand()) for one in results]
        totals.append(
            Total(
                student,
                chapter,
                sum(map(_points, results, hands)),
                sum(one.maximum + one.manual_maximum for one in results),
                sum(
                    sum(hand.waiting.values())
                    for one, hand in zip(results, hands, strict=True)
                    if one.status != "missing"
                ),
                tuple(one.exercise for one in results if one.status not in (GRADED, "missing")),
            )
        )
    return totals


def _points(result: Result, hand: ByHand) -> float:
    checks = {mark.check: mark.points for mark in result.marks}
    return max(0.0, sum({**checks, **hand.points}.values()) - hand.penalty)

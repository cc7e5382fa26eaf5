"""Late days, as nbgrader counts them: from its due dates, times, extensions, and its plugin for penalties."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from coursekit.grading.reports.gradebook import course_config, open_gradebook
from coursekit.problem import PageError


def parse_due(text: str) -> datetime:
    """A due date as nbgrader reads it: in UTC, unless the text names another zone.

    Raises PageError where it is none.
    """
    from nbgrader.utils import parse_utc

    try:
        return parse_utc(text)
    except (ValueError, OverflowError, TypeError) as error:
        raise PageError(f"{text!r} is no time; write it as '2026-01-31 23:59 CET'") from error


def write_late(
    folder: Path, handed_in: Mapping[tuple[str, str], float], due: Mapping[str, datetime]
) -> None:
    """Write into the gradebook when work was ``handed_in`` and ``due``, and take off what nbgrader's plugin says.

    ``handed_in`` are seconds since 1970 by student and chapter, ``due`` times in UTC by chapter; what is not named stays as it
    was. nbgrader's own settings in ``nbgrader_config.py`` choose the plugin.

    Raises PageError for a due date of a chapter that has no grades.
    """
    from nbgrader import api
    from nbgrader.preprocessors import AssignLatePenalties

    late = AssignLatePenalties(config=course_config())
    late.log.setLevel("ERROR")
    late.init_plugin()
    with open_gradebook(folder) as gradebook:
        assignments = {one.name: one for one in gradebook.db.query(api.Assignment)}
        for chapter, when in due.items():
            if chapter not in assignments:
                raise PageError(f"there are no grades for {chapter}; its due date means nothing")
            assignments[chapter].duedate = when
        for submission in gradebook.db.query(api.SubmittedAssignment):
            key = submission.student_id, submission.assignment.name
            if key in handed_in:
                submission.timestamp = datetime.fromtimestamp(handed_in[key], UTC).replace(
                    tzinfo=None
                )
            seconds = submission.total_seconds_late if submission.duedate else 0
            for notebook in submission.notebooks:
                penalty = None
                if seconds > 0:
                    penalty = late.plugin_inst.late_submission_penalty(
                        submission.student_id, notebook.score, seconds
                    )
                if penalty is not None:
                    penalty = late._check_late_penalty(notebook, penalty)
                notebook.late_submission_penalty = penalty
        gradebook.db.commit()

"""What limited processes import, in all tests once."""

from coursekit.grading import limited

limited.preload(("coursekit.grading.intake.desk", "coursekit.grading.reports.desk"))

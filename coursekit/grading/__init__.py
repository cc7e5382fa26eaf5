"""Grading a class: ``course grade``. What a submission gets depends on its record alone.

- ``gradescope``, ``proofs``: a submission graded in Gradescope; submissions with known marks, graded as a class
- ``grade``: a class from what was handed in to the reports
- ``marking``, ``reports``: one submission, led through the sandbox; all that is made of the records
- ``sandbox``: the process that forks behind walls, and what it runs there
- ``exercise``, ``intake``: an exercise as it is graded; notebooks to grade, from what was handed in
- ``limited``, ``results``: work on what nobody has looked at, bounded in time and memory; records
"""

"""From what was handed in to the notebooks to grade.

- ``reader``: folders and zips, and whose file is whose
- ``attempts``: what counts of all that a student handed in
- ``identity``: which exercise a notebook is of
- ``official``: the official notebook with the student's cells in it
- ``notebooks``, ``platforms``, ``submissions``, ``zips``: notebooks of any kind; how platforms name files; the result; a zip's files
- ``folders``: a folder's files
- ``bounds``, ``names``: how much is read; names made safe
"""

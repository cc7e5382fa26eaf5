"""From what was handed in to the notebooks to grade.

- ``reader``: folders and zips, and whose file is whose
- ``attempts``: what counts of all that a student handed in
- ``desk``: from a notebook's bytes to the one to grade
- ``identity``, ``official``: which exercise a notebook is of; the official notebook with the student's cells in it
- ``answers``: which answers in words are empty
- ``notebooks``, ``parts``, ``pictures``: notebooks of any kind; cells in several parts; pictures written anew
- ``magics``, ``platforms``, ``submissions``, ``zips``: IPython's commands; how platforms name files; the result; a zip's files
- ``folders``: a folder's files
- ``bounds``, ``names``: how much is read; names made safe
"""

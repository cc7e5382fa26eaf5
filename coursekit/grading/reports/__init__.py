"""What is made of the records, again and again.

- ``platforms``, ``similar_page``, ``write``: points for the table of a platform; a page with similar code; all of the rest, in order
- ``similarity``: how similar the code of submissions is
- ``desk``: what is done with one student's notebook
- ``feedback``, ``late``, ``overview``, ``totals``: a page for each submission; late days; a page about the class; points by chapter
- ``gradebook``: nbgrader's gradebook and folders
- ``autograded``, ``grades_csv``: a notebook as the form grader shows it; the table
- ``pages``: what pages share
"""

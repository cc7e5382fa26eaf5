"""What is made of the records, again and again.

- ``write``: all of it, in order
- ``desk``: what is done with one student's notebook
- ``feedback``, ``overview``: a page for each submission; one about the class
- ``gradebook``: nbgrader's gradebook and folders
- ``autograded``, ``grades_csv``: a notebook as the form grader shows it; the table
- ``pages``: what pages share
"""

"""What is made of the records, again and again.

- ``write``: all of it, in order
- ``feedback``, ``overview``: a page for each submission; one about the class
- ``gradebook``, ``grades_csv``, ``pages``: nbgrader's gradebook and folders; the table; what pages share
"""

"""Tools that make notebooks and a book of the course's pages, check, and grade: ``course --help``.

What imports what goes one way, from the top of this list down; a folder's modules import each other
without a circle:

- ``__main__``: the program's start
- ``commands``: the command line
- ``canary``, ``pytest_notebooks``: trying new releases; pytest's plugin that runs notebooks
- ``editions``, ``grading``, ``rules``, ``sphinx``: the PDF, the students' book and the version;
  grading a class; what the check looks for; the book
- ``results``: numbers, verdicts and claims that runs recorded, and the text that speaks of them
- ``pages``: reading pages, converting them to notebooks, executing these
- ``browser``, ``mime``, ``paths``, ``problem``, ``units``: what all others rest on
"""

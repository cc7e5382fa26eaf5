"""The command line, ``course``: a module for each command."""

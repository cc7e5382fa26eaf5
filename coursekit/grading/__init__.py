"""Grading a class: ``course grade``."""

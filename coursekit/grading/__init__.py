"""Grading a class: python -m course grade."""

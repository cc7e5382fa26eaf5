"""Where things lie."""

from pathlib import Path

ROOT = Path(__file__).parents[1]  # the course's folder, which holds the book and this package

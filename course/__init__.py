"""Tools that turn the course's pages into notebooks and check both: ``python -m course --help``."""

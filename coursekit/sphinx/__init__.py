"""Extensions of Sphinx that make the book, a module for each; this package loads them all.

``scripts`` alone is none, but what some of them share.
"""

from sphinx.application import Sphinx

EXTENSIONS = """
stored_outputs downloads launch_buttons index ledger forest all_runs registered pictures playground
quiz front redirects search sliders sharing finish
""".split()
# What each of them answers: none keeps anything that processes would have to share.
PARALLEL = {"parallel_read_safe": True, "parallel_write_safe": True}


def setup(app: Sphinx) -> dict[str, bool]:
    """Load all extensions."""
    for name in EXTENSIONS:
        app.setup_extension(f"{__name__}.{name}")
    return PARALLEL

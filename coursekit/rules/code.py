"""The Python of a cell, for the rules that read it."""

import ast

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from coursekit.pages.notebook import is_setup


def parsed(source: str) -> ast.Module:
    """Parse a cell's source, magics included, which become calls.

    Raises SyntaxError where it is not Python.
    """
    return ast.parse(TransformerManager().transform_cell(source))


def python(cell: NotebookNode) -> str:
    """Give a cell's source; of one that the build inserted, what it writes into its file."""
    return cell.source.partition("\n")[2] if is_setup(cell) else cell.source

"""Sphinx: the directive ``{registered} C14`` shows what the registry says of a claim."""

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from coursekit.pages.registry import REGISTRY, card, load_registry
from coursekit.problem import PageError
from coursekit.sphinx import PARALLEL


class RegisteredDirective(SphinxDirective):
    """A claim's entry as a box of text."""

    required_arguments = 1
    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """Make the box; a claim that is not registered is an error at its line."""
        root, name = Path(self.env.srcdir), self.arguments[0]
        try:
            entry = load_registry(root)[name]
        except (KeyError, PageError) as error:
            message = f"the registry says nothing of the claim {name!r}: {error}"
            return [self.state.document.reporter.error(message, line=self.lineno)]
        for path in (root / REGISTRY).glob("*.yml"):
            self.env.note_dependency(str(path))
        box = nodes.container(classes=["registered"])
        lines = StringList(card(entry).splitlines(), source=f"{REGISTRY}: {name}")
        self.state.nested_parse(lines, self.content_offset, box)
        return [box]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("registered", RegisteredDirective)
    return PARALLEL

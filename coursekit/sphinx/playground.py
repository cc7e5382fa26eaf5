"""Sphinx: the directive ``{playground}`` lets a worked example train in the reader's browser.

With the name of an example it is a fold below the text that speaks of it, whose knobs are named by their paths::

    ```{playground} dropout
    :knobs: dropout.hidden
    ```

Without, it is the whole playground. ``{playground-examples} dropout`` lists the examples of a chapter with what Keras recorded.
The examples are in ``playground/src/examples.json``; what runs them is ``vendor/playground``, loaded on the playground's page, and
elsewhere on a reader's first click. The book's first page, which ``front`` makes, has it once it was painted.
"""

import json
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from coursekit.paths import EXAMPLES, PICTURES, PLAYGROUND, RECORDED
from coursekit.sphinx import PARALLEL
from coursekit.sphinx.scripts import add_script


def read_examples(root: Path) -> dict[str, dict[str, str]]:
    """Read the examples of the course in ``root``, by their names."""
    examples = json.loads((root / EXAMPLES).read_text(encoding="utf-8"))
    return {example["name"]: example for example in examples}


class playground(nodes.Element):
    """A place for a playground: the whole one, or an ``example`` with its ``knobs``."""


class PlaygroundDirective(SphinxDirective):
    """The playground, or a small one for one example."""

    optional_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"knobs": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Make the place; an example that there is not is an error at the directive's line."""
        self.env.note_dependency(str(Path(self.env.srcdir, EXAMPLES)))
        if not self.arguments:
            return [playground()]
        examples = read_examples(Path(self.env.srcdir))
        if self.arguments[0] not in examples:
            raise self.error(
                f"the playground has no example {self.arguments[0]!r}; it has {', '.join(examples)}"
            )
        knobs = self.options.get("knobs", "").split()
        return [playground(example=examples[self.arguments[0]], knobs=knobs)]


def _visit(self: HTML5Translator, node: playground) -> None:
    if not (example := node.get("example")):
        self.body.append(
            '<div class="playground-page playground"><p><button type="button">Start the playground</button></p></div>\n'
            '<p class="only-without-scripts">Training needs scripts, which are switched off. '
            "What Keras recorded of each example is shown below.</p>\n"
        )
        raise nodes.SkipNode
    here = "../" * self.builder.current_docname.count("/")
    name = example["name"]
    self.body.append(
        f'<details class="playground-fold" data-example="{name}" data-knobs="{escape(" ".join(node["knobs"]))}">\n'
        f"<summary>Train it here: {escape(example['title'])}</summary>\n"
        f'<div class="playground"><p><a href="{here}{PLAYGROUND}.html#try-{name}">Open it in the playground</a></p></div>\n'
        "</details>\n"
    )
    raise nodes.SkipNode


class ExamplesDirective(SphinxDirective):
    """The examples of one chapter, each with its question, its links and what Keras recorded."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make a section for each example."""
        root = Path(self.env.srcdir)
        for file in (EXAMPLES, RECORDED):
            self.env.note_dependency(str(root / file))
        recorded = json.loads((root / RECORDED).read_text(encoding="utf-8"))
        made: list[nodes.Node] = []
        for name, example in read_examples(root).items():
            if example["page"].split("/")[1] != self.arguments[0]:
                continue
            section = nodes.section(ids=[f"example-{name}"], names=[f"example-{name}"])
            section += nodes.title("", example["title"])
            where = addnodes.pending_xref(
                "",
                nodes.inline("", "Where the book has it"),
                refdomain="std",
                reftype="doc",
                reftarget=f"/{example['page']}",
                refdoc=self.env.docname,
                refexplicit=True,
                refwarn=True,
            )
            if name not in recorded:
                raise self.error(
                    f"nothing is recorded of the example {name!r}: `make playground-record ONLY={name}`"
                )
            # Where an address asks for an example, and scripts are off, its recorded curves are shown.
            run = f'<span id="try-{name}"></span><a class="playground-run" href="#try-{name}">Train it</a>'
            section += nodes.paragraph("", example["question"])
            links = nodes.paragraph("", "", nodes.raw("", f"{run} ", format="html"), where)
            section += links
            alt = recorded[name]["alt"]
            # In a fold, since it is the answer to the question.
            fold = '<details class="playground-recorded"><summary>What Keras recorded</summary>'
            section += nodes.raw("", fold, format="html")
            section += nodes.image(uri=f"/{PICTURES}/{name}.png", alt=alt)
            section += nodes.raw("", "</details>", format="html")
            self.state.document.note_explicit_target(section)
            made.append(section)
        return made


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and the script that starts playgrounds."""
    add_script(app, Path(__file__).with_suffix(".js"), mark='class="playground-')
    app.add_node(playground, html=(_visit, None))
    app.add_directive("playground", PlaygroundDirective)
    app.add_directive("playground-examples", ExamplesDirective)
    return PARALLEL

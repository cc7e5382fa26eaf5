"""Sphinx: ``{quiz}`` shows a question whose answers, opened, say if they are right and why.

Each answer is a native ``<details>``: it opens by mouse, by keyboard, without scripts and from a
file.
"""

from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from coursekit.pages.myst import MystError
from coursekit.pages.quiz import Option, Passage, read_quiz
from coursekit.sphinx import PARALLEL


class quiz(nodes.Element):
    """A question with its options; ``number`` counts the questions of the page."""


class quiz_question(nodes.TextElement):
    """The words of the question, which name its group."""


class quiz_option(nodes.Element):
    """An answer, which opens, and its explanation."""


class quiz_answer(nodes.TextElement):
    """The words of an answer, always shown."""


class QuizDirective(SphinxDirective):
    """A self-check question; see ``coursekit.pages.quiz`` for how it is written."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Make the nodes; a question that cannot be read is an error at its line."""
        try:
            # Lines count from the first of the body, so that nested text gets its own line in
            # messages.
            read = read_quiz(self.arguments[0], list(self.content), 0)
        except MystError as error:
            line = self.lineno + self.content_offset + error.line + 1
            return [self.state.document.reporter.error(str(error), line=line)]
        number = 1 + sum(1 for _ in self.state.document.findall(quiz))
        made = quiz(ids=[f"question-{number}"], number=number)
        made += quiz_question("", "", *self.inline(read.question))
        made += [self.option(option) for option in read.options]
        self.state.document.note_explicit_target(made)
        return [made]

    def inline(self, passage: Passage) -> list[nodes.Node]:
        """Read text that is part of a line: formulas, code, emphasis."""
        return self.state.inline_text(passage.text, self.lineno)[0]

    def option(self, option: Option) -> quiz_option:
        """Make an answer with its explanation."""
        made = quiz_option(classes=["quiz-yes" if option.right else "quiz-no"])
        made += quiz_answer("", "", *self.inline(option.answer))
        lines = StringList(option.explanation.text.splitlines())
        self.state.nested_parse(lines, self.content_offset + option.explanation.line, made)
        return made


def _visit_quiz(self: HTML5Translator, node: quiz) -> None:
    (place,) = node["ids"]
    labels = {"role": "group", "aria-labelledby": f"{place}-words"}
    self.body.append(self.starttag(node, "div", "", CLASS="quiz", **labels))


def _visit_question(self: HTML5Translator, node: quiz_question) -> None:
    number, (place,) = node.parent["number"], node.parent["ids"]
    self.body.append(
        f'<p class="quiz-question" id="{place}-words">'
        f'<span class="quiz-number">Question {number}.</span> '
    )


def _visit_option(self: HTML5Translator, node: quiz_option) -> None:
    self.body.append(self.starttag(node, "details", "", CLASS="quiz-option"))


def _visit_answer(self: HTML5Translator, _: quiz_answer) -> None:
    self.body.append("<summary>")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and how its nodes are written."""

    def closing(tag: str):
        return lambda self, _: self.body.append(f"</{tag}>\n")

    app.add_node(quiz, html=(_visit_quiz, closing("div")))
    app.add_node(quiz_question, html=(_visit_question, closing("p")))
    app.add_node(quiz_option, html=(_visit_option, closing("details")))
    app.add_node(quiz_answer, html=(_visit_answer, closing("summary")))
    app.add_directive("quiz", QuizDirective)
    return PARALLEL

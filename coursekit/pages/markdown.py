"""Turn a page's MyST Markdown into the plain Markdown that any notebook program shows properly.

What has no plain form is refused with its line, so that nothing raw reaches a notebook. Links to
other places of the book become links to its public address, or just their text while it has none.
"""

import base64
import mimetypes
import posixpath
import re
from collections.abc import Callable

from docutils.nodes import make_id

from coursekit.pages.book import Book, address, cite
from coursekit.pages.myst import Block, MystError, blocks
from coursekit.pages.prose import close_gaps
from coursekit.pages.quiz import inline_html, read_quiz
from coursekit.pages.registry import card
from coursekit.paths import PLAYGROUND

FORMATS = {  # roles that only change how their text looks
    "abbr": "{}",
    "claim": "(claim {})",
    "code": "`{}`",
    "emphasis": "*{}*",
    "kbd": "<kbd>{}</kbd>",
    "math": "${}$",
    "strong": "**{}**",
    "sub": "<sub>{}</sub>",
    "sup": "<sup>{}</sup>",
    "term": "{}",
}
INLINE = re.compile(  # what stands in a line beside words
    r"""
    (?P<comment> <!--.*?--> )
  | \{(?P<role>[\w:.+-]+)\} (?P<ticks>`+) (?P<content>.+?) (?<!`)(?P=ticks)(?!`)
  | (?P<code> (?P<fence>`+)(?!`) .+? (?<!`)(?P=fence)(?!`) )
  | \$\$ (?P<display> (?:(?!\$\$).)+ ) \$\$ (?:[ \t]*\((?P<equation>[\w:.-]+)\)[ \t]*(?=\n|$))?
  | (?P<math> (?<![\\$])\$(?![\s$]) [^$\n]+ (?<![\s\\])\$ )
  | !\[(?P<alt>[^\]]*)\]\((?P<image>[^()\s]+)\)
  | (?<!!)\[(?P<text>[^\[\]]*)\]\((?P<link>[^()\s]*)\)
  | (?P<substitution> \{\{.*?\}\} )
  | (?P<footnote> \[\^[^\]]+\] )
    """,
    re.VERBOSE | re.DOTALL,
)
_GLUED_CLAIM = re.compile(r"(?<=[^\s(`])(?=\{claim\}`)")
_EXPLICIT = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)


def to_markdown(text: str, page: str, book: Book) -> str:
    """Convert the MyST ``text`` of ``page`` (its path in the book, without suffix).

    Raises MystError, with the line in ``text``, for a directive, role, label or work that is not
    known.
    """
    text = _GLUED_CLAIM.sub(" ", close_gaps(text))
    return _Converter(page, book).convert(text, 1).strip("\n")


class _Converter:
    def __init__(self, page: str, book: Book) -> None:
        self.page, self.book = page, book

    # ------------------------------------------------------------------ blocks

    def convert(self, text: str, line: int) -> str:
        parts = []
        for block in blocks(text, line):
            if block.kind == "text":
                parts.append(self.inline("\n".join(block.lines), block.line))
            elif block.kind == "code":
                parts.append("\n".join(block.lines))
            elif block.kind == "directive":
                made = self.directive(block)
                parts.append(
                    "\n".join(block.indent + part if part else part for part in made.splitlines())
                )
        return re.sub(r"\n{3,}", "\n\n", "\n".join(parts))

    def directive(self, block: Block) -> str:
        methods: dict[str, Callable[[Block], str]] = {
            "admonition": self.admonition,
            "note": self.admonition,
            "playground": self.playground,
            "quiz": self.quiz,
            "registered": self.registered,
        }
        if block.name not in methods:
            raise MystError(
                f"no plain Markdown is known for the directive {{{block.name}}}", block.opening
            )
        return methods[block.name](block)

    def words(self, block: Block) -> str:
        return self.inline(block.argument, block.opening)

    def body(self, block: Block) -> str:
        return self.convert("\n".join(block.lines), block.line).strip("\n")

    def admonition(self, block: Block) -> str:
        body, title = self.body(block), self.words(block)
        # As in Sphinx, what follows the name of an admonition that has a title opens its text.
        if block.name == "note":
            body, title = f"{title}\n\n{body}".strip(), "Note"
        if "dropdown" in block.options.get("class", "").split():
            return self.details(title, body)
        return self.quote(title, body)

    @staticmethod
    def quote(title: str, body: str) -> str:
        text = f"**{title}**\n\n{body}" if title else body
        return "\n" + "\n".join(f"> {line}".rstrip() for line in text.splitlines()) + "\n"

    @staticmethod
    def details(title: str, body: str) -> str:
        return f"\n<details>\n<summary><b>{title}</b></summary>\n\n{body}\n\n</details>\n"

    def display(self, formula: str, label: str) -> str:
        return f"$$\n{formula.strip()}\n\\tag{{{self.book.equations[self.page][label]}}}\n$$"

    def quiz(self, block: Block) -> str:
        """Fold each explanation under its answer, which is HTML, where Markdown is not read."""
        quiz = read_quiz(block.argument, block.lines, block.line)
        parts = [f"**{self.inline(quiz.question.text, quiz.question.line)}**"]
        for option in quiz.options:
            answer = inline_html(self.inline(option.answer.text, option.answer.line))
            why = self.convert(option.explanation.text, option.explanation.line).strip("\n")
            parts.append(f"<details>\n<summary>{answer}</summary>\n\n{why}\n\n</details>")
        return "\n" + "\n\n".join(parts) + "\n"

    def playground(self, block: Block) -> str:
        """Say where it is: what trains in the reader's browser needs the book's page."""
        page = self.to_page("playground", f"/{PLAYGROUND}", "", block.opening)
        return self.quote(
            "", f"In the book you can train this example live, on this page and in the {page}."
        )

    def registered(self, block: Block) -> str:
        """What the registry says of a claim."""
        if block.argument not in self.book.claims:
            raise MystError(f"the registry has no claim {block.argument!r}", block.opening)
        return self.quote("", self.convert(card(self.book.claims[block.argument]), block.opening))

    # ------------------------------------------------------------------ inline

    def inline(self, text: str, line: int) -> str:
        def replace(match: re.Match[str]) -> str:
            where = line + text.count("\n", 0, match.start())
            groups = match.groupdict()
            if groups["role"]:
                return self.role(groups["role"], groups["content"].strip(), where)
            if groups["display"] and groups["equation"]:
                return self.display(groups["display"], groups["equation"])
            if groups["image"]:
                return self.picture(groups["alt"], groups["image"], where)
            if groups["link"] is not None:
                return self.link(groups["text"], groups["link"], where)
            if groups["substitution"] or groups["footnote"]:
                raise MystError(f"{match.group()!r} has no plain form; write it out", where)
            return match.group()

        return INLINE.sub(replace, text)

    def role(self, name: str, content: str, line: int) -> str:
        if name.startswith("cite"):
            return self.citation(name, content, line)
        explicit = _EXPLICIT.match(content)
        words, target = explicit.groups() if explicit else ("", content)
        if name == "eq":
            return f"({self.equation(target, line)})"
        if name == "ref":
            return self.to_label(words, target, line)
        if name == "doc":
            return self.to_page(words, target, "", line)
        if name not in FORMATS:
            raise MystError(f"no plain Markdown is known for the role {{{name}}}", line)
        return FORMATS[name].format(words if name == "term" and words else content)

    def equation(self, label: str, line: int) -> int:
        try:
            return self.book.equations[self.page][label]
        except KeyError:
            raise MystError(f"this page has no equation labelled {label!r}", line) from None

    def citation(self, role: str, keys: str, line: int) -> str:
        parenthetical = role in ("cite", "cite:p")
        if not parenthetical and role != "cite:t":
            raise MystError(f"no plain Markdown is known for the role {{{role}}}", line)
        works = []
        for key in keys.split(","):
            if key.strip() not in self.book.references:
                raise MystError(f"references.bib has no work {key.strip()!r}", line)
            entry = self.book.references[key.strip()]
            named = cite(entry, parenthetical)
            works.append(f"[{named}]({address(entry)})" if address(entry) else named)
        return f"({'; '.join(works)})" if parenthetical else ", ".join(works)

    def picture(self, alt: str, path: str, line: int) -> str:
        """Show a picture; one that lies in the book travels inside the notebook."""
        if not alt:
            raise MystError(f"the picture {path} needs an alternative text", line)
        if re.match(r"https?:|data:", path):
            return f"![{alt}]({path})"
        base = self.book.root if path.startswith("/") else (self.book.root / self.page).parent
        file = base / path.lstrip("/")
        if not file.is_file():
            raise MystError(f"there is no picture {path}", line)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return f"![{alt}](data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()})"

    def link(self, words: str, target: str, line: int) -> str:
        if re.match(r"[a-z]+:", target):
            return f"[{words}]({target})"
        file, _, label = target.partition("#")
        if not file and label:
            return self.to_label(words, label, line)
        if target in self.book.labels:
            return self.to_label(words, target, line)
        if file.endswith((".md", ".ipynb")):
            return self.to_page(words, file.rsplit(".", 1)[0], label, line)
        raise MystError(f"the link to {target!r} would be dead in a lone notebook", line)

    def to_label(self, words: str, label: str, line: int) -> str:
        if label not in self.book.labels:
            raise MystError(f"nothing in the book is labelled {label!r}", line)
        place = self.book.labels[label]
        return self.linked(words or self.inline(place.title, line), place.page, label)

    def to_page(self, words: str, target: str, label: str, line: int) -> str:
        folder = "" if target.startswith("/") else posixpath.dirname(self.page)
        page = posixpath.normpath(posixpath.join(folder, target.lstrip("/")))
        if page not in self.book.titles:
            raise MystError(f"the book has no page {page!r}", line)
        return self.linked(words or self.inline(self.book.titles[page], line), page, label)

    def linked(self, words: str, page: str, label: str) -> str:
        if not self.book.url:
            return words
        return f"[{words}]({self.book.url}/{page}.html{'#' + make_id(label) if label else ''})"

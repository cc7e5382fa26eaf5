"""List numbers in the text that look like results but are bound to no record: no errors.

A number looks like a result if it has decimals, is a percentage, or counts epochs, runs, seconds or
the like. It is not listed where it plainly is something else: part of code, of a formula, a link, a
heading, a bound number; a setting, because the page's code has the same number; part of a sentence
that cites a work; a rate of 95 % of an interval; the version of a library.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from coursekit.pages.notebook import code_cells, pages, read_source
from coursekit.pages.prose import line_of, prose
from coursekit.paths import texts
from coursekit.problem import Problem

_NOT_PROSE = re.compile(
    r"""
    [-−+]?\.?\d[\d,.]*(?:e[-+]?\d+)?[\s*_]*%?[\s*_]*<!--\s*=.*?-->  # bound
  | <!--.*?-->
  | \$\$.*?\$\$(?:[ \t]*\([\w:.-]+\))? | (?<![\\$])\$(?![\s$])[^$\n]+?(?<![\s\\])\$  # formulas
  | ^\#{1,6}[ ][^\n]* | ^\([^()\s]+\)=[ \t]*$  # headings, targets
  | ^%[ ][^\n]* | ^:[\w-]+:[^\n]*  # comments, options
  | \{(?!cite)[\w:.+-]+\}(`+).+?\1  # roles; citations are seen to later
  | !?\[[^\[\]]*\]\([^()\s]*\) | <?https?://\S+  # links
  | \b[A-Z]\w*[ ]\d+(?:\.\d+)+ | \d+(?:\.\d+){2,}  # TensorFlow 2.21
  | ^[ \t]*\d+\.[ ]  # numbers of a list
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_UNITS = (
    r"(?:epochs?|updates?|seconds?|minutes?|ms|percentage points?|points? of|times|of \d+|"
    r"runs? of|percent)\b"
)
_RESULT = re.compile(
    rf"(?<![\w.,/^])[-−+±]?(?P<number>\d[\d,]*(?:\.\d+)?)(?![\w/]|[.,]\d)(?P<unit>[\s*_]*(?:%|percent\b))?(?=[\s*_]*{_UNITS})?",
)
_COUNTED = re.compile(rf"[\s*_]*{_UNITS}")
_INTERVAL = re.compile(r"[\s-]*(?:confidence |of )?intervals?")
_COMMENT = re.compile(r"\s*<!--.*?(?:-->|\Z)|\A[^<]*?-->|\n---\n", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?:;])[\s*_)]+(?=[A-Z*_{$`(])|\n[ \t]*\n|\n(?=[ \t]*[-*|] )")


def advice(root: Path) -> list[Problem]:
    """List, with what is around, the numbers that look like results but carry no record.

    Executed pages and the ledger are looked through.

    Raises PageError for a page that cannot be read.
    """
    found = []
    for page in pages(root):
        code = "\n".join(cell.source for cell in code_cells(read_source(page)))
        found += _page_advice(root, page.source, settings(code))
    for path in texts(root):
        if re.search(r"^(?:`{3,}|:{3,})\{ledger\}", path.read_text(encoding="utf-8"), re.MULTILINE):
            found += _page_advice(root, path, set())
    return found


def _page_advice(root: Path, file: Path, known: set[str]) -> Iterator[Problem]:
    source = file.read_text(encoding="utf-8")
    text = prose(source)
    for position, number in result_like(source, known):
        end = position + len(number)
        before = _COMMENT.sub("", text[max(0, position - 90) : position])[-30:]
        after = _COMMENT.sub("", text[end : end + 120])[:40]
        around = " ".join(f"{before}{number}{after}".split())
        where = f"line {line_of(text, position)}"
        yield Problem(file.relative_to(root), where, f"{number} in “{around}”")


def result_like(text: str, known: set[str]) -> Iterator[tuple[int, str]]:
    """Find numbers that look like results, with their positions; ``known`` ones are settings."""
    bare = _NOT_PROSE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), prose(text))
    start = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(bare)), len(bare)]:
        sentence = bare[start:end]
        if "{cite" not in sentence:
            for match in _RESULT.finditer(sentence):
                if _is_result(match, sentence, known):
                    yield start + match.start(), match.group().strip()
        start = end


def _is_result(match: re.Match[str], sentence: str, known: set[str]) -> bool:
    number, percent = match["number"].replace(",", ""), match["unit"]
    if number in known or (percent and f"{float(number) / 100:g}" in known):
        return False
    if percent:
        return not _INTERVAL.match(sentence, match.end()) and float(number) not in (0, 50, 100)
    return "." in number or bool(_COUNTED.match(sentence, match.end()) and float(number) > 1)


def settings(code: str) -> set[str]:
    """Collect the numbers in code, as written and in short: ``0.10`` also as ``0.1``."""
    known = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NUMBER:
                written = token.string.replace("_", "").lower()
                known.add(written)
                if not written.startswith(("0x", "0b", "0o")) and not written.endswith("j"):
                    known.add(f"{float(written):.12g}")
    except (tokenize.TokenError, IndentationError):
        # Magics; what was read so far will do.
        pass
    return known

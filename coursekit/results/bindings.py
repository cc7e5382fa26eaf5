"""Numbers and words in prose that are bound to what a run recorded.

``15 <!-- = bn_after.epochs.median -->`` binds the number 15 to the field ``median`` of the record
``bn_after.epochs``, and ``**not supported here** <!-- = C14.verdict -->`` binds the words to the
field ``verdict`` of the claim C14. ``30 <!-- = parameters.seeds -->`` binds a number to what the
page's own cell of parameters sets.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from coursekit.pages.prose import BINDING, line_of, prose
from coursekit.results.records import Record

MEND = "run `course numbers`"
BUILD_FIRST = "after `course build`"

_NUMBER = re.compile(
    r"(?<![\w.,])([-−+]?(?:\d[\d,]*)?\.?\d+(?:e[-+]?\d+)?)[\s\xa0*_]*(%?)[\s\xa0*_]*$",
    re.IGNORECASE,
)
_VERDICTS = re.compile(
    r"(?:(?:not supported|supported|depends on|opposite|larger|smaller|about equal|unclear)\b"
    r"[^.:;!?()]*)$",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?:\b(?:not|no|nor|never|neither|hardly|barely)|n[’']t)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Binding:
    """What stands before a comment that names a record's field, ``path``, in line ``line``.

    ``number`` is the number right before it, as written, at position ``start`` of the text, or
    ``""``; ``percent`` tells whether a percent sign follows it. ``words`` is the text before the
    comment, back to the start of its paragraph or to the comment before, on one line and without
    emphasis.
    """

    number: str
    percent: bool
    words: str
    path: str
    line: int
    start: int


def bindings(text: str) -> Iterator[Binding]:
    """Find the numbers and words of a page's text that are bound to records; code is no text."""
    for match in BINDING.finditer(prose(text)):
        end = match.start()
        before = re.split(r"-->|\n[ \t]*\n", text[:end])[-1]
        number = _NUMBER.search(before)
        yield Binding(
            number[1] if number else "",
            bool(number and number[2]),
            _plain(before),
            match[1],
            line_of(text, end),
            end - len(before) + number.start(1) if number else end,
        )


def _plain(text: str) -> str:
    """Put a text on one line, without emphasis and the marks of code."""
    return " ".join(re.sub(r"[*`]+|(?<!\w)_+|_+(?!\w)", "", text).split())


def binding_problem(binding: Binding, records: dict[str, Record]) -> str:
    """Say what is wrong with what is bound, and what to do; an empty string if nothing is.

    A number must equal its record as far as it shows; words must be those recorded, capitals aside.
    """
    recorded, path = look_up(binding.path, records), binding.path
    if recorded is None:
        return _unknown(path, records)
    if isinstance(recorded, str):
        if _says(binding.words, recorded):
            return ""
        if binding.number:
            return (
                f"the number {binding.number} is bound to {path}, which is words: {recorded!r}; "
                "write these words, or name a number's field"
            )
        if not binding.words:
            return (
                f"no words stand before the comment '= {path}', which is {recorded!r}; write the "
                "words first"
            )
        return (
            f"the text says {_last_words(binding.words)!r}, {path} is {recorded!r}; rewrite the "
            "sentence, and what rests on it, so that it is true"
        )
    if not binding.number:
        return (
            f"no number stands before the comment '= {path}', but {_last_words(binding.words)!r}; "
            f"{path} is {recorded:.6g}: write the number first"
        )
    if not _equal(binding, recorded):
        scale, unit = (100, " %") if binding.percent else (1, "")
        return (
            f"the text says {binding.number}{unit}, {path} is {recorded * scale:.6g}{unit}; {MEND}"
        )
    return ""


def look_up(path: str, records: dict[str, Record]) -> float | str | None:
    """Find what a path names: a number, words, or nothing."""
    name, field = _parts(path, records)
    value = records.get(name, {}).get(field)
    try:
        # 'inf' and 'nan' are stored as text.
        return None if value is None else float(value)
    except ValueError:
        return value


def _parts(path: str, records: dict[str, Record]) -> tuple[str, str]:
    return (path, "value") if path in records else path.rpartition(".")[::2]


def _unknown(path: str, records: dict[str, Record]) -> str:
    name = _parts(path, records)[0]
    if name in records:
        return (
            f"'= {path}' names nothing recorded; {name} has the fields {', '.join(records[name])}; "
            "name one of these"
        )
    known = sorted(records)
    if len(known) > 8:
        near = difflib.get_close_matches(name, known, n=5, cutoff=0)
        listed = f"of {len(known)} records the nearest names are: {', '.join(near)}"
    else:
        listed = f"recorded are: {', '.join(known) or 'none'}"
    return f"'= {path}' names nothing recorded; {listed}; correct the name, or record it"


def _says(words: str, recorded: str) -> bool:
    """Tell whether words end with those recorded, and nothing before turns them around."""
    recorded = _plain(recorded)
    said, rest = words[len(words) - len(recorded) :], words[: len(words) - len(recorded)]
    return (
        said.casefold() == recorded.casefold()
        and not re.search(r"[\w-]$", rest)
        and not _NEGATED.search(rest)
    )


def _last_words(words: str) -> str:
    """Pick out of a paragraph what is meant to be a verdict, or else its last words."""
    if verdict := _VERDICTS.search(words):
        start = _NEGATED.search(words[: verdict.start()])
        return words[start.start() if start else verdict.start() :].strip()
    return " ".join(re.split(r"[.:;!?]\s", words)[-1].split()[-5:])


def _equal(binding: Binding, recorded: float) -> bool:
    shown = Decimal(binding.number.replace(",", "").replace("−", "-"))
    exact = Decimal(repr(recorded)) * (100 if binding.percent else 1)
    half_a_step = Decimal(1).scaleb(shown.as_tuple().exponent) / 2
    return exact.is_finite() and abs(shown - exact) <= half_a_step * Decimal("1.000001")


def mended(binding: Binding, records: dict[str, Record]) -> str | None:
    """Write a stale number anew, in its own form; None for what is right, words, or not finite."""
    recorded = look_up(binding.path, records)
    if not binding.number or not isinstance(recorded, float) or _equal(binding, recorded):
        return None
    exact = Decimal(repr(recorded)) * (100 if binding.percent else 1)
    return _written_like(binding.number, exact) if exact.is_finite() else None


def _written_like(number: str, value: Decimal) -> str:
    """Write a value with a number's decimals, sign character, plus sign, commas and exponent."""
    mantissa, e, exponent = number.lstrip("+-−").partition("e")
    mantissa, _, upper_exponent = mantissa.partition("E")
    decimals = len(mantissa.partition(".")[2])
    if e or upper_exponent:
        digits, _, power = f"{abs(value):.{decimals}e}".partition("e")
        width = len((exponent or upper_exponent).lstrip("+-"))
        sign = "-" if int(power) < 0 else "+" if "+" in exponent + upper_exponent else ""
        written = f"{digits}{'e' if e else 'E'}{sign}{abs(int(power)):0{width}}"
    else:
        commas = "," in mantissa or len(mantissa.partition(".")[0]) < 4
        written = f"{abs(value):{',' if commas else ''}.{decimals}f}"
        if mantissa.startswith("."):
            written = written.removeprefix("0")
    if value < 0 and re.search("[1-9]", written):
        return ("-" if number.startswith("-") else "−") + written
    return ("+" if number.startswith("+") else "") + written

"""Text from outside as it may be shown, and safe folder names for students."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

NAME = 60  # letters of a student's folder
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def shown(text: str) -> str:
    """Text from outside as it may be shown: no control characters, nothing endless."""
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return text if len(text) <= 160 else f"{text[:120]} … {text[-39:]}"


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """A folder name for each student, readable and safe on every system.

    Different names that give the same folder all get a few letters of their hash, so that the order does not matter.
    """
    names = set(names)
    made = {name: _safe(name) for name in names}
    length = 8
    while clashes := _clashing(made):
        for name in clashes:
            digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
            made[name] = f"{_safe(name)}-{digest[:length]}"
        length += 8
    return made


def _clashing(made: dict[str, str]) -> list[str]:
    # Some systems see no difference between capitals and small letters.
    folded = {
        name: unicodedata.normalize("NFKC", folder).casefold() for name, folder in made.items()
    }
    count = Counter(folded.values())
    return [name for name in made if count[folded[name]] > 1]


def _safe(name: str) -> str:
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LMN" or letter in "_.-" else "-"
        for letter in unicodedata.normalize("NFC", name)
    )
    kept = re.sub(r"-+", "-", kept).strip("-.")
    kept = re.sub(r"\.{2,}", ".", kept)[:NAME]
    while len(kept.encode()) > 3 * NAME:
        kept = kept[:-1]
    kept = kept.strip("-.")
    return kept if kept and not _RESERVED.fullmatch(kept) else f"student-{kept}".strip("-")

"""Pictures in what students wrote: decoded and written anew, so that nothing but a picture is left."""

import base64
import io
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from PIL import Image, ImageOps

from coursekit.units import MIB

MOST = 20  # pictures of a notebook
TOTAL = 6 * MIB  # bytes of them, as they are kept
PIXELS = 50_000_000  # of a picture, before it is made smaller
LONGEST = 1600  # pixels of a side that are kept
LARGEST = 600_000  # bytes of a picture that is kept without loss
_INLINE = re.compile(r"data:image/\w+(?:\+\w+)?;base64,([A-Za-z0-9+/=]+)")
_TAG = re.compile(r"<img\s[^<>]*?\bsrc\s*=\s*[\"']?(attachment:[^\"'\s<>]+)[^<>]*>", re.IGNORECASE)


class Pictures:
    """Takes the pictures of one notebook, as many as there is room for."""

    def __init__(self) -> None:
        self.count = self.size = 0

    def take(self, source: str, attachments: Any) -> tuple[str, dict[str, dict[str, str]], int]:
        """Take the pictures of a Markdown cell.

        Pictures within the text become attachments, too. Gives the cell's text, its attachments as they are kept, and how many
        pictures were taken out.
        """
        kept: dict[str, dict[str, str]] = {}
        lost: list[str] = []
        given = attachments if isinstance(attachments, Mapping) else {}
        written = {
            form: name for name in given if isinstance(name, str) for form in (name, quote(name))
        }
        made: dict[str, str] = {}

        def named(what: str, encoded: str) -> str:
            if what not in made:
                made[what] = self._keep(kept, encoded)
                lost.extend([] if made[what] else [what])
            return f"attachment:{made[what] or 'none'}"

        def attached(match: re.Match) -> str:
            name = written[match[1]]
            return named(name, _encoded(given[name]))

        if written:
            # Longer names first: one may begin another.
            names = "|".join(map(re.escape, sorted(written, key=len, reverse=True)))
            source = re.sub(f"attachment:({names})", attached, source)
        source = _INLINE.sub(lambda match: named(match[0], match[1]), source)
        return _TAG.sub(r"![picture](\1)", source), kept, len(lost)

    def _keep(self, kept: dict, encoded: str) -> str:
        """Keep a picture under a name of ours, which is returned; empty where it cannot be kept."""
        made = rewritten(encoded) if encoded and self.count < MOST else None
        if made is None or self.size + len(made[1]) > TOTAL:
            return ""
        self.count, self.size = self.count + 1, self.size + len(made[1])
        kind, data = made
        name = f"picture-{self.count}.{kind}"
        kept[name] = {f"image/{kind}": base64.b64encode(data).decode()}
        return name


def _encoded(kinds: Any) -> str:
    """What an attachment holds, in base64; empty where it holds none of a known kind."""
    for kind in ("image/png", "image/jpeg", "image/jpg"):
        found = kinds.get(kind) if isinstance(kinds, Mapping) else None
        if isinstance(found, list):
            found = "".join(map(str, found))
        if isinstance(found, str):
            return found
    return ""


def rewritten(encoded: str) -> tuple[str, bytes] | None:
    """A PNG or JPEG in base64, decoded and written anew: its kind and bytes; nothing where it is none, or too large."""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as image:
            if image.width * image.height > PIXELS:
                return None
            image.load()
            kind = image.format
            image = ImageOps.exif_transpose(image)
            see_through = "A" in image.getbands() or "transparency" in image.info
            image = image.convert("RGBA" if see_through else "RGB")
    except MemoryError:
        raise
    # A decoder trips in many ways over what is no picture.
    except Exception:
        return None
    image.info = {}
    image.thumbnail((LONGEST, LONGEST))
    made = io.BytesIO()
    if kind == "PNG":
        image.save(made, "PNG")
        if see_through or made.tell() <= LARGEST:
            return "png", made.getvalue()
        made = io.BytesIO()
    image.convert("RGB").save(made, "JPEG", quality=85)
    return "jpeg", made.getvalue()

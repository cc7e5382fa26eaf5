"""What a cell showed, as the player tells it, which may be anything."""

import base64
from typing import Any

KINDS = ("text/plain", "image/png")


def outputs_of(found: Any) -> list[dict]:
    """Outputs in the form that a notebook has: text, errors, and text or PNG that was displayed.
    The rest is dropped.
    """
    return [one for one in map(_output, found if isinstance(found, list) else []) if one]


def _output(found: Any) -> dict:
    if not isinstance(found, dict):
        return {}
    if found.get("output_type") == "stream":
        return {"output_type": "stream", "text": _text(found.get("text"))}
    if found.get("output_type") == "error":
        lines = found.get("traceback")
        lines = [_text(line) for line in lines[-20:]] if isinstance(lines, list) else []
        name, value = _text(found.get("ename")), _text(found.get("evalue"))
        return {"output_type": "error", "ename": name, "evalue": value, "traceback": lines}
    data = found.get("data")
    data = data if isinstance(data, dict) else {}
    return {"data": {kind: _text(data[kind]) for kind in KINDS if kind in data}}


def _text(value: Any) -> str:
    """A text; a picture's bytes as a notebook has them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, str) else ""


def writable(value: Any) -> Any:
    """The same with a question mark for each half of a character pair, which no file can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [writable(one) for one in value]
    if isinstance(value, dict):
        return {writable(name): writable(one) for name, one in value.items()}
    return value

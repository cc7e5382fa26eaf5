"""Units of what is counted."""

MIB = 2**20  # bytes, written MiB in messages


def counted(count: float, unit: str) -> str:
    """Say how many there are: ``1 page``, ``2 pages``, ``1,500 files``, ``0.5 points``."""
    shown = f"{count:,}" if isinstance(count, int) else f"{count:g}"
    return f"{shown} {unit}{'' if count == 1 else 's'}"

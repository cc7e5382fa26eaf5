"""The files of a folder."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit.grading.intake import bounds
from coursekit.grading.intake.bounds import UnreadableError, open_regular, whole
from coursekit.units import MIB, counted


@dataclass(frozen=True)
class File:
    """A file somewhere in a folder or zip: where, when it was changed, and how to read at most so many bytes of it."""

    parts: tuple[str, ...]
    modified: float
    read: Callable[[int], bytes]


def files_in_folder(root: Path, leave_out: Callable[[tuple[str, ...], str], None]) -> Iterator:
    """All files of a folder, those near its top first, so that no student's heap of files hides another's."""
    waiting: deque[tuple[str, ...]] = deque([()])
    seen = 0
    while waiting:
        parts = waiting.popleft()
        try:
            with os.scandir(root.joinpath(*parts)) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            leave_out(parts, f"the folder cannot be read: {error.strerror}")
            continue
        if len(inside) > bounds.FOLDER_FILES:
            leave_out(
                parts,
                f"holds {counted(len(inside), 'file')}; only {bounds.FOLDER_FILES:,} were looked at",
            )
        for entry in inside[: bounds.FOLDER_FILES]:
            seen += 1
            if seen > bounds.ALL_FILES:
                leave_out((), f"only the first {bounds.ALL_FILES:,} files were looked at")
                return
            here = (*parts, entry.name)
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(here)
                    continue
                changed = entry.stat(follow_symlinks=False).st_mtime
            except OSError as error:
                leave_out(here, f"it cannot be read: {error.strerror}")
                continue
            yield File(here, changed, _reader_of(Path(entry.path), entry.is_symlink()))


def _reader_of(path: Path, link: bool) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if link:
            raise UnreadableError("it is a symbolic link, which is not followed")
        try:
            with open_regular(path) as file:
                if os.fstat(file.fileno()).st_size > limit:
                    raise UnreadableError(f"it is larger than {limit // MIB} MiB")
                return whole(file, limit)
        except OSError as error:
            raise UnreadableError(f"it cannot be read: {error.strerror}") from error

    return read

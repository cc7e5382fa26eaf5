"""The files of a zip, of which nothing is extracted."""

import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import BinaryIO

from coursekit.grading.intake import bounds
from coursekit.grading.intake.bounds import UnreadableError, whole
from coursekit.grading.intake.folders import File
from coursekit.grading.intake.names import shown
from coursekit.units import MIB, counted


@contextmanager
def opened_zip(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open a zip.

    Raises UnreadableError where it is none, or holds too many files.
    """
    try:
        archive = zipfile.ZipFile(file)
    except UnreadableError:
        raise
    except Exception as error:  # zipfile trips in many ways over what is no zip
        raise UnreadableError(f"it is no zip, or a broken one: {shown(str(error))}") from error
    with archive:
        if len(archive.infolist()) > bounds.ZIP_FILES:
            count = len(archive.infolist())
            raise UnreadableError(
                f"the zip holds {counted(count, 'file')}, more than {bounds.ZIP_FILES:,}"
            )
        yield archive


def files_in_zip(archive: zipfile.ZipFile) -> list[File]:
    """All files of a zip, however they are called; nothing is unpacked yet."""
    files = []
    for info in archive.infolist():
        if info.filename.endswith(("/", "\\")):  # is_dir fails on an empty name
            continue
        name = info.filename
        if not info.flag_bits & 0x800:  # not declared as UTF-8, which macOS writes all the same
            with suppress(UnicodeError):
                name = name.encode("cp437").decode("utf-8")
        try:
            modified = datetime(*info.date_time, tzinfo=UTC).timestamp()
        except ValueError:
            modified = 0.0
        parts = tuple(re.split(r"[/\\]", name))
        files.append(File(parts, modified, _unpacker(archive, info)))
    return files


def _unpacker(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise UnreadableError("it is a symbolic link, which is not followed")
        if kind not in (0, stat.S_IFREG):
            raise UnreadableError("it is no file but a pipe, a device or the like")
        if info.flag_bits & 0x1:
            raise UnreadableError("it is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # zipfile unpacks bzip2 and LZMA without a bound
            raise UnreadableError(
                "it is packed in an unusual way; only stored and deflated is read"
            )
        if info.file_size > limit:
            raise UnreadableError(f"it is larger than {limit // MIB} MiB")
        if info.file_size > max(MIB, bounds.RATIO * info.compress_size):
            raise UnreadableError(
                f"it unpacks to more than {bounds.RATIO} times its size, as zip bombs do"
            )
        try:
            with archive.open(info) as file:
                return whole(file, limit)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            ValueError,
            RuntimeError,
        ) as error:
            if isinstance(error, UnreadableError):
                raise
            raise UnreadableError(f"its place in the zip is broken: {shown(str(error))}") from error

    return read

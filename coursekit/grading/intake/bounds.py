"""How much is read of what was handed in, and how files are read no further."""

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

MIB = 2**20
# In a file, and in all files of one student, so that nobody uses up what all share.
FILE_BYTES, STUDENT_READ = 100 * MIB, 500 * MIB
# In one notebook without its stored outputs; one of this course has less than 100 KiB.
NOTEBOOK_BYTES = 20 * MIB
# In the notebooks to grade of one student, and of the class, which are kept in memory.
STUDENT_BYTES, CLASS_BYTES = 100 * MIB, 2048 * MIB
# In the stored outputs that are kept of a notebook's runs, for a person to read.
OUTPUT_BYTES = 8 * MIB
STUDENT_FILES = 200  # notebooks read of one student
ZIP_BYTES = 100 * MIB  # in a zip within a zip, which is kept in memory while it is read
ZIP_FILES = 50_000  # in a zip
DIRECTORY_BYTES = 8 * MIB  # of a zip's list of files, which zipfile reads as a whole
FOLDER_FILES, ALL_FILES = 10_000, 200_000  # looked at in one folder, and in all
RATIO = 200  # unpacked to packed; notebooks full of plots have 2, full of repeated text 50
CELLS = 5_000
LONGEST, DEPTH = 255, 40  # letters in a name, folders in a path


class UnreadableError(ValueError):
    """What was handed in is no notebook; the message says why, in words for an instructor."""


class Bounded(io.BufferedReader):
    """A file of which no more is read at once than a zip's list of files may take."""

    def read(self, size: int | None = -1) -> bytes:
        """Read that many bytes.

        Raises UnreadableError where all that is left is asked for, and is too much.
        """
        if size is None or not 0 <= size <= DIRECTORY_BYTES:
            data = super().read(DIRECTORY_BYTES + 1)
            if len(data) > DIRECTORY_BYTES:
                raise UnreadableError("its list of files is too long")
            return data
        return super().read(size)


def open_regular(path: Path) -> io.FileIO:
    """Open a file that is one: no link, and no pipe or device, which could keep us waiting."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise UnreadableError("it is no file but a pipe, a device or the like")
    return io.FileIO(handle)


def whole(file: BinaryIO | io.FileIO, limit: int) -> bytes:
    """Read all of a file.

    Raises UnreadableError where it has more than ``limit`` bytes, having read no more than a mebibyte beyond.
    """
    data = bytearray()
    while chunk := file.read(MIB):
        data += chunk
        if len(data) > limit:
            raise UnreadableError(f"it is larger than {limit // MIB} MiB")
    return bytes(data)

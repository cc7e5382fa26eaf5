"""How much is read of what was handed in, and how files are read no further."""

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from coursekit.units import MIB

# In one file: a notebook, or a zip of which is known whose it is.
FILE_BYTES, ZIP_BYTES = 100 * MIB, 100 * MIB
# After so many bytes of one student's notebooks, as they were handed in, or so many files, of which
# a zip counts as ten, no further one is read, so that nobody uses up what all share.
STUDENT_READ, STUDENT_FILES = 500 * MIB, 200
# In one notebook without its stored outputs; one of this course has 200 KiB, most of it lab.py.
NOTEBOOK_BYTES = 20 * MIB
# In the stored outputs that are kept of a notebook's runs, for a person to read.
OUTPUT_BYTES = 8 * MIB
# In the notebooks to grade, made of what was handed in, of one student, and of the class. They are
# kept in memory. So is, while it is read, a zip that lies in a folder or in another zip; one that
# may be the whole class's, or of which is not known whose it is, may have as much as the class.
STUDENT_BYTES, CLASS_BYTES = 100 * MIB, 2048 * MIB
ZIP_FILES = 50_000  # in a zip
DIRECTORY_BYTES = 8 * MIB  # of a zip's list of files, which zipfile reads as a whole
FOLDER_FILES, ALL_FILES = 10_000, 200_000  # looked at in one folder, and in all
RATIO = 200  # unpacked to packed; notebooks full of plots have 2, full of repeated text 50
CELLS = 5_000  # in a notebook
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

    Raises UnreadableError where it has more than ``limit`` bytes, having read no more than a MiB
    beyond.
    """
    data = bytearray()
    while chunk := file.read(MIB):
        data += chunk
        if len(data) > limit:
            raise UnreadableError(f"it is larger than {limit // MIB} MiB")
    return bytes(data)

"""What a submission may take."""

from dataclasses import dataclass

from coursekit.units import MIB


@dataclass(frozen=True)
class Limits:
    """What a submission may take.

    Attributes:
        seconds: Time for each cell, and for each check.
        all_seconds: Time for the whole submission.
        memory: Bytes of memory, beside those that all submissions share.
        disk: Bytes of files.
        output: Characters that a submission may print.
        processes: Processes that it may have at once.
    """

    seconds: float = 120
    all_seconds: float = 600
    memory: int = 3072 * MIB
    disk: int = 256 * MIB
    output: int = 2**21
    processes: int = 40

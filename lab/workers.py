"""Where the runs of a sweep are done: in this process, in others, or on a cluster, by joblib."""

from __future__ import annotations

import atexit
import os
import platform
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from lab.hooks import (
    copies_this_process,
    joblib_starts_workers,
    let_workers_grow,
    uses_threads,
)
from lab.kept import kept

import joblib
import tensorflow as tf


def workers(jobs: int | None) -> int:
    """How many processes to use: those asked for; if None, all cores or what joblib was told.

    Raises:
        NotImplementedError: Joblib was told to use copies of this process, or a cluster whose
            workers are threads of it, which would draw from each other's random numbers.
    """
    if jobs == 1 or uses_threads():
        return 1
    if copies_this_process():
        raise NotImplementedError(
            "joblib's multiprocessing backend copies this process, in which TensorFlow has started "
            "threads: use joblib's own backend, loky, or a Dask or Ray cluster."
        )
    if not joblib_starts_workers():
        asked = joblib.Parallel(n_jobs=2)(joblib.delayed(_whereabouts)() for _ in range(2))
        if _whereabouts() in asked:
            raise NotImplementedError(
                "The workers of this cluster are threads of the process that asks them, and would "
                "draw from each other's random numbers: start it with processes (processes=True)."
            )
    return joblib.effective_n_jobs(jobs if jobs is not None else -1)


def _whereabouts() -> tuple[str, int]:
    return platform.node(), os.getpid()


def spread(function: Callable[..., Iterator], tasks: Sequence[tuple], jobs: int) -> Iterator:
    """Yield what ``function(*task)`` yields for each task, in any order."""
    if jobs == 1:
        with kept.lock:
            for task in tasks:
                yield from function(*task)
        return
    own = joblib_starts_workers()
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    done = parallel(joblib.delayed(_all_of)(own, function, task) for task in tasks)
    for results in done:
        yield from results


def _all_of(own: bool, function: Callable[..., Iterator], task: tuple) -> list:
    """A task of a sweep as a list, in a worker."""
    with kept.lock:
        if not kept.settled:
            _settle_in(own)
        return list(function(*task))


def _settle_in(own: bool) -> None:
    """What a worker does before its first task; ``own`` if joblib started it, and no cluster."""
    kept.settled = True
    os.environ["LAB_PROGRESS"] = "0"
    with suppress(RuntimeError):  # TensorFlow has started already, as it may on a cluster
        # One thread for each process is quickest, with as many processes as cores.
        tf.config.threading.set_intra_op_parallelism_threads(1)
    if not own:
        return
    let_workers_grow()

    # Jupyter ends a kernel's processes by a signal, and the kernel itself before it can tidy up.
    # TensorFlow would take seconds to take itself apart.
    def leave(*_: Any) -> None:
        os._exit(0)

    atexit.register(leave)
    signal.signal(signal.SIGTERM, leave)

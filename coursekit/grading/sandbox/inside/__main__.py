"""The process that imports TensorFlow, which takes seconds, and then only forks."""

import contextlib
import io
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from coursekit.grading.sandbox.inside.process import code_of, fork


def main() -> None:
    """Import TensorFlow, then fork what is asked for over the socket whose number is the first
    argument.

    The second is the file with the program that refuses calls of the kernel, or ``none``.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    walls = sys.argv[2] != "none"
    program = Path(sys.argv[2]).read_bytes() if walls else b""
    import checks  # noqa: F401 - and lab, keras, TensorFlow

    import IPython.core.interactiveshell  # noqa: F401
    import matplotlib.figure
    import matplotlib_inline.backend_inline  # noqa: F401
    import pandas  # noqa: F401
    import sklearn.datasets  # noqa: F401

    matplotlib.figure.Figure().savefig(io.BytesIO())  # finds fonts
    control.sendall(b'{"ready": true}')
    running: dict[int, int] = {}  # process ids by job
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    for job, what in _events(selector, control):
        if what == "ended":
            _, status = os.waitpid(running.pop(job), 0)
            control.sendall(json.dumps({"ended": job, "code": code_of(status)}).encode())
        elif what == "kill":
            if job in running:
                _kill(running[job], walls)
        else:
            order, ends = what
            running[job] = pid = fork(order["role"], ends, order["limits"], program, control)
            for end in ends:
                end.close()
            selector.register(os.pidfd_open(pid), selectors.EVENT_READ, job)
            control.sendall(json.dumps({"started": job, "pid": pid}).encode())


def _kill(pid: int, walls: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if walls:
            os.kill(pid, signal.SIGKILL)
        else:
            os.killpg(pid, signal.SIGKILL)


def _events(selector: selectors.BaseSelector, control: socket.socket) -> Iterator[tuple[int, Any]]:
    """What the supervisor asks for, and processes that ended; until the supervisor goes."""
    while True:
        for key, _ in selector.select():
            if key.fileobj is not control:
                selector.unregister(key.fileobj)
                os.close(key.fileobj)
                yield key.data, "ended"
                continue
            data, numbers, _, _ = socket.recv_fds(control, 65536, 4)
            if not data:
                return
            order = json.loads(data)
            ends = [socket.socket(fileno=number) for number in numbers]
            yield order["job"], "kill" if order.get("kill") else (order, ends)


if __name__ == "__main__":
    main()

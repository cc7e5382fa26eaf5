"""A player or a judge, forked."""

import json
import os
import signal
import socket
import sys
import traceback

from coursekit.grading.sandbox.inside.channel import Channel, Gone, NotCarried
from coursekit.grading.sandbox.inside.judge import Judge
from coursekit.grading.sandbox.inside.player import Player
from coursekit.grading.sandbox.inside.rights import become, give_up_rights, may_be_traced
from coursekit.grading.sandbox.inside.walls import PR_SET_PDEATHSIG, bound, libc, shut_in

FAILED_START = 98  # exit code


def fork(
    role: str, ends: list[socket.socket], limits: dict, program: bytes, keep: socket.socket
) -> int:
    """Fork a player or a judge; return its process id here.

    ``ends`` are its connections. ``program`` is what refuses calls of the kernel; without one there
    are no walls at all.
    """
    outer = os.fork()
    if outer:
        return outer
    try:
        keep.close()
        if program:
            _wall_in(ends, limits, program)
        else:
            libc("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
            os.setsid()
        _play(role, ends, limits)
        os._exit(0)
    except BaseException:
        try:
            traceback.print_exc(file=sys.__stderr__)
            sys.__stderr__.flush()
        finally:  # the disk may be full: whatever happens, this process does not go on to fork
            os._exit(FAILED_START)


def _wall_in(ends: list[socket.socket], limits: dict, program: bytes) -> None:
    """Go on in a process within new namespaces, without rights.

    What leads there ends with it, and out of its reach.
    """
    if limits["user"] is not None:
        become(limits["user"])
    libc("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
    shut_in(limits["disk"])
    may_be_traced(False)
    first = os.fork()
    if first:  # outside of the new namespaces: pass its end on
        for end in ends:
            end.close()
        os._exit(code_of(os.waitpid(first, 0)[1]))
    libc("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
    give_up_rights(program)
    main = os.fork()
    if main:  # the first process of the new namespaces: when it ends, all others do
        for end in ends:
            end.close()
        while True:
            pid, status = os.wait()
            if pid == main:
                os._exit(code_of(status))
    may_be_traced(True)


def code_of(status: int) -> int:
    """A process's exit code, as a shell gives it."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _play(role: str, ends: list[socket.socket], limits: dict) -> None:
    os.chdir(limits["home"])
    bound(limits)
    if role == "player":
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        sys.path.insert(0, limits["home"])
        Player(Channel(ends[0]), limits["output"]).serve()
        return
    supervisor = Channel(ends[1])

    def report(what: dict) -> None:
        supervisor.send(json.dumps(what).encode())

    order = json.loads(supervisor.receive())
    try:
        Judge(Channel(ends[0]), report).lead(order["cells"], order["defined"])
        report({"end": "done"})
    except (Gone, NotCarried) as error:
        report({"end": "gone", "why": str(error)[:500]})

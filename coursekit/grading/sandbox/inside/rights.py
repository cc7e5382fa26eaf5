"""What a process gives up before it runs a submission, for itself and all that it starts."""

import ctypes
import os
import platform

from coursekit.grading.sandbox.inside.walls import libc

_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_DROP_BOUND, _AMBIENT, _CLEAR_ALL = 24, 47, 4
_VERSION_3 = 0x20080522  # of how capabilities are told
_KEYCTL = {"x86_64": 250, "aarch64": 219}
_JOIN_SESSION = 1


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def give_up_rights(program: bytes) -> None:
    """Give up keys, capabilities, the ways to get new ones, and the calls of the kernel that a
    filter refuses.

    Raises OSError where the kernel does not allow that.
    """
    if number := _KEYCTL.get(platform.machine()):
        libc("syscall", number, _JOIN_SESSION, None)
    for capability in range(64):
        try:
            libc("prctl", _DROP_BOUND, capability, 0, 0, 0)
        except OSError:
            if capability == 0:
                raise
            break
    libc("prctl", _AMBIENT, _CLEAR_ALL, 0, 0, 0)
    libc("capset", (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)())
    libc("prctl", _SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    held = ctypes.create_string_buffer(program, len(program))
    rules = _Program(len(program) // 8, ctypes.addressof(held))
    libc("prctl", _SET_SECCOMP, _FILTER, ctypes.byref(rules), 0, 0)


def may_be_traced(allowed: bool) -> None:
    """Say whether others of the same user may look into this process."""
    libc("prctl", 4, int(allowed), 0, 0, 0)


def become(user: int) -> None:
    """Become a user without rights, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    may_be_traced(
        True
    )  # which a change of the user ends, and with it the sight of its own files in /proc

"""Namespaces and limits of a process."""

import ctypes
import os
import resource
import sys
from typing import Any

HOME = "/home/student"
FOLDERS = (HOME, "/dev/shm", "/tmp")  # to which a submission can write
CLONE = {
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
MS_NOSUID_NODEV, MS_PRIVATE_ALL, MS_BIND_ALL = 0x2 | 0x4, 0x4000 | 0x40000, 0x1000 | 0x4000
PR_SET_PDEATHSIG = 1
FILES = 512  # open at once: each may be a pipe or socket, which holds memory


def libc(name: str, *arguments: Any) -> None:
    """Call a function of the C library. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def shut_in(disk_bytes: int) -> None:
    """Give this process namespaces of its own; its next child is the first process of them.

    Raises OSError where the kernel does not allow that.
    """
    user, group = os.getuid(), os.getgid()
    libc("unshare", sum(CLONE.values()))
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{file}", "w") as stream:
            stream.write(text)
    libc("mount", None, b"/", None, MS_PRIVATE_ALL, None)
    covered = {  # where the checkout is a temporary folder, say
        path: os.open(path, os.O_PATH)
        for path in (sys.base_prefix, sys.prefix)
        if path.startswith(tuple(f"{folder}/" for folder in FOLDERS))
    }
    # One file system, so that all folders share the limit; the last of them covers it.
    options = f"size={disk_bytes},nr_inodes=20000,mode=700".encode()
    libc("mount", b"tmpfs", FOLDERS[-1].encode(), b"tmpfs", MS_NOSUID_NODEV, options)
    for number, folder in enumerate(FOLDERS):
        own = f"{FOLDERS[-1]}/{number}"
        os.mkdir(own, 0o700)
        libc("mount", own.encode(), folder.encode(), None, MS_BIND_ALL, None)
    for path, place in covered.items():
        os.makedirs(path, exist_ok=True)
        libc("mount", b"/proc/self/fd/%d" % place, path.encode(), None, MS_BIND_ALL, None)
        os.close(place)


def bound(limits: dict) -> None:
    """Limit memory, file sizes and processes of this process and its children."""
    # Data, not address space: TensorFlow's threads reserve much of that and crash where they
    # cannot.
    with open("/proc/self/status") as file:
        now = next(int(line.split()[1]) for line in file if line.startswith("VmData:")) * 1024
    threads = limits["processes"] + 200  # which count as processes
    for kind, most in (
        (resource.RLIMIT_DATA, now + limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["disk"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, threads),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_SIGPENDING, threads),
    ):
        most = most if (hard := resource.getrlimit(kind)[1]) < 0 else min(most, hard)
        resource.setrlimit(kind, (most, most))

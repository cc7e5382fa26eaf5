"""The command that shuts a program in."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coursekit.grading.sandbox.inside.walls import HOME
from coursekit.grading.sandbox.syscalls import INSTALL, missing_library

NOBODY = 65534  # the user without rights, as which root has submissions run
_SYSTEM = """
    /usr /bin /sbin /lib /lib32 /lib64 /etc/ld.so.cache /etc/alternatives /etc/fonts
    /etc/localtime
""".split()


def missing_sandbox() -> str:
    """Why there can be no sandbox here; empty if there can."""
    if not sys.platform.startswith("linux"):
        return "The sandbox needs Linux; this is another system."
    if not shutil.which("bwrap"):
        return f"The sandbox needs bubblewrap, which is not installed: {INSTALL}bubblewrap`."
    if why := missing_library():
        return why
    try:
        with walls() as (command, passed):
            command = [*command, "--", sys.executable, "-S", "-c", ""]
            done = subprocess.run(command, capture_output=True, text=True, pass_fds=passed)
    except OSError as error:
        return f"namespaces for users do not work here: {error}"
    if done.returncode:
        return f"bubblewrap does not work here: {done.stderr.strip() or done.returncode}"
    return ""


def runs_as() -> int | None:
    """The user as which submissions run, where that is not the one who grades: root's would be
    root's.
    """
    return NOBODY if os.getuid() == 0 else None


@contextmanager
def walls() -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The command, and files that it needs open: no network, nothing to write to, of files only the
    system, Python and its packages.

    Raises OSError where root can make no namespace of users.
    """
    command = ["bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    with _users() as users:
        command += ["--unshare-all"] if users is None else _as_root(users)
        command += ["--tmpfs", "/tmp"]  # before the environment, which may lie within it
        shown = [path for path in _SYSTEM if Path(path).exists()]
        # The real interpreter first: the environment's folder may lie inside that of the
        # interpreter.
        pythons = {sys.base_prefix, sys.prefix, str(Path(sys.executable).resolve().parents[1])}
        for path in [*shown, *sorted(pythons, key=len)]:
            within = (
                Path(path).is_relative_to(other) for other in ("/usr", "/lib") if path != other
            )
            if not any(within):
                command += bound(path, path)
        command += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--dir", HOME]
        yield command, () if users is None else (users,)


def bound(path: str | Path, place: str | Path) -> list[str]:
    """Options that show a file or folder in a place, to any user there."""
    folders = [one for one in reversed(Path(place).parents) if one != Path("/")]
    opened = [part for one in folders for part in ("--perms", "755", "--dir", str(one))]
    return [*opened, "--ro-bind", str(path), str(place)]


def _as_root(users: int) -> list[str]:
    kinds = "ipc pid net uts cgroup-try".split()
    return [*(f"--unshare-{kind}" for kind in kinds), "--userns", str(users)]


@contextmanager
def _users() -> Iterator[int | None]:
    """For root, a namespace with a user besides root, for a process there to become; None for
    others.
    """
    if os.getuid() != 0:
        yield None
        return
    mine = os.stat("/proc/self/ns/user").st_ino
    with subprocess.Popen(["unshare", "--user", "cat"], stdin=subprocess.PIPE) as process:
        try:
            end = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < end:
                with suppress(OSError):
                    if os.stat(f"/proc/{process.pid}/ns/user").st_ino != mine:
                        break
                time.sleep(0.001)
            for kind in ("uid_map", "gid_map"):
                Path(f"/proc/{process.pid}/{kind}").write_text(f"0 0 1\n{NOBODY} {NOBODY} 1\n")
            users = os.open(f"/proc/{process.pid}/ns/user", os.O_RDONLY)
        finally:
            process.stdin.close()
    try:
        yield users
    finally:
        os.close(users)

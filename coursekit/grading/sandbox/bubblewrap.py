"""The command that shuts a program in."""

import shutil
import subprocess
import sys
from pathlib import Path

from coursekit.grading.sandbox.inside.walls import HOME

_SYSTEM = "/usr /bin /sbin /lib /lib32 /lib64 /etc/ld.so.cache /etc/alternatives /etc/fonts /etc/localtime".split()


def missing_sandbox() -> str:
    """Why there can be no sandbox here; empty if there can."""
    if not sys.platform.startswith("linux"):
        return "The sandbox needs Linux; this is another system."
    if not shutil.which("bwrap"):
        return "The sandbox needs bubblewrap, which is not installed: `apt-get install bubblewrap` (Debian, Ubuntu)."
    command = [*walls(), "--", sys.executable, "-c", ""]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return f"bubblewrap does not work here: {done.stderr.strip() or done.returncode}"
    return ""


def walls() -> list[str]:
    """The command that shuts a program in: no network, nothing to write to, of files only the system, Python and its packages."""
    command = ["bwrap", "--die-with-parent", "--unshare-all", "--new-session", "--clearenv"]
    command += ["--tmpfs", "/tmp"]  # before the environment, which may lie within it
    shown = [path for path in _SYSTEM if Path(path).exists()]
    # The real interpreter first: the environment's folder may lie inside that of the interpreter.
    pythons = {sys.base_prefix, sys.prefix, str(Path(sys.executable).resolve().parents[1])}
    for path in [*shown, *sorted(pythons, key=len)]:
        if not any(Path(path).is_relative_to(other) for other in ("/usr", "/lib") if path != other):
            command += ["--ro-bind", path, path]
    return [
        *command,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--remount-ro",
        "/dev",
        "--dir",
        HOME,
    ]

"""`make packages` installs what is missing of Debian's packages, and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from coursekit.paths import ROOT

# Where these lie is not for PATH to say.
FILES = {"libseccomp2": "lib/*/libseccomp.so.2", "fonts-dejavu": "share/fonts/truetype/dejavu"}
NO_PROGRAMS = [name for name, place in FILES.items() if not any(Path("/usr").glob(place))]
PROGRAMS = {
    "make": "make",
    "python3": "python3 python3-venv",
    "bwrap": "bubblewrap",
    "chromium": "chromium",
    "firefox-esr": "firefox-esr",
    "WebKitWebDriver": "webkit2gtk-driver",
    "Xvfb": "xvfb",
}


def installs(folder: Path, programs: list[str], user: int) -> list[str]:
    """Run the script where only these programs exist; give the commands that it would carry out."""
    log = folder / "log"
    fakes = dict.fromkeys(programs, "") | {
        "id": f"echo {user}",
        "sudo": 'printf "sudo " >>"$LOG"; "$@"',
        "apt-get": 'echo "apt-get $*" >>"$LOG"',
    }
    for name, does in fakes.items():
        (folder / name).write_text(f"#!{shutil.which('bash')}\n{does}\n")
        (folder / name).chmod(0o755)
    bash = shutil.which("bash")
    environment = {"PATH": str(folder), "LOG": str(log)}
    subprocess.run([bash, ROOT / ".ci/packages"], env=environment, check=True)
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize("absent", PROGRAMS)
def test_what_is_missing_is_installed(absent: str, tmp_path: Path) -> None:
    *_, last = installs(tmp_path, [name for name in PROGRAMS if name != absent], user=0)
    command, _, names = last.partition(" --no-install-recommends ")
    assert command == "apt-get install --yes --quiet"
    assert names.split() == PROGRAMS[absent].split() + NO_PROGRAMS


def test_nothing_is_installed_where_all_is_there(tmp_path: Path) -> None:
    asked = installs(tmp_path, [*PROGRAMS], user=0)
    assert [line.split()[-1] for line in asked[1:]] == NO_PROGRAMS


@pytest.mark.parametrize(
    ("absent", "other"), [("chromium", "google-chrome"), ("firefox-esr", "firefox")]
)
def test_another_edition_of_a_browser_does_as_well(absent: str, other: str, tmp_path: Path) -> None:
    programs = [name for name in PROGRAMS if name != absent]
    assert not any(absent in line for line in installs(tmp_path, [*programs, other], user=0))


def test_who_is_not_root_asks_sudo(tmp_path: Path) -> None:
    asked = installs(tmp_path, ["make", "python3", "chromium"], user=1000)
    assert asked and all(line.startswith("sudo apt-get ") for line in asked)

"""Try the newest releases of all packages that are not held, and say what broke: ``make canary``.

They are installed into ``.venv-canary``; requirements/lock.txt stays as it is. What each step says
is kept in ``_build/canary``.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from coursekit.paths import ROOT

LOGS = ROOT / "_build/canary"
ENVIRONMENT = ".venv-canary"
PYTHON = ROOT / ENVIRONMENT / "bin/python"
UV = Path(sys.executable).with_name("uv")

HELD = {  # what keeps its version, since a newer one is known not to do
    "jupyter-book": "2.x is another program, which reads other settings",
    "sphinx-book-theme": "1.3 shows a stray top bar",
}
PAGES = (
    "chapters/noise",
    "chapters/batch_normalization",
    "solutions/dropout/max_norm",
)  # some are enough
ALONE = "tests/pages/test_shortened.py::test_a_notebook_runs_alone_with_shortened_parameters"
STEPS = {
    "fast tests": ["pytest", "tests", "-m", "not slow", "-n", "2", "--dist", "loadfile"],
    "tests against Keras": ["pytest", "tests/lab/test_exactness.py"],
    "shortened notebooks": ["pytest", *(f"{ALONE}[{page}]" for page in PAGES)],
    "book": ["pytest", "tests/sphinx/test_book.py"],
}


def wanted(text: str) -> str:
    """Requirements without the versions of those that are not held."""
    lines = [line.partition("#")[0].rstrip() for line in text.splitlines()]
    names = [line for line in lines if line and not line.startswith("-")]
    return "\n".join(
        line if line.partition("==")[0] in HELD else re.sub(r"==[^\s;]+", "", line)
        for line in names
    )


def versions(found: Iterable[Distribution]) -> dict[str, str]:
    """Version of each installed package."""
    return {canonicalize_name(one.metadata["Name"]): one.version for one in found}


def newer(lock: str, installed: dict[str, str]) -> list[str]:
    """What has another version than the lock says."""
    pins = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE))
    return [
        f"{name} {old} -> {installed[name]}"
        for name, old in pins.items()
        if installed.get(name, old) != old
    ]


def complaints(log: str) -> list[str]:
    """The lines of a log that say what broke, or else its last ones."""
    told = re.findall(r"^(?:FAILED|ERROR) .*", log, re.MULTILINE)
    return told or log.strip().splitlines()[-5:] or ["it said nothing"]


def run(name: str, command: list[str], **options: str) -> tuple[str, float, list[str]]:
    """Carry out a step; return how it ended, its minutes and what broke."""
    print(f"{name} ...", flush=True)
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"NOTEBOOK_ENVIRONMENT": ENVIRONMENT},
        **options,
    )
    (LOGS / f"{name}.log").write_text(done.stdout, encoding="utf-8")
    minutes = (time.monotonic() - began) / 60
    if done.returncode:
        return "broke", minutes, complaints(done.stdout)
    return "fine", minutes, []


def try_newest(steps: Iterable[str]) -> bool:
    """Install, run the steps, and print the table; whether all went well."""
    LOGS.mkdir(parents=True, exist_ok=True)
    files = ("requirements.txt", "requirements/dev.txt")
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    uv = [str(UV), "pip", "install", "--python", str(PYTHON), "--compile-bytecode", "--refresh"]
    results = {}
    make = [str(UV), "venv", "--clear", "--quiet", "--python", sys.executable, ENVIRONMENT]
    results["environment"] = run("environment", make)
    if not results["environment"][2]:
        results["installation"] = run("installation", [*uv, "-r", "-"], input=wanted(text))
        if not results["installation"][2]:
            results |= {step: run(step, [str(PYTHON), "-m", *STEPS[step]]) for step in steps}

    site = [str(path) for path in (ROOT / ENVIRONMENT).glob("lib/python*/site-packages")]
    lock = (ROOT / "requirements/lock.txt").read_text(encoding="utf-8")
    changed = newer(lock, versions(distributions(path=site)))
    print(f"\nOther versions than locked: {', '.join(changed) or 'none'}")
    print(f"Held: {'; '.join(f'{name} ({why})' for name, why in HELD.items())}\n")
    print(f"| {'step':19} | {'ended':5} | minutes |\n| {'-' * 19} | {'-' * 5} | ------- |")
    for name, (ended, minutes, _) in results.items():
        print(f"| {name:19} | {ended:5} | {minutes:7.1f} |")
    for name, (_, _, told) in results.items():
        if told:
            print(f'\n{name} broke; all that it said is in "{LOGS.relative_to(ROOT)}/{name}.log":')
            print("\n".join(f"  {line[:200]}" for line in told[:20]))
    return not any(told for _, _, told in results.values())

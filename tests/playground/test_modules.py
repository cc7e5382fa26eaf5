"""The playground's modules pass their own tests, and the checks of their types and their style."""

import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.paths import NODE_MODULES, ROOT
from tests.support.processes import HANGS

NODE = Path(sys.executable).with_name("node")


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        [NODE, "--test", "playground/test/*.test.js"],
        [NODE, NODE_MODULES / "typescript/bin/tsc", "--project", "playground"],
        [NODE, NODE_MODULES / "eslint/bin/eslint.js", "--config", "playground/eslint.config.js", "playground", "coursekit"],
    ],
    ids=["tests", "types", "style"],
)  # fmt: skip
def test_its_modules_pass_their_own_tests_and_checks(command: list[Path]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 0, done.stdout + done.stderr

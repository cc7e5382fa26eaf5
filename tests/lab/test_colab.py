"""The engine gives what Keras gives with the versions that Colab has, too."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import HANGS

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_engine_equals_keras_in_the_versions_of_colab() -> None:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    command = ["make", "--no-print-directory", "test-colab"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=HANGS
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout

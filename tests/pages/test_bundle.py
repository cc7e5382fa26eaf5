"""Modules of a package become one file that does the same."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.pages.bundle import bundle, carried
from coursekit.paths import ROOT
from coursekit.problem import PageError

PACKAGE = {
    "__init__": (
        '"""What it is."""\n\nimport pack.first\nfrom pack.top import shout\n\n'
        '__all__ = ["shout"]\n'
    ),
    "first": '"""Comes first."""\n\nimport os\n\nos.environ["PACK"] = "set"\n',
    "top": (
        '"""Shouts."""\n\nfrom __future__ import annotations\n\n'
        "import collections as c\nfrom json import dumps, loads\n\n"
        "from pack.base import low\n\nimport numpy as np\n\n\n"
        "# Why it is loud.\ndef shout(word):\n"
        "    one = int(np.ones(1)[0])\n"
        "    return dumps([low(word).upper(), loads('1'), one, c.Counter().total()])\n"
    ),
    "base": "from json import dumps\n\n\ndef low(word):\n    return dumps(word).strip('\"')\n",
}


def package(folder: Path, **changed: str) -> Path:
    place = folder / "pack"
    place.mkdir()
    for name, source in (PACKAGE | changed).items():
        (place / f"{name}.py").write_text(source)
    return place


def test_a_bundle_does_what_the_package_does(tmp_path: Path) -> None:
    code = "import pack, os; print(pack.shout('Hello'), os.environ['PACK'])"
    outputs = []
    for name in ("as_package", "as_file"):
        (tmp_path / name).mkdir()
    package(tmp_path / "as_package")
    (tmp_path / "as_file/pack.py").write_text(bundle(tmp_path / "as_package/pack"))
    for name in ("as_package", "as_file"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path / name,
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(done.stdout)
    assert outputs == ['["HELLO", 1, 1, 0] set\n'] * 2


def test_a_bundle_has_its_parts_in_order_with_docstrings_as_headings(tmp_path: Path) -> None:
    text = bundle(package(tmp_path))
    assert text.startswith('"""What it is."""\n\nfrom __future__ import annotations\n\n')
    assert "import collections as c\nimport os\nfrom json import dumps, loads\n" in text
    order = ["import os", "- first\n#\n# Comes first.", 'os.environ["PACK"]', "import numpy as np"]
    order += ["- base\n", "def low", "- top\n#\n# Shouts.", "# Why it is loud.", "def shout"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "pack." not in text
    ast.parse(text)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"base": "def shout():\n    pass\n\n\ndef low():\n    pass\n"}, "both define shout"),
        ({"base": "from pack.top import shout\n\nlow = shout\n"}, "top imports base imports top"),
        (
            {"base": "from pack.first import os as system\n\nlow = 1\n"},
            "line 1: give names of pack",
        ),
        ({"lonely": "x = 1\n"}, "nothing imports lonely"),
    ],
)
def test_a_package_that_cannot_be_one_file_is_refused(
    tmp_path: Path, changed: dict[str, str], message: str
) -> None:
    with pytest.raises(PageError, match=message):
        bundle(package(tmp_path, **changed))


def test_a_module_beside_the_engine_is_carried_as_it_is_and_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/__init__.py").write_text('"""Runs."""\n\nfrom lab.runs import run\n')
    (tmp_path / "lab/runs.py").write_text("def run():\n    pass\n")
    (tmp_path / "lab/checks.py").write_text("import lab\n\nrun = 1\n\n")
    assert carried("checks", tmp_path) == "import lab\n\nrun = 1"
    assert "run = 1" not in carried("lab", tmp_path)


def test_the_engine_defines_each_name_once_and_its_file_every_public_one() -> None:
    text = carried("lab", ROOT)
    defined = {node.name for node in ast.parse(text).body if hasattr(node, "name")}
    public = ast.parse((ROOT / "lab/__init__.py").read_text()).body[-1].value
    assert {ast.literal_eval(name) for name in public.elts} - defined <= {
        "MEASURES",
        "RECORD_TYPE",
        "Data",
        "Split",
        "kept",
    }


def test_no_module_of_the_engine_is_longer_than_six_hundred_lines() -> None:
    modules = list((ROOT / "lab").glob("*.py"))
    assert len(modules) > 10
    for path in modules:
        assert len(path.read_text().splitlines()) <= 600, path

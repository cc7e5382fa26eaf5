"""The canary asks for the newest of what is not held, and says what broke."""

from coursekit.canary import ALONE, HELD, PAGES, complaints, newer, wanted
from coursekit.pages.notebook import pages
from coursekit.paths import ROOT


def test_only_what_is_held_keeps_its_version() -> None:
    text = (
        "# words\n-r other.txt\nkeras==3.1  # why\njupyter-book==1.0\n"
        "x==2 ; sys_platform == 'linux'\n"
    )
    assert wanted(text) == "keras\njupyter-book==1.0\nx ; sys_platform == 'linux'"


def test_what_is_held_and_run_exists() -> None:
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert all(f"\n{name}==" in required for name in HELD)
    assert set(PAGES) <= {page.name for page in pages(ROOT)}
    file, _, name = ALONE.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_versions_are_compared_with_the_lock() -> None:
    lock = "# made\nkeras==3.1\nnumpy==2.0 ; sys_platform == 'linux'\npywin32==3\n"
    assert newer(lock, {"keras": "3.2", "numpy": "2.0", "more": "1"}) == ["keras 3.1 -> 3.2"]


def test_a_step_that_broke_always_says_something() -> None:
    assert complaints("a\nFAILED tests/a.py::b - x\n1 failed\n") == ["FAILED tests/a.py::b - x"]
    assert complaints("1\n2\n3\n4\n5\n6\n") == ["2", "3", "4", "5", "6"]
    assert complaints("") == ["it said nothing"]

"""Commands of a front end cost nothing where there is none."""

import pytest

from tests.support.restored import change, restored, source

LEFT_OUT = "left out in grading"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("%matplotlib widget\nx = 1", f"pass  # %matplotlib widget: {LEFT_OUT}\nx = 1"),
        ("%config A.b = 'svg'", f"pass  # %config A.b = 'svg': {LEFT_OUT}"),
        ("if x:\n    %load_ext a\n    y = 1", f"if x:\n    pass  # %load_ext a: {LEFT_OUT}\n    y = 1"),
        ("%unheard 1 \\\n  2\nx = 1", f"pass  # %unheard 1 \\: {LEFT_OUT}\nx = 1"),
        ("%%wandb\nx = 1", f"# %%wandb: {LEFT_OUT}\nx = 1"),
        ("%%time\n%matplotlib qt\nx = 1", f"%%time\npass  # %matplotlib qt: {LEFT_OUT}\nx = 1"),
    ],
)  # fmt: skip
def test_what_a_front_end_alone_understands_does_nothing(written: str, kept: str) -> None:
    made, notes = restored(change("network", written))
    assert source(made, "network") == kept
    assert notes == []


@pytest.mark.parametrize(
    "written",
    [
        "%time x = 1",
        "x = %pwd",
        "!pip list",
        "x = (5\n% matplotlib)",
        "s = '''\n%matplotlib widget\n'''",
        "%%bash\n%matplotlib widget",
        "%%unheard\nno python at all",
        "x = 7 % matplotlib",
        "%%writefile a.py\nx",
    ],
)
def test_all_other_code_stays_as_it_is(written: str) -> None:
    made, _ = restored(change("network", written))
    assert source(made, "network") == written

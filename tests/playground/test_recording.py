"""An example can be recorded alone: what is kept of the others stays."""

import json
from pathlib import Path

import numpy as np
import pytest

from playground import parity

EXAMPLES = {
    name: {"name": name, "title": name.title(), "setting": {"epochs": 50}, "code": ""}
    for name in ("baseline", "dropout", "noise")
}
LOGS = {"train": np.full(10, 0.5)} | {
    log: np.full((10, 50), 0.5) for log in ("val_accuracy", "val_loss")
}


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the examples that were trained; two are recorded, one of them no example now."""
    names: list[str] = []
    pictures = tmp_path / "recorded"
    pictures.mkdir()
    for name in ("noise", "gone"):
        (pictures / f"{name}.png").write_text("old")
    (tmp_path / "recorded.json").write_text('{"noise": "old", "gone": "old"}')
    monkeypatch.setattr(parity, "RECORDED", tmp_path / "recorded.json")
    monkeypatch.setattr(parity, "PICTURES", pictures)
    monkeypatch.setattr(parity, "examples", lambda: EXAMPLES)
    monkeypatch.setattr(parity, "picture", lambda runs: b"new")
    monkeypatch.setattr(
        parity, "train_with_keras", lambda example: names.append(example["name"]) or LOGS
    )
    return names


def kept() -> dict[str, bool]:
    """What is kept, in its order, and whether it is new."""
    recorded = json.loads(parity.RECORDED.read_text())
    pictures = {path.stem: path.read_bytes() == b"new" for path in parity.PICTURES.iterdir()}
    assert pictures == {name: one != "old" for name, one in recorded.items()}
    return {name: pictures[name] for name in recorded}


def test_one_example_is_trained_alone(trained: list[str]) -> None:
    parity.record(["dropout"])
    assert trained == ["dropout"]
    assert list(kept().items()) == [("dropout", True), ("noise", False)]


def test_without_a_name_all_are_trained(trained: list[str]) -> None:
    parity.record()
    assert trained == list(EXAMPLES)
    assert list(kept().items()) == [(name, True) for name in EXAMPLES]


def test_an_example_that_is_not_there_is_refused_before_anything_is_trained(
    trained: list[str],
) -> None:
    with pytest.raises(SystemExit, match="no example wider; there are: baseline, dropout, noise"):
        parity.record(["dropout", "wider"])
    assert trained == []

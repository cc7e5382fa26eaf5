"""The registry of claims is complete, and notebooks carry what settles their claims."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from coursekit.pages.book import load_book
from coursekit.pages.notebook import code_cells, page_notebook
from coursekit.pages.registry import LINE, REGISTRY, carried_claims, load_registry
from coursekit.paths import ROOT
from coursekit.problem import PageError
from tests.support.small_course import Course

ENTRY = {
    "page": "page",
    "sentence": "Later is better.",
    "source": "The text, section 2.",
    "supports": "a yes",
    "refutes": "anything else that is decided",
    "arms": {"late": "after", "early": "before"},
    "rival": "none, since the arms differ in one thing",
    "measure": "accuracy",
    "conditions": "two rings",
    "threats": ["small"],
}


def write(root: Path, name: str = "page", **entries: dict) -> None:
    (root / REGISTRY).mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(entries, sort_keys=False)
    (root / REGISTRY / f"{name}.yml").write_text(text, encoding="utf-8")


def test_the_registry_is_complete_and_its_pages_exist() -> None:
    entries = load_registry(ROOT)
    assert len(entries) > 30
    assert all((ROOT / f"chapters/{entry.page}.md").exists() for entry in entries.values())


def test_what_the_ledgers_lines_say_has_room_there_and_tells_the_claims_apart() -> None:
    lines = {name: entry.short or entry.sentence for name, entry in load_registry(ROOT).items()}
    assert {name: line for name, line in lines.items() if len(line) > LINE} == {}
    said = Counter(lines.values())
    assert {name: line for name, line in lines.items() if said[line] > 1} == {}


def test_words_that_just_fit_into_a_line_are_taken(tmp_path: Path) -> None:
    write(tmp_path, C1=ENTRY | {"short": "x" * 64})
    assert load_registry(tmp_path)["C1"].short == "x" * 64


def test_every_work_that_the_registry_cites_is_in_the_bibliography() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / REGISTRY).glob("*.yml"))
    cited = set(re.findall(r"\b[a-z]+(?:19|20)\d\d[a-z]+\b", text))
    assert len(cited) > 20
    assert cited - set(load_book(ROOT).references) == set()
    # A key alone would be shown as it stands.
    assert re.findall(r"(?<!cite:t}`)\b[a-z]+(?:19|20)\d\d[a-z]+\b", text) == []


def test_entries_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, C2=ENTRY, C1=ENTRY)
    assert list(load_registry(tmp_path)) == ["C2", "C1"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sentence": ""}, "C1 lacks sentence"),
        ({"threats": []}, "C1 lacks threats"),
        ({"colour": "red"}, "C1 has colour; there are page, sentence"),
        ({"measure": "speed"}, "'speed' is none of accuracy"),
        ({"measure": {"kind": "difference"}}, "give kind, smallest, words and why, not kind"),
        ({"measure": dict(kind="ratio", smallest=1, words="w", why="y")}, "kind 'ratio'"),
        ({"measure": dict(kind="success", smallest=0, words="w", why="y")}, "smallest 0"),
        ({"axis": "the place"}, "axis needs parts"),
        ({"axis": "the place", "parts": ["a", "b"]}, "axis needs the contrast"),
        ({"parts": ["a", "b"], "between": ["a", "b"]}, "between needs an axis"),
        ({"axis": "it", "parts": ["a", "b"], "between": ["a", "c"]}, "C1, between"),
        ({"axis": "it", "parts": ["a", "b"], "between": ["a"]}, "names two parts"),
        ({"most": 61}, "even number"),
        ({"short": "x" * 65}, "C1, short has more than 64 characters"),
    ],
)
def test_what_is_wrong_with_an_entry_is_named(tmp_path: Path, change: dict, named: str) -> None:
    write(tmp_path, C1=ENTRY | change)
    with pytest.raises(PageError, match=named):
        load_registry(tmp_path)


def test_a_claim_stands_in_one_file(tmp_path: Path) -> None:
    write(tmp_path, "one", C1=ENTRY)
    write(tmp_path, "other", C1=ENTRY)
    with pytest.raises(PageError, match=r"other\.yml: C1 stands in another file"):
        load_registry(tmp_path)


@pytest.mark.parametrize("text", ["C1: [", "C1: words"])
def test_a_file_that_is_no_registry_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / REGISTRY).mkdir(parents=True)
    (tmp_path / REGISTRY / "page.yml").write_text(text)
    with pytest.raises(PageError, match=r"page\.yml"):
        load_registry(tmp_path)


def test_a_notebook_carries_what_settles_its_own_claims_and_nothing_that_only_explains() -> None:
    write_entries = {
        "C1": ENTRY,
        "C2": ENTRY | {"page": "other"},
        "C3": ENTRY | {"mechanics": True},
    }
    assert json.loads(carried_claims("page", entries(**write_entries))) == {
        "C1": {"measure": "accuracy", "parts": []}
    }
    full = dict(parts=["a", "b"], axis="it", between=["a", "b"])
    own = dict(kind="success", smallest=0.2, words="share", why="it is coarse")
    (carried,) = json.loads(
        carried_claims("page", entries(C1=ENTRY | full | {"measure": own}))
    ).values()
    assert carried == full | {"measure": dict(kind="success", smallest=0.2, words="share")}


def test_explaining_a_claim_better_leaves_its_runs_as_they_are() -> None:
    before = entries(C1=ENTRY)
    after = {
        "C1": replace(before["C1"], sentence="Later is much better.", threats=["small", "one"])
    }
    assert carried_claims("page", before) == carried_claims("page", after)


def entries(**raw: dict) -> dict:
    from coursekit.pages.registry import Entry

    return {name: Entry(**values) for name, values in raw.items()}


def test_a_page_that_concludes_writes_the_registry_in_its_first_cells(course: Course) -> None:
    write(course.root, C1=ENTRY)
    course.source = course.source.replace("print(double(4))", 'conclude("C1", runs)')
    notebook = page_notebook(course.page, load_book(course.root))
    (cell,) = [
        cell for cell in code_cells(notebook) if cell.source.startswith("%%writefile claims.json\n")
    ]
    assert list(json.loads(cell.source.partition("\n")[2])) == ["C1"]
    note = next(cell.source for cell in notebook.cells if "folded cell" in cell.source)
    assert "`lab.py`, the course's experiment engine and `claims.json`" in note


def test_a_page_shows_what_the_registry_says_of_a_claim(course: Course) -> None:
    own = dict(kind="difference", smallest=0.02, words="area", why="It is coarse.")
    write(course.root, C1=ENTRY | {"measure": own, "parts": ["rings", "digits"]})
    course.source += "\n```{registered} C1\n```\n"
    notebook = page_notebook(course.page, load_book(course.root))
    shown = notebook.cells[-2].source  # the last says where it comes from
    assert "> **Later is better.**" in shown
    assert "> - *late*: after" in shown
    assert (
        "area, of at least 0.02. It is coarse. All of these have to hold: rings; digits." in shown
    )
    assert "> - small" in shown


def test_a_claim_that_is_not_registered_is_refused_with_its_line(course: Course) -> None:
    course.source += "\n```{registered} C9\n```\n"
    with pytest.raises(PageError, match=r"page\.md, line \d+: the registry has no claim 'C9'"):
        page_notebook(course.page, load_book(course.root))

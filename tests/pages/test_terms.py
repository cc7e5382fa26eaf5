"""A glossary term is found where running text first uses it, and nowhere else."""

import pytest

from coursekit.pages.terms import Term, load_terms, running_text, unlinked, uses
from coursekit.rules.check import check
from tests.support.small_course import Course

GLOSSARY = """\
# Glossary

```{glossary}
:sorted:

batch
  The samples of one {term}`update`.

batch normalization
  A layer.

CNN
convolutional network
  Layers that slide.

moving statistics
  Averages.

penalty
  A term of the loss.

rate
  Of dropout. <!-- not looked for -->

s-shaped
  Level at both ends.
```
"""


@pytest.fixture
def terms(course: Course) -> list[Term]:
    (course.root / "pages/glossary.md").write_text(GLOSSARY)
    return load_terms(course.root)


def found(text: str, terms: list[Term]) -> list[tuple[str, int]]:
    return [(use.words, use.line) for use in unlinked(text, terms)]


def test_the_glossary_gives_its_terms_with_synonyms_and_marks(terms: list[Term]) -> None:
    assert [(term.names, term.looked_for) for term in terms] == [
        (("batch",), True),
        (("batch normalization",), True),
        (("CNN", "convolutional network"), True),
        (("moving statistics",), True),
        (("penalty",), True),
        (("rate",), False),
        (("s-shaped",), True),
    ]


def test_a_book_without_a_glossary_has_no_terms(course: Course) -> None:
    assert load_terms(course.root) == []
    assert found("A batch.", []) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A batch.", "batch"),
        ("Many batches.", "batches"),
        ("BATCH", "BATCH"),
        ("the batch’s mean", "batch"),
        ("a *batch*", "batch"),
        ("Penalties", "Penalties"),
        ("one moving statistic", "moving statistic"),
        ("with moving\nstatistics", "moving\nstatistics"),
        ("an S shaped curve", "S shaped"),
        ("CNNs", "CNNs"),
        ("convolutional networks", "convolutional networks"),
        ("It takes `x` <!-- = a.b --> a batch", "batch"),
        ("```{note}\nA batch.\n```", "batch"),
        ("- item\n  ```{tip}\n  A batch.\n  ```", "batch"),
        ("A batch. Later {term}`batch`.", "batch"),
    ],
)
def test_a_first_use_without_a_link_is_found(text: str, words: str, terms: list[Term]) -> None:
    assert [use[0] for use in found(text, terms)] == [words]


@pytest.mark.parametrize(
    "text",
    [
        "A {term}`batch`, then a batch.",
        "{term}`Batches <batch>`, then a batch.",
        "A {term}`convolutional network`, or CNN.",
        "{term}`batch normalization`",
        "Mini-batches, batched, batch-wise.",
        "A rate.",
        "## A batch",
        "| batch | 2 |",
        "`batch` and $batch$ and $$ batch $$",
        "[a batch](a.md)",
        "{ref}`batch <a>` and {doc}`batch`",
        "<!-- batch -->",
        "% batch\n(batch)=",
        "```\nbatch\n```",
        "```{code-cell}\n---\nmystnb: {image: {alt: A batch.}}\n---\nbatch = 1\n```",
        "```{playground} batch\n:knobs: batch\n```",
        "```{quiz} A batch?\n\n- A batch.\n```",
        "```{admonition} A batch\nText.\n```",
        "---\na: batch\n---\nText.",
    ],
)
def test_what_is_linked_or_no_running_text_is_not_found(text: str, terms: list[Term]) -> None:
    assert found(text, terms) == []


def test_words_of_a_longer_term_are_no_use_of_a_shorter_one(terms: list[Term]) -> None:
    text = "Batch normalization looks at batches.\nBatch normalization again."
    assert [(use.words, use.term.names[0]) for use in uses(text, terms)] == [
        ("Batch normalization", "batch normalization"),
        ("batches", "batch"),
        ("Batch normalization", "batch normalization"),
    ]
    assert found(text, terms) == [("Batch normalization", 1), ("batches", 1)]


def test_lines_stay_in_their_place() -> None:
    text = "---\na: b\n---\n# A\n\nOne $x\n$ two.\n\n```{note}\nThree.\n```\nFour."
    shown = running_text(text).split("\n")
    assert len(shown) == len(text.split("\n"))
    assert [shown[number] for number in (5, 9, 11)] == ["One $x", "Three.", "Four."]


def test_the_check_says_where_and_how_to_link(course: Course) -> None:
    (course.root / "pages/glossary.md").write_text(GLOSSARY)
    course.source = course.source.replace("epochs.\n", "epochs.\nIn batches, with a penalty.\n")
    course.settle()
    line = 1 + course.source[: course.source.index("In batches")].count("\n")
    course.evidence.source.write_text(course.evidence.source.read_text() + "\nA batch.\n")
    problems = [str(problem) for problem in check(course.root) if "glossary" in str(problem)]
    assert problems == [
        f"chapters/page.md, line {line}: 'batches' is a glossary term; "
        "link its first use: {term}`batches <batch>`",
        f"chapters/page.md, line {line}: 'penalty' is a glossary term; "
        "link its first use: {term}`penalty`",
    ]

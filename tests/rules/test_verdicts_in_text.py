"""What the registry names is settled once, said in the text, and mentioned by a chapter."""

import pytest

from coursekit.rules.check import check
from tests.pages.test_registry import ENTRY, write
from tests.results.test_verdicts import concluded
from tests.support.small_course import FRONT_MATTER, Course

EVIDENCE = (
    FRONT_MATTER
    + """\
# Evidence

(evidence-c14)=
## C14. After or before?

**Verdict: supported** <!-- = C14.verdict -->.

```{code-cell} ipython3
:tags: [parameters]
seeds = 30
```

```{code-cell} ipython3
from lab import conclude

conclude("C14")
```
"""
)
ENTRY_HERE = ENTRY | {"page": "page_evidence"}


def settle(course: Course, source: str = EVIDENCE, **more: dict) -> None:
    write(course.root, "page_evidence", C14=ENTRY_HERE, **more)
    course.settle({"C14": concluded(ENTRY_HERE, **{"": 0.05})}, source=source)


def test_a_page_that_settles_what_is_registered_has_no_problems(course: Course) -> None:
    settle(course)
    assert check(course.root) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(evidence-c14)=\n", "", "settles C14 without a label; put `(evidence-c14)=` above"),
        (
            " <!-- = C14.verdict -->",
            "",
            "settles C14 without saying `supported <!-- = C14.verdict -->`",
        ),
        ("supported**", "partly**", "the text says 'partly', C14.verdict is"),
    ],
)
def test_a_page_that_does_not_say_its_verdict_is_found(
    course: Course, old: str, new: str, message: str
) -> None:
    settle(course, EVIDENCE.replace(old, new))
    (problem,) = check(course.root)
    assert problem.message.startswith(message)


def test_an_entry_that_its_page_does_not_settle_is_found(course: Course) -> None:
    settle(course, C15=ENTRY_HERE)
    (problem,) = check(course.root)
    assert problem.message == "registers C15, which page_evidence does not settle"


def test_a_claim_that_no_chapter_mentions_is_found(course: Course) -> None:
    settle(course)
    course.source = course.source.replace(" {claim}`C14`", "")
    course.pretend_built()
    (problem,) = check(course.root)
    assert problem.message.startswith("settles C14, which no chapter mentions; put {claim}`C14`")

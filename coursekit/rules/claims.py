"""A claim is settled once, beside its label and verdict in the text; a chapter mentions it."""

from collections.abc import Iterator
from contextlib import suppress

from coursekit.problem import PageError, Problem
from coursekit.results.bindings import bindings
from coursekit.results.ledger import Claim, Ledger, evidence_label, load_ledger
from coursekit.rules.course import Course


def problems(course: Course) -> Iterator[Problem]:
    """Find breaches of the ledger's rules; what pages settle that are not built is not known."""
    # A notebook that cannot be read is among the problems already.
    with suppress(PageError):
        ledger = load_ledger(course.root)
        yield from _claim_problems(course, ledger)
        yield from _mention_problems(course, ledger)


def _claim_problems(course: Course, ledger: Ledger) -> Iterator[Problem]:
    settled: dict[str, Claim] = {}
    for claim in ledger.claims:
        first = settled.setdefault(claim.name, claim)
        if first is not claim:
            messages = iter([f", as does {first.page}.md; settle it once"])
        else:
            messages = _messages(course, ledger, claim)
        for message in messages:
            file = course.root / f"{claim.page}.md"
            yield Problem(file, "", f"settles {claim.name}{message}")


def _messages(course: Course, ledger: Ledger, claim: Claim) -> Iterator[str]:
    label = course.book.labels.get(claim.evidence)
    if label is None or label.page != claim.page:
        yield f" without a label; put `({claim.evidence})=` above its heading"
    text = (course.root / f"{claim.page}.md").read_text(encoding="utf-8")
    bound = {binding.path for binding in bindings(text)}
    if f"{claim.name}.verdict" not in bound:
        yield f" without saying `{claim.verdict} <!-- = {claim.name}.verdict -->`; add that"
    if not claim.agrees and f"{claim.name}.repeated" not in bound:
        yield (
            f" without saying `{claim.repeated} <!-- = {claim.name}.repeated -->`, where the "
            "second set of seeds disagrees; add that"
        )
    if ledger.first_mention(claim.name) is None:
        yield (
            f", which no chapter mentions; put {{claim}}`{claim.name}` at the sentence that "
            "claims it"
        )


def _mention_problems(course: Course, ledger: Ledger) -> Iterator[Problem]:
    settled = list(dict.fromkeys(claim.name for claim in ledger.claims))
    for mention in ledger.mentions:
        label = course.book.labels.get(evidence_label(mention.name))
        if mention.name not in settled and not (label and label.page in course.unbuilt):
            yield Problem(
                course.root / f"{mention.page}.md",
                f"line {mention.line}",
                f"mentions the claim {mention.name!r}, which no page settles; settled are: "
                f"{', '.join(settled) or 'none'}",
            )

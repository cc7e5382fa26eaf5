"""A claim is settled once, beside its label and verdict in the text; a chapter mentions it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from coursekit.pages.registry import REGISTRY, load_registry
from coursekit.problem import PageError, Problem
from coursekit.results.bindings import bindings
from coursekit.results.ledger import Claim, Ledger, evidence_label, load_ledger
from coursekit.results.verdicts import Verdict, load_verdicts
from coursekit.rules.course import Course


def problems(course: Course) -> Iterator[Problem]:
    """Find breaches of the ledger's rules; what pages settle that are not built is not known."""
    # A notebook that cannot be read is among the problems already.
    with suppress(PageError):
        ledger = load_ledger(course.root)
        verdicts = load_verdicts(course.root)
        yield from _claim_problems(course, ledger)
        yield from _verdict_problems(course, ledger, verdicts)
        yield from _mention_problems(course, ledger, {one.name for one in verdicts})


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


def _verdict_problems(course: Course, ledger: Ledger, verdicts: list[Verdict]) -> Iterator[Problem]:
    for one in verdicts:
        file, label = course.root / f"{one.page}.md", evidence_label(one.name)
        place = course.book.labels.get(label)
        if place is None or place.page != one.page:
            message = f"settles {one.name} without a label; put `({label})=` above its heading"
            yield Problem(file, "", message)
        bound = {binding.path for binding in bindings(file.read_text(encoding="utf-8"))}
        if f"{one.name}.verdict" not in bound and not one.entry.mechanics:
            say = f"{one.verdict} <!-- = {one.name}.verdict -->"
            yield Problem(file, "", f"settles {one.name} without saying `{say}`; add that")
        # Controls are nobody's claim, and what refines a claim is found beside it.
        if "-" not in one.name and ledger.first_mention(one.name) is None:
            yield Problem(
                file,
                "",
                f"settles {one.name}, which no chapter mentions; put {{claim}}`{one.name}` at the "
                "sentence that claims it",
            )
    settled = {one.name for one in verdicts}
    converted = {Path(one.page).name for one in verdicts}
    for name, entry in load_registry(course.root).items():
        if entry.page in converted and name not in settled:
            message = f"registers {name}, which {entry.page} does not settle"
            yield Problem(course.root / REGISTRY, "", message)


def _mention_problems(course: Course, ledger: Ledger, settled_anew: set[str]) -> Iterator[Problem]:
    settled = list(dict.fromkeys([claim.name for claim in ledger.claims] + sorted(settled_anew)))
    for mention in ledger.mentions:
        label = course.book.labels.get(evidence_label(mention.name))
        if mention.name not in settled and not (label and label.page in course.unbuilt):
            yield Problem(
                course.root / f"{mention.page}.md",
                f"line {mention.line}",
                f"mentions the claim {mention.name!r}, which no page settles; settled are: "
                f"{', '.join(settled) or 'none'}",
            )

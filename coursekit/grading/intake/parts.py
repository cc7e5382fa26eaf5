"""A cell that is there in several parts, since it was split or copied: all of them count."""

from collections.abc import Iterable

from nbformat import NotebookNode

from coursekit.grading.intake.magics import parses, starts_with_command

MOST_PARTS = 20  # of one cell that are tried together


def plain(source: str) -> str:
    """A source as it compares: editors change the space at ends of lines."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def distinct(parts: Iterable[NotebookNode], untouched: str) -> list[NotebookNode]:
    """The parts that say something, each once, in their order; an ``untouched`` one only where there is no other."""
    parts = list(parts)
    written = [one for one in parts if plain(one.source) not in ("", untouched)] or parts[-1:]
    # Where the same stands there twice, the later place is the one where a run of the notebook would end up.
    last = {(one.cell_type, plain(one.source)): one for one in written}
    return [one for one in written if one is last[one.cell_type, plain(one.source)]]


def joined_text(parts: Iterable[NotebookNode]) -> str:
    """One text of several."""
    return "\n\n".join(one.source for one in parts)


def joined_code(parts: list[NotebookNode]) -> list[NotebookNode]:
    """Code cells as they are to run: those whose cut went through a statement become one, in the place of the first.

    Parts that are whole stay cells of their own: an early draft that fails then does not keep a later one from running.
    """
    made, left = [], list(parts)
    while left:
        taken = _making_sense(left)
        made.append(left[0])
        made[-1].source = "\n".join(one.source for one in left[:taken])
        left = left[taken:]
    return made


def _making_sense(parts: list[NotebookNode]) -> int:
    """How many of the first parts make sense together, at least one."""
    sources = [one.source for one in parts[:MOST_PARTS]]
    whole = []
    for count in range(1, len(sources) + 1):
        if any(starts_with_command(one) for one in sources[1:count]):
            break
        if parses("\n".join(sources[:count])):
            whole.append(count)
            if count == len(sources) or _stands_alone(sources[count]):
                return count
    return min(whole, default=1)


def _stands_alone(source: str) -> bool:
    """Whether a part is whole by itself; one that begins with a space goes on with what came before."""
    return not source.lstrip("\n").startswith((" ", "\t")) and parses(source)

"""What a run amounts to, in words: that it cannot be believed, what is unexpected in it, what was known. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from runner.judge import Judgement
from runner.reports.words import counted

BANNER = "This run cannot be believed: the canary says that something is wrong with the runner or an environment"


def sections(judgement: Judgement) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Yield titles with the cells below them, each with why; nothing where nothing was expected of the run."""
    worse = tuple((id_, why) for id_, why in judgement.unexpected.items() if id_ not in judgement.passes)
    if worse:
        yield f"Unexpected: {counted(len(worse), 'cell')} worse than known", worse
    if judgement.passes:
        yield f"Unexpected: {counted(len(judgement.passes), 'cell')} that should not pass", tuple(judgement.passes.items())
    if judgement.problems:
        yield f"Rules: {counted(len(judgement.problems), 'problem')}", tuple((problem, "") for problem in judgement.problems)


def known(judgement: Judgement) -> tuple[tuple[str, int], ...]:
    """Return by what bad cells were known to be, each rule with the number of its cells, the most frequent first."""
    return tuple(sorted(Counter(judgement.known.values()).items(), key=lambda item: (-item[1], item[0])))


def known_text(judgement: Judgement) -> str:
    """Return how many bad cells were known to be; "" where nothing was expected of the run."""
    return f"{counted(len(judgement.known), 'cell')} failed or degraded as known" if judgement.expects else ""

"""What of a night is worth a message, and the message. Pure.

News is what became worse or better or fails in another way, environments that came or went, and a result that is not whole while
the last one was. What still passes, still fails the same way, or says nothing is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.compare import BETTER, CHANGES, WORSE, CellChange, Change, Comparison
from runner.judge import Judgement
from runner.reports.clean import one_line
from runner.reports.words import counted

TOLD = (*WORSE, Change.FAILING_OTHERWISE, Change.DEGRADED_OTHERWISE, *BETTER)
"""The classes of changes that are news, the worst first."""

_SHOWN = 5


def news_of(comparison: Comparison | None, judgement: Judgement, before: Judgement | None) -> tuple[str, ...]:
    """Return the news of a night, a line each; () when there is none.

    Without a comparison, on the first night, only a result that is not whole is news.
    """
    found = []
    if judgement.exit_code != 0 and (before is None or before.exit_code != judgement.exit_code):
        found.append(judgement.text)
    elif before is not None and before.exit_code != 0 and judgement.exit_code == 0:
        found.append(f"{judgement.text} again")
    if comparison is None:
        return tuple(found)
    for kind in TOLD:
        if cells := comparison.of(kind):
            found.append(f"{counted(len(cells), 'cell')} {_words(kind)}: {_examples(cells)}")
    if comparison.environments_new:
        found.append(f"new: {', '.join(f'{name} ({_passed(comparison, name)})' for name in comparison.environments_new)}")
    if comparison.environments_gone:
        found.append(f"gone: {', '.join(comparison.environments_gone)}")
    return tuple(found)


def worse(comparison: Comparison | None) -> bool:
    """Say whether a night made something worse."""
    return comparison is not None and bool(comparison.of(*WORSE))


def message(night: str, news: Sequence[str], notes: Sequence[str], *, where: str = "") -> str:
    """Return the text for a webhook: what is new, then what the night had that the matrix has not."""
    lines = [f"TensorFlow compatibility, night {night}", *(f"• {line}" for line in news), *(f"({note})" for note in notes)]
    return "\n".join(one_line(line, limit=600) for line in [*lines, *([where] if where else [])])


def _words(kind: Change) -> str:
    return (
        f"{kind.value.replace('-', ' ')} ({CHANGES[kind]})"
        if kind in (Change.FEATURE_GONE, Change.FEATURE_CAME)
        else kind.value.replace("-", " ")
    )


def _examples(cells: Sequence[CellChange]) -> str:
    shown = ", ".join(change.cell for change in cells[:_SHOWN])
    return shown + (f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else "")


def _passed(comparison: Comparison, environment: str) -> str:
    """Return how many of the loads in an environment that ran have passed."""
    ran = [
        change.new
        for change in comparison.changes
        if change.new is not None and change.new.consumer == environment and change.new.status in ("passed", "degraded", "failed")
    ]
    return f"{sum(outcome.status == 'passed' for outcome in ran)} of {counted(len(ran), 'load')} passed"

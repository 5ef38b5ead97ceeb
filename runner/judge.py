"""From a run to an exit code: is the result whole, and is anything in it unexpected?

Pure. A failed cell is a finding, not an error: without a baseline a run full of findings ends with 0. What makes a result
incomplete is a cell that could say nothing about TensorFlow because of us or of the machine. Code 1 is kept for regressions
against a baseline, which is judged elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import Run, Status
from runner.standing import root_of

NOTHING_UNEXPECTED = 0
UNEXPECTED = 1
INCOMPLETE = 4
INTERRUPTED = 130

_NO_STATEMENT = frozenset({Status.ERRORED, Status.NOT_RUN})


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a run amounts to: the exit code, why, and how many cells say nothing about TensorFlow."""

    exit_code: int
    text: str
    errored: int = 0
    blocked_by_errored: int = 0
    not_run: int = 0


def judge(run: Run) -> Judgement:
    """Return what a run amounts to without a baseline: 130 interrupted, 4 incomplete, else 0."""
    errored = sum(o.status is Status.ERRORED for o in run.outcomes.values())
    unreached = max(0, run.header.planned - len(run.outcomes))
    not_run = unreached + sum(o.status is Status.NOT_RUN for o in run.outcomes.values())
    blocked = 0
    for outcome in run.outcomes.values():
        if outcome.status is Status.BLOCKED:
            root = root_of(outcome, run.outcomes)
            blocked += root is None or root.status in _NO_STATEMENT
    if not run.complete:
        how = "was interrupted" if run.footer is not None else "has no end: it was interrupted, or it is still running"
        code, text = INTERRUPTED, f"the run {how}; {_cells(not_run)} not run"
    elif errored or blocked or not_run:
        parts = ((errored, "errored"), (blocked, "blocked by them"), (not_run, "not run"))
        code = INCOMPLETE
        text = "the result is incomplete: " + ", ".join(f"{count} {what}" for count, what in parts if count)
    else:
        code, text = NOTHING_UNEXPECTED, "the result is complete"
    return Judgement(exit_code=code, text=text, errored=errored, blocked_by_errored=blocked, not_run=not_run)


def _cells(count: int) -> str:
    return f"{count} cell{'s' * (count != 1)}"

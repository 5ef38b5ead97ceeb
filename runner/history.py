"""What became of a cell over time: its verdicts in every run, and the stretches in which they stayed the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from runner.model import Outcome, Reason, Run, Status


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one run said of a cell; `started` is that of the run (ISO 8601), `reused` whether an earlier run had found it out."""

    run: str
    started: str
    status: Status
    reason: Reason | None
    reused: bool = False


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Runs one after another that said the same of a cell, from the oldest to the newest of them; `runs` is how many."""

    status: Status
    reason: Reason | None
    first: str
    first_started: str
    last: str
    last_started: str
    runs: int


def history_of(cell: str, runs: Iterable[Run]) -> tuple[Verdict, ...]:
    """Return what runs said of a cell, the newest first; runs without an outcome of it say nothing."""
    found = [_verdict(run, outcome) for run in runs if (outcome := run.outcomes.get(cell)) is not None]
    return tuple(sorted(found, key=lambda verdict: (verdict.started, verdict.run), reverse=True))


def stretches_of(history: Iterable[Verdict]) -> tuple[Stretch, ...]:
    """Return a history, the newest first, as its changes only: a stretch for each verdict that stayed."""
    found = []
    for (status, reason), group in groupby(history, key=lambda verdict: (verdict.status, verdict.reason)):
        verdicts = list(group)
        newest, oldest = verdicts[0], verdicts[-1]
        found.append(
            Stretch(
                status=status,
                reason=reason,
                first=oldest.run,
                first_started=oldest.started,
                last=newest.run,
                last_started=newest.started,
                runs=len(verdicts),
            )
        )
    return tuple(found)


def histories_of(cells: Iterable[str], runs: Iterable[Run]) -> Mapping[str, tuple[Stretch, ...]]:
    """Return by cell id the changes of those cells that changed in the given runs; one that never did has no entry."""
    every = tuple(runs)
    found = ((cell, stretches_of(history_of(cell, every))) for cell in cells)
    return {cell: stretches for cell, stretches in found if len(stretches) > 1}


def _verdict(run: Run, outcome: Outcome) -> Verdict:
    return Verdict(
        run=run.header.run,
        started=run.header.started,
        status=outcome.status,
        reason=outcome.reason,
        reused=outcome.reused_from is not None,
    )

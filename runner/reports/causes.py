"""Failures grouped by their cause: how many cells, which ones for example, and whether anybody was told.

A silent failure is one in which nothing raised and the result is wrong all the same. It is the worst verdict there is,
so it is kept apart from those that at least raised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from runner.diagnose import UNKNOWN, diagnose
from runner.model import REASONS, Diagnosis, Outcome, Reason, Stage, Status
from runner.reports.clean import one_line

SILENT_REASONS = frozenset({Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER, Reason.SAVE_WROTE_NOTHING, Reason.ARTIFACT_INCOMPLETE})
_EXAMPLES = 3
_VARYING = re.compile(r"0x[0-9a-fA-F]+|(?:/[\w.@+-]+){2,}/?|\d+(?:\.\d+)*")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Cells that have the same cause. `examples` are cell ids; `error` is one of the messages, on one line."""

    cause: str
    class_: str
    remedy: str
    count: int
    reasons: tuple[tuple[str, int], ...]
    stages: tuple[tuple[Stage, int], ...]
    formats: tuple[tuple[str, int], ...]
    examples: tuple[str, ...]
    error: str
    confirmed: int
    """How many of them were repeated in a fresh process; each distinct failure is repeated once."""


def is_silent(outcome: Outcome) -> bool:
    """Return whether the cell failed without raising: the result is wrong and nobody is told."""
    if outcome.reason is Reason.DAMAGE_UNNOTICED:
        # What raised came after the wrong values.
        return outcome.status is Status.FAILED
    return outcome.status is Status.FAILED and outcome.error is None and outcome.reason in SILENT_REASONS


def diagnosis_of(outcome: Outcome) -> Diagnosis:
    """Return the recorded diagnosis, or, when that one knew nothing, what the rules of today say."""
    if outcome.diagnosis is not None and outcome.diagnosis.class_ != UNKNOWN.class_:
        return outcome.diagnosis
    return diagnose(outcome) or outcome.diagnosis or UNKNOWN


def normalised(message: str) -> str:
    """Return a message without what differs from cell to cell: paths, addresses, numbers."""
    return _VARYING.sub("#", one_line(message, limit=300))


def error_line(outcome: Outcome, *, limit: int = 300) -> str:
    """Return `Type: message` on one line; where nothing was raised, why it is what it is, or else what the reason means."""
    if outcome.error is None:
        why = outcome.notes.get("why")
        return one_line(why, limit=limit) if isinstance(why, str) and why else REASONS[outcome.reason].text if outcome.reason else ""
    # Keras quotes the whole configuration first and says what it refused last.
    message = outcome.error.message.rpartition("Exception encountered:")[2].strip() or outcome.error.message
    return one_line(f"{outcome.error.type}: {message}", limit=limit)


def group_by_cause(outcomes: Iterable[Outcome]) -> tuple[Group, ...]:
    """Group outcomes by cause, the largest group first; what has no known cause is told apart by reason and message."""
    groups: dict[tuple[str, ...], list[Outcome]] = {}
    diagnoses: dict[tuple[str, ...], Diagnosis] = {}
    for outcome in sorted(outcomes, key=lambda o: o.id):
        diagnosis = diagnosis_of(outcome)
        key: tuple[str, ...] = (diagnosis.cause, diagnosis.class_, diagnosis.remedy)
        if diagnosis.class_ == UNKNOWN.class_:
            key = (*key, outcome.reason or "", normalised(error_line(outcome)))
        groups.setdefault(key, []).append(outcome)
        diagnoses.setdefault(key, diagnosis)
    ranked = sorted(groups, key=lambda key: (-len(groups[key]), key))
    return tuple(_group(diagnoses[key], groups[key]) for key in ranked)


def _group(diagnosis: Diagnosis, outcomes: list[Outcome]) -> Group:
    errors = [error_line(o) for o in outcomes if o.error is not None] or [error_line(o) for o in outcomes]
    stages = Counter(o.stage for o in outcomes)
    return Group(
        cause=diagnosis.cause,
        class_=diagnosis.class_,
        remedy=diagnosis.remedy,
        count=len(outcomes),
        reasons=_ranked(Counter(str(o.reason or "no reason given") for o in outcomes)),
        stages=tuple((stage, stages[stage]) for stage in Stage if stages[stage]),
        formats=_ranked(Counter(o.format for o in outcomes if o.format)),
        examples=tuple(o.id for o in outcomes[:_EXAMPLES]),
        error=errors[0],
        confirmed=sum(o.confirmed is True for o in outcomes),
    )


def _ranked(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

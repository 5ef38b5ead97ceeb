"""What an outcome says about TensorFlow once it is read together with the cells that it needed. Pure.

A cell that is blocked says what its root says: where the save failed, the load is not possible; where the machine was at fault,
nothing is said. Whether a failure was silent is said here too, since a silent one is worse than one that raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.model import Outcome, Reason, Status

SILENT_REASONS = frozenset({Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER, Reason.SAVE_WROTE_NOTHING, Reason.ARTIFACT_INCOMPLETE})

AFTER_VALUES = ("config", "optimizer", "train-step")
"""The phases in which an error comes too late to tell of wrong values: by then the model was asked and had answered."""

STATEMENTS = (Status.PASSED, Status.DEGRADED, Status.FAILED, Status.UNSUPPORTED)
"""The statuses that say something about TensorFlow."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a cell says: one of `STATEMENTS` and why, or no statement at all (`status` is None).

    `blocked` says that it did not run itself: status and reason are those of the cell at the end of the chain.
    """

    status: Status | None = None
    reason: Reason | None = None
    silent: bool = False
    blocked: bool = False
    flaky: bool = False


def root_of(outcome: Outcome, outcomes: Mapping[str, Outcome]) -> Outcome | None:
    """Return the cell at the end of a chain of blocked cells; None when it was never reached or the chain is a circle."""
    seen: set[str] = set()
    current = outcome
    while current.status is Status.BLOCKED:
        if current.id in seen or current.blocked_by is None:
            return None
        seen.add(current.id)
        needed = outcomes.get(current.blocked_by)
        if needed is None:
            return None
        current = needed
    return current


def is_silent(outcome: Outcome) -> bool:
    """Return whether the cell failed without raising: the result is wrong and nobody is told, or only when more is asked of it."""
    if outcome.status is not Status.FAILED:
        return False
    late = outcome.error is None or outcome.error.phase in AFTER_VALUES
    return outcome.reason is Reason.DAMAGE_UNNOTICED or (late and outcome.reason in SILENT_REASONS)


def standing_of(outcome: Outcome, outcomes: Mapping[str, Outcome]) -> Standing:
    """Return what a cell of a run says about TensorFlow; `outcomes` are those of the run by id."""
    if outcome.status in STATEMENTS:
        return Standing(status=outcome.status, reason=outcome.reason, silent=is_silent(outcome))
    if outcome.status is not Status.BLOCKED:
        return Standing(reason=outcome.reason, flaky=outcome.reason is Reason.FLAKY)
    root = root_of(outcome, outcomes)
    # What fails without its fault too says nothing of the fault. A root that passed blocks nothing: the record is wrong.
    told = root is not None and root.status in (Status.FAILED, Status.UNSUPPORTED) and bool(root.fault) == bool(outcome.fault)
    if root is None or not told:
        return Standing(reason=root.reason if root else None, blocked=True)
    return Standing(status=root.status, reason=root.reason, blocked=True)

"""Can a run be believed? In each environment a canary must sing, and a canary that is ill must be noticed. Pure.

The sound canary is a plain Dense model that must load from weights it saved itself: where it does not, everything that fails
there may be our fault. The broken one comes back with other weights than were saved, and must be `failed: weights-differ`: where
it is not, a pass means nothing.
"""

from __future__ import annotations

from runner.canaries import BROKEN, SOUND
from runner.model import Outcome, Reason, Run, Stage, Status
from runner.standing import root_of, standing_of


def banner_of(run: Run) -> tuple[str, ...]:
    """Return what is wrong with a run as a whole, a sentence for each environment; nothing of a run that had no canary.

    An environment that could not be built, and what an interrupted run did not reach, is wrong in no other way.
    """
    if not run.header.canaries:
        return ()
    found = {(o.environment, o.canary): o for o in run.outcomes.values() if o.canary and o.stage is Stage.LOAD}
    said = []
    for name in run.header.environments:
        for canary in (SOUND, BROKEN):
            outcome = found.get((name, canary))
            if outcome is None:
                if run.complete:
                    said.append(f"{name}: the {canary} canary was not tried, so nothing says whether this environment can be believed")
            elif not _unbuilt(outcome, run) and (wrong := _wrong(outcome, canary, run)):
                said.append(f"{name}: {wrong}")
    return tuple(said)


def _unbuilt(outcome: Outcome, run: Run) -> bool:
    if outcome.status is Status.NOT_RUN:
        return True
    root = root_of(outcome, run.outcomes)
    return outcome.status is Status.BLOCKED and root is not None and root.stage is Stage.BUILD


def _wrong(outcome: Outcome, canary: str, run: Run) -> str:
    """Return what is wrong, "" when nothing is."""
    standing = standing_of(outcome, run.outcomes)
    if standing.status is None:
        return f"the {canary} canary is errored ({standing.reason}), so nothing says whether this environment can be believed"
    came = f"{outcome.status}" + (f" ({outcome.reason})" if outcome.reason else "")
    if canary == SOUND:
        fine = outcome.status is Status.PASSED
        return "" if fine else f"a plain Dense model does not load from weights it saved itself: {came}. Failures here mean nothing"
    if outcome.status is Status.FAILED and outcome.reason is Reason.WEIGHTS_DIFFER:
        return ""
    return f"a model that comes back with other weights must be failed (weights-differ), and is {came}. Passes here mean nothing"

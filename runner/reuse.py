"""What earlier runs already know: which cells of a plan need not run again. Pure but for the questions it is given.

A load is taken over when its key is known. A save is taken over too, if its artifact is still whole or nobody will read it. A
build is taken over when nothing will run in its environment: otherwise the environment has to be prepared anyway, and says
itself what is installed. So is the canary: what it says of an earlier run it does not say of this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runner.model import Cell, Outcome, Stage
from runner.plan import Plan
from runner.schedule import usable

Known = Mapping[str, tuple[str, Outcome]]


def reusable(plan: Plan, keys: Mapping[str, str], known: Known, holds: Callable[[str], bool]) -> dict[str, Outcome]:
    """Return by cell id, in the order of the plan, the outcomes that are taken over from earlier runs.

    `keys` are the keys by cell id; `known` gives (run id, outcome) by key; `holds` says whether the artifact of a save's
    key is there and whole.
    """
    found = {cell.id: taken(cell, *known[keys[cell.id]]) for cell in plan.cells if keys[cell.id] in known}
    saves = {cell.id: cell for cell in plan.cells if cell.stage is Stage.SAVE}
    readers = {cell.needs[0].id for cell in plan.cells if cell.stage is Stage.LOAD and cell.id not in found}
    for save in saves:
        if save in found and usable(found[save]) and save in readers and not holds(keys[save]):
            del found[save]
    busy = _busy(plan, found)
    for cell in plan.cells:
        if cell.environment in busy and (cell.stage is Stage.BUILD or cell.canary):
            found.pop(cell.id, None)
    return found


def _busy(plan: Plan, found: Mapping[str, Outcome]) -> set[str]:
    """Return the environments in which something will run; a load whose save is known to be of no use will not."""
    busy = set()
    for cell in plan.cells:
        if cell.stage is Stage.BUILD or cell.id in found:
            continue
        save = found.get(cell.needs[0].id) if cell.stage is Stage.LOAD else None
        if save is None or usable(save):
            busy.add(cell.environment)
    return busy


def taken(cell: Cell, run: str, outcome: Outcome) -> Outcome:
    """Return an earlier outcome as that of `cell` in this run. The names are the cell's own: an environment may be called otherwise now."""
    return outcome.model_copy(
        update={
            "id": cell.id,
            "environment": cell.environment,
            "producer": cell.environment if cell.stage is Stage.SAVE else cell.producer,
            "consumer": cell.environment if cell.stage is Stage.LOAD else None,
            "fixture": cell.fixture,
            "fault": cell.fault,
            "canary": cell.canary,
            "reused_from": run,
        }
    )

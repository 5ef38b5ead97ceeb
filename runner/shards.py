"""A plan in parts that different machines run: each cell belongs to exactly one part, and each part is a plan of its own. Pure.

A save and all loads of what it wrote are one group and stay together, so no save is made twice. Groups are put in the order of a
hash of their names and dealt out in turn: the parts are of nearly equal size, and the same plan gives the same parts anywhere.
What a part needs besides (builds, and cells without a fault that a fault is judged by) it borrows: it runs them too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace

from runner.errors import UsageError
from runner.model import Cell, Shard, Stage
from runner.plan import Plan

_FORM = re.compile(r"(\d{1,4})/(\d{1,4})")


def parse_shard(text: str) -> tuple[int, int]:
    """Return index (from 1) and number of shards of `2/8`. Raises UsageError for anything else."""
    found = _FORM.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--shard {text}: give it as INDEX/NUMBER, from 1/8 to 8/8 for eight shards")
    return int(found[1]), int(found[2])


def plan_hash(cells: Iterable[str]) -> str:
    """Return a hash of cell ids, whatever their order: two plans with the same cells have the same."""
    return hashlib.sha256("".join(f"{cell}\n" for cell in sorted(cells)).encode()).hexdigest()


def owners(plan: Plan, number: int) -> dict[str, int]:
    """Return by cell id the one shard (from 1) that each cell of a plan belongs to; a build belongs to the first that needs it."""
    groups = dict.fromkeys(_group(cell) for cell in plan.cells if cell.stage is not Stage.BUILD)
    dealt = {group: place % number + 1 for place, group in enumerate(sorted(groups, key=_order))}
    found = {cell.id: dealt[_group(cell)] for cell in plan.cells if cell.stage is not Stage.BUILD}
    lonely = 0
    for build in (cell for cell in plan.cells if cell.stage is Stage.BUILD):
        users = [found[cell.id] for cell in plan.cells if cell.id in found and build in cell.needs]
        # One that nothing needs is dealt out too: somebody has to make it.
        found[build.id] = min(users, default=lonely % number + 1)
        lonely += not users
    return found


def shard_of(plan: Plan, text: str) -> Plan:
    """Return the part of a plan that `2/8` names, runnable on its own; its `shard` says what of it other shards have too."""
    index, number = parse_shard(text)
    owned_by = owners(plan, number)
    wanted: set[Cell] = set()
    left = [cell for cell in plan.cells if owned_by[cell.id] == index]
    while left:
        cell = left.pop()
        if cell not in wanted:
            wanted.add(cell)
            left += cell.needs
    cells = tuple(cell for cell in plan.cells if cell in wanted)
    borrowed = tuple(cell.id for cell in cells if owned_by[cell.id] != index)
    part = Shard(
        index=index,
        of=number,
        plan_sha256=plan_hash(cell.id for cell in plan.cells),
        plan_cells=len(plan.cells),
        environments=tuple(plan.environments),
        borrowed=borrowed,
    )
    return replace(plan, cells=cells, shard=part)


def _group(cell: Cell) -> str:
    return cell.id if cell.stage is Stage.SAVE else cell.needs[0].id


def _order(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()

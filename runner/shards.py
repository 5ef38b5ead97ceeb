"""A plan in parts that different machines run: each cell belongs to exactly one part, and each part is a plan of its own. Pure.

A save and all loads of what it wrote are one group and stay together, so no save is made twice. Groups are put in the order of a
hash of their names and dealt out in turn: the parts are of nearly equal size, and the same plan gives the same parts anywhere.
What a part needs besides (builds, the canary, and cells without a fault that a fault is judged by) it borrows: it runs them too.
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
    """Return by cell id the one shard (from 1) that each cell of a plan belongs to.

    Builds and the canary's cells belong to the first shard that has anything to do in their environment.
    """
    dealt = [cell for cell in plan.cells if not _everywhere(cell)]
    groups = dict.fromkeys(_group(cell) for cell in dealt)
    shard_of_group = {group: place % number + 1 for place, group in enumerate(sorted(groups, key=_order))}
    found = {cell.id: shard_of_group[_group(cell)] for cell in dealt}
    first: dict[str, int] = {}
    for cell in dealt:
        for environment in (cell.environment, cell.producer or cell.environment):
            first[environment] = min(first.get(environment, number), found[cell.id])
    for cell in (cell for cell in plan.cells if _everywhere(cell)):
        # An environment in which nothing else is done is somebody's too.
        found[cell.id] = first.setdefault(cell.environment, len(first) % number + 1)
    return found


def shard_of(plan: Plan, text: str) -> Plan:
    """Return the part of a plan that `2/8` names, runnable on its own; its `shard` says what of it other shards have too."""
    index, number = parse_shard(text)
    owned_by = owners(plan, number)
    wanted = _with_needs(cell for cell in plan.cells if owned_by[cell.id] == index)
    # Whether a part can be believed is seen in every environment that it uses.
    environments = {cell.environment for cell in wanted}
    wanted |= _with_needs(cell for cell in plan.cells if cell.canary and cell.environment in environments)
    cells = tuple(cell for cell in plan.cells if cell in wanted)
    part = Shard(
        index=index,
        of=number,
        plan_sha256=plan_hash(cell.id for cell in plan.cells),
        plan_cells=len(plan.cells),
        environments=tuple(plan.environments),
        borrowed=tuple(cell.id for cell in cells if owned_by[cell.id] != index),
    )
    return replace(plan, cells=cells, shard=part)


def _with_needs(cells: Iterable[Cell]) -> set[Cell]:
    found: set[Cell] = set()
    left = list(cells)
    while left:
        cell = left.pop()
        if cell not in found:
            found.add(cell)
            left += cell.needs
    return found


def _everywhere(cell: Cell) -> bool:
    return cell.stage is Stage.BUILD or cell.canary is not None


def _group(cell: Cell) -> str:
    return cell.id if cell.stage is Stage.SAVE else cell.needs[0].id


def _order(group: str) -> str:
    return hashlib.sha256(group.encode()).hexdigest()

"""Which load cells are measured: the same ones every time, spread over fixtures, formats and loaders. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from runner.model import Cell, Outcome, Stage, Status
from runner.plan import Plan


def spread(cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells in an order in which every beginning has as many fixtures, formats and loaders as there can be.

    Next is always the cell whose fixture, then whose format and loader, were taken least so far; the given order decides between equals.
    """
    left = list(cells)
    fixtures: Counter[str | None] = Counter()
    pairs: Counter[tuple[str | None, str | None]] = Counter()
    formats: Counter[str | None] = Counter()
    found = []
    while left:
        cell = min(left, key=lambda cell: (pairs[cell.format, cell.loader], fixtures[cell.fixture], formats[cell.format]))
        left.remove(cell)
        fixtures[cell.fixture] += 1
        formats[cell.format] += 1
        pairs[cell.format, cell.loader] += 1
        found.append(cell)
    return found


def readable(loads: Iterable[Cell], saves: Iterable[Outcome]) -> list[Cell]:
    """Return those of the loads whose artifact was saved."""
    saved = {outcome.id for outcome in saves if outcome.stage is Stage.SAVE and outcome.status is Status.PASSED}
    return [cell for cell in loads if cell.needs[0].id in saved]


def passing(cells: Sequence[Cell], outcomes: Iterable[Outcome], count: int) -> list[Cell]:
    """Return the first `count` cells that passed, fewer if there are not so many: every way does the same work there.

    A failure would be confirmed by one way and not by the others, and may end before its checks.
    """
    passed = {outcome.id for outcome in outcomes if outcome.status is Status.PASSED}
    return [cell for cell in cells if cell.id in passed][:count]


def part(cells: Sequence[Cell], count: int) -> tuple[Cell, ...]:
    """Return `count` of the cells, or all, evenly taken from their whole order: the first ones may be the lighter ones."""
    most = min(count, len(cells))
    return tuple(cells[number * len(cells) // most] for number in range(most))


def with_needs(plan: Plan, loads: Iterable[Cell]) -> Plan:
    """Return the plan of these loads alone, with the cells that they need, in the order of the plan."""
    wanted = {cell.id for load in loads for cell in (load, *load.needs)}
    return Plan(selection=plan.selection, cells=tuple(cell for cell in plan.cells if cell.id in wanted))

"""The plan at work: which cells can run now, which never will, and which agent does what next. No I/O, no clock, no threads.

`Board` holds the state of the DAG: it is told outcomes, and gives back the outcomes of cells that they make impossible.
`decide` is the policy: saves first, because loads wait for them; then confirmations, because outcomes are held back for
them; then loads. An agent costs seconds to start, so one that stands idle is used before another is started, and one whose
environment has work is not sent away.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from runner.classify import blank
from runner.model import Cell, Isolation, Outcome, Reason, Stage, Status

GOOD = frozenset({Status.PASSED, Status.DEGRADED})
"""The statuses of a cell on which others can build."""

MANY = 30
"""So many waiting cells are worth the start of one more agent in the same environment."""


class Urgency(IntEnum):
    """What is done first."""

    SAVE = 0
    CONFIRM = 1
    LOAD = 2


@dataclass(frozen=True)
class Place:
    """Where a cell runs: an environment, and how an agent there keeps its cells apart."""

    environment: str
    isolation: Isolation


@dataclass(frozen=True)
class Task:
    """One attempt at a cell."""

    cell: Cell
    place: Place
    urgency: Urgency


def unreachable(cell: Cell, needed: Outcome) -> Outcome:
    """Return the outcome of a cell that cannot run because of what became of a cell it needs.

    Where nothing failed but the producer has no such feature, the load is unsupported too; else it is blocked.
    """
    if needed.status is Status.UNSUPPORTED:
        notes = {"unsupported_by": needed.id, "producer": needed.environment, "why": needed.notes.get("why", "")}
        return blank(cell, Status.UNSUPPORTED, needed.reason, notes=notes)
    return blank(cell, Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=needed.id)


def usable(outcome: Outcome) -> bool:
    """Say whether what needs this cell can run. Of a save that met a fault whatever it left is there to be loaded."""
    return outcome.status in GOOD or (outcome.status is Status.FAILED and "left" in (outcome.notes.get("fault") or {}))


class Board:
    """Which cells are settled, which wait, and which are ready in which place."""

    def __init__(self, cells: Iterable[Cell], *, isolation: dict[str, Isolation]) -> None:
        """Lay out the cells of a plan. `isolation` says by cell id how each is kept apart; `shared` if it says nothing."""
        self._cells = {cell.id: cell for cell in cells}
        self._order = {cell_id: number for number, cell_id in enumerate(self._cells)}
        self._isolation = isolation
        self._outcomes: dict[str, Outcome] = {}
        self._missing: dict[str, int] = {}
        self._wait: dict[str, list[Cell]] = {cell_id: [] for cell_id in self._cells}
        self._ready: dict[Place, list[tuple[Urgency, int, int, Task]]] = {}
        self._left: dict[str, int] = {}
        self._pushed = 0
        for cell in self._cells.values():
            self._missing[cell.id] = len(cell.needs)
            self._left[cell.environment] = self._left.get(cell.environment, 0) + 1
            for needed in cell.needs:
                self._wait[needed.id].append(cell)

    @property
    def unsettled(self) -> int:
        """How many cells have no outcome yet."""
        return len(self._cells) - len(self._outcomes)

    def is_settled(self, cell_id: str) -> bool:
        """Say whether the cell has its outcome."""
        return cell_id in self._outcomes

    def is_finished(self, environment: str) -> bool:
        """Say whether every cell of the environment has its outcome, so that no agent is needed there again."""
        return not self._left.get(environment)

    def place(self, cell: Cell, isolation: Isolation | None = None) -> Place:
        """Return where a cell runs: where it belongs, or with the isolation given."""
        return Place(cell.environment, isolation or self._isolation.get(cell.id, "shared"))

    def settle(self, *outcomes: Outcome) -> list[Outcome]:
        """Give cells their outcomes. Return the outcomes of all cells that can never run for it, settled as well."""
        follow: list[Outcome] = []
        heap = list(outcomes)
        while heap:
            outcome = heap.pop()
            if outcome.id in self._outcomes:
                raise ValueError(f"{outcome.id} has its outcome already")
            self._outcomes[outcome.id] = outcome
            self._left[self._cells[outcome.id].environment] -= 1
            for cell in self._wait[outcome.id]:
                self._missing[cell.id] -= 1
                if not self._missing[cell.id] and cell.id not in self._outcomes:
                    # All that it needs is settled, so which of two bad ones is named does not depend on chance.
                    bad = [needed for needed in cell.needs if not usable(self._outcomes[needed.id])]
                    if bad:
                        follow.append(unreachable(cell, self._outcomes[bad[0].id]))
                        heap.append(follow[-1])
                    else:
                        self.queue(cell)
        return follow

    def queue(self, cell: Cell, isolation: Isolation | None = None, *, again: bool = False) -> None:
        """Make an attempt at a cell ready: its first one, or (`again`) one more."""
        urgency = Urgency.SAVE if cell.stage is Stage.SAVE else Urgency.CONFIRM if again else Urgency.LOAD
        place = self.place(cell, isolation)
        self._pushed += 1
        entry = (urgency, self._order[cell.id], self._pushed, Task(cell, place, urgency))
        heapq.heappush(self._ready.setdefault(place, []), entry)

    def take(self, place: Place) -> Task | None:
        """Take the most urgent task of a place, if there is one. Tasks of cells that got their outcome meanwhile are dropped."""
        waiting = self._ready.get(place, [])
        while waiting:
            task = heapq.heappop(waiting)[-1]
            if task.cell.id not in self._outcomes:
                return task
        return None

    def work(self, places: Collection[str]) -> list[Work]:
        """Return the waiting work in the environments given, most urgent first."""
        found = [
            Work(place, waiting[0][0], len(waiting)) for place, waiting in self._ready.items() if waiting and place.environment in places
        ]
        return sorted(found, key=lambda work: work.urgency)


@dataclass(frozen=True)
class Work:
    """What waits at a place."""

    place: Place
    urgency: Urgency
    count: int


@dataclass(frozen=True)
class AgentView:
    """An agent as the policy sees it."""

    number: int
    place: Place
    state: Literal["starting", "idle", "busy"]


@dataclass(frozen=True)
class Assign:
    """Give an idle agent its next task."""

    agent: int
    place: Place


@dataclass(frozen=True)
class Start:
    """Start an agent."""

    place: Place


@dataclass(frozen=True)
class Retire:
    """Let an idle agent end, to make room for another."""

    agent: int


Decision = Assign | Start | Retire


def decide(work: Sequence[Work], agents: Sequence[AgentView], *, slots: int, room: int) -> Decision | None:
    """Return the next thing to do, or None when everything that can be under way is.

    At most `slots` agents start or work at a time; at most `room` agents are alive. Deterministic for equal arguments.
    """
    active = sum(agent.state != "idle" for agent in agents)
    if active >= slots:
        return None
    idle = {agent.place: agent.number for agent in reversed(agents) if agent.state == "idle"}
    wanted = {item.place for item in work}
    for item in sorted(work, key=lambda item: (item.urgency, item.place not in idle)):
        if item.place in idle:
            return Assign(idle[item.place], item.place)
        there = [agent for agent in agents if agent.place == item.place]
        if any(agent.state == "starting" for agent in there) or len(there) * MANY > item.count:
            continue
        if len(agents) < room:
            return Start(item.place)
        unused = [agent.number for agent in agents if agent.state == "idle" and agent.place not in wanted]
        if unused:
            return Retire(unused[0])
    return None

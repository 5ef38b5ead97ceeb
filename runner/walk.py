"""The loop that walks a plan: hear what threads report, settle what is known, let the policy say what to do next.

All state lives in the thread of this loop: the board (what can run), the confirmer (what is believed), the crew (who is
alive) and the writer. An outcome counts when its line is on the disk.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, get_args

from runner.classify import blank
from runner.confirm import Again, Confirmer, Ruling
from runner.crew import Crew, Preparer, Preparing, Ready
from runner.diagnose import diagnose
from runner.engines.base import Engine, Prepared
from runner.errors import EngineFault, RunnerError
from runner.events import CellDone, CellStarted, EnvironmentFailed, EnvironmentReady, EnvironmentStarted, Note, OnEvent
from runner.keys import KeyRing, state_of
from runner.model import Cell, Environment, Isolation, Outcome, Stage, Status
from runner.plan import Plan
from runner.rules.facts import Facts, facts_of
from runner.schedule import Assign, Board, Place, Retire, Start, Task, decide
from runner.store import RunWriter
from runner.worker import Attempt, Began, Bench, Crash, Down, Job, Message, Up, errored

TRIES = 2
"""So many agents in a row may fail to start in a place before its cells are given up."""

_LOOK = 0.5


class SourceChanged(RunnerError):
    """The agent or a fixture was edited under a run."""


@dataclass(frozen=True)
class Stop:
    """Somebody wants the run to end."""


Post = Message | Preparing | Ready | Stop


@dataclass(frozen=True, kw_only=True)
class Resources:
    """At most `slots` agents start or work at a time; at most `room` are alive, the idle ones included."""

    slots: int
    room: int


@dataclass
class Walk:
    """One walk through a plan, from the outcomes that are known to the last one."""

    plan: Plan
    engine: Engine
    writer: RunWriter
    ring: KeyRing
    bench: Bench
    resources: Resources
    isolation: Isolation
    on_event: OnEvent
    stop: threading.Event
    sources: Mapping[str, tuple[int, int] | None]
    mailbox: queue.SimpleQueue[Post] = field(default_factory=queue.SimpleQueue)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fixtures = self.plan.fixtures
        own: dict[str, Isolation] = {
            cell.id: _stricter(self.isolation, fixtures[cell.fixture].isolation or "shared")
            for cell in self.plan.cells
            if cell.fixture is not None
        }
        self._board = Board(self.plan.cells, isolation=own)
        self._confirmer = Confirmer()
        self._crew = Crew(self.engine, self.bench, self.mailbox.put)
        self._prepared: dict[str, Prepared] = {}
        self._fingerprints = dict(self.ring.fingerprints)
        self._failures: Counter[Place] = Counter()
        self._given_up: dict[Place, EngineFault] = {}
        self._facts: dict[str, Facts] = {}

    @property
    def complete(self) -> bool:
        """Whether every cell of the plan has its outcome."""
        return not self._board.unsettled

    def take_over(self, known: list[Outcome]) -> None:
        """Settle cells with outcomes of earlier runs, and whatever follows from them."""
        self._confirmer.believe(known)
        self._settle(*known)

    def go(self) -> None:
        """Run until every cell is settled or somebody stops the run; leave no process behind."""
        preparer = Preparer(self.engine, self._to_prepare(), self.mailbox.put)
        try:
            while not self.complete and not self.stop.is_set():
                self._advance()
                try:
                    message = self.mailbox.get(timeout=_LOOK)
                except queue.Empty:
                    continue
                if isinstance(message, Stop):
                    self.stop.set()
                    break
                self._hear(message)
        except BaseException:
            self.stop.set()
            raise
        finally:
            preparer.stop()
            self._crew.dismiss(kill=self.stop.is_set())

    def _to_prepare(self) -> list[Environment]:
        environments = self.plan.environments
        builds = [cell for cell in self.plan.cells if cell.stage is Stage.BUILD and not self._board.is_settled(cell.id)]
        return [environments[cell.environment] for cell in builds]

    def _advance(self) -> None:
        """Do everything that can be done now."""
        self._give_up()
        while not self.complete:
            work = [item for item in self._board.work(self._prepared) if item.place not in self._given_up]
            match decide(work, self._crew.views, slots=self.resources.slots, room=self.resources.room):
                case Assign(agent, place):
                    task = self._board.take(place)
                    if task is not None:
                        self._crew.give(agent, self._job(task))
                case Start(place):
                    self._crew.start(place, self._prepared[place.environment])
                case Retire(agent):
                    self._crew.retire(agent)
                case None:
                    break
        self._crew.retire_where(self._board.is_finished)

    def _give_up(self) -> None:
        """Settle what waits where no agent starts; that can make more wait there, such as a confirmation."""
        while waiting := [task for place in self._given_up if (task := self._board.take(place)) is not None]:
            for task in waiting:
                fault = self._given_up[task.place]
                self._rule(task.cell, errored(self._job(task), fault.reason, fault.message, log=fault.log))

    def _hear(self, message: Message | Preparing | Ready) -> None:
        match message:
            case Preparing(environment):
                self.on_event(EnvironmentStarted(environment))
            case Ready():
                self._built(message)
            case Up(worker):
                self._crew.idle(worker)
            case Down(worker, fault):
                place = self._crew.place_of(worker)
                self._crew.gone(worker)
                if fault is not None and place is not None:
                    self._not_started(place, fault)
            case Began(cell):
                self.on_event(CellStarted(cell.id, cell.environment))
            case Attempt():
                self._attempted(message)
            case Crash(_, error):
                raise error

    def _built(self, ready: Ready) -> None:
        if ready.error is not None:
            raise ready.error
        cell = Cell(stage=Stage.BUILD, environment=ready.environment)
        more: dict[str, Any] = {"attempts": ready.attempts, "duration_s": round(ready.seconds, 3)}
        if ready.prepared is not None:
            prepared = ready.prepared
            self._prepared[ready.environment] = prepared
            # What was really built decides the keys, whatever was foreseen.
            self._fingerprints[ready.environment] = prepared.fingerprint
            notes = {
                "facts": prepared.facts,
                "fingerprint": prepared.fingerprint,
                "python": str(prepared.python),
                "from_cache": prepared.reused,
            }
            self.on_event(EnvironmentReady(ready.environment, prepared.seconds, prepared.reused))
            self._settle(blank(cell, Status.PASSED, None, key=self._key(cell), notes=notes, **more))
        elif ready.fault is not None:
            fault = ready.fault
            self.on_event(EnvironmentFailed(ready.environment, fault.reason, fault.message))
            notes = {"why": fault.message}
            self._settle(blank(cell, Status.ERRORED, fault.reason, key=self._key(cell), notes=notes, log=fault.log[-4000:], **more))

    def _not_started(self, place: Place, fault: EngineFault) -> None:
        """An agent did not come up: try once more, then give up what waits in its place."""
        self._failures[place] += 1
        self.on_event(Note(f"an agent of {place.environment} did not start: {fault.message}"))
        if self._failures[place] >= TRIES:
            self._given_up[place] = fault

    def _attempted(self, attempt: Attempt) -> None:
        self._check_sources()
        place = attempt.task.place
        if attempt.lost:
            self._crew.gone(attempt.worker)
            self.on_event(
                Note(f"the agent of {place.environment} was lost in {attempt.task.cell.id}: {attempt.outcome.notes.get('why', '')}")
            )
        else:
            self._failures[place] = 0
            self._crew.idle(attempt.worker)
        self._rule(attempt.task.cell, attempt.outcome)

    def _check_sources(self) -> None:
        """Raise SourceChanged when what the keys say is no longer what runs."""
        now = state_of(self.plan.fixtures.values())
        changed = sorted(path for path in now.keys() | self.sources.keys() if now.get(path) != self.sources.get(path))
        if changed:
            raise SourceChanged(
                f"{changed[0]} was changed while the run was at work, so what it gives now belongs to neither version. "
                "What was run before is kept; the same command goes on with the new one"
            )

    def _rule(self, cell: Cell, outcome: Outcome) -> None:
        ruling = self._confirmer.take(cell, outcome)
        self._apply(ruling)

    def _apply(self, ruling: Ruling) -> None:
        if ruling.settled:
            self._settle(*ruling.settled)
        for again in ruling.again:
            self._repeat(again)

    def _repeat(self, again: Again) -> None:
        self._board.queue(again.cell, again.isolation, again=True)
        how = "in a fresh process" if again.isolation == "process" else "once more"
        self.on_event(Note(f"again, {how}: {again.cell.id}"))

    def _settle(self, *outcomes: Outcome) -> None:
        """Write outcomes and everything that follows from them, then tell of them."""
        everything = [self._explained(outcome) for outcome in (*outcomes, *self._board.settle(*outcomes))]
        if everything:
            self.writer.append(*everything)
        for outcome in everything:
            self.outcomes[outcome.id] = outcome
            self.on_event(CellDone(outcome))

    def _explained(self, outcome: Outcome) -> Outcome:
        """Return an outcome with its diagnosis. One of an earlier run keeps its own while the environments have not said what they are."""
        if outcome.stage is Stage.BUILD:
            self._facts[outcome.environment] = facts_of(asdict(self.plan.environments[outcome.environment]), outcome.notes.get("facts"))
        elif (
            outcome.reused_from
            and outcome.diagnosis is not None
            and not {outcome.producer, outcome.consumer} - {None} <= self._facts.keys()
        ):
            return outcome
        return outcome.model_copy(update={"diagnosis": diagnose(outcome, self._facts)})

    def _job(self, task: Task) -> Job:
        save = self._key(task.cell.needs[0]) if task.cell.stage is Stage.LOAD else ""
        return Job(task, self._key(task.cell), save)

    def _key(self, cell: Cell) -> str:
        return replace(self.ring, fingerprints=self._fingerprints).key(cell)


def _stricter(one: Isolation, other: Isolation) -> Isolation:
    return max(one, other, key=get_args(Isolation).index)

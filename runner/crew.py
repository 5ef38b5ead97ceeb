"""The agents of a run and the pool that prepares environments: who is alive, and what they were given. I/O in threads.

Threads post messages and decide nothing; everything here is called from the one thread that walks the plan.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from runner.engines.base import Engine, Prepared
from runner.errors import EngineFault
from runner.model import REASONS, Environment
from runner.schedule import AgentView, Place
from runner.worker import Bench, Job, Message, Worker

PREPARERS = 2
"""Environments prepared at a time: installing waits for the disk and the network as much as for a core."""

KILL_SECONDS = 15.0


@dataclass(frozen=True)
class Preparing:
    """An environment is being prepared."""

    environment: str


@dataclass(frozen=True)
class Ready:
    """An environment was prepared, or could not be: one of `prepared`, `fault` and `error` (ours) is set."""

    environment: str
    prepared: Prepared | None = None
    fault: EngineFault | None = None
    error: BaseException | None = None
    seconds: float = 0.0
    attempts: int = 1


class Preparer:
    """Prepares environments in a small pool of threads."""

    def __init__(self, engine: Engine, environments: list[Environment], post: Callable[[Preparing | Ready], None]) -> None:
        """Begin at once, in the order given."""
        self._engine = engine
        self._post = post
        self._stopped = threading.Event()
        self._inbox: queue.SimpleQueue[Environment] = queue.SimpleQueue()
        for environment in environments:
            self._inbox.put(environment)
        # Daemon threads: an interrupted run does not wait for an installation.
        self._threads = [
            threading.Thread(target=self._main, name=f"prepare {number}", daemon=True)
            for number in range(min(PREPARERS, len(environments)))
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin no other environment."""
        self._stopped.set()

    def _main(self) -> None:
        while not self._stopped.is_set():
            try:
                environment = self._inbox.get_nowait()
            except queue.Empty:
                return
            self._post(Preparing(environment.id))
            self._post(self._prepare(environment))

    def _prepare(self, environment: Environment) -> Ready:
        started = time.monotonic()
        for attempt in (1, 2):
            try:
                prepared = self._engine.prepare(environment)
            except EngineFault as fault:
                # An index or a daemon may be away for a moment; nothing else gets better by asking again.
                if attempt == 2 or not REASONS[fault.reason].spurious or self._stopped.is_set():
                    return Ready(environment.id, fault=fault, seconds=time.monotonic() - started, attempts=attempt)
            except BaseException as error:
                # Whatever it is: a thread that ends in silence would leave the run waiting for ever.
                return Ready(environment.id, error=error)
            else:
                return Ready(environment.id, prepared=prepared, seconds=prepared.seconds, attempts=attempt)
        raise AssertionError("unreachable")


@dataclass
class Crew:
    """The agents that are alive."""

    engine: Engine
    bench: Bench
    post: Callable[[Message], None]
    _workers: dict[int, Worker] = field(default_factory=dict)
    _states: dict[int, AgentView] = field(default_factory=dict)
    _gone: list[Worker] = field(default_factory=list)
    _count: int = 0

    @property
    def views(self) -> list[AgentView]:
        """The agents as the policy sees them, oldest first."""
        return list(self._states.values())

    def start(self, place: Place, prepared: Prepared) -> None:
        """Start an agent."""
        self._count += 1
        worker = Worker(self._count, place, prepared, self.engine, self.bench, self.post)
        self._workers[worker.number] = worker
        self._states[worker.number] = AgentView(worker.number, place, "starting")
        worker.begin()

    def place_of(self, number: int) -> Place | None:
        """Return where an agent is, None when it is gone."""
        view = self._states.get(number)
        return view.place if view else None

    def idle(self, number: int) -> None:
        """Note that an agent waits for work."""
        if number in self._states:
            self._states[number] = AgentView(number, self._states[number].place, "idle")

    def give(self, number: int, job: Job) -> None:
        """Give an idle agent its next cell."""
        self._states[number] = AgentView(number, self._states[number].place, "busy")
        self._workers[number].give(job)

    def retire(self, number: int) -> None:
        """Let an agent end; from now on it does not count."""
        self._workers[number].retire()
        self.gone(number)

    def retire_where(self, finished: Callable[[str], bool]) -> None:
        """Let idle agents end whose environment is finished with."""
        for view in self.views:
            if view.state == "idle" and finished(view.place.environment):
                self.retire(view.number)

    def gone(self, number: int) -> None:
        """Note that an agent is no more."""
        self._states.pop(number, None)
        worker = self._workers.pop(number, None)
        if worker is not None:
            self._gone.append(worker)

    def dismiss(self, *, kill: bool) -> None:
        """End all agents and wait for it: kindly, or at once."""
        for number in list(self._workers):
            worker = self._workers[number]
            if kill:
                # Side by side: each waits for its own processes.
                threading.Thread(target=worker.kill, daemon=True).start()
                self.gone(number)
            else:
                self.retire(number)
        deadline = time.monotonic() + KILL_SECONDS
        for worker in self._gone:
            worker.join(max(0.0, deadline - time.monotonic()))

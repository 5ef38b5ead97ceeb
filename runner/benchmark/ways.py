"""The ways to run the same load cells: a fresh process for each, this runner, and the bare work in one warm process."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.benchmark.choice import with_needs
from runner.benchmark.figures import Measured, mean
from runner.benchmark.memory import PeakMemory
from runner.classify import outcome_of
from runner.engines.agent import Agent
from runner.engines.base import AGENT, Engine, Prepared
from runner.engines.local import agent_environ
from runner.engines.process import AgentProcess
from runner.errors import EngineFault
from runner.executor import execute
from runner.keys import KeyRing
from runner.model import Cell, Environment, Isolation, Outcome, Reason, Run, Status
from runner.plan import Plan
from runner.protocol import BadResult, build_request, read_result
from runner.store import RunStore

GRACE_S = 300.0
_LOOK_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every way stands on: the plan, the cells, the environment made ready, the saved artifacts, and a directory to work in."""

    plan: Plan
    loads: tuple[Cell, ...]
    engine: Engine
    prepared: Prepared
    store: RunStore
    ring: KeyRing
    cores: int
    place: Path

    def request(self, cell: Cell, folder: Path) -> Path:
        """Write the request of a cell with files of its own below `folder` and return its path."""
        assert cell.fixture is not None
        folder.mkdir(parents=True)
        spec = self.plan.selection.spec
        artifact = self.store.artifacts.path(self.ring.key(cell.needs[0]))
        fixture = self.plan.fixtures[cell.fixture]
        request = build_request(cell, fixture=fixture, limits=spec.limits, tolerances=spec.tolerances, artifact=artifact, scratch=folder)
        path = folder / "request.json"
        path.write_text(json.dumps(request), encoding="utf-8")
        return path


class CountingEngine:
    """An engine that remembers how many agents were started."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.facts = engine.facts
        self.agents = 0

    def fingerprint(self, environment: Environment) -> str:
        """Ask the engine."""
        return self._engine.fingerprint(environment)

    def prepare(self, environment: Environment) -> Prepared:
        """Ask the engine."""
        return self._engine.prepare(environment)

    def start(self, prepared: Prepared, *, scratch: Path, isolation: Isolation, threads: int, memory_mb: int) -> Agent:
        """Count, and ask the engine."""
        self.agents += 1
        return self._engine.start(prepared, scratch=scratch, isolation=isolation, threads=threads, memory_mb=memory_mb)

    def close(self) -> None:
        """Leave the engine open: it is not ours."""


def with_runner(ground: Ground) -> tuple[Measured, Run]:
    """Run the cells as `run` does, from looking up the environment to the footer; the saves are known, so only loads run."""
    engine = CountingEngine(ground.engine)
    spec = ground.plan.selection.spec
    with PeakMemory() as memory:
        started = time.monotonic()
        run = execute(with_needs(ground.plan, ground.loads), engine, ground.store, jobs=ground.cores, memory_mb=spec.memory_mb)
        seconds = time.monotonic() - started
    wanted = {cell.id for cell in ground.loads}
    outcomes = [outcome for outcome in run.outcomes.values() if outcome.id in wanted]
    measured = Measured(
        name="this runner",
        cells=len(outcomes),
        seconds=seconds,
        agents=engine.agents,
        memory_mb=memory.mb if ground.engine.name == "local" else None,
        missed=_missed(outcomes),
        confirmations=sum(max(0, outcome.attempts - 1) for outcome in outcomes),
        cell_seconds=mean([outcome.duration_s for outcome in outcomes]),
    )
    return measured, run


def with_fresh_processes(ground: Ground, *, jobs: int) -> Measured:
    """Run each cell in a fresh interpreter that imports TensorFlow: `jobs` at a time, each with its share of the cores."""
    place = ground.place / f"fresh-{jobs}"
    waiting: queue.SimpleQueue[tuple[int, Cell]] = queue.SimpleQueue()
    for numbered in enumerate(ground.loads):
        waiting.put(numbered)
    outcomes: list[Outcome] = []
    errors: list[BaseException] = []
    threads = max(1, ground.cores // jobs)
    with PeakMemory() as memory, contextlib.ExitStack() as agents:
        started = time.monotonic()

        def work(agent: Agent) -> None:
            try:
                for number, cell in _drained(waiting):
                    outcomes.append(_one(ground, agent, cell, place / str(number)))
            except BaseException as error:
                errors.append(error)

        memory_mb = ground.plan.selection.spec.limits.memory_mb
        workers = []
        for number in range(jobs):
            scratch = place / f"agent-{number}"
            agent = ground.engine.start(ground.prepared, scratch=scratch, isolation="process", threads=threads, memory_mb=memory_mb)
            workers.append(threading.Thread(target=work, args=(agents.enter_context(agent),), daemon=True))
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                # In steps, so that Ctrl-C is heard; leaving the block then kills the agents.
                worker.join(_LOOK_S)
        seconds = time.monotonic() - started
        if errors:
            raise errors[0]
    return Measured(
        name="a fresh process for each cell" + (f", {jobs} at a time" if jobs > 1 else ", one after the other"),
        cells=len(outcomes),
        seconds=seconds,
        agents=len(outcomes),
        memory_mb=memory.mb,
        missed=_missed(outcomes),
        cell_seconds=mean([outcome.duration_s for outcome in outcomes]),
    )


def with_fresh_containers(ground: Ground) -> Measured:
    """Run each cell in a container of its own, made and removed for it, one after the other: what `docker run` in a script does."""
    place = ground.place / "containers"
    memory_mb = ground.plan.selection.spec.limits.memory_mb
    outcomes: list[Outcome] = []
    started = time.monotonic()
    for number, cell in enumerate(ground.loads):
        folder = place / str(number)
        with ground.engine.start(
            ground.prepared, scratch=folder / "agent", isolation="process", threads=ground.cores, memory_mb=memory_mb
        ) as agent:
            outcomes.append(_one(ground, agent, cell, folder / "cell"))
    return Measured(
        name="one `docker run` for each cell",
        cells=len(outcomes),
        seconds=time.monotonic() - started,
        agents=len(outcomes),
        memory_mb=None,
        missed=_missed(outcomes),
        cell_seconds=mean([outcome.duration_s for outcome in outcomes]),
    )


def _drained(waiting: queue.SimpleQueue[tuple[int, Cell]]) -> Iterator[tuple[int, Cell]]:
    with contextlib.suppress(queue.Empty):
        while True:
            yield waiting.get_nowait()


def _one(ground: Ground, agent: Agent, cell: Cell, folder: Path) -> Outcome:
    path = ground.request(cell, folder)
    agent.ask({"request": str(path)})
    deadline = time.monotonic() + ground.plan.selection.spec.limits.seconds + GRACE_S
    while True:
        try:
            event = agent.next_event(deadline - time.monotonic())
        except TimeoutError as error:
            raise EngineFault(Reason.AGENT_LOST, f"{cell.id}: {error}", agent.stderr_tail()) from error
        if event is None:
            raise EngineFault(Reason.AGENT_LOST, f"the agent ended in the middle of {cell.id}", agent.stderr_tail())
        if event.get("event") == "done":
            break
    try:
        return outcome_of(cell, read_result(folder / "result.json", cell_id=cell.id), isolation="process")
    except BadResult as error:
        raise EngineFault(Reason.BAD_RESULT, f"{cell.id}: {error}") from error


def bare(ground: Ground) -> tuple[Measured, float, tuple[Cell, ...]]:
    """Run the cells one after another in one process that is warm; return that, without its import, and the import's seconds.

    Last come the cells that did not pass so, as those do not that set up devices before TensorFlow's start: they are in no figure.
    """
    place = ground.place / "bare"
    requests = [ground.request(cell, place / str(number)) for number, cell in enumerate(ground.loads)]
    scratch, times = place / "session", place / "times.json"
    for folder in (scratch, scratch / "home", scratch / "tmp"):
        folder.mkdir()
    python = ground.prepared.python
    command = [str(python), "-B", str(AGENT), "bare", *map(str, requests), "--scratch", str(scratch), "--times", str(times)]
    environ = agent_environ(ground.prepared.environment, python=python, scratch=scratch, threads=ground.cores)
    with PeakMemory() as memory, AgentProcess(command, environ=environ, cwd=scratch, stderr=scratch / "agent.stderr") as process:
        # It turns its output into its log, so its end is seen by its exit alone.
        deadline = time.monotonic() + GRACE_S + 10.0 * len(requests)
        while process.returncode is None:
            if time.monotonic() > deadline:
                raise EngineFault(Reason.TIMED_OUT, "the bare work came to no end", process.stderr_tail())
            time.sleep(_LOOK_S)
        log = process.stderr_tail()
    try:
        told: dict[str, Any] = json.loads(times.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        log += _end_of(place / "0" / "log.txt")
        raise EngineFault(Reason.AGENT_LOST, f"the bare work ended without its times: {log.strip()[-400:] or error}", log) from error
    done = {cell["id"]: float(cell["seconds"]) for cell in told["cells"] if cell["passed"]}
    taken = list(done.values())
    measured = Measured(
        name="the bare work in one warm process",
        cells=len(taken),
        seconds=sum(taken),
        agents=1,
        memory_mb=memory.mb,
        cell_seconds=mean(taken),
    )
    return measured, float(told["import_s"]), tuple(cell for cell in ground.loads if cell.id not in done)


def _end_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-2000:]
    except OSError:
        return ""


def _missed(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(outcome.id for outcome in outcomes if outcome.status is not Status.PASSED)

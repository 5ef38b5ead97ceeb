"""One agent and the thread that talks to it: start it, hand it one cell at a time, read what it answers, let it go.

A worker decides nothing. It turns each task into one attempt (an outcome that nobody has confirmed yet) and posts it; when
its agent dies or falls silent, the attempt is `agent-lost` and the worker ends. Results are read from files only.
"""

from __future__ import annotations

import json
import queue
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.artifacts import ArtifactStore, snapshot, verify
from runner.classify import MACHINE_ERRNO, blank, outcome_of
from runner.engines.agent import Agent, tail_of
from runner.engines.base import Engine, Prepared
from runner.errors import EngineFault
from runner.model import Cell, Fixture, Limits, Outcome, Reason, Stage, Status, Tolerances
from runner.protocol import BadResult, build_request, read_result
from runner.schedule import Place, Task, usable

START_SECONDS = 300.0
"""How long importing TensorFlow may take on a slow and busy machine."""

GRACE_SECONDS = 60.0
"""How much longer than the cell's own limit an agent may be silent before it counts as lost."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every worker of a run shares."""

    fixtures: dict[str, Fixture]
    limits: Limits
    tolerances: Tolerances
    artifacts: ArtifactStore
    scratch: Path
    threads: int
    replace: bool = False


@dataclass(frozen=True)
class Job:
    """A task with its key and the key of the save that it reads."""

    task: Task
    key: str
    save_key: str = ""


@dataclass(frozen=True)
class Up:
    """An agent is ready for work."""

    worker: int


@dataclass(frozen=True)
class Down:
    """An agent could not be started, or ended when it was told to (`fault` is None then)."""

    worker: int
    fault: EngineFault | None = None


@dataclass(frozen=True)
class Began:
    """A cell is being run."""

    cell: Cell


@dataclass(frozen=True)
class Attempt:
    """An attempt at a cell is over; `lost` when the agent is gone with it."""

    worker: int
    task: Task
    outcome: Outcome
    lost: bool = False


@dataclass(frozen=True)
class Crash:
    """The worker itself failed: an error of ours, or a disk that is full."""

    worker: int
    error: BaseException


Message = Up | Down | Began | Attempt | Crash


class Lost(Exception):
    """The agent died or fell silent in the middle of a cell."""


@dataclass
class Worker:
    """An agent in one place, served by a thread of its own."""

    number: int
    place: Place
    prepared: Prepared
    engine: Engine
    bench: Bench
    post: Callable[[Message], None]
    _inbox: queue.SimpleQueue[Job | None] = field(default_factory=queue.SimpleQueue)
    _process: Agent | None = None
    _killed: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _count: int = 0

    def begin(self) -> None:
        """Start the thread, and in it the agent."""
        self._thread = threading.Thread(target=self._main, name=f"agent {self.number} {self.place.environment}", daemon=True)
        self._thread.start()

    def give(self, job: Job) -> None:
        """Hand over the next cell."""
        self._inbox.put(job)

    def retire(self) -> None:
        """Let the agent end after what it is doing."""
        self._inbox.put(None)

    def kill(self) -> None:
        """Kill the agent now; may be called from any thread."""
        self._killed.set()
        self._inbox.put(None)
        process = self._process
        if process is not None:
            process.kill()

    def join(self, seconds: float) -> None:
        """Wait for the end of the thread, not for ever."""
        if self._thread is not None:
            self._thread.join(seconds)

    @property
    def home(self) -> Path:
        """The directory of this agent."""
        return self.bench.scratch / f"agent-{self.number}"

    def _main(self) -> None:
        try:
            self.home.mkdir(parents=True)
            process = self.engine.start(
                self.prepared,
                scratch=self.home,
                isolation=self.place.isolation,
                threads=self.bench.threads,
                memory_mb=self.bench.limits.memory_mb,
            )
            with process:
                self._process = process
                if not self._killed.is_set():
                    self._wait_ready(process)
                    self._serve(process)
        except EngineFault as fault:
            self.post(Down(self.number, fault))
        except Lost:
            pass
        except BaseException as error:
            # Whatever it is: a thread that ends in silence would leave the run waiting for ever.
            self.post(Crash(self.number, error))
        else:
            self.post(Down(self.number))
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def _wait_ready(self, process: Agent) -> None:
        try:
            event = process.next_event(START_SECONDS)
        except TimeoutError:
            process.kill()
            raise EngineFault(Reason.AGENT_LOST, f"the agent was not ready after {START_SECONDS:.0f} s", process.stderr_tail()) from None
        if event is not None and event.get("event") == "ready":
            self.post(Up(self.number))
            return
        error = (event or {}).get("error")
        said = f"{error.get('type')}: {error.get('message')}" if isinstance(error, dict) else "it said nothing"
        reason = Reason.IMPORT_FAILED if event is not None else Reason.AGENT_LOST
        raise EngineFault(reason, f"{self.place.environment}: the agent did not start: {said}", process.stderr_tail())

    def _serve(self, process: Agent) -> None:
        while (job := self._inbox.get()) is not None and not self._killed.is_set():
            started = time.monotonic()
            try:
                outcome = self._attempt(process, job)
            except (Lost, EngineFault) as error:
                process.kill()
                why = error.reason if isinstance(error, EngineFault) else Reason.AGENT_LOST
                self._post_fault(job, why, str(error), started, log=process.stderr_tail(), lost=True)
                raise Lost(str(error)) from error
            except OSError as error:
                reason = MACHINE_ERRNO.get(error.errno or 0)
                if reason is None:
                    raise
                self._post_fault(job, reason, f"{error.filename}: {error.strerror}", started)
            else:
                self.post(Attempt(self.number, job.task, outcome))

    def _post_fault(self, job: Job, reason: Reason, why: str, started: float, *, log: str = "", lost: bool = False) -> None:
        outcome = errored(job, reason, why, log=log, seconds=time.monotonic() - started)
        self.post(Attempt(self.number, job.task, outcome, lost))

    def _attempt(self, process: Agent, job: Job) -> Outcome:
        cell, bench = job.task.cell, self.bench
        assert cell.fixture is not None
        self._count += 1
        scratch = self.home / f"cell-{self._count}"
        scratch.mkdir()
        saving = cell.stage is Stage.SAVE
        artifact = bench.artifacts.begin() if saving else bench.artifacts.path(job.save_key)
        before = () if saving else snapshot(artifact)
        if not saving and not before:
            return errored(job, Reason.BAD_RESULT, f"the artifact {artifact} is gone; the same command makes it anew")
        request = build_request(
            cell,
            fixture=bench.fixtures[cell.fixture],
            limits=bench.limits,
            tolerances=bench.tolerances,
            artifact=artifact,
            scratch=scratch,
        )
        try:
            outcome = self._ask(process, job, request, scratch / "request.json")
            if saving:
                return self._stored(job, outcome, artifact)
            if snapshot(artifact) != before and verify(artifact):
                bench.artifacts.discard(job.save_key)
                return errored(job, Reason.BAD_RESULT, "the artifact was changed while this cell read it; it was removed: run again")
            return outcome
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            if saving:
                shutil.rmtree(artifact, ignore_errors=True)

    def _stored(self, job: Job, outcome: Outcome, part: Path) -> Outcome:
        if not usable(outcome):
            return outcome
        problems = self.bench.artifacts.commit(part, job.key, replace=self.bench.replace)
        return errored(job, Reason.BAD_RESULT, f"the artifact: {'; '.join(problems[:5])}", log=outcome.log) if problems else outcome

    def _ask(self, process: Agent, job: Job, request: dict[str, Any], path: Path) -> Outcome:
        cell = job.task.cell
        path.write_text(json.dumps(request), encoding="utf-8")
        process.ask({"request": str(path)})
        self.post(Began(cell))
        deadline = time.monotonic() + self.bench.limits.seconds + GRACE_SECONDS
        while True:
            try:
                event = process.next_event(max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                raise Lost(f"the agent gave no result within {self.bench.limits.seconds + GRACE_SECONDS:.0f} s") from None
            if event is None:
                raise Lost("the agent ended in the middle of the cell")
            if event.get("event") == "started":
                # What did not pass in a shared child runs once more, with all of its time.
                deadline = time.monotonic() + self.bench.limits.seconds + GRACE_SECONDS
            if event.get("event") == "done" and event.get("id") == cell.id:
                break
        try:
            result = read_result(Path(request["result"]), cell_id=cell.id)
        except BadResult as error:
            return errored(job, Reason.BAD_RESULT, str(error), log=tail_of(Path(request["log"])))
        return outcome_of(cell, result, isolation=job.task.place.isolation, key=job.key)


def errored(job: Job, reason: Reason, why: str, *, log: str = "", seconds: float = 0.0) -> Outcome:
    """Return an attempt that says nothing about TensorFlow, and why."""
    more: dict[str, Any] = {"notes": {"why": why}, "log": log, "key": job.key, "isolation": job.task.place.isolation, "attempts": 1}
    return blank(job.task.cell, Status.ERRORED, reason, duration_s=round(seconds, 4), **more)

"""An engine whose agents are scripts in memory: it keeps the contract of engines and agents, and runs nothing."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from runner.engines.base import Prepared
from runner.engines.process import AgentProcess
from runner.errors import EngineFault
from runner.model import Check, Environment, Isolation, Reason

Answer = dict[str, Any] | Literal["die", "silent", "garbage", "nothing"]


@dataclass(frozen=True)
class Asked:
    """What a script is told of a request."""

    id: str
    isolation: str
    attempt: int
    request: Mapping[str, Any]


Script = Callable[[Asked], Answer]


def good(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a cell in which all is well."""
    saving = request["stage"] == "save"
    checks: dict[str, dict[str, Any]] = {
        str(check): {"result": "passed", "difference": None, "reason": None, "detail": {}} for check in Check
    }
    return {
        "schema": 1,
        "id": request["id"],
        "ended": "exit",
        "signal": None,
        "exit_code": 0,
        "phase": "done",
        "unsupported": None,
        "fixture_fault": None,
        "error": None,
        "checks": {} if saving else checks,
        "warnings": [],
        "files": [{"path": "model.h5", "bytes": 5, "sha256": "0" * 64}] if saving else [],
        "findings": [],
        "duration_s": 0.1,
        "memory_peak_mb": 300.0,
        "notes": {},
        "log": "",
    }


def raised(request: Mapping[str, Any], message: str = "no", phase: str | None = None) -> dict[str, Any]:
    """Return the result of a cell that raised while it saved or loaded."""
    phase = phase or request["stage"]
    error = {"type": "ValueError", "message": message, "traceback": "", "phase": phase, "missing_object": None, "errno": None}
    return {**good(request), "phase": phase, "checks": {}, "files": [], "error": error}


def crashed(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a cell whose process died of a segmentation fault."""
    return {**good(request), "ended": "signal", "signal": 11, "exit_code": None, "phase": request["stage"], "checks": {}}


def well(asked: Asked) -> Answer:
    """The script in which everything passes."""
    return good(asked.request)


@dataclass
class MemoryEngine:
    """Prepares at once and starts scripted agents. `faults` are environments that cannot be prepared."""

    script: Script = well
    faults: dict[str, EngineFault] = field(default_factory=dict)
    broken: set[tuple[str, str]] = field(default_factory=set)
    salt: dict[str, str] = field(default_factory=dict)
    name: str = "memory"
    facts: dict[str, Any] = field(default_factory=dict)
    prepared: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    started: list[tuple[str, str]] = field(default_factory=list)
    alive: int = 0
    peak_busy: int = 0
    busy: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)
    attempts: Counter[str] = field(default_factory=Counter)

    def fingerprint(self, environment: Environment) -> str:
        """Return a fingerprint of the id and of `salt`."""
        return hashlib.sha256(f"{environment.id}{self.salt.get(environment.id, '')}".encode()).hexdigest()

    def prepare(self, environment: Environment) -> Prepared:
        """Give what was asked for, or the fault that is set."""
        with self.guard:
            self.prepared.append(environment.id)
        if environment.id in self.faults:
            raise self.faults[environment.id]
        return Prepared(
            environment, self.fingerprint(environment), Path("/nowhere/python"), {"tensorflow": environment.tensorflow}, False, 0.0
        )

    def start(self, prepared: Prepared, *, scratch: Path, isolation: Isolation, threads: int, memory_mb: int) -> AgentProcess:
        """Start a scripted agent."""
        with self.guard:
            self.started.append((prepared.environment.id, isolation))
        return MemoryAgent(self, prepared.environment.id, isolation)

    def close(self) -> None:
        """Nothing is held."""

    def requests(self, cell_id: str) -> int:
        """Return how often a cell was asked for."""
        return self.attempts[cell_id]


class MemoryAgent(AgentProcess):
    """An agent that answers from its engine's script."""

    def __init__(self, engine: MemoryEngine, environment: str, isolation: str) -> None:
        self._engine = engine
        self._isolation = isolation
        self._box: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._dead = False
        with engine.guard:
            engine.alive += 1
        if (environment, isolation) in engine.broken:
            self._box.put({"event": "broken", "error": {"type": "ImportError", "message": "no numpy", "traceback": ""}})
        else:
            self._box.put({"event": "ready", "facts": {}})

    def ask(self, request: Mapping[str, Any]) -> None:
        """Answer a request at once, as the script says."""
        told = json.loads(Path(request["request"]).read_text())
        with self._engine.guard:
            self._engine.attempts[told["id"]] += 1
            asked = Asked(told["id"], self._isolation, self._engine.attempts[told["id"]], told)
            self._engine.asked.append(asked)
            self._engine.busy += 1
            self._engine.peak_busy = max(self._engine.peak_busy, self._engine.busy)
        answer = self._engine.script(asked)
        with self._engine.guard:
            self._engine.busy -= 1
        if answer == "die":
            self._box.put(None)
            return
        if answer == "silent":
            return
        if told["stage"] == "save":
            write_artifact(Path(told["artifact"]))
        if answer == "garbage":
            Path(told["result"]).write_bytes(b"\x00\xff{")
        elif isinstance(answer, dict):
            Path(told["result"]).write_text(json.dumps(answer))
        self._box.put({"event": "started", "id": told["id"], "pid": 1})
        self._box.put({"event": "done", "id": told["id"], "result": told["result"]})

    def next_event(self, timeout: float | None = None) -> dict[str, Any] | None:
        """Return the next event, None at the end; TimeoutError when there is none in time."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._dead:
            try:
                return self._box.get(timeout=0.02)
            except queue.Empty:
                if deadline is not None and time.monotonic() > deadline:
                    raise TimeoutError("silent") from None
        return None

    def stderr_tail(self, characters: int = 4000) -> str:
        """Return a line of evidence."""
        return "the agent's last words"

    def close(self, seconds: float = 5.0) -> int | None:
        """End."""
        self.kill()
        return 0

    def kill(self) -> None:
        """End at once."""
        with self._engine.guard:
            self._engine.alive -= not self._dead
            self._dead = True


def write_artifact(directory: Path, content: bytes = b"model") -> None:
    """Write an artifact with its manifest."""
    (directory / "model").mkdir()
    (directory / "model" / "model.h5").write_bytes(content)
    entry = {"path": "model/model.h5", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (directory / "manifest.json").write_text(json.dumps({"schema": 1, "files": [entry]}))


def fault(reason: Reason = Reason.INTERPRETER_MISSING) -> EngineFault:
    """Return a fault as engines raise it."""
    return EngineFault(reason, "no Python 3.99 was found; install it", "log")

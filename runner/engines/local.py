"""The local engine: uv virtual environments on this machine, and agents as its processes."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from runner.engines import venvs
from runner.engines.base import AGENT, Prepared, agent_fingerprint, agent_variables, first_words, mismatch
from runner.engines.holds import Hold
from runner.engines.process import AgentProcess
from runner.errors import EngineFault
from runner.interpreters import Interpreter, find_interpreter
from runner.locks import Lock, fingerprint, read_lock
from runner.model import Environment, Isolation, Reason
from runner.uv_command import find_uv

_LOOK_S = 1.0


class LocalEngine:
    """Builds environments from their locks into a cache, and starts agents in them. Usable from several threads."""

    name = "local"

    def __init__(
        self,
        *,
        locks: Path,
        cache: Path | None = None,
        agent: Path = AGENT,
        uv: Path | None = None,
        build_seconds: float = 1800.0,
        import_seconds: float = 300.0,
    ) -> None:
        """Use the locks of one directory. `cache` is where environments are kept, `agent` the script that is started in them."""
        # What the header says of the machine is all there is to say.
        self.facts: dict[str, Any] = {}
        self._locks = locks
        self._envs = (cache or venvs.cache_root()) / "envs"
        self._agent = agent
        self._uv = uv or find_uv()
        self._build_seconds = build_seconds
        self._import_seconds = import_seconds
        self._guard = threading.Lock()
        self._holds: dict[str, Hold] = {}
        self._interpreters: dict[str, Interpreter] = {}

    def fingerprint(self, environment: Environment) -> str:
        """Return the fingerprint of an environment from its lock; raise EngineFault(lock-missing)."""
        return fingerprint(environment, read_lock(environment, self._locks).text)

    def prepare(self, environment: Environment) -> Prepared:
        """Build an environment or reuse it, ask its agent what it is, and check that; raise EngineFault with the reason."""
        started = time.monotonic()
        lock = read_lock(environment, self._locks)
        key = fingerprint(environment, lock.text)
        built = self._ready(environment, lock, key)
        facts = self._describe(environment, built)
        wrong = mismatch(environment, facts)
        if wrong:
            raise EngineFault(
                Reason.ENVIRONMENT_MISMATCH, f"{environment.id}: {wrong}; lock it anew with `nox -s lock -- {environment.id}`"
            )
        return Prepared(environment, key, built.python, facts, built.reused, round(time.monotonic() - started, 3))

    def start(
        self, prepared: Prepared, *, scratch: Path, isolation: Isolation = "fork", threads: int = 1, memory_mb: int = 0
    ) -> AgentProcess:
        """Start an agent in a prepared environment. `memory_mb` is not enforced here: the agent limits each cell it runs."""
        return self._spawn(prepared.environment, prepared.python, scratch=scratch, isolation=isolation, threads=threads)

    def close(self) -> None:
        """Let other runs rebuild or remove the environments used here."""
        with self._guard:
            holds, self._holds = list(self._holds.values()), {}
        for hold in holds:
            hold.release()

    def _ready(self, environment: Environment, lock: Lock, key: str) -> venvs.Built:
        """Return the environment of a fingerprint, built if need be, and hold it until the engine is closed."""
        directory = self._envs / key
        guard = self._envs / f".lock-{key}"
        with self._guard:
            earlier = self._holds.pop(key, None)
        if earlier is not None:
            earlier.release()
        try:
            hold, found = self._held(environment, lock, directory, key, guard)
        except TimeoutError:
            raise EngineFault(
                Reason.ENGINE_UNAVAILABLE,
                f"{environment.id}: another run has held {directory} for {self._build_seconds:.0f} s; wait for its end",
            ) from None
        except OSError as error:
            raise EngineFault(
                Reason.PERMISSION_DENIED,
                f"{environment.id}: {self._envs} cannot be used: {error.strerror or error}; "
                f"set TFMATRIX_CACHE to a directory that can be written",
            ) from error
        with self._guard:
            self._holds[key] = hold
        return found

    def _held(self, environment: Environment, lock: Lock, directory: Path, key: str, guard: Path) -> tuple[Hold, venvs.Built]:
        """Return an environment that is whole and the shared hold on it; raise TimeoutError when another run keeps us from building it."""
        deadline = time.monotonic() + self._build_seconds
        while True:
            hold = Hold(guard, exclusive=False, seconds=max(0.0, deadline - time.monotonic()))
            found = venvs.reuse(directory, key, lock)
            if isinstance(found, venvs.Built):
                return hold, found
            hold.release()
            try:
                hold = Hold(guard, exclusive=True, seconds=min(_LOOK_S, max(0.0, deadline - time.monotonic())))
            except TimeoutError:
                if time.monotonic() >= deadline:
                    raise
                # Another run was faster: it builds, or it has built already and holds what it uses until its end.
                continue
            try:
                built = self._rebuilt(environment, lock, directory, key)
                hold.share()
            except BaseException:
                hold.release()
                raise
            return hold, built

    def _rebuilt(self, environment: Environment, lock: Lock, directory: Path, key: str) -> venvs.Built:
        """Build what is missing or damaged; another run may have done it while we waited for the lock."""
        found = venvs.reuse(directory, key, lock)
        if isinstance(found, venvs.Built):
            return found
        if found is not None:
            venvs.forget(found.packages, uv=self._uv)
        return venvs.build(environment, lock, directory, key, uv=self._uv, find=self._interpreter, seconds=self._build_seconds)

    def _interpreter(self, version: str) -> Interpreter:
        with self._guard:
            known = self._interpreters.get(version)
        if known is None:
            known = find_interpreter(version, uv=self._uv)
            with self._guard:
                self._interpreters[version] = known
        return known

    def _describe(self, environment: Environment, built: venvs.Built) -> dict[str, Any]:
        """Return what the agent says of its environment: as recorded by this very agent, else by importing TensorFlow now."""
        agent = agent_fingerprint(self._agent)
        recorded = built.facts.get("described")
        if built.reused and isinstance(recorded, dict) and recorded.get("agent") == agent and isinstance(recorded.get("facts"), dict):
            return dict(recorded["facts"])
        with tempfile.TemporaryDirectory(prefix="tfmatrix-describe-", ignore_cleanup_errors=True) as scratch:
            # The one import that may write bytecode: it compiles what TensorFlow imports, and every later import is faster for it.
            process = self._spawn(
                environment, built.python, scratch=Path(scratch), isolation="fork", threads=os.cpu_count() or 1, bytecode=True
            )
            with process:
                facts = first_words(environment, process, self._import_seconds)
        try:
            venvs.write_facts(built.directory, {**built.facts, "described": {"agent": agent, "facts": facts}})
        except OSError as error:
            raise EngineFault(Reason.PERMISSION_DENIED, f"{built.directory}: the facts cannot be recorded: {error.strerror}") from error
        return facts

    def _spawn(
        self, environment: Environment, python: Path, *, scratch: Path, isolation: str, threads: int, bytecode: bool = False
    ) -> AgentProcess:
        try:
            for folder in (scratch / "home", scratch / "tmp"):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineFault(
                Reason.PERMISSION_DENIED, f"{environment.id}: the agent's directory {scratch} cannot be made: {error.strerror}"
            ) from error
        command = [
            str(python),
            *([] if bytecode else ["-B"]),
            str(self._agent),
            "serve",
            "--isolation",
            isolation,
            "--scratch",
            str(scratch),
        ]
        environ = agent_environ(environment, python=python, scratch=scratch, threads=threads)
        if bytecode:
            del environ["PYTHONDONTWRITEBYTECODE"]
        return AgentProcess(command, environ=environ, cwd=scratch, stderr=scratch / "agent.stderr")


def agent_environ(environment: Environment, *, python: Path, scratch: Path, threads: int) -> dict[str, str]:
    """Return the variables of an agent on this machine."""
    return agent_variables(environment, path=f"{python.parent}:/usr/local/bin:/usr/bin:/bin", scratch=str(scratch), threads=threads)

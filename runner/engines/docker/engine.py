"""The docker engine: an image for each environment, a container for each agent, and what is left of killed runs removed."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import tempfile
import threading
import time
import uuid
from pathlib import Path, PurePosixPath
from typing import Any

import docker

from runner.engines import venvs
from runner.engines.base import AGENT, Prepared, agent_fingerprint, agent_variables, first_words, mismatch
from runner.engines.docker import daemon, images
from runner.engines.docker.container import SCRATCH, ContainerAgent
from runner.engines.docker.shelf import PLACE, Shelf
from runner.engines.holds import Hold
from runner.errors import EngineFault
from runner.locks import read_lock
from runner.model import Environment, ImageSettings, Isolation, Limits, Reason

PYTHON = Path("/opt/env/bin/python")
USER = "10001:10001"
AGENT_MB = 600
"""What an agent holds that has imported TensorFlow and waits, and what a Docker engine itself adds."""

PIDS = 1024
FAULTS = {"TFMATRIX_SMALL": ("/small", "rw,nosuid,nodev,size=256k,mode=1777"), "TFMATRIX_READONLY": ("/readonly", "ro,size=4k,mode=1777")}
"""Mounts for saves that are to fail, by the variable that names each to the agent. They are in no image: a directory that is there
would give a tmpfs its own mode."""

SESSION = "tfmatrix.session"
HOST = "tfmatrix.host"
"""The machine and the directory where its living sessions hold their files: whoever has another directory cannot know who lives."""


class DockerEngine:
    """Builds images and starts agents in containers. Usable from several threads."""

    name = "docker"

    def __init__(
        self,
        *,
        locks: Path,
        settings: ImageSettings | None = None,
        limits: Limits | None = None,
        cache: Path | None = None,
        agent: Path = AGENT,
        import_seconds: float = 300.0,
    ) -> None:
        """Connect to the engine that answers; raise EngineFault(engine-unavailable). `limits` are those of one cell."""
        self._client = daemon.connect()
        self.facts = daemon.describe(self._client)
        self._locks = locks
        self._settings = settings or ImageSettings()
        self._limits = limits or Limits()
        self._cache = (cache or venvs.cache_root()) / "docker"
        self._sessions = self._cache / "sessions"
        self._agent = agent
        self._import_seconds = import_seconds
        self._guard = threading.Lock()
        self._building: dict[str, threading.Lock] = {}
        self._numbers = itertools.count(1)
        self._session = f"tfmatrix-{uuid.uuid4().hex[:10]}"
        self._hold: Hold | None = None
        self._shelf: Shelf | None = None

    @property
    def client(self) -> docker.DockerClient:
        """The connection."""
        return self._client

    def recipe(self, environment: Environment) -> images.Recipe:
        """Return how the image of an environment is made; raise EngineFault(lock-missing)."""
        return images.recipe(environment, read_lock(environment, self._locks), self._settings)

    def fingerprint(self, environment: Environment) -> str:
        """Return the fingerprint of an environment's image, which is its tag; raise EngineFault(lock-missing)."""
        return self.recipe(environment).fingerprint

    def prepare(self, environment: Environment) -> Prepared:
        """Build the image of an environment or find it built, ask its agent what it is, and check that; raise EngineFault."""
        started = time.monotonic()
        daemon.check_clock(self.facts)
        recipe = self.recipe(environment)
        built = self.image(recipe)
        facts = {**self._describe(recipe, built), "image": _image_facts(built, recipe)}
        wrong = mismatch(environment, facts) or _otherwise(facts, recipe)
        if wrong:
            raise EngineFault(
                Reason.ENVIRONMENT_MISMATCH, f"{environment.id}: {wrong}; lock it anew with `nox -s lock -- {environment.id}`"
            )
        return Prepared(environment, recipe.fingerprint, PYTHON, facts, built.reused, round(time.monotonic() - started, 3))

    def image(self, recipe: images.Recipe) -> images.BuiltImage:
        """Return the image of a recipe, built if need be; two environments with one fingerprint have one image."""
        with self._guard:
            lock = self._building.setdefault(recipe.fingerprint, threading.Lock())
        with lock:
            found = images.find(self._client, recipe)
            if found is not None:
                return found
            self._within_budget(recipe)
            built = images.build(self._client, recipe, self._settings)
            self._keep_log(recipe, built.log)
            return built

    def start(self, prepared: Prepared, *, scratch: Path, isolation: Isolation, threads: int, memory_mb: int) -> ContainerAgent:
        """Start an agent in a container: no network, nothing writable but a tmpfs, no rights, and limits on all it may use.

        `memory_mb` is what one cell may use; the container may use that, what the agent holds, and what its tmpfs holds.
        """
        scratch.mkdir(parents=True, exist_ok=True)
        environment = prepared.environment
        image = f"{images.REPOSITORY}:{prepared.fingerprint}"
        shelf = self._shelf_of(image)
        agent = self._agent_inside(shelf)
        disk_mb = 2 * self._limits.disk_mb + 64
        memory = (memory_mb + AGENT_MB + disk_mb) * 1_000_000
        variables = agent_variables(environment, path=str(PYTHON.parent), scratch=str(SCRATCH), threads=threads)
        variables |= {name: place for name, (place, _) in FAULTS.items()}
        command = [f"{name}={value}" for name, value in variables.items()]
        command += [str(PYTHON), "-B", str(agent), "serve", "--isolation", isolation, "--scratch", str(SCRATCH), "--stream"]
        options = {
            "image": image,
            "name": f"{self._session}-{next(self._numbers)}",
            "labels": self._labels(environment.id),
            # What the image, the engine and the user's settings add to the environment ends here.
            "entrypoint": ["/usr/bin/env", "-i"],
            "command": command,
            "user": USER,
            "working_dir": str(SCRATCH),
            "hostname": "agent",
            "network_mode": "none",
            "read_only": True,
            "tmpfs": {str(SCRATCH): f"rw,nosuid,nodev,size={disk_mb}m,mode=1777", **dict(FAULTS.values())},
            "volumes": {shelf.name: {"bind": str(PLACE), "mode": "ro"}},
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "pids_limit": PIDS,
            "mem_limit": memory,
            "memswap_limit": memory,
            "nano_cpus": min(threads, os.cpu_count() or threads) * 1_000_000_000,
            "shm_size": "64m",
            "log_config": {"type": "none"},
        }
        return ContainerAgent(self._client, shelf, options=options, stderr=scratch / "agent.stderr")

    def tidy(self) -> int:
        """Remove what sessions left that live no more; return how many sessions that were."""
        return sweep(self._client, self._sessions)

    def close(self) -> None:
        """Remove what this session has in the engine."""
        with self._guard:
            hold, self._hold, self._shelf = self._hold, None, None
        if hold is not None:
            with contextlib.suppress(EngineFault):
                _remove_session(self._client, self._session)
            hold.release()
        self._client.close()

    def _keep_log(self, recipe: images.Recipe, log: str) -> None:
        """Keep the log of a build; that of one that failed is in the record of its cell."""
        with contextlib.suppress(OSError):
            place = self._cache / "logs" / f"{recipe.fingerprint}.log"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(log, encoding="utf-8")

    def _within_budget(self, recipe: images.Recipe) -> None:
        budget = self._settings.disk_gb
        if budget is None:
            return
        used = images.total_bytes(images.kept(self._client)) / 1e9
        if used + images.ROOM_GB > budget:
            raise EngineFault(
                Reason.DISK_BUDGET,
                f"{recipe.environment.id}: the images have {used:.1f} GB, one more is taken to need {images.ROOM_GB} GB, and "
                f"`images: disk_gb:` allows {budget:g} GB; `nox -s images -- --prune` removes those that no matrix uses",
            )

    def _describe(self, recipe: images.Recipe, built: images.BuiltImage) -> dict[str, Any]:
        """Return what the agent says of an image: as recorded by this very agent, else by importing TensorFlow in it now."""
        environment = recipe.environment
        record = self._cache / "facts" / f"{built.id.rpartition(':')[2]}-{agent_fingerprint(self._agent)[:16]}"
        with contextlib.suppress(OSError, ValueError):
            facts = json.loads((record / "facts.json").read_text(encoding="utf-8"))
            if isinstance(facts, dict):
                return facts
        prepared = Prepared(environment, recipe.fingerprint, PYTHON, {}, built.reused, 0.0)
        memory_mb = self._limits.memory_mb
        with (
            tempfile.TemporaryDirectory(prefix="tfmatrix-describe-", ignore_cleanup_errors=True) as scratch,
            self.start(prepared, scratch=Path(scratch), isolation="fork", threads=os.cpu_count() or 1, memory_mb=memory_mb) as agent,
        ):
            facts = first_words(environment, agent, self._import_seconds)
        record.mkdir(parents=True, exist_ok=True)
        venvs.write_facts(record, facts)
        return facts

    def _shelf_of(self, image: str) -> Shelf:
        """Return the volume of this session; the first call makes it, after what killed sessions left is removed."""
        with self._guard:
            if self._shelf is None:
                self.tidy()
                self._hold = Hold(self._sessions / self._session, exclusive=True, seconds=5)
                self._shelf = Shelf(self._client, image=image, name=self._session, labels=self._labels(""))
            return self._shelf

    def _agent_inside(self, shelf: Shelf) -> PurePosixPath:
        """Return where a container finds the agent: its directory, or a single script."""
        place = PurePosixPath("agent", agent_fingerprint(self._agent))
        if self._agent.name == "__main__.py":
            return shelf.put(place / "agent", self._agent.parent, wanted=lambda path: path.suffix == ".py") / self._agent.name
        return shelf.put(place / self._agent.name, self._agent)

    def _labels(self, environment: str) -> dict[str, str]:
        return {SESSION: self._session, HOST: _home(self._sessions), "tfmatrix.environment": environment}


def sweep(client: docker.DockerClient, sessions: Path) -> int:
    """Remove what sessions left that hold their files in this directory of this machine and live no more; return how many."""
    swept = 0
    for session in _sessions(client, _home(sessions)):
        try:
            # Whoever lives holds the file of its session.
            hold = Hold(sessions / session, exclusive=True, seconds=0)
        except TimeoutError:
            continue
        try:
            _remove_session(client, session)
            swept += 1
        finally:
            (sessions / session).unlink(missing_ok=True)
            hold.release()
    return swept


def _home(sessions: Path) -> str:
    return f"{platform.node()}:{sessions.resolve()}"


def _sessions(client: docker.DockerClient, home: str) -> set[str]:
    here: dict[str, Any] = {"label": [SESSION, f"{HOST}={home}"]}
    with daemon.faults("left-overs cannot be looked for"):
        found = [container.labels for container in client.containers.list(all=True, filters=here, ignore_removed=True)]
        found += [volume.attrs.get("Labels") or {} for volume in client.volumes.list(filters=here)]
    return {str(labels[SESSION]) for labels in found if SESSION in labels}


def _remove_session(client: docker.DockerClient, session: str) -> None:
    mine: dict[str, Any] = {"label": f"{SESSION}={session}"}
    with daemon.faults("left-overs cannot be removed"):
        for container in client.containers.list(all=True, filters=mine, ignore_removed=True):
            with contextlib.suppress(docker.errors.APIError):
                container.remove(force=True)
        for volume in client.volumes.list(filters=mine):
            with contextlib.suppress(docker.errors.APIError):
                volume.remove(force=True)


def _image_facts(built: images.BuiltImage, recipe: images.Recipe) -> dict[str, Any]:
    return {"id": built.id, "tag": built.tag, "base": recipe.base, "base_digest": built.base_digest, "bytes": built.bytes}


def _otherwise(facts: dict[str, Any], recipe: images.Recipe) -> str | None:
    """Return what is installed otherwise than locked, or None."""
    found = {str(name): str(version) for name, version in facts.get("packages", {}).items()}
    return (
        None if found == recipe.lock.pins else f"its image holds other packages than its lock: {venvs.difference(found, recipe.lock.pins)}"
    )

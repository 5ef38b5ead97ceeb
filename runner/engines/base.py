"""What every engine offers: an environment made ready, and agents started in it. And what it must have checked before it says so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from runner.engines.process import AgentProcess
from runner.errors import EngineFault
from runner.model import Environment

__all__ = ["AgentProcess", "Engine", "EngineFault", "Prepared", "agent_fingerprint", "mismatch"]

AGENT = Path(__file__).resolve().parent.parent / "agent" / "__main__.py"
"""The agent that is shipped with the runner."""


@dataclass(frozen=True)
class Prepared:
    """An environment that can be entered. `facts` are those of the agent's `ready` event, `python` its interpreter.

    `reused` says that it was there already; `seconds` is how long making or checking it took.
    """

    environment: Environment
    fingerprint: str
    python: Path
    facts: dict[str, Any]
    reused: bool
    seconds: float


class Engine(Protocol):
    """How environments are made and entered. Its methods may be called from several threads."""

    name: str

    def fingerprint(self, environment: Environment) -> str:
        """Return the fingerprint that `prepare` would give, without making anything; raise EngineFault when there is none."""
        ...

    def prepare(self, environment: Environment) -> Prepared:
        """Make an environment or find it made, and check what it is; raise EngineFault with the reason of a build cell."""
        ...

    def start(
        self, prepared: Prepared, *, scratch: Path, isolation: Literal["fork", "process"], threads: int, memory_mb: int
    ) -> AgentProcess:
        """Start an agent. `scratch` is its directory, `threads` its share of the cores, `memory_mb` what it may use in all."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...


def mismatch(environment: Environment, facts: Mapping[str, Any]) -> str | None:
    """Return what the agent's facts have otherwise than the environment asks, or None when they agree."""
    packages = {str(canonicalize_name(name)): str(version) for name, version in facts.get("packages", {}).items()}
    tensorflow = facts.get("tensorflow") or {}
    wrong = []
    python = str(facts.get("python"))
    if python.split(".")[:2] != environment.python.split("."):
        wrong.append(f"Python is {python} and not {environment.python}")
    # The module's own `__version__` is no witness: tensorflow 2.0.4 calls itself 2.0.0.
    found = packages.get(str(canonicalize_name(environment.package))) or tensorflow.get("version")
    if environment.pinned and not _same(found, environment.tensorflow):
        wrong.append(f"{environment.package} is {found or 'not installed'} and not {environment.tensorflow}")
    for name, wanted in (("tensorflow-addons", environment.addons), ("keras", environment.keras), ("tf-keras", environment.tf_keras)):
        if wanted is not None and not _same(packages.get(name), wanted):
            wrong.append(f"{name} is {packages.get(name) or 'not installed'} and not {wanted}")
    return "; ".join(wrong) or None


def agent_fingerprint(agent: Path) -> str:
    """Return the hash of an agent's sources: a directory of modules, given by its `__main__.py`, or a single script."""
    digest = hashlib.sha256()
    files = sorted(agent.parent.rglob("*.py")) if agent.name == "__main__.py" else [agent]
    for file in files:
        digest.update(f"{file.relative_to(agent.parent)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _same(found: str | None, wanted: str) -> bool:
    if found is None:
        return False
    try:
        return Version(found) == Version(wanted)
    except InvalidVersion:
        return found == wanted

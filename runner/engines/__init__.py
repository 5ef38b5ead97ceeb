"""Engines: how environments are made and entered. `make_engine` is the only place that knows which there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import EngineFault, UsageError
from runner.model import Reason

if TYPE_CHECKING:
    from runner.engines.base import Engine

ENGINES = ("auto", "docker", "local")


def make_engine(name: str, *, locks: Path, cache: Path | None = None) -> Engine:
    """Return an engine by name; `auto` is the local one. Raises UsageError for a name that is none, EngineFault for one that is missing."""
    if name in ("auto", "local"):
        from runner.engines.local import LocalEngine

        return LocalEngine(locks=locks, cache=cache)
    if name == "docker":
        raise EngineFault(Reason.ENGINE_UNAVAILABLE, "the docker engine is not part of this version yet: use `--engine local`")
    raise UsageError(f"there is no engine {name!r}: choose one of {', '.join(ENGINES)}")

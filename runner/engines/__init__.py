"""Engines: how environments are made and entered. `make_engine` is the only place that knows which there are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import EngineFault, UsageError
from runner.model import Environment, ImageSettings, Limits, Reason

if TYPE_CHECKING:
    from runner.engines.base import Engine
    from runner.engines.docker.engine import DockerEngine

ENGINES = ("auto", "docker", "local")


def make_engine(
    name: str,
    *,
    locks: Path,
    settings: ImageSettings | None = None,
    limits: Limits | None = None,
    environments: Iterable[Environment] = (),
    cache: Path | None = None,
) -> Engine:
    """Return an engine by name; its `facts` say why it was taken where that was left to us (`auto`).

    `auto` is Docker where an engine answers and has, or can get, the images of `environments`, else local. Raises UsageError for
    a name that is none, EngineFault(engine-unavailable) when Docker is asked for and does not answer.
    """
    if name not in ENGINES:
        raise UsageError(f"there is no engine {name!r}: choose one of {', '.join(ENGINES)}")
    if name != "local":
        try:
            engine = docker_engine(locks, settings, limits, cache)
        except EngineFault as fault:
            if name == "docker":
                raise
            why = fault.message
        else:
            lacking = _lacking(engine, environments) if name == "auto" else None
            if lacking is None:
                engine.facts["why"] = (
                    "a Docker engine answers and has the images, or can get what they are made from" if name == "auto" else ""
                )
                return engine
            engine.close()
            why = lacking
    from runner.engines.local import LocalEngine

    local = LocalEngine(locks=locks, cache=cache)
    local.facts["why"] = why if name == "auto" else ""
    return local


def docker_engine(
    locks: Path, settings: ImageSettings | None = None, limits: Limits | None = None, cache: Path | None = None
) -> DockerEngine:
    """Return the docker engine; raise EngineFault(engine-unavailable) where none answers or its package is not there."""
    try:
        from runner.engines.docker.engine import DockerEngine
    except ImportError as error:
        remedy = "install it with `python -m pip install docker`, or use `--engine local`"
        raise EngineFault(Reason.ENGINE_UNAVAILABLE, f"the Python package docker cannot be imported ({error}): {remedy}") from error
    return DockerEngine(locks=locks, settings=settings, limits=limits, cache=cache)


def _lacking(engine: DockerEngine, environments: Iterable[Environment]) -> str | None:
    """Return why Docker cannot serve these environments, or None."""
    from runner.engines.docker.images import obtainable

    for environment in environments:
        try:
            why = obtainable(engine.client, engine.recipe(environment))
        except EngineFault:
            # It has no lock: no engine can make it, and its cells will say so.
            continue
        if why is not None:
            return why
    return None

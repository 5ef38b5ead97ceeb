"""The connection to a Docker engine: where it is, what it is, and its errors in our words.

What `DOCKER_HOST` names is taken, else the current context of the docker command, else the usual socket. Podman's socket that
speaks the same protocol serves too.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import docker
import requests
from docker.context import ContextAPI
from docker.errors import APIError, DockerException

from runner.errors import EngineFault
from runner.model import Reason

TIMEOUT = 120
LARGEST_SKEW_S = 300.0
"""Certificates and file times bear some difference of clocks, and no more."""

_NO_SPACE = ("no space left on device", "disk quota exceeded")
_REMEDY = "start it, set DOCKER_HOST, or use `--engine local`"


def connect(*, timeout: int = TIMEOUT) -> docker.DockerClient:
    """Return a client of the engine that answers; raise EngineFault(engine-unavailable)."""
    with faults("no Docker engine answers", remedy=_REMEDY):
        try:
            if os.environ.get("DOCKER_HOST"):
                client = docker.from_env(timeout=timeout)
            else:
                context = ContextAPI.get_current_context()
                client = docker.DockerClient(base_url=context.Host, tls=context.TLSConfig or False, timeout=timeout)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            # What the package raises for a port that is no number, or a context that is not there.
            raise DockerException(f"{_named()} is not right: {error}") from error
        client.ping()
        return client
    raise AssertionError("unreachable")


def address() -> str:
    """Return where the engine is looked for; raise EngineFault when the configuration of the docker command is not right."""
    with faults("no Docker engine is looked for", remedy=_REMEDY):
        try:
            return os.environ.get("DOCKER_HOST") or str(ContextAPI.get_current_context().Host)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise DockerException(f"{_named()} is not right: {error}") from error
    raise AssertionError("unreachable")


def _named() -> str:
    host = os.environ.get("DOCKER_HOST")
    return f"DOCKER_HOST={host}" if host else "the current context of the docker command"


def describe(client: docker.DockerClient) -> dict[str, Any]:
    """Return what the engine is: name, version, protocol, system, where it keeps images, and how far its clock is off (seconds)."""
    with faults("the Docker engine does not say what it is"):
        version, info = client.version(), client.info()
    components = [str(item.get("Name", "")) for item in version.get("Components") or []]
    return {
        "name": "podman" if any("podman" in name.lower() for name in components) else "docker",
        "version": version.get("Version"),
        "api": version.get("ApiVersion"),
        "system": f"{info.get('OperatingSystem')}, {info.get('KernelVersion')}, {info.get('Architecture')}",
        "driver": info.get("Driver"),
        "root": info.get("DockerRootDir"),
        "cgroup": info.get("CgroupVersion"),
        "limits": {"memory": info.get("MemoryLimit"), "cpu": info.get("CpuCfsQuota"), "pids": info.get("PidsLimit")},
        "host": str(client.api.base_url),
        "clock_skew_s": skew(str(info.get("SystemTime", "")), datetime.now(UTC)),
    }


def skew(engine_time: str, now: datetime) -> float | None:
    """Return by how many seconds the engine's clock is ahead of `now`; None when the engine does not tell the time."""
    # Nanoseconds, of which Python reads six digits.
    text, _, rest = engine_time.partition(".")
    zone = rest.lstrip("0123456789") if rest else ""
    try:
        told = datetime.fromisoformat((text + zone).replace("Z", "+00:00"))
    except ValueError:
        return None
    return round((told - now).total_seconds(), 1) if told.tzinfo else None


def check_clock(facts: dict[str, Any]) -> None:
    """Raise EngineFault(clock-skew) when the engine's clock is too far from this machine's."""
    off = facts.get("clock_skew_s")
    if off is not None and abs(off) > LARGEST_SKEW_S:
        raise EngineFault(
            Reason.CLOCK_SKEW,
            f"the clock of the Docker engine is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} that of {platform.node()}: "
            "certificates and times of files cannot be trusted; set the clocks right",
        )


@contextlib.contextmanager
def faults(doing: str, reason: Reason = Reason.ENGINE_UNAVAILABLE, *, remedy: str = "") -> Iterator[None]:
    """Turn the errors of the client into EngineFault: `reason` for what the engine refuses, engine-unavailable when it is gone."""
    try:
        yield
    except APIError as error:
        said = " ".join(str(error.explanation or error).split())
        if any(sign in said.lower() for sign in _NO_SPACE):
            raise EngineFault(
                Reason.DISK_FULL, f"{doing}: the disk of the Docker engine is full: {said}; `nox -s images -- --prune`"
            ) from error
        raise EngineFault(reason, _joined(doing, said, remedy)) from error
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        said = " ".join(str(error).split())[:300]
        raise EngineFault(Reason.ENGINE_UNAVAILABLE, _joined(doing, said, remedy or _REMEDY)) from error


def _joined(doing: str, said: str, remedy: str) -> str:
    return f"{doing}: {said}" + (f"; {remedy}" if remedy else "")

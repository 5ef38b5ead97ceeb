"""What builds leave behind that were killed: their first stages, and the containers that offered them secrets."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from requests.exceptions import RequestException

from runner.engines.docker.daemon import faults
from runner.engines.docker.images import STAGE
from runner.engines.docker.secret import LABEL as SECRETS

LIVING_S = 3600.0
"""What is younger may belong to a build that is under way, here or on another machine; none takes so long."""


@dataclass(frozen=True)
class Leftover:
    """A nameless image of a build's first stage, or a container that offered secrets."""

    id: str
    what: str
    bytes: int = 0


def leftovers(client: docker.DockerClient, *, older_s: float = LIVING_S, now: float | None = None) -> tuple[Leftover, ...]:
    """Return what builds left that began more than `older_s` ago."""
    latest = (time.time() if now is None else now) - older_s
    with faults("what builds left cannot be looked for"):
        stages = client.api.images(filters={"dangling": True, "label": STAGE})
        containers = client.api.containers(all=True, filters={"label": SECRETS})
    return (
        *(Leftover(str(one["Id"]), "container of a build") for one in containers if int(one["Created"]) <= latest),
        *(Leftover(str(one["Id"]), "build stage", int(one.get("Size") or 0)) for one in stages if int(one["Created"]) <= latest),
    )


def discard(client: docker.DockerClient, leftover: Leftover) -> bool:
    """Remove something left over; False when it is in use after all."""
    try:
        if leftover.what == "build stage":
            client.api.remove_image(leftover.id)
        else:
            client.api.remove_container(leftover.id, force=True, v=True)
    except NotFound:
        return True
    except APIError as error:
        if error.status_code == 409:
            return False
        with faults(f"a {leftover.what} cannot be removed"):
            raise
    return True


def own_bytes(client: docker.DockerClient) -> dict[str, int]:
    """Return by the id of an image what its removal frees: its layers without those it shares; {} when the engine does not tell."""
    found: dict[str, Any] = {}
    with contextlib.suppress(DockerException, RequestException, OSError):
        found = client.df()
    return {
        str(image["Id"]): int(image["Size"]) - int(image["SharedSize"])
        for image in found.get("Images") or []
        if int(image.get("SharedSize", -1)) >= 0
    }

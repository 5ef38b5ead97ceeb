"""The facts about Docker on this machine, and about Podman's socket that speaks the same protocol. Asks, and changes nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import EngineFault
from runner.locks import read_lock
from runner.model import Environment
from runner.spec import MatrixSpec

if TYPE_CHECKING:
    import docker

SECONDS = 15
"""So long an engine may take for an answer before it counts as none."""

Facts = dict[str, Any]


def docker_facts(spec: MatrixSpec, environments: Iterable[Environment]) -> Facts:
    """Return whether an engine answers and what it is, has and can get; every call for itself, so that none hides the others."""
    facts: Facts = {"answers": False, "program": shutil.which("docker") is not None, "DOCKER_HOST": os.environ.get("DOCKER_HOST")}
    try:
        from runner.engines.docker import daemon
    except Exception as error:
        return facts | {"kind": "module", "why": f"{type(error).__name__}: {error}"}
    try:
        facts["address"] = daemon.address()
        client = daemon.connect(timeout=SECONDS)
    except Exception as error:
        why = error.message if isinstance(error, EngineFault) else f"{type(error).__name__}: {error}"
        return facts | {"kind": kind_of(why, str(facts.get("address", ""))), "why": why}
    with contextlib.closing(client):
        try:
            facts |= daemon.describe(client) | {"answers": True}
            info = client.info()
        except Exception as error:
            return facts | {"answers": False, "kind": "other", "why": str(error)}
        facts |= {"os": info.get("OSType"), "arch": info.get("Architecture"), "cpus": info.get("NCPU")}
        facts["memory_mb"] = int(info.get("MemTotal") or 0) // 1_000_000
        facts["rootless"] = any("rootless" in str(option) for option in info.get("SecurityOptions") or [])
        facts["free_bytes"] = _free(str(facts.get("root") or ""), str(facts["address"]))
        facts |= _images(client, spec, environments)
    return facts


def kind_of(why: str, address: str) -> str:
    """Return in one word what keeps an engine from answering."""
    if address.startswith("ssh://"):
        return "ssh"
    said = why.lower()
    signs = {
        "permission": ("permission denied", "permissionerror"),
        "absent": ("no such file", "filenotfounderror"),
        "refused": ("connection refused", "connectionrefused"),
        "slow": ("timed out", "timeout"),
    }
    return next((kind for kind, words in signs.items() if any(word in said for word in words)), "other")


def podman_facts(environ: Mapping[str, str] | None = None, *, seconds: int = 5) -> list[Facts]:
    """Return the sockets of Podman that are there, and whether each answers."""
    found = []
    for path in podman_sockets(os.environ if environ is None else environ):
        if path.exists():
            found.append({"socket": str(path)} | _asked(path, seconds))
    return found


def podman_sockets(environ: Mapping[str, str]) -> list[Path]:
    """Return where Podman has its sockets: the user's own, and that of the system."""
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return [Path(runtime) / "podman" / "podman.sock", Path("/run/podman/podman.sock")]


def _asked(socket: Path, seconds: int) -> Facts:
    try:
        import docker

        with contextlib.closing(docker.DockerClient(base_url=f"unix://{socket}", timeout=seconds)) as client:
            return {"answers": True, "version": client.version().get("Version")}
    except Exception as error:
        return {"answers": False, "why": " ".join(str(error).split())[:300]}


def _free(root: str, address: str) -> int | None:
    """Return how many bytes are free where an engine keeps its data, None where that cannot be seen from here."""
    if not root or not address.startswith(("unix://", "http+unix://")):
        return None
    try:
        return shutil.disk_usage(root).free
    except OSError:
        return None


def _images(client: docker.DockerClient, spec: MatrixSpec, environments: Iterable[Environment]) -> Facts:
    """Return which images are there, and where the base images of the others can be had."""
    from runner.engines.docker import images

    built: dict[str, bool] = {}
    bases: dict[str, Facts] = {}
    for environment in environments:
        try:
            recipe = images.recipe(environment, read_lock(environment, spec.locks), spec.images)
            built[environment.id] = images.find(client, recipe) is not None
            if recipe.base not in bases:
                # A base is needed only as long as an image is to be built from it.
                bases[recipe.base] = {"needed": False, "pythons": []} | _base(client, recipe.base)
            bases[recipe.base]["needed"] |= not built[environment.id]
            if environment.python not in bases[recipe.base]["pythons"]:
                bases[recipe.base]["pythons"].append(environment.python)
        except Exception:
            # It has no lock, which the facts say elsewhere, or the engine went away, which they say as well.
            continue
    return {"images": built, "bases": bases}


def _base(client: docker.DockerClient, name: str) -> Facts:
    from runner.engines.docker.images import look_for_base

    base = look_for_base(client, name)
    return {"here": base.here, "why": base.why}

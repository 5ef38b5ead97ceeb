"""Images of environments: `tfmatrix:<fingerprint>`, built from `images/Dockerfile` and a lock, never twice for one fingerprint."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
from docker.errors import ImageNotFound, NotFound

from runner.engines.docker.daemon import faults
from runner.engines.docker.secret import Secrets
from runner.engines.venvs import cache_root
from runner.errors import EngineFault
from runner.locks import Lock, build_constraints, fingerprint
from runner.model import Environment, ImageSettings, Reason
from runner.uv_command import linux_uv

REPOSITORY = "tfmatrix"
PLATFORM = "linux/amd64"
LABEL = "tfmatrix.fingerprint"
STAGE = "tfmatrix.stage"
ROOM_GB = 2.5
"""What an image is taken to need before it is there: measured ones have 1.0 to 2.1 GB, its build has the packages twice."""

SOURCES = Path(__file__).resolve().parents[3] / "images"
_FILES = ("Dockerfile", "install.py")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
_LOG = 20_000


@dataclass(frozen=True)
class Recipe:
    """All that decides what an image holds. `fingerprint` is its tag."""

    environment: Environment
    lock: Lock
    base: str

    @cached_property
    def fingerprint(self) -> str:
        """Return the hash of lock, Python, variables, base image and the files of the build."""
        files = [(SOURCES / name).read_text(encoding="utf-8") for name in _FILES]
        content = ["docker", fingerprint(self.environment, self.lock.text), self.base, *files]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    @property
    def tag(self) -> str:
        """Return the name of the image."""
        return f"{REPOSITORY}:{self.fingerprint}"


@dataclass(frozen=True)
class BuiltImage:
    """An image that is there: its id, the digest of its base (None when the registry gave none), its bytes."""

    id: str
    tag: str
    base_digest: str | None
    bytes: int
    reused: bool
    log: str = ""


def recipe(environment: Environment, lock: Lock, settings: ImageSettings) -> Recipe:
    """Return how the image of an environment is made."""
    return Recipe(environment, lock, settings.base_of(environment.python))


def find(client: docker.DockerClient, wanted: Recipe) -> BuiltImage | None:
    """Return the image of a recipe if it is there."""
    with faults(f"{wanted.environment.id}: its image cannot be looked up"):
        try:
            image = client.images.get(wanted.tag)
        except ImageNotFound:
            return None
    labels = image.labels or {}
    if labels.get(LABEL) != wanted.fingerprint:
        # Somebody's own image of that name: built anew, it loses the name to ours.
        return None
    return BuiltImage(str(image.id), wanted.tag, labels.get("org.opencontainers.image.base.digest") or None, int(image.attrs["Size"]), True)


def build(client: docker.DockerClient, wanted: Recipe, settings: ImageSettings) -> BuiltImage:
    """Build the image of a recipe; raise EngineFault with the reason and the end of the build log."""
    name = wanted.environment.id
    digest = ensure_base(client, wanted)
    labels = {
        LABEL: wanted.fingerprint,
        "tfmatrix.environment": name,
        "org.opencontainers.image.title": f"tfmatrix {name}",
        "org.opencontainers.image.version": wanted.environment.tensorflow,
        "org.opencontainers.image.base.name": wanted.base,
        "org.opencontainers.image.base.digest": digest or "",
    }
    arguments = {"BASE": wanted.base, "FINGERPRINT": wanted.fingerprint, "INDEX": settings.index or ""}
    # Docker keeps these four out of the image's history.
    arguments |= {key: os.environ[found] for key in _PROXIES for found in (key, key.lower()) if os.environ.get(found)}
    log: list[str] = []
    secrets = Secrets.of_environment()
    try:
        with (
            faults(f"{name}: its image could not be built", Reason.IMAGE_BUILD_FAILED),
            secrets.offered(client, wanted.base) as where,
            _context(wanted, settings) as context,
        ):
            lines = client.api.build(
                fileobj=context,
                custom_context=True,
                tag=wanted.tag,
                rm=True,
                forcerm=True,
                decode=True,
                platform=PLATFORM,
                labels=labels,
                buildargs=arguments | where.arguments,
                network_mode=where.network,
            )
            for line in _said(lines):
                log.append(secrets.hidden(line))
    finally:
        _forget_stage(client, wanted)
    error = next((line.removeprefix(_ERROR) for line in log if line.startswith(_ERROR)), None)
    text = "".join(log)[-_LOG:]
    if error is not None:
        raise _build_fault(name, error, text)
    built = find(client, wanted)
    if built is None:
        raise EngineFault(Reason.IMAGE_BUILD_FAILED, f"{name}: the build ended and left no image {wanted.tag}", text)
    return BuiltImage(built.id, built.tag, built.base_digest, built.bytes, False, text)


def ensure_base(client: docker.DockerClient, wanted: Recipe) -> str | None:
    """Make sure that the base image is there, and return its digest; raise EngineFault(base-image-missing)."""
    remedy = "pull it by hand, or name another base (a mirror, or one by digest) under `images:` in matrix.yaml"
    with faults(f"{wanted.environment.id}: the base image {wanted.base} cannot be pulled", Reason.BASE_IMAGE_MISSING, remedy=remedy):
        try:
            image = client.images.get(wanted.base)
        except ImageNotFound:
            image = client.images.pull(wanted.base, platform=PLATFORM)
    digests = image.attrs.get("RepoDigests") or []
    # A local stand-in has no digest of a registry; its id is what it is known by.
    return str(digests[0]).partition("@")[2] if digests else str(image.id)


def obtainable(client: docker.DockerClient, wanted: Recipe) -> str | None:
    """Return why the image of a recipe cannot be had here, or None: it is there, or its base is, or the registry has that."""
    if find(client, wanted) is not None:
        return None
    return look_for_base(client, wanted.base).why


@dataclass(frozen=True)
class Base:
    """Where a base image can be had: it is `here`, else `why` says why the registry does not give it, None when it does."""

    here: bool
    why: str | None = None


def look_for_base(client: docker.DockerClient, base: str) -> Base:
    """Return whether a base image is there, or could be pulled; pulls nothing."""
    try:
        with faults(f"the base image {base} is not here and the registry does not give it", Reason.BASE_IMAGE_MISSING):
            try:
                client.images.get(base)
            except ImageNotFound:
                client.images.get_registry_data(base)
                return Base(here=False)
    except EngineFault as fault:
        return Base(here=False, why=fault.message)
    return Base(here=True)


@dataclass(frozen=True)
class Kept:
    """An image of ours as `images` lists it. `created` is an ISO date and time, `bytes` counts layers shared with others too."""

    id: str
    tag: str
    fingerprint: str
    environment: str
    created: str
    bytes: int


def kept(client: docker.DockerClient) -> tuple[Kept, ...]:
    """Return all images of ours, the newest first."""
    with faults("the images cannot be listed"):
        # Not `client.images.list`: it asks for each once more, and one that another run removes meanwhile would be an error.
        found = client.api.images(filters={"label": LABEL})
    images = [
        Kept(
            str(image["Id"]),
            tag,
            str(image["Labels"].get(LABEL)),
            str(image["Labels"].get("tfmatrix.environment", "")),
            datetime.fromtimestamp(int(image.get("Created") or 0), UTC).isoformat(),
            int(image.get("Size") or 0),
        )
        for image in found
        for tag in (_names(image) or [str(image["Id"])])
        if tag.startswith(f"{REPOSITORY}:") or not _names(image)
    ]
    return tuple(sorted(images, key=lambda one: one.created, reverse=True))


def total_bytes(found: Iterable[Kept]) -> int:
    """Return what images have together, one of several names counted once."""
    return sum({image.id: image.bytes for image in found}.values())


def _names(image: dict[str, Any]) -> list[str]:
    """Return the names of an image; Podman puts its own registry before ours, and some engines call a nameless one <none>."""
    names = [str(name).removeprefix("localhost/") for name in image.get("RepoTags") or []]
    return [name for name in names if name != "<none>:<none>"]


def remove(client: docker.DockerClient, image: Kept) -> None:
    """Remove an image; one that is gone already is no error."""
    with faults(f"{image.tag} cannot be removed"):
        try:
            client.images.remove(image.tag)
        except NotFound:
            return


def _forget_stage(client: docker.DockerClient, wanted: Recipe) -> None:
    """Remove what the first stage of a build left: it holds all packages once more."""
    try:
        client.images.prune(filters={"dangling": True, "label": f"{STAGE}={wanted.fingerprint}"})
    except Exception:
        # The build has its own outcome already; what is left is found by the next one.
        return


_ERROR = "\0error: "


def _said(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    for line in lines:
        if "error" in line:
            yield _ERROR + str(line["error"])
        elif "stream" in line:
            yield str(line["stream"])


def _build_fault(name: str, error: str, log: str) -> EngineFault:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    said = next((line for line in reversed(lines) if line.lower().startswith("error")), "") or " ".join(error.split())
    if "no space left on device" in (error + log).lower():
        return EngineFault(Reason.DISK_FULL, f"{name}: its image could not be built: the disk is full; `nox -s images -- --prune`", log)
    # Exit code of install.py: then it is uv that could not install the lock.
    reason = Reason.INSTALL_FAILED if "install.py" in error else Reason.IMAGE_BUILD_FAILED
    return EngineFault(reason, f"{name}: its image could not be built: {said[:400]}", log)


def _context(wanted: Recipe, settings: ImageSettings) -> io.BytesIO:
    """Return the build context as a tar: the files of the build, the lock, uv, and certificates (empty when there are none)."""
    try:
        files = {name: (SOURCES / name).read_bytes() for name in _FILES}
        files["uv"] = linux_uv(cache_root()).read_bytes()
        files["ca.crt"] = settings.ca.read_bytes() if settings.ca else b""
    except OSError as error:
        raise EngineFault(Reason.IMAGE_BUILD_FAILED, f"{error.filename}: {error.strerror}: the image cannot be built without it") from error
    files["lock.txt"] = wanted.lock.text.encode()
    files["build-constraints.txt"] = build_constraints(wanted.lock).encode()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o755 if name == "uv" else 0o644
            tar.addfile(member, io.BytesIO(data))
    stream.seek(0)
    return stream

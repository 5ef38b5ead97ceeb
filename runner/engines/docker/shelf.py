"""What the containers of a session read: agent, fixtures and artifacts in one volume, mounted read-only into all of them.

Nothing of this machine is mounted, so that an engine on another machine serves as well. A container that is never started
has the volume writable, and through it things are put there.
"""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import Any

import docker

from runner.engines.docker.daemon import faults
from runner.model import Reason

PLACE = PurePosixPath("/input")
_IN_MEMORY = 32_000_000


class Shelf:
    """A volume of a session. Its methods may be called from several threads."""

    def __init__(self, client: docker.DockerClient, *, image: str, name: str, labels: Mapping[str, str]) -> None:
        """Make the volume and the container that fills it, of any image; raise EngineFault."""
        self.name = name
        self._guard = threading.Lock()
        self._there: dict[PurePosixPath, threading.Lock] = {}
        self._whole: set[PurePosixPath] = set()
        with faults("a volume cannot be made", Reason.CONTAINER_FAILED):
            client.volumes.create(name, labels=dict(labels))
            self._porter: Any = client.containers.create(
                image,
                ["true"],
                name=f"{name}-porter",
                labels=dict(labels),
                network_mode="none",
                volumes={name: {"bind": str(PLACE), "mode": "rw"}},
            )

    def put(self, place: PurePosixPath, source: Path, *, wanted: Callable[[Path], bool] = lambda path: True) -> PurePosixPath:
        """Copy a file or directory to `place`, relative to the volume, if it is not there yet; return where containers see it."""
        with self._guard:
            lock = self._there.setdefault(place, threading.Lock())
        with lock:
            if place not in self._whole:
                self._copy(place, source, wanted)
                self._whole.add(place)
        return PLACE / place

    def _copy(self, place: PurePosixPath, source: Path, wanted: Callable[[Path], bool]) -> None:
        def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() else 0o644
            return member if member.isdir() or wanted(Path(member.name)) else None

        with SpooledTemporaryFile(max_size=_IN_MEMORY) as stream:
            with tarfile.open(fileobj=stream, mode="w") as tar:
                for parent in reversed(place.parents[:-1]):
                    member = tarfile.TarInfo(str(parent))
                    member.type, member.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(member)
                tar.add(source, arcname=str(place), filter=plain)
            stream.seek(0)
            with faults(f"{source.name} cannot be copied into a container", Reason.CONTAINER_FAILED):
                self._porter.put_archive(str(PLACE), stream)

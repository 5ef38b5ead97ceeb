"""The artifact store: what saves wrote, by the key of the save, `artifacts/<key[:2]>/<key>/`.

An artifact is written in a directory beside its place and renamed into it, so that it is there as a whole or not at all,
also with two runners at work. It is valid while its manifest names exactly the files it has, with their sizes and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

MANIFEST = "manifest.json"
PARTS = "parts"
Snapshot = tuple[tuple[str, int, int], ...]


class _File(BaseModel):
    path: str
    bytes: int
    sha256: str


class _Manifest(BaseModel):
    files: tuple[_File, ...]


@dataclass(frozen=True)
class ArtifactStore:
    """A directory of artifacts; several runners may use it at the same time."""

    root: Path

    def path(self, key: str) -> Path:
        """Return where the artifact with this key is, or would be."""
        return self.root / key[:2] / key

    def begin(self) -> Path:
        """Return a new empty directory to write an artifact into; the name ends with the process that owns it."""
        part = self.root / PARTS / f"{secrets.token_hex(8)}.{os.getpid()}"
        part.mkdir(parents=True)
        return part

    def commit(self, part: Path, key: str, *, replace: bool = False) -> tuple[str, ...]:
        """Verify what was written in `part` and rename it into its place. Return what is wrong with it, () when all is well.

        A valid artifact that is already there stays, unless `replace`: another runner may be reading it.
        """
        problems = verify(part)
        if problems:
            shutil.rmtree(part, ignore_errors=True)
            return problems
        place = self.path(key)
        place.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(3):
            if place.exists():
                if not replace and not verify(place):
                    shutil.rmtree(part, ignore_errors=True)
                    return ()
                self.discard(key)
            try:
                part.rename(place)
            except OSError as error:
                problems = (f"{place}: {error.strerror or error}",)
            else:
                return ()
        shutil.rmtree(part, ignore_errors=True)
        return problems

    def discard(self, key: str) -> None:
        """Remove an artifact: first out of its place in one step, then file by file."""
        away = self.root / PARTS / f"{secrets.token_hex(8)}.{os.getpid()}"
        away.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path(key).rename(away)
        except OSError:
            return
        shutil.rmtree(away, ignore_errors=True)

    def holds(self, key: str) -> bool:
        """Say whether a valid artifact with this key is there; every byte is read."""
        return bool(key) and not verify(self.path(key))

    def sweep(self) -> None:
        """Remove what runners that no longer live left half-written."""
        for part in (self.root / PARTS).glob("*"):
            owner = part.name.rpartition(".")[2]
            if not owner.isdigit() or not Path(f"/proc/{owner}").exists():
                shutil.rmtree(part, ignore_errors=True)


def verify(directory: Path) -> tuple[str, ...]:
    """Return what is wrong with an artifact: files missing, added or changed; () when it is what its manifest says."""
    try:
        manifest = _Manifest.model_validate(json.loads((directory / MANIFEST).read_bytes()))
    except FileNotFoundError:
        return (f"{directory / MANIFEST} does not exist",)
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        return (f"{directory / MANIFEST} is no manifest: {str(error)[:200]}",)
    listed = {file.path: file for file in manifest.files}
    present = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file() or path.is_symlink()} - {MANIFEST}
    problems = [f"{name} is missing" for name in sorted(listed.keys() - present)]
    problems += [f"{name} is not in the manifest" for name in sorted(present - listed.keys())]
    for name in sorted(present & listed.keys()):
        path, file = directory / name, listed[name]
        try:
            if path.is_symlink() or path.stat().st_size != file.bytes or _sha256(path) != file.sha256:
                problems.append(f"{name} is not what the manifest says")
        except OSError as error:
            problems.append(f"{name}: {error.strerror or error}")
    return tuple(problems)


def snapshot(directory: Path) -> Snapshot:
    """Return names, sizes and times of all files: cheap, and different after nearly every change."""
    found = []
    for path in sorted(directory.rglob("*")):
        try:
            status = path.lstat()
        except OSError:
            continue
        if not path.is_dir():
            found.append((str(path.relative_to(directory)), status.st_size, status.st_mtime_ns))
    return tuple(found)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

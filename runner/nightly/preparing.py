"""What is new tonight: asked of the package index, locked, and written as the night's own matrix file. The repository stays as it is."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from packaging.version import Version

from runner.additions import Addition, extended, new_prerelease, new_releases, newest_known, newest_python, oldest_of
from runner.errors import EngineFault, RunnerError
from runner.interpreters import find_interpreter
from runner.locks import lock, lock_path
from runner.model import Environment
from runner.nightly.nights import MATRIX, Night
from runner.package_index import newest_in_channel, releases_since, with_releases
from runner.releases import DATA, Release
from runner.spec import MatrixSpec
from runner.uv_command import find_uv

_RELEASES = Path("images", "releases.json")
_LOCKS = Path("images", "locks")


@dataclass(frozen=True)
class Found:
    """What the index has that the matrix has not: environments to add, releases behind them, and notes for people."""

    additions: tuple[Addition, ...]
    releases: tuple[Release, ...]
    notes: tuple[str, ...]


def prepare(spec: MatrixSpec, profile: str, place: Path, now: datetime) -> Night:
    """Fill the directory of a night: matrix file, list of releases, and locks of all environments of the profile.

    A package index that does not answer is no reason to measure nothing: the night then has what the matrix has, and says so.
    """
    chosen = [environment for environment in spec.environments if environment.id in _ids(spec, profile)]
    found = _discover(spec, chosen)
    locks = place / _LOCKS
    locks.mkdir(parents=True)
    for environment in chosen:
        if (own := lock_path(environment, spec.locks)).is_file():
            shutil.copy(own, locks)
    notes = [*found.notes, *_lock_channels(chosen, locks)]
    additions = []
    for addition in found.additions:
        problem = _locked(addition.environment, locks)
        notes.append(addition.note if not problem else f"{addition.note}, but {problem}")
        additions.append(addition)
    # The night's directory is renamed into its place beside this one: paths relative to it stay what they are.
    (place / MATRIX).write_text(
        extended(spec.path.read_bytes(), spec.path, place, profile=profile, additions=additions, notes=notes), encoding="utf-8"
    )
    (place / _RELEASES).write_text(with_releases(_releases_of(spec), found.releases), encoding="utf-8")
    return Night(path=place, started=now.isoformat(timespec="seconds"), profile=profile, notes=tuple(notes))


def _ids(spec: MatrixSpec, profile: str) -> tuple[str, ...]:
    return next(found.environments for found in spec.profiles if found.name == profile)


def _releases_of(spec: MatrixSpec) -> Path:
    own = spec.path.resolve().parent / _RELEASES
    return own if own.is_file() else DATA


def _discover(spec: MatrixSpec, chosen: Sequence[Environment]) -> Found:
    """Ask for releases and pre-releases of the packages that the profile's environments have."""
    uv = find_uv()
    releases: list[Release] = []
    additions: list[Addition] = []
    notes: list[str] = []
    for package, newest in newest_known(chosen).items():
        try:
            newer = releases_since(package, oldest_of(chosen, package), uv=uv)
            releases += newer
            additions += new_releases(spec.environments, chosen, newer)
            if not any(environment.channel == "newest-pre" for environment in chosen):
                latest = max((newest, *(release.version for release in newer)), key=Version)
                additions += _prerelease(spec, chosen, package, latest, uv)
        except RunnerError as error:
            notes.append(f"new releases of {package} could not be asked for: {error}")
    return Found(tuple(additions), tuple(releases), tuple(notes))


def _prerelease(spec: MatrixSpec, chosen: Sequence[Environment], package: str, newest: str, uv: Path) -> list[Addition]:
    """Return the newest pre-release of a package where it is newer than every release; none where the matrix follows them itself."""
    python = newest_python(chosen)
    asked = Environment(id="", tensorflow="newest-pre", package=package, python=python, channel="newest-pre")
    version = newest_in_channel(asked, uv=uv)
    if version is None or Version(version) < Version(newest):
        return []
    return [new_prerelease(version, package, chosen, spec.environments, python)]


def _lock_channels(chosen: Sequence[Environment], locks: Path) -> list[str]:
    """Lock what follows pre-releases or nightly builds as it is now; return what there is to say of it."""
    notes = []
    for environment in chosen:
        if environment.channel is None:
            continue
        path = lock_path(environment, locks)
        before = path.read_bytes() if path.is_file() else None
        try:
            version = newest_in_channel(environment)
        except RunnerError as error:
            notes.append(f"{environment.id}: the newest {environment.package} could not be asked for: {error}")
            continue
        if version is None:
            path.unlink(missing_ok=True)
            notes.append(f"{environment.id} is left out: {environment.package} has no {environment.channel} now")
            continue
        problem = _locked(replace(environment, tensorflow=version), locks)
        if problem and before is not None:
            path.write_bytes(before)
            problem += "; the lock of the repository is used"
        notes.append(f"{environment.id} is {environment.package} {version}" + (f", but {problem}" if problem else ""))
    return notes


def _locked(environment: Environment, locks: Path) -> str:
    """Lock an environment; return why it could not be, or nothing."""
    uv = find_uv()
    try:
        python = find_interpreter(environment.python, uv=uv).path
    except EngineFault:
        python = None
    try:
        lock(environment, locks, uv=uv, python=python)
    except RunnerError as error:
        return f"it could not be locked: {error}"
    return ""

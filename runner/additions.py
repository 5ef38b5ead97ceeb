"""A matrix file with environments added to it for one night. Pure: from what exists now to entries, and to the text of a file.

What is new is judged by minor: a patch of a minor that the matrix has is new when it is newer than the matrix's, any other release
when it is newer than all of them. The committed matrix stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import Version

from runner.model import Environment, environment_id
from runner.releases import Release, minor_of
from runner.source import parse, write


@dataclass(frozen=True)
class Addition:
    """An environment that the night has and the matrix has not, and why."""

    environment: Environment
    note: str


def newest_known(environments: Sequence[Environment]) -> dict[str, str]:
    """Return the newest stable version of each package among environments; nightly builds and what follows a channel count nothing."""
    found: dict[str, str] = {}
    for environment in environments:
        if _stable(environment):
            earlier = found.get(environment.package)
            found[environment.package] = max(filter(None, (earlier, environment.tensorflow)), key=Version)
    return found


def _stable(environment: Environment) -> bool:
    return environment.channel is None and not Version(environment.tensorflow).is_prerelease


def oldest_of(environments: Sequence[Environment], package: str) -> str:
    """Return the oldest stable version of a package among environments: what is older than that is no news."""
    return min((item.tensorflow for item in environments if item.package == package and _stable(item)), key=Version)


def new_releases(every: Sequence[Environment], chosen: Sequence[Environment], releases: Sequence[Release]) -> tuple[Addition, ...]:
    """Return an environment for each release that is newer than what there is, the newest patch of each minor only.

    `every` are all environments of the matrix, `chosen` those of the profile. A patch gets the Python of its minor and an id with
    the whole version, any other release the newest Python of the profile for which it has a wheel.
    """
    known: dict[str, str] = {}
    for environment in every:
        if _stable(environment):
            minor = minor_of(environment.tensorflow)
            known[minor] = max(known.get(minor, "0"), environment.tensorflow, key=Version)
    newest = max(known.values(), key=Version, default="0")
    wanted: dict[str, Release] = {}
    for release in sorted(releases, key=lambda item: Version(item.version)):
        limit = known.get(release.minor, newest)
        if Version(release.version) > Version(limit) and release.python:
            wanted[release.minor] = release
    taken = {environment.id for environment in every}
    return tuple(_added(release, chosen, taken) for release in wanted.values())


def _added(release: Release, chosen: Sequence[Environment], taken: set[str]) -> Addition:
    note = f"{release.package} {release.version} is new and was added for this run"
    siblings = [item for item in chosen if _stable(item) and minor_of(item.tensorflow) == release.minor]
    python = _python(release.python, siblings or chosen)
    return Addition(_environment(release.version, release.package, python, taken, whole=bool(siblings)), note)


def new_prerelease(version: str, package: str, chosen: Sequence[Environment], every: Sequence[Environment], python: str) -> Addition:
    """Return the environment of a pre-release that no environment of the profile follows."""
    taken = {environment.id for environment in every}
    return Addition(_environment(version, package, python, taken), f"{package} {version} is a pre-release and was added for this run")


def newest_python(chosen: Sequence[Environment]) -> str:
    """Return the newest Python among environments."""
    return max((environment.python for environment in chosen), key=Version)


def _python(having: Sequence[str], chosen: Sequence[Environment]) -> str:
    used = [python for python in having if any(environment.python == python for environment in chosen)]
    return max(used or having, key=Version)


def _environment(version: str, package: str, python: str, taken: set[str], *, whole: bool = False) -> Environment:
    id_ = environment_id(tensorflow=version, python=python, package=package)
    if whole or id_ in taken:
        id_ = f"tf{version}-py{python.replace('.', '')}"
    return Environment(id=id_, tensorflow=version, package=package, python=python, as_of="today")


def extended(data: bytes, path: Path, place: Path, *, profile: str, additions: Sequence[Addition], notes: Sequence[str]) -> str:
    """Return the text of a matrix file at `path` with environments and notes added, as it has to be in the directory `place`.

    The profile gets the new environments too. Files that it names relative to itself are named relative to `place`.
    """
    value: dict[str, Any] = parse(data, str(path)).value
    value["environments"] = [*value["environments"], *(_entry(addition.environment) for addition in additions)]
    chosen = (value.get("profiles") or {}).get(profile)
    if chosen and chosen.get("environments"):
        named = chosen["environments"]
        chosen["environments"] = [*([named] if isinstance(named, str) else named), *(addition.environment.id for addition in additions)]
    for fixture in (value.get("fixtures") or {}).values():
        fixture["file"] = _moved(fixture["file"], path, place)
    if (value.get("images") or {}).get("ca"):
        value["images"]["ca"] = _moved(value["images"]["ca"], path, place)
    if isinstance(value.get("baseline"), str):
        value["baseline"] = _moved(value["baseline"], path, place)
    value["notes"] = [*(value.get("notes") or []), *notes]
    about = f"# {path.name} with what was new when the night began, written by `nightly`. It is this night's, and changes nothing else.\n"
    return about + write(value)


def _entry(environment: Environment) -> dict[str, str]:
    return {
        "tensorflow": environment.tensorflow,
        "package": environment.package,
        "python": environment.python,
        "as_of": "today",
        "id": environment.id,
    }


def _moved(file: str, path: Path, place: Path) -> str:
    return os.path.relpath((path.absolute().parent / file), place.absolute())

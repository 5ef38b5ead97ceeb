"""Which releases of TensorFlow, tensorflow-addons and tf-keras exist, and on which Pythons: data, so planning needs no network.

The data lies in `images/releases.json` and is written by `package_index.refresh_releases`. A release is recorded only with a
wheel for Linux on x86-64.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from runner.errors import RunnerError

DATA = Path(__file__).resolve().parent.parent / "images" / "releases.json"
PYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""The Pythons that count, oldest first: what the agent and the locking tools can run on."""


@dataclass(frozen=True)
class Release:
    """One release with the Pythons that have a wheel; `fits` are TensorFlow minors, for what depends on TensorFlow."""

    version: str
    package: str
    released: str
    python: tuple[str, ...]
    fits: tuple[str, ...] = ()

    @property
    def minor(self) -> str:
        return minor_of(self.version)


@dataclass(frozen=True)
class Releases:
    """All known stable releases, each tuple from the oldest to the newest."""

    tensorflow: tuple[Release, ...]
    addons: tuple[Release, ...]
    tf_keras: tuple[Release, ...]

    def find(self, version: str, package: str | None = None) -> Release | None:
        """Return the release of exactly this version: of `package`, or else of tensorflow-cpu before tensorflow."""
        found = [r for r in self.tensorflow if r.version == version and package in (None, r.package)]
        return min(found, key=lambda r: r.package != "tensorflow-cpu", default=None)

    def versions(self, package: str | None = None) -> tuple[str, ...]:
        """Return the versions of a package (default: of tensorflow-cpu, and of tensorflow where that has none of the minor)."""
        if package:
            return tuple(r.version for r in self.tensorflow if r.package == package)
        slim = {r.minor for r in self.tensorflow if r.package == "tensorflow-cpu"}
        found = {r.version for r in self.tensorflow if r.package == "tensorflow-cpu" or r.minor not in slim}
        return tuple(sorted(found, key=Version))

    def newest_patches(self, package: str | None = None, within: SpecifierSet | None = None) -> tuple[str, ...]:
        """Return the newest patch of each minor, oldest minor first, of those that `within` contains."""
        newest: dict[str, str] = {}
        for version in self.versions(package):
            if within is None or within.contains(version):
                newest[minor_of(version)] = version
        return tuple(newest.values())

    def fitting_addons(self, tensorflow: str, python: str | None = None) -> tuple[Release, ...]:
        """Return the addons releases that fit a TensorFlow (and have a wheel for a Python), oldest first."""
        return tuple(r for r in self.addons if minor_of(tensorflow) in r.fits and (python is None or python in r.python))

    def fitting_tf_keras(self, tensorflow: str) -> tuple[Release, ...]:
        """Return the tf-keras releases made for the minor of a TensorFlow, oldest first."""
        return tuple(r for r in self.tf_keras if minor_of(tensorflow) in r.fits)


def minor_of(version: str) -> str:
    """Return `2.15` for `2.15.1`."""
    return ".".join(version.split(".")[:2])


@lru_cache(maxsize=4)
def load_releases(path: Path = DATA) -> Releases:
    """Read the committed data; raises RunnerError when it is damaged, which only an edited installation can be."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Releases(*(tuple(map(_release, data[name])) for name in ("tensorflow", "addons", "tf_keras")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunnerError(f"{path}: the list of releases cannot be read ({error!r}); restore the file from the repository") from error


def _release(entry: dict[str, Any]) -> Release:
    return Release(
        version=entry["version"],
        package=entry["package"],
        released=entry["released"],
        python=tuple(entry["python"]),
        fits=tuple(entry.get("fits", ())),
    )

"""Which releases of TensorFlow, tensorflow-addons and tf-keras exist, and on which Pythons: data, so planning needs no network.

The data lies in `images/releases.json` and is written by `refresh_releases`, which asks the configured package index through
uv, so every setting of the user (index, proxy, certificates) holds. A release is recorded only with a wheel for Linux x86-64.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from .errors import RunnerError

DATA = Path(__file__).resolve().parent.parent / "images" / "releases.json"
PYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
"""The Pythons asked about, oldest first: what the agent and the locking tools can run on."""

FIRST = "1.15"


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


def refresh_releases(path: Path = DATA) -> Releases:
    """Ask the package index for what exists now and rewrite the data.

    Which TensorFlow an addons release fits is in no index: known entries keep what they say, a new one gets nothing, to be
    filled in by hand. Raises RunnerError when the index does not answer; the file is then left as it was.
    """
    fits = {r.version: r.fits for r in load_releases(path).addons} if path.exists() else {}
    tensorflow = [*_ask("tensorflow-cpu", f">={FIRST}"), *_ask("tensorflow", f">={FIRST}")]
    addons = [_fitting(r, fits.get(r.version, ())) for r in _ask("tensorflow-addons", ">=0.6")]
    tf_keras = [_fitting(r, (r.minor,)) for r in _ask("tf-keras", ">=2.15")]
    sections = {"tensorflow": tensorflow, "addons": addons, "tf_keras": tf_keras}
    if empty := [name for name, releases in sections.items() if not releases]:
        raise RunnerError(f"the package index knows no release of {', '.join(empty)}; is another index configured (UV_DEFAULT_INDEX)?")
    path.write_text(_dump(sections), encoding="utf-8")
    load_releases.cache_clear()
    return load_releases(path)


def _fitting(release: Release, fits: tuple[str, ...]) -> Release:
    return Release(release.version, release.package, release.released, release.python, fits)


def _ask(package: str, within: str) -> list[Release]:
    """Return the stable releases of a package that have a wheel, oldest first."""
    found: dict[str, Release] = {}
    newest = ""
    # A release shows its wheels for a lower bound of Python that its own metadata allow; later releases need later Pythons.
    for python in PYTHONS:
        limit = ""
        while (release := _newest(f"{package}{within}{newest}{limit}", python)) is not None:
            found.setdefault(release.version, release)
            limit = f",<{release.version}"
        if found:
            newest = f",>{max(found, key=Version)}"
    return [found[version] for version in sorted(found, key=Version) if found[version].python]


def _newest(requirement: str, python: str) -> Release | None:
    """Let uv choose the newest stable release for a Python and later; its wheels are in the answer. None: there is none."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-deps", "--no-header", "--format", "pylock.toml"]
    command += ["--only-binary", ":all:", "--universal", "--fork-strategy", "fewest", "--no-python-downloads"]
    command += ["--prerelease", "disallow", "--python-version", python, "-"]
    answer = subprocess.run(command, input=requirement, capture_output=True, text=True, check=False)
    if answer.returncode:
        if "No solution found" in answer.stderr:
            return None
        raise RunnerError(f"uv could not ask for {requirement}: {answer.stderr.strip()[-500:]}")
    (chosen,) = tomllib.loads(answer.stdout)["packages"]
    pythons: set[str] = set()
    days: list[str] = []
    for wheel in chosen["wheels"]:
        _, _, _, tags = parse_wheel_filename(wheel["url"].rpartition("/")[2])
        fitting = {python for python in PYTHONS for tag in tags if _runs(tag, python)}
        if fitting and "upload-time" not in wheel:
            raise RunnerError(f"the package index gives no upload times for {requirement}; ask again, or use another index")
        pythons |= fitting
        days += [str(wheel["upload-time"])[:10]] if fitting else []
    ordered = tuple(python for python in PYTHONS if python in pythons)
    return Release(chosen["version"], chosen["name"], min(days, default=""), ordered)


def _runs(tag: Tag, python: str) -> bool:
    linux = tag.platform == "any" or (tag.platform.endswith("x86_64") and "linux" in tag.platform)
    return linux and tag.interpreter in ("py3", f"cp{python.replace('.', '')}")


def _dump(sections: dict[str, list[Release]]) -> str:
    blocks = ['"schema": 1', '"about": "Written by runner.releases.refresh_releases; releases with a wheel for Linux x86-64"']
    for name, releases in sections.items():
        blocks.append(f'"{name}": [\n' + ",\n".join(f"  {json.dumps(line)}" for line in _lines(releases)) + "\n ]")
    return "{\n " + ",\n ".join(blocks) + "\n}\n"


def _lines(releases: Iterable[Release]) -> Iterator[dict[str, Any]]:
    for r in releases:
        line: dict[str, Any] = {"version": r.version, "package": r.package, "released": r.released, "python": r.python}
        yield {**line, "fits": r.fits} if r.fits else line

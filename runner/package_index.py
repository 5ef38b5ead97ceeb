"""Questions to the package index: which releases exist now. Asked through uv, so every setting of the user holds.

Planning never comes here. `refresh_releases` renews the committed list of releases, and `newest_in_channel` fixes the exact
version of an environment that follows pre-releases or nightly builds when its lock is made.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.tags import Tag
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from runner.errors import RunnerError
from runner.model import Environment
from runner.releases import DATA, PYTHONS, Release, Releases, load_releases
from runner.uv_command import RunUv, essence, find_uv, run_uv

FIRST = "1.15"
_EVERYWHERE = ("--universal", "--fork-strategy", "fewest")


def refresh_releases(path: Path = DATA, *, uv: Path | None = None, run: RunUv = run_uv) -> Releases:
    """Ask the package index for what exists now and rewrite the data.

    Which TensorFlow an addons release fits is in no index: known entries keep what they say, a new one gets nothing, to be
    filled in by hand. Raises RunnerError when the index does not answer; the file is then left as it was.
    """
    index = _Index(uv or find_uv(), run)
    fits = {r.version: r.fits for r in load_releases(path).addons} if path.exists() else {}
    tensorflow = [*index.releases("tensorflow-cpu", f">={FIRST}"), *index.releases("tensorflow", f">={FIRST}")]
    addons = [_fitting(r, fits.get(r.version, ())) for r in index.releases("tensorflow-addons", ">=0.6")]
    tf_keras = [_fitting(r, (r.minor,)) for r in index.releases("tf-keras", ">=2.15")]
    sections = {"tensorflow": tensorflow, "addons": addons, "tf_keras": tf_keras}
    if empty := [name for name, releases in sections.items() if not releases]:
        raise RunnerError(f"the package index knows no release of {', '.join(empty)}; is another index configured (UV_DEFAULT_INDEX)?")
    path.write_text(_dump(sections), encoding="utf-8")
    load_releases.cache_clear()
    return load_releases(path)


def newest_in_channel(environment: Environment, *, uv: Path | None = None, run: RunUv = run_uv) -> str | None:
    """Return the exact version that the channel of an environment has now, or None when it has none for its Python.

    `newest-pre` has one only while the newest pre-release is newer than the newest stable release.
    Raises RunnerError when the index does not answer.
    """
    index = _Index(uv or find_uv(), run)
    newest = index.choose(environment.package, environment.python, prereleases=True)
    if newest is None or (environment.channel == "newest-pre" and not Version(newest.version).is_prerelease):
        return None
    return newest.version


def releases_since(package: str, version: str, *, uv: Path | None = None, run: RunUv = run_uv) -> tuple[Release, ...]:
    """Return the stable releases of a package from a version on that the index has now, oldest first, each with its Pythons.

    Days of release may be missing where the index gives none. Raises RunnerError when the index does not answer or has none at all,
    which is no way to say that there is nothing new.
    """
    found = tuple(_Index(uv or find_uv(), run).releases(package, f">={version}", dated=False))
    if not found:
        raise RunnerError(
            f"the package index knows no {package} {version} and no later one; is another index configured (UV_DEFAULT_INDEX)?"
        )
    return found


def with_releases(path: Path, added: Iterable[Release]) -> str:
    """Return the text of the committed list with further TensorFlow releases in it, each in its place."""
    known = load_releases(path)
    new = [release for release in added if known.find(release.version, release.package) is None]
    tensorflow = sorted((*known.tensorflow, *new), key=lambda release: (release.package != "tensorflow-cpu", Version(release.version)))
    return _dump({"tensorflow": tensorflow, "addons": list(known.addons), "tf_keras": list(known.tf_keras)})


class _Index:
    """The package index as uv sees it."""

    def __init__(self, uv: Path, run: RunUv) -> None:
        self.uv = uv
        self.run = run

    def releases(self, package: str, within: str, *, dated: bool = True) -> list[Release]:
        """Return the stable releases of a package that have a wheel, oldest first."""
        found: dict[str, Release] = {}
        newer = ""
        # An answer lists the wheels for a lower bound of Python that its release allows; later releases need later Pythons.
        for python in PYTHONS:
            older = ""
            while (release := self.choose(f"{package}{within}{newer}{older}", python, _EVERYWHERE, dated=dated)) is not None:
                found.setdefault(release.version, release)
                older = f",<{release.version}"
            if found:
                newer = f",>{max(found, key=Version)}"
        return [found[version] for version in sorted(found, key=Version) if found[version].python]

    def choose(
        self, requirement: str, python: str, extra: tuple[str, ...] = (), *, prereleases: bool = False, dated: bool = False
    ) -> Release | None:
        """Let uv choose the newest release for a Python, with the wheels of its answer; None when there is none."""
        arguments = ["pip", "compile", "-", "--quiet", "--no-deps", "--no-header", "--format", "pylock.toml", "--only-binary", ":all:"]
        arguments += ["--prerelease", "allow" if prereleases else "disallow", "--python-version", python, *extra]
        answer = self.run(self.uv, arguments, text=requirement)
        if answer.code != 0:
            if "No solution found" in answer.errors:
                return None
            raise RunnerError(f"uv could not ask for {requirement}: {essence(answer.errors)}")
        (chosen,) = tomllib.loads(answer.output)["packages"]
        return _release(chosen, dated=dated)


def _release(chosen: dict[str, Any], *, dated: bool) -> Release:
    """Return the release that a lock names, its Pythons read off its wheels for Linux on x86-64."""
    pythons: set[str] = set()
    days: list[str] = []
    for wheel in chosen.get("wheels", ()):
        _, _, _, tags = parse_wheel_filename(wheel["url"].rpartition("/")[2])
        if fitting := {python for python in PYTHONS for tag in tags if _runs(tag, python)}:
            pythons |= fitting
            if "upload-time" in wheel:
                days.append(str(wheel["upload-time"])[:10])
            elif dated:
                raise RunnerError(f"the package index gives no upload times for {chosen['name']}; ask again, or use another index")
    return Release(chosen["version"], chosen["name"], min(days, default=""), tuple(p for p in PYTHONS if p in pythons))


def _runs(tag: Tag, python: str) -> bool:
    linux = tag.platform == "any" or (tag.platform.endswith("x86_64") and "linux" in tag.platform)
    return linux and tag.interpreter in ("py3", f"cp{python.replace('.', '')}")


def _fitting(release: Release, fits: tuple[str, ...]) -> Release:
    return Release(release.version, release.package, release.released, release.python, fits)


def _dump(sections: dict[str, list[Release]]) -> str:
    about = "Written by runner.package_index.refresh_releases; releases with a wheel for Linux on x86-64"
    blocks = ['"schema": 1', f'"about": {json.dumps(about)}']
    for name, releases in sections.items():
        blocks.append(f'"{name}": [\n' + ",\n".join(f"  {json.dumps(line)}" for line in _lines(releases)) + "\n ]")
    return "{\n " + ",\n ".join(blocks) + "\n}\n"


def _lines(releases: Iterable[Release]) -> Iterator[dict[str, Any]]:
    for r in releases:
        line: dict[str, Any] = {"version": r.version, "package": r.package, "released": r.released, "python": r.python}
        yield {**line, "fits": r.fits} if r.fits else line

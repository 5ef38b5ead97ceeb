"""What the words for versions in a matrix file mean, by the list of releases. Pure.

Each function returns the versions that a word stands for, or raises `Unfit` with what is wrong and what would be right.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from runner.nearest import did_you_mean
from runner.releases import PYTHONS, Release, Releases, minor_of

CHANNELS = ("newest-pre", "newest")
"""Words for a TensorFlow whose exact version is fixed only when its lock is made (`newest`: of tf-nightly)."""

DEFAULT_AS_OF = "release+45d"
_RELEASE_PLUS = re.compile(r"release(?:\+(\d{1,4})d)?")


class Unfit(Exception):
    """A value that stands for nothing, or does not fit the rest of its combination."""

    def __init__(self, what: str, hint: str = "") -> None:
        self.what = what
        self.hint = hint
        super().__init__(what)


def is_nightly(package: str | None) -> bool:
    """Whether a package is one of the nightly builds."""
    return package is not None and package.startswith("tf-nightly")


def tensorflow_versions(word: str, package: str | None, releases: Releases) -> tuple[str, ...]:
    """Return the exact versions, oldest first, or the word of a channel."""
    if is_nightly(package):
        if word == "newest" or ((exact := _version(word)) and exact.is_devrelease):
            return (word,)
        raise Unfit(f"unknown version {word!r} of {package}", 'give `newest` or an exact one, as "2.22.0.dev20260905"')
    if word == "newest-pre":
        return (word,)
    newest = releases.newest_patches(package)
    if word == "newest":
        return newest[-1:]
    known = releases.versions(package)
    if re.match(r"[<>=!~]", word):
        try:
            within = SpecifierSet(word)
        except InvalidSpecifier:
            raise Unfit(f"{word!r} is not a range of versions", 'write it as ">=2.4,<2.21"') from None
        if found := releases.newest_patches(package, within):
            return found
        raise Unfit(f"no TensorFlow is in the range {word!r}", f"known: {newest[0]} to {newest[-1]}")
    if re.fullmatch(r"\d+\.\d+", word):
        if found := tuple(version for version in newest if minor_of(version) == word):
            return found
        raise Unfit(f"there is no TensorFlow {word}", did_you_mean(word, [minor_of(version) for version in newest], most=99))
    if word in known or (package is None and releases.find(word)):
        return (word,)
    exact = _version(word)
    if exact and exact.is_prerelease:
        return (str(exact),)
    name = package or "TensorFlow"
    siblings = [version for version in known if exact and minor_of(version) == minor_of(str(exact))]
    if siblings:
        raise Unfit(f"there is no {name} {word}", f"of {minor_of(word)} there are {', '.join(siblings)}")
    raise Unfit(f"there is no {name} {word!r}" if not exact else f"there is no {name} {word}", did_you_mean(word, (*known, *CHANNELS)))


def pythons(word: str, release: Release | None) -> tuple[str, ...]:
    """Return the Pythons a word stands for; without a release (a channel, a pre-release) none is refused."""
    exist = release.python if release else PYTHONS
    if word == "newest":
        return exist[-1:]
    if word == "all":
        return exist
    if word not in PYTHONS:
        if (version := _version(word)) and minor_of(str(version)) in PYTHONS and word.count(".") > 1:
            raise Unfit(f"Python {word!r} names a patch", f'give the minor only: "{minor_of(word)}"')
        raise Unfit(f"unknown Python {word!r}", f"known: {', '.join(PYTHONS)}, newest, all")
    if word not in exist and release:
        raise Unfit(
            f"{release.package} {release.version} has no wheel for Python {word}", f"there are wheels for {', '.join(exist) or 'none'}"
        )
    return (word,)


def addons(word: str, tensorflow: str, python: str | None, releases: Releases) -> str | None:
    """Return the tensorflow-addons release that a word means for a TensorFlow and a Python, or None for none."""
    if word == "none":
        return None
    fitting = [release.version for release in releases.fitting_addons(tensorflow, python)]
    if word == "fitting":
        return fitting[-1] if fitting else None
    known = [release.version for release in releases.addons]
    if word not in known:
        raise Unfit(f"there is no tensorflow-addons {word!r}", did_you_mean(word, [*known, "fitting", "none"]))
    if word not in fitting:
        hint = f"those that fit: {', '.join(fitting)}" if fitting else "none fits: leave `addons` out"
        on = f" on Python {python}" if python else ""
        raise Unfit(f"tensorflow-addons {word} does not fit TensorFlow {tensorflow}{on}", hint)
    return word


def tf_keras(word: str, tensorflow: str, releases: Releases) -> str | None:
    """Return the tf-keras release that a word means for a TensorFlow, or None for none."""
    if word == "none":
        return None
    fitting = [release.version for release in releases.fitting_tf_keras(tensorflow)]
    if word == "fitting":
        return fitting[-1] if fitting else None
    known = [release.version for release in releases.tf_keras]
    if word not in known:
        raise Unfit(f"there is no tf-keras {word!r}", did_you_mean(word, [*known, "fitting", "none"]))
    if word not in fitting and tensorflow not in CHANNELS:
        hint = f"those that fit: {', '.join(fitting)}" if fitting else "none fits: leave `tf_keras` out"
        raise Unfit(f"tf-keras {word} does not fit TensorFlow {tensorflow}", hint)
    return word


def keras(word: str, tensorflow: str) -> str | None:
    """Return the exact Keras, or None for the one that TensorFlow brings. From 2.16 on TensorFlow needs Keras 3, before it Keras 2."""
    if word == "none":
        return None
    version = _version(word)
    if version is None or len(version.release) < 3:
        raise Unfit(f"{word!r} is not an exact version of Keras", 'write it as "3.5.0"')
    own = 3 if tensorflow in CHANNELS or Version(tensorflow) >= Version("2.16.dev0") else 2
    if version.major != own:
        raise Unfit(f"Keras {word} does not fit TensorFlow {tensorflow}", f"it needs Keras {own}")
    return word


def as_of(word: str | None, release: Release | None) -> str:
    """Return an ISO date or `today`."""
    if word is None:
        word = DEFAULT_AS_OF if release else "today"
    if word == "today":
        return word
    if match := _RELEASE_PLUS.fullmatch(word):
        if release is None:
            raise Unfit(f"{word!r} needs a stable release", "give `today` or a date")
        return (date.fromisoformat(release.released) + timedelta(days=int(match[1] or 0))).isoformat()
    try:
        day = date.fromisoformat(word)
    except ValueError:
        raise Unfit(f"{word!r} is no date", f"write it as 2024-04-22, today or {DEFAULT_AS_OF}") from None
    if release and day.isoformat() < release.released:
        raise Unfit(f"{word} is before the release of {release.package} {release.version} on {release.released}", "give a later date")
    return day.isoformat()


def _version(word: str) -> Version | None:
    try:
        return Version(word)
    except InvalidVersion:
        return None

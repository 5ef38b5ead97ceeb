"""What is known of an environment: versions by package, as far as it said them itself, else as they were asked for.

Pure. A name that is absent is unknown, and a rule that asks for it does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from runner.model import Outcome

Facts = Mapping[str, str]
"""Versions of one environment: `tensorflow`, `keras` (the Keras that is behind tf.keras), `python`, and packages as pip names them."""

Environments = Mapping[str, Facts]
"""By environment id."""

LEGACY = "TF_USE_LEGACY_KERAS"


def facts_of(asked: Mapping[str, Any], reported: Any = None) -> dict[str, str]:
    """Return the facts of an environment: `asked` as the header of a run has it, `reported` as the agent gave it in its build cell."""
    said = reported if isinstance(reported, Mapping) else {}
    packages = {str(name): str(version) for name, version in _mapping(said.get("packages")).items()}
    versions = dict(packages)
    for name, value in (
        ("tensorflow", _mapping(said.get("tensorflow")).get("version") or asked.get("tensorflow")),
        ("python", said.get("python") or asked.get("python")),
    ):
        versions.pop(name, None)
        if isinstance(value, str) and version_of(value) is not None:
            versions[name] = value
    keras = _keras(versions.get("tensorflow", ""), packages, legacy=_legacy(asked))
    versions.pop("keras", None)
    return {**versions, "keras": keras} if keras else versions


def facts_by_environment(asked: Mapping[str, Mapping[str, Any]], outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, str]]:
    """Return the facts of all environments of a run, from its header and its build cells."""
    built = {o.environment: o.notes.get("facts") for o in outcomes.values() if o.id == f"build/{o.environment}"}
    return {name: facts_of(fields, built.get(name)) for name, fields in asked.items()}


def _keras(tensorflow: str, packages: Mapping[str, str], *, legacy: bool) -> str:
    """Return the version of the Keras behind tf.keras: a package of its own from 2.6 on; before, it is as old as its TensorFlow."""
    found = version_of(tensorflow)
    if found is None:
        return ""
    if found < Version("2.6.dev0"):
        return tensorflow
    if packages:
        name = "tf-keras" if legacy else "keras"
        # A nightly build of TensorFlow comes with one of Keras, under a name of its own.
        return packages.get(name) or packages.get(f"{name}-nightly", "")
    return tensorflow if legacy or found < Version("2.16.dev0") else ""


def _legacy(asked: Mapping[str, Any]) -> bool:
    variables = asked.get("variables")
    pairs = variables.items() if isinstance(variables, Mapping) else variables if isinstance(variables, list | tuple) else ()
    return any(tuple(map(str, pair)) in {(LEGACY, "1"), (LEGACY, "True"), (LEGACY, "true")} for pair in pairs)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@lru_cache(maxsize=4096)
def version_of(text: str) -> Version | None:
    """Return a version, or None for what is none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


@lru_cache(maxsize=1024)
def requirement_of(text: str) -> Requirement:
    """Return `keras>=3` as a requirement; raises InvalidRequirement."""
    return Requirement(text)


def fulfils(facts: Facts, requirement: str) -> bool:
    """Return whether the versions are known and fit a requirement such as `keras>=3`; `wrapt` alone asks that it is there."""
    wanted = requirement_of(requirement)
    version = version_of(facts.get(wanted.name, ""))
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def minors(facts: Facts, name: str) -> tuple[int, int] | None:
    """Return the major and minor version of a package; None where it is unknown."""
    version = version_of(facts.get(name, ""))
    return None if version is None else (version.major, version.minor)

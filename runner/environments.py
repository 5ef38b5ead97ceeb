"""Entries of `environments:` -> environments. Pure: which versions exist is given as data.

An entry is a product of axes. In an entry that gives one combination, everything that does not fit is a problem; in one
that gives several, those that do not exist are left out with a note, unless a written value is left without any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import product
from math import prod
from typing import TypeVar

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from runner import versions
from runner.matrix_file import NAME, PACKAGES, Combination, EnvironmentEntry, Exclusion
from runner.model import Environment, environment_id
from runner.releases import Releases
from runner.source import Loc
from runner.versions import CHANNELS, Unfit

MOST = 300
"""More environments than that are a mistake in a range."""

_AXES = ("tensorflow", "python", "addons", "keras", "tf_keras", "as_of")
_DEFAULTS = {"python": "", "addons": "none", "keras": "none", "tf_keras": "none", "as_of": ""}
_OWN_KEYS = {**dict.fromkeys(PACKAGES, "tensorflow"), "tensorflow-addons": "addons", "keras": "keras", "tf-keras": "tf_keras"}
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


Words = dict[str, tuple[int, str]]
"""One combination: the word of each axis, and which of the written values it is."""

T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """Something wrong with, or worth knowing of, a part of an entry; `loc` is relative to the entry."""

    loc: Loc
    what: str
    hint: str = ""


@dataclass(frozen=True)
class Expansion:
    """The environments of an entry, what is wrong with it, and what was left out of it."""

    environments: tuple[Environment, ...]
    problems: tuple[Finding, ...]
    notes: tuple[str, ...]


def expand(entry: EnvironmentEntry, releases: Releases) -> Expansion:
    """Return the environments that an entry stands for, in the order of its axes; equal ones once."""
    parts = [_exclude(_expand(entry, releases), entry.exclude)]
    for index, extra in enumerate(entry.include):
        part = _expand(_completed(extra, entry), releases)
        parts.append(replace(part, problems=tuple(replace(p, loc=("include", index, *p.loc)) for p in part.problems)))
    return Expansion(
        tuple(dict.fromkeys(environment for part in parts for environment in part.environments)),
        tuple(problem for part in parts for problem in part.problems),
        tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def pin(environment: Environment, lock_text: str) -> Environment:
    """Return an environment that follows a channel with the exact TensorFlow of its lock; any other as it is."""
    if environment.channel is None:
        return environment
    for name, version in _PIN.findall(lock_text):
        if canonicalize_name(name) == environment.package:
            return replace(environment, tensorflow=version)
    return replace(environment, tensorflow=environment.channel)


def _completed(extra: Combination, entry: EnvironmentEntry) -> Combination:
    """Return a combination of `include` with what it leaves out taken from its entry, unless that gives several."""
    taken = {}
    for name in (*_AXES, "package", "packages", "variables"):
        value = getattr(entry, name)
        if getattr(extra, name) is None and value is not None and (name not in _AXES or len(value) == 1):
            taken[name] = value
    return extra.model_copy(update=taken)


def _expand(entry: Combination, releases: Releases) -> Expansion:
    problems = list(_constant_problems(entry))
    missing = [name for name in ("tensorflow", "python") if not getattr(entry, name)]
    problems += [Finding((), f"`{name}` is missing", "the entry around it gives none, or several") for name in missing]
    chosen: list[tuple[int, str]] = []
    for index, word in enumerate(entry.tensorflow or ()):
        try:
            chosen += [(index, version) for version in versions.tensorflow_versions(word, entry.package, releases)]
        except Unfit as unfit:
            problems.append(Finding(("tensorflow", index), unfit.what, unfit.hint))
    axes: list[list[tuple[int, str]]] = [chosen]
    axes += [list(enumerate(getattr(entry, name) or [_DEFAULTS[name]])) for name in _AXES[1:]]
    size = prod(map(len, axes))
    if size > MOST:
        problems.append(Finding((), f"this gives {size:,} combinations", f"more than {MOST} are a mistake: narrow the lists"))
    if missing or size > MOST:
        return Expansion((), tuple(problems), ())
    return _combine(entry, [dict(zip(_AXES, values, strict=True)) for values in product(*axes)], releases, problems)


def _combine(entry: Combination, combinations: list[Words], releases: Releases, problems: list[Finding]) -> Expansion:
    """Try all combinations; tell what never fits as problems and what fits elsewhere as notes."""
    made: list[Environment] = []
    used: set[Loc] = set()
    unfit: list[tuple[Words, Finding]] = []
    for words in combinations:
        found, findings = _environments(entry, words, releases)
        made += found
        if found:
            used |= {(name, index) for name, (index, _) in words.items()}
        unfit += [(words, finding) for finding in findings]
    told: set[tuple[Loc, int]] = set()
    notes: list[str] = []
    for words, finding in unfit:
        if all((name, index) in used for name, (index, _) in words.items()):
            notes.append(f"left out: {finding.what}")
        elif (key := (finding.loc, words["tensorflow"][0])) not in told:
            told.add(key)
            problems.append(finding)
    return Expansion(tuple(made), tuple(problems), tuple(notes))


def _environments(entry: Combination, words: Words, releases: Releases) -> tuple[list[Environment], list[Finding]]:
    """Return the environments of one combination (several for `python: all`), and everything that does not fit about it."""
    findings: list[Finding] = []

    def fit(axis: str, give: Callable[[str], T], otherwise: T) -> T:
        index, word = words[axis]
        try:
            return give(word)
        except Unfit as unfit:
            findings.append(Finding((axis, index), unfit.what, unfit.hint))
            return otherwise

    tensorflow = words["tensorflow"][1]
    channel = tensorflow if tensorflow in CHANNELS else None
    release = None if versions.is_nightly(entry.package) else releases.find(tensorflow, entry.package)
    keras = fit("keras", lambda word: versions.keras(word, tensorflow), None)
    tf_keras = fit("tf_keras", lambda word: versions.tf_keras(word, tensorflow, releases), None)
    as_of = fit("as_of", lambda word: versions.as_of(word or None, release), "today")
    made: list[Environment] = []
    none: tuple[str, ...] = ()
    for python in fit("python", lambda word: versions.pythons(word, release), none) or (None,):
        addons = fit("addons", partial(versions.addons, tensorflow=tensorflow, python=python, releases=releases), None)
        if python is not None:
            package = entry.package or (release.package if release else PACKAGES[0])
            bare = Environment(
                id="",
                tensorflow=tensorflow,
                package=package,
                python=python,
                addons=addons,
                keras=keras,
                tf_keras=tf_keras,
                as_of=as_of,
                packages=tuple(entry.packages or ()),
                variables=_variables(entry, tf_keras),
                channel=channel,
            )
            made.append(replace(bare, id=_id(bare, entry.id, today=words["as_of"][1] == "today")))
    wrong = next((environment.id for environment in made if not re.match(NAME, environment.id)), None)
    if wrong is not None:
        findings.append(Finding(("id",), f"{wrong!r} is not a valid id", "ids are letters, digits and `_ . + -`, at most 80"))
    return ([], findings) if findings else (made, [])


def _variables(entry: Combination, tf_keras: str | None) -> tuple[tuple[str, str], ...]:
    """Return the variables of an entry; tf-keras becomes tf.keras only where a variable asks for it."""
    asked = {"TF_USE_LEGACY_KERAS": "1"} if tf_keras else {}
    return tuple((asked | (entry.variables or {})).items())


def _id(environment: Environment, written: str | None, *, today: bool) -> str:
    default = environment_id(
        tensorflow=environment.tensorflow,
        python=environment.python,
        package=environment.package,
        addons=environment.addons,
        keras=environment.keras,
        tf_keras=environment.tf_keras,
    )
    if today and environment.channel is None:
        default += "-today"
    return (written or "{id}").replace("{id}", default)


def _constant_problems(entry: Combination) -> Iterator[Finding]:
    for index, text in enumerate(entry.packages or ()):
        try:
            name = canonicalize_name(Requirement(text).name)
        except InvalidRequirement:
            yield Finding(("packages", index), f"{text!r} is not a requirement", 'write it as "numpy<2"')
            continue
        if key := _OWN_KEYS.get(name):
            yield Finding(("packages", index), f"{text!r} has a key of its own", f"give it under `{key}`")


def _exclude(whole: Expansion, exclusions: list[Exclusion]) -> Expansion:
    problems = list(whole.problems)
    kept = list(whole.environments)
    for index, exclusion in enumerate(exclusions):
        out = [environment for environment in whole.environments if _excluded(environment, exclusion)]
        kept = [environment for environment in kept if environment not in out]
        if not out and not whole.problems:
            problems.append(Finding(("exclude", index), "this excludes nothing", "no combination of the entry matches all of its keys"))
    if whole.environments and not kept:
        problems.append(Finding(("exclude",), "everything of this entry is excluded", "narrow the exclusions or remove the entry"))
    return replace(whole, environments=tuple(kept), problems=tuple(problems))


def _excluded(environment: Environment, exclusion: Exclusion) -> bool:
    asked = {name: words for name in _AXES[:-1] if (words := getattr(exclusion, name)) is not None}
    return bool(asked) and all(any(_matches(getattr(environment, name), word) for word in words) for name, words in asked.items())


def _matches(value: str | None, word: str) -> bool:
    if value is None or word == "none":
        return (value or "none") == word
    try:
        return value not in CHANNELS and SpecifierSet(word).contains(value, prereleases=True)
    except InvalidSpecifier:
        return fnmatchcase(value, word) or value.startswith(f"{word}.")

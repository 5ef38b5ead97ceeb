"""matrix.yaml -> MatrixSpec: the only module that reads a matrix file. Every problem is told at once, with its line.

Nothing here asks a network: which TensorFlow, Python and addons exist is data. The locks are looked at only for the exact
versions of environments that follow pre-releases or nightly builds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from runner.canaries import CANARIES
from runner.catalogue import CATALOGUE, fixtures_of, load_catalogue
from runner.environments import MOST, expand, pin
from runner.errors import InvalidMatrix, Problem
from runner.expectations import KnownFailure
from runner.matrix_file import MatrixFile
from runner.model import Environment, Fixture, Formats, ImageSettings, Limits, Tolerance, Tolerances
from runner.pairs import version_of
from runner.profiles import Known, Profile, formats_of, profiles_of
from runner.releases import Releases, load_releases, minor_of
from runner.shape import Valid, validate
from runner.source import Source, parse, read_bytes
from runner.versions import Unfit, tensorflow_versions

SHIPPED = CATALOGUE.parent.parent
DEFAULT = SHIPPED / "matrix.yaml"

TOLERANCES: dict[str, Tolerance] = {
    "float16": Tolerance(absolute=2e-3, relative=2e-3),
    "bfloat16": Tolerance(absolute=2e-2, relative=2e-2),
    "float32": Tolerance(absolute=1e-5, relative=1e-5),
    "float64": Tolerance(absolute=1e-9, relative=1e-9),
    "complex64": Tolerance(absolute=1e-5, relative=1e-5),
    "complex128": Tolerance(absolute=1e-9, relative=1e-9),
}
"""Noise between versions stays below 5e-7 in float32 and one unit in the last place in float16; real differences begin at 3e-4."""


_UNKNOWN = "\0"
"""Stands for the id of an entry of which nothing is known; no id begins so."""


@dataclass(frozen=True)
class MatrixSpec:
    """All that a matrix file says; environments are in the order of their TensorFlow versions.

    `locks` is the directory of the locks; `notes` tell what was left out of axes.
    """

    path: Path
    sha256: str
    environments: tuple[Environment, ...]
    fixtures: tuple[Fixture, ...]
    formats: Formats
    limits: Limits
    tolerances: Tolerances
    memory_mb: int | None
    jobs: int | None
    profiles: tuple[Profile, ...]
    locks: Path = SHIPPED / "images" / "locks"
    images: ImageSettings = field(default_factory=ImageSettings)
    notes: tuple[str, ...] = ()
    known_failures: tuple[KnownFailure, ...] = ()
    baseline: Path | None = None
    baseline_line: int = 1

    def environment(self, id_: str) -> Environment:
        """Return the environment of an id."""
        return next(environment for environment in self.environments if environment.id == id_)


def load_matrix(path: Path = DEFAULT, *, catalogue: Path = CATALOGUE, releases: Releases | None = None) -> MatrixSpec:
    """Read a matrix file. Raises InvalidMatrix with all problems, or UsageError when there is no readable file."""
    data = read_bytes(path)
    source = parse(data, str(path))
    shipped, shipped_fixtures = load_catalogue(catalogue)
    problems = list(shipped.source.problems) if shipped else [Problem(str(catalogue), 1, "the catalogue of fixtures cannot be read")]
    valid = validate(MatrixFile, source, {"schema": 1, "environments": []})
    if valid is None:
        raise InvalidMatrix((*source.problems, *problems))
    found, unsure, notes = _environments(valid, releases or load_releases(_beside(path, Path("images", "releases.json"))))
    locks = _beside(path, Path("images", "locks"))
    environments = tuple(sorted((_pinned(environment, locks) for environment in found), key=version_of))
    own = fixtures_of(valid.value.fixtures, valid, path.absolute().parent)
    _same_names(valid, (*shipped_fixtures, *CANARIES))
    fixtures = (*shipped_fixtures, *own)
    known = Known(environments, fixtures, unsure, _unsure_fixtures(valid))
    profiles = profiles_of(valid, known)
    images = _images(valid, path)
    if problems or source.problems:
        raise InvalidMatrix((*sorted(set(source.problems), key=lambda problem: (problem.line, problem.what)), *problems))
    limits, machine = valid.value.limits, valid.value.machine
    return MatrixSpec(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        environments=environments,
        fixtures=fixtures,
        formats=formats_of(valid.value.formats, ("formats",), valid, ()),
        limits=Limits(**limits.model_dump()) if limits else Limits(),
        tolerances=_tolerances(valid.value),
        memory_mb=machine.memory_mb if machine else None,
        jobs=machine.jobs if machine else None,
        profiles=profiles,
        locks=locks,
        images=images,
        notes=(*valid.value.notes, *notes),
        known_failures=_known_failures(valid, path),
        baseline=(path.parent / valid.value.baseline) if valid.value.baseline else None,
        baseline_line=source.line(("baseline",)),
    )


def _known_failures(valid: Valid[MatrixFile], path: Path) -> tuple[KnownFailure, ...]:
    """Return the known failures, each with the line it stands in; what they fit is looked at when something runs."""
    lines = [valid.source.line(valid.loc(("known_failures", index))) for index in range(len(valid.value.known_failures))]
    entries = zip(valid.value.known_failures, lines, strict=True)
    return tuple(KnownFailure(**entry.model_dump(), place=f"{path}:{line}") for entry, line in entries)


def _environments(valid: Valid[MatrixFile], releases: Releases) -> tuple[list[Environment], tuple[str, ...], tuple[str, ...]]:
    """Return the environments, the beginnings of ids that wrong entries would have had, and notes."""
    found: dict[str, tuple[Environment, int]] = {}
    # Where the whole is no list, a place in it is a name.
    wrong: set[int] = {loc[1] for loc in valid.source.broken if loc[0] == "environments" and len(loc) > 1 and isinstance(loc[1], int)}
    notes: list[str] = []
    for index, entry in enumerate(valid.value.environments):
        place = valid.loc(("environments", index))
        expansion = expand(entry, releases)
        notes += expansion.notes
        for finding in expansion.problems:
            valid.problem(("environments", index, *finding.loc), finding.what, finding.hint)
            wrong.add(int(place[1]))
        for environment in expansion.environments:
            if environment.id in found:
                line = valid.source.line(valid.loc(("environments", found[environment.id][1])))
                hint = f"the other one is on line {line}; remove one, or tell them apart with `id`"
                valid.problem(("environments", index), f"two environments have the id {environment.id!r}", hint)
            else:
                found[environment.id] = (environment, index)
    if len(found) > MOST:
        valid.problem(("environments",), f"the file has {len(found):,} environments", f"more than {MOST} are a mistake: narrow the ranges")
    if not found and not wrong and valid.whole(("environments",)):
        valid.problem(("environments",), "the file has no environments", 'add one, as `- {tensorflow: "2.15", python: "3.11"}`')
    beginnings = tuple(beginning for index in sorted(wrong) for beginning in _beginnings(valid.source, index, releases))
    return [environment for environment, _ in found.values()], beginnings, tuple(dict.fromkeys(notes))


def _beginnings(source: Source, index: int, releases: Releases) -> list[str]:
    """Return how the ids of a wrong entry would begin, so that nobody complains about names which only it could explain."""
    entry = source.value["environments"][index]
    if not isinstance(entry, dict):
        return [_UNKNOWN]
    if isinstance(entry.get("id"), str) and "{" not in entry["id"]:
        return [entry["id"]]
    loc = ("environments", index, "tensorflow")
    words = [text for place, text in source.raw.items() if place[:3] == loc]
    found: list[str] = []
    for word in words:
        try:
            found += [f"tf{minor_of(version)}-" for version in tensorflow_versions(word, None, releases)]
        except Unfit:
            found.append(f"tf{word}")
            found.append(f"tf{minor_of(word)}-")
    return found or [_UNKNOWN]


def _same_names(valid: Valid[MatrixFile], shipped: tuple[Fixture, ...]) -> None:
    for name in sorted({fixture.name for fixture in shipped} & set(valid.value.fixtures)):
        valid.problem(("fixtures", name), f"the catalogue has a fixture {name!r} already", "give yours another name", key=True)


def _unsure_fixtures(valid: Valid[MatrixFile]) -> tuple[str, ...]:
    return tuple(str(loc[1]) for loc in valid.source.broken if loc[0] == "fixtures" and len(loc) > 1)


def _tolerances(file: MatrixFile) -> Tolerances:
    given = {dtype: Tolerance(absolute=entry.absolute, relative=entry.relative) for dtype, entry in file.tolerances.items()}
    return tuple((TOLERANCES | given).items())


def _images(valid: Valid[MatrixFile], path: Path) -> ImageSettings:
    """Return how images are built; certificates are a file beside the matrix file."""
    given = valid.value.images
    if given is None:
        return ImageSettings()
    ca = (path.parent / given.ca).absolute() if given.ca else None
    if ca is not None and not ca.is_file():
        valid.problem(("images", "ca"), f"there is no file {given.ca}", "the path is relative to this file")
    bases = tuple(sorted(given.base.items())) if isinstance(given.base, dict) else ()
    base = given.base if isinstance(given.base, str) else ImageSettings().base
    return ImageSettings(base=base, bases=bases, index=given.index, ca=ca, disk_gb=given.disk_gb)


def _beside(path: Path, name: Path) -> Path:
    """Return what a matrix file brings with it, the shipped one where it brings none."""
    own = path.resolve().parent / name
    return own if own.exists() else SHIPPED / name


def _pinned(environment: Environment, locks: Path) -> Environment:
    """Return an environment with the exact version of its lock, if it follows a channel and has one."""
    if environment.channel is None:
        return environment
    try:
        return pin(environment, (locks / f"{environment.id}.txt").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return environment

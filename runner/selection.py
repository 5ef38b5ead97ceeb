"""A profile, narrowed by patterns -> the environments, pairs, fixtures, formats and loaders to run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from runner.canaries import CANARIES
from runner.errors import NothingSelected, UsageError
from runner.formats import FORMATS, LOADERS
from runner.model import Environment, Fixture, Formats
from runner.nearest import did_you_mean
from runner.pairs import pairs_of
from runner.profiles import Profile, matches
from runner.spec import MatrixSpec


@dataclass(frozen=True)
class Selection:
    """What is to run; `pairs` are (producer, consumer) ids, `notes` tell what the profile asks for and does not exist.

    `canaries` are no part of what was selected: they are tried in every environment, whatever the patterns say.
    """

    spec: MatrixSpec
    profile: str
    environments: tuple[Environment, ...]
    pairs: tuple[tuple[str, str], ...]
    fixtures: tuple[Fixture, ...]
    formats: Formats
    loaders: frozenset[str] = frozenset(LOADERS)
    notes: tuple[str, ...] = ()
    canaries: tuple[Fixture, ...] = ()

    def loaders_of(self, fixture: Fixture, format_: str) -> tuple[str, ...]:
        """Return what is to read a format of a fixture: what its entry says, else what the profile says; only those asked for."""
        if format_ not in fixture.formats:
            return ()
        usual = dict(fixture.loaders).get(format_) or dict(self.formats).get(format_, ())
        return tuple(loader for loader in usual if loader in self.loaders)


def select(
    spec: MatrixSpec,
    *,
    profile: str | None = None,
    env: Sequence[str] = (),
    from_: Sequence[str] = (),
    to: Sequence[str] = (),
    fixture: Sequence[str] = (),
    format: Sequence[str] = (),
    loader: Sequence[str] = (),
) -> Selection:
    """Return what a profile (default: the first) selects, narrowed by patterns with * and ?.

    `env` names environments that may take part at all, `from_` those that save and `to` those that load. An environment that
    follows a channel and has no lock is left out with a note. Raises UsageError for a pattern that matches nothing, and
    NothingSelected when the patterns together leave nothing.
    """
    chosen = profile_of(spec, profile)
    environments = [environment for environment in spec.environments if environment.id in chosen.environments]
    notes = tuple(absent(environment) for environment in environments if not environment.pinned)
    environments = [environment for environment in environments if environment.pinned]
    ids = [environment.id for environment in environments]
    every = [environment.id for environment in spec.environments]
    allowed = set(_narrow(env, ids, "--env", "environment", _elsewhere(spec, chosen, every)))
    producers = set(_narrow(from_, ids, "--from", "environment", _elsewhere(spec, chosen, every)))
    consumers = set(_narrow(to, ids, "--to", "environment", _elsewhere(spec, chosen, every)))
    pairs = tuple(
        (producer, consumer)
        for producer, consumer in pairs_of(environments, chosen.pairs)
        if {producer, consumer} <= allowed and producer in producers and consumer in consumers
    )
    keys = set(_narrow(fixture, chosen.fixtures, "--fixture", "fixture", {f.key: "the profile leaves it out" for f in spec.fixtures}))
    wanted = tuple(f for f in spec.fixtures if f.key in keys)
    formats, loaders = _formats(chosen, wanted, format, loader)
    taking_part = {id_ for pair in pairs for id_ in pair}
    selection = Selection(
        spec=spec,
        profile=chosen.name,
        environments=tuple(environment for environment in environments if environment.id in taking_part),
        pairs=pairs,
        fixtures=wanted,
        formats=formats,
        loaders=loaders,
        notes=(*spec.notes, *notes),
        canaries=CANARIES,
    )
    used = {name: [f for f in wanted if selection.loaders_of(f, name)] for name, _ in formats}
    selection = replace(
        selection,
        fixtures=tuple(f for f in wanted if any(f in having for having in used.values())),
        formats=tuple((name, own) for name, own in formats if used[name]),
    )
    _nonempty(selection, formats, keys)
    return selection


def named(spec: MatrixSpec, patterns: Sequence[str], command: str) -> tuple[Environment, ...]:
    """Return the environments of a matrix file that any pattern names; a pattern that names none is a UsageError of `command`."""
    ids = [environment.id for environment in spec.environments]
    for pattern in patterns:
        if not matches(pattern, ids):
            raise UsageError(f"{command} {pattern}: {spec.path} has no environment of that name; {did_you_mean(pattern, ids)}")
    return tuple(environment for environment in spec.environments if any(matches(pattern, [environment.id]) for pattern in patterns))


def profile_of(spec: MatrixSpec, name: str | None) -> Profile:
    """Return the profile of a name, or the first one; raise UsageError when there is none of that name."""
    if name is None:
        return spec.profiles[0]
    for profile in spec.profiles:
        if profile.name == name:
            return profile
    names = [profile.name for profile in spec.profiles]
    raise UsageError(f"--profile: {spec.path} has no profile {name!r}; {did_you_mean(name, names)}")


def absent(environment: Environment) -> str:
    """Return why an environment that follows a channel and has no exact version is left out."""
    what = "pre-release" if environment.channel == "newest-pre" else "release"
    return (
        f"{environment.id} is left out: it has no lock. Its {what} of {environment.package} did not exist when the locks were made, "
        f"or `nox -s lock -- {environment.id}` has not been run"
    )


def _elsewhere(spec: MatrixSpec, chosen: Profile, every: Iterable[str]) -> dict[str, str]:
    """Return why environments of the file cannot be chosen here, by id."""
    why = {}
    for id_ in every:
        having = [profile.name for profile in spec.profiles if id_ in profile.environments]
        if id_ in chosen.environments:
            why[id_] = "it has no lock"
        else:
            where = f"profile {having[0]!r} has it" if having else "no profile has it"
            why[id_] = f"it is not in the profile {chosen.name!r}; {where}"
    return why


def _narrow(patterns: Sequence[str], names: Sequence[str], option: str, kind: str, elsewhere: dict[str, str]) -> list[str]:
    """Return the names that any pattern matches (all when there is no pattern); a pattern without a match is a UsageError."""
    if not patterns:
        return list(names)
    found: dict[str, None] = {}
    wrong = []
    for pattern in patterns:
        matching = matches(pattern, names)
        found |= dict.fromkeys(matching)
        if not matching:
            known = matches(pattern, elsewhere)
            hint = elsewhere[known[0]] if known else did_you_mean(pattern, names)
            wrong.append(f"{option} {pattern}: no {kind} of that name is selected; {hint}")
    if wrong:
        raise UsageError("\n".join(wrong))
    return [name for name in names if name in found]


def _formats(chosen: Profile, fixtures: Sequence[Fixture], format_: Sequence[str], loader: Sequence[str]) -> tuple[Formats, frozenset[str]]:
    """Return the formats asked for, each with those of its loaders that are asked for, and all loaders that are asked for."""
    left_out = "the profile leaves it out"
    formats = set(_narrow(format_, [name for name, _ in chosen.formats], "--format", "format", dict.fromkeys(FORMATS, left_out)))
    named = [*chosen.formats, *(entry for fixture in fixtures for entry in fixture.loaders if entry[0] in dict(chosen.formats))]
    usual = list(dict.fromkeys(loader for _, loaders in named for loader in loaders))
    loaders = frozenset(_narrow(loader, usual, "--loader", "loader", dict.fromkeys(LOADERS, left_out)))
    return tuple((name, tuple(word for word in own if word in loaders)) for name, own in chosen.formats if name in formats), loaders


def _nonempty(selection: Selection, formats: Formats, keys: Iterable[str]) -> None:
    if not selection.fixtures and not any(loaders for _, loaders in formats):
        raise NothingSelected("nothing is selected: none of the chosen loaders reads one of the chosen formats; `plan` shows what there is")
    if not selection.fixtures:
        names = ", ".join(sorted(keys))
        raise NothingSelected(f"nothing is selected: the chosen formats make no sense for the chosen fixtures ({names})")
    if not selection.pairs:
        notes = "".join(f"\n{note}" for note in selection.notes)
        raise NothingSelected(f"nothing is selected: the profile {selection.profile!r} has no pair of the chosen environments{notes}")

"""What the profiles of a matrix file choose, resolved against its environments and fixtures. Notes what chooses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from runner.formats import FORMATS
from runner.matrix_file import MatrixFile, PairLists
from runner.model import Environment, Fixture, Formats
from runner.nearest import did_you_mean
from runner.pairs import ALL, PairRule, Pairs, pairs_of
from runner.shape import Valid
from runner.source import Loc


@dataclass(frozen=True)
class Profile:
    """A named choice of what to run; environments are ids and fixtures are keys."""

    name: str
    environments: tuple[str, ...]
    pairs: Pairs
    fixtures: tuple[str, ...]
    formats: Formats
    summary: str = ""


@dataclass(frozen=True)
class Known:
    """What patterns can match. `unsure` are beginnings of ids that could not be made because their entry is wrong."""

    environments: Sequence[Environment]
    fixtures: Sequence[Fixture]
    unsure: tuple[str, ...] = ()
    fixtures_unsure: tuple[str, ...] = ()


def profiles_of(valid: Valid[MatrixFile], known: Known) -> tuple[Profile, ...]:
    """Return the profiles of a file, or the one profile `default` with everything when it has none."""
    file = valid.value
    formats = formats_of(file.formats, ("formats",), valid, ())
    pairs = _pairs(file.pairs, ("pairs",), valid, known) if file.pairs else ALL
    found = [_profile(name, valid, known, formats, pairs) for name in file.profiles]
    if not found and valid.whole(("profiles",)):
        everything = tuple(environment.id for environment in known.environments)
        found = [Profile("default", everything, pairs, tuple(fixture.key for fixture in known.fixtures if not fixture.fault), formats)]
    return tuple(found)


def _profile(name: str, valid: Valid[MatrixFile], known: Known, formats: Formats, pairs: Pairs) -> Profile:
    entry = valid.value.profiles[name]
    loc: Loc = ("profiles", name)
    ids = [environment.id for environment in known.environments]
    keys = [fixture.key for fixture in known.fixtures]
    whole = {fixture.key for fixture in known.fixtures if not fixture.fault}
    profile = Profile(
        name=name,
        environments=_chosen(entry.environments, ids, (*loc, "environments"), "environment", valid, known.unsure),
        pairs=_pairs(entry.pairs, (*loc, "pairs"), valid, known) if entry.pairs else pairs,
        # What is about a fault is asked for by its name: `*` means the models.
        fixtures=tuple(
            key
            for key in _chosen(entry.fixtures, keys, (*loc, "fixtures"), "fixture", valid, known.fixtures_unsure)
            if key in whole or any(pattern != "*" and matches(pattern, [key]) for pattern in entry.fixtures)
        ),
        formats=formats_of(entry.formats, (*loc, "formats"), valid, formats) if entry.formats is not None else formats,
        summary=entry.summary,
    )
    _nonempty(profile, loc, valid, known)
    return profile


def _nonempty(profile: Profile, loc: Loc, valid: Valid[MatrixFile], known: Known) -> None:
    """Note a profile that leaves nothing to run, unless that follows from another problem."""
    if known.unsure or known.fixtures_unsure or not (profile.environments and profile.fixtures and profile.formats):
        return
    environments = [environment for environment in known.environments if environment.id in profile.environments]
    if not pairs_of(environments, profile.pairs):
        at = (*loc, "pairs") if valid.value.profiles[profile.name].pairs else loc
        valid.problem(at, f"the profile {profile.name!r} selects no pair of environments", "let `pairs` name environments of the profile")
    fixtures = [fixture for fixture in known.fixtures if fixture.key in profile.fixtures]
    if not any(format_ in fixture.formats for fixture in fixtures for format_, _ in profile.formats):
        has = sorted({format_ for fixture in fixtures for format_ in fixture.formats})
        valid.problem(loc, f"the profile {profile.name!r} selects no format that its fixtures have", f"they have {', '.join(has)}")


def _chosen(
    patterns: Iterable[str], names: Sequence[str], loc: Loc, kind: str, valid: Valid[MatrixFile], unsure: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the names that any pattern matches, in their own order; notes the patterns that match none."""
    chosen: set[str] = set()
    for index, pattern in enumerate(patterns):
        matching = matches(pattern, names)
        chosen.update(matching)
        if not matching and not any(pattern.startswith(beginning) for beginning in unsure) and not (pattern == "*" and unsure):
            valid.problem((*loc, index), f"no {kind} is named {pattern!r}", did_you_mean(pattern, names))
    return tuple(name for name in names if name in chosen)


def matches(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that a pattern with * and ? matches; a name matches itself whatever is in it."""
    return [name for name in names if name == pattern or fnmatchcase(name, pattern)]


def _pairs(rules: Iterable[str | PairLists], loc: Loc, valid: Valid[MatrixFile], known: Known) -> Pairs:
    ids = [environment.id for environment in known.environments]
    found: list[PairRule] = []
    for index, rule in enumerate(rules):
        if isinstance(rule, PairLists):
            from_ = _chosen(rule.from_, ids, (*loc, index, "from"), "environment", valid, known.unsure)
            found.append(PairRule("lists", from_, _chosen(rule.to, ids, (*loc, index, "to"), "environment", valid, known.unsure)))
        else:
            found.append(PairRule(rule))  # type: ignore[arg-type]  # the file's shape allows these words only
    return tuple(found)


def formats_of(value: Any, loc: Loc, valid: Valid[MatrixFile], outer: Formats) -> Formats:
    """Return the formats and loaders of a `formats:`; one given without loaders takes those of `outer`, or else all of its own."""
    usual = {**FORMATS, **dict(outer)}
    if value == "all":
        return outer or tuple(FORMATS.items())
    if isinstance(value, list):
        for word in sorted({word for word in value if value.count(word) > 1}):
            valid.problem(loc, f"the format {word!r} is given twice", "remove one")
        return tuple((format_, usual[format_]) for format_ in dict.fromkeys(value))
    found = []
    for format_, loaders in value.items():
        for index, loader in enumerate(loaders if isinstance(loaders, list) else []):
            if loader not in FORMATS[format_]:
                what = f"the loader {loader!r} does not read the format {format_!r}"
                valid.problem((*loc, format_, index), what, f"these do: {', '.join(FORMATS[format_])}")
            elif loaders.index(loader) < index:
                valid.problem((*loc, format_, index), f"the loader {loader!r} is given twice", "remove one")
        found.append((format_, usual[format_] if loaders == "all" else tuple(dict.fromkeys(loaders))))
    return tuple(found)

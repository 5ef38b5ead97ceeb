"""Entries of `fixtures:` -> fixtures with their variants: those of the shipped catalogue and those of a matrix file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.formats import CODE, FORMATS
from runner.matrix_file import CatalogueFile, FixtureEntry, Options
from runner.model import Fixture, Formats
from runner.nearest import did_you_mean
from runner.shape import Valid, validate
from runner.source import Loc, parse, read_bytes, short

CATALOGUE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.yaml"


def load_catalogue(path: Path = CATALOGUE) -> tuple[Valid[CatalogueFile] | None, tuple[Fixture, ...]]:
    """Return the catalogue, with its problems in it, and its fixtures. Raises UsageError when it cannot be read."""
    source = parse(read_bytes(path), str(path))
    valid = validate(CatalogueFile, source, {"schema": 1, "fixtures": {}})
    return valid, fixtures_of(valid.value.fixtures, valid, path.parent) if valid else ()


def fixtures_of(entries: Mapping[str, FixtureEntry], valid: Valid[Any], directory: Path) -> tuple[Fixture, ...]:
    """Return the fixtures of some entries, the default variant of each before the others; notes files that do not exist."""
    found: list[Fixture] = []
    for name, entry in entries.items():
        loc: Loc = ("fixtures", name)
        file = directory / entry.file
        if problem := file_problem(file):
            valid.problem((*loc, "file"), f"the file of the fixture {name!r} {problem[0]}: {short(entry.file, 120)}", problem[1])
        formats, loaders = _formats(entry, loc, valid)
        variants: list[tuple[str | None, Options]] = [(None, {}), *entry.variants.items()]
        for variant, options in variants:
            given = {**entry.options, **options}
            code = given.pop("code", "given")
            if code not in CODE:
                at = (*loc, "variants", str(variant)) if "code" in options else (*loc, "options")
                valid.problem((*at, "code"), f"unknown place of the code {code!r}", did_you_mean(str(code), CODE))
            found.append(
                Fixture(
                    name=name,
                    file=file,
                    variant=variant,
                    options=tuple(given.items()),
                    needs=tuple(entry.needs),
                    formats=formats,
                    loaders=loaders,
                    because=entry.because,
                    code=str(code),
                    isolation=entry.isolation,
                    summary=entry.summary,
                    fault=entry.fault,
                )
            )
    return tuple(found)


def _formats(entry: FixtureEntry, loc: Loc, valid: Valid[Any]) -> tuple[tuple[str, ...], Formats]:
    """Return the formats of an entry, and for those that name their loaders these; notes what is given twice."""
    if isinstance(entry.formats, str):
        # What a fixture writes with a function of its own it must say.
        return tuple(name for name in FORMATS if name != "own"), ()
    if isinstance(entry.formats, list):
        _once(entry.formats, "format", (*loc, "formats"), valid)
        return tuple(dict.fromkeys(entry.formats)), ()
    loaders = {name: words for name, words in entry.formats.items() if isinstance(words, list)}
    for name, words in loaders.items():
        _once(words, "loader", (*loc, "formats", name), valid)
    return tuple(entry.formats), tuple((name, tuple(dict.fromkeys(words))) for name, words in loaders.items())


def _once(words: Sequence[str], kind: str, loc: Loc, valid: Valid[Any]) -> None:
    for word in sorted({word for word in words if words.count(word) > 1}):
        valid.problem(loc, f"the {kind} {word!r} is given twice", "remove one")


def file_problem(file: Path) -> tuple[str, str] | None:
    """Return what is wrong with the file of a fixture, and a hint, or None."""
    try:
        if file.is_file():
            return None
        if file.is_dir():
            return "is a directory", "name a Python file"
        near = [path.name for path in sorted(file.parent.glob("*.py"))[:200]] if file.parent.is_dir() else []
    except (OSError, ValueError) as error:
        return f"cannot be read ({getattr(error, 'strerror', None) or error})", ""
    return "does not exist", did_you_mean(file.name, near) or "it is searched for relative to the file this entry stands in"

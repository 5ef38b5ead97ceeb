"""Entries of `fixtures:` -> fixtures with their variants: those of the shipped catalogue and those of a matrix file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.formats import FORMATS
from runner.matrix_file import CatalogueFile, FixtureEntry, Options
from runner.model import Fixture
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
        for word in sorted({word for word in entry.formats or () if (entry.formats or []).count(word) > 1}):
            valid.problem((*loc, "formats"), f"the format {word!r} is given twice", "remove one")
        variants: list[tuple[str | None, Options]] = [(None, {}), *entry.variants.items()]
        for variant, options in variants:
            found.append(
                Fixture(
                    name=name,
                    file=file,
                    variant=variant,
                    options=tuple({**entry.options, **options}.items()),
                    needs=tuple(entry.needs),
                    formats=tuple(entry.formats or FORMATS),
                    isolation=entry.isolation,
                    summary=entry.summary,
                    fault=entry.fault,
                )
            )
    return tuple(found)


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

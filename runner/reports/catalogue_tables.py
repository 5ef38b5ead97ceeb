"""The tables of docs/catalogue.md that are made from `fixtures/catalogue.yaml`, so that no entry can be forgotten there.

A test compares them; `python -c "from runner.reports.catalogue_tables import renew; renew()"` in the repository writes them anew.
"""

from __future__ import annotations

from pathlib import Path

from runner.catalogue import CATALOGUE, load_catalogue
from runner.formats import FORMATS
from runner.model import Fixture
from runner.reports.reasons import with_tables

DOCUMENT = Path(__file__).parents[2] / "docs" / "catalogue.md"

SECTIONS = ("models", "layers", "preprocessing", "code", "training", "strategies", "addons", "faults")
"""The sections with a generated table. That of misuse is written by hand: it says what is expected, which the catalogue does not."""

_ELSEWHERE = {
    "custom_training_loop": "training",
    "mirrored": "strategies",
    "mirrored_restore": "strategies",
    "misuse_load_model_of_weights": "misuse",
    "multi_worker": "strategies",
    "registered_layer": "code",
    "tfa_spectral_norm": "addons",
}
"""Entries whose file lies in the directory of another section."""

_ALL = tuple(name for name in FORMATS if name != "own")


def section_of(fixture: Fixture) -> str:
    """Return the section of a fixture: that of the directory of its file, or `models` for one in none."""
    if fixture.fault:
        return "faults"
    directory = fixture.file.parent
    return _ELSEWHERE.get(fixture.name) or ("models" if directory == CATALOGUE.parent else directory.name)


def tables() -> dict[str, str]:
    """Return the table of each section, in the order of the catalogue."""
    _, fixtures = load_catalogue()
    variants: dict[str, list[Fixture]] = {}
    for fixture in fixtures:
        variants.setdefault(fixture.name, []).append(fixture)
    rows: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for entry in variants.values():
        rows.setdefault(section_of(entry[0]), []).append(_row(entry))
    head = ["| fixture | whose pain | formats and loaders | why these |", "| --- | --- | --- | --- |"]
    return {section: "\n".join([*head, *rows[section]]) for section in SECTIONS}


def _row(variants: list[Fixture]) -> str:
    first = variants[0]
    names = ", ".join(f"`{fixture.name}`" if fixture.variant is None else f"`@{fixture.variant}`" for fixture in variants)
    cells = (names, first.summary, _formats(first), first.because)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _formats(fixture: Fixture) -> str:
    if fixture.formats == _ALL:
        return "all"
    loaders = dict(fixture.loaders)
    return "; ".join(
        f"`{name}`" + (f" with {', '.join(f'`{loader}`' for loader in loaders[name])}" if name in loaders else "")
        for name in fixture.formats
    )


def renew(path: Path = DOCUMENT) -> None:
    """Write the generated tables of the page anew."""
    path.write_text(with_tables(path.read_text(encoding="utf-8"), tables()), encoding="utf-8")

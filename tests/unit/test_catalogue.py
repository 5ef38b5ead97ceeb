"""The shipped catalogue says what its page says, and why what it leaves out is left out."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from runner.catalogue import load_catalogue
from runner.formats import CODE, FORMATS
from runner.reports.catalogue_tables import DOCUMENT, SECTIONS, section_of, tables
from runner.reports.reasons import with_tables

TEXT = DOCUMENT.read_text(encoding="utf-8")
_, FIXTURES = load_catalogue()
EVERYTHING = tuple(name for name in FORMATS if name != "own")


def on_the_page() -> set[str]:
    """Return the fixtures that have a row, with the variants that the row names: `dynamic`, `dynamic@stale`."""
    found: set[str] = set()
    for line in TEXT.splitlines():
        name = ""
        for word in re.findall(r"`([@\w]+)`", line.split("|")[1]) if line.startswith("| `") else ():
            name = name if word.startswith("@") else word
            found.add(name + word if word.startswith("@") else word)
    return found


def test_the_tables_are_current() -> None:
    assert with_tables(TEXT, tables()) == TEXT, 'run: python -c "from runner.reports.catalogue_tables import renew; renew()"'
    assert all(f"<!-- generated: {section} -->" in TEXT for section in SECTIONS)


def test_every_fixture_and_variant_is_on_the_page_and_no_other() -> None:
    assert on_the_page() == {fixture.key for fixture in FIXTURES}


def test_every_fixture_has_a_section() -> None:
    assert {section_of(fixture) for fixture in FIXTURES} == {*SECTIONS, "misuse"}


def test_the_tables_are_valid() -> None:
    meant = sum(line.startswith("| ---") for line in TEXT.splitlines())
    tokens = MarkdownIt("commonmark").enable("table").parse(TEXT)
    assert sum(token.type == "table_open" for token in tokens) == meant == len(SECTIONS) + 2
    assert len({line.count("|") for line in tables()["layers"].splitlines()}) == 1


def test_every_fixture_says_whose_pain_it_is() -> None:
    assert not [fixture.key for fixture in FIXTURES if not re.fullmatch(r".{10,200}\.", fixture.summary)]


def test_every_fixture_that_leaves_formats_or_loaders_out_says_why() -> None:
    silent = [fixture.key for fixture in FIXTURES if (fixture.formats != EVERYTHING or fixture.loaders) and not fixture.because]
    assert not silent, f"say why these formats are enough (because): {', '.join(silent)}"


def test_no_fixture_says_why_it_leaves_nothing_out() -> None:
    assert not [fixture.key for fixture in FIXTURES if fixture.formats == EVERYTHING and not fixture.loaders and fixture.because]


@pytest.mark.parametrize(
    "fixture",
    [
        *("unregistered_layer@absent", "custom_cell@absent", "train_step_absent", "custom_loss@absent", "custom_metric@absent"),
        *("custom_initializer@absent", "custom_regularizer@absent", "custom_activation@absent", "custom_optimizer_absent"),
        *("schedule_custom@absent", "lambda_function@absent"),
    ],
)
def test_every_kind_of_object_is_missing_somewhere(fixture: str) -> None:
    assert [found.code for found in FIXTURES if found.key == fixture] == ["absent"]
    assert f"`{fixture.partition('@')[0]}`" in TEXT[TEXT.index("| what is one's own |") :].split("\n\n")[0]


@pytest.mark.parametrize("name", ["unregistered_layer", "registered_loss"])
def test_a_layer_and_a_function_are_in_all_places(name: str) -> None:
    assert {fixture.code for fixture in FIXTURES if fixture.name == name} == set(CODE)

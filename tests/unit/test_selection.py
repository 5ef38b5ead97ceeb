"""Profiles, pairs and patterns: what a selection leaves to run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import NothingSelected, RunnerError, UsageError
from runner.formats import FORMATS, LOADERS
from runner.pairs import PairRule, pairs_of
from runner.selection import Selection, select
from runner.spec import MatrixSpec, load_matrix

TEXT = """\
schema: 1
environments:
  - {tensorflow: "2.16.2", python: "3.11"}
  - {tensorflow: ["2.13.1", "2.15.1"], python: "3.11"}
  - {tensorflow: "2.15.1", python: "3.10"}
  - {tensorflow: newest-pre, python: "3.13"}
profiles:
  three: {environments: ["*-py311"], fixtures: [sequential, subclassed], formats: [h5, keras-v3]}
  up: {environments: ["*-py311"], pairs: upgrades}
  pre: {environments: [tf2.16*, tfpre*]}
  only: {environments: [tfpre*]}
  lists: {pairs: [{from: [tf2.13*], to: [tf2.16*]}, {from: tf2.16-py311, to: tf2.15-py310}]}
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> MatrixSpec:
    path = tmp_path_factory.mktemp("matrix") / "matrix.yaml"
    (path.parent / "images" / "locks").mkdir(parents=True)
    path.write_text(TEXT)
    return load_matrix(path)


def short(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"{producer[2:6]}>{consumer[2:6]}" for producer, consumer in pairs]


def test_default_is_the_first_profile_with_environments_in_the_order_of_versions(spec: MatrixSpec) -> None:
    found = select(spec)
    assert found.profile == "three"
    assert [environment.id for environment in found.environments] == ["tf2.13-py311", "tf2.15-py311", "tf2.16-py311"]
    assert len(found.pairs) == 9
    assert [fixture.key for fixture in found.fixtures] == ["sequential", "subclassed"]
    assert found.formats == (("h5", FORMATS["h5"]), ("keras-v3", FORMATS["keras-v3"]))


def test_kinds_of_pairs(spec: MatrixSpec) -> None:
    three = select(spec).environments
    four = [environment for environment in spec.environments if environment.pinned]
    assert short(pairs_of(three, (PairRule("upgrades"),))) == ["2.13>2.13", "2.13>2.15", "2.13>2.16", "2.15>2.15", "2.15>2.16", "2.16>2.16"]
    assert short(pairs_of(three, (PairRule("downgrades"),))) == [
        "2.13>2.13",
        "2.15>2.13",
        "2.15>2.15",
        "2.16>2.13",
        "2.16>2.15",
        "2.16>2.16",
    ]
    neighbours = short(pairs_of(three, (PairRule("neighbours"),)))
    assert "2.13>2.16" not in neighbours
    assert "2.16>2.13" not in neighbours
    assert len(neighbours) == 7
    both = {("tf2.15-py310", "tf2.15-py311"), ("tf2.15-py311", "tf2.15-py310")}
    for rule in (PairRule("upgrades"), PairRule("downgrades"), PairRule("neighbours")):
        assert both <= set(pairs_of(four, (rule,))), "the same TensorFlow on another Python is a pair of every kind"


def test_lists_of_pairs_bring_the_control_of_each_producer(spec: MatrixSpec) -> None:
    assert set(select(spec, profile="lists").pairs) == {
        ("tf2.13-py311", "tf2.13-py311"),
        ("tf2.13-py311", "tf2.16-py311"),
        ("tf2.16-py311", "tf2.16-py311"),
        ("tf2.16-py311", "tf2.15-py310"),
    }


def test_patterns_narrow(spec: MatrixSpec) -> None:
    found = select(spec, from_=["tf2.13*"], to=["tf2.15-py311", "tf2.16*"], fixture=["seq*"], format=["h5"], loader=["*nocompile"])
    assert found.pairs == (("tf2.13-py311", "tf2.15-py311"), ("tf2.13-py311", "tf2.16-py311"))
    assert [fixture.key for fixture in found.fixtures] == ["sequential"]
    assert found.formats == (("h5", ("load-model-nocompile",)),)
    alone = select(spec, env=["tf2.15-py311"])
    assert [environment.id for environment in alone.environments] == ["tf2.15-py311"]
    assert alone.pairs == (("tf2.15-py311", "tf2.15-py311"),)


def test_variants_are_chosen_by_their_whole_key(spec: MatrixSpec) -> None:
    assert [fixture.key for fixture in select(spec, profile="up", fixture=["sequential"]).fixtures] == ["sequential"]
    assert [fixture.key for fixture in select(spec, profile="up", fixture=["sequential*"]).fixtures] == [
        "sequential",
        "sequential@uncompiled",
    ]


def test_a_channel_without_a_lock_is_left_out_with_a_note(spec: MatrixSpec) -> None:
    found = select(spec, profile="pre")
    assert [environment.id for environment in found.environments] == ["tf2.16-py311"]
    assert any("tfpre-py313 is left out" in note for note in found.notes)
    with pytest.raises(NothingSelected, match="tfpre-py313 is left out"):
        select(spec, profile="only")


def test_a_channel_with_a_lock_takes_part(spec: MatrixSpec) -> None:
    lock = spec.locks / "tfpre-py313.txt"
    lock.write_text("tensorflow-cpu==2.99.0rc1\n")
    try:
        found = select(load_matrix(spec.path), profile="pre")
    finally:
        lock.unlink()
    assert [(environment.id, environment.tensorflow) for environment in found.environments] == [
        ("tf2.16-py311", "2.16.2"),
        ("tfpre-py313", "2.99.0rc1"),
    ]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        ({"profile": "tree"}, ["no profile 'tree'", "did you mean 'three'?"]),
        ({"env": ["tf2.15-py31"]}, ["--env tf2.15-py31", "did you mean 'tf2.15-py311'?"]),
        ({"from_": ["tf2.15-py310"]}, ["--from tf2.15-py310", "not in the profile 'three'", "profile 'lists' has it"]),
        ({"to": ["tf9*"]}, ["--to tf9*", "tf2.13-py311"]),
        ({"fixture": ["subclased"]}, ["--fixture subclased", "did you mean 'subclassed'?"]),
        ({"fixture": ["functional"]}, ["--fixture functional", "the profile leaves it out"]),
        ({"format": ["hdf5"]}, ["--format hdf5", "did you mean 'h5'?"]),
        ({"loader": ["load"]}, ["--loader load"]),
        ({"profile": "pre", "env": ["tfpre*"]}, ["--env tfpre*", "it has no lock"]),
    ],
)
def test_a_pattern_that_matches_nothing_is_an_error(spec: MatrixSpec, patterns: dict[str, object], words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        select(spec, **patterns)  # type: ignore[arg-type]
    assert all(word in str(caught.value) for word in words), caught.value


def test_all_wrong_patterns_of_an_option_are_told(spec: MatrixSpec) -> None:
    with pytest.raises(UsageError) as caught:
        select(spec, env=["x", "y"])
    assert str(caught.value).count("--env") == 2


@pytest.mark.parametrize(
    "patterns",
    [
        {"format": ["h5"], "loader": ["load-weights"], "fixture": ["custom_training_loop"], "profile": "up"},
        {"format": ["keras-v3"], "loader": ["load-weights-by-name"]},
        {"profile": "up", "from_": ["tf2.16*"], "to": ["tf2.13*"]},
    ],
)
def test_patterns_that_exclude_each_other_select_nothing(spec: MatrixSpec, patterns: dict[str, object]) -> None:
    with pytest.raises(NothingSelected, match="nothing is selected"):
        select(spec, **patterns)  # type: ignore[arg-type]


WORDS = st.sampled_from(["*", "tf2.15*", "tf2.16-py311", "h5", "load-*", "seq*", "[", "?", "", *LOADERS]) | st.text(max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(patterns=st.dictionaries(st.sampled_from(["env", "from_", "to", "fixture", "format", "loader"]), st.lists(WORDS, max_size=2)))
def test_any_patterns_select_consistently_or_end_in_a_clear_error(spec: MatrixSpec, patterns: dict[str, list[str]]) -> None:
    try:
        found: Selection = select(spec, **patterns)  # type: ignore[arg-type]
    except RunnerError as error:
        assert str(error)
        return
    known = {environment.id for environment in found.environments}
    assert {id_ for pair in found.pairs for id_ in pair} == known
    assert set(found.pairs) <= set(select(spec).pairs)
    assert all(loader in FORMATS[name] for name, loaders in found.formats for loader in loaders)
    assert all(any(name in fixture.formats for name, _ in found.formats) for fixture in found.fixtures)


def test_the_same_matrix_anywhere(spec: MatrixSpec, tmp_path: Path) -> None:
    path = tmp_path / "other name.yml"
    path.write_text(TEXT)
    assert select(load_matrix(path)).pairs == select(spec).pairs

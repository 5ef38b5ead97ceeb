"""Keys: what changes them and what does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.keys import KeyRing, source_hashes, tree_hash
from runner.model import Cell, Limits, Stage, Tolerance
from tests.unit.plans import fixture

BUILD = Cell(stage=Stage.BUILD, environment="a")
SAVE = Cell(stage=Stage.SAVE, environment="a", fixture="sequential", format="h5")
LOAD = Cell(stage=Stage.LOAD, environment="b", producer="a", fixture="sequential", format="h5", loader="load-model")
RING = KeyRing(
    fingerprints={"a": "fa", "b": "fb"},
    fixtures={"sequential": fixture()},
    sources={"sequential": "s"},
    agent="agent",
    limits=Limits(),
    tolerances=(("float32", Tolerance(absolute=1e-5, relative=1e-5)),),
)


def changed(ring: KeyRing) -> list[str]:
    return [str(cell.stage) for cell in (BUILD, SAVE, LOAD) if ring.key(cell) != RING.key(cell)]


@pytest.mark.parametrize(
    ("ring", "stages"),
    [
        (replace(RING, fingerprints={"a": "other", "b": "fb"}), ["build", "save", "load"]),
        (replace(RING, fingerprints={"a": "fa", "b": "other"}), ["load"]),
        (replace(RING, sources={"sequential": "other"}), ["save", "load"]),
        (replace(RING, fixtures={"sequential": replace(fixture(), options=(("units", 3),))}), ["save", "load"]),
        (replace(RING, fixtures={"sequential": replace(fixture(), fault="truncated")}), ["save", "load"]),
        (replace(RING, fixtures={"sequential": replace(fixture(), file=Path("/moved/sequential.py"))}), []),
        (replace(RING, agent="other"), ["build", "save", "load"]),
        (replace(RING, limits=Limits(seconds=1.0)), ["save", "load"]),
        (replace(RING, tolerances=()), ["save", "load"]),
        (replace(RING, fingerprints={"a": "fa", "b": "fb", "c": "fc"}), []),
    ],
)
def test_only_what_depends_on_a_change_gets_another_key(ring: KeyRing, stages: list[str]) -> None:
    assert changed(ring) == stages


def test_format_and_loader_are_in_the_key() -> None:
    keys = {RING.key(cell) for cell in (BUILD, SAVE, LOAD, replace(SAVE, format="keras-v3"), replace(LOAD, loader="load-weights"))}
    assert len(keys) == 5


def test_an_unknown_fingerprint_gives_no_key() -> None:
    ring = replace(RING, fingerprints={"b": "fb"})
    assert [ring.key(cell) for cell in (BUILD, SAVE, LOAD)] == ["", "", ""]


def test_names_of_environments_are_not_in_the_key() -> None:
    ring = replace(RING, fingerprints={"x": "fa", "y": "fb"})
    assert ring.key(replace(LOAD, producer="x", environment="y")) == RING.key(LOAD)


def test_hashes_of_files(tmp_path: Path) -> None:
    path = tmp_path / "f.py"
    path.write_text("one")
    one, tree = source_hashes([fixture(file=path)]), tree_hash(tmp_path)
    path.write_text("two")
    assert source_hashes([fixture(file=path)]) != one
    assert tree_hash(tmp_path) != tree
    path.unlink()
    assert source_hashes([fixture(file=path)]) == {"sequential": "absent"}

"""Plans: which cells a selection has, and in which order."""

from __future__ import annotations

from dataclasses import replace

from runner.model import Stage
from runner.plan import AGENT_SECONDS, expected_seconds, make_plan
from tests.unit.plans import fixture, selection


def test_all_pairs_of_two_environments() -> None:
    plan = make_plan(selection())
    assert plan.counts == {Stage.BUILD: 2, Stage.SAVE: 4, Stage.LOAD: 12}
    assert [cell.id for cell in plan.cells][:3] == ["build/a", "build/b", "save/a/sequential/h5"]
    assert "load/a/b/sequential/checkpoint/checkpoint-restore" in {cell.id for cell in plan.cells}


def test_one_load_brings_its_save_and_both_builds() -> None:
    plan = make_plan(selection(("a", "b", "c"), pairs=(("a", "b"),), formats=(("h5", ("load-model",)),)))
    assert [cell.id for cell in plan.cells] == ["build/a", "build/b", "save/a/sequential/h5", "load/a/b/sequential/h5/load-model"]
    assert set(plan.environments) == {"a", "b"}


def test_every_cell_stands_after_what_it_needs_and_once() -> None:
    plan = make_plan(selection(("a", "b", "c"), pairs=(("b", "a"), ("c", "a"), ("c", "c"), ("b", "a"))))
    seen: set[str] = set()
    for cell in plan.cells:
        assert {needed.id for needed in cell.needs} <= seen
        assert cell.id not in seen
        seen.add(cell.id)


def test_a_fixture_is_read_by_the_loaders_that_its_entry_names() -> None:
    own = replace(fixture("misuse", formats=("h5",)), loaders=(("h5", ("load-weights-by-name",)),))
    loads = [cell for cell in make_plan(selection(("a",), fixtures=(fixture(), own))).cells if cell.stage is Stage.LOAD]
    assert {cell.loader for cell in loads if cell.fixture == "misuse"} == {"load-weights-by-name"}
    assert {cell.loader for cell in loads if cell.fixture == "sequential"} == {"load-model", "load-weights", "checkpoint-restore"}


def test_a_format_of_which_no_loader_is_asked_for_is_not_saved() -> None:
    chosen = replace(selection(("a",)), loaders=frozenset({"checkpoint-restore"}))
    assert {cell.format for cell in make_plan(chosen).cells if cell.stage is not Stage.BUILD} == {"checkpoint"}


def test_a_fixture_has_only_the_formats_it_declares() -> None:
    plan = make_plan(selection(fixtures=(fixture(), fixture("weights_only", formats=("checkpoint",)))))
    assert {cell.format for cell in plan.cells if cell.fixture == "weights_only"} == {"checkpoint"}


def test_saves_without_loads() -> None:
    plan = make_plan(selection(pairs=(("a", "b"),)), until=Stage.SAVE)
    assert plan.counts == {Stage.BUILD: 1, Stage.SAVE: 2, Stage.LOAD: 0}


def test_the_same_selection_gives_the_same_plan() -> None:
    assert make_plan(selection()).cells == make_plan(selection()).cells


def test_expected_time_uses_what_was_measured_and_the_median_for_the_rest() -> None:
    cells = make_plan(selection(("a",), formats=(("h5", ("load-model", "load-weights")),))).cells
    durations = {"build/a": 10.0, "save/a/sequential/h5": 2.0, "load/a/a/sequential/h5/load-model": 3.0}
    assert expected_seconds(cells, durations, jobs=2) == (10 + 2 + 3 + 3 + AGENT_SECONDS) / 2


def test_a_cell_with_a_fault_needs_the_same_cell_without() -> None:
    faulty = replace(fixture("broken"), fault="truncated")
    cells = {cell.id: cell for cell in make_plan(selection(("a",), fixtures=(fixture(), faulty))).cells}
    loading, saving = cells["load/a/a/broken/h5/load-model"], cells["save/a/broken/h5"]
    assert [cell.id for cell in loading.needs] == ["save/a/broken/h5", "build/a", "load/a/a/sequential/h5/load-model"]
    assert [cell.id for cell in saving.needs] == ["build/a", "save/a/sequential/h5"]
    assert all(needed == cells[needed.id] for needed in (*loading.needs, *saving.needs))
    assert cells["save/a/sequential/h5"].fault is None


def test_a_fault_without_the_same_model_beside_it_stands_alone() -> None:
    faulty = replace(fixture("broken"), fault="truncated")
    other = replace(fixture(), options=(("units", 3),))
    for fixtures in ((faulty,), (other, faulty), (fixture(formats=("checkpoint",)), faulty)):
        cells = {cell.id: cell for cell in make_plan(selection(("a",), fixtures=fixtures)).cells}
        assert [cell.id for cell in cells["save/a/broken/h5"].needs] == ["build/a"]

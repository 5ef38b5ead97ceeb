"""What faults do: a table of its own, out of the grids, and silent ones counted on top."""

from __future__ import annotations

import json

from runner.faults import FAULTS
from runner.model import Cell, Outcome, Reason, Run, Stage, Status
from runner.reports import as_json, markdown
from runner.reports.damage import Met, Words, spoken
from runner.reports.tables import pivot
from runner.reports.terminal import to_text
from tests.unit.samples import error, load, outcome, run_of, save

OLD, NEW = "tf2.12-py311", "tf2.21-py311"


def fault_save(kind: str, format_: str, said: str, environment: str = OLD, status: Status = Status.PASSED, **left: object) -> Outcome:
    cell = Cell(stage=Stage.SAVE, environment=environment, fixture=kind, format=format_, fault=kind)
    notes = {"fault": {"kind": kind, "save": said, "left": {"files": 0, "bytes": 0, "whole": False, **left}}}
    return outcome(cell, status, Reason.ARTIFACT_INCOMPLETE if status is Status.FAILED else None, fault=kind, notes=notes)


def fault_load(
    kind: str,
    format_: str,
    said: str,
    status: Status = Status.PASSED,
    reason: Reason | None = None,
    consumer: str = OLD,
    by: str | None = None,
) -> Outcome:
    cell = Cell(stage=Stage.LOAD, producer=OLD, environment=consumer, fixture=kind, format=format_, loader="load-model", fault=kind)
    notes = {"fault": {"kind": kind, "load": said}} if said else {}
    return outcome(cell, status, reason, fault=kind, notes=notes, blocked_by=by)


def counts(words: Words) -> list[tuple[str, int]]:
    return [(met.word, met.times) for met in words]


def a_run() -> Run:
    return run_of(
        save(OLD, "sequential", "h5"),
        load((OLD, OLD), "sequential", "h5", "load-model"),
        load((OLD, NEW), "sequential", "h5", "load-model", Status.FAILED, Reason.WEIGHTS_DIFFER),
        fault_save("disk_full", "h5", "raised: OSError: no space", bytes=10),
        fault_save("disk_full", "h5", "raised: OSError: no space", NEW),
        fault_save("disk_full", "keras-v3", "silent: half a file", status=Status.FAILED, bytes=10),
        fault_save("killed_while_saving", "h5", "died: of SIGXFSZ", bytes=20, whole=True),
        fault_load("killed_while_saving", "h5", "refused: OSError: truncated"),
        fault_save("bit_flipped", "h5", "damaged: a bit"),
        fault_load("bit_flipped", "h5", "silent: weights", Status.FAILED, Reason.DAMAGE_UNNOTICED),
        fault_load("bit_flipped", "h5", "", Status.BLOCKED, Reason.BLOCKED_BY, NEW, f"load/{OLD}/{NEW}/sequential/h5/load-model"),
        fault_load("truncated", "h5", "", Status.ERRORED, Reason.BAD_RESULT),
        fault_load("missing_shard", "h5", "", Status.UNSUPPORTED, Reason.NEED_UNMET),
    )


def test_rows_are_fault_by_format_in_the_order_of_the_list() -> None:
    damage = pivot(a_run()).damage
    assert [(row.fault, row.format) for row in damage.rows] == [
        ("disk_full", "h5"),
        ("disk_full", "keras-v3"),
        ("killed_while_saving", "h5"),
        ("truncated", "h5"),
        ("bit_flipped", "h5"),
    ]
    full, silent, killed, cut, flipped = damage.rows
    assert full.saves == (Met("raised", 2, (OLD, NEW)),)
    assert full.left == (Met("nothing", 1, (NEW,)), Met("a part", 1, (OLD,)))
    assert silent.saves == (Met("SILENT", 1, (OLD,)),)
    assert (killed.saves, killed.left) == ((Met("died", 1, (OLD,)),), (Met("whole", 1, (OLD,)),))
    assert killed.loads == (Met("refused", 1, (f"{OLD} > {OLD}",)),)
    assert counts(cut.loads) == [("no statement", 1)]
    assert (counts(flipped.saves), flipped.left) == ([("damaged after", 1)], ())
    assert damage.absent == ("missing_shard",)


def test_a_load_that_fails_undamaged_is_not_held_against_the_damage() -> None:
    flipped = pivot(a_run()).damage.rows[-1]
    assert counts(flipped.loads) == [("SILENT", 1), ("fails without", 1)]


def test_where_few_met_a_fault_otherwise_they_are_named() -> None:
    saves = (fault_save("disk_full", "h5", "raised: no space", f"tf2.{minor}") for minor in range(10, 14))
    (row,) = pivot(run_of(*saves, fault_save("disk_full", "h5", "died: of SIGSEGV", "tf2.9"))).damage.rows
    assert spoken(row.saves) == ("raised 4", "died 1 (tf2.9)")


def test_what_a_save_that_fails_undamaged_blocks_fails_without_the_fault_too() -> None:
    plain = save(OLD, "sequential", "h5", Status.FAILED, Reason.SAVE_RAISED, error=error())
    faulty = save(OLD, "truncated", "h5", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=plain.id).model_copy(update={"fault": "truncated"})
    loaded = fault_load("truncated", "h5", "", Status.BLOCKED, Reason.BLOCKED_BY, by=faulty.id)
    (row,) = pivot(run_of(plain, faulty, loaded)).damage.rows
    assert counts(row.saves) == counts(row.loads) == [("fails without", 1)]


def test_faults_are_in_no_grid_and_silent_ones_are_counted() -> None:
    tables = pivot(a_run())
    (grid,) = tables.grids
    assert grid.fixtures == ("sequential",)
    assert {stage: cell.total for stage, cell in tables.by_stage} == {Stage.BUILD: 0, Stage.SAVE: 1, Stage.LOAD: 2}
    assert tables.totals.silent == 3
    assert sum(group.count for group in tables.silent) == 3
    assert any(group.class_ == "damage" for group in tables.silent)


def test_every_report_shows_them_and_none_without() -> None:
    text, page = to_text(a_run()), markdown.render(a_run())
    for said in (text, page):
        assert "What faults do" in said
        assert "SILENT 1" in said or "SILENT** 1" in said
        assert "silently" in said
    assert "killed_while_saving" in text
    assert {row["fault"] for row in json.loads(as_json.render(a_run()))["faults"]} < set(FAULTS)
    without = run_of(load((OLD, NEW), "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error()))
    assert "What faults do" not in to_text(without) + markdown.render(without)

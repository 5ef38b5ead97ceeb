"""The pivot: honest denominators, the worst on top, silent failures apart, the same run always the same tables."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import Outcome, Reason, Run, Status
from runner.reports import as_json
from runner.reports.causes import normalised
from runner.reports.tables import GridCell, effective_status, pivot
from runner.standing import is_silent
from tests.unit.samples import FULL, QUICK, build, error, full_run, load, run_of, save

PAIR = ("tf2.12-py311", "tf2.16-py311")


def grid_cell(*outcomes: Outcome) -> GridCell:
    (grid,) = pivot(run_of(*outcomes)).grids
    return grid.cells[PAIR]


def a_load(fixture: str, status: Status, reason: Reason | None = None, **more: Any) -> Outcome:
    return load(PAIR, fixture, "h5", "load-model", status, reason, **more)


def test_a_grid_cell_counts_fixtures_times_loaders_without_the_unsupported() -> None:
    cell = grid_cell(
        a_load("a", Status.PASSED),
        a_load("b", Status.DEGRADED, Reason.OPTIMIZER_LOST),
        a_load("c", Status.FAILED, Reason.LOAD_RAISED, error=error()),
        a_load("d", Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED),
        a_load("e", Status.ERRORED, Reason.BAD_RESULT),
    )
    assert (cell.passed, cell.total, cell.ran, cell.worst, cell.silent) == (1, 4, 3, Status.FAILED, 0)
    assert dict(cell.counts) == dict.fromkeys((Status.PASSED, Status.DEGRADED, Status.FAILED, Status.UNSUPPORTED, Status.ERRORED), 1)


def test_degraded_is_not_counted_as_passed() -> None:
    cell = grid_cell(a_load("a", Status.DEGRADED, Reason.COMPILE_LOST))
    assert (cell.passed, cell.total, cell.worst) == (0, 1, Status.DEGRADED)


def test_blocked_by_an_unsupported_save_counts_as_unsupported_and_by_a_failed_one_as_blocked() -> None:
    absent = save(PAIR[0], "a", "h5", Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED)
    broken = save(PAIR[0], "b", "h5", Status.FAILED, Reason.SAVE_RAISED, error=error())
    first = a_load("a", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=absent.id)
    second = a_load("b", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=broken.id)
    cell = grid_cell(absent, broken, first, second)
    assert (cell.passed, cell.total, cell.worst) == (0, 1, Status.BLOCKED)
    assert effective_status(first, {absent.id: absent}) is Status.UNSUPPORTED
    tables = pivot(run_of(absent, broken, first, second))
    assert tables.totals.blocked == 2
    assert dict(tables.totals.blocked_by) == {Status.FAILED: 1, Status.UNSUPPORTED: 1}
    assert [blocker.id for blocker in tables.blockers] == [broken.id]


def test_what_an_errored_build_blocks_is_shown_as_errored_not_as_incompatible() -> None:
    built = build(PAIR[1], Status.ERRORED, Reason.INSTALL_FAILED)
    cell = grid_cell(built, a_load("a", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=built.id))
    assert (cell.worst, cell.ran, cell.total) == (Status.ERRORED, 0, 1)


def test_silent_failures_are_counted_apart_and_listed_first() -> None:
    silent = a_load("a", Status.FAILED, Reason.OUTPUTS_DIFFER)
    loud = a_load("b", Status.FAILED, Reason.LOAD_RAISED, error=error())
    tables = pivot(run_of(silent, loud))
    assert tables.totals.silent == 1
    assert [group.examples for group in tables.silent] == [(silent.id,)]
    assert [group.examples for group in tables.failures] == [(loud.id,)]


def test_a_wrong_result_is_silent_unless_something_was_raised_before_the_model_had_answered() -> None:
    raised = error()
    for phase in ("load", "structure", "weights", "outputs"):
        assert not is_silent(a_load("a", Status.FAILED, Reason.WEIGHTS_DIFFER, error=raised.model_copy(update={"phase": phase})))
    for phase in ("config", "optimizer", "train-step"):
        assert is_silent(a_load("a", Status.FAILED, Reason.OUTPUTS_DIFFER, error=raised.model_copy(update={"phase": phase})))
        assert not is_silent(a_load("a", Status.FAILED, Reason.PREDICT_RAISED, error=raised.model_copy(update={"phase": phase})))
    assert not is_silent(a_load("a", Status.DEGRADED, Reason.WEIGHTS_DIFFER))
    assert is_silent(save("e", "a", "h5", Status.FAILED, Reason.SAVE_WROTE_NOTHING))


def test_failures_with_one_cause_are_one_group_with_examples() -> None:
    cells = [a_load(f"f{n}", Status.FAILED, Reason.LOAD_RAISED, error=error("ValueError", f"Unknown layer: L{n}")) for n in range(9)]
    tables = pivot(run_of(*cells))
    (group,) = tables.failures
    assert (group.count, len(group.examples)) == (9, 3)
    assert (len(group.details), group.details[0], tables.totals.explained, tables.unknown) == (5, ("L0", 1), 9, ())
    assert "does not find the class or function" in group.cause


def test_unknown_failures_are_told_apart_by_message_but_not_by_numbers_and_paths() -> None:
    texts = ["boom at 0x7f00 in /tmp/a/b", "boom at 0x7f11 in /tmp/c/d", "something else"]
    cells = [a_load(f"f{n}", Status.FAILED, Reason.LOAD_RAISED, error=error("RuntimeError", text)) for n, text in enumerate(texts)]
    tables = pivot(run_of(*cells))
    assert [group.count for group in tables.failures] == [2, 1]
    assert tables.unknown == tables.failures
    assert tables.totals.explained == 0


def test_a_recorded_diagnosis_is_kept_and_an_empty_one_is_made_again() -> None:
    known = a_load("a", Status.FAILED, Reason.LOAD_RAISED, error=error(), diagnosis={"cause": "as recorded", "class": "custom-code"})
    unknown = a_load("b", Status.FAILED, Reason.LOAD_RAISED, error=error(), diagnosis={"cause": "not diagnosed yet", "class": "unknown"})
    causes = {group.cause for group in pivot(run_of(known, unknown)).failures}
    assert causes == {"as recorded", "the load does not find the class or function that the file names"}


def test_totals_add_up_to_what_was_planned() -> None:
    totals = pivot(full_run(FULL)).totals
    assert totals.ran + totals.unsupported + totals.blocked + totals.errored + totals.not_run == totals.planned
    assert sum(count for _, count in totals.blocked_by) == totals.blocked


def test_cells_never_reached_are_not_run() -> None:
    tables = pivot(run_of(a_load("a", Status.PASSED), planned=10, footer=False))
    assert (tables.totals.not_run, tables.totals.planned, tables.interrupted) == (9, 10, True)


def test_environments_keep_the_order_of_the_run() -> None:
    tables = pivot(full_run(FULL))
    assert tables.environments == FULL
    assert all(grid.producers == FULL and grid.consumers == FULL for grid in tables.grids)


def test_an_environment_that_only_outcomes_name_is_not_lost() -> None:
    tables = pivot(run_of(load(("gone-py37", QUICK[0]), "a", "h5", "load-model")))
    assert tables.environments == (*QUICK, "gone-py37")


def test_an_empty_run_has_empty_tables() -> None:
    tables = pivot(run_of())
    assert (tables.grids, tables.silent, tables.failures, tables.totals.planned) == ((), (), (), 0)


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_order_of_the_record_does_not_matter(shuffler: random.Random) -> None:
    run = full_run()
    cells = list(run.outcomes.items())
    shuffler.shuffle(cells)
    shuffled = Run(path=run.path, header=run.header, outcomes=dict(cells), footer=run.footer)
    assert pivot(shuffled) == pivot(run)
    assert as_json.render(shuffled) == as_json.render(run)


def test_json_says_the_same_and_is_valid() -> None:
    run = full_run()
    tables, document = pivot(run), json.loads(as_json.render(run))
    assert document["totals"]["failed"] == tables.totals.failed
    assert document["exit_code"] == 4
    assert [grid["format"] for grid in document["formats"]] == [grid.format for grid in tables.grids]
    assert sum(group["count"] for group in document["causes"]["silent"]) == tables.totals.silent


def test_json_of_hostile_and_endless_values_is_valid() -> None:
    cell = a_load("\ud800\x00", Status.FAILED, Reason.LOAD_RAISED, error=error("E", "\udcff\x1b[0m" * 10_000))
    assert json.loads(as_json.render(run_of(cell)))["causes"]["failed"][0]["count"] == 1


def test_messages_are_normalised() -> None:
    assert normalised("at 0x7f93fc9b2940 in /a/b/c.h5 line 12") == normalised("at 0x1 in /x/y.h5 line 9")

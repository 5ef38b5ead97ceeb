"""What a run amounts to: its exit code without a baseline."""

from __future__ import annotations

import pytest

from runner.judge import judge
from runner.model import Outcome, Reason, Status
from runner.standing import root_of
from tests.unit.samples import build, load, run_of, save

PAIR = ("tf2.12-py311", "tf2.16-py311")


def a_load(status: Status, reason: Reason | None = None, blocked_by: str | None = None) -> Outcome:
    return load(PAIR, "sequential", "h5", "load-model", status, reason, blocked_by=blocked_by)


@pytest.mark.parametrize("status", [Status.PASSED, Status.DEGRADED, Status.FAILED, Status.UNSUPPORTED])
def test_a_statement_about_tensorflow_is_no_error(status: Status) -> None:
    assert judge(run_of(a_load(status))).exit_code == 0


@pytest.mark.parametrize("status", [Status.ERRORED, Status.NOT_RUN])
def test_a_cell_without_a_statement_leaves_the_result_incomplete(status: Status) -> None:
    judgement = judge(run_of(a_load(Status.PASSED), build("tf2.16-py311", status)))
    assert judgement.exit_code == 4
    assert "incomplete" in judgement.text


def test_blocked_by_a_failed_save_is_complete() -> None:
    saved = save(PAIR[0], "sequential", "h5", Status.FAILED, Reason.SAVE_RAISED)
    assert judge(run_of(saved, a_load(Status.BLOCKED, Reason.BLOCKED_BY, saved.id))).exit_code == 0


def test_blocked_by_an_unsupported_save_is_complete() -> None:
    saved = save(PAIR[0], "sequential", "h5", Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED)
    assert judge(run_of(saved, a_load(Status.BLOCKED, Reason.BLOCKED_BY, saved.id))).exit_code == 0


def test_blocked_through_a_chain_that_ends_in_an_error_is_incomplete() -> None:
    built = build(PAIR[0], Status.ERRORED, Reason.INSTALL_FAILED)
    saved = save(PAIR[0], "sequential", "h5", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=built.id)
    judgement = judge(run_of(built, saved, a_load(Status.BLOCKED, Reason.BLOCKED_BY, saved.id)))
    assert (judgement.exit_code, judgement.errored, judgement.blocked_by_errored) == (4, 1, 2)


def test_blocked_by_something_that_was_never_recorded_is_incomplete() -> None:
    assert judge(run_of(a_load(Status.BLOCKED, Reason.BLOCKED_BY, "save/nowhere"))).exit_code == 4


def test_a_circle_of_blocked_cells_ends() -> None:
    blocked = a_load(Status.BLOCKED, Reason.BLOCKED_BY)
    circle = blocked.model_copy(update={"blocked_by": blocked.id})
    assert root_of(circle, {circle.id: circle}) is None
    assert judge(run_of(circle)).exit_code == 4


def test_cells_that_were_planned_and_have_no_outcome_are_not_run() -> None:
    judgement = judge(run_of(a_load(Status.PASSED), planned=5))
    assert (judgement.exit_code, judgement.not_run) == (4, 4)


def test_a_run_without_a_footer_is_interrupted_even_when_it_has_errors() -> None:
    assert judge(run_of(a_load(Status.ERRORED, Reason.BAD_RESULT), footer=False)).exit_code == 130


def test_a_run_whose_footer_says_so_is_interrupted() -> None:
    judgement = judge(run_of(a_load(Status.PASSED), complete=False, planned=3))
    assert judgement.exit_code == 130
    assert "2 cells not run" in judgement.text


def test_a_run_of_nothing_is_complete() -> None:
    assert judge(run_of()).exit_code == 0

"""Verdicts on cells whose fixture is about a fault: who was told, who was not, and what is not the fault's doing."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import Any

import pytest

from runner.classify import classify, outcome_of
from runner.faults import FAULTS, STRIKING
from runner.model import Cell, Outcome, Reason, Stage, Status
from runner.protocol import AgentResult
from runner.schedule import usable
from runner.standing import is_silent
from tests.unit.test_classify import LOAD, SAVE, error, result

LEFT = {"files": 1, "bytes": 10, "whole": False}


def hit(cell: Cell, kind: str, **facts: Any) -> Outcome:
    fault = {"kind": kind, "armed": True, **facts.pop("fault", {})}
    if cell.stage is Stage.SAVE:
        fault.setdefault("left", LEFT)
    cell = replace(cell, fault=kind)
    return outcome_of(cell, result(cell, fault=fault, **facts), isolation="fork")


@pytest.mark.parametrize(
    ("kind", "facts", "status", "reason", "said"),
    [
        ("disk_full", {"phase": "save", "error": error("OSError", errno=errno.ENOSPC)}, Status.PASSED, None, "raised: OSError: no"),
        ("disk_full", {"phase": "save", "error": error("ResourceExhaustedError")}, Status.PASSED, None, "raised"),
        ("disk_full", {"findings": ["artifact-incomplete"]}, Status.FAILED, Reason.ARTIFACT_INCOMPLETE, "silent"),
        ("disk_full", {"findings": ["save-wrote-nothing"]}, Status.FAILED, Reason.SAVE_WROTE_NOTHING, "silent"),
        ("disk_full", {}, Status.PASSED, None, "whole: the fault did not bite"),
        ("read_only_target", {"phase": "save", "error": error("OSError", errno=errno.EROFS)}, Status.PASSED, None, "raised"),
        ("no_permission", {"phase": "save", "error": error("PermissionError", errno=errno.EACCES)}, Status.PASSED, None, "raised"),
        ("out_of_memory", {"phase": "save", "error": error("MemoryError")}, Status.PASSED, None, "raised"),
        ("out_of_memory", {"phase": "save", "ended": "signal", "signal": 6, "exit_code": None}, Status.PASSED, None, "died: of SIGABRT"),
        ("out_of_memory", {"phase": "save", "ended": "timeout", "exit_code": None}, Status.FAILED, Reason.TIMED_OUT, "hung"),
        ("killed_while_saving", {"phase": "save", "ended": "disk", "signal": 25, "exit_code": None}, Status.PASSED, None, "died"),
        ("killed_while_saving", {"phase": "save", "ended": "signal", "signal": 11}, Status.FAILED, Reason.CRASHED, "died"),
        ("truncated", {"fault": {"what": "model.h5 cut"}}, Status.PASSED, None, "damaged: model.h5 cut"),
    ],
)
def test_saves(kind: str, facts: dict[str, Any], status: Status, reason: Reason | None, said: str) -> None:
    found = hit(SAVE, kind, **facts)
    assert (found.status, found.reason, found.fault) == (status, reason, kind)
    assert found.notes["fault"]["save"].startswith(said)
    assert found.notes["fault"]["left"] == LEFT
    # Whatever is left is loaded, unless nothing is known of it.
    assert usable(found)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize(
    ("facts", "status", "reason", "said"),
    [
        ({"phase": "load", "error": error("OSError")}, Status.PASSED, None, "refused: OSError: no"),
        ({"phase": "load", "error": error("KeyError", missing_object="Layer")}, Status.PASSED, None, "refused"),
        ({"phase": "outputs", "error": error()}, Status.PASSED, None, "refused"),
        ({"phase": "outputs", "checks": {"weights": "failed"}, "error": error()}, Status.PASSED, None, "refused"),
        ({"phase": "load", "ended": "signal", "signal": 11}, Status.FAILED, Reason.CRASHED, "crashed"),
        ({"phase": "load", "ended": "timeout"}, Status.FAILED, Reason.TIMED_OUT, "hung"),
        ({}, Status.PASSED, None, "unharmed"),
        ({"checks": {"weights": "failed"}}, Status.FAILED, Reason.DAMAGE_UNNOTICED, "silent: weights"),
        ({"checks": {"outputs": "failed"}}, Status.FAILED, Reason.DAMAGE_UNNOTICED, "silent: outputs"),
        (
            {"checks": {"weights": "failed"}, "phase": "train-step", "error": error()},
            Status.FAILED,
            Reason.DAMAGE_UNNOTICED,
            "silent",
        ),
        (
            {"checks": {"weights": "not-applicable", "outputs": "not-applicable", "signature": "failed"}},
            Status.FAILED,
            Reason.DAMAGE_UNNOTICED,
            "silent: signature-differs",
        ),
        ({"checks": {"optimizer": "failed"}}, Status.DEGRADED, Reason.OPTIMIZER_DIFFERS, "partly: optimizer-differs"),
        ({"warnings": [{"category": "log", "message": "x", "partial": True}]}, Status.DEGRADED, Reason.PARTIAL_RESTORE, "partly"),
    ],
)
def test_loads(kind: str, facts: dict[str, Any], status: Status, reason: Reason | None, said: str) -> None:
    found = hit(LOAD, kind, **facts)
    assert (found.status, found.reason) == (status, reason)
    assert found.notes["fault"]["load"].startswith(said)
    assert is_silent(found) is (reason is Reason.DAMAGE_UNNOTICED)


@pytest.mark.parametrize(
    ("cell", "facts", "status", "reason"),
    [
        # The fault was not in place yet: the model was being built, or saved without it for comparison.
        (SAVE, {"fault": {"armed": False}, "phase": "build", "error": error("OSError", errno=errno.ENOSPC)}, "errored", "disk-full"),
        (SAVE, {"fault": {"armed": False}, "phase": "save", "error": error("OSError", errno=errno.ENOSPC)}, "errored", "disk-full"),
        (SAVE, {"fault": {"armed": False}, "phase": "save", "error": error("TypeError")}, "failed", "save-raised"),
        # Somebody else killed it, or the runner's own limits ended it.
        (SAVE, {"phase": "save", "ended": "signal", "signal": 9}, "errored", "out-of-memory"),
        (SAVE, {"phase": "save", "ended": "disk"}, "failed", "disk-full"),
        (LOAD, {"phase": "load", "ended": "signal", "signal": 9}, "errored", "out-of-memory"),
        # No fault is at work while something is loaded.
        (LOAD, {"phase": "load", "error": error("OSError", errno=errno.ENOSPC)}, "errored", "disk-full"),
        (LOAD, {"phase": "load", "error": error("OSError", errno=errno.EACCES)}, "errored", "permission-denied"),
        (LOAD, {"phase": "rebuild", "fixture_fault": "build raised"}, "errored", "fixture-invalid"),
        (LOAD, {"unsupported": {"reason": "loader-unsupported", "why": "none"}}, "unsupported", "loader-unsupported"),
    ],
)
def test_what_is_not_the_faults_doing_stays_what_it_is(cell: Cell, facts: dict[str, Any], status: str, reason: str) -> None:
    found = hit(cell, "disk_full", **facts)
    assert (found.status, found.reason) == (status, reason)
    assert str(cell.stage) not in found.notes.get("fault", {})


def test_a_result_without_the_fault_of_its_cell_says_nothing_of_it() -> None:
    cell = replace(SAVE, fault="disk_full")
    raised: dict[str, Any] = {"phase": "save", "error": error("OSError", errno=errno.ENOSPC)}
    assert classify(cell, result(cell, **raised)).status is Status.ERRORED
    other = {"kind": "truncated", "armed": True}
    assert classify(cell, result(cell, fault=other, **raised)).status is Status.ERRORED
    assert classify(SAVE, result(SAVE, fault=other, **raised)).status is Status.ERRORED


def test_the_closed_lists_of_both_halves_are_the_same() -> None:
    from pathlib import Path

    source = Path(__file__).parents[2].joinpath("runner", "agent", "faults.py").read_text()
    lists: dict[str, Any] = {}
    for line in source.splitlines():
        if line.startswith(("DURING = ", "AFTER = ")):
            exec(line, lists)
    assert lists["DURING"] == tuple(STRIKING)
    assert lists["DURING"] + lists["AFTER"] == tuple(FAULTS)


def test_a_result_may_say_what_was_left() -> None:
    told = {"kind": "disk_full", "armed": True, "optimizer": True, "clean": {"files": 1, "bytes": 2}, "left": LEFT}
    found = result(SAVE, fault=told)
    assert isinstance(found, AgentResult) and found.fault is not None and found.fault.left is not None
    assert not found.fault.left.whole

"""Classification: facts of a cell to status and reason."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.classify import BEFORE, classify, outcome_of
from runner.model import Cell, Check, CheckResult, Outcome, Reason, Stage, Status
from runner.protocol import AgentResult, BadResult, parse_result
from runner.records import decode, encode

SAVE = Cell(stage=Stage.SAVE, environment="a", fixture="sequential", format="h5")
LOAD = Cell(stage=Stage.LOAD, environment="b", producer="a", fixture="sequential", format="h5", loader="load-model")
FILE = {"path": "model.h5", "bytes": 1, "sha256": "0"}


def result(cell: Cell = LOAD, **facts: Any) -> AgentResult:
    """Return a result in which all is well but for `facts`; `checks` are given as words."""
    checks = dict.fromkeys(Check, "passed") if cell.stage is Stage.LOAD else {}
    checks |= {Check(name): word for name, word in facts.pop("checks", {}).items()}
    reasons = facts.pop("reasons", {})
    base: dict[str, Any] = {
        "schema": 1,
        "id": cell.id,
        "ended": "exit",
        "exit_code": 0,
        "phase": "done",
        "checks": {name: {"result": word, "reason": reasons.get(name)} for name, word in checks.items() if word},
        "files": [FILE] if cell.stage is Stage.SAVE else [],
    }
    return AgentResult.model_validate(base | facts)


def error(type_: str = "ValueError", **more: Any) -> dict[str, Any]:
    return {"type": type_, "message": "no", **more}


def test_all_well_is_passed() -> None:
    assert classify(LOAD, result())[:2] == (Status.PASSED, None)
    assert classify(SAVE, result(SAVE))[:2] == (Status.PASSED, None)


@pytest.mark.parametrize(
    ("facts", "status", "reason"),
    [
        ({"unsupported": {"reason": "loader-unsupported", "why": "no TFSMLayer"}}, Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED),
        ({"fixture_fault": "differs between two builds"}, Status.ERRORED, Reason.FIXTURE_INVALID),
        ({"ended": "timeout", "phase": "load"}, Status.FAILED, Reason.TIMED_OUT),
        ({"ended": "timeout", "phase": "train"}, Status.ERRORED, Reason.TIMED_OUT),
        ({"ended": "memory", "phase": "load"}, Status.FAILED, Reason.OUT_OF_MEMORY),
        ({"ended": "disk", "phase": "save"}, Status.FAILED, Reason.DISK_FULL),
        ({"ended": "signal", "signal": 11, "phase": "load"}, Status.FAILED, Reason.CRASHED),
        ({"ended": "signal", "signal": 11, "phase": "rebuild"}, Status.ERRORED, Reason.CRASHED),
        ({"ended": "signal", "signal": 9, "phase": "load"}, Status.ERRORED, Reason.OUT_OF_MEMORY),
        ({"ended": "lost", "exit_code": 3, "phase": "load"}, Status.FAILED, Reason.CRASHED),
        ({"error": error(), "phase": "load"}, Status.FAILED, Reason.LOAD_RAISED),
        ({"error": error(), "phase": "save"}, Status.FAILED, Reason.SAVE_RAISED),
        ({"error": error(), "phase": "outputs"}, Status.FAILED, Reason.PREDICT_RAISED),
        ({"error": error(), "phase": "train-step"}, Status.DEGRADED, Reason.TRAIN_STEP_RAISED),
        ({"error": error(), "phase": "train-step", "checks": {"outputs": "failed"}}, Status.FAILED, Reason.OUTPUTS_DIFFER),
        ({"error": error(), "phase": "inspect"}, Status.ERRORED, Reason.BAD_RESULT),
        ({"error": error(missing_object="Dense2"), "phase": "load"}, Status.FAILED, Reason.CUSTOM_OBJECT_MISSING),
        ({"error": error("OSError", errno=errno.ENOSPC), "phase": "save"}, Status.ERRORED, Reason.DISK_FULL),
        ({"error": error("OSError", errno=errno.EFBIG), "phase": "save"}, Status.FAILED, Reason.DISK_FULL),
        ({"error": error("OSError", errno=errno.EACCES), "phase": "load"}, Status.ERRORED, Reason.PERMISSION_DENIED),
        ({"error": error("OSError", errno=errno.ENOENT), "phase": "load"}, Status.FAILED, Reason.LOAD_RAISED),
        ({"error": error("MemoryError"), "phase": "load"}, Status.FAILED, Reason.OUT_OF_MEMORY),
        ({"error": error("MemoryError"), "phase": "train"}, Status.ERRORED, Reason.OUT_OF_MEMORY),
        ({"findings": ["artifact-incomplete"]}, Status.FAILED, Reason.ARTIFACT_INCOMPLETE),
        ({"checks": {"weights": "failed", "outputs": "failed"}}, Status.FAILED, Reason.WEIGHTS_DIFFER),
        ({"checks": {"outputs": "failed"}}, Status.FAILED, Reason.OUTPUTS_DIFFER),
        ({"checks": {"structure": "failed"}}, Status.DEGRADED, Reason.STRUCTURE_DIFFERS),
        ({"checks": {"compile": "failed", "optimizer": "failed"}}, Status.DEGRADED, Reason.COMPILE_LOST),
        ({"checks": {"optimizer": "failed"}, "reasons": {"optimizer": "optimizer-lost"}}, Status.DEGRADED, Reason.OPTIMIZER_LOST),
        ({"checks": {"train-step": "failed"}}, Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
        ({"checks": {"signature": "failed", "outputs": None}}, Status.FAILED, Reason.SIGNATURE_DIFFERS),
        ({"error": error(), "phase": "outputs", "checks": {"signature": "failed"}}, Status.FAILED, Reason.SIGNATURE_DIFFERS),
        ({"error": error(), "phase": "signature"}, Status.FAILED, Reason.SIGNATURE_DIFFERS),
        ({"error": error(), "phase": "config"}, Status.DEGRADED, Reason.CONFIG_DIFFERS),
        ({"checks": {"config": "failed"}}, Status.DEGRADED, Reason.CONFIG_DIFFERS),
        ({"checks": {"outputs": "failed"}, "reasons": {"outputs": "predict-raised"}}, Status.FAILED, Reason.PREDICT_RAISED),
        ({"warnings": [{"category": "log", "message": "skipped", "partial": True}]}, Status.DEGRADED, Reason.PARTIAL_RESTORE),
        ({"checks": {"loaded": None}}, Status.ERRORED, Reason.BAD_RESULT),
        ({"checks": {"optimizer": None}}, Status.ERRORED, Reason.BAD_RESULT),
        ({"checks": {"outputs": "not-applicable"}}, Status.PASSED, None),
        ({"checks": {"weights": "not-applicable", "outputs": "not-applicable"}}, Status.ERRORED, Reason.BAD_RESULT),
        ({"phase": "weights"}, Status.ERRORED, Reason.BAD_RESULT),
    ],
)
def test_status_and_reason(facts: dict[str, Any], status: Status, reason: Reason | None) -> None:
    assert classify(LOAD, result(**facts))[:2] == (status, reason)


def test_a_save_that_wrote_nothing_is_a_finding() -> None:
    assert classify(SAVE, result(SAVE, files=[]))[:2] == (Status.FAILED, Reason.SAVE_WROTE_NOTHING)


optional = st.none() | st.text(max_size=5)
results: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    schema=st.just(1),
    id=st.just(LOAD.id),
    ended=st.sampled_from(["exit", "signal", "timeout", "memory", "disk", "lost"]),
    signal=st.none() | st.integers(1, 31),
    exit_code=st.sampled_from([0, 0, 0, 1, None]),
    phase=st.sampled_from(
        [
            "build",
            "save",
            "inspect",
            "rebuild",
            "load",
            "structure",
            "weights",
            "signature",
            "outputs",
            "config",
            "optimizer",
            "train-step",
            "done",
            "done",
            "done",
        ]
    ),
    unsupported=st.sampled_from([None, None, None, {"reason": "need-unmet", "why": ""}]),
    fixture_fault=st.sampled_from([None, None, None, "x"]),
    error=st.none()
    | st.builds(
        dict,
        type=st.sampled_from(["ValueError", "MemoryError"]),
        message=st.just("m"),
        missing_object=optional,
        errno=st.none() | st.integers(1, 130),
    ),
    checks=st.dictionaries(
        st.sampled_from([str(check) for check in Check]),
        st.builds(
            dict,
            result=st.sampled_from([str(word) for word in CheckResult]),
            difference=st.none() | st.floats(),
            detail=st.just({"far": float("inf")}),
        ),
    ),
    warnings=st.sampled_from([[], [{"category": "c", "message": "m", "partial": True}]]),
    findings=st.sampled_from([[], [], ["save-wrote-nothing"]]),
)


@given(facts=results, cell=st.sampled_from([SAVE, LOAD]))
def test_total_and_never_green_by_mistake(facts: dict[str, Any], cell: Cell) -> None:
    found = AgentResult.model_validate(facts)
    status, reason, _ = classify(cell, found)
    assert (reason is None) == (status is Status.PASSED)
    words = {check: found.checks[check].result if check in found.checks else None for check in Check}
    if status is Status.PASSED and cell is LOAD:
        assert CheckResult.FAILED not in words.values()
        assert None not in words.values()
        assert words[Check.LOADED] is CheckResult.PASSED
        assert CheckResult.PASSED in (words[Check.OUTPUTS], words[Check.WEIGHTS])
    if status in (Status.PASSED, Status.DEGRADED):
        assert found.error is None or found.phase in ("optimizer", "train-step")
        assert found.ended == "exit"
        assert CheckResult.FAILED not in (words[Check.OUTPUTS], words[Check.WEIGHTS]) or cell is SAVE
    if found.phase in BEFORE and found.unsupported is None:
        assert status is Status.ERRORED


@given(facts=results)
def test_an_outcome_comes_back_from_its_line(facts: dict[str, Any]) -> None:
    outcome = outcome_of(LOAD, AgentResult.model_validate(facts), isolation="fork", key="0" * 32)
    back = decode(encode(outcome))
    assert isinstance(back, Outcome)
    assert encode(back) == encode(outcome)
    assert back.status is outcome.status


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema":2}',
        "[" * 100_000,
        '{"schema":1,"id":"other","ended":"exit","phase":"done"}',
        f'{{"schema":1,"id":"{LOAD.id}","ended":"happily","phase":"done"}}',
        f'{{"schema":1,"id":"{LOAD.id}","ended":"exit","phase":"done","status":"passed"}}',
        f'{{"schema":1,"id":"{LOAD.id}","ended":"exit","phase":"done","checks":{{"loaded":"passed"}}}}',
        f'{{"schema":1,"id":"{LOAD.id}","ended":"exit","phase":"done","duration_s":-1}}',
    ],
)
def test_what_is_not_of_the_contract_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadResult, match="result"):
        parse_result(text, cell_id=LOAD.id)


def test_binary_noise_in_texts_can_be_stored() -> None:
    text = (
        f'{{"schema":1,"id":"{LOAD.id}","ended":"exit","phase":"load","error":{{"type":"E","message":"\\ud800\\u0000"}},"log":"\\udfff"}}'
    )
    outcome = outcome_of(LOAD, parse_result(text, cell_id=LOAD.id), isolation="fork")
    assert decode(encode(outcome)) == outcome

"""From the facts of a cell to its status and reason. Pure, and total: every result that is of the contract gets exactly one.

Two rules stand above all others. Nothing is `passed` unless it loaded and its weights or outputs were compared and are right.
Nothing is `failed` unless TensorFlow was really asked to save or load: what goes wrong before that is `errored`.
"""

from __future__ import annotations

import errno
import math
import signal
from typing import Any

from runner.classify_faults import under_fault
from runner.model import Cell, Check, CheckResult, ErrorInfo, Isolation, Outcome, Reason, Stage, Status
from runner.protocol import AgentError, AgentResult, speakable
from runner.verdict import Class

BEFORE = frozenset({"fixture", "build", "train", "expect", "rebuild"})
"""The phases in which no save or load has been tried yet."""

ENDINGS = {
    "timeout": Reason.TIMED_OUT,
    "memory": Reason.OUT_OF_MEMORY,
    "disk": Reason.DISK_FULL,
    "signal": Reason.CRASHED,
    "lost": Reason.CRASHED,
}

MACHINE_ERRNO = {
    errno.ENOSPC: Reason.DISK_FULL,
    errno.EDQUOT: Reason.DISK_FULL,
    errno.EACCES: Reason.PERMISSION_DENIED,
    errno.EPERM: Reason.PERMISSION_DENIED,
    errno.EROFS: Reason.PERMISSION_DENIED,
}
"""Errors of the machine. The cell's own disk limit is another one: EFBIG."""

RAISED = {
    "save": Reason.SAVE_RAISED,
    "load": Reason.LOAD_RAISED,
    "structure": Reason.STRUCTURE_DIFFERS,
    "signature": Reason.SIGNATURE_DIFFERS,
    "weights": Reason.WEIGHTS_DIFFER,
    "outputs": Reason.PREDICT_RAISED,
    "config": Reason.CONFIG_DIFFERS,
    "optimizer": Reason.OPTIMIZER_DIFFERS,
    "train-step": Reason.TRAIN_STEP_RAISED,
}

DIFFERS = {
    Check.STRUCTURE: Reason.STRUCTURE_DIFFERS,
    Check.SIGNATURE: Reason.SIGNATURE_DIFFERS,
    Check.WEIGHTS: Reason.WEIGHTS_DIFFER,
    Check.OUTPUTS: Reason.OUTPUTS_DIFFER,
    Check.CONFIG: Reason.CONFIG_DIFFERS,
    Check.COMPILE: Reason.COMPILE_LOST,
    Check.OPTIMIZER: Reason.OPTIMIZER_DIFFERS,
    Check.TRAIN_STEP: Reason.TRAIN_STEP_DIFFERS,
}

MAIN = (Check.WEIGHTS, Check.OUTPUTS)


def classify(cell: Cell, result: AgentResult) -> Class:
    """Return status and reason of a save or load."""
    return _judged(cell, result)[0]


def _judged(cell: Cell, result: AgentResult) -> tuple[Class, dict[str, Any]]:
    """Return the verdict, and what is noted of the fault that the fixture is about."""
    return under_fault(cell, result, _not_tried(result) or _ending(result) or _raised(result) or _finished(cell, result))


def _not_tried(result: AgentResult) -> Class | None:
    if result.unsupported is not None:
        return Class(Status.UNSUPPORTED, result.unsupported.reason, result.unsupported.why)
    if result.fixture_fault is not None and result.ended == "exit":
        machine = MACHINE_ERRNO.get(result.error.errno or 0) if result.error else None
        return Class(Status.ERRORED, machine or Reason.FIXTURE_INVALID, result.fixture_fault)
    return None


def _ending(result: AgentResult) -> Class | None:
    if result.ended == "exit":
        if result.exit_code == 0:
            return None
        return Class(
            Status.ERRORED, Reason.BAD_RESULT, f"the process ended with exit code {result.exit_code} and is said to have ended well"
        )
    if result.ended == "signal" and result.signal == signal.SIGKILL:
        # Neither the agent nor TensorFlow sends this: the system was out of memory, or somebody's hand was at work.
        return Class(Status.ERRORED, Reason.OUT_OF_MEMORY, "something outside killed the process, usually a machine out of memory")
    status = Status.ERRORED if result.phase in BEFORE else Status.FAILED
    return Class(status, ENDINGS[result.ended], f"in the phase {result.phase}")


def _raised(result: AgentResult) -> Class | None:
    if result.error is None:
        return None
    machine = _machine(result.error)
    if machine is not None:
        return machine
    if result.error.errno == errno.EFBIG:
        return Class(Status.ERRORED if result.phase in BEFORE else Status.FAILED, Reason.DISK_FULL, "a file reached the disk limit")
    if _is_memory(result.error):
        return Class(Status.ERRORED if result.phase in BEFORE else Status.FAILED, Reason.OUT_OF_MEMORY)
    if result.phase in BEFORE:
        # What the fixture raises is told as its fault; this was raised by the agent around it.
        return Class(Status.ERRORED, Reason.BAD_RESULT, f"the agent's own phase {result.phase} raised {result.error.type}")
    if result.error.missing_object is not None and result.phase == "load":
        return Class(Status.FAILED, Reason.CUSTOM_OBJECT_MISSING)
    raised = RAISED.get(result.phase)
    if raised is None:
        return Class(Status.ERRORED, Reason.BAD_RESULT, f"the agent's own phase {result.phase} raised {result.error.type}")
    # A signature of other types cannot be called: that is what is wrong with it.
    first = _first_failed(result, (*MAIN, Check.SIGNATURE))
    if first is not None:
        return Class(Status.FAILED, first)
    if result.phase in ("config", "optimizer", "train-step") and _right(result):
        return Class(Status.DEGRADED, _first_failed(result, tuple(Check)) or raised)
    return Class(Status.FAILED, raised)


def _machine(error: AgentError) -> Class | None:
    reason = MACHINE_ERRNO.get(error.errno or 0)
    return Class(Status.ERRORED, reason, f"{error.type}: {error.message[:300]}") if reason else None


def _is_memory(error: AgentError) -> bool:
    return error.type == "MemoryError" or error.errno == errno.ENOMEM


def _finished(cell: Cell, result: AgentResult) -> Class:
    if result.phase != "done":
        return Class(Status.ERRORED, Reason.BAD_RESULT, f"nothing was raised, and the phase {result.phase} was the last")
    if result.findings:
        return Class(Status.FAILED, result.findings[0])
    if cell.stage is Stage.SAVE:
        if not result.files:
            return Class(Status.FAILED, Reason.SAVE_WROTE_NOTHING)
        return Class(Status.PASSED)
    return _climbed(result)


def _climbed(result: AgentResult) -> Class:
    if _result(result, Check.LOADED) is not CheckResult.PASSED:
        return Class(Status.ERRORED, Reason.BAD_RESULT, "the load ended well and does not say that it loaded")
    wrong = _first_failed(result, MAIN)
    if wrong is not None:
        return Class(Status.FAILED, wrong)
    less = _first_failed(result, tuple(Check))
    if less is not None and not _right(result):
        # Nothing says that what was loaded computes the right thing, and one check says that something is wrong.
        return Class(Status.FAILED, less)
    missing = [check for check in Check if _result(result, check) in (None, CheckResult.NOT_REACHED)]
    if missing:
        return Class(Status.ERRORED, Reason.BAD_RESULT, f"the load ended well and the result lacks the checks {', '.join(missing)}")
    if less is not None:
        return Class(Status.DEGRADED, less)
    if not _right(result):
        return Class(Status.ERRORED, Reason.BAD_RESULT, "neither weights nor outputs were compared")
    if any(warning.partial for warning in result.warnings):
        return Class(Status.DEGRADED, Reason.PARTIAL_RESTORE)
    return Class(Status.PASSED)


def _result(result: AgentResult, check: Check) -> CheckResult | None:
    facts = result.checks.get(check)
    return facts.result if facts else None


def _first_failed(result: AgentResult, checks: tuple[Check, ...]) -> Reason | None:
    for check in checks:
        if _result(result, check) is CheckResult.FAILED and check is not Check.LOADED:
            return result.checks[check].reason or DIFFERS[check]
    return None


def _right(result: AgentResult) -> bool:
    """Whether outputs are right, or weights are where there are no outputs to compare."""
    if _result(result, Check.OUTPUTS) is CheckResult.PASSED:
        return _result(result, Check.WEIGHTS) is not CheckResult.FAILED
    return _result(result, Check.OUTPUTS) is CheckResult.NOT_APPLICABLE and _result(result, Check.WEIGHTS) is CheckResult.PASSED


def outcome_of(cell: Cell, result: AgentResult, *, isolation: Isolation, key: str = "") -> Outcome:
    """Return the outcome of one attempt at a save or load."""
    found, fault = _judged(cell, result)
    error = result.error
    notes: dict[str, Any] = dict(result.notes)
    details = {str(check): facts.detail for check, facts in result.checks.items() if facts.detail}
    extra: dict[str, Any] = {
        "why": found.why,
        "checks": details,
        "files": [file.model_dump() for file in result.files],
        "findings": [str(finding) for finding in result.findings],
        "missing_object": error.missing_object if error else None,
        "errno": error.errno if error else None,
        "signal": result.signal,
        # Of interest only where it ended without a result.
        "exit_code": result.exit_code if found.reason is Reason.CRASHED and result.signal is None else None,
        "fault": fault,
    }
    notes |= {name: value for name, value in extra.items() if value not in ("", None, {}, [])}
    differences = {str(check): facts.difference for check, facts in result.checks.items() if facts.difference is not None}
    endless = {name: str(value) for name, value in differences.items() if not math.isfinite(value)}
    if endless:
        notes["differences"] = endless
    return blank(cell, found.status, found.reason).model_copy(
        update={
            "checks": {check: facts.result for check, facts in result.checks.items()},
            "differences": {name: value for name, value in differences.items() if math.isfinite(value)},
            "error": ErrorInfo(type=error.type, message=error.message, traceback=error.traceback, phase=error.phase) if error else None,
            "warnings": result.warnings,
            "phase": result.phase,
            "duration_s": result.duration_s,
            "memory_peak_mb": result.memory_peak_mb,
            "attempts": 1,
            "isolation": isolation,
            "key": key,
            "notes": speakable(notes),
            "log": result.log,
        }
    )


def blank(cell: Cell, status: Status, reason: Reason | None, **more: Any) -> Outcome:
    """Return an outcome of a cell with the cell's own fields filled in, and `more` as given."""
    return Outcome(
        id=cell.id,
        stage=cell.stage,
        environment=cell.environment,
        producer=cell.environment if cell.stage is Stage.SAVE else cell.producer,
        consumer=cell.environment if cell.stage is Stage.LOAD else None,
        fixture=cell.fixture,
        format=cell.format,
        loader=cell.loader,
        fault=cell.fault,
        canary=cell.canary,
        status=status,
        reason=reason,
        **more,
    )

"""The verdicts on cells whose fixture is about a fault: was anybody told? Pure, as `classify` is.

A save that a fault hits is right to raise or to die, and a load of a damaged file is right to refuse it. Wrong is a save that
says nothing and leaves less than all, and a load that says nothing and gives wrong values.
"""

from __future__ import annotations

import signal
from typing import Any

from runner.faults import STRIKING
from runner.model import Cell, Check, CheckResult, Reason, Stage, Status
from runner.protocol import AgentResult
from runner.verdict import Class

REFUSING = frozenset({"load", "structure", "weights", "outputs"})
"""Up to its first outputs a model that raises has told its user."""

WRONG = frozenset({Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER, Reason.STRUCTURE_DIFFERS, Reason.SIGNATURE_DIFFERS})

DEATHS = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGXFSZ})
"""How a process dies of want of memory or disk. SIGKILL is not among them: that was somebody else."""


def under_fault(cell: Cell, result: AgentResult, plain: Class) -> tuple[Class, dict[str, Any]]:
    """Return the verdict on a cell whose fixture is about a fault, and what is noted of it; `plain` is the verdict without.

    It stays as it is, and nothing is noted, where the fault was not in place: what went wrong before was not its doing.
    """
    fault = result.fault
    if fault is None or fault.kind != cell.fault or not fault.armed or result.unsupported or result.fixture_fault is not None:
        return plain, {}
    found, word, detail = _saved(fault.kind, result, plain) if cell.stage is Stage.SAVE else _loaded(result, plain)
    notes = fault.model_dump(exclude_none=True, exclude={"armed", "optimizer"})
    if word:
        notes[str(cell.stage)] = f"{word}: {detail}" if detail else word
    return found, notes


def _saved(kind: str, result: AgentResult, plain: Class) -> tuple[Class, str, str]:
    if kind not in STRIKING:
        return plain, "damaged" if plain.status is Status.PASSED else "", result.fault.what if result.fault else ""
    if result.ended != "exit":
        deadly = {signal.SIGXFSZ} if kind == "killed_while_saving" else DEATHS - {signal.SIGXFSZ}
        if result.phase == "save" and result.signal in deadly:
            return Class(Status.PASSED), "died", f"of {signal.Signals(result.signal or 0).name}"
        return plain, _ended(result, plain, "died"), plain.why
    if result.error is not None:
        if result.phase == "save":
            return Class(Status.PASSED), "raised", _said(result)
        return plain, "", ""
    if plain.status is Status.FAILED:
        return plain, "silent", str(result.notes.get("incomplete", ""))[:300]
    return plain, "whole" if plain.status is Status.PASSED else "", "the fault did not bite"


def _loaded(result: AgentResult, plain: Class) -> tuple[Class, str, str]:
    if result.ended != "exit":
        return plain, _ended(result, plain, "crashed"), plain.why
    if plain.status is Status.ERRORED:
        return plain, "", ""
    wrong = [check for check in (Check.WEIGHTS, Check.OUTPUTS) if _failed(result, check)]
    if result.error is not None and result.phase in REFUSING:
        return Class(Status.PASSED), "refused", _said(result)
    if wrong or (plain.reason in WRONG and plain.status is Status.FAILED):
        seen = str(wrong[0]) if wrong else str(plain.reason)
        warned = "; there was a warning" if any(warning.partial for warning in result.warnings) else ""
        raised = f"nothing raised before the phase {result.phase}" if result.error else "nothing raised"
        return Class(Status.FAILED, Reason.DAMAGE_UNNOTICED, f"{seen} wrong, {raised}{warned}"), "silent", seen + warned
    if plain.status is Status.DEGRADED:
        return plain, "partly", str(plain.reason)
    return plain, "unharmed" if plain.status is Status.PASSED else "", ""


def _ended(result: AgentResult, plain: Class, word: str) -> str:
    """Return the word for a process that did not end well by itself; "" where it was not its doing."""
    if plain.status is not Status.FAILED or result.ended == "disk":
        return ""
    return "hung" if result.ended == "timeout" else word


def _failed(result: AgentResult, check: Check) -> bool:
    facts = result.checks.get(check)
    return facts is not None and facts.result is CheckResult.FAILED


def _said(result: AgentResult) -> str:
    error = result.error
    return " ".join(f"{error.type}: {error.message}".split())[:300] if error else ""

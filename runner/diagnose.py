"""From an outcome to the cause of it: a table of rules, applied in order; the first that fits wins.

Pure. The rules are data (`runner/rules/`), so that adding one is adding a row. What no rule fits is "not diagnosed yet", never a
guess. Remedies say what usually helps; nobody has tried them on this cell.
"""

from __future__ import annotations

from runner.model import Diagnosis, Outcome, Reason, Status
from runner.rules import RULES, UNTRIED, Rule

UNKNOWN = Diagnosis(cause="not diagnosed yet", remedy="", **{"class": "unknown"})

_NOTHING_TO_EXPLAIN = frozenset({Status.PASSED, Status.UNSUPPORTED, Status.BLOCKED, Status.NOT_RUN})
_LONGEST = 10_000


def diagnose(outcome: Outcome) -> Diagnosis | None:
    """Return the cause of a degraded, failed or errored outcome; None for one that needs no explanation."""
    if outcome.status in _NOTHING_TO_EXPLAIN:
        return None
    text = _message(outcome)
    for rule in RULES:
        if _fits(rule, outcome, text):
            return Diagnosis(cause=rule.cause, remedy=f"{UNTRIED}: {rule.remedy}" if rule.remedy else "", **{"class": rule.class_})
    return UNKNOWN


def _message(outcome: Outcome) -> str:
    """Return what a rule's pattern is held against: `Type: message` on one line, the middle left out where it is very long."""
    if outcome.error is None:
        return ""
    return f"{outcome.error.type}: {_ends(outcome.error.message)}"


def _ends(text: str) -> str:
    """Return the beginning and the end of a text: Keras puts what it refused behind the whole configuration."""
    kept = text if len(text) <= 2 * _LONGEST else f"{text[:_LONGEST]} … {text[-_LONGEST:]}"
    return " ".join(kept.split())


def _fits(rule: Rule, outcome: Outcome, text: str) -> bool:
    if rule.reasons and outcome.reason not in rule.reasons:
        return False
    if rule.stages and outcome.stage not in rule.stages:
        return False
    if rule.formats and outcome.format not in rule.formats:
        return False
    if rule.loaders and outcome.loader not in rule.loaders:
        return False
    if rule.phases and (outcome.error is None or outcome.error.phase not in rule.phases):
        return False
    if rule.missing_object and outcome.reason is not Reason.CUSTOM_OBJECT_MISSING and not outcome.notes.get("missing_object"):
        return False
    if rule.evidence is not None and not any(rule.evidence.search(_ends(w.message)) for w in outcome.warnings):
        return False
    return rule.pattern is None or rule.pattern.search(text) is not None

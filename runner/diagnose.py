"""From an outcome to the cause of it: a table of rules, applied in order; the first that fits wins.

Pure. The rules are data (`runner/rules/`), so that adding one is adding a row. What no rule fits is "not diagnosed yet", never a
guess. Versions only ever explain: no verdict comes from them, and a rule that asks for a version that is not known does not fit.
Remedies say what usually helps; nobody has tried them on this cell.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from runner.model import CheckResult, Diagnosis, Outcome, Reason, Status
from runner.rules import RULES, UNTRIED, Rule
from runner.rules.facts import Environments, Facts, fulfils, minors
from runner.standing import AFTER_VALUES

UNKNOWN = Diagnosis(cause="not diagnosed yet", remedy="", **{"class": "unknown"})

_NOTHING_TO_EXPLAIN = frozenset({Status.PASSED, Status.UNSUPPORTED, Status.BLOCKED, Status.NOT_RUN})
_LONGEST = 10_000
_DETAIL = 160
_NONE_KNOWN: Environments = MappingProxyType({})


def diagnose(outcome: Outcome, environments: Environments = _NONE_KNOWN) -> Diagnosis | None:
    """Return the cause of a degraded, failed or errored outcome; None for one that needs no explanation.

    `environments` are the versions of the environments by id, as `facts_by_environment` gives them.
    """
    if outcome.status in _NOTHING_TO_EXPLAIN:
        return None
    rule, about = rule_of(outcome, environments)
    if rule is None:
        return UNKNOWN
    return Diagnosis(
        cause=rule.cause,
        remedy=f"{UNTRIED}: {rule.remedy}" if rule.remedy else "",
        detail=_shortened(about),
        link=rule.link,
        **{"class": rule.class_},
    )


def rule_of(outcome: Outcome, environments: Environments = _NONE_KNOWN) -> tuple[Rule | None, list[str]]:
    """Return the first rule that fits, and what it is about in this cell."""
    case = _Case(outcome, environments)
    for rule in RULES:
        about = case.fits(rule)
        if about is not None:
            return rule, about
    return None, []


class _Case:
    """An outcome with its texts as rules search them, made once."""

    def __init__(self, outcome: Outcome, environments: Environments) -> None:
        self.outcome = outcome
        self.producer: Facts = environments.get(outcome.producer or outcome.environment, {})
        self.consumer: Facts = environments.get(outcome.consumer or "", {})
        error = None if _came_later(outcome) else outcome.error
        self.message = [f"{error.type}: {_ends(error.message)}"] if error else [""]
        self.trace = [_ends(error.traceback)] if error else []
        self.warnings = [_ends(warning.message) for warning in outcome.warnings]
        self.log = [_ends(outcome.log)]
        noted = outcome.notes.get("checks")
        self.details: Mapping[str, object] = noted if isinstance(noted, Mapping) else {}

    def fits(self, rule: Rule) -> list[str] | None:
        """Return what a rule that fits says this case is about; None where it does not fit."""
        if not (self._circumstances(rule) and self._versions(rule)):
            return None
        about: list[str] = []
        if rule.missing_object:
            missing = self.outcome.notes.get("missing_object")
            if self.outcome.reason is not Reason.CUSTOM_OBJECT_MISSING and not missing:
                return None
            about += [missing] if isinstance(missing, str) else []
        searched = [(rule.pattern, self.message), (rule.evidence, self.warnings), (rule.trace, self.trace), (rule.log, self.log)]
        searched += [(wanted, _as_text(self.details, check)) for check, wanted in rule.details.items()]
        searched += [(wanted, _as_text(self.outcome.notes, name)) for name, wanted in rule.notes.items()]
        for wanted, texts in searched:
            if wanted is None:
                continue
            match = _first(wanted, texts)
            if match is None:
                return None
            about += [group for group in match.groups() if group]
        return about

    def _circumstances(self, rule: Rule) -> bool:
        outcome = self.outcome
        phase = outcome.error.phase if outcome.error else None
        for wanted, found in (
            (rule.reasons, outcome.reason),
            (rule.stages, outcome.stage),
            (rule.formats, outcome.format),
            (rule.loaders, outcome.loader),
            (rule.phases, phase),
        ):
            if wanted and found not in wanted:
                return False
        checks = [(check, CheckResult.FAILED) for check in rule.failed] + [(check, CheckResult.PASSED) for check in rule.passed]
        near = all(outcome.differences.get(check, math.inf) < limit for check, limit in rule.nearer.items())
        return near and all(outcome.checks.get(check) is result for check, result in checks)

    def _versions(self, rule: Rule) -> bool:
        return (
            all(fulfils(self.producer, wanted) for wanted in rule.producer)
            and all(fulfils(self.consumer, wanted) for wanted in rule.consumer)
            and all(_step(minors(self.producer, name), minors(self.consumer, name)) in _STEPS[wanted] for name, wanted in rule.step)
        )


def _came_later(outcome: Outcome) -> bool:
    """Say whether values, or the signature, were found wrong before this was raised: then it is not what is to be explained."""
    phase = outcome.error.phase if outcome.error else None
    return (outcome.reason in _OF_VALUES and phase in AFTER_VALUES) or (outcome.reason is Reason.SIGNATURE_DIFFERS and phase == "outputs")


_OF_VALUES = (Reason.STRUCTURE_DIFFERS, Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER)
_STEPS = {"newer": ("newer",), "older": ("older",), "same": ("same",), "other": ("newer", "older")}


def _step(producer: tuple[int, int] | None, consumer: tuple[int, int] | None) -> str:
    """Return how the consumer's version stands to the producer's; "" where one is unknown."""
    if producer is None or consumer is None:
        return ""
    return "same" if consumer == producer else "newer" if consumer > producer else "older"


def _as_text(noted: Mapping[str, object], name: str) -> list[str]:
    if name not in noted:
        return []
    value = noted[name]
    return [_ends(value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True))]


def _first(wanted: re.Pattern[str], texts: Iterable[str]) -> re.Match[str] | None:
    return next((match for text in texts if (match := wanted.search(text))), None)


def _ends(text: str) -> str:
    """Return the beginning and the end of a text on one line: Keras puts what it refused behind the whole configuration."""
    kept = text if len(text) <= 2 * _LONGEST else f"{text[:_LONGEST]} … {text[-_LONGEST:]}"
    return " ".join(kept.split())


def _shortened(about: list[str]) -> str:
    text = ", ".join(dict.fromkeys(_bare(" ".join(item.split()).replace('"', "")) for item in about))
    return text if len(text) <= _DETAIL else f"{text[: _DETAIL - 1]}…"


def _bare(text: str) -> str:
    """Return a text without quotes and punctuation around it; quotes within it keep their pairs."""
    text = text.strip("` ,:")
    unquoted = text.strip("'")
    return text if "'" in unquoted else unquoted

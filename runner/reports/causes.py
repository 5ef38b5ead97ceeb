"""Failures grouped by their cause: how many cells, which ones for example, and whether anybody was told.

A silent failure is one in which nothing raised and the result is wrong all the same. It is the worst verdict there is,
so it is kept apart from those that at least raised.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from runner.diagnose import UNKNOWN, diagnose
from runner.model import REASONS, CheckResult, Diagnosis, Outcome, Stage, Status
from runner.reports.clean import one_line
from runner.rules.facts import Environments
from runner.standing import is_silent

_EXAMPLES = 3
_DETAILS = 5
_VARYING = re.compile(
    r"0x[0-9a-fA-F]+|(?:/[\w.@+-]+){2,}/?"
    # What stands in quotes or brackets is a name, a shape or a configuration.
    r"|'[^']{0,200}'|\"[^\"]{0,200}\"|`[^`]{0,200}`|\{[^{}]{0,2000}\}|\([^()]{0,200}\)|\[[^][]{0,200}\]|<[^<>]{0,200}>"
    r"|\w*\d[\w.]*"
)
EXPLAINED = frozenset({Status.DEGRADED, Status.FAILED, Status.ERRORED})
"""What has a cause."""

_NO_FACTS: Environments = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Group:
    """Cells that have the same cause. `examples` are cell ids; `error` is one of the messages, on one line.

    `silent` of them failed without a word. `details` are what the cause is about in these cells, the most frequent first.
    """

    cause: str
    class_: str
    remedy: str
    link: str = ""
    details: tuple[tuple[str, int], ...] = ()
    count: int
    silent: int = 0
    reasons: tuple[tuple[str, int], ...]
    stages: tuple[tuple[Stage, int], ...]
    formats: tuple[tuple[str, int], ...]
    examples: tuple[str, ...]
    error: str
    confirmed: int
    """How many of them were repeated in a fresh process; each distinct failure is repeated once."""


def diagnosis_of(outcome: Outcome, environments: Environments = _NO_FACTS) -> Diagnosis:
    """Return the recorded diagnosis, or, when that one knew nothing, what the rules of today say."""
    if outcome.diagnosis is not None and outcome.diagnosis.class_ != UNKNOWN.class_:
        return outcome.diagnosis
    return diagnose(outcome, environments) or outcome.diagnosis or UNKNOWN


def is_unknown(diagnosis: Diagnosis) -> bool:
    """Return whether no rule fits."""
    return diagnosis.class_ == UNKNOWN.class_


def normalised(message: str) -> str:
    """Return a message without what differs from cell to cell: paths, addresses, names, shapes, numbers."""
    return " ".join(_VARYING.sub("#", one_line(message, limit=300)).split())


def error_line(outcome: Outcome, *, limit: int = 300) -> str:
    """Return `Type: message` on one line; where nothing was raised, why it is what it is, or else what the reason means."""
    if outcome.error is None:
        why = outcome.notes.get("why")
        return one_line(why if isinstance(why, str) and why else _symptoms(outcome), limit=limit)
    return one_line(f"{outcome.error.type}: {outcome.error.point}", limit=limit)


def _symptoms(outcome: Outcome) -> str:
    """Return what is wrong where nothing was raised: the reason, the checks that failed and what they noted."""
    said = [REASONS[outcome.reason].text] if outcome.reason else []
    noted = outcome.notes.get("checks")
    for check, result in outcome.checks.items():
        if result is CheckResult.FAILED:
            detail = noted.get(check) if isinstance(noted, Mapping) else None
            said.append(f"{check}: {json.dumps(detail, default=str, sort_keys=True)}" if detail else str(check))
    return "; ".join(said)


def group_by_cause(outcomes: Iterable[Outcome], found: Mapping[str, Diagnosis], *, past: bool = False) -> tuple[Group, ...]:
    """Group outcomes by cause; what has no known cause is told apart by reason and message.

    The group with the most silent failures comes first, then the largest. `found` are their diagnoses by cell id. `past` says that
    they are over: what is right now is silent no more.
    """
    groups: dict[tuple[str, ...], list[Outcome]] = {}
    diagnoses: dict[tuple[str, ...], Diagnosis] = {}
    for outcome in sorted(outcomes, key=lambda o: o.id):
        diagnosis = found[outcome.id]
        key: tuple[str, ...] = (diagnosis.cause, diagnosis.class_, diagnosis.remedy, diagnosis.link)
        if is_unknown(diagnosis):
            key = (*key, outcome.reason or "", normalised(error_line(outcome)))
        groups.setdefault(key, []).append(outcome)
        diagnoses.setdefault(key, diagnosis)
    silent = {key: 0 if past else sum(map(is_silent, members)) for key, members in groups.items()}
    ranked = sorted(groups, key=lambda key: (-silent[key], -len(groups[key]), key))
    return tuple(_group(diagnoses[key], groups[key], found, silent[key]) for key in ranked)


def _group(diagnosis: Diagnosis, outcomes: list[Outcome], found: Mapping[str, Diagnosis], silent: int) -> Group:
    errors = [error_line(o) for o in outcomes if o.error is not None] or [error_line(o) for o in outcomes]
    stages = Counter(o.stage for o in outcomes)
    return Group(
        cause=diagnosis.cause,
        class_=diagnosis.class_,
        remedy=diagnosis.remedy,
        link=diagnosis.link,
        details=_ranked(Counter(found[o.id].detail for o in outcomes if found[o.id].detail))[:_DETAILS],
        count=len(outcomes),
        silent=silent,
        reasons=_ranked(Counter(str(o.reason or "no reason given") for o in outcomes)),
        stages=tuple((stage, stages[stage]) for stage in Stage if stages[stage]),
        formats=_ranked(Counter(o.format for o in outcomes if o.format)),
        examples=tuple(o.id for o in outcomes[:_EXAMPLES]),
        error=errors[0],
        confirmed=sum(o.confirmed is True for o in outcomes),
    )


def _ranked(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

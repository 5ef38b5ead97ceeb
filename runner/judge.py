"""From a run to an exit code: is the result whole, can it be believed, and is anything in it unexpected?

Pure. A failed cell is a finding, not an error: where nothing is expected, a run full of findings ends with 0. What makes a
result incomplete is a cell that could say nothing about TensorFlow because of us or of the machine. Where a baseline or known
failures are given, only news counts: what fails and was not known to, and what passes and was known not to.

Of several codes the first of these counts: interrupted, not to be believed (the canary), unexpected, incomplete. News is a fact
also in a run that is not whole, and a machine that never gets whole must not hide it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from runner.banner import banner_of
from runner.compare import WORSE, Change, change_of
from runner.expectations import Accepted, Baseline, Expectations, KnownFailure
from runner.model import Outcome, Run, Status
from runner.standing import STATEMENTS, Standing, root_of, standing_of

NOTHING_UNEXPECTED = 0
UNEXPECTED = 1
INCOMPLETE = 4
INTERRUPTED = 130

_NO_STATEMENT = frozenset({Status.ERRORED, Status.NOT_RUN})
_NOTHING = Expectations()


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a run amounts to: the exit code, why, and how many cells say nothing about TensorFlow.

    `expects` says whether it was held against anything. `unexpected` are cells that are news, the passes among them also in
    `passes`, `known` those that are bad and were known to be; each with words. `problems` are those of the rules themselves.
    A `banner` says that the run cannot be believed.
    """

    exit_code: int
    text: str
    errored: int = 0
    blocked_by_errored: int = 0
    not_run: int = 0
    expects: bool = False
    unexpected: Mapping[str, str] = field(default_factory=dict)
    passes: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    banner: tuple[str, ...] = ()


def judge(run: Run, expectations: Expectations = _NOTHING) -> Judgement:
    """Return what a run amounts to, held against a baseline and known failures where they are given."""
    errored = sum(o.status is Status.ERRORED for o in run.outcomes.values())
    unreached = max(0, run.header.planned - len(run.outcomes))
    not_run = unreached + sum(o.status is Status.NOT_RUN for o in run.outcomes.values())
    blocked = 0
    for outcome in run.outcomes.values():
        if outcome.status is Status.BLOCKED:
            root = root_of(outcome, run.outcomes)
            blocked += root is None or root.status in _NO_STATEMENT
    rules = tuple(rule for rule in expectations.rules if not _expired(rule, run))
    news = _News(run, expectations.baseline, rules, bool(expectations.rules))
    problems = (*expectations.problems, *(_told(rule) for rule in expectations.rules if _expired(rule, run)))
    banner = banner_of(run)
    whole = (errored, "errored"), (blocked, "blocked by them"), (not_run, "not run")
    lacking = ", ".join(f"{count} {what}" for count, what in whole if count)
    surprises = ", ".join(_surprises(news, problems))
    if not run.complete:
        how = "was interrupted" if run.footer is not None else "has no end: it was interrupted, or it is still running"
        code, text = INTERRUPTED, f"the run {how}; {_cells(not_run)} not run"
    elif banner:
        code, text = INCOMPLETE, "the result cannot be believed: the canary says that something is wrong with the runner or an environment"
    elif surprises:
        code, text = UNEXPECTED, f"unexpected: {surprises}" + (f"; besides, the result is incomplete: {lacking}" if lacking else "")
    elif lacking:
        code, text = INCOMPLETE, f"the result is incomplete: {lacking}"
    else:
        code, text = NOTHING_UNEXPECTED, "the result is complete" + (", and nothing is unexpected" if expectations else "")
    return Judgement(
        exit_code=code,
        text=text,
        errored=errored,
        blocked_by_errored=blocked,
        not_run=not_run,
        expects=bool(expectations),
        unexpected=news.unexpected,
        passes=news.passes,
        known=news.known,
        problems=problems,
        banner=banner,
    )


class _News:
    """The cells of a run, sorted into unexpected ones and known ones. What is blocked is judged by the cell that blocks it."""

    def __init__(self, run: Run, baseline: Baseline | None, rules: tuple[KnownFailure, ...], listed: bool) -> None:
        self.unexpected: dict[str, str] = {}
        self.passes: dict[str, str] = {}
        self.known: dict[str, str] = {}
        self._baseline, self._listed = baseline, listed
        for id_ in sorted(run.outcomes):
            outcome = run.outcomes[id_]
            if outcome.status in STATEMENTS and not outcome.canary:
                standing = standing_of(outcome, run.outcomes)
                self._judge(outcome, standing, [rule for rule in rules if rule.fits(id_)])

    def _judge(self, outcome: Outcome, standing: Standing, rules: list[KnownFailure]) -> None:
        accepted = self._baseline.cells.get(outcome.id) if self._baseline else None
        change = change_of(_standing(accepted), standing) if accepted else None
        if standing.status in (Status.FAILED, Status.DEGRADED):
            covering = next((rule for rule in rules if rule.reason is standing.reason), None)
            if covering is not None:
                self.known[outcome.id] = _words(covering)
            elif why := self._surprise(accepted, change, rules):
                self.unexpected[outcome.id] = why
            elif accepted:
                self.known[outcome.id] = "the baseline has it so" if accepted.reason is standing.reason else "the baseline has it otherwise"
        elif change is Change.FEATURE_GONE and accepted and accepted.status in (Status.PASSED, Status.DEGRADED):
            self.unexpected[outcome.id] = f"the baseline has it {accepted.status}, and the feature is gone"
        elif standing.status is Status.PASSED and (rules or change is Change.FIXED):
            was = accepted.status if accepted else "unknown"
            why = f"passes, and should not: {_words(rules[0])}" if rules else f"passes, and the baseline has it {was}"
            self.unexpected[outcome.id] = self.passes[outcome.id] = why

    def _surprise(self, accepted: Accepted | None, change: Change | None, rules: list[KnownFailure]) -> str:
        """Return why a bad cell that no rule covers is news, "" when it is none."""
        if change in (*WORSE, Change.FEATURE_CAME) and accepted:
            return f"the baseline has it {accepted.status}" + (f" ({accepted.reason})" if accepted.reason else "")
        if accepted:
            return ""
        if rules:
            return f"known to fail otherwise: {rules[0]} says {rules[0].reason}"
        if self._baseline is not None:
            return "the baseline does not have it"
        return "no known failure covers it" if self._listed else ""


def _standing(accepted: Accepted) -> Standing:
    return Standing(status=accepted.status, reason=accepted.reason, silent=accepted.silent)


def _words(rule: KnownFailure) -> str:
    return ", ".join(part for part in (str(rule), rule.issue) if part)


def _expired(rule: KnownFailure, run: Run) -> bool:
    """Return whether a rule was out of date when the run began."""
    try:
        began = date.fromisoformat(run.header.started[:10])
    except ValueError:
        return False
    return rule.expires is not None and began > rule.expires


def _told(rule: KnownFailure) -> str:
    return f"{rule} expired on {rule.expires}: look whether it still fails, then remove it or give it another day"


def _surprises(news: _News, problems: tuple[str, ...]) -> Iterator[str]:
    worse = len(news.unexpected) - len(news.passes)
    if worse:
        yield f"{_cells(worse)} worse than known"
    if news.passes:
        yield f"{_cells(len(news.passes))} that pass{'es' * (len(news.passes) == 1)} and should not"
    if problems:
        yield f"{len(problems)} problem{'s' * (len(problems) != 1)} of the rules"


def _cells(count: int) -> str:
    return f"{count} cell{'s' * (count != 1)}"

"""Two runs, or one environment against another: every cell gets exactly one class. Pure, and total.

A statement is compared with a statement. What is errored, not run, or blocked by such a cell says nothing about TensorFlow,
and is not comparable, whatever stands on the other side. `docs/compare.md` has the table of `change_of`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from runner.banner import banner_of
from runner.inputs import altered_environments, altered_inputs
from runner.model import Outcome, Reason, Run, Stage, Status
from runner.standing import Standing, standing_of


class Change(StrEnum):
    """What became of a cell. `CHANGES` says what each means."""

    REGRESSED = "regressed"
    PARTLY_REGRESSED = "partly-regressed"
    FEATURE_GONE = "feature-gone"
    FIXED = "fixed"
    PARTLY_FIXED = "partly-fixed"
    FEATURE_CAME = "feature-came"
    STILL_FAILING = "still-failing-same-reason"
    FAILING_OTHERWISE = "still-failing-other-reason"
    STILL_DEGRADED = "still-degraded-same-reason"
    DEGRADED_OTHERWISE = "still-degraded-other-reason"
    STILL_PASSING = "still-passing"
    STILL_UNSUPPORTED = "still-unsupported"
    NEW = "new"
    GONE = "gone"
    FLAKY = "flaky"
    MEASURED_OTHERWISE = "measured-otherwise"
    NOT_COMPARABLE = "not-comparable"


CHANGES: dict[Change, str] = {
    Change.REGRESSED: "it passed or was degraded, and fails; or it failed with a word, and now fails silently",
    Change.PARTLY_REGRESSED: "it passed, and is degraded: outputs right, something else lost",
    Change.FEATURE_GONE: "there was a statement, and now the environment has no such format, loader or module",
    Change.FIXED: "it failed or was degraded, and passes",
    Change.PARTLY_FIXED: "it failed, and is degraded: outputs right, something else lost",
    Change.FEATURE_CAME: "the environment had no such format, loader or module, and has it; it may fail",
    Change.STILL_FAILING: "it fails as before",
    Change.FAILING_OTHERWISE: "it failed and fails, for another reason",
    Change.STILL_DEGRADED: "it is degraded as before",
    Change.DEGRADED_OTHERWISE: "it was and is degraded, for another reason",
    Change.STILL_PASSING: "it passed and passes",
    Change.STILL_UNSUPPORTED: "the environment had and has no such feature",
    Change.NEW: "only the new side has the cell",
    Change.GONE: "only the base has the cell",
    Change.FLAKY: "on one side it failed in a way that did not repeat",
    Change.MEASURED_OTHERWISE: "the verdict is another one, and so is the fixture, the agent, a limit or a tolerance",
    Change.NOT_COMPARABLE: "one side says nothing about TensorFlow: errored, not run, or blocked by such a cell",
}

WORSE = (Change.REGRESSED, Change.PARTLY_REGRESSED, Change.FEATURE_GONE)
BETTER = (Change.FIXED, Change.PARTLY_FIXED, Change.FEATURE_CAME)
STILL = (Change.STILL_FAILING, Change.FAILING_OTHERWISE, Change.STILL_DEGRADED, Change.DEGRADED_OTHERWISE)

_RANK = {Status.FAILED: 0, Status.DEGRADED: 1, Status.PASSED: 2}


@dataclass(frozen=True, kw_only=True)
class CellChange:
    """A cell and what became of it. `base` and `new` are its outcomes, None on the side that does not have it.

    `verdict` is the class by the verdicts alone; it is not `change` where what was measured is not the same. `why` says in
    words why there is nothing to compare, `altered` what else is not the same on the two sides. `about` is the question
    that an upgrade asks of the cell, "" when two runs are compared.
    """

    cell: str
    change: Change
    verdict: Change
    base: Outcome | None
    new: Outcome | None
    was: Standing | None
    now: Standing | None
    why: str = ""
    altered: tuple[str, ...] = ()
    about: str = ""

    @property
    def outcome(self) -> Outcome:
        """The newer of its outcomes."""
        found = self.new or self.base
        assert found is not None
        return found


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two sides: which run, which environment of it (None for all), and how many of its cells are of what status.

    A `banner` says why its run cannot be believed.
    """

    run: str
    started: str
    complete: bool
    environment: str | None = None
    planned: int = 0
    counts: Mapping[Status, int] = field(default_factory=dict)
    banner: tuple[str, ...] = ()

    @property
    def ran(self) -> int:
        """How many cells say something about TensorFlow because they ran."""
        return sum(self.counts.get(status, 0) for status in (Status.PASSED, Status.DEGRADED, Status.FAILED))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All changes in the order of their ids, and the environments that came, went, or are made of something else."""

    base: Side
    new: Side
    changes: tuple[CellChange, ...]
    environments_new: tuple[str, ...] = ()
    environments_gone: tuple[str, ...] = ()
    environments_altered: tuple[tuple[str, str], ...] = ()

    def of(self, *kinds: Change) -> tuple[CellChange, ...]:
        """Return the changes of some classes."""
        return tuple(change for change in self.changes if change.change in kinds)

    @property
    def counts(self) -> dict[Change, int]:
        """How many cells each class has, also those that have none."""
        found = Counter(change.change for change in self.changes)
        return {kind: found[kind] for kind in Change}


def change_of(base: Standing, new: Standing) -> Change:
    """Return what became of a cell that both sides have, by the verdicts alone."""
    if base.flaky or new.flaky:
        return Change.FLAKY
    was, now = base.status, new.status
    if was is None or now is None:
        return Change.NOT_COMPARABLE
    if Status.UNSUPPORTED in (was, now):
        return Change.STILL_UNSUPPORTED if was is now else Change.FEATURE_GONE if now is Status.UNSUPPORTED else Change.FEATURE_CAME
    if _RANK[now] < _RANK[was]:
        return Change.REGRESSED if now is Status.FAILED else Change.PARTLY_REGRESSED
    if _RANK[now] > _RANK[was]:
        return Change.FIXED if now is Status.PASSED else Change.PARTLY_FIXED
    return Change.STILL_PASSING if now is Status.PASSED else _still(base, new)


def _still(base: Standing, new: Standing) -> Change:
    same = base.reason is new.reason
    if new.status is Status.DEGRADED:
        return Change.STILL_DEGRADED if same else Change.DEGRADED_OTHERWISE
    if new.silent and not base.silent:
        # Whoever was stopped by an exception is stopped no more.
        return Change.REGRESSED
    return Change.STILL_FAILING if same else Change.FAILING_OTHERWISE


def compare(base: Run, new: Run) -> Comparison:
    """Compare two runs, cell by cell with the same id. The canary's cells are no part of it."""
    old, now = plain(base), plain(new)
    environments = altered_environments(base, new)
    pairs = [Pair(id_, old.get(id_), now.get(id_)) for id_ in sorted({*old, *now})]
    return Comparison(
        base=side_of(base, old.values()),
        new=side_of(new, now.values()),
        changes=classified(pairs, base, new, environments),
        environments_new=tuple(name for name in new.header.environments if name not in base.header.environments),
        environments_gone=tuple(name for name in base.header.environments if name not in new.header.environments),
        environments_altered=tuple(sorted(environments.items())),
    )


def plain(run: Run) -> dict[str, Outcome]:
    """Return the outcomes of a run that are findings: all but the canary's."""
    return {id_: outcome for id_, outcome in run.outcomes.items() if not outcome.canary}


def side_of(run: Run, outcomes: Collection[Outcome], *, environment: str | None = None) -> Side:
    """Return one side of a comparison; a whole run counts what was planned and never reached as not run."""
    counts = Counter(outcome.status for outcome in outcomes)
    planned = len(outcomes) if environment else max(run.header.planned - run.header.canaries, len(outcomes))
    counts[Status.NOT_RUN] += planned - len(outcomes)
    return Side(
        run=run.header.run,
        started=run.header.started,
        complete=run.complete,
        environment=environment,
        planned=planned,
        counts={status: counts[status] for status in Status if counts[status]},
        banner=banner_of(run),
    )


@dataclass(frozen=True)
class Pair:
    """A cell's id and its outcomes on both sides, at least one of which is there; `about` as in `CellChange`."""

    cell: str
    base: Outcome | None
    new: Outcome | None
    about: str = ""


def classified(pairs: Iterable[Pair], base: Run, new: Run, environments: Mapping[str, str]) -> tuple[CellChange, ...]:
    """Return the classes of pairs of outcomes of two runs; `environments` says which are made of something else, and of what."""
    inputs = altered_inputs(base, new)
    return tuple(_classified(pair, base, new, environments, inputs) for pair in pairs)


def _classified(
    pair: Pair, base: Run, new: Run, environments: Mapping[str, str], inputs: Callable[[Outcome, Outcome], tuple[str, ...]]
) -> CellChange:
    was = standing_of(pair.base, base.outcomes) if pair.base else None
    now = standing_of(pair.new, new.outcomes) if pair.new else None
    altered: tuple[str, ...] = ()
    if was is None or now is None:
        verdict, why = _one_sided(pair, base, new)
        change = verdict
    else:
        assert pair.base is not None
        assert pair.new is not None
        verdict, why = change_of(was, now), " and ".join(_silence(was, "the base", pair.base) + _silence(now, "the new side", pair.new))
        otherwise = inputs(pair.base, pair.new)
        same_cell = () if pair.about else _places(pair.new)
        altered = (*otherwise, *(f"{name}: {environments[name]}" for name in same_cell if name in environments))
        change = Change.MEASURED_OTHERWISE if otherwise and verdict in (*WORSE, *BETTER) else verdict
    return CellChange(
        cell=pair.cell,
        change=change,
        verdict=verdict,
        base=pair.base,
        new=pair.new,
        was=was,
        now=now,
        why=why,
        altered=altered,
        about=pair.about,
    )


def _one_sided(pair: Pair, base: Run, new: Run) -> tuple[Change, str]:
    """Return what a cell is that one side does not have: a run that was interrupted may only not have reached it."""
    outcome, lacking, side = (pair.base, new, "the new run") if pair.base else (pair.new, base, "the base")
    assert outcome is not None
    if not lacking.complete and not pair.about and all(name in lacking.header.environments for name in _places(outcome)):
        return Change.NOT_COMPARABLE, f"{side} was interrupted, and may not have reached it"
    return (Change.GONE if pair.base else Change.NEW), ""


def _silence(standing: Standing, side: str, outcome: Outcome) -> list[str]:
    if standing.status is not None:
        return []
    what = "blocked by a cell that says nothing" if standing.blocked else str(outcome.status)
    return [f"{side} is {what}" + (f" ({standing.reason})" if standing.reason and standing.reason is not Reason.BLOCKED_BY else "")]


def _places(outcome: Outcome) -> Iterator[str]:
    """Return the environments that a cell runs in or reads from, each once."""
    names = (outcome.producer, outcome.consumer) if outcome.stage is Stage.LOAD else (outcome.environment,)
    return iter(dict.fromkeys(name for name in names if name))

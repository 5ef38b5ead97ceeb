"""The pivot: a `Run` becomes frozen tables that every report renders. Pure, and the same run always gives the same tables.

Denominators are never hidden. A grid cell counts every load that makes sense for its pair and format (fixtures x loaders, the
unsupported ones left out), whether it ran or not; `Totals` says how many ran and why the others did not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from runner.banner import banner_of
from runner.model import SEVERITY, Diagnosis, Outcome, Run, Stage, Status
from runner.reports.causes import EXPLAINED, Group, diagnosis_of, group_by_cause, is_unknown
from runner.reports.damage import Damage, damage_of
from runner.rules.facts import facts_by_environment
from runner.standing import is_silent, root_of

Counts = tuple[tuple[Status, int], ...]


@dataclass(frozen=True, kw_only=True)
class Totals:
    """How many cells, of what status. `planned` is the denominator; `ran` are those that say something about TensorFlow."""

    planned: int = 0
    passed: int = 0
    degraded: int = 0
    failed: int = 0
    unsupported: int = 0
    blocked: int = 0
    errored: int = 0
    not_run: int = 0
    silent: int = 0
    reused: int = 0
    explained: int = 0
    """How many of the degraded and failed carry a cause."""
    blocked_by: Counts = ()
    """Why the blocked ones are blocked: the status of the cell at the end of the chain; `not-run` where there is none."""

    @property
    def ran(self) -> int:
        return self.passed + self.degraded + self.failed


@dataclass(frozen=True, kw_only=True)
class GridCell:
    """The outcomes of one producer and consumer (or of one producer's saves) in one format, folded."""

    passed: int = 0
    total: int = 0
    ran: int = 0
    silent: int = 0
    worst: Status = Status.UNSUPPORTED
    counts: Counts = ()


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One format: producers down, consumers across; `cells` holds the pairs that have outcomes, `saves` those of the producers."""

    format: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    cells: dict[tuple[str, str], GridCell] = field(default_factory=dict)
    saves: dict[str, GridCell] = field(default_factory=dict)
    loaders: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Blocker:
    """A cell that did not pass, and how many cells could not run for it."""

    id: str
    status: Status | None
    count: int


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Everything a report says of a run."""

    run: str
    path: Path
    started: str
    finished: str | None
    seconds: float | None
    engine: str
    profile: str
    matrix: str
    command: tuple[str, ...]
    """What the run was started with, as the header has it."""
    complete: bool
    interrupted: bool
    environments: tuple[str, ...]
    totals: Totals
    by_stage: tuple[tuple[Stage, GridCell], ...]
    grids: tuple[Grid, ...]
    silent: tuple[Group, ...]
    failures: tuple[Group, ...]
    degradations: tuple[Group, ...]
    faults: tuple[Group, ...]
    unknown: tuple[Group, ...]
    """What no rule of diagnosis fits, whatever its status, told apart by message; it is in the groups above too."""
    blockers: tuple[Blocker, ...]
    damage: Damage = field(default_factory=Damage)
    """What fixtures show that are about a fault; they are in no grid and in no count by stage."""
    banner: tuple[str, ...] = ()
    """Why the run cannot be believed."""


def effective_status(outcome: Outcome, outcomes: dict[str, Outcome]) -> Status:
    """Return the status by which a cell counts in a grid: one blocked by an unsupported, errored or unrun cell counts as that one."""
    if outcome.status is not Status.BLOCKED:
        return outcome.status
    root = _root_status(outcome, outcomes)
    return root if root in {Status.UNSUPPORTED, Status.ERRORED, Status.NOT_RUN} else Status.BLOCKED


def _root_status(outcome: Outcome, outcomes: dict[str, Outcome]) -> Status:
    root = root_of(outcome, outcomes)
    return Status.NOT_RUN if root is None else root.status


def fold(outcomes: Iterable[Outcome], everything: dict[str, Outcome]) -> GridCell:
    """Fold outcomes into one grid cell."""
    counts: Counter[Status] = Counter()
    silent = 0
    for outcome in outcomes:
        counts[effective_status(outcome, everything)] += 1
        silent += is_silent(outcome)
    return GridCell(
        passed=counts[Status.PASSED],
        total=sum(counts.values()) - counts[Status.UNSUPPORTED],
        ran=counts[Status.PASSED] + counts[Status.DEGRADED] + counts[Status.FAILED],
        silent=silent,
        worst=max(counts, key=SEVERITY.__getitem__, default=Status.UNSUPPORTED),
        counts=tuple((status, counts[status]) for status in Status if counts[status]),
    )


def pivot(run: Run) -> Tables:
    """Return the tables of a run. The canary is in none of them: it is no finding."""
    outcomes = [run.outcomes[cell] for cell in sorted(run.outcomes) if not run.outcomes[cell].canary]
    silent = [o for o in outcomes if is_silent(o)]
    facts = facts_by_environment(run.header.environments, run.outcomes)
    found = {o.id: diagnosis_of(o, facts) for o in outcomes if o.status in EXPLAINED}
    plain = [o for o in outcomes if not o.fault]
    return Tables(
        run=run.header.run,
        path=run.path,
        started=run.header.started,
        finished=run.footer.finished if run.footer else None,
        seconds=run.footer.duration_s if run.footer and isfinite(run.footer.duration_s) else None,
        engine=run.header.engine,
        profile=run.header.profile,
        matrix=run.header.matrix,
        command=run.header.command,
        complete=run.complete,
        interrupted=not run.complete,
        environments=_environments(run, outcomes),
        totals=_totals(run, outcomes, found),
        by_stage=tuple((stage, fold((o for o in plain if o.stage is stage), run.outcomes)) for stage in Stage),
        grids=_grids(run, plain),
        silent=group_by_cause(silent, found),
        failures=group_by_cause((o for o in outcomes if o.status is Status.FAILED and not is_silent(o)), found),
        degradations=group_by_cause((o for o in outcomes if o.status is Status.DEGRADED), found),
        faults=group_by_cause((o for o in outcomes if o.status is Status.ERRORED), found),
        unknown=group_by_cause((o for o in outcomes if o.id in found and is_unknown(found[o.id])), found),
        blockers=_blockers(run, outcomes),
        damage=damage_of({o.id: o for o in outcomes}),
        banner=banner_of(run),
    )


def _environments(run: Run, outcomes: list[Outcome]) -> tuple[str, ...]:
    """Return all environments: those of the header in its order, then any that only outcomes name."""
    known = dict.fromkeys(run.header.environments)
    for outcome in outcomes:
        for name in (outcome.environment, outcome.producer, outcome.consumer):
            if name:
                known.setdefault(name)
    return tuple(known)


def _totals(run: Run, outcomes: list[Outcome], found: Mapping[str, Diagnosis]) -> Totals:
    counts = Counter(o.status for o in outcomes)
    planned = max(run.header.planned - run.header.canaries, len(outcomes))
    roots = Counter(_root_status(o, run.outcomes) for o in outcomes if o.status is Status.BLOCKED)
    return Totals(
        planned=planned,
        passed=counts[Status.PASSED],
        degraded=counts[Status.DEGRADED],
        failed=counts[Status.FAILED],
        unsupported=counts[Status.UNSUPPORTED],
        blocked=counts[Status.BLOCKED],
        errored=counts[Status.ERRORED],
        not_run=counts[Status.NOT_RUN] + planned - len(outcomes),
        silent=sum(map(is_silent, outcomes)),
        reused=sum(o.reused_from is not None for o in outcomes),
        explained=sum(o.status in {Status.DEGRADED, Status.FAILED} and not is_unknown(found[o.id]) for o in outcomes),
        blocked_by=tuple((status, roots[status]) for status in Status if roots[status]),
    )


def _grids(run: Run, outcomes: list[Outcome]) -> tuple[Grid, ...]:
    """Return one grid a format, formats in alphabetical order, environments in the run's order."""
    saves: dict[str, dict[str, list[Outcome]]] = {}
    loads: dict[str, dict[tuple[str, str], list[Outcome]]] = {}
    for o in outcomes:
        if o.stage is Stage.SAVE:
            saves.setdefault(o.format or "", {}).setdefault(o.producer or o.environment, []).append(o)
        elif o.stage is Stage.LOAD:
            pair = (o.producer or "", o.consumer or o.environment)
            loads.setdefault(o.format or "", {}).setdefault(pair, []).append(o)
    place = {name: number for number, name in enumerate(_environments(run, outcomes))}

    def order(name: str) -> tuple[int, str]:
        return place.get(name, len(place)), name

    grids = []
    for name in sorted({*saves, *loads}):
        pairs, written = loads.get(name, {}), saves.get(name, {})
        every = [o for group in (*pairs.values(), *written.values()) for o in group]
        grids.append(
            Grid(
                format=name,
                producers=tuple(sorted({*written, *(p for p, _ in pairs)}, key=order)),
                consumers=tuple(sorted({c for _, c in pairs}, key=order)),
                cells={pair: fold(pairs[pair], run.outcomes) for pair in sorted(pairs)},
                saves={producer: fold(written[producer], run.outcomes) for producer in sorted(written)},
                loaders=tuple(sorted({o.loader for o in every if o.loader})),
                fixtures=tuple(sorted({o.fixture for o in every if o.fixture})),
            )
        )
    return tuple(grids)


def _blockers(run: Run, outcomes: list[Outcome]) -> tuple[Blocker, ...]:
    """Return what blocked cells, the one that blocked most first; unsupported roots are no news and are left out."""
    counts: Counter[tuple[str, Status | None]] = Counter()
    for outcome in outcomes:
        if outcome.status is Status.BLOCKED:
            root = root_of(outcome, run.outcomes)
            counts[(root.id, root.status) if root else (outcome.blocked_by or "an unknown cell", None)] += 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0][0]))
    return tuple(Blocker(id=cell, status=status, count=count) for (cell, status), count in ranked if status is not Status.UNSUPPORTED)

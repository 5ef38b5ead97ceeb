"""Shards of one plan become one run, or it is said why not. Pure.

Nothing is taken on trust: the cells of all shards together must be exactly those of the plan, which every shard's header knows by
hash; what several shards ran must have the same verdict in all of them; and all must have run the same thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from runner.errors import UsageError
from runner.model import SHARED_FIELDS, Footer, Header, Outcome, Run, Stage, Status
from runner.reports.words import counted
from runner.shards import plan_hash

_MOST = 5
_SHORT = 160


def merged(runs: Sequence[Run], *, run: str, command: tuple[str, ...] = ()) -> tuple[Header, tuple[Outcome, ...], Footer]:
    """Return header, outcomes and footer of the run that the shards are together, under the id `run`.

    Raises UsageError with everything that speaks against it: runs that are no shards, of other plans or inputs, shards that are
    missing or not complete, cells with different verdicts. Of several complete runs of one shard the newest counts.
    """
    if not runs:
        raise UsageError("merge: name the runs of all shards")
    strangers = [found.header.run for found in runs if found.header.shard is None]
    if strangers:
        raise UsageError(f"merge: {_names(strangers)}: no shard of a plan; `run --shard 1/2` makes one")
    times = Counter(found.header.run for found in runs)
    if twice := [name for name, count in times.items() if count > 1]:
        raise UsageError(f"merge: {_names(twice)}: given twice")
    problems = _differences(runs)
    if problems:
        raise UsageError("\n".join(f"merge: {problem}" for problem in problems))
    chosen = _newest(runs)
    outcomes, problems = _together(chosen)
    if problems:
        raise UsageError("\n".join(f"merge: {problem}" for problem in problems))
    header = _header(chosen, run, command).model_copy(update={"canaries": sum(outcome.canary is not None for outcome in outcomes)})
    return header, outcomes, _footer(chosen, outcomes)


def _differences(runs: Sequence[Run]) -> list[str]:
    """Return in what the runs differ from the first one, though they should not."""
    first = runs[0].header
    assert first.shard is not None
    problems = []
    environments: dict[str, tuple[str, dict[str, Any]]] = {}
    for other in (found.header for found in runs):
        assert other.shard is not None
        for id_, facts in other.environments.items():
            run, known = environments.setdefault(id_, (other.run, facts))
            if known != facts:
                what = _names([name for name in sorted({*known, *facts}) if known.get(name) != facts.get(name)])
                problems.append(f"{other.run} ran with another {id_} than {run} (its {what}); run its shard again")
        if (other.shard.plan_sha256, other.shard.of) != (first.shard.plan_sha256, first.shard.of):
            problems.append(f"{other.run} is shard {_place(other)} of another plan than {first.run}, shard {_place(first)}")
        for name, what in SHARED_FIELDS.items():
            mine, theirs = getattr(first, name), getattr(other, name)
            if mine != theirs:
                values = f" ({theirs}, not {mine})" if len(f"{mine}{theirs}") < _SHORT else ""
                problems.append(f"{other.run} ran with another {what} than {first.run}{values}; run its shard again")
    return problems


def _newest(runs: Sequence[Run]) -> list[Run]:
    """Return one run for each shard that is there: the newest complete one, else the newest."""
    best: dict[int, Run] = {}
    for found in sorted(runs, key=lambda item: (item.complete, item.header.run)):
        assert found.header.shard is not None
        best[found.header.shard.index] = found
    return [best[index] for index in sorted(best)]


def _together(chosen: Sequence[Run]) -> tuple[tuple[Outcome, ...], list[str]]:
    """Return the outcomes of the shards, each cell once, and what is missing or contradicts itself."""
    shard = chosen[0].header.shard
    assert shard is not None
    there = {found.header.shard.index for found in chosen if found.header.shard is not None}
    problems = [f"shard {index}/{shard.of} is missing" for index in range(1, shard.of + 1) if index not in there]
    found: dict[str, tuple[Run, Outcome]] = {}
    for run in chosen:
        told = {id_: outcome for id_, outcome in run.outcomes.items() if outcome.status is not Status.NOT_RUN}
        if not run.complete or len(told) < run.header.planned:
            left = run.header.planned - len(told)
            problems.append(f"shard {_place(run.header)} ({run.header.run}) is not complete: {counted(left, 'cell')} not run; run it again")
        for id_, outcome in told.items():
            earlier, other = found.setdefault(id_, (run, outcome))
            if (other.status, other.reason) != (outcome.status, outcome.reason):
                problems.append(
                    f"{id_} is {_verdict(other)} in shard {_place(earlier.header)} and {_verdict(outcome)} in shard {_place(run.header)};"
                    " run the one again that is wrong"
                )
    order = {stage: place for place, stage in enumerate(Stage)}
    outcomes = sorted((outcome for _, outcome in found.values()), key=lambda item: (order[item.stage], item.id))
    if not problems and plan_hash(found) != shard.plan_sha256:
        problems.append(
            f"the shards have {len(found)} cells together and the plan {shard.plan_cells}, or not the same ones: a file was changed"
        )
    return tuple(outcomes), problems


def _header(chosen: Sequence[Run], run: str, command: tuple[str, ...]) -> Header:
    first = chosen[0].header
    assert first.shard is not None
    return first.model_copy(
        update={
            "run": run,
            "started": min((found.header.started for found in chosen), key=datetime.fromisoformat),
            "environments": _environments(chosen),
            "planned": first.shard.plan_cells,
            "command": command,
            "shard": None,
            "merged_from": tuple(found.header.run for found in chosen),
            "machine": {"shards": [found.header.machine for found in chosen]},
        }
    )


def _environments(chosen: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Return the environments of all shards, in the order of the plan."""
    shard = chosen[0].header.shard
    assert shard is not None
    known = {id_: facts for found in chosen for id_, facts in found.header.environments.items()}
    return {id_: known[id_] for id_ in shard.environments if id_ in known}


def _footer(chosen: Sequence[Run], outcomes: Sequence[Outcome]) -> Footer:
    """Return the footer: counts of the outcomes themselves, and the time from the first beginning to the last end."""
    counts = Counter(outcome.status for outcome in outcomes)
    began = min(datetime.fromisoformat(found.header.started) for found in chosen)
    ended = max(datetime.fromisoformat(found.footer.finished) for found in chosen if found.footer is not None)
    return Footer(
        finished=ended.isoformat(timespec="seconds"),
        complete=True,
        counts={status: counts[status] for status in Status if counts[status]},
        reused=sum(outcome.reused_from is not None for outcome in outcomes),
        duration_s=max(0.0, (ended - began).total_seconds()),
    )


def _place(header: Header) -> str:
    assert header.shard is not None
    return f"{header.shard.index}/{header.shard.of}"


def _verdict(outcome: Outcome) -> str:
    return f"{outcome.status}{f': {outcome.reason}' if outcome.reason else ''}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")

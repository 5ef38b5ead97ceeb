"""One environment against another, for those who upgrade: what happens to the files they have, and to those they save from then on.

Pure. Both questions are asked of every cell that runs in the new environment; its counterpart is the cell that is the same when
the old environment stands in its place:

    existing files    load/P/NEW  against load/P/OLD, and load/OLD/NEW against load/OLD/OLD
    files of its own  save/NEW against save/OLD, and load/NEW/NEW against load/OLD/OLD

What goes back, from NEW to OLD, is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.compare import Comparison, Pair, classified, plain, side_of
from runner.errors import UsageError
from runner.inputs import altered_environments
from runner.model import Outcome, Run, Stage
from runner.nearest import did_you_mean

EXISTING = "existing files"
OWN = "files of its own"

_Place = tuple[Stage, str | None, str | None, str | None, str | None]


def compare_environments(base: Run, old: str, new: Run, fresh: str) -> Comparison:
    """Compare the environment `fresh` of a run with the environment `old` of the same or another run.

    Raises UsageError for an environment that its run does not have, and for one that is compared with itself.
    """
    for run, name in ((base, old), (new, fresh)):
        if name not in run.header.environments:
            hint = did_you_mean(name, run.header.environments)
            raise UsageError(f"compare {run.header.run}@{name}: the run has no environment of that name; {hint}")
    if base.header.run == new.header.run and old == fresh:
        raise UsageError(f"compare: {old} of one run is compared with itself; give two environments, or two runs")
    pairs = tuple(sorted(_pairs(base, old, new, fresh), key=lambda pair: (pair.cell, pair.about)))
    before = {pair.base.id: pair.base for pair in pairs if pair.base}
    after = {pair.new.id: pair.new for pair in pairs if pair.new}
    return Comparison(
        base=side_of(base, before.values(), environment=old),
        new=side_of(new, after.values(), environment=fresh),
        changes=classified(pairs, base, new, altered_environments(base, new)),
    )


def _pairs(base: Run, old: str, new: Run, fresh: str) -> Iterator[Pair]:
    """Yield every cell of the new environment with its counterpart, then what only the old one has."""
    before = {_place(outcome): outcome for outcome in plain(base).values() if outcome.environment == old}
    used = set()
    for outcome in plain(new).values():
        if outcome.environment != fresh:
            continue
        own = outcome.stage is not Stage.LOAD or outcome.producer == fresh
        place = _place(outcome, producer=old if own else outcome.producer)
        used.add(place)
        yield Pair(outcome.id, before.get(place), outcome, OWN if own else EXISTING)
    for place, outcome in before.items():
        if place not in used and (outcome.producer != fresh or old == fresh):
            own = outcome.stage is not Stage.LOAD or outcome.producer == old
            yield Pair(outcome.id, outcome, None, OWN if own else EXISTING)


def _place(outcome: Outcome, *, producer: str | None = None) -> _Place:
    """Return what remains of a cell when its environment is left out."""
    source = (producer or outcome.producer) if outcome.stage is Stage.LOAD else None
    return outcome.stage, source, outcome.fixture, outcome.format, outcome.loader

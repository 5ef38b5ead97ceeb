"""Which runs and artifacts may go. Pure.

A run that takes outcomes over holds copies of them, whole lines: when the run that found them out goes, nothing of the others
is lost. What goes with a run is what it alone knows, which is told before anything is removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.errors import UsageError
from runner.shelf import Outline


@dataclass(frozen=True)
class Fate:
    """What becomes of a run, and why."""

    run: str
    stays: bool
    why: str


def fates(runs: Sequence[Outline], *, keep: int | None, days: int | None, now: datetime, held: Mapping[str, str]) -> tuple[Fate, ...]:
    """Return what becomes of each run, in the order given.

    A run stays while one of these holds: a runner writes it; it is among the `keep` newest of its profile that are complete (one
    that is not complete stays while it is newer than those, since it may be gone on from); it began less than `days` days ago;
    `held` names it, with the reason. Raises UsageError when neither `keep` nor `days` is given.
    """
    if keep is None and days is None:
        raise UsageError("runs prune: say what stays: --keep N (the newest N of each profile), --days D (the last D days), or both")
    recent = _recent(runs, keep or 0)
    found = []
    for run in runs:
        if run.active:
            found.append(Fate(run.run, True, "a runner is writing it"))
        elif run.run in held:
            found.append(Fate(run.run, True, held[run.run]))
        elif keep is not None and run.run in recent:
            found.append(Fate(run.run, True, f"among the newest {keep} of its profile"))
        elif days is not None and (began := _began(run)) is not None and now - began < timedelta(days=days):
            found.append(Fate(run.run, True, f"younger than {days} days"))
        else:
            found.append(Fate(run.run, False, ""))
    return tuple(found)


def _recent(runs: Sequence[Outline], keep: int) -> set[str]:
    by_profile: dict[str, list[Outline]] = defaultdict(list)
    for run in sorted(runs, key=lambda outline: outline.run, reverse=True):
        by_profile[run.header.profile if run.header else ""].append(run)
    recent: set[str] = set()
    for group in by_profile.values():
        complete = 0
        for run in group:
            if complete == keep:
                break
            recent.add(run.run)
            complete += run.state == "complete"
    return recent


def _began(run: Outline) -> datetime | None:
    try:
        return datetime.fromisoformat(run.header.started) if run.header else None
    except ValueError:
        return None


def only_known_to(going: Collection[str], reusable: Mapping[str, Collection[str]]) -> int:
    """Return how many keys have a reusable outcome in runs that go and in none that stays. `reusable` are keys by run."""
    kept = {key for run, keys in reusable.items() if run not in going for key in keys}
    return len({key for run in going for key in reusable.get(run, ())} - kept)


def useless(artifacts: Collection[str], saved: Mapping[str, Collection[str]], going: Collection[str]) -> tuple[str, ...]:
    """Return the artifacts that no run which stays could read: their key is that of none of its saves. `saved` are keys by run."""
    needed = {key for run, keys in saved.items() if run not in going for key in keys}
    return tuple(sorted(set(artifacts) - needed))

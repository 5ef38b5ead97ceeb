"""The commands `runs list` and `runs prune`: which runs there are, and the removal of those that nobody needs any more."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from runner.model import Status
from runner.reports.clean import one_line
from runner.reports.columns import print_columns
from runner.reports.glyphs import GLYPHS
from runner.reports.words import counted, size
from runner.retention import Fate, fates, only_known_to, useless
from runner.shelf import Outline, findings, outlines, size_of
from runner.store import FILE, KEY, REUSABLE, RunStore
from runner.warehouse.parquet import export
from runner.warehouse.tables import PARQUET

HOLD = "keep"
"""A file of this name in the directory of a run keeps the run; its first line says why."""

_STATUS = re.compile(rb'"status":"([a-z-]+)"')


@dataclass(frozen=True)
class Pruned:
    """What was removed, or would be: runs, artifacts, their bytes, and how many known outcomes went with them."""

    fates: tuple[Fate, ...]
    artifacts: tuple[str, ...] = ()
    bytes: int = 0
    lost: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs that go."""
        return tuple(fate.run for fate in self.fates if not fate.stays)


def prune(
    store: RunStore,
    *,
    keep: int | None,
    days: int | None,
    dry: bool = False,
    archive: bool = False,
    among: Collection[str] | None = None,
    now: datetime | None = None,
) -> Pruned:
    """Remove the runs that `retention.fates` lets go, and the artifacts that none of the others could read.

    `archive` writes each run as Parquet first, where `query` still finds it. `dry` removes nothing. Only runs `among` those named may
    go. While a runner is at work no artifact is removed: it may be about to read one.
    """
    every = outlines(store)
    asked = [run for run in every if among is None or run.run in among]
    decided = fates(asked, keep=keep, days=days, now=now or datetime.now(UTC), held=_held(store, every))
    going = {fate.run for fate in decided if not fate.stays}
    keys = {run.run: _keys(store.runs / run.run / FILE) for run in every}
    lost = only_known_to(going, {run: known.reusable for run, known in keys.items()})
    notes = []
    artifacts: tuple[str, ...] = ()
    if any(run.active for run in every):
        notes.append("a run is at work: artifacts stay until it has ended")
    else:
        artifacts = useless(_artifacts(store), {run: known.saved for run, known in keys.items()}, going)
    freed = sum(run.bytes for run in every if run.run in going) + sum(size_of(store.artifacts.path(key)) for key in artifacts)
    result = Pruned(decided, artifacts, freed, lost, tuple(notes))
    if not dry:
        _remove(store, result, {run.run for run in every if run.header is not None} if archive else set())
    return result


def _remove(store: RunStore, pruned: Pruned, archive: set[str]) -> None:
    for run in pruned.runs:
        if run in archive:
            export(store.read(run), store.reports / PARQUET / f"{run}.parquet")
        # Out of its place in one step; what a kill leaves in the scratch directory the next run sweeps away.
        away = store.scratch / f"gone-{run}"
        store.scratch.mkdir(parents=True, exist_ok=True)
        (store.runs / run).rename(away)
        shutil.rmtree(away, ignore_errors=True)
    for key in pruned.artifacts:
        store.artifacts.discard(key)


def _held(store: RunStore, every: Iterable[Outline]) -> dict[str, str]:
    found = {}
    for run in every:
        try:
            text = (store.runs / run.run / HOLD).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        found[run.run] = f"kept: {one_line(text) or 'it has a file `keep`'}"
    return found


@dataclass(frozen=True)
class _Keys:
    reusable: frozenset[str]
    saved: frozenset[str]


def _keys(path: Path) -> _Keys:
    """Return the keys of a run's reusable outcomes, and those of its saves; lines are looked at, not parsed."""
    reusable, saved = set(), set()
    wanted = {str(status).encode() for status in REUSABLE}
    try:
        with path.open("rb") as stream:
            for line in stream:
                if (key := KEY.search(line)) is None or (status := _STATUS.search(line)) is None:
                    continue
                if status[1] in wanted:
                    reusable.add(key[1].decode())
                if b'"stage":"save"' in line[:400]:
                    saved.add(key[1].decode())
    except OSError:
        pass
    return _Keys(frozenset(reusable), frozenset(saved))


def _artifacts(store: RunStore) -> list[str]:
    return [path.name for path in store.artifacts.root.glob("[0-9a-f][0-9a-f]/*") if path.is_dir()]


def print_pruned(pruned: Pruned, console: Console, *, dry: bool) -> None:
    """Say which runs went and which stayed for what reason, and what it freed."""
    would = "would go" if dry else "removed"
    for fate in pruned.fates:
        _say(console, f"{fate.run}: {'stays: ' + fate.why if fate.stays else would}")
    for note in pruned.notes:
        _say(console, note)
    if pruned.lost:
        _say(console, f"{counted(pruned.lost, 'known outcome')} that no other run has: if such cells are asked for again, they run again")
    what = f"{counted(len(pruned.runs), 'run')} and {counted(len(pruned.artifacts), 'artifact')}"
    _say(console, f"{what} {would}: {size(pruned.bytes)} {'would be' if dry else 'are'} free")


def print_runs(store: RunStore, console: Console, *, as_json: bool) -> None:
    """Print all runs, the newest first, or the same facts as JSON. The canary is not counted, as in every report."""
    every = tuple(reversed(outlines(store)))
    held = _held(store, every)
    counts = [findings(store, run) for run in every]
    if as_json:
        rows = [_row(run, ended, held.get(run.run, "")) for run, ended in zip(every, counts, strict=True)]
        console.file.write(json.dumps(rows, indent=2) + "\n")
        return
    lines = [
        (*_words(run), _ended(ended, ascii_only=console.options.ascii_only), size(run.bytes), held.get(run.run, ""))
        for run, ended in zip(every, counts, strict=True)
    ]
    names = ("run", "state", "profile", "engine", "cells", "results", "size", "")
    print_columns(names, [[one_line(text) for text in line] for line in lines], console, right={4, 6})
    _say(console, f"{counted(len(every), 'run')}, {size(sum(run.bytes for run in every))}; artifacts {size(size_of(store.artifacts.root))}")


def _words(run: Outline) -> tuple[str, ...]:
    header = run.header
    return (run.run, run.state, header.profile if header else "", header.engine if header else "", str(run.planned))


def _ended(counts: Mapping[Status, int], *, ascii_only: bool) -> str:
    """Return how cells ended, in one column: `78✓ 7~ 37✗`."""
    signs = {status: glyph.ascii if ascii_only else glyph.sign for status, glyph in GLYPHS.items()}
    return " ".join(f"{counts[status]}{signs[status]}" for status in Status if counts.get(status))


def _row(run: Outline, counts: Mapping[Status, int], kept: str) -> dict[str, object]:
    header, footer = run.header, run.footer
    return {
        "run": run.run,
        "state": run.state,
        "started": header.started if header else None,
        "finished": footer.finished if footer else None,
        "profile": header.profile if header else "",
        "engine": header.engine if header else "",
        "planned": run.planned,
        "counts": {str(status): count for status, count in counts.items()},
        "bytes": run.bytes,
        "kept": kept,
    }


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)

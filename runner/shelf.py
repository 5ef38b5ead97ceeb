"""Runs as files on a shelf: what a run is and how large, from its first and last line alone, and what one cell was in each run.

Reading whole runs to list them would take minutes where there are many; here only the lines that matter are parsed.
"""

from __future__ import annotations

import json
import mmap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.model import Footer, Header, Outcome, Run, Status
from runner.records import Record, decode
from runner.store import FILE, RunStore

_END = 65_536


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A run without its cells: header, footer where it ended, whether a runner writes it now, and its bytes on the disk."""

    run: str
    header: Header | None
    footer: Footer | None
    active: bool
    bytes: int

    @property
    def planned(self) -> int:
        """How many cells were planned, without the canary's."""
        return max(0, self.header.planned - self.header.canaries) if self.header else 0

    @property
    def state(self) -> str:
        """What the run is: complete, running, interrupted, or unreadable where it has no header."""
        if self.active:
            return "running"
        if self.header is None:
            return "unreadable"
        return "complete" if self.footer is not None and self.footer.complete else "interrupted"


def findings(store: RunStore, run: Outline) -> dict[Status, int]:
    """Return how the cells of a run ended that are findings, from its footer: all but the canary's."""
    if run.footer is None:
        return {}
    counts = Counter(run.footer.counts)
    if run.header is not None and run.header.canaries:
        counts -= Counter(outcome.status for outcome in _canaries(store.runs / run.run / FILE).values())
    return {status: counts[status] for status in Status if counts[status]}


def _canaries(path: Path) -> dict[str, Outcome]:
    return {record.id: record for record in _with(path, b'"canary":"') if isinstance(record, Outcome) and record.canary}


def outlines(store: RunStore) -> tuple[Outline, ...]:
    """Return all runs of a store, oldest first."""
    return tuple(_outline(store, run) for run in store.ids())


def _outline(store: RunStore, run: str) -> Outline:
    directory = store.runs / run
    first, last = _ends(directory / FILE)
    return Outline(
        run=run,
        header=first if isinstance(first, Header) else None,
        footer=last if isinstance(last, Footer) else None,
        active=store.is_active(run),
        bytes=size_of(directory),
    )


def _ends(path: Path) -> tuple[Record | None, Record | None]:
    """Return the first and the last record of a file, None for one that is none."""
    try:
        with path.open("rb") as stream:
            first = stream.readline()
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _END))
            end = stream.read()
    except OSError:
        return None, None
    lines = end.split(b"\n")
    # What stands behind the last newline is torn.
    return _record(first) if first.endswith(b"\n") else None, _record(lines[-2]) if len(lines) > 1 else None


def _record(line: bytes) -> Record | None:
    try:
        return decode(line.decode())
    except ValueError:
        return None


def size_of(directory: Path) -> int:
    """Return the bytes of all files below a directory; those that go meanwhile count nothing."""
    total = 0
    for path in directory.rglob("*"):
        try:
            total += path.lstat().st_size if not path.is_dir() else 0
        except OSError:
            continue
    return total


def runs_with(store: RunStore, cell: str, *, newest: int) -> Iterator[Run]:
    """Yield the newest runs that have an outcome of a cell, the newest first, each with that outcome alone."""
    found = 0
    for run in reversed(store.ids()):
        if found == newest:
            return
        path = store.runs / run / FILE
        outcome = _outcome(path, cell)
        header, footer = _ends(path)
        if outcome is not None and isinstance(header, Header):
            found += 1
            yield Run(path=path, header=header, outcomes={cell: outcome}, footer=footer if isinstance(footer, Footer) else None)


def _outcome(path: Path, cell: str) -> Outcome | None:
    """Return the last outcome of a cell in a file."""
    needle = f'"id":{json.dumps(cell, ensure_ascii=False)}'.encode()
    found = [record for record in _with(path, needle) if isinstance(record, Outcome) and record.id == cell]
    return found[-1] if found else None


def _with(path: Path, needle: bytes) -> list[Record]:
    """Return the records of a file in whose lines the bytes stand; the other lines are not parsed."""
    found = []
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            place = data.find(needle)
            while place >= 0:
                begin, end = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place)
                if end < 0:
                    break
                if (record := _record(data[begin:end])) is not None:
                    found.append(record)
                place = data.find(needle, end)
    except (OSError, ValueError):
        return []
    return found

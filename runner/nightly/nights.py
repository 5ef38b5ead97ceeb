"""Nights on the disk: `reports/nightly/<night>/`, each with its matrix, its locks, and a file that says how far it got.

The file is replaced as a whole at every step. So a night that was killed goes on where it stopped, and a directory without the
file is one whose making was killed, and counts nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.store import StoreFault

STATE = "night.json"
MATRIX = "matrix.yaml"
ABANDONED = timedelta(hours=20)
"""A night that was begun so long ago and did not end is not gone on with: what was new then is old."""


@dataclass(frozen=True, kw_only=True)
class Night:
    """A night: when it began (ISO 8601), its profile, notes for people, the run that it made, the run it was compared with."""

    path: Path
    started: str
    profile: str
    notes: tuple[str, ...] = ()
    run: str | None = None
    base: str | None = None
    told: bool = False
    done: bool = False

    @property
    def name(self) -> str:
        """The night's name: when it began, `20261121-030000`."""
        return self.path.name

    @property
    def matrix(self) -> Path:
        """The matrix file of the night."""
        return self.path / MATRIX

    def with_(self, **changes: object) -> Night:
        """Return the night further on, written to the disk."""
        changed = replace(self, **changes)  # type: ignore[arg-type]  # the fields of a night
        changed.write()
        return changed

    def write(self) -> None:
        """Write how far the night got. Raises StoreFault when the directory cannot be written."""
        fields = {name: value for name, value in asdict(self).items() if name != "path"}
        part = self.path / f".{STATE}"
        try:
            part.write_text(json.dumps(fields, indent=2) + "\n", encoding="utf-8")
            part.replace(self.path / STATE)
        except OSError as error:
            raise StoreFault(f"{self.path}: cannot be written: {error.strerror or error}; start `nightly` again: it goes on") from error


def read_night(path: Path) -> Night | None:
    """Return the night of a directory, None when it is none."""
    try:
        fields = json.loads((path / STATE).read_text(encoding="utf-8"))
        fields["notes"] = tuple(fields["notes"])
        return Night(path=path, **fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def nights(root: Path) -> tuple[Night, ...]:
    """Return all nights below a directory, oldest first."""
    return tuple(night for path in sorted(root.glob("[0-9]*")) if (night := read_night(path)) is not None)


def unfinished(root: Path, now: datetime) -> Night | None:
    """Return the newest night when it has not ended and is young enough to go on with."""
    found = nights(root)
    if not found or found[-1].done or now - datetime.fromisoformat(found[-1].started) > ABANDONED:
        return None
    return found[-1]


def begin(root: Path, make: Callable[[Path], Night], now: datetime) -> Night:
    """Make a new night: `make` fills a directory beside its place, which is then renamed, so that it is there as a whole or not at all."""
    for left in root.glob(".making-*"):
        shutil.rmtree(left, ignore_errors=True)
    place = root / f"{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    part = root / f".making-{place.name}"
    part.mkdir(parents=True)
    night = make(part)
    night.write()
    part.rename(place)
    return replace(night, path=place)


def forget(root: Path, runs: frozenset[str]) -> int:
    """Remove the nights whose run is gone, and abandoned ones, but not the newest; return how many. `runs` are those that are there."""
    gone = [night for night in nights(root)[:-1] if night.run not in runs]
    for night in gone:
        shutil.rmtree(night.path, ignore_errors=True)
    return len(gone)

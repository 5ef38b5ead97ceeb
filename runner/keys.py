"""What a cell depends on, as a hash: equal keys mean that running again would tell nothing new.

A key holds what the agent is told and what it runs in: the environment's fingerprint, the agent's own source, the
fixture's source and options, format and loader, limits and tolerances; a load also holds the key of its save. It does not
hold names of environments, paths, or the engine's parallelism. What a fixture reads besides its own file is not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runner.model import Cell, Fixture, Limits, Stage, Tolerances

AGENT = Path(__file__).parent / "agent"


@dataclass(frozen=True, kw_only=True)
class KeyRing:
    """Gives cells their keys; a cell of an environment whose fingerprint is not known has the key ""."""

    fingerprints: Mapping[str, str]
    fixtures: Mapping[str, Fixture]
    sources: Mapping[str, str]
    agent: str
    limits: Limits
    tolerances: Tolerances

    def key(self, cell: Cell) -> str:
        """Return the key of a cell, 32 hexadecimal digits, or "" when it cannot be known yet."""
        needed = {cell.environment, cell.producer or cell.environment}
        if not all(self.fingerprints.get(environment) for environment in needed):
            return ""
        parts: dict[str, Any] = {"stage": cell.stage, "environment": self.fingerprints[cell.environment], "agent": self.agent}
        if cell.stage is not Stage.BUILD:
            assert cell.fixture is not None
            parts |= {
                "fixture": self._fixture(cell.fixture),
                "format": cell.format,
                "limits": asdict(self.limits),
                "tolerances": {dtype: asdict(tolerance) for dtype, tolerance in self.tolerances},
            }
        if cell.stage is Stage.LOAD:
            parts |= {"loader": cell.loader, "save": self.key(cell.needs[0])}
        return digest(parts)

    def inputs(self) -> dict[str, Any]:
        """Return what keys are made of apart from the environments, hashed, for the header of a run: a comparison can name what changed."""
        return {
            "agent": self.agent,
            "limits": digest(asdict(self.limits)),
            "tolerances": digest({dtype: asdict(tolerance) for dtype, tolerance in self.tolerances}),
            "fixtures": {key: digest(self._fixture(key)) for key in self.fixtures},
        }

    def _fixture(self, key: str) -> dict[str, Any]:
        fixture = self.fixtures[key]
        known = {"name": fixture.name, "source": self.sources[key], "options": dict(fixture.options), "needs": fixture.needs}
        return {**known, "fault": fixture.fault, "code": fixture.code}


def digest(value: Any) -> str:
    """Return 32 hexadecimal digits of the SHA-256 of a JSON value; the order of mappings does not matter."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def source_hashes(fixtures: Iterable[Fixture]) -> dict[str, str]:
    """Return the hash of each fixture's file by fixture key; "absent" for a file that cannot be read (its cells will say so)."""
    found = {}
    for fixture in fixtures:
        try:
            found[fixture.key] = hashlib.sha256(fixture.file.read_bytes()).hexdigest()
        except OSError:
            found[fixture.key] = "absent"
    return found


def state_of(fixtures: Iterable[Fixture], directory: Path = AGENT) -> dict[str, tuple[int, int] | None]:
    """Return size and time of every source that keys are made from, None for one that is absent: cheap to compare."""
    found: dict[str, tuple[int, int] | None] = {}
    for path in [*sorted(directory.rglob("*.py")), *(fixture.file for fixture in fixtures)]:
        try:
            status = path.stat()
        except OSError:
            found[str(path)] = None
        else:
            found[str(path)] = (status.st_size, status.st_mtime_ns)
    return found


def tree_hash(directory: Path = AGENT) -> str:
    """Return a hash of all Python files below a directory, names and contents."""
    whole = hashlib.sha256()
    for path in sorted(directory.rglob("*.py")):
        whole.update(f"{path.relative_to(directory).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:32]

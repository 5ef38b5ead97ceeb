"""Runs on a disk for tests: written as a runner writes them, from outcomes that need no runner."""

from __future__ import annotations

import shutil
from pathlib import Path

from runner.model import Footer, Header, Outcome, Status
from runner.store import RunStore

ENVIRONMENTS = {"old": {"tensorflow": "2.9.3", "python": "3.10"}, "new": {"tensorflow": "2.16.2", "python": "3.12", "fingerprint": "f"}}


def write(
    reports: Path,
    run: str,
    *outcomes: Outcome,
    footer: bool = True,
    complete: bool = True,
    planned: int | None = None,
    torn: bytes = b"",
    **header: object,
) -> Path:
    """Write a run and return its file; `run` is its id, as `20261101-000000-aaaa`, and says when it began."""
    day = f"{run[:4]}-{run[4:6]}-{run[6:8]}T{run[9:11]}:{run[11:13]}:{run[13:15]}+00:00"
    fields = {
        "run": run,
        "started": day,
        "engine": "memory",
        "profile": "quick",
        "matrix": "matrix.yaml",
        "matrix_sha256": "0" * 64,
        "runner": "0.1.0",
        "planned": len(outcomes) if planned is None else planned,
        "environments": ENVIRONMENTS,
        **header,
    }
    with RunStore(reports).create(run) as writer:
        writer.append(Header.model_validate(fields), *outcomes)
        if footer:
            counts = {status: sum(o.status is status for o in outcomes) for status in Status}
            writer.append(Footer(finished=day, complete=complete, counts=counts, duration_s=60.0))
    if torn:
        with writer.path.open("ab") as stream:
            stream.write(torn)
    return writer.path


def remove(reports: Path, run: str) -> None:
    """Remove a run with all its files."""
    shutil.rmtree(reports / "runs" / run)

"""Runs of the real command on real TensorFlow, for tests: in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from runner.model import Run
from runner.store import RunStore

ROOT = Path(__file__).parents[2]


def command(*arguments: str, reports: Path | None = None, engine: str = "local", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m runner` with an engine and return what it printed and its exit code."""
    where = ["--reports", str(reports)] if reports else []
    return subprocess.run(
        [sys.executable, "-m", "runner", *arguments, *where],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120", "TFMATRIX_ENGINE": engine, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def newest(reports: Path) -> Run:
    """Return the newest run below a reports directory."""
    return RunStore(reports).latest()

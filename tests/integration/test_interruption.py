"""A run that is killed or interrupted loses nothing that was finished: the same command goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from runner.model import Outcome, Stage, Status
from runner.store import RunStore
from tests.integration.runs import ROOT, command, newest

pytestmark = pytest.mark.integration

MATRIX = Path(__file__).parent / "small.yaml"
ARGUMENTS = ("run", "--matrix", str(MATRIX), "--env", "tf2.15-py311", "--fixture", "sequential", "--fixture", "custom_training_loop")
DEADLINE_S = 180.0


def start(reports: Path) -> subprocess.Popen[bytes]:
    """Start a run in a process group of its own."""
    words = [sys.executable, "-m", "runner", *ARGUMENTS, "--reports", str(reports)]
    environ = {**os.environ, "TFMATRIX_ENGINE": "local"}
    return subprocess.Popen(words, cwd=ROOT, env=environ, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_for_cells(reports: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the run has written `count` outcomes of saves and loads."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if len(finished(reports)) >= count:
            return
        assert process.poll() is None, "the run ended before it could be interrupted"
        time.sleep(0.02)
    raise AssertionError("the run did not get that far")


def finished(reports: Path) -> dict[str, Outcome]:
    """Return the outcomes of saves and loads of all runs so far. The canary is tried in every run that runs anything."""
    store = RunStore(reports)
    runs = [store.read(run) for run in store.ids() if (store.runs / run / "run.jsonl").stat().st_size]
    return {cell: item for run in runs for cell, item in run.outcomes.items() if item.stage is not Stage.BUILD and not item.canary}


def agents(reports: Path) -> list[psutil.Process]:
    """Return the agents that work for these reports."""
    found = psutil.process_iter(["cmdline", "status"])
    return [p for p in found if str(reports) in " ".join(p.info["cmdline"] or []) and p.info["status"] != psutil.STATUS_ZOMBIE]


def test_kill_and_go_on(tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for_cells(tmp_path, 4, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(agents(tmp_path), timeout=30)
    assert alive == []
    before = finished(tmp_path)
    assert not newest(tmp_path).complete
    done = command(*ARGUMENTS, reports=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = newest(tmp_path)
    assert run.complete
    kept = {cell for cell, item in before.items() if item.status in (Status.PASSED, Status.DEGRADED, Status.FAILED)}
    assert len(kept) >= 3
    assert {cell for cell in kept if run.outcomes[cell].reused_from is None} == set()


def test_interrupt_ends_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for_cells(tmp_path, 2, process)
    os.kill(process.pid, signal.SIGINT)
    said = process.communicate(timeout=DEADLINE_S)[0].decode()
    assert process.returncode == 130, said
    assert "interrupted" in said
    run = newest(tmp_path)
    assert run.footer is not None and not run.footer.complete
    assert run.footer.counts[Status.NOT_RUN] > 0
    assert agents(tmp_path) == []

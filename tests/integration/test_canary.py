"""The canary on real TensorFlow: it sings where all is well, and tells on a runner that believes everything or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.banner import banner_of
from runner.canaries import BROKEN, SOUND
from runner.model import Reason, Run, Stage, Status
from runner.reports.judged import BANNER
from tests.integration.runs import ROOT, command, newest

pytestmark = pytest.mark.integration

ENV = "tf2.15-py311"
SELECTION = ("run", "--env", ENV, "--fixture", "sequential@uncompiled", "--format", "weights-h5")


def canaries(run: Run) -> dict[str, tuple[Status, Reason | None]]:
    return {str(o.canary): (o.status, o.reason) for o in run.outcomes.values() if o.canary and o.stage is Stage.LOAD}


def test_it_sings_where_all_is_well(tmp_path: Path) -> None:
    done = command(*SELECTION, reports=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = newest(tmp_path)
    assert canaries(run) == {SOUND: (Status.PASSED, None), BROKEN: (Status.FAILED, Reason.WEIGHTS_DIFFER)}
    assert banner_of(run) == ()
    assert BANNER not in done.stdout
    assert "3 cells planned: 3 ran" in done.stdout


@pytest.mark.parametrize(("says", "halves"), [("passed", {BROKEN}), ("failed", {SOUND})])
def test_a_runner_that_says_always_the_same_is_told_on(says: str, halves: set[str], tmp_path: Path) -> None:
    for name in ("runner", "fixtures", "images"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "matrix.yaml", tmp_path)
    checks = tmp_path / "runner" / "agent" / "checks.py"
    always = f"""

def weights(report, expected, *_):
    report.check("weights", {says!r}, 0.0)
    return list(range(len(expected["meta"])))


def outputs(request, report, fixture, expected, call, ordered, predict=None):
    call(fixture.inputs())
    report.check("outputs", {says!r}, 0.0)
    return []
"""
    checks.write_text(checks.read_text(encoding="utf-8") + always, encoding="utf-8")
    reports = tmp_path / "reports"
    done = subprocess.run(
        [sys.executable, "-m", "runner", *SELECTION, "--reports", str(reports)],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200", "TFMATRIX_ENGINE": "local", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert BANNER in done.stdout
    said = banner_of(newest(reports))
    assert {BROKEN if "must be failed" in line else SOUND for line in said} == halves

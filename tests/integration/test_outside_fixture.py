"""The complete example of docs/fixtures.md, taken out of the document, works as it stands there: a fixture outside this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Run, Status
from tests.documents import ROOT, blocks
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

ENV = "tf2.15-py311"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    shop = tmp_path_factory.mktemp("shop")
    files = {block.title: block.text for block in blocks(ROOT / "docs" / "fixtures.md") if block.title}
    assert set(files) == {"models/price.py", "mine.yaml"}
    for name, text in files.items():
        (shop / name).parent.mkdir(exist_ok=True)
        (shop / name).write_text(text, encoding="utf-8")
    # Relative paths, as one types them: what runs elsewhere must find the files all the same.
    matrix, reports = (Path(os.path.relpath(shop / name, ROOT)) for name in ("mine.yaml", "reports"))
    done = command("run", "--matrix", str(matrix), "--env", ENV, reports=reports)
    assert done.returncode == 0, done.stdout + done.stderr
    return newest(shop / "reports")


def test_every_cell_passes(run: Run) -> None:
    assert run.complete
    fixtures = ("price", "price@uncompiled")
    formats = {"h5": "load-model", "keras-v3": "load-model"}
    expected = {f"build/{ENV}"} | {f"save/{ENV}/{fixture}/{name}" for fixture in fixtures for name in formats}
    expected |= {f"load/{ENV}/{ENV}/{fixture}/{name}/{loader}" for fixture in fixtures for name, loader in formats.items()}
    assert {cell: (outcome.status, outcome.reason) for cell, outcome in run.outcomes.items() if not outcome.canary} == dict.fromkeys(
        expected, (Status.PASSED, None)
    )


def test_what_can_be_lost_was_compared(run: Run) -> None:
    checks = run.outcomes[f"load/{ENV}/{ENV}/price/keras-v3/load-model"].checks
    assert {name for name, result in checks.items() if result is CheckResult.NOT_APPLICABLE} == {"signature"}


def test_an_uncompiled_model_has_no_optimizer_to_lose(run: Run) -> None:
    checks = run.outcomes[f"load/{ENV}/{ENV}/price@uncompiled/keras-v3/load-model"].checks
    assert checks[Check.OPTIMIZER] is CheckResult.NOT_APPLICABLE
    assert checks[Check.TRAIN_STEP] is CheckResult.NOT_APPLICABLE

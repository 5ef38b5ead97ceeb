"""The catalogue's training part on real TensorFlow: what of an optimizer's state is lost without a word, and that the runner sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Outcome, Reason, Run, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

MATRIX = Path(__file__).parent / "training.yaml"
OLD, NEW, NEWEST = "tf2.4-tfa0.14-py38", "tf2.15-py311", "tf2.21-py311"
PASSED = (Status.PASSED, None)
DIFFERS = (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS)

SEEN = {
    f"load/{OLD}/{OLD}/forgetful/own/own": PASSED,
    f"load/{OLD}/{OLD}/forgetful@momentum/own/own": DIFFERS,
    f"load/{OLD}/{OLD}/forgetful@schedule/own/own": DIFFERS,
    f"load/{OLD}/{OLD}/forgetful@count/own/own": DIFFERS,
    f"load/{OLD}/{OLD}/forgetful@averages/own/own": DIFFERS,
    f"load/{OLD}/{OLD}/forgetful@late/own/own": DIFFERS,
    f"load/{OLD}/{OLD}/tfa_optimizers@lookahead/h5/load-model": PASSED,
    # Slots are made by the restore, and a strategy wants its own.
    f"load/{OLD}/{OLD}/mirrored_restore/checkpoint/checkpoint-restore": (Status.FAILED, Reason.LOAD_RAISED),
    f"load/{OLD}/{OLD}/mirrored_restore/own/own": PASSED,
    f"load/{OLD}/{OLD}/mirrored/checkpoint/checkpoint-restore": PASSED,
    # load_model of a directory makes a new optimizer, wherever it was trained.
    f"load/{OLD}/{OLD}/mirrored/keras-dir/load-model": (Status.DEGRADED, Reason.OPTIMIZER_LOST),
    f"load/{OLD}/{OLD}/multi_worker@whole/own/own": (Status.DEGRADED, Reason.OPTIMIZER_LOST),
    f"load/{OLD}/{OLD}/multi_worker/own/own": PASSED,
    f"save/{OLD}/multi_worker@both/own": (Status.FAILED, Reason.SAVE_RAISED),
    f"load/{OLD}/{OLD}/draws_in_training/own/own": PASSED,
    f"load/{OLD}/{OLD}/draws_in_training@frozen/own/own": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
    f"load/{NEW}/{NEW}/draws_in_training/own/own": PASSED,
    f"load/{NEW}/{NEW}/draws_in_training@frozen/own/own": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
    f"load/{NEW}/{NEW}/draws_in_training@stateful/own/own": PASSED,
    f"load/{NEWEST}/{NEWEST}/draws_in_training/own/own": PASSED,
    # Keras 3 trains the statistics all the same, so nothing is lost.
    f"load/{NEWEST}/{NEWEST}/draws_in_training@frozen/own/own": PASSED,
    f"load/{NEWEST}/{NEWEST}/draws_in_training@stateful/own/own": PASSED,
    # Keras 2 keeps Nadam's product, and the loss scale, where its own formats do not look.
    f"load/{NEW}/{NEW}/nadam/keras-v3/load-model": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
    f"load/{NEW}/{NEW}/nadam/checkpoint/checkpoint-restore": PASSED,
    f"load/{NEW}/{NEW}/loss_scale/keras-v3/load-model": DIFFERS,
    f"load/{NEW}/{NEW}/loss_scale/checkpoint/checkpoint-restore": PASSED,
    f"load/{NEW}/{NEW}/dynamic_earlier/checkpoint/checkpoint-restore": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    f"load/{NEW}/{NEW}/dynamic_earlier/checkpoint/checkpoint-restore-asserted": (Status.FAILED, Reason.LOAD_RAISED),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One run for each environment: what is telling in one is not in the other."""
    found = {}
    for profile, environment in (("old", OLD), ("new", NEW), ("newest", NEWEST)):
        place = tmp_path_factory.mktemp(profile)
        done = command("run", "--matrix", str(MATRIX), "--profile", profile, reports=place)
        assert done.returncode == 0, done.stdout + done.stderr
        found[environment] = newest(place)
    return found


def outcome(runs: dict[str, Run], cell: str) -> Outcome:
    return runs[cell.split("/")[1]].outcomes[cell]


@pytest.mark.parametrize("cell", SEEN)
def test_verdicts_are_those_seen_by_hand(runs: dict[str, Run], cell: str) -> None:
    found = outcome(runs, cell)
    assert (found.status, found.reason) == SEEN[cell], found


def test_fresh_and_restored_are_told_apart(runs: dict[str, Run]) -> None:
    steps = [item.notes["checks"]["train-step"] for run in runs.values() for item in run.outcomes.values() if _stepped(item.notes)]
    assert len(steps) >= 10
    assert all(step["told_apart"] for step in steps)


def test_layers_of_chance_are_kept_still(runs: dict[str, Run]) -> None:
    for environment in (OLD, NEW, NEWEST):
        step = outcome(runs, f"load/{environment}/{environment}/draws_in_training/own/own").notes["checks"]["train-step"]
        assert step["taken"] == "with layers of chance kept still"


def _stepped(notes: dict[str, object]) -> bool:
    checks = notes.get("checks")
    return isinstance(checks, dict) and "told_apart" in checks.get("train-step", {})


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (f"load/{OLD}/{OLD}/forgetful@schedule/own/own", "learning_rate at step 7: 0.0047"),
        (f"load/{OLD}/{OLD}/forgetful@count/own/own", "iterations: 0 instead of 3"),
        (f"load/{OLD}/{OLD}/forgetful@averages/own/own", "4 of 8 slots differ"),
        (f"load/{OLD}/{OLD}/forgetful@late/own/own", "4 of 8 slots differ after the step"),
        (f"load/{NEW}/{NEW}/loss_scale/keras-v3/load-model", "loss_scale: 256.0 instead of 512.0"),
    ],
)
def test_what_was_lost_is_named(runs: dict[str, Run], cell: str, said: str) -> None:
    found = outcome(runs, cell)
    assert said in json.dumps(found.notes["checks"]["optimizer"]["problems"])
    assert found.checks[Check.OUTPUTS] is CheckResult.PASSED


def test_lost_averages_do_not_show_in_the_next_step(runs: dict[str, Run]) -> None:
    """Only the comparison of what the optimizer holds can see them, before the step or, where they come late, after it."""
    for variant in ("averages", "late"):
        assert outcome(runs, f"load/{OLD}/{OLD}/forgetful@{variant}/own/own").checks[Check.TRAIN_STEP] is CheckResult.PASSED


def test_workers_that_write_to_one_path_stumble_over_each_other(runs: dict[str, Run]) -> None:
    error = outcome(runs, f"save/{OLD}/multi_worker@both/own").error
    assert error is not None
    assert "ckpt_temp" in error.message

"""Models as users write them: what their own code forgets is found out, and what only looks odd is left in peace."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Outcome, Reason, Run, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

ENV = "tf2.21-py311"
MATRIX = Path(__file__).parent / "models" / "matrix.yaml"

LOST = ("dense/bias", "normal/gamma", "normal/beta", "normal/moving_mean", "normal/moving_variance", "answer/bias")

SEEN = {
    f"load/{ENV}/{ENV}/forgetful/keras-v3/load-model": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    f"load/{ENV}/{ENV}/forgetful@argument/keras-v3/load-model": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    f"load/{ENV}/{ENV}/forgetful@model/keras-v3/load-model": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    f"load/{ENV}/{ENV}/forgetful@schedule/keras-v3/load-model": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
    f"load/{ENV}/{ENV}/forgetful@momentum/keras-v3/load-model": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
    f"load/{ENV}/{ENV}/forgetful@loss/keras-v3/load-model": (Status.DEGRADED, Reason.COMPILE_LOST),
    f"load/{ENV}/{ENV}/forgetful_loop/keras-v3/load-model": (Status.DEGRADED, Reason.COMPILE_LOST),
    f"load/{ENV}/{ENV}/thawed/own/own": (Status.DEGRADED, Reason.STRUCTURE_DIFFERS),
    f"load/{ENV}/{ENV}/ordinary/keras-v3/load-model": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/ordinary@packed/keras-v3/load-model": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/ordinary@warm/keras-v3/load-model": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/ordinary@unnamed/keras-v3/load-model": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/late_head/checkpoint/checkpoint-restore": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/late_head@dropped/checkpoint/checkpoint-restore": (Status.PASSED, None),
    # Keras 3 drops what a layer that is not made yet would hold.
    f"load/{ENV}/{ENV}/late_head/weights-h5/load-weights": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    f"load/{ENV}/{ENV}/late_head@dropped/weights-h5/load-weights": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    f"load/{ENV}/{ENV}/late_between/weights-h5/load-weights": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    f"load/{ENV}/{ENV}/late_between/saved-model/saved-model-load": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/named/own/saved-model-load": (Status.PASSED, None),
    # Called by its name, it does not find Keras 3's variables in a session.
    f"load/{ENV}/{ENV}/named/own/serving": (Status.FAILED, Reason.PREDICT_RAISED),
    f"load/{ENV}/{ENV}/named@two/own/saved-model-load": (Status.FAILED, Reason.SIGNATURE_DIFFERS),
    f"load/{ENV}/{ENV}/named@two/own/serving": (Status.FAILED, Reason.SIGNATURE_DIFFERS),
    f"load/{ENV}/{ENV}/named@more/own/saved-model-load": (Status.DEGRADED, Reason.SIGNATURE_DIFFERS),
    f"load/{ENV}/{ENV}/named@half/own/saved-model-load": (Status.FAILED, Reason.SIGNATURE_DIFFERS),
    f"load/{ENV}/{ENV}/named@batch/own/saved-model-load": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/draws_in_training/own/own": (Status.PASSED, None),
    # Keras 3 trains the statistics of a layer that is called with training=False, so nothing is lost with that.
    f"load/{ENV}/{ENV}/draws_in_training@frozen/own/own": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/draws_in_training@step/own/own": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
    f"load/{ENV}/{ENV}/draws_in_training@two/own/own": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/draws_in_training@two_forgetful/own/own": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
    f"load/{ENV}/{ENV}/says_otherwise/saved-model/saved-model-load": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/says_otherwise@nameless/keras-v3/load-model": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    f"load/{ENV}/{ENV}/says_otherwise@positive/keras-v3/load-model": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/draws_in_training@unstoppable/own/own": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/comes_otherwise/own/own": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/comes_otherwise@length/own/own": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    f"load/{ENV}/{ENV}/comes_otherwise@dict/own/own": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    f"load/{ENV}/{ENV}/comes_otherwise@boundary/own/own": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
    f"load/{ENV}/{ENV}/comes_otherwise@decay/own/own": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
    f"load/{ENV}/{ENV}/comes_otherwise@uncompiled/own/own": (Status.DEGRADED, Reason.COMPILE_LOST),
    f"load/{ENV}/{ENV}/comes_otherwise@told/own/own": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/comes_otherwise@wrapped/own/own": (Status.ERRORED, Reason.FIXTURE_INVALID),
    **{
        f"load/{ENV}/{ENV}/left_alone{variant}/keras-v3/load-model": (Status.PASSED, None)
        for variant in ("", "@nan", "@sampled", "@uncertain", "@physics", "@slow", "@plain")
    },
    # What is frozen in it stays so.
    f"load/{ENV}/{ENV}/left_alone@frozen/keras-v3/load-model": (Status.DEGRADED, Reason.STRUCTURE_DIFFERS),
    # Of the optimizer alone, whose slots are not made yet.
    f"load/{ENV}/{ENV}/left_table/weights-h5/load-weights": (Status.DEGRADED, Reason.OPTIMIZER_LOST),
    f"load/{ENV}/{ENV}/left_table/saved-model/saved-model-load": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/many_inputs/saved-model/saved-model-load": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/nested_inputs/saved-model/saved-model-load": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/half_loaded/own/own": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    f"load/{ENV}/{ENV}/half_loaded@renamed/own/own": (Status.PASSED, None),
    f"load/{ENV}/{ENV}/half_loaded@exchanged/own/own": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    f"load/{ENV}/{ENV}/linked/own/own": (Status.PASSED, None),
    f"save/{ENV}/hindering/keras-v3": (Status.FAILED, Reason.TIMED_OUT),
    f"load/{ENV}/{ENV}/hindering/checkpoint/checkpoint-restore": (Status.PASSED, None),
    f"save/{ENV}/hindering@ported/keras-v3": (Status.FAILED, Reason.SAVE_RAISED),
    f"load/{ENV}/{ENV}/hindering@ported/checkpoint/checkpoint-restore": (Status.PASSED, None),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    reports = tmp_path_factory.mktemp("models")
    done = command("run", "--matrix", str(MATRIX), reports=reports)
    # A load that gives back no model leaves the result incomplete.
    assert done.returncode == 4, done.stdout + done.stderr
    return newest(reports)


@pytest.mark.parametrize("cell", SEEN)
def test_each_is_seen_as_what_it_is(run: Run, cell: str) -> None:
    found = run.outcomes[cell]
    assert (found.status, found.reason) == SEEN[cell], found


@pytest.mark.parametrize(
    ("cell", "check", "said"),
    [
        ("forgetful/keras-v3/load-model", "config", "kernel_regularizer: factor is 0.5 instead of 0.01"),
        ("forgetful@model/keras-v3/load-model", "config", "whole: share is 0.1 instead of 0.6"),
        ("forgetful@argument/keras-v3/load-model", "config", "share is 0.1 instead of 0.6"),
        ("forgetful@schedule/keras-v3/load-model", "optimizer", "learning_rate at step 75: 0.00999"),
        ("forgetful@loss/keras-v3/load-model", "compile", "Weighted: weight is 1.0 instead of 9.0"),
        ("forgetful_loop/keras-v3/load-model", "compile", "Weighted: weight is 1.0 instead of 9.0"),
        ("draws_in_training@two_forgetful/own/own", "optimizer", " iterations: 0 instead of 3"),
        ("says_otherwise@nameless/keras-v3/load-model", "config", "features: is called nameless"),
        ("thawed/own/own", "structure", "first/inner/kernel"),
        ("comes_otherwise@length/own/own", "config", "input 1 takes rows of 5 x 4 instead of rows of any x 4"),
        ("comes_otherwise@dict/own/own", "config", "outputs come as a list instead of a dict of end, start"),
        ("comes_otherwise@boundary/own/own", "optimizer", "schedule's boundaries: 149.0 instead of 101.0"),
        ("comes_otherwise@decay/own/own", "optimizer", "excluded from weight decay: 'nothing' instead of 'bias'"),
        ("left_alone@frozen/keras-v3/load-model", "structure", "'weights_as_before': True"),
        ("late_head/checkpoint/checkpoint-restore", "weights", "the next step, which makes some of them"),
    ],
)
def test_what_was_lost_is_named(run: Run, cell: str, check: str, said: str) -> None:
    assert said in str(details(run.outcomes[f"load/{ENV}/{ENV}/{cell}"], check))


def test_a_generator_of_its_own_is_not_taken_for_stillness(run: Run) -> None:
    """Of which the load brings no state: the step is taken with recorded gradients, and right."""
    found = run.outcomes[f"load/{ENV}/{ENV}/draws_in_training@seeded/own/own"]
    assert found.checks[Check.TRAIN_STEP] is CheckResult.PASSED
    assert found.notes["checks"]["train-step"]["taken"] == "with gradients drawn beforehand"


def test_no_weight_is_what_every_new_model_has(run: Run) -> None:
    """Otherwise a load that leaves biases, scales and statistics as they are made would look right."""
    assert details(run.outcomes[f"load/{ENV}/{ENV}/half_loaded/own/own"], "weights") == {
        "matched_by": "name",
        "differing": [f"sequential/{name}" for name in LOST],
    }


def test_weights_of_other_names_are_matched_by_their_values(run: Run) -> None:
    for what, differing in (("renamed", []), ("exchanged", ["sequential/dense/bias"])):
        found = details(run.outcomes[f"load/{ENV}/{ENV}/half_loaded@{what}/own/own"], "weights")
        assert found == {"matched_by": "value", "differing": differing, "unexpected": []}


def details(outcome: Outcome, check: str) -> object:
    """Return what a check of a cell noted."""
    return outcome.notes["checks"][check]

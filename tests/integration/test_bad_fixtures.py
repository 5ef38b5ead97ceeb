"""Fixtures that crash, hang, exhaust memory, fill the disk, write garbage, lie: each ends as what it is, and spares the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runner.model import Check, Outcome, Reason, Run, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

ENV = "tf2.15-py311"
BAD = Path(__file__).parent / "bad"

SAVES = {
    "save_crashes/h5": (Status.FAILED, Reason.CRASHED),
    "save_hangs/h5": (Status.FAILED, Reason.TIMED_OUT),
    "save_nothing/h5": (Status.FAILED, Reason.SAVE_WROTE_NOTHING),
    "save_garbage/h5": (Status.FAILED, Reason.ARTIFACT_INCOMPLETE),
    "save_garbage/keras-v3": (Status.FAILED, Reason.ARTIFACT_INCOMPLETE),
    "save_truncated/h5": (Status.FAILED, Reason.ARTIFACT_INCOMPLETE),
    "save_truncated/keras-v3": (Status.FAILED, Reason.ARTIFACT_INCOMPLETE),
    "save_less/h5": (Status.FAILED, Reason.ARTIFACT_INCOMPLETE),
    "save_fills_disk/h5": (Status.FAILED, Reason.DISK_FULL),
    "save_leaves/h5": (Status.FAILED, Reason.CRASHED),
    "save_noise/h5": (Status.PASSED, None),
    "load_hangs/h5": (Status.PASSED, None),
    "lies/h5": (Status.ERRORED, Reason.FIXTURE_INVALID),
    "two_builds/h5": (Status.ERRORED, Reason.FIXTURE_INVALID),
    "nonsense/h5": (Status.ERRORED, Reason.FIXTURE_INVALID),
    "not_a_number/h5": (Status.ERRORED, Reason.FIXTURE_INVALID),
    "no_import/h5": (Status.ERRORED, Reason.FIXTURE_INVALID),
    "no_signature/saved-model": (Status.PASSED, None),
    "needs_more/h5": (Status.UNSUPPORTED, Reason.NEED_UNMET),
    "own_way@other/own": (Status.ERRORED, Reason.FIXTURE_INVALID),
    "no_way/own": (Status.ERRORED, Reason.FIXTURE_INVALID),
    "own_badly@unwritable/own": (Status.ERRORED, Reason.PERMISSION_DENIED),
}

LOADS = {
    "save_crashes/h5/load-model": (Status.BLOCKED, Reason.BLOCKED_BY),
    "save_noise/h5/load-model": (Status.PASSED, None),
    "load_forgets/h5/load-model": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "load_forgets/keras-v3/load-model": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "load_forgets/weights-h5/load-weights": (Status.DEGRADED, Reason.OPTIMIZER_LOST),
    "load_crashes/h5/load-model": (Status.FAILED, Reason.CRASHED),
    "load_hangs/h5/load-model": (Status.FAILED, Reason.TIMED_OUT),
    "load_eats_memory/h5/load-model": (Status.FAILED, Reason.OUT_OF_MEMORY),
    "load_unregistered/h5/load-model": (Status.FAILED, Reason.CUSTOM_OBJECT_MISSING),
    "load_unregistered/keras-v3/load-model": (Status.FAILED, Reason.CUSTOM_OBJECT_MISSING),
    # No message says so there: 2.15 calls the name of the layer.
    "load_unregistered@functional/keras-v3/load-model": (Status.FAILED, Reason.CUSTOM_OBJECT_MISSING),
    "load_cannot_predict/h5/load-model": (Status.FAILED, Reason.PREDICT_RAISED),
    "load_thaws/h5/load-model": (Status.DEGRADED, Reason.STRUCTURE_DIFFERS),
    "no_signature/saved-model/saved-model-load": (Status.FAILED, Reason.SIGNATURE_DIFFERS),
    "wrong_signature/saved-model/saved-model-load": (Status.FAILED, Reason.SIGNATURE_DIFFERS),
    "wrong_signature/saved-model/serving": (Status.FAILED, Reason.SIGNATURE_DIFFERS),
    "load_miscounts/h5/load-model": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    "load_miscounts/keras-v3/load-model": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    "load_otherwise/own/own": (Status.PASSED, None),
    "load_otherwise@policy/own/own": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    "load_otherwise@vocabulary/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "load_otherwise@random/own/own": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    "load_saturates/h5/load-model": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "wrong_at_times/own/own": (Status.PASSED, None),
    "wrong_at_times@alone/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "wrong_at_times@zeros/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "wrong_at_times@unseen/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "load_loses_metrics/keras-v3/load-model": (Status.DEGRADED, Reason.COMPILE_LOST),
    "own_way/own/own": (Status.PASSED, None),
    "own_way@forgetful/own/own": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    "own_badly/own/own": (Status.PASSED, None),
    "own_badly@unreadable/own/own": (Status.ERRORED, Reason.PERMISSION_DENIED),
    "own_badly@once/own/own": (Status.ERRORED, Reason.FLAKY),
    "own_badly@dumb/own/own": (Status.ERRORED, Reason.BAD_RESULT),
    "not_built/weights-tf/load-weights": (Status.PASSED, None),
    "not_built/weights-h5/load-weights": (Status.FAILED, Reason.LOAD_RAISED),
    "changes_when_called/h5/load-model": (Status.PASSED, None),
    "changes_when_called/saved-model/saved-model-load": (Status.PASSED, None),
    "computes_otherwise/own/own": (Status.PASSED, None),
    "computes_otherwise@tiny/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "computes_otherwise@large/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "computes_otherwise@conjugate/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "computes_otherwise@type/own/own": (Status.DEGRADED, Reason.CONFIG_DIFFERS),
    "computes_otherwise@bfloat16/own/own": (Status.PASSED, None),
    "computes_otherwise@rounded/own/own": (Status.PASSED, None),
    "computes_otherwise@column/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "computes_otherwise@narrow/own/own": (Status.PASSED, None),
    "computes_otherwise@narrow_and_wrong/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "heads/saved-model/saved-model-load": (Status.PASSED, None),
    "swapped/own/saved-model-load": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    "trains_otherwise/own/own": (Status.PASSED, None),
    "trains_otherwise@chance/own/own": (Status.PASSED, None),
    "trains_otherwise@clip/own/own": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
    **{
        f"comes_back_less{variant}/own/own": (Status.DEGRADED, Reason.CONFIG_DIFFERS)
        for variant in ("@none", "@limits", "@settings", "@labels", "@initializer", "@renamed", "@twice", "@added", "@generators")
    },
    "comes_back_less/own/own": (Status.PASSED, None),
    "comes_back_less@statistics/own/own": (Status.DEGRADED, Reason.STRUCTURE_DIFFERS),
    "comes_back_less@copy/own/own": (Status.DEGRADED, Reason.STRUCTURE_DIFFERS),
    "comes_back_less@predict/own/own": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    **{
        f"loses_quietly{variant}/own/own": verdict
        for variant, verdict in {
            "": (Status.PASSED, None),
            **dict.fromkeys(("@kept", "@twins", "@renamed"), (Status.DEGRADED, Reason.CONFIG_DIFFERS)),
            **dict.fromkeys(("@column", "@predict", "@predicts"), (Status.FAILED, Reason.OUTPUTS_DIFFER)),
            **dict.fromkeys(("@tested", "@delta", "@threshold", "@weighted", "@weights"), (Status.DEGRADED, Reason.COMPILE_LOST)),
        }.items()
    },
    "rounds_otherwise/own/own": (Status.PASSED, None),
    "rounds_otherwise@deep/own/own": (Status.PASSED, None),
    "rounds_otherwise@wrong/own/own": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
    "trains_by_own/own/own": (Status.PASSED, None),
    "trains_by_own@setting/own/own": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
    "trains_by_own@count/own/own": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
    "trains_by_own@margin/own/own": (Status.DEGRADED, Reason.COMPILE_LOST),
    "trains_by_own@classes/own/own": (Status.DEGRADED, Reason.COMPILE_LOST),
    "trains_by_own@slow/own/own": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
    **{
        f"draws_in_training{variant}/own/own": verdict
        for variant, verdict in {
            "": (Status.PASSED, None),
            "@frozen": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
            "@step": (Status.DEGRADED, Reason.TRAIN_STEP_DIFFERS),
            "@two": (Status.PASSED, None),
            "@two_forgetful": (Status.DEGRADED, Reason.OPTIMIZER_DIFFERS),
            "@unstoppable": (Status.PASSED, None),
        }.items()
    },
    "restores_nothing/own/own": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    "restores_nothing@adapted/own/own": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    "needs_more/h5/load-model": (Status.UNSUPPORTED, Reason.NEED_UNMET),
    "lies/h5/load-model": (Status.BLOCKED, Reason.BLOCKED_BY),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    reports = tmp_path_factory.mktemp("bad")
    # A copy, since one of them leaves a mark beside itself.
    bad = shutil.copytree(BAD, reports / "fixtures", ignore=shutil.ignore_patterns("__pycache__"))
    done = command("run", "--matrix", str(bad / "matrix.yaml"), reports=reports)
    # Fixtures that are invalid leave the result incomplete: that is what the exit code says.
    assert done.returncode == 4, done.stdout + done.stderr
    return newest(reports)


def outcome(run: Run, cell: str) -> Outcome:
    return run.outcomes[cell]


@pytest.mark.parametrize("cell", SAVES)
def test_saves_end_as_what_they_are(run: Run, cell: str) -> None:
    found = outcome(run, f"save/{ENV}/{cell}")
    assert (found.status, found.reason) == SAVES[cell], found


@pytest.mark.parametrize("cell", LOADS)
def test_loads_end_as_what_they_are(run: Run, cell: str) -> None:
    found = outcome(run, f"load/{ENV}/{ENV}/{cell}")
    assert (found.status, found.reason) == LOADS[cell], found


def test_every_cell_has_one_outcome_and_failures_are_confirmed(run: Run) -> None:
    assert run.complete
    assert len(run.outcomes) == run.header.planned
    failed = [item for item in run.outcomes.values() if item.status is Status.FAILED and not item.canary]
    assert failed
    assert all(item.confirmed for item in failed)


def test_equal_weights_do_not_make_a_pass(run: Run) -> None:
    found = outcome(run, f"load/{ENV}/{ENV}/load_forgets/h5/load-model")
    assert found.checks[Check.WEIGHTS] == "passed"
    assert found.checks[Check.OUTPUTS] == "failed"
    assert found.differences["outputs"] > 0.01


def test_awkward_inputs_show_what_usual_ones_do_not(run: Run) -> None:
    found = outcome(run, f"load/{ENV}/{ENV}/load_saturates/h5/load-model")
    assert found.notes["checks"]["outputs"]["differing"] == ["values times 100"]
    for what, name in (("alone", "the first row alone"), ("zeros", "all zeros"), ("unseen", "values never seen")):
        outputs = outcome(run, f"load/{ENV}/{ENV}/wrong_at_times@{what}/own/own").notes["checks"]["outputs"]
        assert outputs["differing"] == [name]
        assert outputs["compared"] == ["the usual inputs", "the first row alone", "all zeros", "values times 100", "values never seen"]


def test_what_is_lost_beside_the_values_is_named(run: Run) -> None:
    found = outcome(run, f"load/{ENV}/{ENV}/load_miscounts/keras-v3/load-model")
    assert found.notes["checks"]["config"]["problems"] == ["bad: rounds is 5 instead of 4 (a class of yours: Bad)"]
    for what, problem in (
        ("policy", "flat: the dtype policy is float32 instead of float64"),
        ("vocabulary", "lookup: token 3 of the vocabulary is '50' instead of '40'"),
        ("random", "flip: the state of its random generator"),
    ):
        assert outcome(run, f"load/{ENV}/{ENV}/load_otherwise@{what}/own/own").notes["checks"]["config"]["problems"] == [problem]
    assert outcome(run, f"load/{ENV}/{ENV}/load_loses_metrics/keras-v3/load-model").notes["checks"]["compile"]["expected"] == (
        "the metrics mean_absolute_error"
    )


@pytest.mark.parametrize(("what", "name"), [("loss", "loss"), ("metric", "above")])
def test_a_loss_or_metric_of_the_same_name_and_another_value_is_another_one(run: Run, what: str, name: str) -> None:
    checks = outcome(run, f"load/{ENV}/{ENV}/trains_otherwise@{what}/own/own").notes["checks"]
    assert name in checks["compile"]["values"]


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ("none", "own: rate is None instead of 0.4 (a class of yours: Own)"),
        ("limits", "own: limits is [0.0, 2.0] instead of [0.0, 1.0] (a class of yours: Own)"),
        ("settings", "own: settings is {'depth': 2} instead of {'depth': 3} (a class of yours: Own)"),
        ("labels", "own: labels is ['dog', 'cat'] instead of ['cat', 'dog'] (a class of yours: Own)"),
        ("initializer", "own: start_initializer: centre is 2.0 instead of 0.5 (a class of yours: Own)"),
        ("renamed", "own: rate is 0.1 instead of 0.4 (a class of yours: Own)"),
        ("twice", "own: rate is 0.1 instead of 0.4 (a class of yours: Own)"),
        ("generators", "noise: the state of its random generator"),
    ],
)
def test_what_ones_own_class_was_made_with_is_named(run: Run, what: str, problem: str) -> None:
    assert outcome(run, f"load/{ENV}/{ENV}/comes_back_less@{what}/own/own").notes["checks"]["config"]["problems"] == [problem]


@pytest.mark.parametrize(
    ("what", "check", "problem"),
    [
        ("kept", "config", "own: p is 0.1 instead of 0.5 (a class of yours: Drop)"),
        ("twins", "config", "twin: rate is 0.05 instead of 0.5"),
        ("renamed", "config", "twin: rate is 0.05 instead of 0.5"),
        ("delta", "compile", "Keras's Huber: delta is 60.0 instead of 50.0"),
        ("threshold", "compile", "Keras's BinaryAccuracy: threshold is 90.0 instead of 80.0"),
        ("weighted", "compile", "weighted metrics is 0 instead of 1"),
        ("weights", "compile", "loss_weights is [0.6] instead of [0.5]"),
    ],
)
def test_what_the_usual_data_do_not_show_is_named(run: Run, what: str, check: str, problem: str) -> None:
    assert problem in outcome(run, f"load/{ENV}/{ENV}/loses_quietly@{what}/own/own").notes["checks"][check]["problems"]


def test_one_wild_column_hides_no_error_in_another(run: Run) -> None:
    assert outcome(run, f"load/{ENV}/{ENV}/loses_quietly@column/own/own").differences["outputs"] > 1e-3
    tested = outcome(run, f"load/{ENV}/{ENV}/loses_quietly@tested/own/own").notes["checks"]["compile"]
    assert tested["told_by"] == "its own test_step"


def test_what_a_model_adds_to_its_loss_and_predicts_is_compared(run: Run) -> None:
    checks = outcome(run, f"load/{ENV}/{ENV}/comes_back_less@added/own/own").notes["checks"]
    assert checks["config"]["problems"][0].startswith("the model adds ")
    checks = outcome(run, f"load/{ENV}/{ENV}/comes_back_less@predict/own/own").notes["checks"]
    assert checks["outputs"]["differing"] == ["what predict gives"]
    checks = outcome(run, f"load/{ENV}/{ENV}/comes_back_less@statistics/own/own").notes["checks"]
    assert checks["structure"]["trainable_differs"] == ["inside"]


def test_rounding_is_no_difference(run: Run) -> None:
    deep = outcome(run, f"load/{ENV}/{ENV}/rounds_otherwise@deep/own/own")
    assert deep.differences["outputs"] > 1e-4
    bias = outcome(run, f"load/{ENV}/{ENV}/rounds_otherwise/own/own")
    assert bias.differences["train-step"] > 1e-5
    assert bias.notes["checks"]["train-step"]["told_apart"]


@pytest.mark.parametrize(
    ("what", "check", "problem"),
    [
        ("setting", "optimizer", "every: 7 instead of 6"),
        ("count", "optimizer", "1 of 5 slots differ"),
        ("margin", "compile", "Within: margin is 1000000.0 instead of 1000.0"),
    ],
)
def test_what_ones_own_code_needs_for_training_is_named(run: Run, what: str, check: str, problem: str) -> None:
    assert outcome(run, f"load/{ENV}/{ENV}/trains_by_own@{what}/own/own").notes["checks"][check]["problems"] == [problem]


def test_slots_that_came_back_otherwise_are_named(run: Run) -> None:
    noted = outcome(run, f"load/{ENV}/{ENV}/trains_by_own@count/own/own").notes["checks"]["optimizer"]
    assert (noted["class"], noted["slots_differing"]) == ("Pausing", ["count"])


def test_what_only_slots_or_one_number_of_a_metric_show_is_told(run: Run) -> None:
    values = outcome(run, f"load/{ENV}/{ENV}/trains_by_own@classes/own/own").notes["checks"]["compile"]["values"]
    assert set(values) <= {"of_each[0]", "of_each[1]", "of_each[2]"}
    step = outcome(run, f"load/{ENV}/{ENV}/trains_by_own@slow/own/own").notes["checks"]["train-step"]
    assert step["slots"] == "2 of 5 slots differ after the step"
    assert not step["told_apart"]


@pytest.mark.parametrize(
    ("what", "taken"),
    [
        ("", "with layers of chance kept still"),
        ("@unstoppable", "with gradients drawn beforehand"),
    ],
)
def test_a_model_that_draws_in_training_takes_its_next_step_without_chance(run: Run, what: str, taken: str) -> None:
    found = outcome(run, f"load/{ENV}/{ENV}/draws_in_training{what}/own/own")
    checks = found.checks
    assert (checks[Check.COMPILE], checks[Check.OPTIMIZER], checks[Check.TRAIN_STEP]) == ("passed", "passed", "passed")
    assert found.notes["checks"]["train-step"]["taken"] == taken


def test_a_failure_that_does_not_come_again_is_no_finding(run: Run) -> None:
    found = outcome(run, f"load/{ENV}/{ENV}/own_badly@once/own/own")
    assert [(attempt["status"], attempt["isolation"]) for attempt in found.notes["attempts"]] == [
        ("failed", "shared"),
        ("passed", "process"),
    ]
    assert (found.attempts, found.confirmed) == (2, False)


def test_the_object_that_was_missing_is_named(run: Run) -> None:
    for rest in ("load_unregistered/h5", "load_unregistered@functional/keras-v3"):
        assert outcome(run, f"load/{ENV}/{ENV}/{rest}/load-model").notes["missing_object"] == "Bad"


def test_blocked_cells_name_what_blocks_them(run: Run) -> None:
    assert outcome(run, f"load/{ENV}/{ENV}/save_crashes/h5/load-model").blocked_by == f"save/{ENV}/save_crashes/h5"

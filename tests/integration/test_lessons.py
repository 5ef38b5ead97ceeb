"""What saving and loading really does across versions, each point a trap for a naive runner, on real TensorFlow.

`tests/unit/test_every_lesson.py` has all of them, with the tests elsewhere that hold to the others.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Outcome, Reason, Run, Stage, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

OLDEST, OLD, NEW = "tf1.15-py37", "tf2.15-py311", "tf2.21-py311"
PASSED, FAILED = CheckResult.PASSED, CheckResult.FAILED


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    reports = tmp_path_factory.mktemp("lessons")
    done = command("run", "--matrix", str(Path(__file__).parent / "lessons.yaml"), reports=reports)
    assert done.returncode == 0, done.stdout + done.stderr
    return newest(reports)


def load(run: Run, producer: str, consumer: str, rest: str) -> Outcome:
    return run.outcomes[f"load/{producer}/{consumer}/{rest}"]


def test_each_format_is_saved_from_a_model_of_its_own(run: Run) -> None:
    """In Keras 3 `save("x.h5")` changes the model: a .keras file of the same object would have lost the optimizer."""
    assert run.outcomes[f"save/{NEW}/sequential/h5"].status is Status.PASSED
    found = load(run, NEW, NEW, "sequential/keras-v3/load-model")
    assert (found.status, found.checks[Check.OPTIMIZER]) == (Status.PASSED, PASSED), found


def test_a_load_that_does_nothing_is_no_pass(run: Run) -> None:
    found = load(run, NEW, NEW, "misuse_restore_renamed/checkpoint/checkpoint-restore")
    assert (found.status, found.reason, found.error) == (Status.FAILED, Reason.WEIGHTS_DIFFER, None)


def test_equal_weights_are_not_equal_outputs(run: Run) -> None:
    found = load(run, OLD, NEW, "hard_sigmoid/h5/load-model-nocompile")
    assert (found.checks[Check.WEIGHTS], found.checks[Check.OUTPUTS], found.reason) == (PASSED, FAILED, Reason.OUTPUTS_DIFFER), found


def test_restored_is_told_from_silently_reset_by_two_references(run: Run) -> None:
    assert load(run, OLD, OLD, "sequential/h5/load-model").notes["checks"]["train-step"]["told_apart"] is True


def test_what_dies_unrestored_is_heard_to_the_end(run: Run) -> None:
    """A restore that matches nothing raises nothing, and warns when its objects die."""
    silent = load(run, OLD, OLD, "misuse_restore_renamed/checkpoint/checkpoint-restore")
    assert any(warning.partial for warning in silent.warnings), silent
    assert load(run, OLD, OLD, "misuse_restore_renamed/checkpoint/checkpoint-restore-asserted").reason is Reason.LOAD_RAISED


def test_every_producer_loads_its_own(run: Run) -> None:
    own = {outcome.producer for outcome in run.outcomes.values() if outcome.stage is Stage.LOAD and outcome.producer == outcome.consumer}
    assert own == {OLDEST, OLD, NEW}


def test_a_save_that_succeeds_proves_nothing(run: Run) -> None:
    assert run.outcomes[f"save/{OLD}/sequential/keras-v3"].status is Status.PASSED
    assert load(run, OLD, NEW, "sequential/keras-v3/load-model").status is Status.FAILED


def test_compiled_or_not_decides(run: Run) -> None:
    compiled, plain = (load(run, NEW, NEW, f"{name}/h5/load-model") for name in ("sequential", "sequential@uncompiled"))
    assert (plain.status, compiled.status) == (Status.PASSED, Status.DEGRADED)


def test_files_are_written_under_the_names_that_decide(run: Run) -> None:
    names = {"h5": {"model.h5"}, "keras-v3": {"model.keras"}, "checkpoint": {"ckpt-1.index", "ckpt-1.data-00000-of-00001", "checkpoint"}}
    for outcome in run.outcomes.values():
        if outcome.stage is Stage.SAVE and outcome.status is Status.PASSED and not outcome.canary:
            assert {file["path"] for file in outcome.notes["files"]} == names[str(outcome.format)], outcome.id


def test_the_oldest_runs_eagerly_like_the_others(run: Run) -> None:
    found = load(run, OLDEST, OLDEST, "sequential/h5/load-model")
    assert found.checks[Check.OUTPUTS] is PASSED, found
    assert load(run, OLDEST, OLD, "sequential/h5/load-model").status is Status.PASSED

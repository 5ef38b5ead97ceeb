"""The main job on real TensorFlow: Keras 2 on Python 3.8 and 3.11, Keras 3 on 3.11. What is expected here was measured by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.model import Check, Reason, Run, Stage, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

MATRIX = Path(__file__).parent / "small.yaml"
OLD, K2, K3 = "tf2.4-tfa0.14-py38", "tf2.15-py311", "tf2.21-py311"

SEEN = {
    f"save/{OLD}/sequential/keras-v3": (Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED),
    f"save/{K3}/sequential/keras-dir": (Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED),
    f"save/{OLD}/custom_layer_bare/h5": (Status.FAILED, Reason.SAVE_RAISED),
    f"save/{K3}/tfa_spectral_norm/h5": (Status.UNSUPPORTED, Reason.NEED_UNMET),
    f"load/{OLD}/{K2}/sequential/h5/load-model-nocompile": (Status.PASSED, None),
    f"load/{OLD}/{K3}/sequential/h5/load-model-nocompile": (Status.PASSED, None),
    f"load/{OLD}/{K2}/custom_layer_bare/h5/load-model": (Status.BLOCKED, Reason.BLOCKED_BY),
    f"load/{OLD}/{OLD}/sequential/keras-dir/load-model": (Status.DEGRADED, Reason.OPTIMIZER_LOST),
    f"load/{K2}/{K3}/sequential/keras-dir/load-model": (Status.FAILED, Reason.LOAD_RAISED),
    f"load/{K2}/{K3}/sequential/keras-dir/saved-model-load": (Status.PASSED, None),
    f"load/{K2}/{K2}/sequential/keras-v3/load-model": (Status.PASSED, None),
    f"load/{K2}/{K2}/sequential/keras-v3/load-weights": (Status.DEGRADED, Reason.PARTIAL_RESTORE),
    f"load/{K2}/{K3}/sequential/keras-v3/load-model": (Status.FAILED, Reason.LOAD_RAISED),
    f"load/{K3}/{K3}/sequential/keras-v3/load-model": (Status.PASSED, None),
    f"load/{K3}/{K3}/sequential/h5/load-model": (Status.DEGRADED, Reason.TRAIN_STEP_RAISED),
    f"load/{OLD}/{OLD}/sequential/weights-tf/load-weights": (Status.PASSED, None),
    # Keras 2.11 put another optimizer under the same name, and refuses what the older one left in a checkpoint.
    f"load/{OLD}/{K2}/sequential/weights-tf/load-weights": (Status.FAILED, Reason.LOAD_RAISED),
    f"load/{OLD}/{OLD}/custom_training_loop/checkpoint/checkpoint-restore-asserted": (Status.PASSED, None),
    f"load/{K3}/{K3}/custom_training_loop/checkpoint/checkpoint-restore": (Status.PASSED, None),
    # Nothing is raised, and nothing right was restored.
    f"load/{K2}/{K3}/sequential/checkpoint/checkpoint-restore": (Status.FAILED, Reason.WEIGHTS_DIFFER),
    f"load/{K2}/{K3}/sequential/checkpoint/checkpoint-restore-asserted": (Status.FAILED, Reason.LOAD_RAISED),
}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("small")
    done = command("run", "--matrix", str(MATRIX), reports=place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "silent" in done.stdout
    return place


@pytest.fixture(scope="module")
def run(reports: Path) -> Run:
    return newest(reports)


@pytest.mark.parametrize("cell", SEEN)
def test_verdicts_are_those_seen_by_hand(run: Run, cell: str) -> None:
    found = run.outcomes[cell]
    assert (found.status, found.reason) == SEEN[cell], found


def test_the_run_is_complete_and_says_what_was_installed(run: Run) -> None:
    assert run.complete
    assert len(run.outcomes) == run.header.planned
    build = run.outcomes[f"build/{K2}"]
    assert build.status is Status.PASSED
    assert '"2.15.1"' in json.dumps(build.notes)


def test_a_degraded_cell_says_what_the_next_step_told(run: Run) -> None:
    found = run.outcomes[f"load/{OLD}/{OLD}/sequential/keras-dir/load-model"]
    assert found.checks[Check.OUTPUTS] == "passed"
    assert found.notes["checks"]["train-step"]["like_fresh"] is True
    assert found.notes["checks"]["train-step"]["told_apart"] is True


def test_again_redoes_nothing_and_says_so(reports: Path, run: Run) -> None:
    done = command("run", "--matrix", str(MATRIX), reports=reports)
    assert done.returncode == 0, done.stdout + done.stderr
    again = newest(reports)
    assert again.header.run != run.header.run
    assert {cell: item.status for cell, item in again.outcomes.items()} == {cell: item.status for cell, item in run.outcomes.items()}
    ran = [item for item in again.outcomes.values() if item.reused_from is None and item.status is not Status.BLOCKED]
    assert [item.id for item in ran if item.stage is not Stage.BUILD and item.status is not Status.UNSUPPORTED] == []
    assert again.footer is not None and again.footer.duration_s < (run.footer.duration_s if run.footer else 0)


def test_one_cell_can_be_shown_and_reproduced(reports: Path, run: Run) -> None:
    cell = f"load/{K2}/{K3}/sequential/keras-dir/load-model"
    shown = command("show", cell, reports=reports)
    assert shown.returncode == 0, shown.stderr
    assert "load-raised" in shown.stdout
    assert "ValueError" in shown.stdout
    again = command("reproduce", cell, "--matrix", str(MATRIX), reports=reports)
    assert again.returncode == 0, again.stderr
    assert "load-raised" in again.stdout
    assert "Keras 3 only supports" in again.stdout
    assert (
        f"load/{K2}/{K3}/sequential/keras-dir/load-model" in command("show", cell.replace("keras-dir", "keras-di"), reports=reports).stderr
    )


def test_reports_are_written_to_files(reports: Path, run: Run, tmp_path: Path) -> None:
    for form in ("markdown", "json"):
        target = tmp_path / form
        done = command("report", "--as", form, "--output", str(target), reports=reports)
        assert done.returncode == 0, done.stderr
        assert K3 in target.read_text()

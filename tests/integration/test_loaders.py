"""Every loader with every format that it reads, on Keras 2 and on Keras 3 with tf-keras beside it. What is expected here was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.formats import FORMATS
from runner.model import Reason, Run, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

MATRIX = Path(__file__).parent / "loaders.yaml"
K2, K3 = "tf2.15-py311", "tf2.18-py311-and-tfkeras"

PASSED = (Status.PASSED, None)
RAISED = (Status.FAILED, Reason.LOAD_RAISED)
WITHOUT = (Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED)
NO_FORMAT = (Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED)
FRESH = (Status.DEGRADED, Reason.OPTIMIZER_LOST)
WARNED = (Status.DEGRADED, Reason.PARTIAL_RESTORE)

# Format and loader, then what comes of it on Keras 2 and on Keras 3, each with a file of its own.
OWN = {
    ("saved-model", "saved-model-load"): (PASSED, PASSED),
    # What tf.saved_model.save writes of a model of Keras 3 has variables that no session finds.
    ("saved-model", "serving"): (PASSED, (Status.FAILED, Reason.PREDICT_RAISED)),
    ("saved-model", "tfsm-layer"): (WITHOUT, PASSED),
    # It has no metadata of Keras, and Keras 3 reads no directories at all.
    ("saved-model", "load-model"): (RAISED, RAISED),
    ("keras-dir", "load-model"): (FRESH, NO_FORMAT),
    ("keras-dir", "load-model-nocompile"): (PASSED, NO_FORMAT),
    ("keras-dir", "legacy-load-model"): (WITHOUT, NO_FORMAT),
    ("keras-dir", "saved-model-load"): (PASSED, NO_FORMAT),
    ("keras-dir", "serving"): (PASSED, NO_FORMAT),
    ("keras-dir", "tfsm-layer"): (WITHOUT, NO_FORMAT),
    ("export", "saved-model-load"): (PASSED, PASSED),
    ("export", "serving"): (PASSED, PASSED),
    ("export", "tfsm-layer"): (WITHOUT, PASSED),
    # Keras 3 makes the optimizer of a model from HDF5 before it knows the variables, and cannot train with it.
    ("h5", "load-model"): (PASSED, (Status.DEGRADED, Reason.TRAIN_STEP_RAISED)),
    ("h5", "load-model-nocompile"): (PASSED, PASSED),
    # tf-keras does not know the InputLayer of Keras 3.
    ("h5", "legacy-load-model"): (WITHOUT, RAISED),
    # Weights out of a whole model's file: no optimizer is promised.
    ("h5", "load-weights"): (PASSED, PASSED),
    ("h5", "load-weights-by-name"): (PASSED, PASSED),
    ("h5", "load-weights-skip-mismatch"): (PASSED, PASSED),
    ("keras-v3", "load-model"): (PASSED, PASSED),
    ("keras-v3", "load-model-nocompile"): (PASSED, PASSED),
    ("keras-v3", "load-model-unsafe"): (PASSED, PASSED),
    ("keras-v3", "legacy-load-model"): (WITHOUT, RAISED),
    # An optimizer has no slots before its first step: those in the file are skipped with a warning.
    ("keras-v3", "load-weights"): (WARNED, WARNED),
    # The same, and the optimizer is owed here: it is all that this file has besides the weights.
    ("weights-h5", "load-weights"): (FRESH, FRESH),
    # Keras 2 takes by_name for this file and does not mind it; Keras 3 refuses it.
    ("weights-h5", "load-weights-by-name"): (WARNED, RAISED),
    ("weights-h5", "load-weights-skip-mismatch"): (WARNED, WARNED),
    ("weights-tf", "load-weights"): (PASSED, NO_FORMAT),
    ("json-weights", "model-from-json"): (PASSED, PASSED),
    ("checkpoint", "checkpoint-restore"): (PASSED, PASSED),
    ("checkpoint", "checkpoint-restore-asserted"): (PASSED, PASSED),
}

# Files of Keras 2 where Keras 3 and tf-keras are.
ACROSS = {
    ("keras-dir", "load-model"): RAISED,
    # As Keras 2 itself reads it.
    ("keras-dir", "legacy-load-model"): FRESH,
    ("keras-dir", "tfsm-layer"): PASSED,
    ("h5", "legacy-load-model"): PASSED,
    ("keras-v3", "legacy-load-model"): PASSED,
}

SEEN = {
    f"load/{environment}/{environment}/sequential/{format_}/{loader}": expected[index]
    for (format_, loader), expected in OWN.items()
    for index, environment in enumerate((K2, K3))
} | {f"load/{K2}/{K3}/sequential/{format_}/{loader}": expected for (format_, loader), expected in ACROSS.items()}
# A load of the user's own may give back a model of tf-keras.
SEEN[f"load/{K2}/{K3}/legacy_load/own/own"] = PASSED


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, ...]:
    """The second run takes over what the first one saved."""
    place = tmp_path_factory.mktemp("loaders")
    found = []
    for profile in ("each", "legacy"):
        done = command("run", "--matrix", str(MATRIX), "--profile", profile, reports=place)
        assert done.returncode == 0, done.stdout + done.stderr
        found.append(newest(place))
    return tuple(found)


@pytest.mark.parametrize("cell", SEEN)
def test_verdicts_are_those_seen_by_hand(runs: tuple[Run, ...], cell: str) -> None:
    found = next(run.outcomes[cell] for run in runs if cell in run.outcomes)
    assert (found.status, found.reason) == SEEN[cell], found


def test_no_format_and_no_loader_is_left_out() -> None:
    """Whoever adds a loader says here what it does. The loader `own` is the fixture's: those of `test_bad_fixtures` have it."""
    assert set(OWN) == {(format_, loader) for format_, loaders in FORMATS.items() for loader in loaders if loader != "own"}

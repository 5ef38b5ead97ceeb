"""Models with Python code in them, on Keras 2 and 3: where the code is decides, and what was missing is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Outcome, Reason, Status
from tests.integration.asking import asked

pytestmark = pytest.mark.integration

K2, K3 = "tf2.15-py311", "tf2.21-py311"
MATRIX = Path(__file__).parent / "catalogue.yaml"

PASSED = (Status.PASSED, None, None)
RAISED = (Status.FAILED, Reason.LOAD_RAISED, None)


def missing(name: str) -> tuple[Status, Reason, str]:
    return Status.FAILED, Reason.CUSTOM_OBJECT_MISSING, name


SEEN = {
    # Both refuse a lambda, unless told that the file is trusted.
    f"{K2}/lambda_layer/keras-v3/load-model": RAISED,
    f"{K2}/lambda_layer/keras-v3/load-model-unsafe": PASSED,
    f"{K3}/lambda_layer/keras-v3/load-model": RAISED,
    f"{K3}/lambda_layer/keras-v3/load-model-unsafe": PASSED,
    f"{K2}/unregistered_layer/keras-v3/load-model": PASSED,
    f"{K2}/unregistered_layer@same/keras-v3/load-model": missing("ShiftedDense"),
    f"{K2}/unregistered_layer@absent/keras-v3/load-model": missing("ShiftedDense"),
    f"{K3}/unregistered_layer/keras-v3/load-model": PASSED,
    f"{K3}/unregistered_layer@same/keras-v3/load-model": missing("ShiftedDense"),
    f"{K3}/unregistered_layer@absent/keras-v3/load-model": missing("ShiftedDense"),
    # Registered, it is found wherever the module is, if only it was imported.
    f"{K2}/registered_layer@moved/keras-v3/load-model": PASSED,
    f"{K2}/registered_layer@absent/keras-v3/load-model": missing("ScaledDense"),
    f"{K3}/registered_layer@moved/keras-v3/load-model": PASSED,
    f"{K3}/registered_layer@absent/keras-v3/load-model": missing("ScaledDense"),
    f"{K2}/custom_loss@absent/h5/load-model": missing("asymmetric"),
    f"{K3}/custom_loss@absent/h5/load-model": missing("asymmetric"),
    f"{K2}/custom_metric@absent/h5/load-model": missing("Close"),
    f"{K3}/custom_regularizer@absent/keras-v3/load-model": missing("Cubic"),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return asked(MATRIX, "code", tmp_path_factory.mktemp("code"))


def load(outcomes: dict[str, Outcome], cell: str) -> Outcome:
    environment, _, rest = cell.partition("/")
    return outcomes[f"load/{environment}/{environment}/{rest}"]


@pytest.mark.parametrize("cell", SEEN)
def test_verdicts_are_those_seen_by_hand(outcomes: dict[str, Outcome], cell: str) -> None:
    found = load(outcomes, cell)
    assert (found.status, found.reason, found.notes.get("missing_object")) == SEEN[cell], found


def test_no_fixture_is_at_fault(outcomes: dict[str, Outcome]) -> None:
    assert not [outcome.id for outcome in outcomes.values() if outcome.status is Status.ERRORED]


def test_a_load_without_the_regularizer_is_no_pass(outcomes: dict[str, Outcome]) -> None:
    """Keras 2 loads a .keras file without it, raises nothing, and cannot train."""
    found = load(outcomes, f"{K2}/custom_regularizer@absent/keras-v3/load-model")
    assert found.checks[Check.OUTPUTS] is CheckResult.PASSED
    assert (found.status, found.reason) == (Status.DEGRADED, Reason.TRAIN_STEP_RAISED)


def test_a_load_without_the_metric_is_no_pass(outcomes: dict[str, Outcome]) -> None:
    """Keras 3 loads an .h5 file without it and raises nothing."""
    found = load(outcomes, f"{K3}/custom_metric@absent/h5/load-model")
    assert found.checks[Check.OUTPUTS] is CheckResult.PASSED
    assert found.status is Status.DEGRADED

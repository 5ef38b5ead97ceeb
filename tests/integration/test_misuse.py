"""What people really write and should not, on a real Keras 2 and 3: each misuse comes to the finding that is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Outcome, Reason, Status
from tests.documents import ROOT
from tests.integration.asking import asked

pytestmark = pytest.mark.integration

KERAS_2, KERAS_3 = "tf2.15-py311", "tf2.21-py311"
MATRIX = Path(__file__).parent / "catalogue.yaml"

# What Keras 2 says, and what Keras 3: nothing where it does it.
SAVES = {
    "misuse_weights_list/own": ("Expected an object of type `Trackable`",) * 2,
    "misuse_no_extension/own": (None, "Invalid filepath extension for saving"),
    "misuse_save_unbuilt/own": (None, "has not yet been built"),
}
NOT_BOUND = "not bound to checkpointed values"
RAISES = {
    "misuse_save_unbuilt/own/own": ("but received 0 variables", None),
    "misuse_load_into_unbuilt/weights-h5/load-weights": ("expected 0 variables", "has not yet been built"),
    "misuse_load_into_wider/weights-h5/load-weights": ("Shape mismatch", "could not be loaded"),
    "misuse_load_into_deeper/weights-h5/load-weights": ("Shape mismatch", "could not be loaded"),
    "misuse_load_model_of_weights/weights-h5/load-model": ("No model config found",) * 2,
    "misuse_restore_renamed/checkpoint/checkpoint-restore-asserted": (NOT_BOUND,) * 2,
}
# What Keras 2 does rightly.
RIGHT = ("misuse_no_extension/own/load-model", "misuse_load_into_unbuilt/weights-tf/load-weights")
# Silent, and whether there was at least a warning.
SILENT = {
    "misuse_load_into_wider/weights-h5/load-weights-skip-mismatch": True,
    "misuse_load_into_wider/h5/load-weights-skip-mismatch": True,
    "misuse_load_into_deeper/h5/load-weights-by-name": False,
    "misuse_by_name_renamed/h5/load-weights-by-name": False,
    "misuse_restore_renamed/checkpoint/checkpoint-restore": True,
    "misuse_restore_other_keyword/own/own": True,
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    place = tmp_path_factory.mktemp("misuse")
    return {**asked(MATRIX, "misuse", place), **asked(MATRIX, "misuse_earlier", place)}


def each(said: Mapping[str, tuple[str | None, ...]]) -> list[tuple[str, str, str]]:
    """Return environment, cell and message of what raises."""
    pairs = zip((KERAS_2, KERAS_3), range(2), strict=True)
    return [(environment, cell, text) for environment, index in pairs for cell, texts in said.items() if (text := texts[index])]


def test_nothing_is_expected_in_vain(outcomes: dict[str, Outcome]) -> None:
    """Every misuse is here and in the document; none of them is a fixture at fault, and what passes is known."""
    found = {outcome.fixture for outcome in outcomes.values()}
    expected = {cell.split("/")[0] for cell in (*SAVES, *RAISES, *SILENT, *RIGHT)}
    assert found == expected
    assert not [outcome.id for outcome in outcomes.values() if outcome.status is Status.ERRORED]
    passed = {outcome.id for outcome in outcomes.values() if outcome.status is Status.PASSED and outcome.loader}
    assert passed == {f"load/{KERAS_2}/{KERAS_2}/{cell}" for cell in RIGHT}
    text = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert not [name for name in sorted(expected) if f"`{name}`" not in text]


@pytest.mark.parametrize(("environment", "cell", "said"), each(SAVES))
def test_saves_that_raise(outcomes: dict[str, Outcome], environment: str, cell: str, said: str) -> None:
    found = outcomes[f"save/{environment}/{cell}"]
    assert (found.status, found.reason) == (Status.FAILED, Reason.SAVE_RAISED), found
    assert found.error is not None
    assert said in found.error.message


@pytest.mark.parametrize(("environment", "cell", "said"), each(RAISES))
def test_loads_that_raise(outcomes: dict[str, Outcome], environment: str, cell: str, said: str) -> None:
    found = outcomes[f"load/{environment}/{environment}/{cell}"]
    assert (found.status, found.reason) == (Status.FAILED, Reason.LOAD_RAISED), found
    assert found.error is not None
    assert said in found.error.message


@pytest.mark.parametrize("environment", [KERAS_2, KERAS_3])
@pytest.mark.parametrize("cell", SILENT)
def test_loads_that_say_nothing(outcomes: dict[str, Outcome], environment: str, cell: str) -> None:
    found = outcomes[f"load/{environment}/{environment}/{cell}"]
    assert (found.status, found.reason) == (Status.FAILED, Reason.WEIGHTS_DIFFER), found
    assert found.error is None
    assert found.checks[Check.OUTPUTS] is CheckResult.FAILED
    assert any(warning.partial for warning in found.warnings) is SILENT[cell]

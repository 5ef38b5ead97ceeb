"""What people really write and should not, on a real Keras 3: each misuse comes to the finding that is expected of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Outcome, Reason, Status
from tests.documents import ROOT
from tests.integration.asking import asked

pytestmark = pytest.mark.integration

ENV = "tf2.21-py311"
MATRIX = Path(__file__).parent / "catalogue.yaml"

SAVES = {
    "misuse_weights_list/own": "Expected an object of type `Trackable`",
    "misuse_no_extension/own": "Invalid filepath extension for saving",
    "misuse_save_unbuilt/own": "has not yet been built",
}
RAISES = {
    "misuse_load_into_unbuilt/weights-h5/load-weights": "has not yet been built",
    "misuse_load_into_wider/weights-h5/load-weights": "could not be loaded",
    "misuse_load_into_deeper/weights-h5/load-weights": "could not be loaded",
    "misuse_load_model_of_weights/weights-h5/load-model": "No model config found",
    "misuse_restore_renamed/checkpoint/checkpoint-restore-asserted": "not bound to checkpointed values",
}
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
    return asked(MATRIX, "misuse", tmp_path_factory.mktemp("misuse"))


def test_nothing_is_expected_in_vain(outcomes: dict[str, Outcome]) -> None:
    """Every misuse is here and in the document; none of them is a fixture at fault."""
    found = {outcome.fixture for outcome in outcomes.values()}
    expected = {cell.split("/")[0] for cell in (*SAVES, *RAISES, *SILENT)}
    assert found == expected
    assert not [outcome.id for outcome in outcomes.values() if outcome.status in (Status.ERRORED, Status.PASSED) and outcome.loader]
    text = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert not [name for name in sorted(expected) if f"`{name}`" not in text]


@pytest.mark.parametrize("cell", SAVES)
def test_saves_that_raise(outcomes: dict[str, Outcome], cell: str) -> None:
    found = outcomes[f"save/{ENV}/{cell}"]
    assert (found.status, found.reason) == (Status.FAILED, Reason.SAVE_RAISED), found
    assert found.error is not None
    assert SAVES[cell] in found.error.message


@pytest.mark.parametrize("cell", RAISES)
def test_loads_that_raise(outcomes: dict[str, Outcome], cell: str) -> None:
    found = outcomes[f"load/{ENV}/{ENV}/{cell}"]
    assert (found.status, found.reason) == (Status.FAILED, Reason.LOAD_RAISED), found
    assert found.error is not None
    assert RAISES[cell] in found.error.message


@pytest.mark.parametrize("cell", SILENT)
def test_loads_that_say_nothing(outcomes: dict[str, Outcome], cell: str) -> None:
    found = outcomes[f"load/{ENV}/{ENV}/{cell}"]
    assert (found.status, found.reason) == (Status.FAILED, Reason.WEIGHTS_DIFFER), found
    assert found.error is None
    assert found.checks[Check.OUTPUTS] is CheckResult.FAILED
    assert any(warning.partial for warning in found.warnings) is SILENT[cell]

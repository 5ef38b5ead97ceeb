"""The catalogue's layers and preprocessing on real TensorFlow: equal weights and wrong outputs, and weights in each other's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Outcome, Reason, Run, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

MATRIX = Path(__file__).parent / "layers.yaml"
K2, K3 = "tf2.15-py311", "tf2.21-py311"
PASSED = (Status.PASSED, None)

SEEN = {
    "alone": {
        f"load/{K2}/{K2}/frozen/own/own": PASSED,
        # Saved while a layer was frozen, and read after it was thawed: the order of a nested model's weights is another one.
        f"load/{K2}/{K2}/frozen_nested/own/own": (Status.FAILED, Reason.WEIGHTS_DIFFER),
        # The statistics are restored, and what was computed from the ones before stays.
        f"load/{K2}/{K2}/normalization/checkpoint/checkpoint-restore": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    },
    "across": {
        f"load/{K2}/{K3}/conv2d/h5/load-model-nocompile": PASSED,
        f"load/{K2}/{K2}/hard_sigmoid/h5/load-model-nocompile": PASSED,
        f"load/{K3}/{K3}/hard_sigmoid/h5/load-model-nocompile": PASSED,
        f"load/{K2}/{K3}/hard_sigmoid/h5/load-model-nocompile": (Status.FAILED, Reason.OUTPUTS_DIFFER),
    },
}
CELLS = {cell: profile for profile, cells in SEEN.items() for cell in cells}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One run for each profile: what is telling in one environment needs no second."""
    found = {}
    for profile in SEEN:
        place = tmp_path_factory.mktemp(profile)
        done = command("run", "--matrix", str(MATRIX), "--profile", profile, reports=place)
        assert done.returncode == 0, done.stdout + done.stderr
        found[profile] = newest(place)
    return found


def outcome(runs: dict[str, Run], cell: str) -> Outcome:
    return runs[CELLS[cell]].outcomes[cell]


@pytest.mark.parametrize("cell", CELLS)
def test_verdicts_are_those_seen_by_hand(runs: dict[str, Run], cell: str) -> None:
    found = outcome(runs, cell)
    assert (found.status, found.reason) == SEEN[CELLS[cell]][cell], found


@pytest.mark.parametrize(
    "cell",
    [
        f"load/{K2}/{K2}/normalization/checkpoint/checkpoint-restore",
        f"load/{K2}/{K3}/hard_sigmoid/h5/load-model-nocompile",
    ],
)
def test_weights_are_equal_and_outputs_are_not(runs: dict[str, Run], cell: str) -> None:
    found = outcome(runs, cell)
    assert found.error is None
    assert found.checks[Check.WEIGHTS] is CheckResult.PASSED
    assert "the usual inputs" in found.notes["checks"]["outputs"]["differing"]


def test_weights_in_each_others_place_are_named(runs: dict[str, Run]) -> None:
    found = outcome(runs, f"load/{K2}/{K2}/frozen_nested/own/own")
    assert found.error is None
    assert found.checks[Check.STRUCTURE] is CheckResult.PASSED
    assert set(found.notes["checks"]["weights"]["differing"]) == {"first/kernel", "first/bias", "second/kernel", "second/bias"}

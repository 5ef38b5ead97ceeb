"""Faults that need no container, on real TensorFlow across the border between Keras 2 and 3: who is told, and who is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.model import Outcome, Reason, Run, Stage, Status
from runner.reports.tables import pivot
from tests.integration.runs import command, newest

pytestmark = pytest.mark.integration

OLD, NEW = "tf2.15-py311", "tf2.21-py311"
FORMATS = ("export", "h5", "keras-v3", "weights-h5", "checkpoint")
SINGLE = ("h5", "keras-v3", "weights-h5")
MATRIX = Path(__file__).parent / "faults.yaml"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def run(reports: Path) -> Run:
    done = command("run", "--matrix", str(MATRIX), "--profile", "faults", "--engine", "local", reports=reports)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "What faults do" in done.stdout
    assert "of them silently" in done.stdout
    return newest(reports)


def saves(run: Run, fault: str) -> dict[tuple[str, str], Outcome]:
    """Return the saves with a fault by environment and format, those that are unsupported left out."""
    found = [o for o in run.outcomes.values() if o.fault == fault and o.stage is Stage.SAVE and o.status is not Status.UNSUPPORTED]
    return {(o.environment, o.format or ""): o for o in found}


def own_loads(run: Run, fault: str) -> dict[tuple[str, str], Outcome]:
    """Return the loads with a fault in the environment that saved, by it and the format, as far as they ran."""
    ran = (Status.PASSED, Status.DEGRADED, Status.FAILED)
    found = [o for o in run.outcomes.values() if o.fault == fault and o.stage is Stage.LOAD and o.status in ran]
    return {(o.environment, o.format or ""): o for o in found if o.producer == o.consumer}


def told(outcome: Outcome) -> str:
    return str(outcome.notes["fault"][str(outcome.stage)])


def test_a_flipped_bit_in_hdf5_is_loaded_in_silence(run: Run) -> None:
    loads = own_loads(run, "bit_flipped")
    for environment in (OLD, NEW):
        for format_ in ("h5", "weights-h5"):
            found = loads[environment, format_]
            assert (found.status, found.reason) == (Status.FAILED, Reason.DAMAGE_UNNOTICED), found
            # In Keras 3 no model from .h5 can be trained, damaged or not: it raises when its values have been used already.
            assert found.confirmed and (found.error is None or found.error.phase == "train-step")
            assert found.differences["weights"] > 0
        for format_ in ("keras-v3", "export", "checkpoint"):
            assert told(loads[environment, format_]).startswith("refused")
    assert "Bad CRC-32" in told(loads[OLD, "keras-v3"])
    assert "DataLossError" in told(loads[OLD, "checkpoint"])


@pytest.mark.parametrize("fault", ["truncated", "killed_while_saving", "missing_shard"])
def test_what_is_cut_off_or_lost_is_refused(run: Run, fault: str) -> None:
    loads = own_loads(run, fault)
    formats = [name for name in FORMATS if fault != "missing_shard" or name not in SINGLE]
    assert set(loads) == {(environment, name) for environment in (OLD, NEW) for name in formats}
    assert all(found.status is Status.PASSED and told(found).startswith("refused") for found in loads.values())


def test_a_killed_save_dies_at_half_of_its_largest_file(run: Run) -> None:
    found = saves(run, "killed_while_saving")
    assert set(found) == {(environment, name) for environment in (OLD, NEW) for name in FORMATS}
    for (_, format_), outcome in found.items():
        assert (outcome.status, outcome.reason) == (Status.PASSED, None)
        assert told(outcome) == "died: of SIGXFSZ"
        left, clean = outcome.notes["fault"]["left"], outcome.notes["fault"]["clean"]
        assert 0 < left["bytes"] < clean["bytes"]
        # Under its own name, and to be taken for a model by whoever does not open it.
        assert left["whole"] is (format_ in ("h5", "weights-h5"))


def test_a_save_without_memory_is_told_of_and_harms_nothing_else(run: Run) -> None:
    found = saves(run, "out_of_memory")
    assert set(found) == {(environment, name) for environment in (OLD, NEW) for name in FORMATS}
    words = {told(outcome).partition(":")[0] for outcome in found.values() if outcome.status is Status.PASSED}
    assert words <= {"raised", "died", "whole"} and words & {"raised", "died"}
    assert all(outcome.status is Status.PASSED or outcome.reason is Reason.TIMED_OUT for outcome in found.values())
    controls = [o for o in run.outcomes.values() if o.stage is Stage.SAVE and not o.fault and o.status is not Status.UNSUPPORTED]
    assert all(outcome.status is Status.PASSED for outcome in controls)


def test_what_needs_the_docker_engine_says_so(run: Run) -> None:
    full = [o for o in run.outcomes.values() if o.fault == "disk_full"]
    assert full and {(o.status, o.reason) for o in full} == {(Status.UNSUPPORTED, Reason.NEED_UNMET)}
    assert all("docker" in o.notes["why"] for o in full)


def test_a_pair_that_fails_undamaged_says_nothing_of_the_damage(run: Run) -> None:
    found = run.outcomes[f"load/{OLD}/{NEW}/bit_flipped/keras-v3/load-model"]
    assert (found.status, found.blocked_by) == (Status.BLOCKED, f"load/{OLD}/{NEW}/sequential/keras-v3/load-model")


def test_faults_are_in_their_own_table(run: Run, reports: Path) -> None:
    tables = pivot(run)
    assert all(grid.fixtures == ("sequential",) for grid in tables.grids)
    rows = {(row.fault, row.format): row for row in tables.damage.rows}
    assert next(met.times for met in rows["bit_flipped", "h5"].loads if met.word == "SILENT") >= 2
    done = command("report", "--as", "json", reports=reports)
    assert any(row["loads"].get("SILENT") for row in json.loads(done.stdout)["faults"])


def test_a_second_run_knows_what_was_left(run: Run, reports: Path) -> None:
    done = command("run", "--matrix", str(MATRIX), "--profile", "faults", "--engine", "local", reports=reports)
    assert done.returncode == 0, done.stdout + done.stderr
    again = newest(reports)
    assert {id_: o.status for id_, o in again.outcomes.items()} == {id_: o.status for id_, o in run.outcomes.items()}
    ran = (Status.PASSED, Status.DEGRADED, Status.FAILED)
    assert all(o.reused_from for o in again.outcomes.values() if o.fault and o.status in ran)

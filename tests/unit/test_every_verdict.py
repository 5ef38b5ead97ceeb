"""Every status and every reason is seen by a test in which something really brings it about: a fixture, an agent, an engine, a machine."""

from __future__ import annotations

import pytest

from runner.model import Reason, Status
from tests.documents import ROOT
from tests.named import is_there, source

BAD = "tests/integration/test_bad_fixtures.py"
SAVES = f"{BAD}::test_saves_end_as_what_they_are"
LOADS = f"{BAD}::test_loads_end_as_what_they_are"
SMALL = "tests/integration/test_small_matrix.py::test_verdicts_are_those_seen_by_hand"
TRAINING = "tests/integration/test_catalogue_training.py::test_verdicts_are_those_seen_by_hand"
LOADERS = "tests/integration/test_loaders.py::test_verdicts_are_those_seen_by_hand"
LOCAL = "tests/integration/test_local_engine.py"
BUILDS = "tests/docker/test_builds.py"
INTERRUPTED = "tests/integration/test_interruption.py::test_interrupt_ends_cleanly_and_says_how_to_go_on"

SEEN: dict[Status | Reason, str] = {
    Status.PASSED: SMALL,
    Status.DEGRADED: SMALL,
    Status.FAILED: SMALL,
    Status.UNSUPPORTED: SMALL,
    Status.BLOCKED: SMALL,
    Status.ERRORED: SAVES,
    Status.NOT_RUN: INTERRUPTED,
    Reason.SAVE_RAISED: SMALL,
    Reason.SAVE_WROTE_NOTHING: SAVES,
    Reason.ARTIFACT_INCOMPLETE: SAVES,
    Reason.LOAD_RAISED: SMALL,
    Reason.PREDICT_RAISED: LOADS,
    Reason.TRAIN_STEP_RAISED: SMALL,
    Reason.STRUCTURE_DIFFERS: LOADS,
    Reason.SIGNATURE_DIFFERS: LOADS,
    Reason.WEIGHTS_DIFFER: LOADS,
    Reason.OUTPUTS_DIFFER: LOADS,
    Reason.OPTIMIZER_LOST: SMALL,
    Reason.OPTIMIZER_DIFFERS: LOADS,
    Reason.CONFIG_DIFFERS: LOADS,
    Reason.COMPILE_LOST: LOADS,
    Reason.TRAIN_STEP_DIFFERS: TRAINING,
    Reason.PARTIAL_RESTORE: SMALL,
    Reason.DAMAGE_UNNOTICED: "tests/integration/test_faults.py::test_a_flipped_bit_in_hdf5_is_loaded_in_silence",
    Reason.CUSTOM_OBJECT_MISSING: LOADS,
    Reason.CRASHED: SAVES,
    Reason.TIMED_OUT: SAVES,
    Reason.OUT_OF_MEMORY: LOADS,
    Reason.DISK_FULL: SAVES,
    Reason.PERMISSION_DENIED: SAVES,
    Reason.FORMAT_UNSUPPORTED: SMALL,
    Reason.LOADER_UNSUPPORTED: LOADERS,
    Reason.NEED_UNMET: SAVES,
    Reason.FIXTURE_INVALID: SAVES,
    Reason.FLAKY: LOADS,
    Reason.ENVIRONMENT_MISMATCH: f"{LOCAL}::test_an_environment_that_is_not_what_was_asked_is_no_verdict",
    Reason.INTERPRETER_MISSING: "tests/unit/test_interpreters.py::test_a_missing_interpreter_says_what_to_do",
    Reason.LOCK_MISSING: f"{LOCAL}::test_a_run_of_what_has_no_lock_runs_nothing_and_says_how_to_make_one",
    Reason.RESOLVE_FAILED: f"{LOCAL}::test_a_date_with_an_index_without_upload_times_names_the_package",
    Reason.INSTALL_FAILED: f"{LOCAL}::test_a_wrong_hash_is_an_install_fault",
    Reason.IMPORT_FAILED: f"{LOCAL}::test_an_environment_that_is_not_what_was_asked_is_no_verdict",
    Reason.ENGINE_UNAVAILABLE: "tests/docker/test_runs.py::test_an_engine_that_dies_in_mid_run_costs_nothing_that_was_finished",
    Reason.BASE_IMAGE_MISSING: f"{BUILDS}::test_a_base_image_that_nobody_has_is_named",
    Reason.IMAGE_BUILD_FAILED: f"{BUILDS}::test_a_base_image_without_python_cannot_be_built_on",
    Reason.DISK_BUDGET: f"{BUILDS}::test_images_stay_within_their_budget",
    Reason.CLOCK_SKEW: "tests/unit/test_docker_clock.py::test_an_engine_with_another_clock_prepares_nothing",
    Reason.CONTAINER_FAILED: "tests/docker/test_containers.py::test_a_container_that_somebody_removes_is_no_incompatibility",
    Reason.BAD_RESULT: LOADS,
    Reason.AGENT_LOST: f"{LOCAL}::test_an_agent_answers_and_ends_at_the_end_of_its_input",
    Reason.BLOCKED_BY: LOADS,
}

# What a run did not come to has no line in its record: only the counts of its footer tell of it.
NEVER_GIVEN = {Reason.INTERRUPTED}


def test_none_is_left_out() -> None:
    assert set(SEEN) == {*Status, *Reason} - NEVER_GIVEN


@pytest.mark.parametrize("word", SEEN)
def test_the_test_that_is_named_is_there_and_speaks_of_it(word: Status | Reason) -> None:
    assert is_there(SEEN[word])
    assert f"{type(word).__name__}.{word.name}" in source(SEEN[word].partition("::")[0])


@pytest.mark.parametrize("reason", NEVER_GIVEN)
def test_what_is_never_given_is_given_nowhere(reason: Reason) -> None:
    given = [path for path in (ROOT / "runner").rglob("*.py") if f"Reason.{reason.name}" in path.read_text(encoding="utf-8")]
    assert given == [ROOT / "runner" / "model.py"]

"""What saving and loading really does across versions, lesson by lesson, and the tests that hold to it."""

from __future__ import annotations

import pytest

from tests.named import is_there

LESSONS = "tests/integration/test_lessons.py"
BAD = "tests/integration/test_bad_fixtures.py"
TRAINING = "tests/integration/test_catalogue_training.py"
LOCAL = "tests/integration/test_local_engine.py"

HELD: dict[str, tuple[str, ...]] = {
    "saving can change a model: each format has one of its own": (f"{LESSONS}::test_each_format_is_saved_from_a_model_of_its_own",),
    "weights are read into a model that has others, none of them a default": (
        f"{LESSONS}::test_a_load_that_does_nothing_is_no_pass",
        "tests/integration/test_models.py::test_no_weight_is_what_every_new_model_has",
        f"{BAD}::test_loads_end_as_what_they_are",
    ),
    "equal weights are not equal outputs, and names are not always the same": (
        f"{LESSONS}::test_equal_weights_are_not_equal_outputs",
        "tests/integration/test_models.py::test_weights_of_other_names_are_matched_by_their_values",
        f"{BAD}::test_equal_weights_do_not_make_a_pass",
    ),
    "the next step needs two references": (
        f"{LESSONS}::test_restored_is_told_from_silently_reset_by_two_references",
        f"{TRAINING}::test_fresh_and_restored_are_told_apart",
    ),
    "what was never restored is said when the object dies": (f"{LESSONS}::test_what_dies_unrestored_is_heard_to_the_end",),
    "the version that wrote a file need not read it": (f"{LESSONS}::test_every_producer_loads_its_own",),
    "a save that succeeds proves nothing": (f"{LESSONS}::test_a_save_that_succeeds_proves_nothing",),
    "compiled or not decides": (f"{LESSONS}::test_compiled_or_not_decides",),
    "names of files are API": (
        f"{LESSONS}::test_files_are_written_under_the_names_that_decide",
        "tests/unit/test_documents.py::test_the_formats_are_those_of_the_code",
    ),
    "loads hang and crash": (f"{BAD}::test_loads_end_as_what_they_are",),
    "a model that loads may fail at its first call, or at its first step": (
        f"{BAD}::test_loads_end_as_what_they_are",
        "tests/integration/test_small_matrix.py::test_verdicts_are_those_seen_by_hand",
    ),
    "noise is tiny, real differences are not": (
        "tests/unit/test_spec.py::test_tolerances_lie_between_measured_noise_and_real_differences",
        f"{BAD}::test_loads_end_as_what_they_are",
    ),
    "Python and dependencies are part of an environment": (
        f"{LOCAL}::test_an_environment_that_is_not_what_was_asked_is_no_verdict",
        "tests/unit/test_diagnose.py::test_real_cells_have_their_cause",
    ),
    "each version has quirks of its own": (f"{LESSONS}::test_the_oldest_runs_eagerly_like_the_others",),
    "where to look: threads upstream are linked": ("tests/unit/test_diagnose_rules.py::test_links_are_to_threads",),
}


@pytest.mark.parametrize("lesson", HELD)
def test_the_tests_that_hold_to_it_are_there(lesson: str) -> None:
    assert [name for name in HELD[lesson] if not is_there(name)] == []

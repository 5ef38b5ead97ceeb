"""Causes, from what real versions really raised, warned and gave back.

`diagnoses.jsonl` holds real cells, one a line, with long messages cut; `diagnoses_written.py` what no run has shown yet.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.diagnose import diagnose, rule_of
from runner.model import Diagnosis, ErrorInfo, Outcome, Reason, Status, WarningInfo
from runner.rules import CLASSES, RULES, UNTRIED
from runner.rules.facts import Environments
from tests.unit.diagnoses_written import PAIR, WRITTEN, Written, kerases, raised
from tests.unit.samples import build, load

REAL: list[dict[str, Any]] = [json.loads(line) for line in (Path(__file__).parent / "diagnoses.jsonl").read_text().splitlines()]


SETUP = {
    "fixture-wrong": Reason.FIXTURE_INVALID,
    "flaky": Reason.FLAKY,
    "no-python": Reason.INTERPRETER_MISSING,
    "no-lock": Reason.LOCK_MISSING,
    "not-as-locked": Reason.ENVIRONMENT_MISMATCH,
    "not-resolved": Reason.RESOLVE_FAILED,
    "not-installed": Reason.INSTALL_FAILED,
    "import-fails": Reason.IMPORT_FAILED,
    "engine-silent": Reason.ENGINE_UNAVAILABLE,
    "no-base-image": Reason.BASE_IMAGE_MISSING,
    "image-not-built": Reason.IMAGE_BUILD_FAILED,
    "disk-budget": Reason.DISK_BUDGET,
    "clock-skew": Reason.CLOCK_SKEW,
    "container-failed": Reason.CONTAINER_FAILED,
    "no-result": Reason.BAD_RESULT,
}


def diagnosed(outcome: Outcome, facts: Environments | None = None) -> Diagnosis:
    found = diagnose(outcome, facts or {})
    assert found is not None
    return found


def name_of(outcome: Outcome, facts: Environments | None = None) -> str | None:
    rule, _ = rule_of(outcome, facts or {})
    return rule.name if rule else None


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['rule']}-{number}") for number, case in enumerate(REAL)])
def test_real_cells_have_their_cause(case: dict[str, Any]) -> None:
    outcome = Outcome.model_validate({key: value for key, value in case.items() if key not in {"rule", "facts"}})
    assert name_of(outcome, case["facts"]) == case["rule"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.rule) for case in WRITTEN])
def test_written_cases_have_their_cause(case: Written) -> None:
    assert name_of(case.outcome, case.facts) == case.rule


@pytest.mark.parametrize(("rule", "reason"), SETUP.items())
def test_what_is_not_tensorflows_has_its_cause(rule: str, reason: Reason) -> None:
    assert name_of(build(PAIR[0], Status.ERRORED, reason)) == rule


def test_every_rule_has_a_case() -> None:
    shown = {case["rule"] for case in REAL} | {case.rule for case in WRITTEN} | set(SETUP)
    assert shown == {rule.name for rule in RULES}


def test_every_rule_has_a_known_class_a_condition_and_a_remedy() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        assert rule.class_ in CLASSES
        assert rule.pattern or rule.reasons or rule.evidence or rule.missing_object or rule.details, rule.name
        assert rule.remedy, rule.name
        assert rule.cause[0].islower() or rule.cause.startswith(("Keras", "TensorFlow", "HDF5", "NumPy")), rule.name
        assert not rule.cause.endswith(".") and not (rule.remedy.endswith(".") and not rule.remedy.endswith("...")), rule.name


def test_every_class_has_a_rule() -> None:
    assert {rule.class_ for rule in RULES} == set(CLASSES) - {"unknown"}


def test_a_diagnosis_is_that_of_its_rule() -> None:
    rule = next(rule for rule in RULES if rule.name == "op-unknown")
    found = diagnosed(raised("FileNotFoundError", "Op type not registered 'DisableCopyOnRead' in binary running on host."))
    assert found == Diagnosis(
        cause=rule.cause,
        remedy=f"{UNTRIED}: {rule.remedy}",
        detail="DisableCopyOnRead",
        link=rule.link,
        **{"class": "op-unknown"},
    )


@pytest.mark.parametrize("status", [Status.PASSED, Status.UNSUPPORTED, Status.BLOCKED, Status.NOT_RUN])
def test_what_needs_no_explanation_gets_none(status: Status) -> None:
    assert diagnose(load(PAIR, "f", "h5", "load-model", status)) is None


def test_a_cause_that_blames_a_change_between_versions_asks_for_different_ones() -> None:
    for rule in RULES:
        if "between the versions" in rule.cause:
            assert any(step in ("other", "newer", "older") for _, step in rule.step), rule.name


def test_the_name_behind_a_colon_is_what_is_unknown() -> None:
    assert diagnosed(raised("ValueError", "Unknown activation function:leaky_relu")).detail == "leaky_relu"


def test_an_exception_that_left_the_code_of_a_package_is_not_the_models_own() -> None:
    call = '  File "%s", line 3, in call\n    raise KeyError(name)\n'
    for last, fits in (
        ("/home/me/model.py", True),
        ("/env/lib/python3.11/site-packages/keras/src/layers/layer.py", False),
        ("/usr/lib/python3.11/json/decoder.py", False),
        ("/repo/runner/agent/loaders.py", False),
        ("/input/agent/loaders.py", False),
        ("<frozen importlib._bootstrap>", False),
    ):
        error = ErrorInfo(type="KeyError", message="'odd'", traceback=call % "/home/me/model.py" + call % last, phase="load")
        outcome = load(PAIR, "f", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error)
        assert (name_of(outcome) == "raised-by-own-code") is fits, last


def test_what_no_rule_fits_is_unknown_and_has_no_remedy() -> None:
    found = diagnosed(raised("RuntimeError", "something that nobody has seen before"))
    assert (found.cause, found.class_, found.remedy) == ("not diagnosed yet", "unknown", "")


def test_a_machine_limit_is_named_even_when_something_telling_was_raised() -> None:
    assert diagnosed(raised("MemoryError", "Unknown layer: Foo", reason=Reason.OUT_OF_MEMORY)).class_ == "resources"


def test_a_failed_import_of_protobuf_is_told_from_any_other_failed_import() -> None:
    broken = build(
        PAIR[0], Status.ERRORED, Reason.IMPORT_FAILED, error=ErrorInfo(type="TypeError", message="Descriptors cannot be created directly.")
    )
    assert name_of(broken) == "protobuf-newer"


def test_the_end_of_a_long_message_counts() -> None:
    message = "config={'class_name': 'DTypePolicy'}" + " " * 9000 + "Exception encountered: Op type not registered 'Odd'"
    assert name_of(raised("TypeError", message, "keras-v3")) == "op-unknown"


@pytest.mark.parametrize("reason", [r for r in Reason if r not in {Reason.SAVE_RAISED, Reason.LOAD_RAISED, Reason.PREDICT_RAISED}])
def test_errored_cells_of_every_reason_survive(reason: Reason) -> None:
    assert diagnose(load(PAIR, "f", "h5", "load-model", Status.ERRORED, reason)) is not None


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_taken(type_: str, message: str) -> None:
    outcome = raised(type_, message).model_copy(update={"warnings": (WarningInfo(category="W", message=message),)})
    assert diagnosed(outcome, kerases("2.12.0", "3.5.0")).class_ in CLASSES


@pytest.mark.parametrize(
    "piece",
    ["Unrecognized keyword arguments ", "a", "name x/", "google.protobuf", "NotImplementedError ", "\x00\n", "Layer '", "('a' ", "["],
)
def test_no_message_makes_it_slow(piece: str) -> None:
    long = raised("E", piece * (2_000_000 // len(piece)))
    started = time.process_time()
    diagnosed(long, kerases("2.12.0", "3.5.0"))
    assert time.process_time() - started < 2

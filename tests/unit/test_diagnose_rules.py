"""How a rule is held against an outcome: versions, checks and what they noted, warnings, and what it is about."""

from __future__ import annotations

import re
from typing import Any

import pytest

from runner import diagnose as module
from runner.diagnose import diagnose
from runner.model import Check, CheckResult, Diagnosis, ErrorInfo, Outcome, Reason, Stage, Status, WarningInfo
from runner.rules import RULES, Rule
from runner.rules.base import pattern
from runner.rules.facts import Environments, facts_by_environment, facts_of, fulfils, requirement_of
from tests.unit.samples import build, load, run_of, save

PAIR = ("old", "new")
FACTS = {
    "old": {"tensorflow": "2.11.1", "keras": "2.11.0", "h5py": "3.7.0", "python": "3.10.13"},
    "new": {"tensorflow": "2.16.2", "keras": "3.3.3", "h5py": "3.11.0", "python": "3.12.1"},
}
LOST = load(
    PAIR,
    "f",
    "h5",
    "load-model",
    Status.DEGRADED,
    Reason.OPTIMIZER_LOST,
    checks={Check.LOADED: CheckResult.PASSED, Check.OUTPUTS: CheckResult.PASSED, Check.OPTIMIZER: CheckResult.FAILED},
    differences={Check.OUTPUTS: 0.001},
    notes={"checks": {"optimizer": {"problems": ["iterations: 0 instead of 3"]}}, "why": "because"},
    warnings=(WarningInfo(category="W", message="Skipping variable loading for optimizer 'adam'"),),
    error=ErrorInfo(type="ValueError", message="Unknown layer: 'Scale'", traceback="in marshal.loads", phase="train-step"),
    log="Fatal Python error: Aborted",
)


def found(monkeypatch: pytest.MonkeyPatch, outcome: Outcome = LOST, facts: Environments = FACTS, **conditions: Any) -> Diagnosis | None:
    """Return what a table of one rule with these conditions makes of an outcome; None where the rule does not fit."""
    monkeypatch.setattr(module, "RULES", (Rule(name="this", cause="this", class_="misuse", **conditions),))
    diagnosis = diagnose(outcome, facts)
    return diagnosis if diagnosis is not None and diagnosis.cause == "this" else None


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"producer": ("keras<3",), "consumer": ("keras>=3",)}, True),
        ({"producer": ("keras>=3",)}, False),
        ({"consumer": ("tensorflow<2.12",)}, False),
        ({"producer": ("tensorflow<2.12", "h5py>=3"), "consumer": ("tensorflow>=2.16,<2.17",)}, True),
        ({"consumer": ("wrapt<1.15",)}, False),
        ({"step": (("tensorflow", "newer"),)}, True),
        ({"step": (("python", "same"),)}, False),
        ({"step": (("python", "other"), ("h5py", "newer"))}, True),
        ({"step": (("keras", "older"),)}, False),
        ({"step": (("numpy", "other"),)}, False),
        ({"failed": (Check.OPTIMIZER,), "passed": (Check.OUTPUTS,)}, True),
        ({"failed": (Check.OUTPUTS,)}, False),
        ({"passed": (Check.WEIGHTS,)}, False),
        ({"nearer": {Check.OUTPUTS: 0.05}}, True),
        ({"nearer": {Check.OUTPUTS: 0.001}}, False),
        ({"nearer": {Check.WEIGHTS: 0.05}}, False),
        ({"details": {Check.OPTIMIZER: pattern("iterations: 0")}}, True),
        ({"details": {Check.OPTIMIZER: pattern("slots differ")}}, False),
        ({"details": {Check.WEIGHTS: pattern("")}}, False),
        ({"notes": {"why": pattern("because")}}, True),
        ({"notes": {"files": pattern("")}}, False),
        ({"evidence": pattern("skipping variable")}, True),
        ({"evidence": pattern("expect_partial")}, False),
        ({"trace": pattern("marshal")}, True),
        ({"trace": pattern("h5py")}, False),
        ({"log": pattern("Fatal Python error")}, True),
        ({"log": pattern("Check failed")}, False),
        ({"pattern": pattern("unknown layer"), "evidence": pattern("nothing like it")}, False),
        ({"reasons": (Reason.OPTIMIZER_LOST,), "stages": (Stage.LOAD,), "phases": ("train-step",)}, True),
        ({"formats": ("keras-v3",)}, False),
        ({"loaders": ("load-weights",)}, False),
    ],
)
def test_all_conditions_must_hold(monkeypatch: pytest.MonkeyPatch, conditions: dict[str, Any], fits: bool) -> None:
    assert (found(monkeypatch, **conditions) is not None) is fits


@pytest.mark.parametrize("conditions", [{"producer": ("keras<3",)}, {"consumer": ("keras>=3",)}, {"step": (("keras", "newer"),)}])
def test_a_version_that_is_not_known_fits_no_rule(monkeypatch: pytest.MonkeyPatch, conditions: dict[str, Any]) -> None:
    unknown: tuple[Environments, ...] = ({}, {"old": {}, "new": {}}, {"old": {"keras": "nightly"}, "new": {"keras": "?"}})
    for facts in unknown:
        assert found(monkeypatch, facts=facts, **conditions) is None
    assert found(monkeypatch, **conditions) is not None


def test_a_save_has_a_producer_and_no_consumer(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = save("new", "f", "h5", Status.FAILED, Reason.SAVE_RAISED)
    built = build("new", Status.ERRORED, Reason.IMPORT_FAILED)
    for outcome in (saved, built):
        assert found(monkeypatch, outcome, producer=("keras>=3",)) is not None
        assert found(monkeypatch, outcome, consumer=("keras>=3",)) is None


def test_groups_of_patterns_are_the_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    diagnosis = found(
        monkeypatch,
        pattern=pattern(r"Unknown layer: '(\w+)'", r"never (this)"),
        evidence=pattern(r"optimizer '(\w+)'"),
        details={Check.OPTIMIZER: pattern(r"(iterations: \d)")},
        link="https://github.com/keras-team/keras/issues/1",
        remedy="do that",
    )
    assert diagnosis is not None
    assert (diagnosis.detail, diagnosis.link) == ("Scale, adam, iterations: 0", "https://github.com/keras-team/keras/issues/1")
    assert diagnosis.remedy == "usually helps (untried): do that"


def test_a_long_detail_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    long = load(PAIR, "f", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=ErrorInfo(type="E", message="x" * 5000))
    diagnosis = found(monkeypatch, long, pattern=re.compile("(x+)"))
    assert diagnosis is not None and len(diagnosis.detail) < 200


def test_the_missing_object_is_the_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = load(PAIR, "f", "h5", "load-model", Status.FAILED, Reason.CUSTOM_OBJECT_MISSING, notes={"missing_object": "ScaledDense"})
    diagnosis = found(monkeypatch, missing, missing_object=True)
    assert diagnosis is not None and diagnosis.detail == "ScaledDense"
    assert found(monkeypatch, LOST, missing_object=True) is None


def test_notes_of_any_shape_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for notes in ({"checks": None}, {"checks": [1]}, {"checks": {"optimizer": float("nan")}}, {"checks": "iterations"}):
        odd = LOST.model_copy(update={"notes": notes})
        assert found(monkeypatch, odd, details={Check.OPTIMIZER: pattern("iterations: 0")}) is None


REPORTED = {
    "python": "3.11.7",
    "tensorflow": {"version": "2.16.2"},
    "packages": {"tensorflow-cpu": "2.16.2", "keras": "3.3.3", "h5py": "3.11.0"},
}


@pytest.mark.parametrize(
    ("asked", "reported", "tensorflow", "keras"),
    [
        ({"tensorflow": "2.16.2", "python": "3.11"}, REPORTED, "2.16.2", "3.3.3"),
        ({"tensorflow": "newest-pre"}, REPORTED, "2.16.2", "3.3.3"),
        ({"tensorflow": "2.16.2"}, None, "2.16.2", None),
        ({"tensorflow": "newest"}, None, None, None),
        ({"tensorflow": "2.15.1"}, None, "2.15.1", "2.15.1"),
        ({"tensorflow": "1.15.0"}, {"packages": {"keras": "2.3.1", "tensorflow": "1.15.0"}}, "1.15.0", "1.15.0"),
        ({"tensorflow": "2.4.4"}, None, "2.4.4", "2.4.4"),
        (
            {"tensorflow": "2.16.2", "variables": [["TF_USE_LEGACY_KERAS", "1"]]},
            {"packages": {"keras": "3.3.3", "tf-keras": "2.16.0"}},
            "2.16.2",
            "2.16.0",
        ),
        ({"tensorflow": "2.16.2", "variables": (("TF_USE_LEGACY_KERAS", "1"),)}, None, "2.16.2", "2.16.2"),
        ({"tensorflow": "2.16.2"}, {"packages": {"keras": "3.3.3", "tf-keras": "2.16.0"}}, "2.16.2", "3.3.3"),
        ({"tensorflow": "2.23.0.dev1"}, {"packages": {"keras-nightly": "3.16.0.dev2"}}, "2.23.0.dev1", "3.16.0.dev2"),
        ({}, {"packages": [], "tensorflow": 3, "python": None}, None, None),
    ],
)
def test_the_facts_of_an_environment(asked: dict[str, Any], reported: Any, tensorflow: str | None, keras: str | None) -> None:
    facts = facts_of(asked, reported)
    assert (facts.get("tensorflow"), facts.get("keras")) == (tensorflow, keras)


def test_the_facts_of_a_run_are_those_of_its_builds_and_else_what_was_asked() -> None:
    run = run_of(build("a", notes={"facts": REPORTED}), environments=())
    asked = {"a": {"tensorflow": "2.16.0"}, "b": {"tensorflow": "2.12.0", "python": "3.11"}}
    facts = facts_by_environment(asked, run.outcomes)
    assert facts["a"]["tensorflow"] == "2.16.2" and facts["a"]["h5py"] == "3.11.0"
    assert facts["b"] == {"tensorflow": "2.12.0", "python": "3.11", "keras": "2.12.0"}


def test_pre_releases_fulfil() -> None:
    assert fulfils({"tensorflow": "2.22.0rc0"}, "tensorflow>=2.21")
    assert fulfils({"keras": "3.10.0.dev2026"}, "keras>=3")


def test_what_rules_ask_of_versions_can_be_read() -> None:
    for rule in RULES:
        for text in (*rule.producer, *rule.consumer):
            requirement = requirement_of(text)
            assert requirement.specifier and not requirement.extras and requirement.marker is None
        assert all(step in {"newer", "older", "other", "same"} for _, step in rule.step)


def test_links_are_to_threads() -> None:
    for rule in RULES:
        assert not rule.link or re.fullmatch(r"https://github\.com/[\w-]+/[\w.-]+/(?:issues|pull|discussions)/\d+", rule.link), rule.link


@pytest.mark.parametrize(
    ("reason", "phase", "fits"),
    [("outputs-differ", "train-step", False), ("outputs-differ", "outputs", True), ("signature-differs", "outputs", False)],
)
def test_what_was_raised_after_values_were_found_wrong_is_not_the_cause(
    monkeypatch: pytest.MonkeyPatch, reason: str, phase: str, fits: bool
) -> None:
    error = ErrorInfo(type="KeyError", message="Unknown variable", phase=phase)
    outcome = LOST.model_copy(update={"status": Status.FAILED, "reason": Reason(reason), "error": error})
    assert (found(monkeypatch, outcome, pattern=pattern("unknown variable")) is not None) == fits

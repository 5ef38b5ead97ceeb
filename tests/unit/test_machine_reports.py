"""Reports that programs read: JUnit XML that is of its schema whatever a model wrote, and a badge that is never wrongly green."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from junitparser import Error, Failure, JUnitXml, Skipped

from runner.compare import compare
from runner.comparing import FORMS
from runner.expectations import Expectations, KnownFailure
from runner.judge import judge
from runner.model import Reason, Run, Status
from runner.reports import as_json, badge, compared_json, junit
from runner.reports.json_schemas import compare_schema, report_schema
from tests.documents import ROOT
from tests.unit.samples import HOSTILE, build, error, full_run, load, run_of, save

PAIR = ("tf2.12-py311", "tf2.16-py311")
SCHEMA = xmlschema.XMLSchema(str(ROOT / "docs" / "junit.xsd"))


def parsed(run: Run) -> ElementTree.Element:
    text = junit.render(run)
    SCHEMA.validate(text)
    return ElementTree.fromstring(text.encode())


def test_every_cell_is_one_test_case_and_the_numbers_are_those_of_the_run(tmp_path: Path) -> None:
    run = full_run()
    root = parsed(run)
    cases = list(root.iter("testcase"))
    assert sorted(case.attrib["name"] for case in cases) == sorted(run.outcomes)
    assert run.footer is not None
    counts = run.footer.counts
    assert int(root.attrib["tests"]) == len(run.outcomes)
    assert int(root.attrib["failures"]) == counts[Status.FAILED]
    assert int(root.attrib["errors"]) == counts[Status.ERRORED]
    assert sum(int(suite.attrib["skipped"]) for suite in root) == counts[Status.BLOCKED] + counts[Status.UNSUPPORTED]
    path = tmp_path / "junit.xml"
    path.write_text(junit.render(run), encoding="utf-8")
    read = JUnitXml.fromfile(str(path))
    assert (read.tests, read.failures, read.errors) == tuple(int(root.attrib[name]) for name in ("tests", "failures", "errors"))
    assert sum(1 for suite in read for _ in suite) == len(run.outcomes)


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (Status.PASSED, None, None),
        (Status.DEGRADED, Reason.OPTIMIZER_LOST, None),
        (Status.FAILED, Reason.LOAD_RAISED, Failure),
        (Status.ERRORED, Reason.BAD_RESULT, Error),
        (Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED, Skipped),
        (Status.BLOCKED, Reason.BLOCKED_BY, Skipped),
        (Status.NOT_RUN, Reason.INTERRUPTED, Skipped),
    ],
)
def test_each_status_has_its_place(status: Status, reason: Reason | None, kind: Any) -> None:
    (case,) = [
        case for suite in JUnitXml.fromstring(junit.render(run_of(load(PAIR, "a", "h5", "load-model", status, reason)))) for case in suite
    ]
    assert [type(result) for result in case.result] == ([kind] if kind else [])
    assert bool(case.system_out) is (status is Status.DEGRADED)
    if kind:
        assert str(reason) in str(case.result[0].message) or str(status) in str(case.result[0].message)


def hostile_run(text: str) -> Run:
    return run_of(
        load(PAIR, "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error(text, text)),
        load((text, PAIR[1]), text, text, text, Status.DEGRADED, Reason.COMPILE_LOST, notes={"why": text}),
        save(PAIR[0], text, "h5", Status.ERRORED, Reason.BAD_RESULT, diagnosis={"cause": text, "class": text, "remedy": text}),
        load(PAIR, "b", "h5", "load-model", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=text),
        build(PAIR[0]),
    )


def test_hostile_text_is_only_text() -> None:
    assert "\x1b" not in "".join(parsed(hostile_run(HOSTILE)).itertext())


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_text_gives_valid_xml(text: str) -> None:
    parsed(hostile_run(text))


def test_an_empty_run_is_valid() -> None:
    assert parsed(run_of()).attrib["tests"] == "0"


def test_known_failures_are_skipped_and_news_are_failures_whatever_their_status() -> None:
    run = run_of(
        load(PAIR, "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error()),
        load(PAIR, "b", "h5", "load-model", Status.DEGRADED, Reason.COMPILE_LOST),
        load(PAIR, "c", "h5", "load-model"),
    )
    rules = tuple(KnownFailure(selector=f"*/{name}/*", reason=Reason.LOAD_RAISED) for name in ("a", "c"))
    text = junit.render(run, judge(run, Expectations(rules=rules)))
    SCHEMA.validate(text)
    tags = {case.attrib["name"].split("/")[3]: [child.tag for child in case] for case in ElementTree.fromstring(text).iter("testcase")}
    assert tags == {"a": ["skipped"], "b": ["failure"], "c": ["failure"]}


def test_whatever_is_known_is_skipped_as_known() -> None:
    run = run_of(
        save(PAIR[0], "s", "h5", Status.FAILED, Reason.SAVE_RAISED, error=error()),
        load(PAIR, "b", "h5", "load-model", Status.DEGRADED, Reason.COMPILE_LOST),
    )
    rules = (KnownFailure(selector="*/b/*", reason=Reason.COMPILE_LOST), KnownFailure(selector="*/s/*", reason=Reason.SAVE_RAISED))
    text = junit.render(run, judge(run, Expectations(rules=rules)))
    SCHEMA.validate(text)
    told = [skipped.attrib["message"] for case in ElementTree.fromstring(text).iter("testcase") for skipped in case]
    assert len(told) == 2
    assert all(message.startswith("known: ") for message in told)


def test_a_problem_of_the_rules_alone_is_seen_where_the_build_is_seen() -> None:
    run = run_of(load(PAIR, "a", "h5", "load-model"))
    rules = (KnownFailure(selector="*/b/*", reason=Reason.LOAD_RAISED),)
    expectations = Expectations(rules=rules, problems=(f"rule 1 {HOSTILE}", "rule 2 fits no cell"))
    judgement = judge(run, expectations)
    assert judgement.exit_code == 1
    text = junit.render(run, judgement)
    SCHEMA.validate(text)
    root = ElementTree.fromstring(text)
    assert root.attrib["failures"] == "2"
    suite = root[-1]
    assert suite.attrib["name"] == "known_failures"
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "2")
    assert [failure.attrib["message"] for failure in suite.iter("failure")][1] == "rule 2 fits no cell"
    assert badge_of(run, expectations)["message"] == "1 of 1, 2 rule problems"
    assert badge_of(run, Expectations(rules=rules, problems=("one",))) == {
        "schemaVersion": 1,
        "label": "saved models load",
        "message": "1 of 1, 1 rule problem",
        "color": "red",
    }


@pytest.mark.parametrize(("name", "schema"), [("report", report_schema()), ("compare", compare_schema())])
def test_a_published_schema_is_the_codes(name: str, schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    published = (ROOT / "docs" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert published == json.dumps(schema, indent=2) + "\n", f"run: python -m runner schema {name} > docs/{name}.schema.json"
    text = (ROOT / "docs" / "reports-machine.md").read_text(encoding="utf-8")
    assert all(f"`{field}`" in text for field in schema["properties"] if field not in ("schema", "form"))


@pytest.mark.parametrize(
    "run", [full_run(), full_run(footer=False), run_of(), hostile_run(HOSTILE)], ids=["full", "killed", "empty", "hostile"]
)
def test_a_json_report_is_of_its_schema(run: Run) -> None:
    Draft202012Validator(report_schema()).validate(as_json.document(run))
    Draft202012Validator(report_schema()).validate(
        as_json.document(run, judge(run, Expectations(rules=(KnownFailure(selector="*", reason=Reason.LOAD_RAISED),), problems=("p",))))
    )
    for comparison in (compare(run, full_run()), compare(full_run(), run)):
        for form in FORMS.values():
            document = compared_json.document(run, full_run(), comparison, form=form)
            Draft202012Validator(compare_schema()).validate(json.loads(json.dumps(document)))


def badge_of(run: Run, expectations: Expectations | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(badge.render(run, judge(run, expectations or Expectations())))
    assert set(found) == {"schemaVersion", "label", "message", "color"}
    assert found["schemaVersion"] == 1
    return found


def test_a_badge_is_green_only_where_all_is_well_or_as_expected() -> None:
    good, bad = load(PAIR, "a", "h5", "load-model"), load(PAIR, "b", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED)
    rule = KnownFailure(selector="*/b/*", reason=Reason.LOAD_RAISED)
    assert badge_of(run_of(good))["color"] == "brightgreen"
    assert badge_of(run_of(good, bad)) == {"schemaVersion": 1, "label": "saved models load", "message": "1 of 2", "color": "blue"}
    assert badge_of(run_of(good, bad), Expectations(rules=(rule,)))["color"] == "brightgreen"
    unexpected = badge_of(run_of(good, bad), Expectations(rules=(rule.model_copy(update={"reason": Reason.CRASHED}),)))
    assert (unexpected["color"], unexpected["message"]) == ("red", "1 of 2, 1 unexpected")
    errored = load(PAIR, "c", "h5", "load-model", Status.ERRORED, Reason.BAD_RESULT)
    for run in (run_of(good, errored), run_of(good, footer=False), run_of(build(PAIR[0])), run_of(good, planned=9)):
        assert badge_of(run)["color"] == "lightgrey"


def test_what_failed_silently_stands_first_in_its_suite() -> None:
    loud = [load(PAIR, name, "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error()) for name in "az"]
    silent = load(PAIR, "m", "h5", "load-model", Status.FAILED, Reason.OUTPUTS_DIFFER)
    suites = JUnitXml.fromstring(junit.render(run_of(*loud, silent)))
    assert [case.name for suite in suites for case in suite] == [silent.id, *(item.id for item in loud)]

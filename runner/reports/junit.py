"""A run as JUnit XML for CI servers: a test suite for each environment, a test case for each cell that runs in it.

docs/reports-machine.md says what becomes of each status, and docs/junit.xsd is the schema of what is written. Messages are
cleaned: a character that XML does not allow would make the whole file unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from runner.judge import Judgement, judge
from runner.model import REASONS, Diagnosis, Outcome, Run, Status
from runner.reports.causes import EXPLAINED, diagnosis_of, error_line
from runner.reports.clean import clean, one_line
from runner.rules.facts import facts_by_environment
from runner.standing import is_silent

RULES = "known_failures"
"""The name of the suite of what is wrong with the rules themselves."""

_LONGEST = 8000
_TAGS = {
    Status.FAILED: "failure",
    Status.ERRORED: "error",
    Status.BLOCKED: "skipped",
    Status.UNSUPPORTED: "skipped",
    Status.NOT_RUN: "skipped",
}


def render(run: Run, judgement: Judgement | None = None) -> str:
    """Return a run as JUnit XML that ends with a newline; the same run gives the same text."""
    found = judgement or judge(run)
    facts = facts_by_environment(run.header.environments, run.outcomes)
    cases: dict[str, list[tuple[Outcome, ElementTree.Element]]] = {name: [] for name in run.header.environments}
    for id_ in sorted(run.outcomes, key=lambda id_: (not is_silent(run.outcomes[id_]), id_)):
        outcome = run.outcomes[id_]
        if not outcome.canary:
            diagnosis = diagnosis_of(outcome, facts) if outcome.status in EXPLAINED else None
            cases.setdefault(outcome.environment, []).append((outcome, _case(outcome, diagnosis, found)))
    root = ElementTree.Element("testsuites", name="tensorflow-compatibility-matrix")
    for name, pairs in cases.items():
        _suite(root, name, run, [element for _, element in pairs], seconds=sum(outcome.duration_s for outcome, _ in pairs))
    if found.problems:
        # They end the run with exit code 1 as news does, and are of no environment.
        _suite(root, RULES, run, [_problem(problem, number) for number, problem in enumerate(found.problems, 1)])
    suites = list(root)
    # The schema of Jenkins knows no other numbers here.
    for number in ("tests", "failures", "errors"):
        root.set(number, str(sum(int(suite.get(number, "0")) for suite in suites)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in suites):.3f}")
    if found.banner:
        ElementTree.SubElement(root[0] if len(root) else root, "system-err").text = _text("\n".join(found.banner))
    ElementTree.indent(root, space=" ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: ElementTree.Element, name: str, run: Run, cases: Sequence[ElementTree.Element], *, seconds: float = 0.0) -> None:
    suite = ElementTree.SubElement(root, "testsuite", _attributes(name, run, cases, seconds))
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in (("run", run.header.run), ("engine", run.header.engine), ("profile", run.header.profile)):
        ElementTree.SubElement(properties, "property", name=key, value=_text(value))
    suite.extend(cases)


def _problem(text: str, number: int) -> ElementTree.Element:
    """Return the case of a rule that expired or fits no cell. Its name begins with its number: texts may be cut alike."""
    case = ElementTree.Element("testcase", name=_text(f"{number}: {text}"), classname=RULES, time="0.000")
    ElementTree.SubElement(case, "failure", message=_text(text), type="rule-problem").text = _text(text)
    return case


def _attributes(name: str, run: Run, cases: Sequence[ElementTree.Element], seconds: float) -> dict[str, str]:
    tags = [child.tag for element in cases for child in element]
    return {
        "name": _text(name),
        "tests": str(len(cases)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "skipped": str(tags.count("skipped")),
        "time": f"{seconds:.3f}",
        "timestamp": _text(run.header.started[:19]),
    }


def _case(outcome: Outcome, diagnosis: Diagnosis | None, judgement: Judgement) -> ElementTree.Element:
    classname = ".".join(_text(part) for part in (outcome.stage, outcome.format or "") if part)
    case = ElementTree.Element("testcase", name=_text(outcome.id), classname=classname, time=f"{outcome.duration_s:.3f}")
    text = _evidence(outcome, diagnosis)
    tag = _TAGS.get(outcome.status)
    said = f"{outcome.reason or outcome.status}: {error_line(outcome)}"
    news, known = judgement.unexpected.get(outcome.id), judgement.known.get(outcome.id)
    if news:
        # News, whatever its status: a regression that is degraded, or a pass that was not expected.
        ElementTree.SubElement(case, "failure", message=_text(f"{news}; {said}"), type="unexpected").text = text
    elif known:
        ElementTree.SubElement(case, "skipped", message=_text(f"known: {known}; {said}"))
    elif tag == "skipped":
        blocked = f" by {outcome.blocked_by}" if outcome.blocked_by else ""
        ElementTree.SubElement(case, tag, message=_text(f"{outcome.status}{blocked}: {error_line(outcome)}"))
    elif tag:
        ElementTree.SubElement(case, tag, message=_text(said), type=str(outcome.reason or outcome.status)).text = text
    elif outcome.status is Status.DEGRADED:
        ElementTree.SubElement(case, "system-out").text = f"degraded: {_text(said)}\n{text}"
    return case


def _evidence(outcome: Outcome, diagnosis: Diagnosis | None) -> str:
    """Return what is known of a cell that is not passed: meaning, cause, remedy, failed checks, traceback."""
    checks: Mapping[str, str] = {str(check): str(result) for check, result in outcome.checks.items()}
    lines = [REASONS[outcome.reason].text] if outcome.reason else []
    lines += ["nothing was raised: a silent failure"] if is_silent(outcome) else []
    if diagnosis is not None:
        lines += [f"cause: {one_line(diagnosis.cause, limit=400)}"]
        lines += [f"remedy: {one_line(diagnosis.remedy, limit=600)}"] if diagnosis.remedy else []
    lines += [", ".join(f"{check} {result}" for check, result in checks.items())] if checks else []
    lines += [clean(outcome.error.traceback, limit=_LONGEST)] if outcome.error and outcome.error.traceback else []
    return "\n".join(lines)


def _text(text: str) -> str:
    return one_line(text, limit=1000)

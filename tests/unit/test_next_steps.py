"""The commands that reports print can be typed where the reader is."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from runner.model import Check, CheckResult, Reason, Run, Status
from runner.reports import cell, markdown, terminal
from runner.reports.next_steps import next_steps
from runner.reports.tables import pivot
from tests.unit.samples import QUICK, full_run, load, run_of

RUN = "20261121-050000-abcd"


def run_at(path: Path | str, matrix: str = "matrix.yaml", *, footer: bool = True) -> Run:
    run = full_run(footer=footer)
    return replace(run, path=Path(path), header=run.header.model_copy(update={"matrix": matrix}))


def commands(run: Run) -> dict[str, list[str]]:
    """Return the printed commands by their name, each as its words behind it."""
    lines = [shlex.split(line)[3:] for step in next_steps(pivot(run)) for line in step.commands]
    return {words[0]: words[1:] for words in lines}


@pytest.mark.parametrize("place", ["reports", "{here}/reports", "./reports"])
@pytest.mark.parametrize("matrix", ["matrix.yaml", "{here}/matrix.yaml", "./matrix.yaml"])
def test_nothing_is_added_where_the_defaults_are_right(place: str, matrix: str) -> None:
    here = str(Path.cwd())
    for path in (f"{place}/runs/{RUN}/run.jsonl", f"{place}/runs/{RUN}"):
        found = commands(run_at(path.format(here=here), matrix.format(here=here)))
        assert all("--matrix" not in words and "--reports" not in words and "--run" not in words for words in found.values())


def test_a_run_of_elsewhere_says_where() -> None:
    found = commands(run_at(f"/srv/my runs/runs/{RUN}/run.jsonl", "../models/own.yaml", footer=False))
    reports = ["--reports", "/srv/my runs"]
    assert found["show"][1:] == reports
    assert found["reproduce"][1:] == ["--matrix", "../models/own.yaml", *reports]
    assert found["report"] == [RUN, "--as", "markdown", "--output", "report.md", *reports]
    assert found["run"] == ["--profile", "quick", "--matrix", "../models/own.yaml", *reports]


def test_a_matrix_file_of_the_default_name_elsewhere_is_named() -> None:
    assert commands(run_at(f"reports/runs/{RUN}", "/srv/matrix.yaml"))["reproduce"][1:] == ["--matrix", "/srv/matrix.yaml"]


def test_a_run_that_lies_alone_is_given_by_its_path() -> None:
    found = commands(run_at("/srv/copied/run.jsonl"))
    assert found["show"][1:] == ["--run", "/srv/copied/run.jsonl"]
    assert found["report"][0] == "/srv/copied/run.jsonl"
    assert "--reports" not in found["reproduce"]


def test_a_run_that_is_not_the_newest_is_named() -> None:
    run = run_at(f"reports/runs/{RUN}")
    lines = [line for step in next_steps(pivot(run), newest=False) for line in step.commands]
    assert any(f" --run {RUN}" in line for line in lines if " show " in line)
    for text in (terminal.to_text(run, newest=False), markdown.render(run, newest=False)):
        assert f" --run {RUN}" in text
    assert " --run " not in terminal.to_text(run)


def test_every_report_prints_them() -> None:
    run = run_at(f"/srv/my runs/runs/{RUN}/run.jsonl", "own.yaml")
    again = "--matrix own.yaml --reports '/srv/my runs'\n"
    worst = commands(run)["reproduce"][0]
    for text in (terminal.to_text(run, width=60), markdown.render(run), cell.to_text(run, worst, width=60)):
        assert f"reproduce {worst} {again}" in text


def test_the_verdict_and_the_ladder_are_not_said_again_among_the_notes() -> None:
    notes = {"why": "because of this", "checks": {"weights": {"dense": 1}}, "more": "something else"}
    checks = {Check.WEIGHTS: CheckResult.FAILED}
    outcome = load(QUICK[:2], "a", "h5", "load-model", Status.FAILED, Reason.WEIGHTS_DIFFER, checks=checks, notes=notes)
    text = cell.to_text(run_of(outcome), outcome.id)
    assert text.count("because of this") == 1
    assert text.count('"dense": 1') == 1
    assert "more: something else" in text

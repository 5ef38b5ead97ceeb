"""The canary: in every run, out of every table, and whichever half is wrong the report has a banner and the exit code is 4."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.banner import banner_of
from runner.canaries import BROKEN, CANARIES, SOUND
from runner.cli import main
from runner.compare import compare
from runner.comparing import WAYS
from runner.errors import EngineFault, UsageError
from runner.executor import execute
from runner.expecting import accept
from runner.judge import judge
from runner.model import Reason, Run, Stage, Status
from runner.plan import Plan, make_plan
from runner.reports import as_json, badge, compared_json, compared_markdown, compared_terminal, junit, markdown, terminal
from runner.reports.judged import BANNER
from runner.reports.picture.draw import as_svg
from runner.reports.tables import pivot
from runner.selection import select
from runner.spec import load_matrix
from runner.store import RunStore
from tests.documents import ROOT
from tests.unit.engine_in_memory import Answer, Asked, MemoryEngine, Script, good, raised, well
from tests.unit.plans import selection


def plan(*names: str, until: Stage = Stage.LOAD) -> Plan:
    chosen = selection(names or ("a", "b"), pairs=(("a", "b"),), formats=(("h5", ("load-model",)),))
    return make_plan(replace(chosen, canaries=CANARIES), until=until)


def differs(request: Any) -> dict[str, Any]:
    answer = good(request)
    checks = {name: {**facts, "result": "failed"} if name == "weights" else facts for name, facts in answer["checks"].items()}
    return {**answer, "checks": checks}


def honest(asked: Asked) -> Answer:
    """Everything passes but the load of the broken canary."""
    broken = asked.request["stage"] == "load" and f"@{BROKEN}" in asked.id
    return differs(asked.request) if broken else good(asked.request)


def fails(asked: Asked) -> Answer:
    return raised(asked.request)


def only(word: str, answer: Script) -> Script:
    """Answer cells whose id has a word in it in one way, and all others honestly."""
    return lambda asked: answer(asked) if word in asked.id else honest(asked)


def halves_of(said: tuple[str, ...]) -> set[str]:
    return {SOUND if f"the {SOUND} canary" in line or "a plain Dense model" in line else BROKEN for line in said}


def run(script: Script, path: Path, made: Plan | None = None, **more: Any) -> Run:
    return execute(made or plan(), MemoryEngine(script, **more), RunStore(path), jobs=2, memory_mb=8000)


def test_an_honest_agent_has_no_banner_and_no_canary_in_its_tables(tmp_path: Path) -> None:
    found = run(honest, tmp_path)
    assert banner_of(found) == ()
    assert judge(found).exit_code == 0
    assert (found.header.planned, found.header.canaries, len(found.outcomes)) == (12, 8, 12)
    tables = pivot(found)
    assert (tables.totals.planned, tables.totals.passed, tables.totals.failed) == (4, 4, 0)
    assert not tables.silent
    assert [grid.format for grid in tables.grids] == ["h5"]


@pytest.mark.parametrize(
    ("script", "halves"),
    [
        (well, {BROKEN}),
        (fails, {SOUND, BROKEN}),
        (only(f"@{SOUND}", lambda asked: differs(asked.request) if asked.request["stage"] == "load" else good(asked.request)), {SOUND}),
        (only(f"load/b/b/canary@{SOUND}", lambda asked: "garbage"), {SOUND}),
        (only(f"load/b/b/canary@{BROKEN}", fails), {BROKEN}),
        (only(f"save/b/canary@{BROKEN}", fails), {BROKEN}),
        (only(f"@{SOUND}", lambda asked: {**good(asked.request), "fixture_fault": "no"}), {SOUND}),
    ],
    ids=["lies", "fails everything", "sound differs", "sound without result", "broken raises", "broken is not saved", "sound errs"],
)
def test_whichever_half_is_wrong_there_is_a_banner_and_exit_code_4(script: Script, halves: set[str], tmp_path: Path) -> None:
    found = run(script, tmp_path)
    said = banner_of(found)
    assert halves_of(said) == halves
    judgement = judge(found)
    assert (judgement.exit_code, judgement.banner) == (4, said)
    assert "cannot be believed" in judgement.text
    for text in (terminal.to_text(found), markdown.render(found), markdown.render(found, short=True)):
        assert BANNER in " ".join(text.split()[:60]).replace(" !!! ", " ")
        assert "b: " in text
    assert as_json.document(found)["banner"] == list(said)
    assert "not to be believed" in badge.render(found)
    assert "<system-err>" in junit.render(found)
    assert BANNER in as_svg(found)
    with pytest.raises(UsageError, match="cannot be believed"):
        accept(None, output=tmp_path / "baseline.jsonl", reports=tmp_path, console=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["base", "new"])
def test_a_comparison_with_a_run_that_cannot_be_believed_says_so_above_its_headline(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {"base": tmp_path / "1", "new": tmp_path / "2"}
    runs = {side: run(well if side == wrong else honest, path) for side, path in paths.items()}
    found = compare(runs["base"], runs["new"])
    for render in (compared_markdown.render, compared_terminal.to_text):
        text = " ".join(render(runs["base"], runs["new"], found).replace("!!!", "").split())
        assert f"Run {runs[wrong].header.run}: this run cannot be believed" in (above := text.partition("Of ")[0])
        assert "b: a model that comes back" in above
        assert text.count("cannot be believed") == 1
    document = json.loads(compared_json.render(runs["base"], runs["new"], found))
    assert {side: bool(document[side]["banner"]) for side in runs} == {side: side == wrong for side in runs}
    for way in WAYS:
        monkeypatch.setattr("sys.argv", ["runner", "compare", *(str(runs[side].path) for side in runs), "--as", way])
        assert main() == 4
    monkeypatch.setattr("sys.argv", ["runner", "compare", str(runs[wrong].path), str(runs[wrong].path)])
    capsys.readouterr()
    assert main() == 4
    assert capsys.readouterr().out.count("cannot be believed") == 1


def test_an_environment_that_cannot_be_made_is_no_matter_of_the_canary(tmp_path: Path) -> None:
    found = run(honest, tmp_path, faults={"b": EngineFault(Reason.INSTALL_FAILED, "no")})
    assert banner_of(found) == ()
    assert judge(found).exit_code == 4


def test_a_whole_run_in_which_an_environment_was_not_tried_has_a_banner(tmp_path: Path) -> None:
    found = run(honest, tmp_path)
    lacking = {id_: outcome for id_, outcome in found.outcomes.items() if f"load/b/b/canary@{SOUND}" not in id_}
    assert banner_of(replace(found, outcomes=lacking)) == (
        "b: the sound canary was not tried, so nothing says whether this environment can be believed",
    )
    assert banner_of(replace(found, outcomes=lacking, footer=None)) == ()


def test_a_run_of_before_there_was_a_canary_has_no_banner(tmp_path: Path) -> None:
    found = run(well, tmp_path, make_plan(selection(("a",))))
    assert found.header.canaries == 0
    assert judge(found).exit_code == 0


@pytest.mark.parametrize("until", [Stage.SAVE, Stage.LOAD])
def test_every_environment_of_a_plan_has_its_canary(until: Stage) -> None:
    made = plan("a", "b", "c", until=until)
    used = {cell.environment for cell in made.cells}
    for canary in CANARIES:
        assert {cell.environment for cell in made.cells if cell.canary == canary.canary and cell.stage is Stage.LOAD} == used
    assert made.canaries == 4 * len(used)
    assert sum(made.counts.values()) == len(made.cells) - made.canaries


def test_no_pattern_leaves_the_canary_out() -> None:
    spec = load_matrix(ROOT / "matrix.yaml")
    chosen = select(spec, from_=["tf2.12-py311"], to=["tf2.21-py311"], fixture=["functional"], format=["h5"])
    made = make_plan(chosen)
    assert {cell.environment for cell in made.cells if cell.canary} == {"tf2.12-py311", "tf2.21-py311"}
    assert all(fixture.file.is_file() for fixture in CANARIES)


def test_the_canary_is_tried_again_where_anything_else_runs(tmp_path: Path) -> None:
    run(honest, tmp_path)
    again = run(honest, tmp_path)
    assert all(outcome.reused_from for outcome in again.outcomes.values())
    wider = selection(("a", "b"), pairs=(("a", "b"), ("b", "b")), formats=(("h5", ("load-model",)),))
    found = run(honest, tmp_path, make_plan(replace(wider, canaries=CANARIES)))
    tried = {outcome.environment: outcome.reused_from for outcome in found.outcomes.values() if outcome.canary}
    assert tried["b"] is None
    assert tried["a"] is not None


def test_the_broken_canary_is_not_confirmed_and_confirms_nothing(tmp_path: Path) -> None:
    engine = MemoryEngine(honest)
    execute(plan(), engine, RunStore(tmp_path), jobs=2, memory_mb=8000)
    assert not [started for started in engine.started if started[1] == "process"]


def test_the_canary_is_no_news(tmp_path: Path) -> None:
    base, new = run(honest, tmp_path / "1"), run(well, tmp_path / "2")
    assert not [change for change in compare(base, new).changes if change.outcome.canary]
    assert not [outcome for outcome in new.outcomes.values() if outcome.canary and outcome.status is Status.FAILED]


def test_no_other_fixture_may_have_its_name(tmp_path: Path) -> None:
    matrix = tmp_path / "matrix.yaml"
    (tmp_path / "c.py").write_text("")
    matrix.write_text('schema: 1\nenvironments: [{tensorflow: "2.15", python: "3.11"}]\nfixtures: {canary: {file: c.py}}\n')
    with pytest.raises(UsageError, match=r"matrix\.yaml:3: .*'canary'"):
        load_matrix(matrix)

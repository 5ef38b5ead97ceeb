"""Baselines and known failures: only news fails a build, and the rules themselves are looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from runner.baselines import baseline_of, cut_short, find_baseline, keep, kept, read_baseline, to_text, worth_accepting
from runner.cli import main
from runner.errors import InvalidMatrix, UsageError
from runner.expectations import Baseline, Expectations, KnownFailure
from runner.expecting import expected
from runner.judge import Judgement, judge
from runner.model import Outcome, Reason, Run, Status
from runner.records import Record, encode
from runner.reports import as_json, badge, junit, markdown, terminal
from runner.selection import select
from runner.spec import load_matrix
from runner.store import FILE, RunStore
from tests.unit.samples import error, full_run, load, run_of, save

PAIR = ("tf2.12-py311", "tf2.16-py311")
ID = "load/tf2.12-py311/tf2.16-py311/a/h5/load-model"
RAISED = (Status.FAILED, Reason.LOAD_RAISED)
WRONG = (Status.FAILED, Reason.WEIGHTS_DIFFER)
LOST = (Status.DEGRADED, Reason.OPTIMIZER_LOST)
PASSED = (Status.PASSED, None)
GONE = (Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED)
ERRED = (Status.ERRORED, Reason.BAD_RESULT)
What = tuple[Status, Reason | None]


def cell(what: What, **more: Any) -> Outcome:
    raised = {"error": error()} if what == RAISED else {}
    return load(PAIR, "a", "h5", "load-model", *what, **{**raised, **more})


def rule(reason: Reason = Reason.LOAD_RAISED, selector: str = "load/*/tf2.16-*/a/*", **more: Any) -> KnownFailure:
    return KnownFailure(selector=selector, reason=reason, place="matrix.yaml:7", **more)


def held(new: What, *rules: KnownFailure, base: What | None = None, accepted: bool = False) -> Judgement:
    baseline = baseline_of(run_of(cell(base))) if base else baseline_of(run_of(save("x", "y", "h5"))) if accepted else None
    return judge(run_of(cell(new)), Expectations(baseline=baseline, rules=rules))


@pytest.mark.parametrize(
    ("base", "new", "code"),
    [
        (PASSED, PASSED, 0),
        (PASSED, RAISED, 1),
        (PASSED, LOST, 1),
        (PASSED, GONE, 1),
        (PASSED, ERRED, 4),
        (LOST, RAISED, 1),
        (LOST, LOST, 0),
        (LOST, PASSED, 1),
        (RAISED, RAISED, 0),
        (RAISED, (Status.FAILED, Reason.CRASHED), 0),
        (RAISED, WRONG, 1),
        (WRONG, RAISED, 0),
        (RAISED, LOST, 0),
        (RAISED, PASSED, 1),
        (RAISED, GONE, 0),
        (GONE, GONE, 0),
        (GONE, PASSED, 0),
        (GONE, RAISED, 1),
        (RAISED, ERRED, 4),
    ],
)
def test_against_a_baseline_only_news_counts(base: What, new: What, code: int) -> None:
    judgement = held(new, base=base)
    assert judgement.exit_code == code
    assert bool(judgement.unexpected) is (code == 1)
    assert bool(judgement.passes) is (code == 1 and new == PASSED)


@pytest.mark.parametrize(("new", "code"), [(RAISED, 1), (LOST, 1), (PASSED, 0), (GONE, 0)])
def test_a_cell_that_the_baseline_does_not_have_is_news_when_it_is_bad(new: What, code: int) -> None:
    assert held(new, accepted=True).exit_code == code


def test_a_cell_that_only_the_baseline_has_is_no_news() -> None:
    assert judge(run_of(), Expectations(baseline=baseline_of(run_of(cell(PASSED))))).exit_code == 0


@pytest.mark.parametrize(
    ("new", "rules", "code"),
    [
        (RAISED, (), 0),
        (RAISED, (rule(),), 0),
        (RAISED, (rule(Reason.CRASHED),), 1),
        (RAISED, (rule(Reason.CRASHED), rule()), 0),
        (RAISED, (rule(selector="save/*"),), 1),
        (RAISED, (rule(selector=ID),), 0),
        (LOST, (rule(),), 1),
        (LOST, (rule(Reason.OPTIMIZER_LOST),), 0),
        (PASSED, (rule(),), 1),
        (PASSED, (rule(selector="save/*"),), 0),
        (GONE, (rule(),), 0),
    ],
)
def test_a_known_failure_may_fail_for_its_reason_and_must_not_pass(new: What, rules: tuple[KnownFailure, ...], code: int) -> None:
    judgement = held(new, *rules)
    assert judgement.exit_code == code
    assert bool(judgement.passes) is (code == 1 and new == PASSED)
    assert (ID in judgement.known) is (code == 0 and new in (RAISED, LOST) and bool(rules))


def test_a_rule_holds_up_to_its_last_day_and_then_is_news_itself() -> None:
    assert held(RAISED, rule(expires=date(2026, 11, 21))).exit_code == 0
    late = held(RAISED, rule(expires=date(2026, 11, 20)))
    assert late.exit_code == 1
    assert "matrix.yaml:7: known failure load/*/tf2.16-*/a/* expired on 2026-11-20" in late.problems[0]
    assert ID in late.unexpected
    assert held(PASSED, rule(expires=date(2026, 11, 20))).passes == {}


def test_a_rule_covers_what_the_baseline_would_call_news() -> None:
    assert held(RAISED, rule(), base=PASSED).exit_code == 0
    assert held(WRONG, rule(), base=PASSED).exit_code == 1


def test_what_is_blocked_is_judged_by_what_blocks_it() -> None:
    saved = save(PAIR[0], "a", "h5", Status.FAILED, Reason.SAVE_RAISED, error=error())
    run = run_of(saved, cell((Status.BLOCKED, Reason.BLOCKED_BY), blocked_by=saved.id))
    known = KnownFailure(selector=saved.id, reason=Reason.SAVE_RAISED)
    assert judge(run, Expectations(rules=(known,))).exit_code == 0
    assert set(judge(run, Expectations(baseline=baseline_of(run_of(save(PAIR[0], "a", "h5"), cell(PASSED))))).unexpected) == {saved.id}


def test_news_counts_before_what_is_missing_and_after_an_interruption() -> None:
    run = run_of(cell(RAISED), save("x", "y", "h5", Status.ERRORED, Reason.BAD_RESULT))
    held_against = Expectations(baseline=baseline_of(run_of(cell(PASSED))))
    assert judge(run, held_against).exit_code == 1
    assert "incomplete: 1 errored" in judge(run, held_against).text
    assert judge(replace(run, footer=None), held_against).exit_code == 130


def test_without_expectations_nothing_is_unexpected() -> None:
    judgement = judge(full_run(environments=("tf2.12-py311", "tf2.16-py311")))
    assert (judgement.exit_code, judgement.expects, judgement.unexpected, judgement.known) == (0, False, {}, {})


def test_reports_show_what_is_unexpected_what_is_known_and_the_rules_problems() -> None:
    run = run_of(cell(RAISED), load(PAIR, "b", "h5", "load-model"), load(PAIR, "c", "h5", "load-model", *RAISED, error=error()))
    rules = (rule(issue="https://github.com/keras-team/keras/issues/1"), rule(selector="*/b/h5/*"))
    judgement = judge(run, Expectations(rules=rules, problems=("matrix.yaml:9: known failure x fits no cell",)))
    pieces = ("1 cell worse than known", "1 cell that should not pass", "1 problem", "fits no cell", "1 cell failed or degraded as known")
    for text in (terminal.to_text(run, width=200, judgement=judgement), markdown.render(run, judgement=judgement)):
        assert all(piece in text for piece in pieces)
        assert "matrix.yaml:7: known failure load/" in text.replace("\\", "")
    document = as_json.document(run, judgement)
    assert document["exit_code"] == 1
    assert list(document["expected"]["known"]) == [ID]
    assert list(document["expected"]["unexpected_passes"]) == ["load/tf2.12-py311/tf2.16-py311/b/h5/load-model"]
    assert '"color": "red"' in badge.render(run, judgement)
    assert 'failures="2"' in junit.render(run, judgement)
    assert "known: matrix.yaml:7" in junit.render(run, judgement)


def test_a_baseline_is_read_back_as_it_was_written_and_is_sorted(tmp_path: Path) -> None:
    baseline = baseline_of(full_run())
    path = tmp_path / "baseline.jsonl"
    path.write_text(to_text(baseline))
    assert read_baseline(path) == baseline.model_copy(update={"source": str(path)})
    ids = [line.split('"')[3] for line in path.read_text().splitlines()[1:]]
    assert ids == sorted(ids)
    assert not judge(full_run(), Expectations(baseline=read_baseline(path))).unexpected


def test_a_baseline_has_no_cell_that_says_nothing() -> None:
    run = run_of(cell(ERRED), save("x", "y", "h5", canary="sound"))
    assert baseline_of(run).cells == {}
    assert "say nothing" in worth_accepting(run)
    assert "interrupted" in worth_accepting(run_of(footer=False))


HEAD = '{"type":"baseline","schema":1,"run":"a","started":"b","profile":"c","cells":1}\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"type":"baseline"\n', r"baseline\.jsonl:1: no line of a baseline"),
        (HEAD + '{"id":"x","status":"fine"}\n', r"jsonl:2: no line"),
        (HEAD + 2 * '{"id":"x","status":"passed"}\n', r"jsonl:3: the cell x is there twice"),
        ('{"id":"x","status":"passed"}\n', "no first line"),
        (HEAD.replace('"schema":1', '"schema":2,"new":3'), r"jsonl:1: written by a newer version"),
        (HEAD + '{"id":"x"}\n', r"jsonl:2: no line of a baseline \(status: Field required\)"),
        ("garbage\n", "neither a run"),
    ],
)
def test_a_baseline_that_is_none_is_told_by_its_line(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "baseline.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=told):
        read_baseline(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("garbage\n", "neither a run .* nor a baseline"),
        ("", "neither a run .* nor a baseline"),
        ('{"id":"x","status":"passed"}\n', "no first line"),
        (HEAD.replace('"schema":1', '"schema":2'), "newer version"),
    ],
)
def test_what_is_asked_for_as_a_baseline_and_is_none_is_a_wrong_word(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "given.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=told) as caught:
        find_baseline(str(path), RunStore(tmp_path))
    assert "remove" not in str(caught.value)


def test_a_baseline_that_was_cut_is_told(tmp_path: Path) -> None:
    path = tmp_path / "baseline.jsonl"
    path.write_text("".join(to_text(baseline_of(full_run())).splitlines(keepends=True)[:7]))
    assert "first line speaks of" in cut_short(read_baseline(path))
    assert "it has 6" in cut_short(read_baseline(path))
    assert cut_short(baseline_of(full_run())) == ""


def written(reports: Path, run: Run) -> Run:
    path = reports / "runs" / run.header.run / FILE
    path.parent.mkdir(parents=True)
    lines: list[Record] = [run.header, *run.outcomes.values(), *([run.footer] if run.footer else [])]
    path.write_text("".join(encode(line) for line in lines), encoding="utf-8")
    return replace(run, path=path)


def test_a_run_is_a_baseline_too_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    written(tmp_path, full_run())
    store = RunStore(tmp_path)
    assert find_baseline("latest", store).cells == baseline_of(full_run()).cells
    assert find_baseline(str(tmp_path / "runs" / full_run().header.run / FILE), store).cells
    with pytest.raises(UsageError, match="baseline accept"):
        find_baseline(str(tmp_path / "nothing.jsonl"), store)
    with pytest.raises(UsageError, match="no run 'nothing'"):
        find_baseline("nothing", store)


def test_the_command_writes_a_baseline_and_reports_hold_a_run_against_what_it_was_held_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = written(tmp_path, run_of(cell(RAISED)))
    path = tmp_path / "kept" / "baseline.jsonl"

    def call(*words: str) -> int:
        monkeypatch.setattr("sys.argv", ["runner", *words, "--reports", str(tmp_path)])
        return main()

    assert call("baseline", "accept", "--output", str(path)) == 0
    assert "1 cell accepted" in capsys.readouterr().out
    assert list(read_baseline(path).cells) == [ID]
    path.write_text(to_text(baseline_of(run_of(cell(PASSED), save("x", "y", "h5")))))
    assert call("baseline", "accept", "--output", str(path)) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "of the baseline before, 1 cell changed" in told
    assert "it forgets 1 cell that this run does not have" in told
    assert call("report", "--as", "json") == 0
    assert '"expects": false' in capsys.readouterr().out
    keep(run, Expectations(baseline=baseline_of(run_of(cell(PASSED)))))
    assert kept(run).baseline is not None
    assert call("report", "--as", "json") == 0
    assert '"exit_code": 1' in capsys.readouterr().out


def matrix(path: Path, more: str) -> Path:
    file = path / "matrix.yaml"
    file.write_text(f'schema: 1\nenvironments: [{{tensorflow: "2.15", python: "3.11"}}]\n{more}\n')
    return file


GOOD = """known_failures:
  - selector: "load/*/tf2.15-py311/*/h5/load-model"
    reason: load-raised
    because: HDF5 has no home for it.
    issue: https://github.com/keras-team/keras/issues/1
    expires: 2027-03-31
  - {selector: "load/tf2.15-py311/*/keras-v4/*", reason: crashed}
"""


def test_known_failures_are_read_with_their_lines(tmp_path: Path) -> None:
    spec = load_matrix(matrix(tmp_path, GOOD))
    first, second = spec.known_failures
    assert (first.reason, first.expires, first.because) == (Reason.LOAD_RAISED, date(2027, 3, 31), "HDF5 has no home for it.")
    assert (first.place, second.place) == (f"{spec.path}:4", f"{spec.path}:9")


def test_a_rule_that_fits_no_cell_of_any_profile_is_told(tmp_path: Path) -> None:
    spec = load_matrix(matrix(tmp_path, GOOD))
    found = expected(select(spec), None, RunStore(tmp_path))
    assert len(found.problems) == 1
    assert "matrix.yaml:9: known failure load/tf2.15-py311/*/keras-v4/* fits no cell of any profile" in found.problems[0]
    narrowed = expected(select(spec, fixture=["sequential"], format=["checkpoint"]), None, RunStore(tmp_path))
    assert narrowed.problems == found.problems
    assert judge(run_of(), found).exit_code == 1


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('{selector: "load/*"}', "`reason` is missing"),
        ("{reason: load-raised}", "`selector` is missing"),
        ('{selector: "load/*", reason: load-raise}', "did you mean 'load-raised'"),
        ('{selector: "load/*", reason: qqqqqqqq}', "nearest: "),
        ('{selector: "load/*", reason: load-raised, expires: soon}', "expires"),
        ('{selector: "load/*", reason: load-raised, expires: 2027-02-30}', "expires"),
        ('{selector: "load/*", reason: load-raised, until: 2027-02-03}', "unknown key `until`"),
        ('{selector: "", reason: load-raised}', "selector"),
    ],
)
def test_a_known_failure_that_is_wrong_is_told_by_its_line(entry: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidMatrix) as caught:
        load_matrix(matrix(tmp_path, f"known_failures:\n  - {entry}"))
    assert "matrix.yaml:4: " in str(caught.value)
    assert told in str(caught.value)


def test_the_baseline_of_a_matrix_file_lies_beside_it_and_must_be_there(tmp_path: Path) -> None:
    file = matrix(tmp_path, "baseline: accepted.jsonl")
    chosen, store = select(load_matrix(file)), RunStore(tmp_path)
    with pytest.raises(UsageError, match=r"matrix\.yaml:3: .*accepted\.jsonl.*--baseline none"):
        expected(chosen, None, store)
    assert expected(chosen, "none", store).baseline is None
    (tmp_path / "accepted.jsonl").write_text(to_text(baseline_of(full_run())))
    found = expected(chosen, None, store).baseline
    assert isinstance(found, Baseline)
    assert found.head.run == full_run().header.run

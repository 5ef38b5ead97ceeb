"""A cell's history, the list of runs, and what may go: nothing that others live on."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from runner.errors import UsageError
from runner.executor import execute
from runner.history import histories_of, history_of, stretches_of
from runner.keeping import HOLD, print_runs, prune
from runner.model import Outcome, Reason, Run, Status
from runner.plan import Plan, make_plan
from runner.reports.cell import print_cell
from runner.reports.printing import plain_text
from runner.retention import fates, only_known_to, useless
from runner.shelf import Outline, outlines, runs_with
from runner.store import RunStore
from tests.unit.engine_in_memory import MemoryEngine
from tests.unit.plans import selection
from tests.unit.runs_on_disk import write
from tests.unit.samples import load, run_of, save

ROOT = Path(__file__).parents[2]
CELL = "load/old/new/sequential/h5/load-model"
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def said(status: Status, reason: Reason | None = None) -> Outcome:
    return load(("old", "new"), "sequential", "h5", "load-model", status, reason)


def five(reports: Path) -> RunStore:
    """Write five runs: passed, passed, one without the cell, failed, failed."""
    for day, outcome in enumerate((said(Status.PASSED), said(Status.PASSED), None, said(Status.FAILED, Reason.CRASHED)), 1):
        write(reports, f"202611{day:02}-000000-aaaa", *([outcome] if outcome else []))
    write(reports, "20261105-000000-aaaa", said(Status.FAILED, Reason.CRASHED), footer=False, torn=b'{"id":"' + CELL.encode())
    return RunStore(reports)


def test_what_runs_said_of_a_cell(tmp_path: Path) -> None:
    store = five(tmp_path)
    history = history_of(CELL, runs_with(store, CELL, newest=10))
    assert [(verdict.run[:8], str(verdict.status)) for verdict in history] == [
        ("20261105", "failed"),
        ("20261104", "failed"),
        ("20261102", "passed"),
        ("20261101", "passed"),
    ]
    assert history == history_of(CELL, reversed([store.read(name) for name in store.ids()])), "whole runs say the same, in any order"
    assert len(list(runs_with(store, CELL, newest=3))) == 3
    assert list(runs_with(store, "load/nobody", newest=3)) == []


def test_stretches_are_changes_only(tmp_path: Path) -> None:
    stretches = stretches_of(history_of(CELL, runs_with(five(tmp_path), CELL, newest=10)))
    assert [(stretch.status, stretch.first[:8], stretch.last[:8], stretch.runs) for stretch in stretches] == [
        (Status.FAILED, "20261104", "20261105", 2),
        (Status.PASSED, "20261101", "20261102", 2),
    ]


@given(st.lists(st.sampled_from([Status.PASSED, Status.FAILED, Status.ERRORED]), max_size=12))
def test_stretches_hold_every_verdict_once(statuses: list[Status]) -> None:
    runs = [
        replace(one, header=one.header.model_copy(update={"run": f"{n:03}", "started": f"{n:03}"}))
        for n, one in enumerate(run_of(said(status)) for status in statuses)
    ]
    stretches = stretches_of(history_of(CELL, runs))
    again = [stretch.status for stretch in reversed(stretches) for _ in range(stretch.runs)]
    assert again == statuses
    assert all(one.status is not other.status for one, other in pairwise(stretches))
    assert (CELL in histories_of([CELL], runs)) == (len(stretches) > 1)


def test_show_tells_the_history(tmp_path: Path) -> None:
    store = five(tmp_path)
    stretches = stretches_of(history_of(CELL, runs_with(store, CELL, newest=10)))
    text = plain_text(lambda console: print_cell(store.latest(), CELL, console, history=stretches), width=140)
    lines = text[text.index("In the newest 4 runs that have it") :].splitlines()
    assert "failed: crashed" in lines[1]
    assert "2026-11-04 to 2026-11-05" in lines[1]
    assert "passed" in lines[2]
    assert "2 runs" in lines[2]
    shown = command("show", CELL, "--newest", "3", "--reports", str(tmp_path)).stdout
    assert "In the newest 3 runs that have it" in shown


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "runner", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_list_of_runs(tmp_path: Path) -> None:
    five(tmp_path)
    (tmp_path / "runs" / "20261106-000000-aaaa").mkdir()
    (tmp_path / "runs" / "20261106-000000-aaaa" / "run.jsonl").write_bytes(b"")
    assert [(run.run[:8], run.state) for run in outlines(RunStore(tmp_path))] == [
        *((f"2026110{day}", "complete") for day in (1, 2, 3, 4)),
        ("20261105", "interrupted"),
        ("20261106", "unreadable"),
    ]
    printed = command("runs", "list", "--reports", str(tmp_path))
    assert printed.returncode == 0
    assert "6 runs" in printed.stdout
    assert '"state": "interrupted"' in command("runs", "list", "--json", "--reports", str(tmp_path)).stdout


def test_the_list_of_runs_counts_no_canary(tmp_path: Path) -> None:
    cells = [load(("old", "new"), name, "h5", "load-model") for name in ("a", "b")]
    canaries = [save("new", "canary", "h5", canary=name) for name in ("sound", "broken")]
    canaries = [outcome.model_copy(update={"id": f"{outcome.id}@{outcome.canary}"}) for outcome in canaries]
    write(tmp_path, "20261101-000000-aaaa", *cells, *canaries, canaries=2)
    (row,) = json.loads(command("runs", "list", "--json", "--reports", str(tmp_path)).stdout)
    assert (row["planned"], row["counts"]) == (2, {"passed": 2})
    assert "  2  2✓ " in command("runs", "list", "--reports", str(tmp_path)).stdout


def test_the_list_of_runs_has_whole_ids_on_a_narrow_terminal_and_whole_lines_elsewhere(tmp_path: Path) -> None:
    runs = [f"2026110{day}-000000-aaaa" for day in (1, 2)]
    for run in runs:
        statuses = [status for status in Status for _ in range(1000)]
        cells = [load(("old", "new"), f"f{number}", "h5", "load-model", status) for number, status in enumerate(statuses)]
        write(tmp_path, run, *cells)
    every = "1000✓ 1000~ 1000✗ 1000· 1000○ 1000! 1000?"
    for width, terminal in ((80, True), (80, False), (40, True)):
        stream = io.StringIO()
        print_runs(RunStore(tmp_path), Console(file=stream, width=width, force_terminal=terminal, color_system=None), as_json=False)
        lines = stream.getvalue().splitlines()
        assert [line.split()[0] for line in lines if line.startswith("2026")] == runs[::-1]
        assert all("complete" in line for line in lines if line.startswith("2026"))
        if width == 80 and terminal:
            assert max(map(len, lines)) <= width
            assert not any("…" in line for line in lines)
        else:
            assert all(every in line for line in lines if line.startswith("2026"))


def outline(day: int, profile: str = "quick", *, complete: bool = True, active: bool = False) -> Outline:
    made = run_of(complete=complete)
    header = made.header.model_copy(update={"started": f"2026-11-{day:02}T00:00:00+00:00", "profile": profile})
    return Outline(run=f"202611{day:02}-{profile}", header=header, footer=made.footer, active=active, bytes=10)


def going(runs: list[Outline], *, keep: int | None = None, days: int | None = None, held: dict[str, str] | None = None) -> list[str]:
    return [fate.run for fate in fates(runs, keep=keep, days=days, now=NOW, held=held or {}) if not fate.stays]


def test_the_newest_of_each_profile_stay() -> None:
    runs = [outline(1, "full"), outline(2), outline(3), outline(4), outline(5, active=True)]
    assert going(runs, keep=2) == ["20261102-quick"]
    assert going(runs, keep=0) == ["20261101-full", "20261102-quick", "20261103-quick", "20261104-quick"]


def test_days_and_numbers_both_keep() -> None:
    runs = [outline(1), outline(20), outline(28), outline(29)]
    assert going(runs, days=5) == ["20261101-quick", "20261120-quick"]
    assert going(runs, days=5, keep=3) == ["20261101-quick"]
    assert going(runs, days=0, held={"20261128-quick": "kept"}) == ["20261101-quick", "20261120-quick", "20261129-quick"]


def test_interrupted_runs_do_not_push_out_complete_ones() -> None:
    runs = [outline(1), outline(2), outline(3, complete=False), outline(4, complete=False)]
    assert going(runs, keep=1) == ["20261101-quick"]


def test_something_must_be_said_of_what_stays() -> None:
    with pytest.raises(UsageError, match="--keep N"):
        fates([], keep=None, days=None, now=NOW, held={})


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("123456"))), st.sets(st.sampled_from("abcdef")))
def test_no_artifact_goes_that_a_run_which_stays_could_read(saved: dict[str, set[str]], gone: set[str]) -> None:
    artifacts = set("123456")
    removed = set(useless(artifacts, saved, gone))
    kept = {key for run, keys in saved.items() if run not in gone for key in keys}
    assert removed == artifacts - kept
    assert only_known_to(gone & saved.keys(), saved) == len({key for run in gone & saved.keys() for key in saved[run]} - kept)


def plan(*names: str) -> Plan:
    return make_plan(selection(names))


def run(store: RunStore, engine: MemoryEngine | None = None) -> Run:
    return execute(plan("a", "b"), engine or MemoryEngine(), store, jobs=2, memory_mb=8000)


def test_what_a_later_run_took_over_stays_known(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    first = run(store)
    second = run(store)
    assert {outcome.reused_from for outcome in second.outcomes.values()} == {first.header.run}
    keys = {outcome.key for outcome in second.outcomes.values()}
    before = {key: outcome.status for key, (_, outcome) in store.known(keys).items()}
    pruned = prune(store, keep=1, days=None)
    assert pruned.runs == (first.header.run,)
    assert (pruned.lost, pruned.artifacts) == (0, ())
    assert store.ids() == (second.header.run,)
    assert {key: outcome.status for key, (_, outcome) in store.known(keys).items()} == before
    engine = MemoryEngine()
    third = run(store, engine)
    assert (third.complete, engine.asked) == (True, [])


def test_artifacts_go_with_the_last_run_that_could_read_them(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    old = run(store)
    new = run(store, MemoryEngine(salt={"b": "other"}))
    mine = {o.key for o in old.outcomes.values() if o.stage == "save"} - {o.key for o in new.outcomes.values()}
    would = prune(store, keep=1, days=None, dry=True)
    assert set(would.artifacts) == mine
    assert mine
    assert len(store.ids()) == 2, "nothing is removed by a dry run"
    assert would.bytes > 0
    assert would.lost > 0
    assert prune(store, keep=1, days=None, archive=True).artifacts == would.artifacts
    assert not any(store.artifacts.path(key).exists() for key in mine)
    assert all(store.artifacts.holds(o.key) for o in new.outcomes.values() if o.stage == "save")
    assert (tmp_path / "parquet" / f"{old.header.run}.parquet").is_file()
    assert not list((tmp_path / "scratch").glob("*"))


def test_nothing_of_a_run_at_work_goes(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run(store)
    path = write(tmp_path, "20991101-000000-aaaa", footer=False)
    hold = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path.with_name("run.lock"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        pruned = prune(store, keep=0, days=None)
        process.communicate(b"")
    assert store.ids() == ("20991101-000000-aaaa",)
    assert pruned.artifacts == ()
    assert pruned.notes
    assert prune(store, keep=0, days=None).artifacts, "when it has ended they can go"


def test_a_run_with_a_file_that_keeps_it_stays(tmp_path: Path) -> None:
    store = five(tmp_path)
    (tmp_path / "runs" / "20261101-000000-aaaa" / HOLD).write_text("the baseline of 1.0\n")
    printed = command("runs", "prune", "--keep", "1", "--reports", str(tmp_path)).stdout
    assert "20261101-000000-aaaa: stays: kept: the baseline of 1.0" in printed
    assert "removed: 0 MB are free" in printed
    assert store.ids() == ("20261101-000000-aaaa", "20261104-000000-aaaa", "20261105-000000-aaaa")
    assert command("runs", "prune", "--reports", str(tmp_path)).returncode == 2

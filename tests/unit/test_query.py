"""Queries over all runs: what the tables hold, what is passed over, what no statement can do, and what comes out in each form."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from runner.errors import UsageError
from runner.model import Check, CheckResult, Diagnosis, Outcome, Reason, Run, Status
from runner.reports.answer import SHOWN, print_table, render
from runner.standing import is_silent
from runner.store import RunStore, read_run
from runner.warehouse.parquet import export
from runner.warehouse.questions import QUERIES, questions, statement_of
from runner.warehouse.schema import CELLS, TABLES
from runner.warehouse.tables import Answer, opened, sources
from tests.unit.runs_on_disk import remove, write
from tests.unit.samples import HOSTILE, build, error, full_run, load, save

ROOT = Path(__file__).parents[2]
CELL = "load/old/new/sequential/h5/load-model"
FAILS: dict[str, Any] = {"status": Status.FAILED, "reason": Reason.LOAD_RAISED, "error": error()}


def ask(reports: Path, statement: str, **values: str) -> Answer:
    with opened(sources(RunStore(reports))) as warehouse:
        return warehouse.ask(statement, values)


def question(reports: Path, *words: str) -> list[dict[str, Any]]:
    statement, values = statement_of(words)
    answer = ask(reports, statement, **values)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def loaded(status: Status = Status.PASSED, reason: Reason | None = None, pair: tuple[str, str] = ("old", "new"), **more: Any) -> Outcome:
    return load(pair, "sequential", "h5", "load-model", status, reason, **more)


def test_every_field_of_every_record_is_there(tmp_path: Path) -> None:
    diagnosis = Diagnosis.model_validate({"cause": "c", "class": "k", "remedy": "r", "detail": "d", "link": "l"})
    outcome = loaded(
        Status.FAILED,
        Reason.OUTPUTS_DIFFER,
        checks={Check.OUTPUTS: CheckResult.FAILED},
        differences={"outputs": 0.5},
        diagnosis=diagnosis,
        confirmed=True,
        key="0" * 32,
        notes={"why": HOSTILE},
        log=HOSTILE,
        reused_from="earlier",
    )
    write(tmp_path, "20261101-000000-aaaa", outcome, loaded(pair=("new", "new"), **{**FAILS, "error": error(message=HOSTILE)}))
    answer = ask(tmp_path, "SELECT * FROM cells WHERE id = $cell", cell=CELL)
    assert answer.columns == TABLES["cells"] == tuple(CELLS)
    row = dict(zip(answer.columns, answer.rows[0], strict=True))
    assert row["checks"] == {"outputs": "failed"}
    assert row["differences"] == {"outputs": 0.5}
    assert [row[name] for name in ("cause", "cause_class", "remedy", "cause_detail", "link")] == ["c", "k", "r", "d", "l"]
    assert (row["silent"], row["confirmed"], row["reused_from"], row["log"]) == (True, True, "earlier", HOSTILE)
    assert json.loads(str(row["notes"])) == {"why": HOSTILE}
    assert ask(tmp_path, "SELECT error_message FROM cells WHERE NOT silent").rows == ((HOSTILE,),)


def test_the_tables_have_the_columns_that_are_promised(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", build("old", notes={"facts": {"packages": {"keras": "2.9.0"}}}))
    for name, columns in TABLES.items():
        assert ask(tmp_path, f"SELECT * FROM {name}").columns == columns
    assert ask(tmp_path, "SHOW TABLES").rows == tuple((name,) for name in sorted(TABLES))
    assert ask(tmp_path, "SELECT * FROM installed").rows == (("20261101-000000-aaaa", "old", "keras", "2.9.0"),)
    assert ask(tmp_path, "SELECT environment, tensorflow_order FROM environments ORDER BY 2").rows == (("old", 1), ("new", 2))


def test_silent_is_what_the_reports_call_silent(tmp_path: Path) -> None:
    run = full_run()
    silent = [save("tf2.12-py311", name, "h5", Status.FAILED, reason) for name, reason in zip("ab", Reason, strict=False)]
    odd = [loaded(Status.FAILED, reason, pair=(str(reason), "x")) for reason in Reason]
    raised = [loaded(Status.FAILED, reason, pair=(str(reason), "y"), error=error()) for reason in Reason]
    late = error().model_copy(update={"phase": "train-step"})
    later = [loaded(Status.FAILED, reason, pair=(str(reason), "w"), error=late) for reason in Reason]
    lost = [loaded(Status.DEGRADED, reason, pair=(str(reason), "z")) for reason in Reason]
    outcomes = {o.id: o for o in (*run.outcomes.values(), *silent, *odd, *raised, *later, *lost)}
    write(tmp_path, "20261101-000000-aaaa", *outcomes.values())
    found = {row[0]: row[1] for row in ask(tmp_path, "SELECT id, silent FROM cells").rows}
    assert found == {id_: is_silent(outcome) for id_, outcome in outcomes.items()}
    assert any(found.values())


def test_runs_that_were_killed_are_there_as_far_as_they_got(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded(), footer=False, planned=5, torn=b'{"type":"cell","id":"half')
    write(tmp_path, "20261102-000000-aaaa", loaded(), footer=False, planned=1, torn=b'{"type":"cell","id":"whole","status":"passed"}')
    path = write(tmp_path, "20261103-000000-aaaa", loaded())
    path.write_bytes(path.read_bytes().replace(b'{"type":"footer"', b'what is this\n{"type":"footer"'))
    (tmp_path / "runs" / "20261104-000000-aaaa").mkdir()
    (tmp_path / "runs" / "20261104-000000-aaaa" / "run.jsonl").write_bytes(b"")
    answer = ask(tmp_path, "SELECT run, state, cells, not_run FROM runs")
    assert answer.rows == (
        ("20261101-000000-aaaa", "interrupted", 1, 4),
        ("20261102-000000-aaaa", "interrupted", 1, 0),
        ("20261103-000000-aaaa", "complete", 1, 0),
    )
    with opened(sources(RunStore(tmp_path))) as warehouse:
        assert warehouse.notes == (f"{path}: 1 line passed over: no record of a run",)


def test_a_run_that_is_being_written_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, "20261101-000000-aaaa", loaded(), footer=False)
    holder = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(path.with_name("run.lock"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert ask(tmp_path, "SELECT state FROM runs").rows == (("running",),)
        process.communicate(b"")
    assert ask(tmp_path, "SELECT state FROM runs").rows == (("interrupted",),)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('{reports}/runs/20261101-000000-aaaa/run.jsonl')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '{reports}/written.csv'",
        "COPY cells TO '{reports}/written.csv'",
        "ATTACH '{reports}/written.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "LOAD httpfs",
        "DROP TABLE cells",
        "DELETE FROM cells",
        "SELECT 1; SELECT 2",
        "SELECT * FROM local_variable",
        "EXPORT DATABASE '{reports}/written'",
        "",
        "SELEC 1",
        "SELECT nothing FROM cells",
    ],
)
def test_a_statement_reaches_no_file_and_changes_nothing(statement: str, tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded())
    local_variable = duckdb.values([42])
    assert local_variable.fetchall() == [(42,)]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError) as raised:
        ask(tmp_path, statement.format(reports=tmp_path))
    assert "cells: run, id, stage" in str(raised.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_parquet_holds_all_of_a_run_but_its_order(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", build("old", notes={"facts": {"packages": {"keras": "2.9.0"}}}), loaded(**FAILS))
    path = write(tmp_path, "20261102-000000-aaaa", loaded(log=HOSTILE), command=["it's", HOSTILE], footer=False, planned=9)
    statements = [f"SELECT * FROM {name} ORDER BY ALL" for name in ("runs", "environments", "installed")]
    statements.append("SELECT * EXCLUDE (checks, differences) FROM cells ORDER BY run, id")
    before = [ask(tmp_path, statement) for statement in statements]
    for run in ("20261101-000000-aaaa", "20261102-000000-aaaa"):
        export(RunStore(tmp_path).read(run), tmp_path / "parquet" / f"{run}.parquet")
    assert [ask(tmp_path, statement) for statement in statements] == before, "a run that is there in both forms counts once"
    assert read_run(path).header.planned == 9
    remove(tmp_path, "20261101-000000-aaaa")
    remove(tmp_path, "20261102-000000-aaaa")
    assert [ask(tmp_path, statement) for statement in statements] == before
    with duckdb.connect() as plain:
        kinds = plain.execute("DESCRIBE SELECT * FROM read_parquet(?)", [f"{tmp_path}/parquet/20261101-000000-aaaa.parquet"]).fetchall()
    assert {row[0]: row[1].replace('"', "") for row in kinds} == CELLS
    assert not list((tmp_path / "parquet").glob(".*"))


def test_a_file_that_is_no_exported_run_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded())
    (tmp_path / "parquet").mkdir()
    (tmp_path / "parquet" / "junk.parquet").write_bytes(b"PAR1 junk PAR1")
    duckdb.values([1]).write_parquet(str(tmp_path / "parquet" / "other.parquet"))
    with opened(sources(RunStore(tmp_path))) as warehouse:
        assert warehouse.ask("SELECT count(*) FROM runs").rows == ((1,),)
        assert len(warehouse.notes) == 2


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_every_question_is_asked_and_explained(path: Path, tmp_path: Path) -> None:
    (asked,) = (item for item in questions() if item.name == path.stem)
    assert asked.text
    assert asked.text[-1] in "?." or len(asked.text.split()) > 5
    assert all(f"${name.lower()}" in asked.statement for name, _ in asked.takes)
    assert question(tmp_path, asked.name, *("*" for _ in asked.takes)) == [], "without runs there is no row, and no error"
    run = full_run()
    write(tmp_path, "20261101-000000-aaaa", *run.outcomes.values(), environments=run.header.environments)
    question(tmp_path, asked.name, *("*" for _ in asked.takes))


def test_when_a_cell_last_passed(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded())
    write(tmp_path, "20261102-000000-aaaa", loaded())
    write(tmp_path, "20261103-000000-aaaa", loaded(**FAILS))
    write(tmp_path, "20261104-000000-aaaa", loaded(Status.ERRORED, Reason.AGENT_LOST))
    (row,) = question(tmp_path, "last-passed", CELL)
    assert (row["last_passed_in"], row["now"], row["reason"], row["last_seen_in"], row["runs"]) == (
        "20261102-000000-aaaa",
        "failed",
        "load-raised",
        "20261103-000000-aaaa",
        3,
    )
    assert [entry["status"] for entry in question(tmp_path, "history", CELL)] == ["errored", "failed", "passed", "passed"]
    assert question(tmp_path, "newly-failing") == []


def test_what_newly_fails(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded(), loaded(pair=("new", "new")))
    write(tmp_path, "20261102-000000-aaaa", loaded(**FAILS), loaded(pair=("new", "new")))
    assert [(row["id"], row["was_in"]) for row in question(tmp_path, "newly-failing")] == [(CELL, "20261101-000000-aaaa")]


def test_flaky_is_what_changed_under_the_same_key(tmp_path: Path) -> None:
    same, other = "a" * 32, "b" * 32
    twice = ("new", "new")
    write(tmp_path, "20261101-000000-aaaa", loaded(key=same), loaded(key=same, pair=twice))
    write(tmp_path, "20261102-000000-aaaa", loaded(key=same, **FAILS), loaded(key=other, pair=twice, **FAILS))
    write(tmp_path, "20261103-000000-aaaa", loaded(key=same, reused_from="20261102-000000-aaaa", **FAILS), loaded(key=other, pair=twice))
    assert {row["id"]: row["changes"] for row in question(tmp_path, "flakiest")} == {CELL: 1, "load/new/new/sequential/h5/load-model": 1}
    write(tmp_path, "20261104-000000-aaaa", loaded(Status.ERRORED, Reason.FLAKY, key=same))
    assert question(tmp_path, "flakiest")[0] | {"newest_run": 0} == {
        "id": CELL,
        "changes": 2,
        "unrepeated": 1,
        "times_run": 3,
        "newest_run": 0,
    }


def test_the_first_version_that_broke_a_fixture(tmp_path: Path) -> None:
    names = {"v8": "2.8.4", "v9": "2.9.3", "v10": "2.10.1", "v16": "2.16.2"}
    environments = {name: {"tensorflow": version, "python": "3.10"} for name, version in names.items()}
    order = list(names)
    outcomes = [
        loaded(**(FAILS if older != newer and newer in ("v10", "v16") else {}), pair=(older, newer))
        for place, older in enumerate(order)
        for newer in order[place:]
    ]
    outcomes += [load((older, newer), "own", "h5", "load-model", **FAILS) for older in order for newer in order]
    write(tmp_path, "20261101-000000-aaaa", *outcomes, environments=environments)
    (row,) = question(tmp_path, "first-broken")
    assert (row["fixture"], row["first_broken_in"], row["failed"], row["tried"]) == ("sequential", "2.10.1", 2, 2)
    assert row["example"] == "load/v9/v10/sequential/h5/load-model"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("flakyest",), "did you mean 'flakiest'?"),
        (("last-passed",), "last-passed CELL: it takes 1 and got 0"),
        (("trend", "x"), "it takes none"),
        (("latst-passed", "x"), "did you mean 'last-passed'? SQL is one word"),
        (("select", "id"), "no question 'select'; SQL is one word"),
        (("select", "1"), "put it in quotes"),
    ],
)
def test_a_wrong_question_is_told(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match="query") as raised:
        statement_of(words)
    assert said in str(raised.value)


def command(*words: str, reports: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runner", *words, "--reports", str(reports)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_command_in_every_form(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded(**{**FAILS, "error": error(message=HOSTILE)}), loaded(pair=("new", "new")))
    statement = "SELECT id, id, status, error_message, cells.notes, started FROM cells JOIN runs USING (run) ORDER BY cells.id"
    as_json = json.loads(command("query", statement, "--as", "json", reports=tmp_path).stdout)
    assert [row["status"] for row in as_json] == ["passed", "failed"]
    assert len(as_json[0]) == 6, "a column of the same name has one of its own"
    assert {row["notes"] is not None for row in as_json} == {True}
    assert as_json[0]["started"] == "2026-11-01T00:00:00"
    rows = list(csv.reader(io.StringIO(command("query", statement, "--as", "csv", reports=tmp_path).stdout)))
    assert len(rows) == 3
    assert "\x1b" not in str(rows)
    markdown = command("query", statement, "--as", "markdown", reports=tmp_path).stdout
    assert len(markdown.splitlines()) == 4
    assert "<script>" not in markdown
    table = command("query", statement, reports=tmp_path)
    assert "2 rows" in table.stdout
    assert "\x1b" not in table.stdout
    wrong = command("query", "SELECT statu FROM cells", reports=tmp_path)
    assert wrong.returncode == 2
    assert "statu" in wrong.stderr
    assert "Tables and columns:\n" in wrong.stderr
    assert "installed: run, environment, package, version" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    target = tmp_path / "answer.csv"
    assert command("query", "trend", "--as", "csv", "--output", str(target), reports=tmp_path).returncode == 0
    assert target.read_text().startswith("run,started")
    assert command("query", "trend", "--as", "xml", reports=tmp_path).returncode == 2
    assert "last-passed CELL" in command("query", "--list", reports=tmp_path).stdout
    empty = command("query", "trend", reports=tmp_path / "nowhere")
    assert empty.returncode == 0
    assert "there are no runs yet" in empty.stderr


def test_report_as_parquet(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded())
    assert command("report", "--as", "parquet", reports=tmp_path).returncode == 0
    assert (tmp_path / "parquet" / "20261101-000000-aaaa.parquet").is_file()
    target = tmp_path / "elsewhere" / "run.parquet"
    assert command("report", "--as", "parquet", "--output", str(target), reports=tmp_path).returncode == 0
    with duckdb.connect() as plain:
        assert plain.execute("SELECT count(*) FROM read_parquet(?)", [str(target)]).fetchall() == [(1,)]


def test_a_table_for_people_has_an_end() -> None:
    assert render(("n",), [(number,) for number in range(SHOWN + 1)], form="csv").count("\n") == SHOWN + 2


@pytest.mark.parametrize(("width", "terminal"), [(80, True), (80, False), (30, True)])
def test_a_table_for_people_breaks_no_id(width: int, terminal: bool) -> None:
    rows = [("20261101-000000-aaaa", number, "what somebody wrote, and more than that " * 2) for number in range(3)]
    stream = io.StringIO()
    print_table(("run", "n", "text"), rows, Console(file=stream, width=width, force_terminal=terminal, color_system=None))
    lines = stream.getvalue().splitlines()
    assert sum(line.startswith("20261101-000000-aaaa  ") for line in lines) == 3
    assert (max(map(len, lines)) <= width) == (width == 80 and terminal)
    assert len(lines) == (8 if width == 80 and terminal else 5)


def test_a_whole_run_is_what_the_store_reads(tmp_path: Path) -> None:
    run: Run = full_run()
    write(tmp_path, "20261101-000000-aaaa", *run.outcomes.values())
    read = RunStore(tmp_path).latest()
    expected = {id_: str(outcome.status) for id_, outcome in read.outcomes.items()}
    assert {row[0]: row[1] for row in ask(tmp_path, "SELECT id, status FROM cells").rows} == expected


@pytest.mark.parametrize(
    "words", [("query", "SELECT id FROM cells, range(20)", "--as", "csv"), ("report",), ("schema", "run"), ("query", "--list")]
)
def test_a_reader_who_has_seen_enough_is_no_news(words: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", *full_run().outcomes.values())
    where = () if words[0] == "schema" else ("--reports", str(tmp_path))
    call = [sys.executable, "-m", "runner", *words, *where]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(call, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_an_answer_is_written_like_every_report(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded())
    target = tmp_path / "not" / "there" / "answer.csv"
    done = command("query", "trend", "--as", "csv", "--output", str(target), reports=tmp_path)
    assert target.read_text().startswith("run,")
    assert f"written to {target}" in done.stderr


def test_show_says_which_run_has_a_cell(tmp_path: Path) -> None:
    write(tmp_path, "20261101-000000-aaaa", loaded())
    write(tmp_path, "20261102-000000-aaaa", build("old"))
    done = command("show", CELL, reports=tmp_path)
    assert done.returncode == 2
    assert "run 20261101-000000-aaaa has it: python -m runner show" in done.stderr
    assert "--run 20261101-000000-aaaa" in done.stderr
    assert command("show", CELL, "--run", "20261101", reports=tmp_path).returncode == 0
    assert "--run 20261101-000000-aaaa" not in command("report", reports=tmp_path).stdout
    write(tmp_path, "20261031-000000-aaaa", loaded(**FAILS))
    assert "--run 20261031-000000-aaaa" in command("report", "20261031", reports=tmp_path).stdout

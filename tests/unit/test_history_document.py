"""docs/history.md holds: its tables are those of the code, and its examples run, on runs that make them say something."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from runner.executor import execute
from runner.plan import make_plan
from runner.shards import shard_of
from runner.store import RunStore
from runner.warehouse.questions import questions
from runner.warehouse.schema import CELLS, TABLES
from tests.documents import ROOT, blocks
from tests.unit.engine_in_memory import MemoryEngine
from tests.unit.plans import selection
from tests.unit.runs_on_disk import write
from tests.unit.samples import full_run
from tests.unit.test_documents import rows

DOCUMENT = ROOT / "docs" / "history.md"
RUNS = ("20261101-000000-aaaa", "20261102-000000-aaaa")


def spans(row: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", " ".join(row))


def test_the_questions_are_those_there_are() -> None:
    table = [[cell.strip("`") for cell in row[:2]] for row in rows(DOCUMENT, "question")]
    assert table == [[question.usage, question.text] for question in questions()]


def test_the_columns_are_those_there_are() -> None:
    assert [[cell.strip("`") for cell in row[:2]] for row in rows(DOCUMENT, "column")] == [list(pair) for pair in CELLS.items()]
    tables = {row[0].strip("`"): spans(row[2:]) for row in rows(DOCUMENT, "table")}
    assert list(tables) == list(TABLES)
    for name in ("environments", "installed"):
        assert set(TABLES[name]) == {"run", *tables[name]}
    statuses = {"passed", "degraded", "failed", "unsupported", "blocked", "errored"}
    assert set(TABLES["runs"]) - statuses == set(tables["runs"]) - {"complete", "interrupted", "running"}


def commands() -> list[str]:
    lines = [line for block in blocks(DOCUMENT) if not block.language for line in block.text.splitlines()]
    return [line for line in lines if line.startswith("python -m runner")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with runs below `reports` and shards of a plan beside it."""
    place = tmp_path_factory.mktemp("history")
    run = full_run()
    for name in RUNS:
        write(place / "reports", name, *run.outcomes.values(), environments=run.header.environments)
    for index in (1, 2):
        part = shard_of(make_plan(selection()), f"{index}/2")
        execute(part, MemoryEngine(), RunStore(place / f"shard-{index}"), jobs=2, memory_mb=8000)
    return place


# What `run --shard` makes is there: it would take TensorFlow.
@pytest.mark.parametrize("line", [line for line in commands() if " run " not in line])
def test_a_command_runs(line: str, place: Path) -> None:
    a_cell = "load/tf2.15-tfa0.23-py311/tf2.16-py311/sequential/h5/load-model"
    words = shlex.split(line.replace("CELL", a_cell))[1:]
    words = [name for word in words for name in (sorted(map(str, place.glob(word))) if word.startswith("shard-") else [word])]
    done = subprocess.run(
        [sys.executable, *words], cwd=place, env={"PYTHONPATH": str(ROOT), "COLUMNS": "200"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode in (0, 4), done.stderr.startswith("written to") or not done.stderr) == (True, True), done.stderr
    assert done.stdout or "--output" in words
    if "last-passed" in words:
        assert RUNS[1] in done.stdout
    if "show" in words:
        assert "In the newest 2 runs" in done.stdout


@pytest.mark.parametrize("block", [block for block in blocks(DOCUMENT) if block.language == "sql"], ids=lambda block: block.title)
def test_a_statement_gives_rows(block: object, place: Path) -> None:
    text = getattr(block, "text", "")
    done = subprocess.run(
        [sys.executable, "-m", "runner", "query", text, "--as", "csv"],
        cwd=place,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(done.stdout.splitlines()) > 2, done.stderr

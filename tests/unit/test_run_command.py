"""The command `run` from matrix file to exit code, with an engine in memory: what it is held against, writes, and ends with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner import cli
from runner.baselines import BESIDE
from runner.reports.judged import BANNER
from runner.step_summary import VARIABLE
from runner.store import RunStore
from tests.unit.engine_in_memory import Answer, Asked, MemoryEngine, Script, raised, well
from tests.unit.test_canary import honest

MATRIX = """schema: 1
environments: [{tensorflow: "2.15", python: "3.11"}]
profiles:
  one: {fixtures: ["sequential@uncompiled"], formats: {h5: [load-model]}}
"""
LOAD = "load/tf2.15-py311/tf2.15-py311/sequential@uncompiled/h5/load-model"
KNOWN = f"""known_failures:
  - {{selector: "{LOAD}", reason: load-raised}}
"""

Run = Callable[..., int]


def load_raises(asked: Asked) -> Answer:
    return raised(asked.request) if asked.id == LOAD else honest(asked)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a matrix file with a script and options, and returns the exit code."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "summary.md"))

    def call(script: Script, *options: str, more: str = "") -> int:
        matrix = tmp_path / "matrix.yaml"
        matrix.write_text(MATRIX + more, encoding="utf-8")
        monkeypatch.setattr(cli, "_engine", lambda name, plan: MemoryEngine(script))
        # Ids tell runs of one second apart, and do not order them.
        for old in (tmp_path / "runs").glob("*"):
            old.rename(tmp_path / old.name)
        monkeypatch.setattr("sys.argv", ["runner", "run", "--fresh", "--matrix", str(matrix), "--reports", str(tmp_path), *options])
        return cli.main()

    return call


def accept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = str(tmp_path / "baseline.jsonl")
    monkeypatch.setattr("sys.argv", ["runner", "baseline", "accept", "--output", path, "--reports", str(tmp_path)])
    assert cli.main() == 0
    return path


def test_findings_are_no_errors_until_something_is_expected(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(load_raises) == 0
    assert not (RunStore(tmp_path).latest().path.parent / BESIDE).exists()
    known = accept(tmp_path, monkeypatch)
    assert run(load_raises, "--baseline", known) == 0
    assert run(honest, "--baseline", known) == 1
    passed = accept(tmp_path, monkeypatch)
    assert run(honest, "--baseline", passed) == 0
    before = RunStore(tmp_path).latest().header.run
    assert run(load_raises, "--baseline", str(tmp_path / before)) == 1
    assert (RunStore(tmp_path).latest().path.parent / BESIDE).exists()


def test_known_failures_and_a_baseline_of_the_matrix_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(load_raises, more=KNOWN) == 0
    assert run(honest, more=KNOWN) == 1
    assert run(load_raises, more=KNOWN.replace("load-raised", "crashed")) == 1
    assert run(honest, more=KNOWN.replace("h5/load-model", "h6/load-model")) == 1
    assert run(honest, more="baseline: baseline.jsonl\n") == 2
    assert run(honest, "--baseline", "none", more="baseline: baseline.jsonl\n") == 0
    accept(tmp_path, monkeypatch)
    assert run(load_raises, more="baseline: baseline.jsonl\n") == 1


def test_a_runner_that_lies_ends_with_4_and_says_so(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(well) == 4
    assert BANNER[:40] in capsys.readouterr().out
    assert BANNER in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_the_summary_of_the_step_is_written(run: Run, tmp_path: Path) -> None:
    assert run(load_raises) == 0
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("# Compatibility matrix, run")
    assert "3 cells planned: 3 ran" in text
    assert "## h5" in text


def test_a_baseline_that_was_cut_is_told_before_the_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(honest)
    path = Path(accept(tmp_path, monkeypatch))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    capsys.readouterr()
    run(honest, "--baseline", str(path))
    assert "beware: " in (told := capsys.readouterr().out)
    assert "its first line speaks of" in told

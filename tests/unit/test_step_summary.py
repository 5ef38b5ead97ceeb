"""The summary of a step on GitHub: appended, not twice, and never beyond what GitHub takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.step_summary import LEFT_OUT, LIMIT, VARIABLE, append_summary


def test_nothing_is_written_where_the_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    append_summary(lambda: "text")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_it_is_appended_and_not_repeated(summary: Path) -> None:
    summary.write_text("# Before\n")
    append_summary(lambda: "# One\n", lambda: "short")
    append_summary(lambda: "# Two\n")
    append_summary(lambda: "# One\n")
    assert summary.read_text() == "# Before\n\n# One\n\n# Two\n"


def test_what_is_too_long_is_given_shorter_or_left_out(summary: Path) -> None:
    append_summary(lambda: "ü" * (LIMIT // 2), lambda: "short\n")
    assert summary.read_text() == "short\n"
    append_summary(lambda: "x" * (LIMIT - 3000))
    append_summary(lambda: "y" * 5000)
    append_summary(lambda: "z" * 5000)
    text = summary.read_text()
    assert text.count(LEFT_OUT) == 1
    assert len(text.encode()) <= LIMIT


def test_a_summary_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no" / "such" / "directory"))
    append_summary(lambda: "text")
    assert "left out" in capsys.readouterr().err

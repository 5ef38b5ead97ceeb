"""`report --as html|svg|png`, and the page that each run leaves: where they go, and what is said when they cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from runner.cli import app, main
from runner.errors import UsageError
from runner.model import Run, Status
from runner.records import Record, encode
from runner.report_files import PAGE, history_until, leave_page, write_report_file
from runner.reports import terminal
from runner.store import RunStore
from tests.unit.samples import full_run

COMMAND = ("python", "-m", "runner")


def on_disk(place: Path, run: Run | None = None) -> Run:
    """Write a run, the sample where none is given, as a run of a reports directory."""
    run = run or full_run()
    directory = place / "runs" / run.header.run
    directory.mkdir(parents=True)
    records: list[Record] = [run.header, *run.outcomes.values(), *([run.footer] if run.footer else [])]
    (directory / "run.jsonl").write_text("".join(map(encode, records)), encoding="utf-8")
    return replace(run, path=directory / "run.jsonl")


@pytest.mark.parametrize(("form", "begin"), [("html", b"<!DOCTYPE html>"), ("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_a_report_goes_to_the_file_asked_for(tmp_path: Path, form: str, begin: bytes) -> None:
    on_disk(tmp_path)
    file = tmp_path / f"out.{form}"
    done = CliRunner().invoke(app, ["report", "--reports", str(tmp_path), "--as", form, "--output", str(file)])
    assert done.exit_code == 0, done.output
    assert file.read_bytes().startswith(begin)
    assert str(file) in done.output


def test_text_goes_to_the_screen_where_no_file_is_given(tmp_path: Path) -> None:
    on_disk(tmp_path)
    done = CliRunner().invoke(app, ["report", "--reports", str(tmp_path), "--as", "svg", "--format", "h5"])
    assert done.exit_code == 0
    assert done.stdout.startswith("<?xml") and ">keras-v3<" not in done.stdout


@pytest.mark.parametrize(
    ("form", "options", "said"),
    [
        ("png", {}, "--output matrix.png"),
        ("html", {"formats": ["h5"]}, "--as svg or --as png"),
        ("terminal", {"formats": ["h5"]}, "--as svg or --as png"),
        ("svg", {"formats": ["h6"]}, "did you mean 'h5'"),
        ("html", {"output": Path("/dev/null/x.html")}, "cannot be written"),
    ],
)
def test_what_makes_no_sense_is_told(form: str, options: dict[str, object], said: str) -> None:
    given = {"output": None, "formats": (), **options}
    with pytest.raises(UsageError, match=said):
        write_report_file(full_run(), RunStore(Path("/nowhere")), form=form, command=COMMAND, **given)  # type: ignore[arg-type]


def test_no_wrong_word_is_taken_for_a_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    on_disk(tmp_path)
    monkeypatch.setattr("sys.argv", ["runner", "report", "--reports", str(tmp_path), "--as", "pdf"])
    assert main() == 2
    said = capsys.readouterr().err
    assert all(word in said for word in ("html", "svg", "png"))


def test_a_run_leaves_its_page_beside_its_records_and_the_terminal_says_where(tmp_path: Path) -> None:
    run = on_disk(tmp_path)
    page = leave_page(run, RunStore(tmp_path), command=COMMAND)
    assert page == run.path.parent / PAGE
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in run.path.parent.iterdir() if "partial" in path.name] == []
    assert str(page) in "".join(terminal.to_text(run, page=page).split("\n"))


def test_a_page_that_cannot_be_written_takes_nothing_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = on_disk(tmp_path)
    (run.path.parent / PAGE).mkdir()
    assert leave_page(run, RunStore(tmp_path), command=COMMAND) is None
    said = capsys.readouterr().err
    assert "cannot be written" in said and "the run itself is kept" in said
    assert [path.name for path in run.path.parent.iterdir() if "partial" in path.name] == []
    assert run.path.is_file()


def test_without_a_page_the_command_that_makes_one_is_told() -> None:
    assert "--as html --output report.html" in terminal.to_text(full_run())


def test_the_page_knows_what_became_of_cells_and_no_run_that_cannot_be_read_or_came_later(tmp_path: Path) -> None:
    run = on_disk(tmp_path)
    cell = next(outcome.id for outcome in run.outcomes.values() if outcome.status is Status.FAILED)
    passed = run.outcomes[cell].model_copy(update={"status": Status.PASSED, "reason": None})

    def another(id_: str) -> Run:
        return replace(run, header=run.header.model_copy(update={"run": id_}), outcomes={**run.outcomes, cell: passed})

    on_disk(tmp_path, another("00000000-earlier"))
    on_disk(tmp_path, another("99999999-later"))
    broken = tmp_path / "runs" / "00000001-broken"
    broken.mkdir()
    (broken / "run.jsonl").write_text("no record\n")
    history = history_until(run, RunStore(tmp_path))
    assert list(history) == [cell]
    assert [stretch.first for stretch in history[cell]] == [run.header.run, "00000000-earlier"]
    file = tmp_path / "page.html"
    write_report_file(run, RunStore(tmp_path), form="html", output=file, formats=(), command=COMMAND)
    assert len(file.read_bytes()) > 10_000

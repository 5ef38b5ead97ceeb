"""What is said of a comparison: numbers that add up, denominators of both sides, the same text every time, and nothing hostile."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from runner.cli import main
from runner.compare import Change, compare
from runner.comparing import FORMS
from runner.model import Outcome, Reason, Run, Status
from runner.records import Record, encode
from runner.reports import compared_json, compared_markdown, compared_terminal
from runner.reports.compared import compared, headline
from runner.reports.compared_markdown import Form
from runner.store import FILE
from runner.upgrade import compare_environments
from tests.unit.samples import HOSTILE, build, error, full_run, load, run_of

OLD, NEW = "tf2.14-py311", "tf2.16-py311"
PAIR = ("tf2.12-py311", NEW)


def cell(fixture: str, status: Status, reason: Reason | None = None, message: str = "no") -> Outcome:
    raised = error(message=message) if status is Status.FAILED and reason is Reason.LOAD_RAISED else None
    return load(PAIR, fixture, "h5", "load-model", status, reason, error=raised)


def named(run: Run, name: str) -> Run:
    return replace(run, header=run.header.model_copy(update={"run": name}))


def two(message: str = "no") -> tuple[Run, Run]:
    """Return two runs of which the cells came to about everything that there is."""
    failed, degraded = (Status.FAILED, Reason.LOAD_RAISED), (Status.DEGRADED, Reason.COMPILE_LOST)
    pairs: dict[str, tuple[tuple[Status, Reason | None], tuple[Status, Reason | None]]] = {
        "breaks": ((Status.PASSED, None), failed),
        "falls-silent": (failed, (Status.FAILED, Reason.WEIGHTS_DIFFER)),
        "loses": ((Status.PASSED, None), degraded),
        "fixed": (failed, (Status.PASSED, None)),
        "partly": (failed, degraded),
        "still": (failed, failed),
        "passes": ((Status.PASSED, None), (Status.PASSED, None)),
        "goes": ((Status.PASSED, None), (Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED)),
        "went": (failed, (Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED)),
        "comes": ((Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED), failed),
        "errs": ((Status.PASSED, None), (Status.ERRORED, Reason.BAD_RESULT)),
        "flaky": ((Status.PASSED, None), (Status.ERRORED, Reason.FLAKY)),
        "never": ((Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED), (Status.UNSUPPORTED, Reason.LOADER_UNSUPPORTED)),
    }
    base = [cell(name, *was, message) for name, (was, _) in pairs.items()]
    new = [cell(name, *now, message) for name, (_, now) in pairs.items()]
    return (
        named(run_of(build(OLD), *base, cell("gone", Status.PASSED), environments=(OLD, *PAIR)), "one"),
        named(run_of(build(NEW), *new, cell("new", *failed, message), environments=(*PAIR, "tf2.18-py311"), planned=20), "two"),
    )


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\b\d+\b", text)]


def test_the_headline_adds_up() -> None:
    base, new = two()
    comparison = compare(base, new)
    said, apart = headline(compared(base, new, comparison)).split(". Not among them: ")
    total, *parts = numbers(said.replace("(1 silently)", ""))
    assert total == sum(parts) == 10
    assert total + sum(numbers(apart)) == len(comparison.changes)
    assert "3 newly break (1 silently)" in said


@pytest.mark.parametrize("form", ["short", "full"])
def test_the_release_notes_say_what_broke_and_out_of_how_many(form: Form) -> None:
    base, new = two()
    text = compared_markdown.render(base, new, compare(base, new), form=form)
    for piece in (
        "### Newly breaks\n\n2 cells, 1 of them silently",
        "### Fixed\n\n1 cell.",
        "### Still breaks\n\n1 cell.",
        "Environments added: `tf2.18-py311`",
        "Environments gone: `tf2.14-py311`",
        "15 cells: 13 ran (8 passed, 0 degraded, 5 failed), 2 unsupported, 0 blocked, 0 errored, 0 not run",
        "20 cells: 10 ran (3 passed, 2 degraded, 5 failed), 3 unsupported, 0 blocked, 2 errored, 5 not run",
    ):
        assert piece in text
    assert text.index("Newly breaks") < text.index("### Fixed") < text.index("Still breaks")


def test_the_full_form_names_every_cell_and_the_short_one_does_not() -> None:
    base, new = two()
    comparison = compare(base, new)
    full, short = (compared_markdown.render(base, new, comparison, form=form) for form in ("full", "short"))
    told = {
        change.cell for change in comparison.changes if change.change not in (Change.STILL_PASSING, Change.STILL_UNSUPPORTED, Change.GONE)
    }
    assert all(f"\n{id_}: " in full for id_ in told if "build/" not in id_)
    assert len(short) < len(full)
    assert not any(f"\n{id_}: " in short for id_ in told)


def test_the_same_runs_in_another_order_give_the_same_text() -> None:
    base, new = two()
    shuffled = []
    for run in (base, new):
        cells = list(run.outcomes.items())
        random.Random(3).shuffle(cells)
        shuffled.append(replace(run, outcomes=dict(cells)))
    for render in (compared_markdown.render, compared_terminal.to_text, compared_json.render):
        for form in FORMS.values():
            first, second = shuffled
            assert render(base, new, compare(base, new), form=form) == render(first, second, compare(first, second), form=form)


@pytest.mark.parametrize("form", ["short", "full"])
def test_nothing_that_a_model_wrote_is_more_than_text(form: Form) -> None:
    base, new = two(HOSTILE)
    text = compared_markdown.render(base, new, compare(base, new), form=form)
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = [inner for token in parser.parse(text) for inner in (token, *(token.children or []))]
    assert not [token for token in tokens if token.type in ("html_block", "html_inline", "image", "hr", "blockquote_open")]
    assert not [token for token in tokens if token.type == "link_open" and not str(token.attrGet("href")).startswith("https://github.com/")]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert not re.search(r"@\w", "".join(token.content for token in tokens if token.type == "text"))


def test_an_upgrade_has_a_line_for_each_format() -> None:
    run = full_run()
    comparison = compare_environments(run, OLD, run, NEW)
    text = compared_markdown.render(run, run, comparison)
    assert "| format | existing files in `tf2.14-py311` | in `tf2.16-py311` | files of its own: `tf2.14-py311` | `tf2.16-py311` |" in text
    assert "## From tf2.14-py311 to tf2.16-py311" in text
    assert "| checkpoint | ≠ 12/20 | ≠ 8/20 | ✓ 4/4 | ✓ 4/4 |" in text


def test_json_has_every_cell_in_the_full_form_and_only_the_changed_ones_in_the_short_one() -> None:
    base, new = two()
    comparison = compare(base, new)
    full = json.loads(compared_json.render(base, new, comparison, form="full"))
    short = json.loads(compared_json.render(base, new, comparison, form="short"))
    assert [entry["cell"] for entry in full["changes"]] == [change.cell for change in comparison.changes]
    assert {entry["change"] for entry in short["changes"]} == {entry["change"] for entry in full["changes"]} - {
        "still-passing",
        "still-unsupported",
    }
    assert sum(full["counts"].values()) == len(full["changes"])
    assert full["new"]["counts"]["not-run"] == 5


def kept(reports: Path, *runs: Run) -> None:
    for run in runs:
        directory = reports / "runs" / run.header.run
        directory.mkdir(parents=True)
        lines: list[Record] = [run.header, *run.outcomes.values(), *([run.footer] if run.footer else [])]
        (directory / FILE).write_text("".join(encode(line) for line in lines), encoding="utf-8")


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[Path]:
    kept(tmp_path, *two(), named(full_run(), "whole"))
    yield tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["runner", *words])
    return main()


def test_the_command_compares_runs(reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--reports", str(reports))
    assert call(monkeypatch, "compare", "one", "two", *at) == 0
    assert "Newly breaks" in capsys.readouterr().out
    output = reports / "notes.md"
    assert (
        call(monkeypatch, "compare", "one", "two", "--as", "markdown", "--form", "full", "--output", str(output), "--reports", str(reports))
        == 0
    )
    base, new = two()
    assert output.read_text() == compared_markdown.render(base, new, compare(base, new), form="full")


def test_the_command_compares_environments(reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "compare", f"whole@{OLD}", f"whole@{NEW}", "--as", "json", "--reports", str(reports)) == 0
    assert json.loads(capsys.readouterr().out)["new"]["environment"] == NEW


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("whole@tf2.14-py311", "whole"), "names no environment"),
        (("whole@tf2.14-py31", "whole@tf2.16-py311"), "did you mean 'tf2.14-py311'"),
        (("nothing", "whole"), "no run 'nothing'"),
        (("one", "two", "--as", "html"), "choose one of terminal, markdown, json"),
        (("one", "two", "--form", "long"), "choose short or full"),
        (("one", "two", "--as", "json", "--output", "/proc/nowhere/at/all"), "cannot be written"),
    ],
)
def test_what_cannot_be_compared_is_told(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert call(monkeypatch, "compare", *words, "--reports", str(reports)) == 2
    assert told in capsys.readouterr().err.replace("\n", " ")

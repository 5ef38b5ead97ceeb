"""What is said of a comparison: numbers that add up, denominators of both sides, the same text every time, and nothing hostile."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from runner.cli import main
from runner.compare import Change, compare
from runner.comparing import FORMS
from runner.model import Diagnosis, Outcome, Reason, Run, Status
from runner.records import Record, encode
from runner.reports import compared_json, compared_markdown, compared_terminal
from runner.reports.compared import Form, compared, headline, reasons_apart
from runner.reports.remedies import whole_clauses
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


def many_causes(cells: int = 9) -> tuple[Run, Run]:
    """Return two runs between which each cell breaks for a cause of its own, the large ones loudly, the small ones silently."""
    names = [f"c{cause}x{number}" for cause in range(cells) for number in range(cells - cause)]

    def now(name: str) -> Outcome:
        number = int(name[1])
        loud = number < cells - 3
        failed = cell(name, Status.FAILED, Reason.LOAD_RAISED if loud else Reason.WEIGHTS_DIFFER)
        made: dict[str, object] = {"cause": f"cause {number}", "class": "values", "remedy": f"do {number % 2}(a); or wait"}
        return failed.model_copy(update={"diagnosis": Diagnosis.model_validate(made)})

    base = named(run_of(*(cell(name, Status.PASSED) for name in names), environments=PAIR), "one")
    return base, named(run_of(*map(now, names), environments=PAIR), "two")


def test_silent_failures_come_first_and_hide_among_no_others() -> None:
    base, new = many_causes()
    comparison = compare(base, new)
    (section,) = compared(base, new, comparison).sections
    assert [group.silent for group in section.groups] == [3, 2, 1, *[0] * 6]
    assert sum(group.silent for group in section.groups) == section.silent == 6
    markdown = compared_markdown.render(base, new, comparison)
    assert "45 cells, 6 of them silently ≠" in markdown
    assert [line.split("(")[0] for line in markdown.splitlines() if line.startswith("- **")] == [
        "- **3 cells, ≠ 3 of them silently** ",
        "- **2 cells, ≠ 2 of them silently** ",
        "- **1 cell, ≠ 1 of them silently** ",
        *(f"- **{count} cells** " for count in (9, 8, 7, 6)),
    ]
    assert "- 2 more causes with 9 cells" in markdown
    terminal = compared_terminal.to_text(base, new, comparison)
    assert all(f"≠ {count} of them silently" in terminal for count in (6, 3, 2, 1))
    document = json.loads(compared_json.render(base, new, comparison))
    assert [cause["silent"] for cause in document["sections"][0]["causes"]][:4] == [3, 2, 1, 0]


def test_what_is_fixed_is_silent_no_more() -> None:
    new, base = many_causes()
    (section,) = compared(base, new, compare(base, new)).sections
    assert (section.name, section.silent, {group.silent for group in section.groups}) == ("fixed", 0, {0})


@pytest.mark.parametrize("render", [compared_markdown.render, compared_terminal.to_text])
def test_a_remedy_is_said_once(render: Callable[..., str]) -> None:
    base, new = many_causes()
    text = " ".join(render(base, new, compare(base, new), form="full").split())
    for number in (0, 1):
        assert len(re.findall(rf"[dD]o {number}\(a\); or wait \(remedy \d\)", text)) == 1
    assert len(re.findall(r"[rR]emedy \d, as above", text)) == 7


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("short; and whole", "short; and whole"),
        ("the first is never cut in its middle; the second goes", "the first is never cut in its middle"),
        ("one; two words; three words more", "one; two words"),
        ("call s = c.restore(path); s.assert_consumed(), and look", "call s = c.restore(path); s.assert_consumed(), and look"),
        ("call(a; b and the like in it); or not", "call(a; b and the like in it)"),
        ("no clause at all in what is much too long", "no clause at all in what is much too long"),
    ],
)
def test_a_remedy_is_cut_between_clauses_or_not_at_all(text: str, cut: str) -> None:
    assert whole_clauses(text, limit=20) == cut


def test_cells_that_were_measured_otherwise_and_fail_silently_are_told_first_and_none_is_left_out() -> None:
    base = run_of(*(cell(f"c{number}", Status.PASSED) for number in range(8)))
    failed = [cell(f"c{n}", Status.FAILED, Reason.WEIGHTS_DIFFER if n == 7 else Reason.LOAD_RAISED) for n in range(8)]
    found = compare(base, run_of(*failed))
    changes = tuple(
        replace(change, change=Change.MEASURED_OTHERWISE, altered=(f"fixture {number}",)) for number, change in enumerate(found.changes)
    )
    apart = reasons_apart(changes)
    assert apart[0] == ("regressed, silently, by the verdict alone; changed: fixture 7", 1)
    text = compared_markdown.render(base, run_of(*failed), replace(found, changes=changes))
    assert "- 4 cells for other reasons" in text


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

"""The report on the terminal: everything in it, in any width, without colour, whatever a model wrote."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
from rich.console import Console

from runner.errors import UsageError
from runner.model import Check, CheckResult, Reason, Run, Status
from runner.reports import cell, terminal
from runner.reports.clean import clean, one_line, tail
from runner.reports.glyphs import GLYPHS, SILENT
from tests.unit.samples import FULL, HOSTILE, QUICK, build, error, full_run, load, run_of, save

PAIR = ("tf2.12-py311", "tf2.16-py311")


def no_controls(text: str) -> bool:
    return all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cf"} for c in text)


def grid_lines(text: str) -> list[str]:
    """Return the lines of the grids: those that show an environment and then signs."""
    return [line for line in text.splitlines() if re.match(r"(?: ?\d+ )?tf\S+-py\d+ ", line)]


def test_six_environments_fit_eighty_columns_with_fractions() -> None:
    text = terminal.to_text(full_run(), width=80)
    rows = grid_lines(text)
    assert len(rows) == 3 * len(QUICK)
    assert all(len(row) <= 80 for row in rows)
    assert "tf2.15-tfa0.23-py311" in text
    assert "≠ 0/4" in text


@pytest.mark.parametrize(("width", "longest"), [(80, 80), (140, 140), (60, 60)])
def test_twenty_three_environments_fit(width: int, longest: int) -> None:
    text = terminal.to_text(full_run(FULL), width=width)
    rows = grid_lines(text)
    assert all(len(row) <= longest for row in rows)
    assert {row.split()[1] for row in rows} >= {name for name in FULL if len(name) < 20}
    assert any(SILENT.sign in row for row in rows)


def test_at_140_columns_there_are_percentages() -> None:
    assert "~87" in terminal.to_text(full_run(FULL), width=140)


def test_at_60_columns_consumers_are_folded_and_none_is_lost() -> None:
    text = terminal.to_text(full_run(FULL), width=60)
    rows = [row for row in grid_lines(text) if row.startswith(" 1 tf1.15-py37")]
    signs = sum(len(row.split()) - 2 for row in rows)
    assert signs >= 3 * len(FULL)


def test_the_worst_is_visible_without_colour() -> None:
    signs = [glyph.sign for glyph in (*GLYPHS.values(), SILENT)]
    assert len(set(signs)) == len(signs)
    plain = [glyph.ascii for glyph in (*GLYPHS.values(), SILENT)]
    assert len(set(plain)) == len(plain) and all(sign.isascii() for sign in plain)


def test_a_terminal_without_unicode_gets_ascii_signs() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    terminal.print_report(full_run(), Console(file=file, width=100, _environ={}))
    cell.print_cell(full_run(), f"build/{QUICK[0]}", Console(file=file, width=100, _environ={}))


def test_denominators_are_stated() -> None:
    text = terminal.to_text(full_run(FULL), width=200)
    assert (
        "8763 cells planned: 8140 ran, 24 unsupported, 598 blocked (46 by failed ones, 552 by unsupported cells), 1 errored, 0 not run"
        in text
    )
    assert "816 of them silently" in text


def test_silent_failures_stand_before_loud_ones() -> None:
    text = terminal.to_text(full_run())
    first = text.index("Nothing raised, and the result is wrong")
    assert 0 < first < text.index("Producers down") < text.index("✗ Failed") < text.index("Errored: no statement")


def test_ids_and_commands_are_whole_at_any_width() -> None:
    text = terminal.to_text(full_run(), width=40)
    example = "load/tf2.12-py311/tf2.16-py311/custom_layer/checkpoint/checkpoint-restore"
    assert f"python -m runner show {example}\n" in text
    assert "reports/runs/20261121-050000-abcd" in text


def test_the_command_is_the_one_the_reader_has() -> None:
    assert "nox -s runner -- show load/" in terminal.to_text(full_run(), command=("nox", "-s", "runner", "--"))


def test_an_interrupted_run_says_so_and_how_to_go_on() -> None:
    for run in (full_run(footer=False), full_run(complete=False), full_run(planned=9000, footer=False)):
        text = terminal.to_text(run)
        # Without a footer it cannot be told from one that is being written.
        assert ("still running, or interrupted" in text.splitlines()[0]) is (run.footer is None)
        assert "interrupted" in text.splitlines()[0]
        assert "python -m runner run --profile quick" in text
    assert f"{9000 - len(run.outcomes)} not run" in text


def test_an_empty_run_says_that_there_is_nothing() -> None:
    assert "Nothing was planned" in terminal.to_text(run_of())


def test_a_run_without_findings_is_quiet() -> None:
    text = terminal.to_text(run_of(build(PAIR[0]), save(PAIR[0], "a", "h5"), load((PAIR[0], PAIR[0]), "a", "h5", "load-model")))
    assert "Failed" not in text and "Errored" not in text and " show " not in text
    assert text.count("\n") <= 20


def test_a_run_of_builds_only_has_no_grid() -> None:
    text = terminal.to_text(run_of(build(PAIR[0], Status.ERRORED, Reason.IMPORT_FAILED, error=error("ImportError", "libfoo"))))
    assert "Errored: no statement about TensorFlow" in text and "Producers" not in text


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_a_run_of_saves_only_shows_the_saves(width: int) -> None:
    broken = save(PAIR[0], "b", "h5", Status.FAILED, Reason.SAVE_RAISED, error=error())
    run = run_of(build(PAIR[0]), save(PAIR[0], "a", "h5"), broken, save(PAIR[0], "a", "keras-v3"))
    text = terminal.to_text(run, width=width)
    assert [line.split()[-2:] for line in grid_lines(text) if width >= 60] == ([["✗", "1/2"], ["✓", "1/1"]] if width >= 60 else [])
    assert "Producers down." in text and "consumers" not in text and "loader" not in text


def test_long_lists_of_causes_are_cut_and_counted() -> None:
    words = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(30)]
    cells = [load(PAIR, word, "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error("E", f"odd {word}")) for word in words]
    text = terminal.to_text(run_of(*cells))
    assert "30 cells without a cause yet" in text
    assert "Without a cause yet  30 cells, 30 kinds" in text and "and 20 more kinds with 20 cells" in text
    assert "0 of 30 failed or degraded cells carry a cause (0 %)" in text


def hostile_run() -> Run:
    first = load(
        PAIR, "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error(HOSTILE, HOSTILE), log=HOSTILE, notes={"x": HOSTILE}
    )
    second = load((HOSTILE, PAIR[1]), HOSTILE, HOSTILE, HOSTILE, Status.FAILED, Reason.LOAD_RAISED, error=error("E", "\x00\xff" * 100_000))
    return run_of(
        first, second, save(PAIR[0], "a", "h5", Status.ERRORED, Reason.BAD_RESULT, diagnosis={"cause": HOSTILE, "class": HOSTILE})
    )


@pytest.mark.parametrize("width", [20, 80, 200])
def test_hostile_text_is_harmless(width: int) -> None:
    run = hostile_run()
    for text in (terminal.to_text(run, width=width), *(cell.to_text(run, name, width=width) for name in run.outcomes)):
        assert no_controls(text)
        assert "\x1b" not in text
    assert "[bold red]markup[/]" in terminal.to_text(run, width=200)


def test_a_diagnosis_says_what_it_is_about_and_where_it_is_discussed() -> None:
    link = "https://github.com/keras-team/keras/issues/20106"
    diagnosis = {"cause": "a cause", "class": "misuse", "remedy": "a remedy", "detail": "Dense", "link": link}
    shown = load(PAIR, "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, diagnosis=diagnosis)
    run = run_of(shown)
    lines = [line.strip() for line in cell.to_text(run, shown.id, width=40).splitlines()]
    assert {"a cause (misuse)", "here: Dense", "a remedy", f"see {link}"} <= set(lines)
    report = terminal.to_text(run, width=40)
    assert "here: Dense (1)" in report and f"see {link}\n" in report
    assert "1 of 1 failed or degraded cells carry a cause (100 %)" in terminal.to_text(run, width=100)


def test_colour_is_left_out_when_asked() -> None:
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=True, _environ={"NO_COLOR": "1", "TERM": "xterm-256color"})
    terminal.print_report(full_run(), console)
    assert not re.search(r"\x1b\[(?:\d+;)*[349][0-8]", file.getvalue())


def test_the_same_run_gives_the_same_text() -> None:
    assert terminal.to_text(full_run(FULL)) == terminal.to_text(full_run(FULL))


def test_show_has_everything_of_a_cell() -> None:
    notes = {"facts": {"python": "3.11.7", "packages": {"tensorflow-cpu": "2.12.1", "NumPy": "1.24.3", "ml_dtypes": "0.2"}}}
    shown = load(
        PAIR,
        "a",
        "h5",
        "load-model",
        Status.DEGRADED,
        Reason.OPTIMIZER_LOST,
        checks={Check.LOADED: CheckResult.PASSED, Check.OUTPUTS: CheckResult.PASSED, Check.OPTIMIZER: CheckResult.FAILED},
        differences={"outputs": 4.2e-7},
        notes={"why": "because of the cause", "checks": {"optimizer": {"slots": 0}}, "differences": {"weights": "nan"}, "odd": 1},
        warnings=({"category": "UserWarning", "message": "skipped a slot", "partial": True},),
        log="first\nlast line of the log",
        memory_peak_mb=712.4,
        reused_from="20261120",
    )
    text = cell.to_text(run_of(shown, build(PAIR[0], notes=notes), save(PAIR[0], "a", "h5")), shown.id)
    for piece in (
        "degraded: optimizer-lost",
        "optimizer starts afresh",
        "because of the cause",
        '{"slots": 0}',
        "largest difference nan",
        "odd: 1",
        "largest difference 4.2e-07",
        "structure   not-reached",
        "of a partial restore: UserWarning: skipped a slot",
        "installed numpy",
        "1.24.3",
        "installed ml-dtypes",
        "save/tf2.12-py311/a/h5",
        "last line of the log",
        "712 MB",
        "20261120",
        f"python -m runner reproduce {shown.id}",
    ):
        assert piece in text, piece


def test_show_names_the_cell_that_confirmed_a_failure() -> None:
    other = "load/tf2.12-py311/tf2.16-py311/b/h5/load-model"
    notes = {"confirmed_by": other}
    believed = load(
        PAIR, "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error(), confirmed=True, isolation="fork", notes=notes
    )
    text = cell.to_text(run_of(believed), believed.id, width=60)
    assert f"the same failure was confirmed in a fresh process by {other}\n" in text
    assert "1 attempt, 0.2 s, in a forked child" in text
    assert "confirmed in a fresh process," not in text


def test_show_names_what_blocked_a_cell() -> None:
    blocked = load(PAIR, "a", "h5", "load-model", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by="save/nowhere/a/h5")
    assert "save/nowhere/a/h5 (not recorded)" in cell.to_text(run_of(blocked), blocked.id)


def test_show_of_an_unknown_cell_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=f"build/{QUICK[0]}"):
        cell.to_text(full_run(), f"build/{QUICK[0]}x")
    with pytest.raises(UsageError, match="may not have been reached"):
        cell.to_text(full_run(footer=False), "\x1b[31m")


def test_cleaning() -> None:
    assert clean("a\x1b[31mb\x1b[0m\x1b]0;title\x07c\r\nd\te") == "abc\nd    e"
    assert no_controls(clean("".join(map(chr, range(0x500)))))
    assert "unprintable" in clean("\x00" * 50)
    assert one_line("x" * 1000, limit=100).count("x") < 100
    assert one_line("begin " + "x" * 10_000 + " end", limit=60).endswith("end")
    assert tail("a\n\n\nb\n\nc\n", lines=2) == "b\nc"

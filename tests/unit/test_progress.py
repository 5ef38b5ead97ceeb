"""Progress of a run, from events and a clock that the test turns."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from runner.events import (
    CellDone,
    CellStarted,
    EnvironmentFailed,
    EnvironmentReady,
    EnvironmentStarted,
    Event,
    Note,
    OnEvent,
    RunFinished,
    RunStarted,
    ignore,
)
from runner.model import Footer, Outcome, Reason, Status
from runner.progress import PlainProgress, Progress, watch
from runner.progress_live import LiveProgress, render
from tests.unit.samples import HOSTILE, load

PAIR = ("tf2.12-py311", "tf2.16-py311")


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def a_cell(number: int, status: Status = Status.PASSED, **more: Any) -> Outcome:
    return load(PAIR, f"f{number}", "h5", "load-model", status, **more)


def started(planned: int = 10, reused: int = 0) -> RunStarted:
    return RunStarted("r1", Path("reports/runs/r1"), planned, reused, "", seconds=90.0)


def finished(*, complete: bool = True) -> RunFinished:
    return RunFinished(Footer(finished="2026-11-21T05:04:30+00:00", complete=complete, counts={}, duration_s=95))


def plain(*, interval: float = 15.0) -> tuple[PlainProgress, Clock, io.StringIO]:
    file, clock = io.StringIO(), Clock()
    return PlainProgress(Console(file=file, width=60, _environ={}), clock=clock, interval=interval), clock, file


def test_rate_and_remaining_time_come_from_cells_that_ran() -> None:
    progress = Progress()
    progress.update(started(101), 0)
    for second in range(1, 51):
        progress.update(CellDone(a_cell(second)), second)
    assert progress.done == 50
    assert progress.rate(50) == pytest.approx(1.0)
    assert progress.remaining(50) == pytest.approx(51.0)


def test_nothing_is_promised_before_anything_is_known() -> None:
    progress = Progress()
    progress.update(started(), 0)
    progress.update(CellDone(a_cell(1)), 1)
    assert progress.rate(1) is None and progress.remaining(1) is None


def test_blocked_and_reused_cells_are_done_and_do_not_make_it_look_fast() -> None:
    progress = Progress()
    progress.update(started(10, reused=3), 0)
    for number in range(3):
        progress.update(CellDone(a_cell(number, reused_from="r0")), 0)
    for number in range(3, 6):
        progress.update(CellDone(a_cell(number, Status.BLOCKED, reason=Reason.BLOCKED_BY, attempts=0)), 0)
    assert progress.done == 6
    assert progress.rate(1) is None


def test_reused_cells_count_whether_or_not_they_are_told() -> None:
    progress = Progress()
    progress.update(started(10, reused=4), 0)
    assert progress.done == 4


def test_a_run_that_stalls_has_no_rate() -> None:
    progress = Progress()
    progress.update(started(), 0)
    progress.update(CellDone(a_cell(1)), 1)
    progress.update(CellDone(a_cell(2)), 2)
    assert progress.rate(1000) is None


def test_done_never_exceeds_planned_while_planned_is_right() -> None:
    progress = Progress()
    progress.update(started(2, reused=2), 0)
    progress.update(CellDone(a_cell(1)), 1)
    assert progress.done == 2


def test_what_runs_and_what_is_being_built_is_known() -> None:
    progress = Progress()
    for event in (started(), EnvironmentStarted("a"), EnvironmentStarted("b"), EnvironmentReady("a", 3.0), CellStarted("c", "a")):
        progress.update(event, 0)
    assert (list(progress.building), list(progress.running), progress.ready) == (["b"], ["c"], 1)
    progress.update(EnvironmentFailed("b", Reason.INSTALL_FAILED), 1)
    progress.update(finished(), 2)
    assert (progress.building, progress.running, progress.unusable) == ({}, {}, 1)


def test_plain_lines_come_at_intervals() -> None:
    progress, clock, file = plain(interval=15)
    progress(started(100))
    for number in range(60):
        clock.now += 1
        progress(CellStarted(a_cell(number).id, PAIR[1]))
        progress(CellDone(a_cell(number, Status.FAILED if number % 10 == 0 else Status.PASSED)))
    lines = file.getvalue().splitlines()
    assert len(lines) == 1 + 4
    assert lines[-1] == "59/100 done, 6 failed, 1.0 cells/s, about 42 s left"


def test_plain_lines_tell_of_environments_and_the_end() -> None:
    progress, _, file = plain()
    events: list[Event] = [
        RunStarted("r1", Path("reports/runs/r1"), 10, 4, "resumes r0", seconds=90.0),
        EnvironmentStarted("a"),
        EnvironmentReady("a", 33.0),
        EnvironmentReady("b", 0.1, reused=True),
        EnvironmentFailed("c", Reason.INTERPRETER_MISSING, "no Python 3.7; uv python install 3.7"),
        Note("one failure is being confirmed"),
        finished(complete=False),
    ]
    for event in events:
        progress(event)
    assert file.getvalue().splitlines() == [
        "run r1: 10 cells; resumes r0; about 1 min 30 s; reports/runs/r1",
        "building a",
        "ready a in 33 s",
        "ready b from the cache",
        "cannot use c: interpreter-missing: no Python 3.7; uv python install 3.7",
        "one failure is being confirmed",
        "interrupted after 1 min 35 s: 4/10 done",
    ]


def test_what_is_known_from_earlier_runs_is_said() -> None:
    progress, _, file = plain()
    progress(started(10, reused=4))
    assert file.getvalue() == "run r1: 10 cells; 4 of them known from earlier runs; about 1 min 30 s; reports/runs/r1\n"


def test_plain_lines_hold_no_control_codes_whatever_is_told() -> None:
    progress, _, file = plain()
    for event in (RunStarted(HOSTILE, Path("x"), 1, 0, HOSTILE), EnvironmentFailed(HOSTILE, Reason.INSTALL_FAILED, HOSTILE), Note(HOSTILE)):
        progress(event)
    text = file.getvalue()
    assert text.count("\n") == 3
    assert all(character.isprintable() or character == "\n" for character in text.replace("\u00a0", " "))


def test_no_terminal_means_plain_lines_even_when_colour_is_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = io.StringIO()
    with watch(Console(file=file, width=80)) as on_event:
        on_event(started())
        on_event(Note("[bold]plain[/]"))
    assert "\x1b" not in file.getvalue()
    assert "[bold]plain[/]" in file.getvalue()


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def drive(on_event: OnEvent) -> None:
    for event in (
        started(),
        EnvironmentStarted("a"),
        CellStarted("c", "a"),
        Note("kept above"),
        CellDone(a_cell(1, Status.FAILED)),
        finished(),
    ):
        on_event(event)


def test_a_terminal_gets_the_live_display_and_the_cursor_back() -> None:
    file = Terminal()
    with watch(Console(file=file, width=80, _environ={"TERM": "xterm"})) as on_event:
        assert isinstance(on_event, LiveProgress)
        drive(on_event)
    assert "kept above" in file.getvalue()
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")


def test_the_cursor_comes_back_after_an_exception() -> None:
    file = Terminal()
    with pytest.raises(KeyboardInterrupt), watch(Console(file=file, width=80, _environ={"TERM": "xterm"})):
        raise KeyboardInterrupt
    assert "\x1b[?25h" in file.getvalue()


def test_a_dumb_terminal_gets_plain_lines() -> None:
    file = Terminal()
    with watch(Console(file=file, width=80, _environ={"TERM": "dumb"})) as on_event:
        drive(on_event)
    assert "\x1b" not in file.getvalue()


def test_no_color_is_respected_on_a_terminal() -> None:
    file = Terminal()
    with watch(Console(file=file, width=80, _environ={"TERM": "xterm-256color", "NO_COLOR": "1"})) as on_event:
        drive(on_event)
    assert "\x1b[3" not in file.getvalue() and "\x1b[9" not in file.getvalue()


def test_the_live_display_shows_what_matters() -> None:
    progress = Progress()
    for second in range(11):
        progress.update(started(40) if second == 0 else CellDone(a_cell(second, Status.FAILED if second == 5 else Status.PASSED)), second)
    progress.update(EnvironmentStarted("tf2.16-py312"), 2)
    progress.update(CellStarted("load/a/b/\x1b[31mc", "b"), 3)
    console = Console(file=io.StringIO(), width=100, _environ={})
    with console.capture() as captured:
        console.print(render(progress, 10))
    text = captured.get()
    for piece in ("10/40", "1.0 cells/s", "about 30 s left", "1 failed", "building  tf2.16-py312 8.0 s", "running  load/a/b/c  7.0 s"):
        assert piece in text


def test_events_may_come_from_several_threads() -> None:
    progress, _, file = plain()
    progress(started(400))

    def tell() -> None:
        for number in range(50):
            progress(Note(str(number)))

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(file.getvalue().splitlines()) == 201


def test_nobody_needs_to_watch() -> None:
    drive(ignore)

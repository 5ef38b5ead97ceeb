"""Progress while a run goes on: a live display on a terminal, plain lines everywhere else.

`Progress` folds events into numbers and knows no terminal; `PlainProgress` prints lines at sensible intervals, with no control
code among them; the live display is in `progress_live`. `watch` picks one and gives the callable that the executor takes.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

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
)
from runner.model import Status
from runner.reports.clean import one_line
from runner.reports.printing import Part, print_parts
from runner.reports.words import counted, duration

Clock = Callable[[], float]
INTERVAL = 15.0
_WINDOW_SECONDS = 60.0
_WINDOW_CELLS = 2000


@dataclass
class Progress:
    """What is known of a run that goes on. Times are seconds of any one clock."""

    planned: int = 0
    started: float | None = None
    reused: int = 0
    executed: int = 0
    counts: Counter[Status] = field(default_factory=Counter)
    running: dict[str, float] = field(default_factory=dict)
    building: dict[str, float] = field(default_factory=dict)
    ready: int = 0
    unusable: int = 0
    finished: bool = False
    _reused_seen: int = 0
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=_WINDOW_CELLS))

    def update(self, event: Event, now: float) -> None:
        """Take an event that happened at `now`."""
        match event:
            case RunStarted():
                self.started, self.planned, self.reused = now, event.planned, event.reused
            case EnvironmentStarted():
                self.building[event.id] = now
            case EnvironmentReady():
                self.building.pop(event.id, None)
                self.ready += 1
            case EnvironmentFailed():
                self.building.pop(event.id, None)
                self.unusable += 1
            case CellStarted():
                self.running[event.id] = now
            case CellDone():
                self._cell_done(event, now)
            case RunFinished():
                self.finished = True
                self.running.clear()
                self.building.clear()
            case Note():
                pass

    def _cell_done(self, event: CellDone, now: float) -> None:
        outcome = event.outcome
        self.running.pop(outcome.id, None)
        self.counts[outcome.status] += not outcome.canary
        if outcome.reused_from is not None:
            self._reused_seen += 1
            return
        self.executed += 1
        if outcome.attempts:
            # Blocked and skipped cells cost nothing; counting them would promise too much.
            self._recent.append(now)

    @property
    def done(self) -> int:
        """Cells that need nothing more, whether they ran, were blocked or were taken over."""
        return min(self.executed + max(self.reused, self._reused_seen), max(self.planned, self.executed))

    @property
    def bad(self) -> tuple[tuple[int, str], ...]:
        """The counts that a watcher wants to see, without those that are zero."""
        kinds = (Status.FAILED, Status.DEGRADED, Status.ERRORED, Status.BLOCKED)
        return tuple((self.counts[kind], kind.value) for kind in kinds if self.counts[kind])

    def rate(self, now: float) -> float | None:
        """Return cells a second over the last minute; None until two cells are done."""
        recent = [moment for moment in self._recent if now - moment <= _WINDOW_SECONDS]
        if len(recent) < 2:
            return None
        span = now - recent[0]
        return (len(recent) - 1) / span if span > 0 else None

    def remaining(self, now: float) -> float | None:
        """Return the seconds that the rest will take at this rate; None when nobody can know."""
        rate = self.rate(now)
        return (self.planned - self.done) / rate if rate else None

    def line(self, now: float) -> str:
        """Return the state in one line: done, failing, rate, remaining time."""
        parts = [f"{self.done}/{self.planned} done", *(f"{count} {kind}" for count, kind in self.bad)]
        rate, remaining = self.rate(now), self.remaining(now)
        if rate is not None and not self.finished:
            parts.append(f"{rate:.1f} cells/s" if rate >= 0.95 else f"{60 * rate:.0f} cells/min")
        if remaining is not None and not self.finished and self.done < self.planned:
            parts.append(f"about {duration(remaining)} left")
        if self.building:
            parts.append(f"building {len(self.building)}")
        return ", ".join(parts)


def announcement(event: Event) -> str | None:
    """Return the line that an event is worth in itself, or None."""
    match event:
        case RunStarted():
            note = event.note or (f"{event.reused} of them known from earlier runs" if event.reused else "")
            canary = f", {event.canaries} of them the canary's" if event.canaries else ""
            takes = f"about {duration(event.seconds)}" if event.planned > event.reused else ""
            parts = [counted(event.planned, "cell") + canary, one_line(note), takes, one_line(str(event.path), limit=400)]
            return f"run {one_line(event.run)}: {'; '.join(part for part in parts if part)}"
        case EnvironmentStarted():
            return f"building {one_line(event.id)}"
        case EnvironmentReady():
            return f"ready {one_line(event.id)} " + ("from the cache" if event.reused else f"in {duration(event.seconds)}")
        case EnvironmentFailed():
            why = f": {one_line(event.message, limit=400)}" if event.message else ""
            return f"cannot use {one_line(event.id)}: {event.reason}{why}"
        case Note():
            return one_line(event.text, limit=400)
        case RunFinished():
            how = "finished" if event.footer.complete else "interrupted"
            return f"{how} after {duration(event.footer.duration_s)}"
    return None


class PlainProgress:
    """Lines for logs: what happens to environments, notes, and the state every `interval` seconds. Safe from several threads."""

    def __init__(self, console: Console, *, clock: Clock = time.monotonic, interval: float = INTERVAL) -> None:
        self._console, self._clock, self._interval = console, clock, interval
        self._progress = Progress()
        self._last = clock()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            now = self._clock()
            self._progress.update(event, now)
            text = announcement(event)
            if isinstance(event, RunFinished):
                text = f"{text}: {self._progress.line(now)}"
            if text is not None:
                self._print(text)
            if isinstance(event, RunStarted):
                self._last = now
            elif now - self._last >= self._interval and not self._progress.finished:
                self._last = now
                self._print(self._progress.line(now))

    def _print(self, text: str) -> None:
        print_parts([Part(Text(text), whole=True)], self._console)


@contextmanager
def watch(console: Console | None = None, *, clock: Clock = time.monotonic) -> Iterator[OnEvent]:
    """Give the callable that shows a run's events: live when the console is a terminal that can, else as plain lines."""
    target = console if console is not None else Console(stderr=True)
    # Asked of the stream itself: FORCE_COLOR makes Rich take a file for a terminal, and a log would fill with control codes.
    if target.file.isatty() and not target.is_dumb_terminal and not target.options.ascii_only:
        from runner.progress_live import LiveProgress

        with LiveProgress(target, clock=clock) as live:
            yield live
    else:
        yield PlainProgress(target, clock=clock)

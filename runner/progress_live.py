"""The live display of a run: a bar, what fails, how fast, how long, what runs now, which environments are being built.

It vanishes when the run ends and leaves the place to the report; only what is worth keeping (notes, environments that cannot
be used) stays above it.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from runner.events import EnvironmentFailed, Event, Note, RunFinished, RunStarted
from runner.model import Status
from runner.progress import Clock, Progress, announcement
from runner.reports.clean import one_line
from runner.reports.glyphs import GLYPHS
from runner.reports.printing import Part, print_parts
from runner.reports.words import duration

_SHOWN_CELLS = 4
_SHOWN_BUILDS = 6


def render(progress: Progress, now: float) -> RenderableType:
    """Return the display of a state at a moment."""
    bar = Table.grid(padding=(0, 2, 0, 0), expand=False)
    numbers = Text(f"{progress.done}/{progress.planned}")
    times = []
    rate, remaining = progress.rate(now), progress.remaining(now)
    if rate is not None:
        times.append(f"{rate:.1f} cells/s" if rate >= 0.95 else f"{60 * rate:.0f} cells/min")
    if remaining is not None and progress.done < progress.planned:
        times.append(f"about {duration(remaining)} left")
    elif progress.started is not None:
        times.append(duration(now - progress.started))
    bar.add_row(
        ProgressBar(total=max(1, progress.planned), completed=progress.done, width=24, complete_style="cyan", finished_style="cyan"),
        numbers,
        Text(", ".join(times), style="dim"),
    )
    lines: list[RenderableType] = [bar]
    if progress.bad:
        lines.append(Text("   ").join(Text(f"{count} {kind}", style=GLYPHS[Status(kind)].style) for count, kind in progress.bad))
    if progress.building:
        shown = [f"{one_line(name, limit=40)} {duration(now - since)}" for name, since in list(progress.building.items())[:_SHOWN_BUILDS]]
        more = len(progress.building) - len(shown)
        lines.append(
            Text("building  " + ", ".join(shown) + (f" and {more} more" if more else ""), style="dim", overflow="ellipsis", no_wrap=True)
        )
    for cell, since in list(progress.running.items())[:_SHOWN_CELLS]:
        took = f"  {duration(now - since)}" if now - since >= 5 else ""
        lines.append(Text(f"running  {one_line(cell, limit=200)}{took}", style="dim", overflow="ellipsis", no_wrap=True))
    return Group(*lines)


class LiveProgress:
    """A context manager that shows events on a terminal. Safe from several threads."""

    def __init__(self, console: Console, *, clock: Clock = time.monotonic, refresh_per_second: float = 4) -> None:
        self._console, self._clock = console, clock
        self._progress = Progress()
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._render, console=console, refresh_per_second=refresh_per_second, transient=True)

    def __enter__(self) -> LiveProgress:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._progress.update(event, self._clock())
        if isinstance(event, RunStarted | EnvironmentFailed | Note | RunFinished):
            # Printed outside the lock: printing redraws the display, which takes it.
            print_parts([Part(Text(announcement(event) or ""), whole=True)], self._console)

    def _render(self) -> RenderableType:
        with self._lock:
            return render(self._progress, self._clock())

"""What a reader does after a run, as commands to type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runner.reports.clean import one_line
from runner.reports.tables import Tables
from runner.reports.words import command_line

COMMAND = ("python", "-m", "runner")


@dataclass(frozen=True)
class Step:
    """Why one would do it, and the commands that do it."""

    why: str
    commands: tuple[str, ...]


def next_steps(tables: Tables, *, command: tuple[str, ...] = COMMAND) -> Iterator[Step]:
    """Yield what to do next, the most urgent first. `command` is how the reader starts the runner."""
    again = _line(*(tables.command or (*command, "run", "--profile", tables.profile)))
    if tables.interrupted:
        yield Step("It was interrupted; the same command goes on where it stopped, and repeats nothing", (again,))
    elif tables.faults or tables.totals.not_run:
        yield Step("Some cells say nothing about TensorFlow; when the cause is gone, this runs only those", (again,))
    groups = (*tables.silent, *tables.failures, *tables.faults, *tables.degradations)
    worst = next((group.examples[0] for group in groups if group.examples), None)
    if worst is not None:
        shown, again_alone = _line(*command, "show", worst), _line(*command, "reproduce", worst)
        yield Step("All that is known of one cell, and the cell once more on its own", (shown, again_alone))
    if tables.totals.planned:
        yield Step("This report as a file", (_line(*command, "report", tables.run, "--as", "markdown", "--output", "report.md"),))


def _line(*words: str) -> str:
    """Return a command on one line, whatever an id that was read from a file may hold."""
    return one_line(command_line(*words), limit=2000)

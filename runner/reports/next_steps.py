"""What a reader does after a run, as commands to type: with the options that they need where the reader is.

Paths are compared as they are written; nothing is looked up on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.reports.clean import one_line
from runner.reports.tables import Tables
from runner.reports.words import command_line

COMMAND = ("python", "-m", "runner")
MATRIX = Path("matrix.yaml")
REPORTS = Path("reports")
"""What the commands take where nothing is given, from the directory in which they are called."""

_RUNS = "runs"


@dataclass(frozen=True)
class Step:
    """Why one would do it, and the commands that do it."""

    why: str
    commands: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What commands about a run must be given: each empty where the default is right."""

    matrix: tuple[str, ...]
    reports: tuple[str, ...]
    run: tuple[str, ...]


def options(path: Path, matrix: str, *, newest: bool = True) -> Options:
    """Return the options for a run at `path` (its directory or the file in it) that was made of a matrix file.

    Of a run that is not the `newest` one it has to be said which.
    """
    directory = path.parent if path.suffix == ".jsonl" else path
    reports = directory.parent.parent
    kept = directory.parent.name == _RUNS
    return Options(
        matrix=() if _same(Path(matrix), MATRIX) else ("--matrix", matrix),
        reports=() if not kept or _same(reports, REPORTS) else ("--reports", str(reports)),
        run=("--run", str(path)) if not kept else () if newest else ("--run", directory.name),
    )


def show_command(cell: str, given: Options, *, command: tuple[str, ...] = COMMAND) -> str:
    """Return the command that shows a cell."""
    return _line(*command, "show", cell, *given.run, *given.reports)


def reproduce_command(cell: str, given: Options, *, command: tuple[str, ...] = COMMAND) -> str:
    """Return the command that runs a cell again on its own."""
    return _line(*command, "reproduce", cell, *given.matrix, *given.reports)


def next_steps(tables: Tables, *, command: tuple[str, ...] = COMMAND, page: Path | None = None, newest: bool = True) -> Iterator[Step]:
    """Yield what to do next, the most urgent first. `command` is how the reader starts the runner, `page` the run's page, if it has one,
    `newest` whether it is the run that commands take where none is named.
    """
    given = options(tables.path, tables.matrix, newest=newest)
    again = _line(*(tables.command or (*command, "run", "--profile", tables.profile, *given.matrix, *given.reports)))
    if tables.interrupted:
        state = "It was interrupted" if tables.finished else "If it is not running any more, it was interrupted"
        yield Step(f"{state}; the same command goes on where it stopped, and repeats nothing", (again,))
    elif tables.faults or tables.totals.not_run:
        yield Step("Some cells say nothing about TensorFlow; when the cause is gone, this runs only those", (again,))
    groups = (*tables.silent, *tables.failures, *tables.faults, *tables.degradations)
    worst = next((group.examples[0] for group in groups if group.examples), None)
    if worst is not None:
        shown = show_command(worst, given, command=command)
        again_alone = reproduce_command(worst, given, command=command)
        yield Step("All that is known of one cell, and the cell once more on its own", (shown, again_alone))
    if page is not None:
        yield Step("The same to click through, with all evidence: open this file in a browser", (one_line(str(page), limit=2000),))
    if tables.totals.planned:
        run = given.run[-1] if given.run else tables.run
        forms = (("markdown", "report.md"),) if page is not None else (("html", "report.html"), ("markdown", "report.md"))
        lines = tuple(_line(*command, "report", run, "--as", form, "--output", name, *given.reports) for form, name in forms)
        yield Step("This report as a file", lines)


def _same(one: Path, other: Path) -> bool:
    return one.absolute() == other.absolute()


def _line(*words: str) -> str:
    """Return a command on one line, whatever an id that was read from a file may hold."""
    return one_line(command_line(*words), limit=2000)

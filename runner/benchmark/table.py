"""The figures as people read them. Pure: figures in, a table and lines of text out."""

from __future__ import annotations

from rich import box
from rich.table import Table

from runner.benchmark.figures import Figures, Measured

GOAL = 10.0
"""What the project promises on a machine with two cores: so many times the rate of a fresh process for each cell."""


def table(figures: Figures, *, ascii_only: bool) -> Table:
    """Return one row for each way."""
    found = Table(box=box.ASCII if ascii_only else box.SIMPLE_HEAD, title=None)
    found.add_column("way")
    for name in ("cells", "passed", "seconds", "cells/s", "s in a cell", "agents", "peak MB"):
        found.add_column(name, justify="right")
    for way in figures.ways:
        found.add_row(*_row(way))
    return found


def _row(way: Measured) -> tuple[str, ...]:
    inside = "" if way.cell_seconds is None else f"{way.cell_seconds:.2f}"
    return (
        way.name,
        str(way.cells),
        str(way.passed),
        f"{way.seconds:.1f}",
        f"{way.rate:.2f}",
        inside,
        str(way.agents),
        "" if way.memory_mb is None else f"{way.memory_mb:.0f}",
    )


def lines(figures: Figures) -> list[str]:
    """Return what the table does not show: the ratios, what they rest on, and set-up."""
    other = "a fresh process" if figures.engine == "local" else "one `docker run`"
    said = [f"this runner is {figures.gain:.1f} times as fast as {other} for each cell (promised with two cores: {GOAL:.0f})"]
    if figures.gain_parallel is not None:
        said.append(
            f"  and {figures.gain_parallel:.1f} times as fast as fresh processes, {figures.cores} at a time, as many as there are cores"
        )
    if figures.limit is not None:
        said.append(f"the bare work in one warm process, the import not counted, is {figures.limit:.1f} times as fast as this runner")
    if figures.import_seconds is not None:
        said.append(f"importing TensorFlow took {figures.import_seconds:.1f} s; it counts in every way but the bare work")
    said.append(f"confirmations of failures by this runner, counted in its time: {figures.runner.confirmations}")
    said += [f"{way.name}: did not pass: {', '.join(way.missed)}" for way in figures.ways if way.missed]
    if not figures.same_work:
        said.append("the ways did not get through the same cells: these figures compare different work")
    if figures.load_before > 0.5:
        said.append(
            f"other programs were at work (load {figures.load_before:.1f} before the first measurement): repeat it at a quiet moment"
        )
    return said + _setup(figures)


def _setup(figures: Figures) -> list[str]:
    setup = figures.setup
    if setup is None:
        return ["set-up was not measured (--no-setup)"]
    engine = "not done" if setup.engine is None else f"{setup.engine:.1f} s"
    pip = "not done" if setup.pip is None else f"{setup.pip:.1f} s"
    said = f"set-up from nothing to the first import: {engine} by the engine (empty cache), {pip} by venv and pip"
    if setup.ratio is not None:
        said += f": {setup.ratio:.1f} times as fast"
    return [said, *([f"  {setup.why}"] if setup.why else [])]
